# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding what is built upon interfaces in other namespaces, such as macvlans: they go with them, and only they tell.

An interface does not know what is built upon it elsewhere, so all namespaces are looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import PAIRS
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.reports import LinkReport

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader


def uppers(
    reader: Reader, lower: Mapping[Endpoint, Optional[int]], known: Mapping[Netns, Sequence[LinkReport]]
) -> Mapping[Endpoint, Sequence[Endpoint]]:
    """Return what is built upon interfaces in other namespaces, by interface; what may not be looked at is left out.

    ``lower`` are the interfaces with their indexes, ``known`` the links of the namespaces that were read already.
    Raises: OSError.
    """
    found: dict[Endpoint, list[Endpoint]] = {}
    seen: set[tuple[int, int]] = set()
    others = [name for name in (*reader.all_names(), None) if name not in known]
    for place in [*known, *others, *reader.unnamed()]:
        # Of what is read already, only where it leads is left to ask.
        if place in known and not _likely(known[place], lower):
            continue
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            namespace = reader.enter(place)
            if namespace is None or namespace in seen:
                continue
            seen.add(namespace)
            for end, upper in _in(place, reader, lower):
                found.setdefault(end, []).append(upper)
    return found


def _likely(links: Iterable[LinkReport], lower: Mapping[Endpoint, Optional[int]]) -> list[LinkReport]:
    """Return the links that are built upon something in another namespace which has the index of one of the
    interfaces.
    """
    indexes = set(lower.values())
    return [one for one in links if one.netns_id is not None and one.kind not in PAIRS and one.other in indexes]


def _in(place: Netns, reader: Reader, lower: Mapping[Endpoint, Optional[int]]) -> Iterable[tuple[Endpoint, Endpoint]]:
    """Return what is built upon the interfaces in the namespace that was entered."""
    route: Any
    with reader.socket() as route:
        for link in _likely(map(reports.link, route.dump(requests.links())), lower):
            for end, index in lower.items():
                if index == link.other and reader.id_of(end.netns, route) == link.netns_id:
                    yield end, Endpoint(place, link.name)

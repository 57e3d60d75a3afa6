# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy neighbours, which a checkpoint can only compare."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import inside, names_by_index
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

#: linux/neighbour.h: NTF_PROXY; DST, LLADDR.
_PROXY, _ATTRIBUTES = 0x08, frozenset({1, 2})


class Compared(Carried[Any]):
    """What an interface has of something that is only compared: rows are by interface and what it is called."""

    name = "compared"
    plural = "compared"
    order = 13

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Any]:
        return _Compared(state)

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        before, after = was.rows(self, netns), now.rows(self, netns)
        there = inside(now, netns)
        for name, what in {**before, **after}:
            if name in there and before.get((name, what)) != after.get((name, what)):
                yield f"the {what} of {name}"


COMPARED = Compared()


class _Compared(Reading[Any]):
    """One reading of what is only compared."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        rows = self._state.table(COMPARED, netns)
        for index, found in _proxies(route):
            if index in names:
                key = names[index], "proxy neighbours"
                rows[key] = (*rows.get(key, ()), found)


def _proxies(route: Socket) -> Iterable[tuple[int, object]]:
    """Return the proxy neighbours, each with its interface's index."""
    for raw in route.dump(requests.dump(requests.GETNEIGH, struct.pack("=BxxxiHBB", 0, 0, 0, _PROXY, 0))):
        fields = attributes(raw, 12)
        yield struct.unpack_from("=i", raw, 20)[0], sorted((kind, fields[kind]) for kind in _ATTRIBUTES & fields.keys())

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the endpoints of a topology have that say nothing else. Pure. Private. Loaded where it is written only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._addresses import Auto
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, List, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import (
    DeclaredEndpoint,
    DeclaredLink,
    shaping_key,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import LINK_STATE, MTU, PREFIX, Scalar

#: What is taken over as it is.
_TAKEN_OVER = ("addresses", "state", "mtu", "shaping")


def _auto(problems: Problems, path: str, written: Any) -> Optional[Auto]:
    """Return that addresses are chosen; no others can be those of all endpoints."""
    if written == "auto":
        return Auto()
    problems.add(path, f"{echo(written)} is not auto, which is all that endpoints can have in common")
    return None


class Defaults(Section, what="set of defaults"):
    """What endpoints have that say nothing else."""

    addresses = Key(
        Scalar[Auto](_auto, "str", {"enum": ["auto"]}),
        "Where they say nothing of addresses: one of each of the prefixes of the network.",
    )
    prefixes = Key(
        List(PREFIX, once=True),
        "What links without prefixes of their own get theirs of: of IPv4 30 bits long, of IPv6 64, or 126.",
        default=(),
    )
    shaping = Later(shaping_key)
    state = Key(LINK_STATE, "The link state.")
    mtu = Key(MTU, "The MTU in bytes.")


def apply(defaults: Defaults, links: Iterable[DeclaredLink], bridges: Iterable[Any]) -> None:
    """Give the endpoints of links and bridges what they say nothing of."""
    values = {name: getattr(defaults, name) for name in _TAKEN_OVER}
    values = {name: one for name, one in values.items() if one is not None}
    for network in (*links, *bridges):
        for end in network.endpoints:
            _supplement(end, values)


def _supplement(end: DeclaredEndpoint, values: dict[str, Any]) -> None:
    own = vars(end)
    for name, one in values.items():
        own.setdefault(name, one)


def topology_key() -> Key[Any]:
    """Return the key of a topology."""
    return Key(Defaults, "What endpoints of links and bridges have that say nothing else.")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netkit pairs have beside what veth pairs have: a mode, and a policy at each end. Loaded where there is one only.

One end is the primary one, through which the kernel takes all changes. The properties of a pair are told as they are
seen from its first end, whichever is the primary one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link import ChangeLink
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import Values, decoded, nest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types.netkit import (
    PEER_INFO,
    PRIMARY,
    TYPE,
    swapped,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes, number

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Sender
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import AddVeth, VethEnd

#: linux/if_link.h: IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_GROUP.
_ADDRESS, _IFNAME, _MTU, _GROUP = 1, 3, 4, 27


def primary(state: State, ends: Sequence[Endpoint]) -> Endpoint:
    """Return the end of a pair through which it is changed."""
    other = find(state, ends[1])
    return ends[1] if other is not None and any(attributes(other.data, -16).get(PRIMARY, b"")) else ends[0]


def properties(state: State, ends: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the properties of a pair, as they are seen from the first of its ends."""
    end = primary(state, ends)
    found = find(state, end)
    values = {} if found is None else decoded(TYPE.properties, attributes(found.data, -16))
    return values if end == ends[0] else dict(swapped(tuple(values.items())))


def stays(state: State, ends: Sequence[Endpoint], values: Values) -> Optional[tuple[str, Any, Any]]:
    """Return a property that the kernel does not change on a living pair: its name, what it is, and what is wanted."""
    there, wanted = properties(state, ends), dict(values)
    fixed = [one.name for one in TYPE.properties if one.fixed and one.name in wanted]
    return next(((name, there.get(name), wanted[name]) for name in fixed if wanted[name] != there.get(name)), None)


def changed(state: State, ends: Sequence[Endpoint], values: Values) -> Iterator[Step]:
    """Yield the step that gives a pair the properties that it does not have."""
    there = properties(state, ends)
    differing = tuple([(name, wanted) for name, wanted in values if wanted != there.get(name)])
    if differing:
        end = primary(state, ends)
        yield ChangeLink(*end, TYPE.name, differing if end == ends[0] else swapped(differing))


def words(values: Values) -> list[str]:
    """Return the properties as words of ``ip``, up to the ``peer`` that the name of the other end follows."""
    said = TYPE.arguments(dict(values))
    return said if "peer" in said else [*said, "peer"]


def data(values: Values, *, first: bool) -> bytes:
    """Return what the kernel has of the type of an end of a new pair, whose first end is the primary one."""
    said = {**{one.name: one.usual for one in TYPE.properties}, **dict(values)}
    own = said if first else dict(swapped(tuple(said.items())))
    return nest({**TYPE.data(own), PRIMARY: bytes([first])})


def message(add: AddVeth, sender: Sender) -> bytes:
    """Return the message that creates a pair, encoded without pyroute2, of which few versions know these attributes.

    Raises: OSError.
    """
    first, second = add.first, add.second
    descriptor = sender.descriptor(second.netns) if second.netns != add.netns else None
    peer = requests.link_of(second.index or 0, _packed(second), descriptor)
    own = nest(TYPE.data(dict(add.values))) + attribute(PEER_INFO, peer)
    return requests.create(None, _packed(first), TYPE.name, own, index=first.index or 0, up=first.up)


def _packed(end: VethEnd) -> bytes:
    parts = [attribute(_IFNAME, end.interface.encode() + b"\0")]
    if end.mac is not None:
        parts.append(attribute(_ADDRESS, bytes.fromhex(end.mac.replace(":", ""))))
    parts += [attribute(code, number(value)) for code, value in ((_MTU, end.mtu), (_GROUP, end.group)) if value]
    return b"".join(parts)


def as_written(state: State, ends: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the properties as one would write them: without those that a new pair has."""
    usual = {one.name: one.usual for one in TYPE.properties}
    return {name: one for name, one in properties(state, ends).items() if one != usual[name]}

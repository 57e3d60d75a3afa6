# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permanent neighbours of an interface: which MAC address is that of an IPv4 or IPv6 address."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    DOWN,
    NEW_MAC,
    NO_IPV6,
    Carried,
    Event,
    OnInterface,
    Reading,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    identity_on,
    inside,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Declared,
    Endpoint,
    Key,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    ip,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import (
    ACK,
    CREATE,
    DELNEIGH,
    NEWNEIGH,
    REPLACE,
    packed,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key as FormKey
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/neighbour.h: DST, LLADDR; the state PERMANENT; struct ndmsg behind the header.
_DST, _LLADDR, _PERMANENT = 1, 2, 0x80
_NDMSG = struct.Struct("=BxxxiHBB")


class Neighbour(NamedTuple):
    """A permanent neighbour: its address as canonical text, and its MAC address."""

    address: str
    mac: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.address else 4


class NeighbourKind(OnInterface[Neighbour], Carried[tuple[Neighbour, ...]]):
    """The permanent neighbours of a namespace, by interface; a thing is one of them, by its interface and address."""

    name = "neighbour"
    plural = "neighbours"
    order = 30

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Neighbour, ...]]:
        return _Neighbours(state)

    def taken(self, state: State, event: Event) -> Sequence[Neighbour]:
        there = of(state, Endpoint(event.netns, event.interface))
        # neigh_ifdown() and neigh_changeaddr() in net/core/neighbour.c; addrconf_ifdown() for IPv6.
        if event.what in (DOWN, NEW_MAC):
            return there
        if event.what == NO_IPV6:
            return tuple(one for one in there if one.version == 6)
        return super().taken(state, event)

    def again(self, end: Endpoint, rows: Sequence[Neighbour]) -> Iterable[Step]:
        return [SetNeighbour(*end, *one) for one in rows]

    def named(self, row: Neighbour) -> str:
        return row.address

    # ---- ownership

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                yield DeleteNeighbour(thing.netns, *thing.key)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        end = Endpoint(thing.netns, thing.key[0])
        return of_interface(*end, {"neighbours": [_leaf(one) for one in of(state, end) if one.address == thing.key[1]]})

    def leaf(self, state: State, end: Endpoint) -> dict[str, Any]:
        found = in_results(state, end)
        return {"neighbours": found} if found else {}

    # ---- the checkpoint

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        indexes = {one.name: one.ifindex for one in inside(now, netns).values()}
        for name, one in _missing(was, now, netns):
            index = indexes.get(name)
            if index is not None:
                yield f"permanent neighbour {one.address} of {name}", _request(one, index)

    def gone(self, was: State, now: State, netns: Netns, removed: Container[Key]) -> Iterator[str]:
        for name, one in _missing(was, now, netns):
            if name in inside(now, netns) and (name, one.address) not in removed:
                yield f"permanent neighbour {one.address} of {name}"


NEIGHBOUR = NeighbourKind()


class _Neighbours(Reading[tuple[Neighbour, ...]]):
    """One reading of neighbours."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        rows = self._state.table(NEIGHBOUR, netns)
        for raw in route.dump(requests.dump(requests.GETNEIGH, bytes(_NDMSG.size))):
            family, index, state, _flags, _type = _NDMSG.unpack_from(raw, 16)
            fields = attributes(raw, _NDMSG.size, (_DST, _LLADDR))
            if state & _PERMANENT and index in names and _DST in fields:
                one = Neighbour(socket.inet_ntop(family, fields[_DST]), fields.get(_LLADDR, b"").hex(":"))
                rows[names[index]] = (*rows.get(names[index], ()), one)


def _request(neighbour: Neighbour, index: int) -> bytes:
    """Return the request that makes a neighbour of an interface permanent, encoded without pyroute2."""
    family = socket.AF_INET6 if neighbour.version == 6 else socket.AF_INET
    mac = bytes.fromhex(neighbour.mac.replace(":", ""))
    fields = [attribute(_DST, socket.inet_pton(family, neighbour.address)), attribute(_LLADDR, mac) if mac else b""]
    return requests.change(NEWNEIGH, CREATE | REPLACE, _NDMSG.pack(family, index, _PERMANENT, 0, 0) + b"".join(fields))


def _missing(was: State, now: State, netns: Netns) -> Iterator[tuple[str, Neighbour]]:
    for name, before in was.rows(NEIGHBOUR, netns).items():
        there = of(now, Endpoint(netns, name))
        yield from ((name, one) for one in before if one not in there)


def of(state: State, end: Endpoint) -> tuple[Neighbour, ...]:
    """Return the permanent neighbours of an interface."""
    return state.row(NEIGHBOUR, end.netns, end.interface) or ()


def order(neighbour: Neighbour) -> tuple[int, bytes]:
    """Return the order in which neighbours are listed: IPv4 first, then by number."""
    return neighbour.version, address_bytes(neighbour.address)


def in_results(state: State, end: Endpoint) -> list[dict[str, str]]:
    """Return the permanent neighbours of an interface in order, as a result has them."""
    return [_leaf(one) for one in sorted(of(state, end), key=order)]


def _leaf(neighbour: Neighbour) -> dict[str, str]:
    return {"address": neighbour.address, "mac": neighbour.mac}


@immutable
class Neighbours(Declared):
    """An interface has these permanent neighbours, or does not have them.

    ``exclusive``: it has no others. What is to be gone is gone whatever its MAC address.
    """

    path: str
    netns: Netns
    interface: str
    neighbours: tuple[Neighbour, ...]
    present: bool = True
    exclusive: bool = False

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(NEIGHBOUR, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        if not self.present and find(state, end) is None:
            return
        require(state, self.path, end)
        there = {one.address: one for one in sorted(of(state, end), key=order)}
        wanted = {one.address for one in self.neighbours}
        for one in there.values():
            if (one.address in wanted) != self.present and (self.exclusive or not self.present):
                yield DeleteNeighbour(*end, one.address)
        for one in self.neighbours if self.present else ():
            if there.get(one.address) != one:
                yield SetNeighbour(*end, *one)

    def view(self, state: State) -> dict[str, Any]:
        end = Endpoint(self.netns, self.interface)
        return {} if find(state, end) is None else of_interface(*end, {"neighbours": in_results(state, end)})

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}

    def things(self) -> Iterable[Thing]:
        return [Thing(NEIGHBOUR, self.netns, (self.interface, one.address)) for one in self.neighbours]


def endpoint_key() -> FormKey[Any]:
    """Return the key of an endpoint, as a topology has it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form, _scalars

    class WrittenNeighbour(_form.Section, what="neighbour", needs="an address and a mac"):
        """A neighbour as it is written."""

        address = _form.Key(_scalars.HOST_ADDRESS, "Its IPv4 or IPv6 address, without a prefix length.", required=True)
        mac = _form.Key(_scalars.MAC, "Its MAC address.", required=True)

    def declare(site: _form.Site, written: Sequence[WrittenNeighbour], _owner: _form.Owner) -> Sequence[Declared]:
        neighbours = tuple([Neighbour(one.address, one.mac.text) for one in written])
        return [Neighbours(f"{site.path}.neighbours", site.netns, site.interface, neighbours)]

    return _form.Key(
        _form.List(WrittenNeighbour), "Permanent neighbours of the interface.", default=(), declare=declare
    )


@immutable
class SetNeighbour(Request):
    """Make a neighbour permanent with a MAC address, in the place of what the interface knows of its address."""

    netns: Netns
    interface: str
    address: str
    mac: str

    def command(self) -> Sequence[str]:
        what = [self.address, "lladdr", self.mac, "nud", "permanent"]
        return ip(self.netns, "neighbour", "replace", *what, "dev", self.interface)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return _message(codec, NEWNEIGH, ACK | CREATE | REPLACE, self, sender)

    def makes(self) -> Sequence[Thing]:
        return [Thing(NEIGHBOUR, self.netns, (self.interface, self.address))]

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        others = tuple(one for one in of(state, end) if one.address != self.address)
        if find(state, end) is not None:
            state.put(NEIGHBOUR, *end, (*others, Neighbour(self.address, self.mac)))

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        was = [one for one in of(before, end) if one.address == self.address]
        return [SetNeighbour(*end, *one) for one in was] or [DeleteNeighbour(*end, self.address)]


@immutable
class DeleteNeighbour(Request):
    """Delete a neighbour of an interface."""

    netns: Netns
    interface: str
    address: str
    mac: str = ""

    def command(self) -> Sequence[str]:
        return ip(self.netns, "neighbour", "delete", self.address, "dev", self.interface)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return _message(codec, DELNEIGH, ACK, self, sender)

    def removes(self) -> Sequence[Thing]:
        return [Thing(NEIGHBOUR, self.netns, (self.interface, self.address))]

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.ENOENT)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        state.put(NEIGHBOUR, *end, tuple(one for one in of(state, end) if one.address != self.address))

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        return [SetNeighbour(*end, *one) for one in of(before, end) if one.address == self.address]


def _message(codec: Codec, kind: int, flags: int, step: Union[SetNeighbour, DeleteNeighbour], sender: Sender) -> bytes:
    message = codec.ndmsg()
    message["family"] = socket.AF_INET6 if ":" in step.address else socket.AF_INET
    message["ifindex"] = sender.index(step.netns, step.interface)
    message["attrs"] = [("NDA_DST", step.address)]
    if step.mac:
        message["state"] = _PERMANENT
        message["attrs"].append(("NDA_LLADDR", step.mac))
    return packed(message, kind, flags)

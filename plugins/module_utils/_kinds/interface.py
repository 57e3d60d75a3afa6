# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces of any type: the tables of them, looking them up, and what changes, moves and removes one."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    DOWN,
    GONE,
    MOVED,
    NEW_MAC,
    NO_IPV6,
    UP,
    Event,
    Kind,
    Reading,
    happen,
    restored,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_reading import Links, Tables
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    PAIRS,
    Interface,
    LowerOf,
    PeerOf,
    UpperOf,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    FOREIGN,
    NAMESPACE,
    OWN_PID,
    Endpoint,
    Key,
    Name,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    describe,
    immutable,
    ip,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number, octets
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import (
    ACK,
    DELLINK,
    INDEX,
    SETLINK,
    Template,
    packed,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/if_link.h: IFLA_IFALIAS.
_ALIAS = 20
#: The smallest MTU that IPv6 works with (RFC 8200).
IPV6_MINIMUM = 1280


class Interfaces(Kind[Interface]):
    """The interfaces of a namespace, by name."""

    name = "interface"
    plural = "interfaces"
    order = 10
    read_elsewhere = True
    on_interface = True

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Interface]:
        return Links(scope, state, reader, Tables(self, OTHER_NAME, UPPER))

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 1 and is_name(key[0])

    def surplus(self, scope: Scope, thing: Thing) -> None:
        name = thing.key[0]
        scope.want(INTERFACE, thing.netns, PeerOf(name, (None,), everywhere=True), LowerOf(name), UpperOf(name))

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in _uppermost_first(state, things):
            if not mine(thing):
                continue
            end = Endpoint(thing.netns, thing.key[0])
            found = find(state, end)
            peer = None if found is None else found.peer
            stays = f"Interface {end} was made for topology {topology}, which no longer names it. It stays, for "
            upon = [*built_upon(state, end), *([] if peer is None else built_upon(state, peer))]
            strange = strange_end(state, end, group_of(topology))
            if strange is not None:
                state.notes.append(f"{stays}its other end, {strange}, is not the topology's any longer.")
            elif upon:
                state.notes.append(f"{stays}{some(upon)} is built upon it.")
            else:
                yield DeleteInterface(*end, peer)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        found = state.row(self, thing.netns, thing.key[0])
        leaf = {} if found is None or found.peer is None else {"peer": found.peer.short()}
        return of_interface(thing.netns, thing.key[0], leaf)

    def exists(self, state: State, thing: Thing) -> bool:
        return thing.key[0] in state.rows(self, thing.netns)


INTERFACE = Interfaces()


def _uppermost_first(state: State, things: Sequence[Thing]) -> list[Thing]:
    """Return the things in their order, but what is built upon others before them."""
    ordered: dict[Thing, None] = {}

    def visit(thing: Thing) -> None:
        if thing not in ordered:
            for end in uppers(state, Endpoint(thing.netns, thing.key[0])):
                upper = Thing(INTERFACE, end.netns, (end.interface,))
                if upper in among:
                    visit(upper)
            ordered[thing] = None

    among = set(things)
    for thing in things:
        visit(thing)
    return list(ordered)


class OtherNames(Kind[str]):
    """The alternative names of interfaces, which nothing else may have: each with the name of its interface."""

    name = "alternative name"
    plural = "alternative names"
    order = 11

    def happens(self, state: State, event: Event) -> None:
        if event.what not in (MOVED, GONE):
            return
        there = state.rows(self, event.netns)
        for other in [other for other, name in there.items() if name == event.interface]:
            state.drop(self, event.netns, other)
            if event.what == MOVED:
                state.put(self, event.target, other, event.arrives.interface)


OTHER_NAME = OtherNames()


class Uppers(Kind[None]):
    """The interfaces that are built upon others and go with them, by name."""

    name = "upper interface"
    plural = "upper interfaces"
    order = 11

    def happens(self, state: State, event: Event) -> None:
        if event.what in (MOVED, GONE) and event.interface in state.rows(self, event.netns):
            state.drop(self, event.netns, event.interface)
            if event.what == MOVED:
                state.put(self, *event.arrives, None)


UPPER = Uppers()


def find(state: State, end: Endpoint) -> Optional[Interface]:
    """Return the interface of that name in that namespace, or None."""
    return state.row(INTERFACE, end.netns, end.interface)


def inside(state: State, netns: Netns) -> Mapping[str, Interface]:
    """Return the interfaces of a namespace, by name."""
    return state.rows(INTERFACE, netns)


def names_by_index(state: State, netns: Netns) -> dict[Optional[int], str]:
    """Return the names of the interfaces of a namespace, by their indexes."""
    return {one.ifindex: one.name for one in inside(state, netns).values()}


def change(state: State, end: Endpoint, **fields: Any) -> None:
    """Change fields of an interface, if it is there."""
    found = find(state, end)
    if found is not None:
        state.put(INTERFACE, end.netns, end.interface, found._replace(**fields))


def known_as(state: State, end: Endpoint) -> Optional[Interface]:
    """Return the interface whose alternative name this is, or None."""
    name = state.row(OTHER_NAME, end.netns, end.interface)
    return None if name is None else state.row(INTERFACE, end.netns, name)


def vanish(state: State, end: Endpoint) -> None:
    """Take an interface away with all that goes with it, as the kernel does."""
    for one in together(state, end):
        happen(state, Event(GONE, one.netns, one.interface))
        state.drop(INTERFACE, one.netns, one.interface)


def together(state: State, end: Endpoint) -> list[Endpoint]:
    """Return what goes when an interface goes, as far as the state knows: it, its peer, and what is built upon them."""
    found = find(state, end)
    going = [] if found is None else [end, *([] if found.peer is None else [found.peer])]
    for one in going:
        going += [other for other in uppers(state, one) if other not in going]
    return going


def uppers(state: State, end: Endpoint) -> list[Endpoint]:
    """Return the interfaces that are built upon another and go with it."""
    upper = state.tables.get(UPPER)
    found = find(state, end) if upper else None
    if upper is None or found is None:
        return []
    ends = [Endpoint(netns, name) for netns, rows in upper.items() for name in rows]
    return [one for one in ends if one != end and _is_upon(find(state, one), one.netns, end, found)]


def _is_upon(upper: Optional[Interface], netns: Netns, end: Endpoint, found: Interface) -> bool:
    if upper is None:
        return False
    if upper.lower is not None and upper.lower.interface is not None:
        return (upper.lower.place, upper.lower.interface) == end
    return netns == end.netns and found.ifindex is not None and upper.peer_ifindex == found.ifindex


def next_index(state: State, netns: Netns) -> Optional[int]:
    """Return the index the next interface can be given: known where steps created the namespace, None elsewhere."""
    if not state.created(netns) or not state.only_lo:
        return None
    taken = [found.ifindex for found in inside(state, netns).values()]
    return None if None in taken else 1 + max((index or 0 for index in taken), default=0)


def identity_on(state: State, thing: Thing) -> Optional[str]:
    """Return what tells an interface that is in no topology's group, or what is on it, from another of its name.

    Its namespace's identity, its index and its MAC, for an index alone may be given to the next one. Where the MAC is
    not known yet, the identity ends without it, as it does on the host: there udev changes it, and the kernel counts
    indexes on.
    """
    found = state.row(INTERFACE, thing.netns, thing.key[0])
    place = state.identity_of(thing.netns)
    if found is None or not place or found.ifindex is None or not thing.kind.exists(state, thing):
        return None
    return f"{place}/{found.ifindex}/{(thing.netns and found.mac) or ''}"


def require(state: State, path: str, end: Endpoint, option: str = "interface") -> Interface:
    """Return the interface, which must be there, or is assumed to be.

    Raises: Impossible, naming the namespace or the interface that is missing.
    """
    demand_namespace(state, joined(path, "netns"), end.netns)
    found = find(state, end)
    if found is None and state.assumes and known_as(state, end) is None:
        found = Interface(end.interface, "veth", mtu=1500)
        state.put(INTERFACE, *end, found)
        state.notes.append(f"Interface {end} is not there: check mode assumes that an earlier task makes it.")
    if found is None:
        raise Impossible(joined(path, option), missing_interface(end, state))
    return found


def demand_namespace(state: State, path: str, netns: Netns) -> None:
    """Make sure that a namespace is there, or assume it. Raises: Impossible."""
    if netns is None or state.has(netns):
        return
    if not state.assumes or state.what(netns) == FOREIGN:
        raise Impossible(path, missing_namespace(netns, state))
    state.names[netns] = Name(NAMESPACE)
    state.put(INTERFACE, netns, "lo", Interface("lo", "loopback", ifindex=1))
    state.notes.append(f"Namespace {netns} is not there: check mode assumes that an earlier task makes it.")


def missing_namespace(name: str, state: State) -> str:
    """Return why a namespace of that name cannot be used."""
    if name in state.names:
        return f"/run/netns/{name} is not a namespace; make it one with linuxnet.netns.netns, state=present"
    return f"there is no namespace {name}; create it first, with linuxnet.netns.netns"


def missing_interface(end: Endpoint, state: State) -> str:
    """Return why an interface that is not there cannot be used."""
    other = known_as(state, end)
    if other is not None:
        return f"{end.interface} is an alternative name in {describe(end.netns)}; use the name {other.name}"
    there = some(sorted(inside(state, end.netns)))
    return f"there is no interface {end.interface} in {describe(end.netns)}; it has {there or 'none'}"


@cache
def group_of(topology: str) -> int:
    """Return the group of interfaces (IFLA_GROUP) in which a topology creates its own: a number that hardly another
    takes.

    It is the mark that tells them from others of their names. The kernel takes it in the message that creates them, and
    it stays whatever udev and people do to an interface: another MAC, MTU, name, master or namespace.
    """
    return 1 + zlib.crc32(f"linuxnet.netns {topology}".encode()) % 0x3FFFFFFF


def free_name(state: State, netns: Netns, wanted: str) -> str:
    """Return a name that is free in a namespace: the wanted one, or a ``dev`` with a number."""
    taken = {*inside(state, netns), *state.rows(OTHER_NAME, netns)}
    names = (f"dev{number}" for number in range(len(taken) + 1))
    return wanted if wanted not in taken else next(name for name in names if name not in taken)


def strange_end(state: State, end: Endpoint, group: int) -> Optional[Endpoint]:
    """Return the other end of a pair, where this one is in a group and that one is not; else None."""
    found = find(state, end)
    other = None if found is None or found.peer is None else find(state, found.peer)
    if found is None or other is None or found.group != group or other.group == group:
        return None
    return found.peer


def built_upon(state: State, end: Endpoint) -> list[str]:
    """Return the interfaces, such as macvlans, that go with an interface because they are built upon it.

    Those in its own namespace are called by their names alone. Those in others are known where that was asked for.
    """
    found = find(state, end)
    if found is None or found.ifindex is None:
        return []
    others = inside(state, end.netns).values()
    here = [one.name for one in others if one.type not in PAIRS and one.peer_ifindex == found.ifindex != one.ifindex]
    elsewhere = [one for one in found.upper if find(state, one) or not state.was_read(INTERFACE, one.netns)]
    return [*here, *map(str, elsewhere)]


def joined(path: str, option: str) -> str:
    """Return the path of an option below the path of its object."""
    return f"{path}.{option}" if path else option


def as_result(state: State, netns: Netns, name: str) -> dict[str, Any]:
    """Return an interface as a module's result tells it."""
    found = find(state, Endpoint(netns, name))
    if found is None:
        return {}
    return {
        "netns": netns,
        "interface": name,
        "index": found.ifindex,
        "mac": found.mac,
        "mtu": found.mtu,
        "state": "up" if found.up else "down",
        "carrier": found.carrier,
    }


@immutable
class SetInterface(Request):
    """Set one property of an interface: its ``state`` (``up`` or ``down``), ``mac``, ``mtu`` or ``alias``."""

    netns: Netns
    interface: str
    what: str
    value: Union[str, int]

    def command(self) -> Sequence[str]:
        words = {"state": [], "mac": ["address"], "mtu": ["mtu"], "alias": ["alias"]}[self.what]
        return ip(self.netns, "link", "set", "dev", self.interface, *words, str(self.value))

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        if self.what == "alias":
            return requests.setting(index, _ALIAS, octets(str(self.value)))
        return _setting(codec, self.what, self.value).fill(number(index))

    def _event(self) -> Optional[Event]:
        """Return what it does to the interface, upon which the kernel takes more away."""
        what = None
        if self.what == "state" and self.value == "down":
            what = DOWN
        elif self.what == "mac":
            what = NEW_MAC
        elif self.what == "mtu" and int(self.value) < IPV6_MINIMUM:
            what = NO_IPV6
        return None if what is None else Event(what, self.netns, self.interface)

    def effect(self, state: State) -> None:
        found = state.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return
        event = self._event()
        if event is not None:
            happen(state, event)
        if self.what == "mac":
            found = found._replace(mac=str(self.value))
        elif self.what == "mtu":
            found = found._replace(mtu=int(self.value))
        elif self.what == "alias":
            found = found._replace(alias=str(self.value))
        else:
            found = found._replace(up=self.value == "up")
        state.put(INTERFACE, self.netns, self.interface, found)
        if self.what == "state":
            carrier(state, self.netns, self.interface)
            for step in self._followers(state):
                step.effect(state)

    def _followers(self, state: State) -> list[SetInterface]:
        """Return what the kernel does to VLANs upon it: they go down with it, and come up with it."""
        ends = uppers(state, Endpoint(self.netns, self.interface))
        found = [one for end in ends for one in [find(state, end)] if one is not None and one.type == "vlan"]
        return [
            SetInterface(end.netns, end.interface, "state", self.value)
            for end, one in zip(ends, found)
            if one.up != (self.value == "up")
        ]

    def undo(self, before: State) -> Iterable[Step]:
        found = before.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return []
        if self.what == "state":
            followers = [step for one in self._followers(before) for step in one.undo(before)]
            return [
                *(restored(before, Event(UP, self.netns, self.interface)) if self.value == "up" else []),
                SetInterface(self.netns, self.interface, "state", "up" if found.up else "down"),
                *restored(before, Event(DOWN, self.netns, self.interface)),
                *followers,
            ]
        was = {"mac": found.mac, "mtu": found.mtu, "alias": found.alias}[self.what]
        event = self._event()
        if was is None:
            return []
        back = SetInterface(self.netns, self.interface, self.what, was)
        return [back, *(restored(before, event) if event is not None else [])]

    def disruptive(self) -> bool:
        return self._event() is not None


@lru_cache(maxsize=64)
def _setting(codec: Codec, what: str, value: Union[str, int]) -> Template:
    """Return the message that sets a property; the form lacks the interface's index."""
    message = codec.ifinfmsg()
    message["index"] = INDEX
    if what == "state":
        message["change"] = requests.IFF_UP
        message["flags"] = requests.IFF_UP if value == "up" else 0
    else:
        message["attrs"] = [("IFLA_ADDRESS" if what == "mac" else "IFLA_MTU", value)]
    return Template(packed(message, SETLINK, ACK), number(INDEX))


@immutable
class MoveInterface(Request):
    """Move an interface into another namespace; it arrives down and without addresses.

    ``index`` asks for an interface index there (heeded by Linux 5.13 and later; else the kernel keeps the one it has,
    if that is free), ``name`` for another name.
    """

    netns: Netns
    interface: str
    target: Netns
    index: Optional[int] = None
    name: Optional[str] = None

    @property
    def arrives(self) -> Endpoint:
        """Where it is afterwards."""
        return Endpoint(self.target, self.name or self.interface)

    def command(self) -> Sequence[str]:
        target = OWN_PID if self.target is None else self.target
        named = [] if self.name is None else ["name", self.name]
        return ip(self.netns, "link", "set", "dev", self.interface, "netns", target, *named)

    def at_boot(self, script: Script) -> None:
        """Add nothing: the step that makes it brings it to where it is to be (``Script.moved``)."""

    def message(self, codec: Codec, sender: Sender) -> bytes:
        message = codec.ifinfmsg()
        message["index"] = sender.index(self.netns, self.interface)
        message["attrs"] = [("IFLA_NET_NS_FD", sender.descriptor(self.target))]
        if self.index is not None:
            message["attrs"].append(("IFLA_NEW_IFINDEX", self.index))
        if self.name is not None:
            message["attrs"].append(("IFLA_IFNAME", octets(self.name)))
        return packed(message, SETLINK, ACK)

    def relocates(self) -> Collection[str]:
        return (self.interface, self.name or self.interface)

    def otherwise(self, error: int) -> Optional[Request]:
        return replace(self, index=None) if error == errno.EBUSY and self.index is not None else None

    def effect(self, state: State) -> None:
        found = state.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return
        happen(state, Event(MOVED, self.netns, self.interface, self.target, self.name))
        state.drop(INTERFACE, self.netns, self.interface)
        taken = {other.ifindex for other in inside(state, self.target).values()}
        index = self.index or (None if {None, found.ifindex} & taken else found.ifindex)
        if self.target is not None and self.target in state.names:
            state.names[self.target] = state.names[self.target]._replace(created=False)
        here = self.arrives
        moved = found._replace(name=here.interface, up=False, carrier=False, ifindex=index)
        state.put(INTERFACE, *here, moved)
        if found.peer is not None:
            change(state, found.peer, peer=here, peer_ifindex=index)
            carrier(state, *here)

    def confirm(self, seen: State) -> None:
        self.effect(seen)
        # Older kernels do not heed the index that is asked for.
        change(seen, self.arrives, ifindex=None)

    def undo(self, before: State) -> Iterable[Step]:
        found = before.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return []
        name = None if self.name is None else self.interface
        back = MoveInterface(self.target, self.arrives.interface, self.netns, found.ifindex, name)
        return [back, *as_it_was(before, MOVED, Endpoint(self.netns, self.interface))]

    def namespaces(self) -> set[Netns]:
        return {self.netns, self.target}

    def disruptive(self) -> bool:
        return True


@immutable
class DeleteInterface(Request):
    """Delete a virtual interface; with one end of a veth pair the other goes too."""

    netns: Netns
    interface: str
    peer: Optional[Endpoint] = None

    def command(self) -> Sequence[str]:
        return ip(self.netns, "link", "delete", "dev", self.interface)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        message = codec.ifinfmsg()
        message["index"] = sender.index(self.netns, self.interface)
        return packed(message, DELLINK, ACK)

    def removes(self) -> Sequence[Thing]:
        ends = [Endpoint(self.netns, self.interface), *([] if self.peer is None else [self.peer])]
        return [Thing(INTERFACE, end.netns, (end.interface,)) for end in ends]

    def achieved(self, error: int) -> bool:
        return error == errno.ENODEV

    def relocates(self) -> Collection[str]:
        return (self.interface, *([] if self.peer is None else [self.peer.interface]))

    def effect(self, state: State) -> None:
        vanish(state, Endpoint(self.netns, self.interface))

    def undo(self, before: State) -> Iterable[Step]:
        found = before.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return []
        end = Endpoint(self.netns, self.interface)
        made: list[Step] = []
        with_it: set[Endpoint] = set()
        for one in together(before, end):
            there = find(before, one)
            steps = [] if there is None or one in with_it else AGAIN(before, there, one.netns)
            if steps:
                made += steps
                with_it.update(Endpoint(thing.netns, thing.key[0]) for step in steps for thing in step.makes())
            elif one not in with_it:
                return []
        return [*made, *(step for one in together(before, end) for step in as_it_was(before, GONE, one))]

    def irreversible(self, before: State) -> Optional[str]:
        if any(True for _step in self.undo(before)) or before.row(INTERFACE, self.netns, self.interface) is None:
            return None
        return f"interface {self.interface} in {describe(self.netns)} was deleted"

    def namespaces(self) -> set[Netns]:
        return {self.netns} if self.peer is None else {self.netns, self.peer.netns}

    def disruptive(self) -> bool:
        return True


def as_it_was(before: State, what: str, end: Endpoint) -> Iterator[Step]:
    """Yield the steps that give an interface, which is back and down, its link state and what was on it."""
    found = find(before, end)
    if found is not None and found.up:
        yield SetInterface(*end, "state", "up")
    yield from restored(before, Event(what, *end))


def _never(_before: State, _found: Interface, _netns: Netns) -> Sequence[Step]:
    """Return what nothing is known of cannot be made anew."""
    return ()


#: What gives the steps that make a deleted interface anew, seen from the state before; none where that cannot be
#: (``registry.py``).
AGAIN: Callable[[State, Interface, Netns], Sequence[Step]] = _never


def carrier(state: State, netns: Netns, name: str) -> None:
    """Set the carrier of an interface after its link state, and that of its peer.

    What is down has none, and loopback always has one. An end of a pair has one when both ends are up (veth_open() in
    drivers/net/veth.c, netkit_open() in drivers/net/netkit.c). Of others that are up, only a real run will tell.
    """
    found = find(state, Endpoint(netns, name))
    if found is None:
        return
    other = find(state, found.peer) if found.type in PAIRS and found.peer is not None else None
    linked = found.up and (found.type == "loopback" or (None if other is None else other.up))
    if found.carrier != linked:
        state.put(INTERFACE, netns, name, found._replace(carrier=linked))
    if other is not None and found.peer is not None and other.carrier != linked:
        state.put(INTERFACE, *found.peer, other._replace(carrier=linked))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be done to an interface of any kind: its link state, MAC, MTU and namespace, and its removal."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    OWN_PID,
    Address,
    Condition,
    Declared,
    Endpoint,
    Interface,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    describe,
    ip,
    of_interface,
    value,
)

#: The smallest MTU that IPv6 works with (RFC 8200).
IPV6_MINIMUM = 1280


def demand(state: State, path: str, end: Endpoint, option: str = "interface") -> Interface:
    """The interface, which must be there.

    Raises: Impossible, naming the namespace or the interface that is missing.
    """
    if not state.has(end.netns):
        raise Impossible(joined(path, "netns"), missing_namespace(str(end.netns), state))
    found = state.interface(end.netns, end.interface)
    if found is None:
        raise Impossible(joined(path, option), missing_interface(end, state))
    return found


def missing_namespace(name: str, state: State) -> str:
    """Why a namespace of that name cannot be used."""
    if name in state.names:
        return f"/run/netns/{name} is not a namespace; make it one with linuxnet.netns.netns, state=present"
    return f"there is no namespace {name}; create it first, with linuxnet.netns.netns"


def missing_interface(end: Endpoint, state: State) -> str:
    """Why an interface that is not there cannot be used."""
    other = state.known_as(end)
    if other is not None:
        return f"{end.interface} is an alternative name in {describe(end.netns)}; use the name {other.name}"
    there = some(sorted(state.inside(end.netns)))
    return f"there is no interface {end.interface} in {describe(end.netns)}; it has {there or 'none'}"


@cache
def group_of(topology: str) -> int:
    """The group of interfaces (IFLA_GROUP) in which a topology creates its own: a number that hardly another takes.

    It is the mark that tells them from others of their names. The kernel takes it in the message that creates them, and
    it stays whatever udev and people do to an interface: another MAC, MTU, name, master or namespace.
    """
    return 1 + zlib.crc32(f"linuxnet.netns {topology}".encode()) % 0x3FFFFFFF


def strange_end(state: State, end: Endpoint, group: int) -> Optional[Endpoint]:
    """The other end of a pair, where this one is in a group and that one is not; else None."""
    found = state.interface(*end)
    other = None if found is None or found.peer is None else state.interface(*found.peer)
    if found is None or other is None or found.group != group or other.group == group:
        return None
    return found.peer


def built_upon(state: State, end: Endpoint) -> list[str]:
    """The names of the interfaces, such as macvlans, that go with an interface because they are built upon it."""
    found = state.interface(*end)
    if found is None or found.ifindex is None:
        return []
    others = state.inside(end.netns).values()
    return [one.name for one in others if one.kind != "veth" and one.peer_ifindex == found.ifindex != one.ifindex]


def joined(path: str, option: str) -> str:
    """The path of an option below the path of its object."""
    return f"{path}.{option}" if path else option


def told(state: State, netns: Netns, name: str) -> dict[str, Any]:
    """An interface as a module's result tells it."""
    found = state.interface(netns, name)
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


@value
class LinkState(Declared):
    """An interface is set up, or down (the administrative state, IFF_UP; not whether it has a carrier).

    ``wait``: once it is up, so many seconds at most for a carrier. ``alone``: nothing else declared asks for its peer,
    by which the carrier is predicted.
    """

    path: str
    netns: Netns
    interface: str
    up: bool
    wait: float = 0
    alone: bool = False

    def scope(self, scope: Scope) -> None:
        end = Endpoint(self.netns, self.interface)
        scope.inside(self.netns)
        if self.alone:
            scope.peer(end, self.netns, None)
            scope.everywhere.add(end)
        if not self.up:
            scope.settings.add(end)

    def steps(self, state: State) -> Iterator[Step]:
        found = demand(state, self.path, Endpoint(self.netns, self.interface))
        if found.up != self.up:
            yield SetInterface(self.netns, self.interface, "state", "up" if self.up else "down")

    def view(self, state: State) -> dict[str, Any]:
        found = state.interface(self.netns, self.interface)
        if found is None:
            return {}
        return of_interface(self.netns, self.interface, {"state": "up" if found.up else "down"})

    def conditions(self, state: State) -> Sequence[Condition]:
        if not (self.up and self.wait):
            return ()
        return [Carrier(joined(self.path, "wait"), Endpoint(self.netns, self.interface), self.wait)]

    def places(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


@value
class Carrier(Condition):
    """An interface has a carrier within so many seconds; waiting finds whether it has."""

    path: str
    end: Endpoint
    seconds: float
    plural = "carriers"

    def faults(self, found: Any) -> list[str]:
        if found:
            return []
        return [
            f"{self.path}: interface {self.end.interface} in {describe(self.end.netns)} is up, and stays up, but has "
            f"no carrier after {self.seconds:g} s: is its peer up too?"
        ]


@value
class SetInterface(Step):
    """Set one property of an interface: its ``state`` (``up`` or ``down``), ``mac`` or ``mtu``."""

    netns: Netns
    interface: str
    what: str
    value: Union[str, int]

    def words(self) -> Sequence[str]:
        words = {"state": [], "mac": ["address"], "mtu": ["mtu"]}[self.what]
        return ip(self.netns, "link", "set", "dev", self.interface, *words, str(self.value))

    def effect(self, state: State) -> None:
        found = state.interface(self.netns, self.interface)
        if found is None:
            return
        if self.what != "state":
            if self.what == "mac":
                end = Endpoint(self.netns, self.interface)
                state.records = {topology: one.renewed(state, end) for topology, one in state.records.items()}
            state.change(self.netns, self.interface, **{self.what: self.value}, addresses=self._left(found))
            return
        state.put(self.netns, found._replace(up=self.value == "up", addresses=self._left(found)))
        carrier(state, self.netns, self.interface)

    def _left(self, found: Interface) -> tuple[Address, ...]:
        # Going down takes the IPv6 addresses away, unless the sysctl keep_addr_on_down is set, and so does an MTU that
        # is too small for IPv6 (addrconf_notify() and addrconf_ifdown() in net/ipv6/addrconf.c).
        if (self.value == "down" and not found.keeps_ipv6) or self._no_ipv6():
            return tuple(one for one in found.addresses if one.version == 4)
        return found.addresses

    def _no_ipv6(self) -> bool:
        return self.what == "mtu" and int(self.value) < IPV6_MINIMUM

    def undo(self, before: State) -> Iterable[Step]:
        found = before.interface(self.netns, self.interface)
        if found is None:
            return []
        if self.what == "state":
            # The kernel gives loopback an IPv4 address when it is set up without one, and does not take it back.
            bare = (
                self.value == "up" and found.kind == "loopback" and not any(one.version == 4 for one in found.addresses)
            )
            given = [without_loopback_address(self.netns)] if bare else []
            return [*given, *restored(self.netns, found, [one for one in found.addresses if one.version == 6])]
        value = found.mac if self.what == "mac" else found.mtu
        if value is None:
            return []
        return [
            SetInterface(self.netns, self.interface, self.what, value),
            *restored(self.netns, found, [one for one in found.addresses if one not in self._left(found)], found.up),
        ]

    def disruptive(self) -> bool:
        # Another MAC address takes the neighbours away (neigh_changeaddr() in net/core/neighbour.c).
        return self.value == "down" or self.what == "mac" or self._no_ipv6()


@value
class MoveInterface(Step):
    """Move an interface into another namespace; it arrives down and without addresses.

    ``index`` asks for an interface index there (heeded by Linux 5.13 and later; else the kernel keeps the one it has,
    if that is free).
    """

    netns: Netns
    interface: str
    target: Netns
    index: Optional[int] = None

    def words(self) -> Sequence[str]:
        target = OWN_PID if self.target is None else self.target
        return ip(self.netns, "link", "set", "dev", self.interface, "netns", target)

    def relocates(self) -> bool:
        return True

    def interfaces(self) -> set[str]:
        return {self.interface}

    def otherwise(self, error: int) -> Optional[Step]:
        return replace(self, index=None) if error == errno.EBUSY and self.index is not None else None

    def effect(self, state: State) -> None:
        found = state.interface(self.netns, self.interface)
        if found is None:
            return
        old, new = (Endpoint(netns, self.interface) for netns in (self.netns, self.target))
        state.records = {topology: record.moved(state, old, new) for topology, record in state.records.items()}
        state.drop(self.netns, self.interface)
        taken = {other.ifindex for other in state.inside(self.target).values()}
        index = self.index or (None if {None, found.ifindex} & taken else found.ifindex)
        state.fresh.discard(self.target or "")
        state.put(self.target, found._replace(up=False, carrier=False, addresses=(), ifindex=index))
        if found.peer is not None:
            here = Endpoint(self.target, self.interface)
            state.change(*found.peer, peer=here, peer_ifindex=index)
            carrier(state, *here)

    def undo(self, before: State) -> Iterable[Step]:
        found = before.interface(self.netns, self.interface)
        if found is None:
            return []
        back = MoveInterface(self.target, self.interface, self.netns, found.ifindex)
        return [back, *restored(self.netns, found, addresses=found.addresses, was_up=False)]

    def places(self) -> set[Netns]:
        return {self.netns, self.target}

    def disruptive(self) -> bool:
        return True


@value
class DeleteInterface(Step):
    """Delete a virtual interface; with one end of a veth pair the other goes too."""

    netns: Netns
    interface: str
    peer: Optional[Endpoint] = None

    def words(self) -> Sequence[str]:
        return ip(self.netns, "link", "delete", "dev", self.interface)

    def removes(self) -> Sequence[Thing]:
        ends = [Endpoint(self.netns, self.interface), *([] if self.peer is None else [self.peer])]
        return [("interface", end.netns or "", end.interface) for end in ends]

    def achieved(self, error: int) -> bool:
        return error == errno.ENODEV

    def relocates(self) -> bool:
        return True

    def effect(self, state: State) -> None:
        state.drop_pair(self.netns, self.interface)

    def undo(self, before: State) -> Iterable[Step]:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import VethEnd, pair

        found = before.interface(self.netns, self.interface)
        other = before.interface(*found.peer) if found is not None and found.peer is not None else None
        if found is None or other is None or found.peer is None or found.kind != "veth":
            return []
        first = VethEnd(self.netns, found.name, found.mac, found.mtu, found.ifindex, group=found.group)
        second = VethEnd(found.peer.netns, other.name, other.mac, other.mtu, other.ifindex, group=other.group)
        steps: list[Step] = [pair(first, second)]
        for netns, one in ((self.netns, found), (found.peer.netns, other)):
            steps.extend(restored(netns, one, addresses=one.addresses, was_up=False))
        return steps

    def lost(self, before: State) -> Optional[str]:
        if any(True for _step in self.undo(before)) or before.interface(self.netns, self.interface) is None:
            return None
        return f"interface {self.interface} in {describe(self.netns)} was deleted"

    def places(self) -> set[Netns]:
        return {self.netns} if self.peer is None else {self.netns, self.peer.netns}

    def disruptive(self) -> bool:
        return True


def restored(netns: Netns, was: Interface, addresses: Iterable[Any], was_up: Optional[bool] = None) -> list[Step]:
    """The steps that give an interface its link state and addresses back.

    ``was_up`` is the link state it has now, None for the opposite of the one it had.
    """
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import AddAddress

    steps: list[Step] = []
    now_up = not was.up if was_up is None else was_up
    if now_up != was.up:
        steps.append(SetInterface(netns, was.name, "state", "up" if was.up else "down"))
    # The kernel lists the newest IPv6 address first, and the oldest IPv4 address.
    ordered = sorted(addresses, key=lambda one: one.version)
    newest = [one for one in ordered if one.version == 6]
    oldest_first = [*ordered[: len(ordered) - len(newest)], *reversed(newest)]
    steps.extend(AddAddress(netns, was.name, one.text, one.raw, one.peer) for one in oldest_first)
    return steps


def without_loopback_address(netns: Netns) -> Step:
    """The step that takes the IPv4 address away which the kernel gives to ``lo`` (inetdev_event() in devinet.c)."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import LOOPBACK, DeleteAddress

    return DeleteAddress(netns, "lo", LOOPBACK[0])


def carrier(state: State, netns: Netns, name: str) -> None:
    """Set the carrier of an interface after its link state, and that of its peer.

    What is down has none, and loopback always has one. An end of a veth pair has one when both ends are up (veth_open()
    in drivers/net/veth.c). Of others that are up, only a real run will tell.
    """
    found = state.interface(netns, name)
    if found is None:
        return
    other = state.interface(*found.peer) if found.kind == "veth" and found.peer is not None else None
    linked = found.up and (found.kind == "loopback" or (None if other is None else other.up))
    if found.carrier != linked:
        state.put(netns, found._replace(carrier=linked))
    if other is not None and found.peer is not None and other.carrier != linked:
        state.put(found.peer.netns, other._replace(carrier=linked))

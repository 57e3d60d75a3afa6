# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pairs: a virtual cable with its two ends, veth or netkit."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import in_results
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    IPV6_MINIMUM,
    DeleteInterface,
    MoveInterface,
    SetInterface,
    built_upon,
    demand_namespace,
    find,
    group_of,
    joined,
    known_as,
    next_index,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    PAIRS,
    Interface,
    PeerOf,
    UpperOf,
    described,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import OWNERSHIP, record_of
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LINKS,
    OWN_PID,
    Declared,
    Endpoint,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    describe,
    immutable,
    ip,
    merge,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number, octets
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import (
    ACK,
    CREATE,
    DESCRIPTOR,
    EXCL,
    INDEX,
    NEWLINK,
    PEER_INDEX,
    Template,
    packed,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.requests import IFF_UP

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Sender
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import Values
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

_NUMBERS = tuple(map(number, (INDEX, PEER_INDEX, DESCRIPTOR)))


@immutable
class VethEnd:
    """One end of a pair as declared or as created; what is None is not managed, or left to the kernel.

    ``up``: it is to be up when it is created, if that is possible. ``group`` is the group of interfaces that it is
    created in. ``path`` and ``option`` are where the end and its name were written.
    """

    netns: Netns
    interface: str
    mac: Optional[str] = None
    mtu: Optional[int] = None
    index: Optional[int] = None
    up: bool = False
    group: int = 0
    path: str = ""
    option: str = "interface"
    netns_option: str = "netns"

    @property
    def endpoint(self) -> Endpoint:
        """Where it belongs."""
        return Endpoint(self.netns, self.interface)


@immutable
class Veth(Declared):
    """A pair exists with both ends in their places, or does not exist.

    A pair is known by its two names, with at least one end in its place or in the host's namespace, wherever the other
    end has gone; to be removed, an end on the host is not enough where the other one is in a third namespace. An end
    that is out of its place is none of this pair where another topology's record owns it, or where it is in a place of
    ``others``, the places of all declared ends. ``record`` names the ownership record of what may be replaced where it
    is not as declared. ``only_pair``: only a pair with both ends in their places is removed, and what else has the
    names is no matter. ``type`` is the type of link, and ``values`` are the properties of one that has some: those of
    its ends as they are seen from the first one.
    """

    stage = LINKS
    path: str
    first: VethEnd
    second: Optional[VethEnd] = None
    present: bool = True
    record: str = ""
    others: frozenset[Endpoint] = frozenset()
    only_pair: bool = False
    type: str = "veth"
    values: Values = ()

    @property
    def ends(self) -> tuple[VethEnd, ...]:
        """The declared ends: both, or one where only a removal is declared by one name."""
        return (self.first,) if self.second is None else (self.first, self.second)

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, None)
        for end, other in ((self.first, self.second), (self.second, self.first)):
            if end is None:
                continue
            likely = (None, self.first.netns) if other is None else (other.netns, None)
            # Looked for everywhere, so that a name that is taken can be said by what.
            scope.want(INTERFACE, end.netns, PeerOf(end.interface, likely, everywhere=True))
            scope.want(INTERFACE, None, PeerOf(end.interface, likely, everywhere=self.present))
            if self.present and self.record and other is not None:
                # What is in its place and is not this pair may have to be replaced.
                scope.want(INTERFACE, end.netns, UpperOf(end.interface, other.endpoint))
        scope.want(OWNERSHIP, None, *([self.record] if self.record else []))

    def steps(self, state: State) -> Iterator[Step]:
        yield from self._present(state) if self.present else self._absent(state)

    def _present(self, state: State) -> Iterator[Step]:
        if self.second is None:
            raise Impossible(self.path, "a pair that is to be present has two ends")
        for end in self.ends:
            demand_namespace(state, joined(end.path, end.netns_option), end.netns)
            if end.netns is not None and end.netns in state.aliases:
                raise Impossible(
                    joined(end.path, end.netns_option),
                    f"{end.netns} is another name of {describe(state.aliases[end.netns])}; use one name for it",
                )
        found = self.find(state)
        if found is not None and self._stays_otherwise(state, found):
            found = None
        if found is None:
            for end in self.ends:
                yield from self._freed(state, end)
            yield self._created(state)
            return
        for where, end in zip(found, self.ends):
            if where.netns != end.netns:
                yield from self._freed(state, end)
            now = find(state, where)
            if end.mac is not None and now is not None and now.mac != end.mac:
                # Before it moves: udev gives an interface that appears on the host another MAC, unless one was set.
                yield SetInterface(where.netns, end.interface, "mac", end.mac)
            if where.netns != end.netns:
                yield MoveInterface(where.netns, end.interface, end.netns)
            if end.mtu is not None and now is not None and now.mtu != end.mtu:
                yield SetInterface(end.netns, end.interface, "mtu", end.mtu)
        yield from self._changed(state)

    def _stays_otherwise(self, state: State, found: tuple[Endpoint, ...]) -> bool:
        """Tell whether a pair has to be made anew to be as declared, and may be. Raises: Impossible."""
        if not self.values:
            return False
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

        fixed = netkit.stays(state, found, self.values)
        if fixed is None:
            return False
        name, there, wanted = fixed
        if all(where == end.endpoint and self._owns(state, where) for where, end in zip(found, self.ends)):
            return True
        raise Impossible(
            joined(self.path, f"{self.type}.{name}"),
            f"it is {there}, and the kernel does not change it to {wanted} on a living pair; remove that first",
        )

    def _changed(self, state: State) -> Iterator[Step]:
        if self.values:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

            yield from netkit.changed(state, [end.endpoint for end in self.ends], self.values)

    def _absent(self, state: State) -> Iterator[Step]:
        found = self.find(state)
        if found is not None and not (self.only_pair and any(self._maker(state, one) for one in found)):
            yield DeleteInterface(found[0].netns, found[0].interface, found[1] if len(found) > 1 else None)
            return
        for end in self.ends:
            if not self.only_pair and not self._owns(state, end.endpoint):
                self._unoccupied(state, end)

    def find(self, state: State) -> Optional[tuple[Endpoint, ...]]:
        """Return where the ends of this pair are now, in the order declared; None when there is no such pair."""
        if self.second is None:
            found = find(state, self.first.endpoint)
            if found is None or found.type != self.type:
                return None
            return (self.first.endpoint,) if found.peer is None else (self.first.endpoint, found.peer)
        ways = ((self.first, self.second), (self.second, self.first))
        # What is in its place comes first: what is on the host would find it taken.
        in_place = [(end.endpoint, end, other) for end, other in ways]
        on_host = [(Endpoint(None, end.interface), end, other) for end, other in ways]
        for here, end, other in (*in_place, *on_host):
            found = find(state, here)
            there = found.peer if found is not None and found.type == self.type else None
            if there is not None and there.interface == other.interface and self._is_this(state, here, there):
                return (here, there) if end is self.first else (there, here)
        return None

    def _is_this(self, state: State, here: Endpoint, there: Endpoint) -> bool:
        """Tell whether a pair of the right names is this one; ``here`` is an end in its place or on the host."""
        places = self.endpoints()
        strayed = {here, there} - places
        if not strayed:
            return True
        if self.only_pair or strayed & self.others or any(self._maker(state, one) for one in strayed):
            return False
        return here in places or there.netns is None or self.present

    def _owns(self, state: State, end: Endpoint) -> bool:
        record = record_of(state, self.record)
        return record is not None and record.owns(state, Thing(INTERFACE, end.netns, (end.interface,)))

    def _maker(self, state: State, end: Endpoint) -> Optional[str]:
        """Return the other topology whose record owns an interface, or None."""
        thing = Thing(INTERFACE, end.netns, (end.interface,))
        kept = state.rows(OWNERSHIP, None).items()
        return next(
            (name for name, one in kept if name != self.record and one.record and one.record.owns(state, thing)), None
        )

    def _freed(self, state: State, end: VethEnd) -> Iterator[Step]:
        """Remove what an earlier run of the same topology made in the place of an end. Raises: Impossible."""
        found = find(state, end.endpoint)
        if found is not None and found.type in PAIRS and self._owns(state, end.endpoint):
            for one in (end.endpoint, *([] if found.peer is None else [found.peer])):
                upon = built_upon(state, one)
                if upon:
                    raise Impossible(
                        joined(end.path, end.option),
                        f"the pair of {end.endpoint} has to be replaced, and {some(upon)} is built upon {one}; "
                        "nothing was touched: remove that interface first, or choose another name",
                    )
            yield DeleteInterface(end.netns, end.interface, found.peer)
        self._unoccupied(state, end)

    def _unoccupied(self, state: State, end: VethEnd) -> None:
        found, other = find(state, end.endpoint), known_as(state, end.endpoint)
        by = other and f"{other.name}, whose alternative name it is"
        if found is not None:
            by = described(found, self._maker(state, end.endpoint))
        if by:
            raise Impossible(
                joined(end.path, end.option),
                f"the name {end.interface} in {describe(end.netns)} is taken by {by}; it was not "
                "touched: choose another name, or remove that interface first",
            )

    def _created(self, state: State) -> AddVeth:
        first, second = self.ends
        group = group_of(self.record) if self.record else 0
        # Where the namespace is new the next index is certain; saying it saves asking for it afterwards.
        index, peer_index = next_index(state, first.netns), next_index(state, second.netns)
        if peer_index is not None and second.netns == first.netns:
            peer_index += 1
        return pair(
            VethEnd(first.netns, first.interface, first.mac, first.mtu, index, first.up, group),
            VethEnd(second.netns, second.interface, second.mac, second.mtu, peer_index, second.up, group),
            self.type,
            self.values,
        )

    def view(self, state: State) -> dict[str, Any]:
        found = self.find(state)
        shown: dict[str, Any] = {}
        ends = (self.first, self.second)
        for where, other, end in zip(found or (), reversed(found or ()), ends):
            interface = find(state, where)
            if interface is None:
                continue
            leaf: dict[str, Any] = {"peer": other.short()}
            if self.values and end is self.first:
                from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

                there = netkit.properties(state, found or ())
                leaf[self.type] = {name: there.get(name) for name, _wanted in self.values}
            if end is not None and where != end.endpoint:
                leaf.update(_left_behind(state, where, interface))
            if end is not None and end.mac is not None:
                leaf["mac"] = interface.mac
            if end is not None and end.mtu is not None:
                leaf["mtu"] = interface.mtu
                addresses = in_results(state, where) if end.mtu < IPV6_MINIMUM else []
                if addresses:
                    # Such an MTU takes the IPv6 addresses away.
                    leaf["addresses"] = addresses
            merge(shown, of_interface(where.netns, where.interface, leaf))
        return shown

    def endpoints(self) -> set[Endpoint]:
        return {end.endpoint for end in self.ends}

    def things(self) -> Iterable[Thing]:
        return [Thing(INTERFACE, end.netns, (end.interface,)) for end in self.ends]


def _left_behind(state: State, where: Endpoint, interface: Interface) -> dict[str, Any]:
    """Return what an end loses when it is moved to its place."""
    addresses = in_results(state, where)
    return {"state": "up" if interface.up else "down", **({"addresses": addresses} if addresses else {})}


def again(before: State, found: Interface, netns: Netns) -> Sequence[Step]:
    """Return the step that makes a deleted pair anew, seen from the state before; none where its other end was not
    seen.
    """
    other = None if found.peer is None else find(before, found.peer)
    if other is None or found.peer is None:
        return ()
    ends, both = [Endpoint(netns, found.name), found.peer], [found, other]
    values: Values = ()
    if found.type != "veth":
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

        if netkit.primary(before, ends) != ends[0]:
            ends, both = ends[::-1], both[::-1]
        values = tuple(netkit.properties(before, ends).items())
    one, second = (
        VethEnd(*end, _settable_mac(each), each.mtu, each.ifindex, group=each.group) for end, each in zip(ends, both)
    )
    return [pair(one, second, found.type, values)]


def _settable_mac(found: Interface) -> Optional[str]:
    """Return the MAC address of an end; None where it has none, as one that has packets without a header."""
    return found.mac if found.mac and found.mac.strip("0:") else None


def as_written(state: State, ends: Sequence[Endpoint]) -> dict[str, Any]:
    """Return what one would write of a pair beside its ends."""
    found = find(state, ends[0])
    if found is None or found.type == "veth":
        return {}
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

    values = netkit.as_written(state, ends)
    return {"type": found.type, **({found.type: values} if values else {})}


def pair(one: VethEnd, other: VethEnd, type_: str = "veth", values: Values = ()) -> AddVeth:
    """Return the step that creates a pair of two ends, in whichever order the kernel can heed what is asked for of
    them.

    It heeds an index of the second end only where that of the first is stated too (veth_newlink() in
    drivers/net/veth.c).
    """
    if one.index is None and other.index is not None:
        one, other = other, one
        if values:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import netkit

            values = netkit.swapped(values)
    return AddVeth(one, replace(other, up=False), one.netns, type_, values)


@immutable
class AddVeth(Request):
    """Create a pair, both ends at once, each in its namespace under its final name; :func:`pair` makes the step.

    It is sent from inside the namespace of its ``first`` end. Sent from elsewhere, that one's name and index would have
    to be free there too, to kernels up to 6.12 at least (__rtnl_newlink() in net/core/rtnetlink.c). Only the first end
    can be ``up`` at once: the kernel refuses it of the other (veth_open() in drivers/net/veth.c).
    """

    first: VethEnd
    second: VethEnd
    netns: Netns
    type: str = "veth"
    values: Values = ()

    def command(self) -> Sequence[str]:
        return self._words()

    def at_boot(self, script: Script) -> None:
        ends = self.first.endpoint, self.second.endpoint
        script.run(self._words(grouped=True), unless=script.there(self.type, *ends))
        script.makes(*ends)

    def _words(self, *, grouped: bool = False) -> Sequence[str]:
        words = ["link", "add", "name"]
        for end in (self.first, self.second):
            words.append(end.interface)
            if grouped:
                words += ["group", str(end.group)]
            if end.up:
                words.append("up")
            if end.mac is not None:
                words += ["address", end.mac]
            if end.mtu is not None:
                words += ["mtu", str(end.mtu)]
            if end.netns != self.netns:
                words += ["netns", OWN_PID if end.netns is None else end.netns]
            if end is self.first:
                words += ["type", self.type, *self._between(), "name"]
        return ip(self.netns, *words)

    def makes(self) -> Sequence[Thing]:
        return [Thing(INTERFACE, end.netns, (end.interface,)) for end in (self.first, self.second)]

    def _between(self) -> list[str]:
        """Return what ``ip`` is told between the type and the name of the other end."""
        if self.type == "veth":
            return ["peer"]
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

        return netkit.words(self.values)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        if self.type != "veth":
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

            return netkit.message(self, sender)
        first, second = self.first, self.second
        away = second.netns != self.netns
        form = _form(codec, replace(first, netns=None, index=None), replace(second, netns=None, index=None), away)
        descriptor = sender.descriptor(second.netns) if away else 0
        return form.fill(number(first.index or 0), number(second.index or 0), number(descriptor))

    def advice(self, error: int) -> str:
        if error != errno.EOPNOTSUPP or self.type == "veth":
            return ""
        return f"where this kernel has no {self.type}, it needs Linux 6.7 or later with CONFIG_NETKIT"

    def relocates(self) -> Collection[str]:
        return (self.first.interface, self.second.interface)

    def foreseen(self) -> bool:
        return all(end.index is not None for end in (self.first, self.second) if end.netns == self.netns)

    def seems_done(self, now: State) -> bool:
        found = find(now, self.first.endpoint)
        return (
            found is not None
            and (found.type, found.group, found.peer) == (self.type, self.first.group, self.second.endpoint)
            and self.first.mac in (None, found.mac)
        )

    def otherwise(self, error: int) -> Optional[Request]:
        if error not in (errno.EEXIST, errno.EBUSY) or self.first.index is None:
            return None
        return replace(self, first=replace(self.first, index=None), second=replace(self.second, index=None))

    def effect(self, state: State) -> None:
        for end, other in ((self.first, self.second), (self.second, self.first)):
            made = Interface(
                end.interface,
                self.type,
                ifindex=end.index,
                up=end.up,
                mac=end.mac,
                mtu=end.mtu or 1500,
                peer=Endpoint(other.netns, other.interface),
                peer_ifindex=other.index,
                group=end.group,
                data=self._data(end),
            )
            state.put(INTERFACE, end.netns, end.interface, made)

    def _data(self, end: VethEnd) -> bytes:
        """Return what the kernel has of the type of an end, as far as it was said."""
        if self.type == "veth":
            return b""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit

        return netkit.data(self.values, first=end is self.first)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteInterface(self.first.netns, self.first.interface, self.second.endpoint)]

    def namespaces(self) -> set[Netns]:
        return {self.first.netns, self.second.netns}


@lru_cache(maxsize=64)
def _form(codec: Codec, first: VethEnd, second: VethEnd, away: bool) -> Template:
    """Return a pair of these ends, the second being ``away`` in another namespace; the form lacks where, and the
    indexes.
    """
    elsewhere = [("IFLA_NET_NS_FD", DESCRIPTOR)] if away else []
    peer = {"index": PEER_INDEX, "attrs": [*_attributes(second), *elsewhere]}
    message = codec.ifinfmsg()
    message["index"] = INDEX
    if first.up:
        message["change"] = message["flags"] = IFF_UP
    info = {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", peer)]})]}
    message["attrs"] = [*_attributes(first), ("IFLA_LINKINFO", info)]
    return Template(packed(message, NEWLINK, ACK | CREATE | EXCL), *_NUMBERS)


def _attributes(end: VethEnd) -> list[tuple[str, Any]]:
    attributes: list[tuple[str, Any]] = [("IFLA_IFNAME", octets(end.interface))]
    if end.mac is not None:
        attributes.append(("IFLA_ADDRESS", end.mac))
    if end.mtu is not None:
        attributes.append(("IFLA_MTU", end.mtu))
    if end.group:
        attributes.append(("IFLA_GROUP", end.group))
    return attributes

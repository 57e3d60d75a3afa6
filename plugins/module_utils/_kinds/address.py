# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of an interface, IPv4 and IPv6."""

from __future__ import annotations

import errno
import socket
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._address import (
    GLOBAL,
    LOOPBACK,
    Address,
    endangered,
    followers,
    given_by_kernel,
    named,
    newest,
    of_name,
    oldest,
    order,
    same,
    subnet,
    usual_scope,
    without,
    written,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    DOWN,
    FEWER_ADDRESSES,
    NO_IPV6,
    UP,
    Event,
    OnInterface,
    Reading,
    happen,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    IPV6_MINIMUM,
    find,
    identity_on,
    joined,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface, Promotes
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import Record, record_of
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
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
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, is_link_local
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import (
    ACK,
    CREATE,
    DELADDR,
    EXCL,
    INDEX,
    NEWADDR,
    REPLACE,
    Template,
    again,
    packed,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import Details
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/if_addr.h: flags. The first means "temporary" to IPv6; MANAGETEMPADDR have those of router advertisements.
_SECONDARY, _DADFAILED, _PERMANENT, _MANAGETEMPADDR = 0x1, 0x8, 0x80, 0x100
#: linux/if_addr.h: IFAPROT_KERNEL_RA.
_BY_ROUTER = 2


class AddressKind(OnInterface[Address]):
    """The addresses of a namespace, by interface; a thing is one of them, by its interface and its text."""

    name = "address"
    plural = "addresses"
    order = 20
    read_elsewhere = True

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Address, ...]]:
        return _Addresses(state)

    def taken(self, state: State, event: Event) -> Sequence[Address]:
        there = state.row(self, event.netns, event.interface) or ()
        # Going down takes the IPv6 addresses away, unless the sysctl keep_addr_on_down is set, and so does an MTU that
        # is too small for IPv6 (addrconf_notify() and addrconf_ifdown() in net/ipv6/addrconf.c).
        if event.what in (DOWN, NO_IPV6):
            interface = state.row(INTERFACE, event.netns, event.interface)
            kept = event.what == DOWN and interface is not None and interface.keeps_ipv6
            return () if kept else tuple(one for one in there if one.version == 6)
        return super().taken(state, event)

    def again(self, end: Endpoint, rows: Sequence[Address]) -> Iterable[Step]:
        # The kernel lists the newest IPv6 address first, and the oldest IPv4 address.
        oldest_first = [one for one in rows if one.version == 4]
        newest_first = [one for one in rows if one.version == 6]
        for one in (*oldest_first, *reversed(newest_first)):
            yield back(end, one)

    def restored(self, before: State, event: Event) -> Iterable[Step]:
        if event.what != UP:
            return super().restored(before, event)
        # The kernel gives loopback an IPv4 address when it is set up without one, and does not take it back
        # (inetdev_event() in net/ipv4/devinet.c).
        interface = before.row(INTERFACE, event.netns, event.interface)
        loopback = interface is not None and interface.type == "loopback"
        bare = loopback and not any(one.version == 4 for one in of(before, Endpoint(event.netns, event.interface)))
        return [DeleteAddress(event.netns, event.interface, LOOPBACK[0])] if bare else []

    def named(self, row: Address) -> str:
        return row.name

    def leaf(self, state: State, end: Endpoint) -> dict[str, Any]:
        found = in_results(state, end)
        return {"addresses": found} if found else {}

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(INTERFACE, thing.netns, Promotes(thing.key[0]))

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        by_interface: dict[Endpoint, list[str]] = {}
        for thing in things:
            if mine(thing):
                by_interface.setdefault(Endpoint(thing.netns, thing.key[0]), []).append(thing.key[1])
        for end, texts in by_interface.items():
            yield from Addresses(path, *end, tuple(texts), present=False).steps(state)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return of_interface(thing.netns, thing.key[0], {"addresses": [thing.key[1]]})


ADDRESS = AddressKind()


class _Addresses(Reading[tuple[Address, ...]]):
    """One reading of addresses."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        found: dict[str, list[Address]] = {}
        for raw in route.dump(requests.addresses()):
            report = reports.address(raw)
            name = None if report is None else names.get(report.ifindex)
            if report is not None and name is not None:
                found.setdefault(name, []).append(_address(report, raw))
        self._state.table(ADDRESS, netns).update((name, tuple(some)) for name, some in found.items())


def _address(report: reports.AddressReport, raw: bytes) -> Address:
    flags, is_ipv6 = report.flags, report.version == 6
    if flags & _PERMANENT and not flags & (_SECONDARY | _DADFAILED):
        return Address(report.text, False, raw, report.peer)
    return Address(
        report.text,
        bool(flags & _SECONDARY) and not is_ipv6,
        raw,
        report.peer,
        expires=not flags & _PERMANENT,
        duplicate=bool(flags & _DADFAILED),
        advertised=is_ipv6 and (report.protocol == _BY_ROUTER or bool(flags & (_SECONDARY | _MANAGETEMPADDR))),
    )


def of(state: State, end: Endpoint) -> tuple[Address, ...]:
    """Return the addresses of an interface, in the kernel's order."""
    return state.row(ADDRESS, end.netns, end.interface) or ()


def address(state: State, end: Endpoint, name: str) -> Optional[Address]:
    """Return the address of an interface that has this name, or None."""
    return next((one for one in of(state, end) if one.name == name), None)


@immutable
class Addresses(Declared):
    """An interface has these addresses, or does not have them.

    They are given by their names; ``details`` has those that have a peer, and what is declared of some beside
    themselves, as fields of ``Details`` with their values. ``exclusive``: it has no others, but for those that the
    kernel itself gives: link-local ones, and loopback's own. ``record`` names an ownership record: others that it owns
    may be in the way of these, and with ``purge`` go anyway; of what is to be gone, only what it owns goes.
    """

    path: str
    netns: Netns
    interface: str
    addresses: tuple[str, ...]
    present: bool = True
    exclusive: bool = False
    record: str = ""
    purge: bool = False
    details: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    #: Whether the interface is one that is there already, so that the path is that of the addresses.
    is_there: ClassVar[bool] = False

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        if self.exclusive or self.details or not self.present:
            scope.want(INTERFACE, self.netns, Promotes(self.interface))

    def option(self) -> str:
        """Return the path of the addresses, for messages."""
        return joined(self.path, "addresses")

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        if not self.present and find(state, end) is None:
            return
        found = require(state, "", end, option=self.path) if self.is_there else require(state, self.path, end)
        there = of(state, end)
        anew: dict[str, Address] = {}
        if self.details or True in [one.expires for one in there]:
            for one, to, was in self._changes(there):
                if changed_in_place(one, to, was):
                    yield from changes(end, one, to, was)
                else:
                    anew[one.name] = one._replace(secondary=False, raw=b"", details=to)
            there = of(state, end)
        # That one which was just added has another owner is no reason to add it once more.
        right = {one.name for one in there if not one.duplicate or self._thing(one.name) in state.just_made}
        new = self._new if self.details else Address
        wanted = [new(name) for name in self.addresses if self.present and name not in right]
        unwanted = self._unwanted(state, there, wanted, right)
        if not wanted and not unwanted and not anew:
            return
        kept = [one for one in there if one not in unwanted]
        going = unwanted
        if anew:
            replaced = [one for one in there if one.name in anew]
            moved = [*unwanted, *replaced, *(followers(replaced, there) if found.promotes else ())]
            going = [one for one in there if one in moved]
            kept = [anew.get(one.name, one) for one in kept]
        self._possible(wanted, kept, found)
        # A deleted IPv4 primary takes its subnet's secondaries along: what would be lost so is added afterwards. So is
        # an IPv6 address that is there with another prefix length, for the kernel has it only once.
        for one in wanted:
            if not endangered(one, going, found.promotes):
                yield AddAddress(*end, one.text, peer=one.peer, details=one.details)
        if not going:
            return
        # The last first, so that what would put them back finds none behind them.
        oldest_first = [one for one in going if one.version == 4]
        for one in [*reversed(oldest_first), *(one for one in going if one.version == 6)]:
            if address(state, end, one.name) is not None:
                yield DeleteAddress(*end, one.text, one.raw, one.peer)
        for one in [*kept, *wanted]:
            if address(state, end, one.name) is None:
                yield replace(back(end, one), was_there=one not in wanted)

    def _changes(self, there: Sequence[Address]) -> Iterator[tuple[Address, Details, Details]]:
        """Yield the declared addresses that are there and not as declared: what is to be set of them, and what is."""
        declared = dict(self.details)
        for one in there if self.present else ():
            if (one.expires or declared) and one.name in self.addresses and not one.duplicate:
                from ansible_collections.linuxnet.netns.plugins.module_utils import _address_details as details

                was = details.details_of(one, self.interface)
                to = details.aimed(was, self._declared(one.name))
                if details.differing(to, was):
                    yield one, to, was

    def _declared(self, name: str) -> dict[str, Any]:
        """Return what is declared of an address beside itself."""
        declared = dict(dict(self.details).get(name, ()))
        if declared.get("label") == self.interface:
            declared["label"] = ""
        return declared

    def _new(self, name: str) -> Address:
        """Return a declared address that is not there."""
        one = of_name(name)
        if not self._declared(name):
            return one
        from ansible_collections.linuxnet.netns.plugins.module_utils import _address_details as details

        return one._replace(details=details.aimed(details.details_of(one, self.interface), self._declared(name)))

    def _thing(self, name: str) -> Thing:
        return Thing(ADDRESS, self.netns, (self.interface, name))

    def _unwanted(
        self, state: State, there: Sequence[Address], wanted: Sequence[Address], right: Container[str]
    ) -> list[Address]:
        record = record_of(state, self.record) if self.record and (self.purge or wanted or not self.present) else None
        if not self.present:
            going = [one for one in there if one.name in self.addresses]
            return going if not self.record else self._owned(state, record, going)
        useless = [one for one in there if one.duplicate and one.name not in right and one.name in self.addresses]
        if self.exclusive:
            others = [one for one in there if one.name not in self.addresses and not one.advertised]
            return [*useless, *(one for one in others if not given_by_kernel(self.interface, one.text))]
        if record is None:
            return useless
        others = [one for one in there if one.name not in self.addresses]
        in_the_way = [one for one in others if self.purge or any(same(one, another) for another in wanted)]
        return [*useless, *self._owned(state, record, in_the_way)]

    def _owned(self, state: State, record: Optional[Record], some: Sequence[Address]) -> list[Address]:
        return [] if record is None else [one for one in some if record.owns(state, self._thing(one.name))]

    def _possible(self, wanted: Sequence[Address], kept: Sequence[Address], found: Interface) -> None:
        for place, one in enumerate(wanted):
            if one.version == 6 and found.mtu is not None and found.mtu < IPV6_MINIMUM:
                raise Impossible(
                    self.option(),
                    f"{one.text} cannot be added to {self.interface} in {describe(self.netns)}, whose MTU is "
                    f"{found.mtu}: IPv6 needs {IPV6_MINIMUM} or more; raise the MTU, or leave the address out",
                )
            there = next((another for another in (*kept, *wanted[:place]) if same(one, another)), None)
            if there is not None:
                where = f"{self.interface} in {describe(self.netns)}"
                has = "is to have" if there in wanted else "has"
                once = "one prefix length" if one.version == 6 and not (there.peer or one.peer) else "one peer"
                raise Impossible(
                    self.option(),
                    f"{one.name} cannot be added to {where}, which {has} {there.name} already: the kernel takes an "
                    f"IPv{one.version} address with {once} only; remove one of the two",
                )

    def view(self, state: State) -> dict[str, Any]:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is None:
            return {}
        there = sorted(of(state, end), key=order)
        shown = [one for one in there if one.name in self.addresses or not given_by_kernel(self.interface, one.text)]
        return of_interface(self.netns, self.interface, {"addresses": [self._shown(one) for one in shown]})

    def _shown(self, one: Address) -> str:
        """Return an address as a view has it: with what is declared of it, and what is wrong with it."""
        declared = self._declared(one.name) if self.details else {}
        if not declared:
            return f"{one.name}{_fault(one)}"
        from ansible_collections.linuxnet.netns.plugins.module_utils import _address_details as details

        said = details.shown(details.details_of(one, self.interface), declared)
        fault = _fault(one._replace(expires=one.expires and "lifetime" not in declared))
        return f"{' '.join([one.name, *said])}{fault}"

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}

    def things(self) -> Iterable[Thing]:
        if not self.present:
            return []
        return [Thing(ADDRESS, self.netns, (self.interface, name)) for name in self.addresses]


@immutable
class AddressesThere(Addresses):
    """Addresses of an interface that is there already; its path is that of the list of addresses."""

    is_there = True

    def option(self) -> str:
        return self.path


def _fault(address: Address) -> str:
    """Return what a view says of an address that is there and not as it should be."""
    if address.duplicate:
        return " (a duplicate)"
    return " (expires)" if address.expires and not address.advertised else ""


def in_results(state: State, end: Endpoint) -> list[str]:
    """Return the addresses of an interface in order, without the link-local ones; none of an interface that is not
    there.
    """
    return [one.name for one in sorted(of(state, end), key=order) if not is_link_local(one.text)]


@immutable
class AddAddress(Request):
    """Add an address to an interface.

    ``raw`` is the kernel's report of one that is put back as it was, and ``details`` is what is to be set of it, where
    that is not what is usual. ``was_there``: so it was before, and somebody else may have put it back.
    """

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""
    peer: str = ""
    details: Optional[Details] = None
    was_there: bool = False

    def command(self) -> Sequence[str]:
        words = ip(self.netns, "address", "add", *written(self.address, self.peer), "dev", self.interface)
        if not self.raw and self.details is None:
            return words
        from ansible_collections.linuxnet.netns.plugins.module_utils import _address_details as details

        return [*words, *details.arguments(self._row(), details.details_of(self._row(), self.interface))]

    def at_boot(self, script: Script) -> None:
        end = Endpoint(self.netns, self.interface)
        # What configures the network of the host may take away what it does not know.
        script.late = script.late or (self.netns is None and not script.is_made(end))
        script.needs(end)
        words = self.command()
        (thing,) = self.makes()
        script.make(words, thing, ["replace" if word == "add" else word for word in words])

    def _row(self) -> Address:
        if self.details is None:
            return Address(self.address, False, self.raw, self.peer)
        ends = self.details.ends
        return Address(self.address, False, self.raw, self.peer, expires=ends, details=self.details)

    def makes(self) -> Sequence[Thing]:
        if self.was_there:
            return []
        name = named(self.address, self.peer) if self.peer else self.address
        return [Thing(ADDRESS, self.netns, (self.interface, name))]

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        if self.raw:
            return again(self.raw, index)
        if self.peer or self.details is not None:
            return _detailed(NEWADDR, CREATE | EXCL, index, self._row())
        return _message(codec, NEWADDR, ACK | CREATE | EXCL, self.address, index)

    def achieved(self, error: int) -> bool:
        # The kernel itself puts some back, such as a link-local one, when the interface is up again.
        return self.was_there and error == errno.EEXIST

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        there = of(state, end)
        added = Address(self.address, False, self.raw, self.peer) if self.details is None else self._row()
        if find(state, end) is None or any(one.name == added.name for one in there):
            return
        if there and added.version == 4:
            network = subnet(added)
            secondary = any(one.version == 4 and subnet(one) == network for one in there)
            added = added._replace(secondary=secondary)
        place = oldest(there, added) if added.version == 4 else newest(there, added)
        state.put(ADDRESS, *end, (*there[:place], added, *there[place:]))

    def undo(self, before: State) -> Iterable[Step]:
        return away(Endpoint(self.netns, self.interface), self._row())


def back(end: Endpoint, address: Address) -> AddAddress:
    """Return the step that puts an address back as it was."""
    return AddAddress(*end, address.text, address.raw, address.peer, address.details, was_there=True)


@immutable
class ChangeAddress(Request):
    """Change what is set of an address, from what ``was`` to what it is to be, without deleting it."""

    netns: Netns
    interface: str
    address: str
    peer: str
    to: Details
    was: Details

    def command(self) -> Sequence[str]:
        from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import arguments_of_change

        words = arguments_of_change(self._row(), self.to, self.was)
        return ip(self.netns, "address", "change", *written(self.address, self.peer), "dev", self.interface, *words)

    def _row(self) -> Address:
        return Address(self.address, peer=self.peer, details=self.to)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return _detailed(NEWADDR, REPLACE, sender.index(self.netns, self.interface), self._row())

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        name = named(self.address, self.peer)
        there = list(of(state, end))
        for place, one in enumerate(there):
            if one.name == name:
                # The kernel's report of it is no longer right.
                there[place] = one._replace(raw=b"", details=self.to, expires=self.to.ends)
        state.put(ADDRESS, *end, tuple(there))

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        if changed_in_place(self._row(), self.was, self.to):
            return changes(end, self._row(), self.was, self.to)
        there = address(before, end, named(self.address, self.peer))
        return [] if there is None else [*away(end, self._row()), back(end, there)]

    def disruptive(self) -> bool:
        return not changed_in_place(self._row(), self.was, self.to)


def changes(end: Endpoint, address: Address, to: Details, was: Details) -> list[Step]:
    """Return the steps that change what is set of an address, without leaving the route to its network behind."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import leaves_route

    first = [_kept(end, address, was)] if leaves_route(address.version, was, to) else []
    return [*first, ChangeAddress(*end, address.text, address.peer, to, first[0].to if first else was)]


def away(end: Endpoint, address: Address) -> list[Step]:
    """Return the steps that take an address away again, with the route to its network."""
    deleted = DeleteAddress(*end, address.text, address.raw, address.peer)
    if not (address.raw or address.details):
        return [deleted]
    from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import details_of, leaves_route

    details = details_of(address, end.interface)
    return [_kept(end, address, details), deleted] if leaves_route(address.version, details) else [deleted]


def _kept(end: Endpoint, address: Address, was: Details) -> ChangeAddress:
    """Return the step that keeps an address for ever."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import FOREVER

    to = was._replace(lifetime=FOREVER, preferred=FOREVER)
    return ChangeAddress(*end, address.text, address.peer, to, was)


def changed_in_place(address: Address, to: Details, was: Details) -> bool:
    """Tell whether the kernel changes an address that is there so, without its being deleted."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import in_place

    return in_place(address.version, was, to)


@immutable
class DeleteAddress(Request):
    """Delete an address from an interface; ``raw`` is the kernel's report of it.

    The kernel takes an IPv4 address by its own part, its prefix length and the network that its peer is in, and so
    without a peer also one whose peer is in its own network (inet_rtm_deladdr() in net/ipv4/devinet.c); an interface
    cannot have both (:func:`same`). IPv6 addresses it takes by their own part and prefix length.
    """

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""
    peer: str = ""

    def command(self) -> Sequence[str]:
        return ip(self.netns, "address", "delete", *written(self.address, self.peer), "dev", self.interface)

    @property
    def name(self) -> str:
        """What tells it from the others of its interface."""
        return named(self.address, self.peer)

    def removes(self) -> Sequence[Thing]:
        return [Thing(ADDRESS, self.netns, (self.interface, self.name))]

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        if self.raw:
            return again(self.raw, index, DELADDR, ACK)
        if self.peer:
            return _detailed(DELADDR, 0, index, Address(self.address, peer=self.peer))
        return _message(codec, DELADDR, ACK, self.address, index)

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.EADDRNOTAVAIL)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        interface = find(state, end)
        if interface is None:
            return
        there = of(state, end)
        left = without(there, self.name, interface.promotes)
        texts = {one.text for one in left}
        lost = tuple(one.text for one in there if one.text not in texts)
        happen(state, Event(FEWER_ADDRESSES, *end, addresses=lost))
        state.put(ADDRESS, *end, left)

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        interface, there = find(before, end), of(before, end)
        place = next((place for place, one in enumerate(there) if one.name == self.name), None)
        if interface is None or place is None:
            return []
        # Order makes the primary of a subnet, and the address that is sent from: what comes after it is taken away and
        # follows it back. Of IPv6 addresses neither depends on it.
        left = {one.name for one in without(there, self.name, interface.promotes)}
        after = [one for one in there[place + 1 :] if one.version == there[place].version == 4]
        away = [DeleteAddress(*end, one.text, one.raw, one.peer) for one in reversed(after) if one.name in left]
        return [*away, *(back(end, one) for one in (there[place], *after))]

    def disruptive(self) -> bool:
        return True


_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
#: Stand for an address in a message that is to be filled.
_HOSTS = {4: "94.237.94.5", 6: "5eed:6::5eed:7"}


def _detailed(kind: int, flags: int, index: int, address: Address) -> bytes:
    """Return a message about an address with all that is set of it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import details_of
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import body

    return requests.change(kind, flags, body(index, address.value, address.peer, details_of(address, "")))


def _message(codec: Codec, kind: int, flags: int, address: str, index: int) -> bytes:
    value = InterfaceAddress.read(address)
    scope = usual_scope(address) if kind == NEWADDR else GLOBAL
    form = _form(codec, kind, flags, (value.version, value.length, scope))
    return form.fill(number(index), value.packed)


@lru_cache(maxsize=64)
def _form(codec: Codec, kind: int, flags: int, body: tuple[int, int, int]) -> Template:
    """Return a message about an address of an IP version, with a prefix length and a scope."""
    version, length, scope = body
    message = codec.ifaddrmsg()
    message["family"] = _FAMILIES[version]
    message["prefixlen"] = length
    message["scope"] = scope
    message["index"] = INDEX
    message["attrs"] = [("IFA_LOCAL", _HOSTS[version]), ("IFA_ADDRESS", _HOSTS[version])]
    mark = socket.inet_pton(_FAMILIES[version], _HOSTS[version])
    return Template(packed(message, kind, flags), number(INDEX), mark)

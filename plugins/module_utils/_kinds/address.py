# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of an interface, IPv4 and IPv6."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

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
    Interface,
    SettingsOf,
    demand,
    find,
    identity_on,
    joined,
    names_by_index,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import record_of
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
    ip,
    of_interface,
    value,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    Prefix,
    address_bytes,
    is_link_local,
    is_loopback,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number, only
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import (
    ACK,
    CREATE,
    DELADDR,
    EXCL,
    INDEX,
    NEWADDR,
    REPLACE,
    Form,
    again,
    packed,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: Addresses that the kernel itself gives to ``lo`` when it is set up.
LOOPBACK = ("127.0.0.1/8", "::1/128")
#: linux/if_addr.h: flags. The first means "temporary" to IPv6; MANAGETEMPADDR have those of router advertisements.
_SECONDARY, _DADFAILED, _PERMANENT, _MANAGETEMPADDR = 0x1, 0x8, 0x80, 0x100
#: linux/if_addr.h: the size of struct ifaddrmsg; ADDRESS, LOCAL, LABEL, BROADCAST and FLAGS, which name an address.
_IFADDRMSG, _NAMING = 8, frozenset({1, 2, 3, 4, 8})
#: Where the scope stands in a report: behind struct nlmsghdr, family, prefixlen and flags.
_SCOPE = 19
#: linux/if_addr.h: IFAPROT_KERNEL_RA.
_BY_ROUTER = 2


class Address(NamedTuple):
    """An address of an interface.

    ``text`` is canonical, with the prefix length: ``10.0.0.1/24``, ``fd00::1/64``. ``secondary`` is the kernel's flag
    of the same name: this IPv4 address goes when its subnet's primary goes, unless the interface promotes secondaries.
    ``raw`` is the kernel's own report of it, by which it can be put back exactly as it was. ``peer`` is the address at
    the other end, where the kernel has one (``ip address add ADDRESS peer PEER``). ``expires``: it has a lifetime.
    ``duplicate``: somebody else has it, as duplicate address detection found. ``advertised``: a router gave it.
    """

    text: str
    secondary: bool = False
    raw: bytes = b""
    peer: str = ""
    expires: bool = False
    duplicate: bool = False
    advertised: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others of its interface: as ``ip`` writes it, with the peer where it has one."""
        return " ".join(written(self.text, self.peer)) if self.peer else self.text

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.text else 4

    @property
    def scope(self) -> int:
        """Its scope (linux/rtnetlink.h: RT_SCOPE_…)."""
        return self.raw[_SCOPE] if self.raw else _scope(self.text)

    @property
    def value(self) -> InterfaceAddress:
        """The address itself."""
        return InterfaceAddress.read(self.text)


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
            yield AddAddress(*end, one.text, one.raw, one.peer)

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
        found = listed(state, end)
        return {"addresses": found} if found else {}

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(INTERFACE, thing.netns, SettingsOf(thing.key[0]))

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
            told = reports.address(raw)
            name = None if told is None else names.get(told.ifindex)
            if told is not None and name is not None:
                found.setdefault(name, []).append(_address(told, raw))
        self._state.table(ADDRESS, netns).update((name, tuple(some)) for name, some in found.items())


def _address(told: reports.AddressReport, raw: bytes) -> Address:
    flags, is_ipv6 = told.flags, told.version == 6
    if flags & _PERMANENT and not flags & (_SECONDARY | _DADFAILED):
        return Address(told.text, False, raw, told.peer)
    return Address(
        told.text,
        bool(flags & _SECONDARY) and not is_ipv6,
        raw,
        told.peer,
        expires=not flags & _PERMANENT,
        duplicate=bool(flags & _DADFAILED),
        advertised=is_ipv6 and (told.protocol == _BY_ROUTER or bool(flags & (_SECONDARY | _MANAGETEMPADDR))),
    )


def of(state: State, end: Endpoint) -> tuple[Address, ...]:
    """The addresses of an interface, in the kernel's order."""
    return state.row(ADDRESS, end.netns, end.interface) or ()


def address(state: State, end: Endpoint, name: str) -> Optional[Address]:
    """The address of an interface that has this name, or None."""
    return next((one for one in of(state, end) if one.name == name), None)


@value
class Addresses(Declared):
    """An interface has these addresses, or does not have them.

    ``exclusive``: it has no others, but for those that the kernel itself gives: link-local ones, and loopback's own.
    ``record`` names an ownership record: others that it owns may be in the way of these, and with ``purge`` go anyway.
    """

    path: str
    netns: Netns
    interface: str
    addresses: tuple[str, ...]
    present: bool = True
    exclusive: bool = False
    record: str = ""
    purge: bool = False

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        if self.exclusive or not self.present:
            scope.want(INTERFACE, self.netns, SettingsOf(self.interface))

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        if not self.present and find(state, end) is None:
            return
        found = demand(state, self.path, end)
        there = of(state, end)
        right = {one.name for one in there if not one.duplicate}
        wanted = [Address(text) for text in self.addresses if self.present and text not in right]
        unwanted = self._unwanted(state, there, wanted)
        for one in there:
            if self.present and one.expires and one.name in self.addresses and one.name in right:
                yield SetLifetime(*end, one.text, one.raw)
        if not wanted and not unwanted:
            return
        kept = [one for one in there if one not in unwanted]
        self._possible(wanted, kept, found)
        # A deleted IPv4 primary takes its subnet's secondaries along: what would be lost so is added afterwards. So is
        # an IPv6 address that is there with another prefix length, for the kernel has it only once.
        for one in wanted:
            if not endangered(one, unwanted, found):
                yield AddAddress(*end, one.text)
        if not unwanted:
            return
        # The last first, so that what would put them back finds none behind them.
        oldest_first = [one for one in unwanted if one.version == 4]
        for one in [*reversed(oldest_first), *(one for one in unwanted if one.version == 6)]:
            if address(state, end, one.name) is not None:
                yield DeleteAddress(*end, one.text, one.raw, one.peer)
        for one in [*kept, *wanted]:
            if address(state, end, one.name) is None:
                yield AddAddress(*end, one.text, one.raw, one.peer)

    def _unwanted(self, state: State, there: Sequence[Address], wanted: Sequence[Address]) -> list[Address]:
        if not self.present:
            return [one for one in there if one.name in self.addresses]
        useless = [one for one in there if one.duplicate and one.name in self.addresses]
        if self.exclusive:
            others = [one for one in there if one.name not in self.addresses and not one.advertised]
            return [*useless, *(one for one in others if not given(self.interface, one.text))]
        record = record_of(state, self.record) if self.purge or wanted else None
        if record is None:
            return useless
        return [
            *useless,
            *(
                one
                for one in there
                if one.name not in self.addresses
                and (self.purge or any(same(one, another) for another in wanted))
                and record.owns(state, Thing(ADDRESS, self.netns, (self.interface, one.name)))
            ),
        ]

    def _possible(self, wanted: Sequence[Address], kept: Sequence[Address], found: Interface) -> None:
        for place, one in enumerate(wanted):
            if one.version == 6 and found.mtu is not None and found.mtu < IPV6_MINIMUM:
                raise Impossible(
                    joined(self.path, "addresses"),
                    f"{one.text} cannot be added to {self.interface} in {describe(self.netns)}, whose MTU is "
                    f"{found.mtu}: IPv6 needs {IPV6_MINIMUM} or more; raise the MTU, or leave the address out",
                )
            there = next((another for another in (*kept, *wanted[:place]) if same(one, another)), None)
            if there is not None:
                where = f"{self.interface} in {describe(self.netns)}"
                has = "is to have" if there in wanted else "has"
                once = "one prefix length" if one.version == 6 and not there.peer else "one peer"
                raise Impossible(
                    joined(self.path, "addresses"),
                    f"{one.text} cannot be added to {where}, which {has} {there.name} already: the kernel takes an "
                    f"IPv{one.version} address with {once} only; remove one of the two",
                )

    def view(self, state: State) -> dict[str, Any]:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is None:
            return {}
        there = sorted(of(state, end), key=order)
        shown = [one for one in there if one.name in self.addresses or not given(self.interface, one.text)]
        leaf = [f"{one.name}{_fault(one)}" for one in shown]
        return of_interface(self.netns, self.interface, {"addresses": leaf})

    def places(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}

    def things(self) -> Iterable[Thing]:
        return [Thing(ADDRESS, self.netns, (self.interface, text)) for text in self.addresses]


def _fault(address: Address) -> str:
    """What a view says of an address that is there and not as it should be."""
    if address.duplicate:
        return " (a duplicate)"
    return " (expires)" if address.expires and not address.advertised else ""


def same(one: Address, other: Address) -> bool:
    """Whether an interface can have only one of these two.

    The kernel has an IPv6 address once, whatever the prefix length and the peer (ipv6_add_addr() in
    net/ipv6/addrconf.c), and an IPv4 address once for a prefix length and the network that its peer is in
    (__inet_insert_ifa() in net/ipv4/devinet.c).
    """
    if one.version == 6:
        return other.version == 6 and one.value.packed == other.value.packed
    return one.text == other.text and subnet(one) == subnet(other)


def subnet(address: Address) -> Prefix:
    """The network that an IPv4 address is in, to the kernel: that of its peer, where it has one."""
    if not address.peer:
        return address.value.network
    return InterfaceAddress.of(address_bytes(address.peer), address.value.length).network


def given(interface: str, text: str) -> bool:
    """Whether the kernel, not a person, gives such an address to the interface."""
    return (interface == "lo" and text in LOOPBACK) or is_link_local(text)


def listed(state: State, end: Endpoint) -> list[str]:
    """The addresses of an interface in order, without the link-local ones; none of an interface that is not there."""
    return [one.name for one in sorted(of(state, end), key=order) if not is_link_local(one.text)]


def order(address: Address) -> tuple[int, bytes, int, str]:
    """The order in which addresses are listed: IPv4 first, then by number."""
    value = address.value
    return value.version, value.packed, value.length, address.peer


def endangered(wanted: Address, unwanted: Sequence[Address], interface: Interface) -> bool:
    """Whether this one can be there only when the unwanted addresses have gone, or would go with them."""
    if any(same(wanted, one) for one in unwanted):
        return True
    if not unwanted or wanted.version == 6 or interface.promotes:
        return False
    network = subnet(wanted)
    return any(not one.secondary and one.version == 4 and subnet(one) == network for one in unwanted)


@value
class AddAddress(Request):
    """Add an address to an interface; ``raw`` is the kernel's report of one that is put back as it was."""

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""
    peer: str = ""

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "add", *written(self.address, self.peer), "dev", self.interface)

    def makes(self) -> Sequence[Thing]:
        return [] if self.raw else [Thing(ADDRESS, self.netns, (self.interface, self.address))]

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        if self.raw:
            return again(self.raw, index)
        return _message(codec, NEWADDR, ACK | CREATE | EXCL, self.address, index)

    def achieved(self, error: int) -> bool:
        # The kernel itself puts some back, such as a link-local one, when the interface is up again.
        return bool(self.raw) and error == errno.EEXIST

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        there = of(state, end)
        added = Address(self.address, False, self.raw, self.peer)
        if find(state, end) is None or any(one.name == added.name for one in there):
            return
        if there and added.version == 4:
            network = subnet(added)
            secondary = any(one.version == 4 and subnet(one) == network for one in there)
            added = added._replace(secondary=secondary)
        place = _oldest(there, added) if added.version == 4 else _newest(there, added)
        state.put(ADDRESS, *end, (*there[:place], added, *there[place:]))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteAddress(self.netns, self.interface, self.address, self.raw, self.peer)]


@value
class SetLifetime(Request):
    """Keep an address for ever, or give it back the lifetime that it had by ``raw``, the kernel's report of it."""

    netns: Netns
    interface: str
    address: str
    raw: bytes
    forever: bool = True

    def words(self) -> Sequence[str]:
        lifetime = ["valid_lft", "forever", "preferred_lft", "forever"] if self.forever else []
        return ip(self.netns, "address", "change", self.address, "dev", self.interface, *lifetime)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        # Without a lifetime (CACHEINFO) in it, the kernel takes it for infinite.
        raw = only(self.raw, _IFADDRMSG, _NAMING) if self.forever else self.raw
        return again(raw, sender.index(self.netns, self.interface), flags=ACK | REPLACE)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        there = (one._replace(expires=not self.forever) if one.name == self.address else one for one in of(state, end))
        state.put(ADDRESS, *end, tuple(there))

    def undo(self, before: State) -> Iterable[Step]:
        return [replace(self, forever=not self.forever)]


@value
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

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "delete", *written(self.address, self.peer), "dev", self.interface)

    @property
    def name(self) -> str:
        """What tells it from the others of its interface."""
        return Address(self.address, peer=self.peer).name

    def removes(self) -> Sequence[Thing]:
        return [Thing(ADDRESS, self.netns, (self.interface, self.name))]

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        if self.raw:
            return again(self.raw, index, DELADDR, ACK)
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
        return [*away, *(AddAddress(*end, one.text, one.raw, one.peer) for one in (there[place], *after))]

    def disruptive(self) -> bool:
        return True


def _oldest(addresses: Sequence[Address], added: Address) -> int:
    """Where the kernel puts a new IPv4 address (__inet_insert_ifa() in net/ipv4/devinet.c).

    A secondary one comes behind all others, a primary one behind the primary ones of its own scope or a narrower one.
    """
    behind = [
        place + 1
        for place, one in enumerate(addresses)
        if one.version == 4 and (added.secondary or (not one.secondary and added.scope <= one.scope))
    ]
    return max(behind, default=0)


def _newest(addresses: Sequence[Address], added: Address) -> int:
    """Where the kernel puts a new IPv6 address: before the others of its scope (ipv6_link_dev_addr() in addrconf.c)."""
    local = is_link_local(added.text)
    for place, one in enumerate(addresses):
        if one.version == 6 and (not local or is_link_local(one.text)):
            return place
    return len(addresses)


def written(address: str, peer: str) -> list[str]:
    """An address as a word or words of an ``ip`` command."""
    if not peer:
        return [address]
    value = InterfaceAddress.read(address)
    return [value.host, "peer", f"{peer}/{value.length}"]


def without(addresses: Sequence[Address], name: str, promotes: bool) -> tuple[Address, ...]:
    """The addresses that are left when the one of a name is deleted (__inet_del_ifa() in net/ipv4/devinet.c).

    ``promotes``: whether the interface promotes secondaries.
    """
    gone = next((one for one in addresses if one.name == name), None)
    rest = [one for one in addresses if one is not gone]
    if gone is None or gone.secondary or gone.version == 6:
        return tuple(rest)
    network = subnet(gone)
    secondaries = [one for one in rest if one.secondary and subnet(one) == network]
    if not promotes or not secondaries:
        return tuple(one for one in rest if one not in secondaries)
    rest.remove(secondaries[0])
    promoted = secondaries[0]._replace(secondary=False)
    place = _oldest(rest, promoted)
    return (*rest[:place], promoted, *rest[place:])


_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
#: Stand for an address in a message that is to be filled.
_HOSTS = {4: "94.237.94.5", 6: "5eed:6::5eed:7"}
#: linux/rtnetlink.h: the scopes RT_SCOPE_UNIVERSE, and RT_SCOPE_HOST, which ``ip`` gives to 127.0.0.0/8.
_GLOBAL, _HOST = 0, 254


def _message(codec: Codec, kind: int, flags: int, address: str, index: int) -> bytes:
    value = InterfaceAddress.read(address)
    scope = _scope(address) if kind == NEWADDR else _GLOBAL
    form = _form(codec, kind, flags, (value.version, value.length, scope))
    return form.fill(number(index), value.packed)


def _scope(address: str) -> int:
    """The scope that an address is given."""
    return _HOST if ":" not in address and is_loopback(address) else _GLOBAL


@lru_cache(maxsize=64)
def _form(codec: Codec, kind: int, flags: int, body: tuple[int, int, int]) -> Form:
    """A message about an address of an IP version, with a prefix length and a scope."""
    version, length, scope = body
    message = codec.ifaddrmsg()
    message["family"] = _FAMILIES[version]
    message["prefixlen"] = length
    message["scope"] = scope
    message["index"] = INDEX
    message["attrs"] = [("IFA_LOCAL", _HOSTS[version]), ("IFA_ADDRESS", _HOSTS[version])]
    mark = socket.inet_pton(_FAMILIES[version], _HOSTS[version])
    return Form(packed(message, kind, flags), number(INDEX), mark)

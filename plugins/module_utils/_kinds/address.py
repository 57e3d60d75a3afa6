# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of an interface, IPv4 and IPv6."""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import IPV6_MINIMUM, demand, joined
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Address,
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

#: Addresses that the kernel itself gives to ``lo`` when it is set up.
LOOPBACK = ("127.0.0.1/8", "::1/128")


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
        scope.inside(self.netns)
        if self.exclusive or not self.present:
            scope.settings.add(Endpoint(self.netns, self.interface))

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        if not self.present and state.interface(*end) is None:
            return
        found = demand(state, self.path, end)
        wanted = [Address(text) for text in self.addresses if self.present and found.address(text) is None]
        unwanted = self._unwanted(state, found, wanted)
        kept = [one for one in found.addresses if one not in unwanted]
        self._possible(wanted, kept, found)
        # A deleted IPv4 primary takes its subnet's secondaries along: what would be lost so is added afterwards. So is
        # an IPv6 address that is there with another prefix length, for the kernel has it only once.
        for one in wanted:
            if not endangered(one.text, unwanted, found):
                yield AddAddress(*end, one.text)
        if not unwanted:
            return
        # The last first, so that what would put them back finds none behind them.
        oldest_first = [one for one in unwanted if one.version == 4]
        for one in [*reversed(oldest_first), *(one for one in unwanted if one.version == 6)]:
            if _now(state, end, one.text):
                yield DeleteAddress(*end, one.text, one.raw, one.peer)
        for one in [*kept, *wanted]:
            if not _now(state, end, one.text):
                yield AddAddress(*end, one.text, one.raw, one.peer)

    def _unwanted(self, state: State, found: Interface, wanted: Sequence[Address]) -> list[Address]:
        if not self.present:
            return [one for one in found.addresses if one.text in self.addresses]
        if self.exclusive:
            return [one for one in found.addresses if one.text not in self.addresses and not given(found, one.text)]
        record = state.records.get(self.record) if self.purge or wanted else None
        if record is None:
            return []
        return [
            one
            for one in found.addresses
            if one.text not in self.addresses
            and (self.purge or any(same(one, another) for another in wanted))
            and record.owns(state, ("address", self.netns or "", self.interface, one.text))
        ]

    def _possible(self, wanted: Sequence[Address], kept: Sequence[Address], found: Interface) -> None:
        for number, one in enumerate(wanted):
            if one.version == 4:
                continue
            if found.mtu is not None and found.mtu < IPV6_MINIMUM:
                raise Impossible(
                    joined(self.path, "addresses"),
                    f"{one.text} cannot be added to {self.interface} in {describe(self.netns)}, whose MTU is "
                    f"{found.mtu}: IPv6 needs {IPV6_MINIMUM} or more; raise the MTU, or leave the address out",
                )
            there = next((another for another in (*kept, *wanted[:number]) if same(one, another)), None)
            if there is not None:
                where = f"{self.interface} in {describe(self.netns)}"
                has = "is to have" if there in wanted else "has"
                raise Impossible(
                    joined(self.path, "addresses"),
                    f"{one.text} cannot be added to {where}, which {has} {there.text} already: the kernel takes an "
                    "IPv6 address with one prefix length only; remove one of the two",
                )

    def view(self, state: State) -> dict[str, Any]:
        found = state.interface(self.netns, self.interface)
        if found is None:
            return {}
        shown = [one.text for one in found.addresses if one.text in self.addresses or not given(found, one.text)]
        return of_interface(self.netns, self.interface, {"addresses": sorted(shown, key=order)})

    def places(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


def same(one: Address, other: Address) -> bool:
    """Whether the kernel has only one of these two on an interface, because they differ in the prefix length alone."""
    return one.version == 6 and one.text.partition("/")[0] == other.text.partition("/")[0]


@lru_cache(maxsize=4096)
def subnet(address: Address) -> Any:
    """The network that an IPv4 address is in, to the kernel: that of its peer, where it has one."""
    if not address.peer:
        return ipaddress.ip_interface(address.text).network
    return ipaddress.ip_interface(f"{address.peer}/{address.text.partition('/')[2]}").network


def given(interface: Interface, text: str) -> bool:
    """Whether the kernel, not a person, gives such an address to the interface."""
    return (interface.name == "lo" and text in LOOPBACK) or link_local(text)


def link_local(text: str) -> bool:
    """Whether it is an IPv6 address of the kind that the kernel gives, fe80::/10; 169.254/16 is given by people."""
    return text[:3].lower() in ("fe8", "fe9", "fea", "feb")


def listed(interface: Optional[Interface]) -> list[str]:
    """The addresses of an interface in order, without the link-local ones; none of an interface that is not there."""
    found = () if interface is None else interface.addresses
    return sorted((one.text for one in found if not link_local(one.text)), key=order)


def order(text: str) -> tuple[int, int, int]:
    """The order in which addresses are listed: IPv4 first, then by number."""
    interface = ipaddress.ip_interface(text)
    return interface.version, int(interface.ip), interface.network.prefixlen


def endangered(text: str, unwanted: Sequence[Address], interface: Interface) -> bool:
    """Whether deleting the unwanted addresses would take this one along, were it there."""
    if not unwanted:
        return False
    if ":" in text:
        return any(same(Address(text), one) for one in unwanted)
    network = ipaddress.ip_interface(text).network
    return not interface.promotes and any(
        not one.secondary and one.version == 4 and subnet(one) == network for one in unwanted
    )


def _now(state: State, end: Endpoint, text: str) -> bool:
    found = state.interface(*end)
    return found is not None and found.address(text) is not None


@value
class AddAddress(Step):
    """Add an address to an interface; ``raw`` is the kernel's report of one that is put back as it was."""

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""
    peer: str = ""

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "add", *written(self.address, self.peer), "dev", self.interface)

    def makes(self) -> Sequence[Thing]:
        return [] if self.raw else [("address", self.netns or "", self.interface, self.address)]

    def achieved(self, error: int) -> bool:
        # The kernel itself puts some back, such as a link-local one, when the interface is up again.
        return bool(self.raw) and error == errno.EEXIST

    def effect(self, state: State) -> None:
        found = state.interface(self.netns, self.interface)
        if found is None or found.address(self.address) is not None:
            return
        added = Address(self.address, False, self.raw, self.peer)
        if found.addresses and added.version == 4:
            network = subnet(added)
            secondary = any(one.version == 4 and subnet(one) == network for one in found.addresses)
            added = added._replace(secondary=secondary)
        place = len(found.addresses) if added.version == 4 else _newest(found.addresses, added)
        addresses = (*found.addresses[:place], added, *found.addresses[place:])
        state.put(self.netns, found._replace(addresses=addresses))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteAddress(self.netns, self.interface, self.address, self.raw, self.peer)]


@value
class DeleteAddress(Step):
    """Delete an address from an interface; ``raw`` is the kernel's report of it."""

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""
    peer: str = ""

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "delete", *written(self.address, self.peer), "dev", self.interface)

    def removes(self) -> Sequence[Thing]:
        return [("address", self.netns or "", self.interface, self.address)]

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.EADDRNOTAVAIL)

    def effect(self, state: State) -> None:
        found = state.interface(self.netns, self.interface)
        if found is not None:
            state.put(self.netns, found._replace(addresses=without(found, self.address)))

    def undo(self, before: State) -> Iterable[Step]:
        found = before.interface(self.netns, self.interface)
        if found is None or found.address(self.address) is None:
            return []
        # Order makes the primary of a subnet, and the address that is sent from: what comes after it is taken away and
        # follows it back. Of IPv6 addresses neither depends on it.
        place = [one.text for one in found.addresses].index(self.address)
        left = {one.text for one in without(found, self.address)}
        after = [one for one in found.addresses[place + 1 :] if one.version == found.addresses[place].version == 4]
        again: list[Step] = [
            DeleteAddress(self.netns, self.interface, one.text, one.raw, one.peer)
            for one in reversed(after)
            if one.text in left
        ]
        back = [found.addresses[place], *after]
        return [*again, *(AddAddress(self.netns, self.interface, one.text, one.raw, one.peer) for one in back)]

    def disruptive(self) -> bool:
        return True


def _newest(addresses: Sequence[Address], added: Address) -> int:
    """Where the kernel puts a new IPv6 address: before the others of its scope (ipv6_link_dev_addr() in addrconf.c)."""
    local = link_local(added.text)
    for place, one in enumerate(addresses):
        if one.version == 6 and (not local or link_local(one.text)):
            return place
    return len(addresses)


def written(address: str, peer: str) -> list[str]:
    """An address as a word or words of an ``ip`` command."""
    host, slash, length = address.partition("/")
    return [host, "peer", f"{peer}{slash}{length}"] if peer else [address]


def without(interface: Interface, text: str) -> tuple[Address, ...]:
    """The addresses that are left when one is deleted (__inet_del_ifa() in net/ipv4/devinet.c)."""
    gone = interface.address(text)
    rest = [one for one in interface.addresses if one is not gone]
    if gone is None or gone.secondary or gone.version == 6:
        return tuple(rest)
    network = subnet(gone)
    secondaries = [one for one in rest if one.secondary and subnet(one) == network]
    if not interface.promotes:
        return tuple(one for one in rest if one not in secondaries)
    return tuple(one._replace(secondary=False) if secondaries and one is secondaries[0] else one for one in rest)

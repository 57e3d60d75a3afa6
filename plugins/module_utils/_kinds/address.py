# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of an interface, IPv4 and IPv6."""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import demand
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
    ip,
    of_interface,
)

#: Addresses that the kernel itself gives to ``lo`` when it is set up.
LOOPBACK = ("127.0.0.1/8", "::1/128")


@dataclass(frozen=True)
class Addresses(Declared):
    """An interface has these addresses, or does not have them.

    ``exclusive``: it has no others, but for those that the kernel itself gives: link-local ones, and loopback's own.
    """

    path: str
    netns: Netns
    interface: str
    addresses: tuple[str, ...]
    present: bool = True
    exclusive: bool = False

    def scope(self, scope: Scope) -> None:
        scope.inside(self.netns)
        if self.exclusive or not self.present:
            scope.settings.add(Endpoint(self.netns, self.interface))

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        if not self.present and state.interface(*end) is None:
            return
        found = demand(state, self.path, end)
        unwanted = self._unwanted(found)
        kept = [one for one in found.addresses if one not in unwanted]
        wanted = [Address(text) for text in self.addresses if self.present and found.address(text) is None]
        # A deleted IPv4 primary takes its subnet's secondaries along: what would be lost so is added afterwards.
        for one in wanted:
            if not endangered(one.text, unwanted, found):
                yield AddAddress(*end, one.text)
        for one in sorted(unwanted, key=lambda one: not one.secondary):
            if _now(state, end, one.text):
                yield DeleteAddress(*end, one.text)
        for one in [*kept, *wanted]:
            if not _now(state, end, one.text):
                yield AddAddress(*end, one.text, one.raw)

    def _unwanted(self, found: Interface) -> list[Address]:
        if not self.present:
            return [one for one in found.addresses if one.text in self.addresses]
        if not self.exclusive:
            return []
        return [one for one in found.addresses if one.text not in self.addresses and not given(found, one.text)]

    def view(self, state: State) -> dict[str, Any]:
        found = state.interface(self.netns, self.interface)
        if found is None:
            return {}
        shown = [
            one.text
            for one in found.addresses
            if one.text in self.addresses or (self.exclusive and not given(found, one.text))
        ]
        return of_interface(self.netns, self.interface, {"addresses": sorted(shown, key=order)})

    def places(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


def given(interface: Interface, text: str) -> bool:
    """Whether the kernel, not a person, gives such an address to the interface."""
    return (interface.name == "lo" and text in LOOPBACK) or ipaddress.ip_interface(text).ip.is_link_local


def listed(interface: Optional[Interface]) -> list[str]:
    """The addresses of an interface in order, without the link-local ones; none of an interface that is not there."""
    found = () if interface is None else interface.addresses
    return sorted((one.text for one in found if not ipaddress.ip_interface(one.text).ip.is_link_local), key=order)


def order(text: str) -> tuple[int, int, int]:
    """The order in which addresses are listed: IPv4 first, then by number."""
    interface = ipaddress.ip_interface(text)
    return interface.version, int(interface.ip), interface.network.prefixlen


def endangered(text: str, unwanted: Iterable[Address], interface: Interface) -> bool:
    """Whether deleting the unwanted addresses would take this one along, were it there."""
    if interface.promotes or ":" in text:
        return False
    network = ipaddress.ip_interface(text).network
    return any(
        not one.secondary and one.version == 4 and ipaddress.ip_interface(one.text).network == network
        for one in unwanted
    )


def _now(state: State, end: Endpoint, text: str) -> bool:
    found = state.interface(*end)
    return found is not None and found.address(text) is not None


@dataclass(frozen=True)
class AddAddress(Step):
    """Add an address to an interface; ``raw`` is the kernel's report of one that is put back as it was."""

    netns: Netns
    interface: str
    address: str
    raw: bytes = b""

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "add", self.address, "dev", self.interface)

    def makes(self) -> Sequence[Thing]:
        return [("address", self.netns or "", self.interface, self.address)]

    def effect(self, state: State) -> None:
        found = state.interface(self.netns, self.interface)
        if found is None or found.address(self.address) is not None:
            return
        secondary = False
        if found.addresses and ":" not in self.address:
            network = ipaddress.ip_interface(self.address).network
            secondary = any(
                one.version == 4 and ipaddress.ip_interface(one.text).network == network for one in found.addresses
            )
        added = Address(self.address, secondary, self.raw)
        state.put(self.netns, found._replace(addresses=(*found.addresses, added)))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteAddress(self.netns, self.interface, self.address)]


@dataclass(frozen=True)
class DeleteAddress(Step):
    """Delete an address from an interface."""

    netns: Netns
    interface: str
    address: str

    def words(self) -> Sequence[str]:
        return ip(self.netns, "address", "delete", self.address, "dev", self.interface)

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
        # Order makes the primary: what comes after it in the subnet is taken away and follows it back.
        place = [one.text for one in found.addresses].index(self.address)
        network = ipaddress.ip_interface(self.address).network
        left = {one.text for one in without(found, self.address)}
        after = [one for one in found.addresses[place + 1 :] if ipaddress.ip_interface(one.text).network == network]
        again: list[Step] = [
            DeleteAddress(self.netns, self.interface, one.text) for one in reversed(after) if one.text in left
        ]
        back = [found.addresses[place], *after]
        return [*again, *(AddAddress(self.netns, self.interface, one.text, one.raw) for one in back)]

    def disruptive(self) -> bool:
        return True


def without(interface: Interface, text: str) -> tuple[Address, ...]:
    """The addresses that are left when one is deleted (__inet_del_ifa() in net/ipv4/devinet.c)."""
    gone = interface.address(text)
    rest = [one for one in interface.addresses if one is not gone]
    if gone is None or gone.secondary or gone.version == 6:
        return tuple(rest)
    network = ipaddress.ip_interface(text).network
    subnet = [one for one in rest if one.secondary and ipaddress.ip_interface(one.text).network == network]
    if not interface.promotes:
        return tuple(one for one in rest if one not in subnet)
    return tuple(one._replace(secondary=False) if subnet and one is subnet[0] else one for one in rest)

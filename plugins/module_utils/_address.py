# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An address of an interface as a value: what it is to the kernel, which others it cannot be beside, and their order.

Pure. Private. What is set of one beside itself is in ``_address_details.py``, which few tasks need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    Prefix,
    address_bytes,
    is_link_local,
    is_loopback,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import Details

#: Addresses that the kernel itself gives to ``lo`` when it is set up.
LOOPBACK = ("127.0.0.1/8", "::1/128")
#: Where the scope stands in a report: behind struct nlmsghdr, family, prefixlen and flags.
_SCOPE = 19
#: linux/rtnetlink.h: the scopes RT_SCOPE_UNIVERSE, and RT_SCOPE_HOST, which ``ip`` gives to 127.0.0.0/8.
GLOBAL, HOST = 0, 254


class Address(NamedTuple):
    """An address of an interface.

    ``text`` is canonical, with the prefix length: ``10.0.0.1/24``, ``fd00::1/64``. ``secondary`` is the kernel's flag
    of the same name: this IPv4 address goes when its subnet's primary goes, unless the interface promotes secondaries.
    ``raw`` is the kernel's own report of it, by which it can be put back exactly as it was. ``peer`` is the address at
    the other end, where the kernel has one (``ip address add ADDRESS peer PEER``). ``expires``: it has a lifetime.
    ``duplicate``: somebody else has it, as duplicate address detection found. ``advertised``: a router gave it.
    ``details`` are what a step sets of it beside itself, where that is not what is usual; else the report tells.
    """

    text: str
    secondary: bool = False
    raw: bytes = b""
    peer: str = ""
    expires: bool = False
    duplicate: bool = False
    advertised: bool = False
    details: Optional[Details] = None

    @property
    def name(self) -> str:
        """What tells it from the others of its interface: as ``ip`` writes it, with the peer where it has one."""
        return named(self.text, self.peer) if self.peer else self.text

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.text else 4

    @property
    def scope(self) -> int:
        """Its scope (linux/rtnetlink.h: RT_SCOPE_…)."""
        if self.details is not None:
            return self.details.scope
        return self.raw[_SCOPE] if self.raw else usual_scope(self.text)

    @property
    def value(self) -> InterfaceAddress:
        """The address itself."""
        return InterfaceAddress.read(self.text)


def of_name(name: str) -> Address:
    """Return the address of a name."""
    if " " not in name:
        return Address(name)
    host, _word, far = name.partition(" peer ")
    peer, _slash, length = far.partition("/")
    return Address(f"{host}/{length}", peer=peer)


def named(text: str, peer: str) -> str:
    """Return the name of an address."""
    return " ".join(written(text, peer))


def written(address: str, peer: str) -> list[str]:
    """Return an address as a word or words of an ``ip`` command."""
    if not peer:
        return [address]
    value = InterfaceAddress.read(address)
    return [value.host, "peer", f"{peer}/{value.length}"]


def usual_scope(address: str) -> int:
    """Return the scope that an address is given of which none is written (default_scope() in ip's ipaddress.c)."""
    return HOST if ":" not in address and is_loopback(address) else GLOBAL


def same(one: Address, other: Address) -> bool:
    """Tell whether an interface can have only one of these two.

    The kernel has an IPv6 address once, whatever the prefix length and the peer (ipv6_add_addr() in
    net/ipv6/addrconf.c), and an IPv4 address once for a prefix length and the network that its peer is in
    (__inet_insert_ifa() in net/ipv4/devinet.c).
    """
    if one.version == 6:
        return other.version == 6 and one.value.packed == other.value.packed
    return one.text == other.text and subnet(one) == subnet(other)


def subnet(address: Address) -> Prefix:
    """Return the network that an IPv4 address is in, to the kernel: that of its peer, where it has one."""
    if not address.peer:
        return address.value.network
    return InterfaceAddress.of(address_bytes(address.peer), address.value.length).network


def given_by_kernel(interface: str, text: str) -> bool:
    """Tell whether the kernel, not a person, gives such an address to the interface."""
    return (interface == "lo" and text in LOOPBACK) or is_link_local(text)


def order(address: Address) -> tuple[int, bytes, int, str]:
    """Return the order in which addresses are listed: IPv4 first, then by number."""
    value = address.value
    return value.version, value.packed, value.length, address.peer


def endangered(wanted: Address, unwanted: Sequence[Address], promotes: bool) -> bool:
    """Tell whether this one can be there only when the unwanted addresses have gone, or would go with them.

    ``promotes``: whether the interface promotes secondaries.
    """
    if any(same(wanted, one) for one in unwanted):
        return True
    if not unwanted or wanted.version == 6 or promotes:
        return False
    network = subnet(wanted)
    return any(not one.secondary and one.version == 4 and subnet(one) == network for one in unwanted)


def followers(primaries: Sequence[Address], there: Iterable[Address]) -> list[Address]:
    """Return the secondary addresses of the subnets of some primary ones."""
    networks = {subnet(one) for one in primaries if one.version == 4 and not one.secondary}
    return [one for one in there if one.secondary and subnet(one) in networks] if networks else []


def oldest(addresses: Sequence[Address], added: Address) -> int:
    """Return where the kernel puts a new IPv4 address (__inet_insert_ifa() in net/ipv4/devinet.c).

    A secondary one comes behind all others, a primary one behind the primary ones of its own scope or a narrower one.
    """
    behind = [
        place + 1
        for place, one in enumerate(addresses)
        if one.version == 4 and (added.secondary or (not one.secondary and added.scope <= one.scope))
    ]
    return max(behind, default=0)


def newest(addresses: Sequence[Address], added: Address) -> int:
    """Return where the kernel puts a new IPv6 address: before the others of its scope (ipv6_link_dev_addr() in
    addrconf.c).
    """
    local = is_link_local(added.text)
    for place, one in enumerate(addresses):
        if one.version == 6 and (not local or is_link_local(one.text)):
            return place
    return len(addresses)


def without(addresses: Sequence[Address], name: str, promotes: bool) -> tuple[Address, ...]:
    """Return the addresses that are left when the one of a name is deleted (__inet_del_ifa() in net/ipv4/devinet.c).

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
    place = oldest(rest, promoted)
    return (*rest[:place], promoted, *rest[place:])

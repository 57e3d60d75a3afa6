# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""MACs, addresses and prefixes as values: taken apart once, where a user wrote them or the kernel told them.

Pure. Private. Each holds the bytes that the kernel takes, so that two are equal when they are the same to it. ``text``
is the canonical form, in which the kernel's own are read. (``ipaddress`` of the standard library does more, in three
times the time, and takes some milliseconds to import.)
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import Any, NamedTuple


class Mac(NamedTuple):
    """A MAC address."""

    packed: bytes

    @property
    def text(self) -> str:
        """In lower case, with colons: ``02:00:00:00:00:01``."""
        return self.packed.hex(":")


class Prefix(NamedTuple):
    """A network: its address, in which all bits of hosts are 0, and the length of the prefix."""

    packed: bytes
    length: int

    @property
    def text(self) -> str:
        """As in ``10.0.0.0/24``, ``fd00::/64``."""
        return f"{canonical(self.packed)}/{self.length}"

    @classmethod
    def around(cls, address: bytes, length: int) -> Prefix:
        """Make the network that an address, packed, is in."""
        return cls(_network(address, length), length)

    def has(self, address: bytes) -> bool:
        """Tell whether an address, packed, is in this network."""
        return len(address) == len(self.packed) and _network(address, self.length) == self.packed


#: The IPv6 addresses that the kernel gives to interfaces by itself (RFC 4291); IPv4's 169.254/16 is given by people.
LINK_LOCAL = Prefix(b"\xfe\x80" + bytes(14), 10)
#: What each namespace has for itself.
LOOPBACK = (Prefix(b"\x7f\0\0\0", 8), Prefix(bytes(15) + b"\x01", 128))


class InterfaceAddress(NamedTuple):
    """An address of an interface, IPv4 or IPv6, with the length of the prefix; :meth:`of` makes one.

    ``text`` is as in ``10.0.0.1/24``, ``fd00::1/64``. It is kept, for each address is told some times.
    """

    packed: bytes
    length: int
    text: str

    @classmethod
    def of(cls, packed: bytes, length: int) -> InterfaceAddress:
        """Make one of an address as the kernel takes it, and the length of the prefix."""
        return cls(packed, length, f"{canonical(packed)}/{length}")

    @staticmethod
    @lru_cache(maxsize=4096)
    def read(text: str) -> InterfaceAddress:
        """Make one of its text, as the kernel's own are read."""
        return InterfaceAddress.of(address_bytes(text), int(text.partition("/")[2]))

    @property
    def version(self) -> int:
        """4 or 6."""
        return 4 if len(self.packed) == 4 else 6

    @property
    def name(self) -> str:
        """What tells it from the others of its interface."""
        return self.text

    @property
    def host(self) -> str:
        """The address alone, as in ``10.0.0.1``."""
        return self.text[: self.text.index("/")]

    @property
    def network(self) -> Prefix:
        """The network that it is in."""
        return Prefix(_network(self.packed, self.length), self.length)

    @property
    def is_link_local(self) -> bool:
        """Whether it is an IPv6 address that means something on its link alone."""
        return LINK_LOCAL.has(self.packed)


class DetailedAddress(NamedTuple):
    """An address of an interface that was written with more than itself, at a path.

    ``peer`` is the address at the other end, empty without one. ``details`` are fields of ``Details``
    (``_wire/addresses.py``) with the values that were written.
    """

    address: InterfaceAddress
    path: str
    peer: str = ""
    details: tuple[tuple[str, Any], ...] = ()

    @property
    def text(self) -> str:
        """The address with its prefix length."""
        return self.address.text

    @property
    def host(self) -> str:
        """The address alone."""
        return self.address.host

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.address.version

    @property
    def is_link_local(self) -> bool:
        """Whether it is an IPv6 address that means something on its link alone."""
        return self.address.is_link_local

    @property
    def name(self) -> str:
        """What tells it from the others of its interface: as ``ip`` writes it, with the peer where it has one."""
        return f"{self.host} peer {self.peer}/{self.address.length}" if self.peer else self.text


def address_bytes(text: str) -> bytes:
    """Make an address as the kernel takes it of a text, in which a prefix length or a zone may follow.

    Raises: OSError, when it is none.
    """
    host = text.partition("/")[0].partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)


def is_multicast(address: bytes) -> bool:
    """Tell whether an address, packed, is that of a group (RFC 1112, 4291)."""
    return address[0] == 0xFF if len(address) == 16 else address[0] >> 4 == 0xE


def is_link_local(text: str) -> bool:
    """Tell whether it is an IPv6 address that means something on its link alone; a prefix length or a zone may
    follow.
    """
    return ":" in text and LINK_LOCAL.has(address_bytes(text))


def is_loopback(text: str) -> bool:
    """Tell whether it is an address that each namespace has for itself; a prefix length may follow."""
    address = address_bytes(text)
    return any(prefix.has(address) for prefix in LOOPBACK)


def version_of(text: str) -> int:
    """Return 4 or 6."""
    return 6 if ":" in text else 4


def is_nobodys(address: bytes) -> bool:
    """Tell whether an address, packed, can be no interface's own.

    It is unspecified, multicast, or the broadcast address of every network (RFC 919, 1112, 4291).
    """
    return is_multicast(address) or not any(address) or address == b"\xff\xff\xff\xff"


def canonical(packed: bytes) -> str:
    """Return an address, packed, in canonical form."""
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _network(packed: bytes, length: int) -> bytes:
    """Return an address with all bits after the prefix 0."""
    bits = 8 * len(packed) - length
    return (int.from_bytes(packed, "big") >> bits << bits).to_bytes(len(packed), "big")

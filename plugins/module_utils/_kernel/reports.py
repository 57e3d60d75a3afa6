# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's reports of links and addresses, taken apart.

Of some forty attributes of a link a handful matter here. Taken out one by one they cost a quarter of what pyroute2's
classes take for all of them, and a task that only reads need not import pyroute2 (docs/performance.md).
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import attributes

#: linux/if_link.h: ADDRESS, IFNAME, MTU, LINK, LINKINFO with its KIND, LINK_NETNSID.
_MAC, _IFNAME, _MTU, _LINK, _LINKINFO, _KIND, _LINK_NETNSID = 1, 3, 4, 5, 18, 1, 37
#: linux/if_addr.h: ADDRESS, LOCAL.
_ADDRESS, _LOCAL = 1, 2
#: linux/if.h
_IFF_LOOPBACK = 0x8
#: The bytes of what precedes the attributes: struct ifinfomsg and struct ifaddrmsg, behind the header.
_IFINFOMSG, _IFADDRMSG = struct.Struct("=BxHiII"), struct.Struct("=BBBBi")
_HEADER = 16
_NUMBER, _SIGNED = struct.Struct("=I"), struct.Struct("=i")
#: The address families that are read, as the numbers that the kernel has for them.
_FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})


class LinkReport(NamedTuple):
    """A link (RTM_NEWLINK).

    ``kind`` is the link kind, ``loopback``, or empty for a physical device. ``other`` is the index of its other end, or
    of what it is built upon; ``netns_id`` the id by which its namespace knows that one's, None for the same namespace.
    ``told`` are all its attributes, by their types.
    """

    name: str
    kind: str
    ifindex: int
    flags: int
    mac: Optional[str]
    mtu: Optional[int]
    other: Optional[int]
    netns_id: Optional[int]
    told: dict[int, bytes]


class AddressReport(NamedTuple):
    """An address (RTM_NEWADDR), as text with its prefix length; ``peer`` is the one at the other end, or empty."""

    ifindex: int
    version: int
    text: str
    peer: str
    flags: int
    scope: int
    told: dict[int, bytes]


def link(raw: bytes) -> LinkReport:
    """A link of a report."""
    _family, _type, index, flags, _change = _IFINFOMSG.unpack_from(raw, _HEADER)
    told = attributes(raw, _IFINFOMSG.size)
    mac, kind = told.get(_MAC), b""
    if _LINKINFO in told:
        kind = attributes(told[_LINKINFO], -_HEADER).get(_KIND, b"")
    return LinkReport(
        text(told[_IFNAME]),
        "loopback" if flags & _IFF_LOOPBACK else text(kind),
        index,
        flags,
        mac.hex(":") if mac else None,
        unsigned(told.get(_MTU)),
        unsigned(told.get(_LINK)),
        signed(told.get(_LINK_NETNSID)),
        told,
    )


def address(raw: bytes) -> Optional[AddressReport]:
    """An address of a report; None for one that is neither IPv4 nor IPv6."""
    family, length, flags, scope, index = _IFADDRMSG.unpack_from(raw, _HEADER)
    if family not in _FAMILIES:
        return None
    told = attributes(raw, _IFADDRMSG.size)
    far = told.get(_ADDRESS, b"")
    own = told.get(_LOCAL) or far
    if not own:
        return None
    peer = socket.inet_ntop(family, far) if far and far != own else ""
    version = 4 if family == socket.AF_INET else 6
    return AddressReport(index, version, f"{socket.inet_ntop(family, own)}/{length}", peer, flags, scope, told)


def unsigned(value: Optional[bytes]) -> Optional[int]:
    """A number of four bytes, or None where there is none."""
    return None if value is None else int(_NUMBER.unpack_from(value)[0])


def signed(value: Optional[bytes]) -> Optional[int]:
    """A number of four bytes that may be negative, or None where there is none."""
    return None if value is None else int(_SIGNED.unpack_from(value)[0])


def text(value: bytes) -> str:
    """A string; bytes that are not UTF-8 are written in hexadecimal, after a backslash and an x."""
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")

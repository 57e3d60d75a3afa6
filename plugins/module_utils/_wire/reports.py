# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's reports of links, addresses and routes, taken apart.

Of some forty attributes of a link a handful matter here. Taken out one by one they cost a fraction of what pyroute2's
classes take for all of them, and a task that only reads need not import pyroute2 (docs/performance.md).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attributes,
    each_attribute,
    signed,
    text,
    unsigned,
)

#: linux/if_link.h: ADDRESS, IFNAME, MTU, LINK, MASTER, IFALIAS, GROUP, LINK_NETNSID, PROP_LIST; LINKINFO with its KIND,
#: DATA, SLAVE_KIND and SLAVE_DATA.
_MAC, _IFNAME, _MTU, _LINK, _MASTER, _ALIAS = 1, 3, 4, 5, 10, 20
_GROUP, _LINK_NETNSID, _PROP_LIST = 27, 37, 52
_LINKINFO, _KIND, _DATA, _SLAVE_KIND, _SLAVE_DATA = 18, 1, 2, 4, 5
_OF_LINK = frozenset({_MAC, _IFNAME, _MTU, _LINK, _MASTER, _ALIAS, _LINKINFO, _GROUP, _LINK_NETNSID, _PROP_LIST})
_OF_INFO = frozenset({_KIND, _DATA, _SLAVE_KIND, _SLAVE_DATA})
#: linux/if_link.h: ALT_IFNAME, the attributes of PROP_LIST.
_ALT_IFNAME = 53
#: linux/if_addr.h: ADDRESS, LOCAL, FLAGS, PROTO (since Linux 5.18).
_ADDRESS, _LOCAL, _FLAGS, _PROTO = 1, 2, 8, 11
_OF_ADDRESS = frozenset({_ADDRESS, _LOCAL, _FLAGS, _PROTO})
#: linux/if.h
_IFF_LOOPBACK = 0x8
#: The bytes of what precedes the attributes: struct ifinfomsg, ifaddrmsg and rtmsg, behind the header.
_IFINFOMSG, _IFADDRMSG, _RTMSG = struct.Struct("=BxHiII"), struct.Struct("=BBBBi"), struct.Struct("=BBBBBBBBI")
_HEADER = 16
#: linux/rtnetlink.h: DST, SRC, OIF, GATEWAY, PRIORITY, PREFSRC, METRICS with MTU; MULTIPATH, TABLE, VIA, NH_ID; struct
#: rtnexthop.
_DST, _SRC, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _METRIC_MTU = 1, 2, 4, 5, 6, 7, 8, 2
_MULTIPATH, _TABLE, _VIA, _NH_ID = 9, 15, 18, 30
_NEXT_HOP = struct.Struct("=HBBi")
#: The versions of IP, by the numbers that the kernel has for their address families.
_VERSIONS = {int(socket.AF_INET): 4, int(socket.AF_INET6): 6}


class LinkReport(NamedTuple):
    """A link (RTM_NEWLINK).

    ``kind`` is the link kind, ``loopback``, or empty for a physical device. ``other`` is the index of its other end, or
    of what it is built upon; ``netns_id`` the id by which its namespace knows that one's, None for the same namespace.
    ``master`` is the index of the bridge or the like that it is in; ``altnames`` are its alternative names,
    ``group`` is the group of interfaces that it is in. ``data`` are the attributes that are of its kind alone, and
    ``port`` those that it has as a port of its master, whose kind ``port_of`` is.
    """

    name: str
    kind: str
    ifindex: int
    flags: int
    mac: Optional[str]
    mtu: Optional[int]
    other: Optional[int]
    netns_id: Optional[int]
    master: Optional[int]
    altnames: tuple[str, ...]
    group: int
    alias: str = ""
    data: bytes = b""
    port_of: str = ""
    port: bytes = b""


class AddressReport(NamedTuple):
    """An address (RTM_NEWADDR), as text with its prefix length; ``peer`` is the one at the other end, or empty.

    ``protocol`` is who gave it, 0 where the kernel does not tell.
    """

    ifindex: int
    version: int
    text: str
    peer: str
    flags: int
    scope: int
    protocol: int = 0


class Hop(NamedTuple):
    """A next hop of a route; ``flags`` are its own (RTNH_F_…)."""

    gateway: Optional[str]
    ifindex: Optional[int]
    weight: int = 1
    flags: int = 0


class RouteReport(NamedTuple):
    """A route (RTM_NEWROUTE).

    ``destination`` is ``default`` or has its prefix length, as has ``origin``, the source prefix that it is for;
    ``source`` is the address that it prefers to send from, and ``object_id`` its nexthop object.
    """

    version: int
    destination: str
    kind: int
    table: int
    protocol: int
    scope: int
    flags: int
    source: Optional[str]
    metric: Optional[int]
    hops: tuple[Hop, ...]
    origin: Optional[str]
    tos: int
    object_id: Optional[int]
    mtu: Optional[int]


def link(raw: bytes) -> LinkReport:
    """Return a link of a report."""
    _family, _type, index, flags, _change = _IFINFOMSG.unpack_from(raw, _HEADER)
    fields = attributes(raw, _IFINFOMSG.size, _OF_LINK)
    mac = fields.get(_MAC)
    info = attributes(fields[_LINKINFO], -_HEADER, _OF_INFO) if _LINKINFO in fields else {}
    return LinkReport(
        text(fields[_IFNAME]),
        "loopback" if flags & _IFF_LOOPBACK else text(info.get(_KIND, b"")),
        index,
        flags,
        mac.hex(":") if mac else None,
        unsigned(fields.get(_MTU)),
        unsigned(fields.get(_LINK)),
        signed(fields.get(_LINK_NETNSID)),
        unsigned(fields.get(_MASTER)),
        _altnames(fields[_PROP_LIST]) if _PROP_LIST in fields else (),
        unsigned(fields.get(_GROUP)) or 0,
        text(fields[_ALIAS]) if _ALIAS in fields else "",
        info.get(_DATA, b""),
        text(info[_SLAVE_KIND]) if _SLAVE_KIND in info else "",
        info.get(_SLAVE_DATA, b""),
    )


def _altnames(listed: bytes) -> tuple[str, ...]:
    return tuple(text(value) for kind, value in each_attribute(listed, -_HEADER) if kind == _ALT_IFNAME)


def address(raw: bytes) -> Optional[AddressReport]:
    """Return an address of a report; None for one that is neither IPv4 nor IPv6."""
    family, length, flags, scope, index = _IFADDRMSG.unpack_from(raw, _HEADER)
    if family not in _VERSIONS:
        return None
    fields = attributes(raw, _IFADDRMSG.size, _OF_ADDRESS)
    far = fields.get(_ADDRESS, b"")
    own = fields.get(_LOCAL) or far
    if not own:
        return None
    peer = socket.inet_ntop(family, far) if far and far != own else ""
    if _FLAGS in fields:
        flags = unsigned(fields[_FLAGS]) or 0
    protocol = fields[_PROTO][0] if _PROTO in fields else 0
    written = f"{socket.inet_ntop(family, own)}/{length}"
    return AddressReport(index, _VERSIONS[family], written, peer, flags, scope, protocol)


def route(raw: bytes) -> Optional[RouteReport]:
    """Return a route of a report; None for one that is neither of IPv4 nor of IPv6."""
    family, length, from_length, tos, table, protocol, scope, kind, flags = _RTMSG.unpack_from(raw, _HEADER)
    if family not in _VERSIONS:
        return None
    fields = attributes(raw, _RTMSG.size)
    return RouteReport(
        _VERSIONS[family],
        f"{socket.inet_ntop(family, fields[_DST])}/{length}" if length and _DST in fields else "default",
        kind,
        unsigned(fields.get(_TABLE)) or table,
        protocol,
        scope,
        flags,
        socket.inet_ntop(family, fields[_PREFSRC]) if _PREFSRC in fields else None,
        unsigned(fields.get(_PRIORITY)),
        tuple(_hops(family, fields[_MULTIPATH]))
        if _MULTIPATH in fields
        else (Hop(_gateway(family, fields), unsigned(fields.get(_OIF)), 1, flags),),
        f"{socket.inet_ntop(family, fields[_SRC])}/{from_length}" if _SRC in fields else None,
        tos,
        unsigned(fields.get(_NH_ID)),
        unsigned(attributes(fields[_METRICS], -_HEADER).get(_METRIC_MTU)) if _METRICS in fields else None,
    )


def _hops(family: int, several: bytes) -> Iterator[Hop]:
    offset = 0
    while offset + _NEXT_HOP.size <= len(several):
        length, flags, weight, index = _NEXT_HOP.unpack_from(several, offset)
        if length < _NEXT_HOP.size:
            break
        own = attributes(several[offset : offset + length], _NEXT_HOP.size - _HEADER)
        yield Hop(_gateway(family, own), index, weight + 1, flags)
        offset += (length + 3) & ~3


def _gateway(family: int, fields: dict[int, bytes]) -> Optional[str]:
    via = fields.get(_VIA)
    if _GATEWAY in fields:
        return socket.inet_ntop(family, fields[_GATEWAY])
    if via is not None and len(via) in (6, 18):
        # struct rtvia: a gateway of another family.
        return socket.inet_ntop(struct.unpack_from("=H", via)[0], via[2:])
    return None

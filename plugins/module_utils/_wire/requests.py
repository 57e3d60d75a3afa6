# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests over the routing socket that are encoded by hand: dumps, questions, and what sets one thing of a link."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    number,
    octets,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import ACK, CREATE, DUMP, EXCL, REQUEST

_NEWLINK, _GETLINK, _SETLINK, _GETADDR, _GETROUTE, GETNEIGH, _GETNSID = 16, 18, 19, 22, 26, 30, 90
#: linux/netlink.h: struct nlmsghdr.
_HEADER = struct.Struct("=IHHII")
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
#: linux/if_link.h: LINKINFO with KIND, DATA, SLAVE_KIND and SLAVE_DATA; NET_NS_FD.
_LINKINFO, _KIND, _DATA, _SLAVE_KIND, _SLAVE_DATA, _NET_NS_FD = 18, 1, 2, 4, 5, 28
#: linux/if_link.h: IFNAME, EXT_MASK, TARGET_NETNSID. linux/net_namespace.h: NETNSA_NSID, NETNSA_FD.
_IFNAME, _EXT_MASK, _TARGET_NETNSID, _NETNSA_NSID, _NETNSA_FD = 3, 29, 46, 1, 3
#: linux/socket.h: AF_INET, AF_INET6. linux/rtnetlink.h: RTM_F_FIB_MATCH, and DST of a route.
_AF_INET, _AF_INET6, _FIB_MATCH, _DST = 2, 10, 0x2000, 1


def links() -> bytes:
    """Return the request for a dump of all links."""
    return dump(_GETLINK, _link_body(0) + _WITHOUT_STATISTICS)


def link(name: str) -> bytes:
    """Return the request for one link, by its name."""
    return _request(_GETLINK, 0, _link_body(0) + attribute(_IFNAME, octets(name) + b"\0") + _WITHOUT_STATISTICS)


def link_elsewhere(index: int, netns_id: int) -> bytes:
    """Return the request for one link, by its index, of the namespace that the socket's own knows by that id."""
    target = attribute(_TARGET_NETNSID, struct.pack("=i", netns_id))
    return _request(_GETLINK, 0, _link_body(index) + target + _WITHOUT_STATISTICS)


def addresses() -> bytes:
    """Return the request for a dump of all addresses, IPv4 and IPv6 (struct ifaddrmsg, all zero)."""
    return dump(_GETADDR, bytes(8))


def routes(family: int = 0) -> bytes:
    """Return the request for a dump of all routes of an address family, 0 for all (struct rtmsg)."""
    return dump(_GETROUTE, struct.pack("=B11x", family))


def route_to(destination: bytes) -> bytes:
    """Return the request for the route that packets to an address, packed, take: the route as a whole, with all its
    next hops (linux/rtnetlink.h: RTM_F_FIB_MATCH).
    """
    family = _AF_INET if len(destination) == 4 else _AF_INET6
    body = struct.pack("=8BI", family, 8 * len(destination), 0, 0, 0, 0, 0, 0, _FIB_MATCH)
    return _request(_GETROUTE, 0, body + attribute(_DST, destination))


def nsid(descriptor: int) -> bytes:
    """Return the request for the id by which the socket's namespace knows the one of the descriptor (struct
    rtgenmsg).
    """
    return _request(_GETNSID, 0, bytes(4) + attribute(_NETNSA_FD, number(descriptor)))


def nsid_of(answer: bytes) -> Optional[int]:
    """Return the id in the answer; negative, or None, where there is none."""
    fields = attributes(answer, 4).get(_NETNSA_NSID)
    return None if fields is None else int(struct.unpack_from("=i", fields)[0])


def dump(kind: int, body: bytes) -> bytes:
    """Return the request for a dump of another kind, by its body as it is."""
    return _request(kind, DUMP, body)


def change(kind: int, flags: int, body: bytes) -> bytes:
    """Return a request that changes something, by its body as it is."""
    return _request(kind, ACK | flags, body)


def setting(index: int, kind: int, value: bytes) -> bytes:
    """Return the request that sets one attribute of an interface, given as the kernel reports it."""
    return _set_link(index, attribute(kind, value))


def create(
    netns_descriptor: Optional[int], attributes: bytes, kind: str, data: bytes, *, index: int = 0, up: bool = False
) -> bytes:
    """Return the request that creates a link of a kind, with attributes of its own, in the namespace of the
    descriptor.
    """
    target = b"" if netns_descriptor is None else attribute(_NET_NS_FD, number(netns_descriptor))
    body = _link_body(index, IFF_UP if up else 0, IFF_UP if up else 0)
    return _request(_NEWLINK, ACK | CREATE | EXCL, body + attributes + target + _info(kind, data))


def link_of(index: int, attributes: bytes, netns_descriptor: Optional[int]) -> bytes:
    """Return what a message that creates a pair says of its other end, in the namespace of the descriptor."""
    target = b"" if netns_descriptor is None else attribute(_NET_NS_FD, number(netns_descriptor))
    return _link_body(index) + attributes + target


def reshape(index: int, kind: str, data: bytes) -> bytes:
    """Return the request that changes attributes of a link that are of its kind alone."""
    return _request(_NEWLINK, ACK, _link_body(index) + _info(kind, data))


def _info(kind: str, data: bytes) -> bytes:
    return attribute(_LINKINFO, attribute(_KIND, octets(kind) + b"\0") + (attribute(_DATA, data) if data else b""))


def flags(index: int, value: int, mask: int) -> bytes:
    """Return the request that sets those flags of an interface that are in the mask."""
    return _set_link(index, b"", value, mask)


def port(index: int, settings: Mapping[int, bytes], kind: str = "bridge") -> bytes:
    """Return the request that sets what is set of an interface as a port, by attributes of the kernel's report.

    ``kind`` is that of its master.
    """
    data = b"".join(attribute(number, value) for number, value in settings.items())
    info = attribute(_SLAVE_KIND, octets(kind) + b"\0") + attribute(_SLAVE_DATA, data)
    return _request(_NEWLINK, ACK, _link_body(index) + attribute(_LINKINFO, info))


def _set_link(index: int, attributes: bytes, value: int = 0, mask: int = 0) -> bytes:
    """Return a request to set something of a link."""
    return _request(_SETLINK, ACK, _link_body(index, value, mask) + attributes)


def _link_body(index: int, value: int = 0, mask: int = 0) -> bytes:
    """Return the header of messages on links (struct ifinfomsg in linux/rtnetlink.h)."""
    return struct.pack("=BxHiII", 0, 0, index, value, mask)


def _request(kind: int, flags: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST | flags, 0, 0) + body


#: linux/rtnetlink.h: RTEXT_FILTER_SKIP_STATS, leave the statistics out of the report of a link.
_WITHOUT_STATISTICS = attribute(_EXT_MASK, number(8))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the kernel over the routing socket, and what all messages have in common."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec

REQUEST, ACK, EXCL, CREATE, DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
_GETLINK, _SETLINK, _GETADDR, _GETROUTE, GETNEIGH, _GETNSID = 18, 19, 22, 26, 30, 90
#: linux/netlink.h: struct nlmsghdr.
_HEADER = struct.Struct("=IHHII")
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
#: linux/rtnetlink.h: leave the statistics out of a dump of links.
_SKIP_STATS = 8

#: A number of the C type that indexes and descriptors have, as bytes.
number = struct.Struct("=I").pack
#: Stands for a descriptor in a prepared message.
DESCRIPTOR = 0x5DED0005


def packed(message: Any, kind: int, flags: int) -> bytes:
    """A filled pyroute2 message as bytes."""
    message["header"]["type"] = kind
    message["header"]["flags"] = REQUEST | flags
    message.encode()
    return bytes(message.data)


class Form:
    """A message that was encoded once, with places to be filled in many times.

    Encoding is by far the largest part of what a message costs here, and most of a thousand messages differ in nothing
    but a few numbers.
    """

    def __init__(self, encoded: bytes, *marks: bytes) -> None:
        """``marks``: the byte strings whose every occurrence is a place; :meth:`fill` takes values in their order.

        Places begin where attributes do, at multiples of four; so does a MAC address, which no mark can be mistaken
        for, because a mark's first byte is odd and an interface's own MAC address never begins so.
        """
        self._encoded = encoded
        self._places = [
            (offset, offset + len(mark), number)
            for number, mark in enumerate(marks)
            for offset in range(0, len(encoded) - len(mark) + 1, 4)
            if encoded.startswith(mark, offset)
        ]

    def fill(self, *values: bytes) -> bytes:
        """The message with these values, each as long as its mark."""
        filled = bytearray(self._encoded)
        for start, end, number in self._places:
            filled[start:end] = values[number]
        return bytes(filled)


def links(codec: Codec) -> bytes:
    """The request for a dump of all links."""
    message = codec.ifinfmsg()
    message["attrs"] = [("IFLA_EXT_MASK", _SKIP_STATS)]
    return packed(message, _GETLINK, DUMP)


def link(codec: Codec, name: str) -> bytes:
    """The request for one link, by its name."""
    message = codec.ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name), ("IFLA_EXT_MASK", _SKIP_STATS)]
    return packed(message, _GETLINK, 0)


def link_elsewhere(index: int, netns_id: int) -> bytes:
    """The request for one link, by its index, of the namespace that the socket's own knows by that id.

    pyroute2 has no name for the attribute: linux/if_link.h, IFLA_TARGET_NETNSID (46).
    """
    body = struct.pack("=BxHiII", 0, 0, index, 0, 0)
    body += struct.pack("=HHi", 8, 46, netns_id) + struct.pack("=HHI", 8, 29, _SKIP_STATS)
    return _HEADER.pack(_HEADER.size + len(body), _GETLINK, REQUEST, 0, 0) + body


def addresses(codec: Codec) -> bytes:
    """The request for a dump of all addresses, IPv4 and IPv6."""
    return packed(codec.ifaddrmsg(), _GETADDR, DUMP)


def routes(codec: Codec, family: int) -> bytes:
    """The request for a dump of all routes of an address family."""
    message = codec.rtmsg()
    message["family"] = family
    return packed(message, _GETROUTE, DUMP)


def dump(kind: int, body: bytes) -> bytes:
    """The request for a dump of another kind, by its body as it is."""
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST | DUMP, 0, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute as bytes (linux/netlink.h: struct nlattr)."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def setting(index: int, kind: int, value: bytes) -> bytes:
    """The request that sets one attribute of an interface, given as the kernel reports it."""
    return _set_link(index, attribute(kind, value))


def flags(index: int, value: int, mask: int) -> bytes:
    """The request that sets those flags of an interface that are in the mask."""
    return _set_link(index, b"", value, mask)


def _set_link(index: int, attributes: bytes, value: int = 0, mask: int = 0) -> bytes:
    """A request to set something of a link (linux/rtnetlink.h: struct ifinfomsg)."""
    body = struct.pack("=BxHiII", 0, 0, index, value, mask) + attributes
    return _HEADER.pack(_HEADER.size + len(body), _SETLINK, REQUEST | ACK, 0, 0) + body


def nsid(codec: Codec, descriptor: int) -> bytes:
    """The request for the id by which this namespace knows the one of the descriptor."""
    return _nsid(codec).fill(number(descriptor))


@lru_cache(maxsize=1)
def _nsid(codec: Codec) -> Form:
    message = codec.nsidmsg()
    message["attrs"] = [("NETNSA_FD", DESCRIPTOR)]
    return Form(packed(message, _GETNSID, 0), number(DESCRIPTOR))

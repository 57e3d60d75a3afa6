# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that the routing socket carries is sent: the message of every kind of step.

A new kind of object registers the messages of its steps here.
"""

from __future__ import annotations

import struct
from functools import singledispatch
from typing import Any, Optional, Protocol

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import AddAddress, DeleteAddress
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    DeleteInterface,
    MoveInterface,
    SetInterface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import AddVeth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Step

REQUEST, ACK, EXCL, CREATE, DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19
NEWADDR, DELADDR, GETADDR = 20, 21, 22
NEWROUTE, GETROUTE = 24, 26
GETNSID = 90
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
#: linux/rtnetlink.h: leave the statistics out of a dump of links.
SKIP_STATS = 8


class Surroundings(Protocol):
    """What a message needs to know of the host."""

    def descriptor(self, netns: Netns) -> int:
        """An open descriptor of the namespace, valid until the message has been sent. Raises: OSError."""

    def index(self, netns: Netns, interface: str) -> int:
        """The index of an interface. Raises: OSError, when there is no such interface."""


@singledispatch
def encode(step: Step, codec: Codec, host: Surroundings) -> bytes:
    """The message of a step. Raises: TypeError, when the step is none that the routing socket carries."""
    raise TypeError(f"no message for {type(step).__name__}")


def packed(message: Any, kind: int, flags: int) -> bytes:
    """A filled pyroute2 message as bytes."""
    message["header"]["type"] = kind
    message["header"]["flags"] = REQUEST | flags
    message.encode()
    return bytes(message.data)


@encode.register
def _(step: AddVeth, codec: Codec, host: Surroundings) -> bytes:
    peer = {"index": step.second.index or 0, "attrs": _end(step.second, host)}
    message = codec.ifinfmsg()
    message["index"] = step.first.index or 0
    info = {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", peer)]})]}
    message["attrs"] = [*_end(step.first, host), ("IFLA_LINKINFO", info)]
    return packed(message, NEWLINK, ACK | CREATE | EXCL)


def _end(end: VethEnd, host: Surroundings) -> list[tuple[str, Any]]:
    attributes: list[tuple[str, Any]] = [("IFLA_IFNAME", end.interface)]
    if end.netns is not None:
        attributes.append(("IFLA_NET_NS_FD", host.descriptor(end.netns)))
    if end.mac is not None:
        attributes.append(("IFLA_ADDRESS", end.mac))
    if end.mtu is not None:
        attributes.append(("IFLA_MTU", end.mtu))
    return attributes


@encode.register
def _(step: SetInterface, codec: Codec, host: Surroundings) -> bytes:
    message = codec.ifinfmsg()
    message["index"] = host.index(step.netns, step.interface)
    if step.what == "state":
        message["change"] = IFF_UP
        message["flags"] = IFF_UP if step.value == "up" else 0
    else:
        message["attrs"] = [("IFLA_ADDRESS" if step.what == "mac" else "IFLA_MTU", step.value)]
    return packed(message, SETLINK, ACK)


@encode.register
def _(step: MoveInterface, codec: Codec, host: Surroundings) -> bytes:
    message = codec.ifinfmsg()
    message["index"] = host.index(step.netns, step.interface)
    message["attrs"] = [("IFLA_NET_NS_FD", host.descriptor(step.target))]
    if step.index is not None:
        message["attrs"].append(("IFLA_NEW_IFINDEX", step.index))
    return packed(message, SETLINK, ACK)


@encode.register
def _(step: DeleteInterface, codec: Codec, host: Surroundings) -> bytes:
    message = codec.ifinfmsg()
    message["index"] = host.index(step.netns, step.interface)
    return packed(message, DELLINK, ACK)


@encode.register
def _(step: AddAddress, codec: Codec, host: Surroundings) -> bytes:
    index = host.index(step.netns, step.interface)
    if step.raw:
        return again(step.raw, index)
    return packed(_address(codec, step.address, index), NEWADDR, ACK | CREATE | EXCL)


@encode.register
def _(step: DeleteAddress, codec: Codec, host: Surroundings) -> bytes:
    return packed(_address(codec, step.address, host.index(step.netns, step.interface)), DELADDR, ACK)


def again(raw: bytes, index: Optional[int] = None) -> bytes:
    """The kernel's report of an address or a route, made into the request that puts it back."""
    request = bytearray(raw)
    struct.pack_into("=H", request, 6, REQUEST | ACK | CREATE | EXCL)
    if index is not None:
        struct.pack_into("=I", request, 20, index)
    return bytes(request)


def _address(codec: Codec, address: str, index: int) -> Any:
    host, _slash, length = address.partition("/")
    message = codec.ifaddrmsg()
    message["family"] = 10 if ":" in host else 2
    message["prefixlen"] = int(length)
    message["index"] = index
    message["attrs"] = [("IFA_LOCAL", host), ("IFA_ADDRESS", host)]
    return message


def links(codec: Codec) -> bytes:
    """The request for a dump of all links."""
    message = codec.ifinfmsg()
    message["attrs"] = [("IFLA_EXT_MASK", SKIP_STATS)]
    return packed(message, GETLINK, DUMP)


def link(codec: Codec, name: str) -> bytes:
    """The request for one link, by its name."""
    message = codec.ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name), ("IFLA_EXT_MASK", SKIP_STATS)]
    return packed(message, GETLINK, 0)


def addresses(codec: Codec) -> bytes:
    """The request for a dump of all addresses, IPv4 and IPv6."""
    return packed(codec.ifaddrmsg(), GETADDR, DUMP)


def routes(codec: Codec, family: int) -> bytes:
    """The request for a dump of all routes of an address family."""
    message = codec.rtmsg()
    message["family"] = family
    return packed(message, GETROUTE, DUMP)


def nsid(codec: Codec, descriptor: int) -> bytes:
    """The request for the id by which this namespace knows the one of the descriptor."""
    message = codec.nsidmsg()
    message["attrs"] = [("NETNSA_FD", descriptor)]
    return packed(message, GETNSID, 0)

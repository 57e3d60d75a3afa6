# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that the routing socket carries is sent: the message of every kind of step.

A new kind of object registers the messages of its steps here.
"""

from __future__ import annotations

import socket
import struct
from functools import lru_cache, singledispatch
from typing import Any, Optional, Protocol, Union

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


_INDEX, _PEER_INDEX, _DESCRIPTOR, _PEER_DESCRIPTOR = 0x5DED0001, 0x5DED0003, 0x5DED0005, 0x5DED0007
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_HOSTS = {4: "94.237.94.5", 6: "5eed:6::5eed:7"}
_number = struct.Struct("=I").pack
_NUMBERS = tuple(map(_number, (_INDEX, _PEER_INDEX, _DESCRIPTOR, _PEER_DESCRIPTOR)))


@encode.register
def _add_veth(step: AddVeth, codec: Codec, host: Surroundings) -> bytes:
    first, second = step.first, step.second
    form = _veth(codec, *(VethEnd(end.netns and "", end.interface, end.mac, end.mtu) for end in (first, second)))
    return form.fill(
        _number(first.index or 0),
        _number(second.index or 0),
        _number(0 if first.netns is None else host.descriptor(first.netns)),
        _number(0 if second.netns is None else host.descriptor(second.netns)),
    )


@lru_cache(maxsize=64)
def _veth(codec: Codec, first: VethEnd, second: VethEnd) -> Form:
    peer = {"index": _PEER_INDEX, "attrs": _end(second, _PEER_DESCRIPTOR)}
    message = codec.ifinfmsg()
    message["index"] = _INDEX
    info = {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", peer)]})]}
    message["attrs"] = [*_end(first, _DESCRIPTOR), ("IFLA_LINKINFO", info)]
    return Form(packed(message, NEWLINK, ACK | CREATE | EXCL), *_NUMBERS)


def _end(end: VethEnd, descriptor: int) -> list[tuple[str, Any]]:
    attributes: list[tuple[str, Any]] = [("IFLA_IFNAME", end.interface)]
    if end.netns is not None:
        attributes.append(("IFLA_NET_NS_FD", descriptor))
    if end.mac is not None:
        attributes.append(("IFLA_ADDRESS", end.mac))
    if end.mtu is not None:
        attributes.append(("IFLA_MTU", end.mtu))
    return attributes


@encode.register
def _set_interface(step: SetInterface, codec: Codec, host: Surroundings) -> bytes:
    return _set(codec, step.what, step.value).fill(_number(host.index(step.netns, step.interface)))


@lru_cache(maxsize=64)
def _set(codec: Codec, what: str, value: Union[str, int]) -> Form:
    message = codec.ifinfmsg()
    message["index"] = _INDEX
    if what == "state":
        message["change"] = IFF_UP
        message["flags"] = IFF_UP if value == "up" else 0
    else:
        message["attrs"] = [("IFLA_ADDRESS" if what == "mac" else "IFLA_MTU", value)]
    return Form(packed(message, SETLINK, ACK), _number(_INDEX))


@encode.register
def _move_interface(step: MoveInterface, codec: Codec, host: Surroundings) -> bytes:
    message = codec.ifinfmsg()
    message["index"] = host.index(step.netns, step.interface)
    message["attrs"] = [("IFLA_NET_NS_FD", host.descriptor(step.target))]
    if step.index is not None:
        message["attrs"].append(("IFLA_NEW_IFINDEX", step.index))
    return packed(message, SETLINK, ACK)


@encode.register
def _delete_interface(step: DeleteInterface, codec: Codec, host: Surroundings) -> bytes:
    message = codec.ifinfmsg()
    message["index"] = host.index(step.netns, step.interface)
    return packed(message, DELLINK, ACK)


@encode.register
def _add_address(step: AddAddress, codec: Codec, host: Surroundings) -> bytes:
    index = host.index(step.netns, step.interface)
    if step.raw:
        return again(step.raw, index)
    return _address(codec, NEWADDR, ACK | CREATE | EXCL, step.address, index)


@encode.register
def _delete_address(step: DeleteAddress, codec: Codec, host: Surroundings) -> bytes:
    index = host.index(step.netns, step.interface)
    if step.raw:
        return again(step.raw, index, DELADDR, ACK)
    return _address(codec, DELADDR, ACK, step.address, index)


def _address(codec: Codec, kind: int, flags: int, address: str, index: int) -> bytes:
    host, _slash, length = address.partition("/")
    version = 6 if ":" in host else 4
    form = _address_form(codec, kind, flags, version, int(length))
    return form.fill(_number(index), socket.inet_pton(_FAMILIES[version], host))


@lru_cache(maxsize=64)
def _address_form(codec: Codec, kind: int, flags: int, version: int, length: int) -> Form:
    message = codec.ifaddrmsg()
    message["family"] = _FAMILIES[version]
    message["prefixlen"] = length
    message["index"] = _INDEX
    message["attrs"] = [("IFA_LOCAL", _HOSTS[version]), ("IFA_ADDRESS", _HOSTS[version])]
    mark = socket.inet_pton(_FAMILIES[version], _HOSTS[version])
    return Form(packed(message, kind, flags), _number(_INDEX), mark)


def again(
    raw: bytes, index: Optional[int] = None, kind: Optional[int] = None, flags: int = ACK | CREATE | EXCL
) -> bytes:
    """The kernel's report of an address or a route, made into the request that puts it back, or one of another kind.

    ``index``: the interface's, of an address.
    """
    request = bytearray(raw)
    if kind is not None:
        struct.pack_into("=H", request, 4, kind)
    struct.pack_into("=H", request, 6, REQUEST | flags)
    if index is not None:
        struct.pack_into("=I", request, 20, index)
    return bytes(request)


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
    return _nsid(codec).fill(_number(descriptor))


@lru_cache(maxsize=1)
def _nsid(codec: Codec) -> Form:
    message = codec.nsidmsg()
    message["attrs"] = [("NETNSA_FD", _DESCRIPTOR)]
    return Form(packed(message, GETNSID, 0), _number(_DESCRIPTOR))

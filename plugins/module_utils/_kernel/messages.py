# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that the routing socket carries is sent: the message of every kind of step.

A new kind of object registers the messages of its steps here.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from functools import lru_cache, singledispatch
from typing import Any, Optional, Protocol, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.requests import (
    ACK,
    CREATE,
    DESCRIPTOR,
    EXCL,
    IFF_UP,
    REQUEST,
    Form,
    number,
    packed,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import AddAddress, DeleteAddress
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    DeleteInterface,
    MoveInterface,
    SetInterface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import AddVeth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Step

NEWLINK, DELLINK, SETLINK = 16, 17, 19
NEWADDR, DELADDR = 20, 21


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


_INDEX, _PEER_INDEX = 0x5DED0001, 0x5DED0003
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_HOSTS = {4: "94.237.94.5", 6: "5eed:6::5eed:7"}
#: linux/rtnetlink.h: the scopes RT_SCOPE_UNIVERSE, and RT_SCOPE_HOST, which ``ip`` gives to 127.0.0.0/8.
_GLOBAL, _HOST = 0, 254
_NUMBERS = tuple(map(number, (_INDEX, _PEER_INDEX, DESCRIPTOR)))


@encode.register
def _add_veth(step: AddVeth, codec: Codec, host: Surroundings) -> bytes:
    first, second = step.first, step.second
    away = second.netns != step.netns
    form = _veth(codec, replace(first, netns=None, index=None), replace(second, netns=None, index=None), away)
    descriptor = host.descriptor(second.netns) if away else 0
    return form.fill(number(first.index or 0), number(second.index or 0), number(descriptor))


@lru_cache(maxsize=64)
def _veth(codec: Codec, first: VethEnd, second: VethEnd, away: bool) -> Form:
    """A pair of these ends, the second being ``away`` in another namespace; the form lacks where, and the indexes."""
    elsewhere = [("IFLA_NET_NS_FD", DESCRIPTOR)] if away else []
    peer = {"index": _PEER_INDEX, "attrs": [*_end(second), *elsewhere]}
    message = codec.ifinfmsg()
    message["index"] = _INDEX
    if first.up:
        message["change"] = message["flags"] = IFF_UP
    info = {"attrs": [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", peer)]})]}
    message["attrs"] = [*_end(first), ("IFLA_LINKINFO", info)]
    return Form(packed(message, NEWLINK, ACK | CREATE | EXCL), *_NUMBERS)


def _end(end: VethEnd) -> list[tuple[str, Any]]:
    attributes: list[tuple[str, Any]] = [("IFLA_IFNAME", end.interface)]
    if end.mac is not None:
        attributes.append(("IFLA_ADDRESS", end.mac))
    if end.mtu is not None:
        attributes.append(("IFLA_MTU", end.mtu))
    if end.group:
        attributes.append(("IFLA_GROUP", end.group))
    return attributes


@encode.register
def _set_interface(step: SetInterface, codec: Codec, host: Surroundings) -> bytes:
    return _set(codec, step.what, step.value).fill(number(host.index(step.netns, step.interface)))


@lru_cache(maxsize=64)
def _set(codec: Codec, what: str, value: Union[str, int]) -> Form:
    message = codec.ifinfmsg()
    message["index"] = _INDEX
    if what == "state":
        message["change"] = IFF_UP
        message["flags"] = IFF_UP if value == "up" else 0
    else:
        message["attrs"] = [("IFLA_ADDRESS" if what == "mac" else "IFLA_MTU", value)]
    return Form(packed(message, SETLINK, ACK), number(_INDEX))


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
    scope = _HOST if kind == NEWADDR and version == 4 and host.startswith("127.") else _GLOBAL
    form = _address_form(codec, kind, flags, (version, int(length), scope))
    return form.fill(number(index), socket.inet_pton(_FAMILIES[version], host))


@lru_cache(maxsize=64)
def _address_form(codec: Codec, kind: int, flags: int, body: tuple[int, int, int]) -> Form:
    """A message about an address of an IP version, with a prefix length and a scope."""
    version, length, scope = body
    message = codec.ifaddrmsg()
    message["family"] = _FAMILIES[version]
    message["prefixlen"] = length
    message["scope"] = scope
    message["index"] = _INDEX
    message["attrs"] = [("IFA_LOCAL", _HOSTS[version]), ("IFA_ADDRESS", _HOSTS[version])]
    mark = socket.inet_pton(_FAMILIES[version], _HOSTS[version])
    return Form(packed(message, kind, flags), number(_INDEX), mark)


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

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of a WireGuard device as the kernel tells it and takes it (linux/wireguard.h). Pure. Private."""

from __future__ import annotations

import base64
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import Hidden
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    each_attribute,
    number,
    octets,
    unsigned,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.generic import BODY

#: WG_GENL_NAME, WG_GENL_VERSION, WG_CMD_GET_DEVICE, WG_CMD_SET_DEVICE.
FAMILY, VERSION, GET, SET = "wireguard", 1, 0, 1
#: WGDEVICE_A_…: IFNAME, PRIVATE_KEY, LISTEN_PORT, FWMARK, PEERS.
_IFNAME, _PRIVATE_KEY, _LISTEN_PORT, _FWMARK, _PEERS = 2, 3, 6, 7, 8
#: WGPEER_A_…: PUBLIC_KEY, PRESHARED_KEY, FLAGS, ENDPOINT, PERSISTENT_KEEPALIVE_INTERVAL, ALLOWEDIPS.
_PUBLIC_KEY, _PRESHARED_KEY, _FLAGS, _ENDPOINT, _KEEPALIVE, _ALLOWED = 1, 2, 3, 4, 5, 9
#: WGPEER_F_…: REMOVE_ME, REPLACE_ALLOWEDIPS. WGALLOWEDIP_A_…: FAMILY, IPADDR, CIDR_MASK.
_REMOVE, _REPLACE_ALLOWED, _FAMILY, _ADDRESS, _LENGTH = 1, 2, 1, 2, 3
#: linux/netlink.h: the flag of an attribute that holds others.
_NESTED = 0x8000
#: What stands for no key.
NO_KEY = bytes(32)


class Key(Hidden, bytes):
    """A private or preshared key: 32 bytes, which nothing shows."""

    def __repr__(self) -> str:
        return "a key"

    __str__ = __repr__


class Peer(NamedTuple):
    """A peer: its public key as text, and what is set of it.

    ``endpoint`` is as in ``192.0.2.1:51820``, ``[2001:db8::1]:51820``, or empty; ``keepalive`` is in
    seconds, 0 for none.
    """

    public_key: str
    preshared_key: Key = Key(NO_KEY)
    endpoint: str = ""
    keepalive: int = 0
    allowed: tuple[str, ...] = ()


class Configuration(NamedTuple):
    """What is set of a device: its key, and the peers in the kernel's order."""

    private_key: Key = Key(NO_KEY)
    listen_port: int = 0
    fwmark: int = 0
    peers: tuple[Peer, ...] = ()


def asked(interface: str) -> bytes:
    """Return the body of the question for a device."""
    return attribute(_IFNAME, octets(interface) + b"\0")


def read(answers: Iterable[bytes]) -> Configuration:
    """Return the configuration in the messages of a dump, of which one may go on with the last peer of the one
    before.
    """
    found = Configuration()
    peers: dict[str, Peer] = {}
    for answer in answers:
        fields = attributes(answer, BODY)
        if _PRIVATE_KEY in fields:
            found = found._replace(private_key=Key(fields[_PRIVATE_KEY]))
        if _LISTEN_PORT in fields:
            (port,) = struct.unpack_from("=H", fields[_LISTEN_PORT])
            found = found._replace(listen_port=port, fwmark=unsigned(fields.get(_FWMARK)) or 0)
        for _place, raw in each_attribute(fields.get(_PEERS, b""), -16):
            peer = _peer(attributes(raw, -16))
            before = peers.get(peer.public_key)
            if before is not None:
                peer = before._replace(allowed=before.allowed + peer.allowed)
            peers[peer.public_key] = peer
    return found._replace(peers=tuple(peers.values()))


def _peer(fields: dict[int, bytes]) -> Peer:
    keepalive = struct.unpack_from("=H", fields[_KEEPALIVE])[0] if _KEEPALIVE in fields else 0
    return Peer(
        text_of(fields.get(_PUBLIC_KEY, NO_KEY)),
        Key(fields.get(_PRESHARED_KEY, NO_KEY)),
        _endpoint(fields.get(_ENDPOINT, b"")),
        keepalive,
        tuple(_allowed(fields.get(_ALLOWED, b""))),
    )


def _allowed(raw: bytes) -> Iterator[str]:
    for _place, one in each_attribute(raw, -16):
        fields = attributes(one, -16)
        family = socket.AF_INET if len(fields[_ADDRESS]) == 4 else socket.AF_INET6
        yield f"{socket.inet_ntop(family, fields[_ADDRESS])}/{fields[_LENGTH][0]}"


def _endpoint(raw: bytes) -> str:
    """Return a struct sockaddr_in or sockaddr_in6 as text."""
    if len(raw) == 16:
        return f"{socket.inet_ntop(socket.AF_INET, raw[4:8])}:{int.from_bytes(raw[2:4], 'big')}"
    if len(raw) >= 24:
        return f"[{socket.inet_ntop(socket.AF_INET6, raw[8:24])}]:{int.from_bytes(raw[2:4], 'big')}"
    return ""


def _packed_endpoint(text: str) -> bytes:
    host, _colon, port = text.rpartition(":")
    packed = struct.pack(">H", int(port))
    if host.startswith("["):
        address = socket.inet_pton(socket.AF_INET6, host[1:-1])
        return struct.pack("=H", socket.AF_INET6) + packed + bytes(4) + address + bytes(4)
    return struct.pack("=H", socket.AF_INET) + packed + socket.inet_pton(socket.AF_INET, host) + bytes(8)


def device(
    interface: str, private_key: Optional[Key] = None, listen_port: Optional[int] = None, fwmark: Optional[int] = None
) -> bytes:
    """Return the body of a request that sets what is of a device itself; what is None stays."""
    parts = [asked(interface)]
    if private_key is not None:
        parts.append(attribute(_PRIVATE_KEY, bytes(private_key)))
    if listen_port is not None:
        parts.append(attribute(_LISTEN_PORT, struct.pack("=H", listen_port)))
    if fwmark is not None:
        parts.append(attribute(_FWMARK, number(fwmark)))
    return b"".join(parts)


def peer(interface: str, one: Peer) -> bytes:
    """Return the body of a request that sets a peer, with just these allowed addresses."""
    parts = [
        attribute(_PUBLIC_KEY, bytes_of(one.public_key)),
        attribute(_PRESHARED_KEY, bytes(one.preshared_key)),
        attribute(_FLAGS, number(_REPLACE_ALLOWED)),
        attribute(_KEEPALIVE, struct.pack("=H", one.keepalive)),
        attribute(_ALLOWED | _NESTED, _nested(map(_packed_allowed, one.allowed))),
    ]
    if one.endpoint:
        parts.append(attribute(_ENDPOINT, _packed_endpoint(one.endpoint)))
    return asked(interface) + attribute(_PEERS | _NESTED, _nested([b"".join(parts)]))


def no_peer(interface: str, public_key: str) -> bytes:
    """Return the body of a request that removes a peer."""
    parts = attribute(_PUBLIC_KEY, bytes_of(public_key)) + attribute(_FLAGS, number(_REMOVE))
    return asked(interface) + attribute(_PEERS | _NESTED, _nested([parts]))


def _packed_allowed(prefix: str) -> bytes:
    host, _slash, length = prefix.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return (
        attribute(_FAMILY, struct.pack("=H", family))
        + attribute(_ADDRESS, socket.inet_pton(family, host))
        + attribute(_LENGTH, bytes([int(length)]))
    )


def _nested(items: Iterable[bytes]) -> bytes:
    return b"".join(attribute(place | _NESTED, one) for place, one in enumerate(items))


def bytes_of(key: str) -> bytes:
    """Return a key of its text. Raises: ValueError, when it is none."""
    raw = base64.b64decode(key, validate=True)
    if len(raw) != len(NO_KEY):
        raise ValueError(f"{len(raw)} bytes")
    return raw


def text_of(key: Sequence[int]) -> str:
    """Return a key as text."""
    return base64.b64encode(bytes(key)).decode()

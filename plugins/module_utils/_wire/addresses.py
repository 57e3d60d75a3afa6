# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses with all that is set of them: taken from the kernel's reports, and put into requests. Pure. Private."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    address_bytes,
    canonical,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    number,
    octets,
    text,
    unsigned,
)

#: linux/if_addr.h: INFINITY_LIFE_TIME, in seconds.
FOREVER = 2**32 - 1
#: linux/if_addr.h: ADDRESS, LOCAL, LABEL, BROADCAST, CACHEINFO, FLAGS, RT_PRIORITY, PROTO; struct ifaddrmsg, and of
#: struct ifa_cacheinfo the seconds that the address is preferred and valid, with two times that only reports have.
_ADDRESS, _LOCAL, _LABEL, _BROADCAST, _CACHEINFO, _FLAGS, _METRIC, _PROTO = 1, 2, 3, 4, 6, 8, 9, 11
_IFADDRMSG, _LIFETIMES = struct.Struct("=BBBBI"), struct.Struct("=II8x")
_HEADER = 16
#: linux/if_addr.h: flags that can be asked for, with what ``ip`` calls them; and one that says that it is no longer
#: preferred, for IPv4 has no other report of it where the address is valid for ever.
_NODAD, _DEPRECATED, _NOPREFIXROUTE = 0x2, 0x20, 0x200
OTHER_FLAGS = {0x4: "optimistic", 0x10: "home", 0x100: "mngtmpaddr", 0x400: "autojoin"}


class Details(NamedTuple):
    """What is set of an address beside itself.

    ``label`` is empty where it is the name of the interface, which it is unless another is given. ``lifetime`` is how
    long it is valid, and ``preferred`` how long connections may begin with it, in seconds. ``metric`` is 0 where the
    kernel's own counts; ``flags`` are those that nobody declares here, and ``protocol`` says who gave it.
    """

    broadcast: str = ""
    scope: int = 0
    label: str = ""
    lifetime: int = FOREVER
    preferred: int = FOREVER
    nodad: bool = False
    noprefixroute: bool = False
    metric: int = 0
    flags: int = 0
    protocol: int = 0

    @property
    def ends(self) -> bool:
        """Whether its time runs out."""
        return self.lifetime != FOREVER


def details(report: bytes, interface: str) -> Details:
    """Return what is set of the address of a report (RTM_NEWADDR), which an interface has."""
    _family, _length, flags, scope, _index = _IFADDRMSG.unpack_from(report, _HEADER)
    fields = attributes(report, _IFADDRMSG.size)
    flags = unsigned(fields.get(_FLAGS)) or flags
    preferred, lifetime = _LIFETIMES.unpack(fields[_CACHEINFO]) if _CACHEINFO in fields else (FOREVER, FOREVER)
    label = text(fields.get(_LABEL, b""))
    return Details(
        canonical(fields[_BROADCAST]) if _BROADCAST in fields else "",
        scope,
        "" if label == interface else label,
        lifetime,
        0 if flags & _DEPRECATED else preferred,
        bool(flags & _NODAD),
        bool(flags & _NOPREFIXROUTE),
        unsigned(fields.get(_METRIC)) or 0,
        flags & sum(OTHER_FLAGS),
        fields[_PROTO][0] if _PROTO in fields else 0,
    )


def body(index: int, value: InterfaceAddress, peer: str, one: Details) -> bytes:
    """Return what a request says of an address of the interface of an index; ``peer`` is empty where there is none."""
    family = socket.AF_INET if value.version == 4 else socket.AF_INET6
    set_flags = one.flags | _NODAD * one.nodad | _NOPREFIXROUTE * one.noprefixroute
    parts = [attribute(_LOCAL, value.packed), attribute(_ADDRESS, address_bytes(peer) if peer else value.packed)]
    if one.broadcast:
        parts.append(attribute(_BROADCAST, address_bytes(one.broadcast)))
    if one.label:
        parts.append(attribute(_LABEL, octets(one.label) + b"\0"))
    if set_flags:
        parts.append(attribute(_FLAGS, number(set_flags)))
    if one.metric:
        parts.append(attribute(_METRIC, number(one.metric)))
    if (one.lifetime, one.preferred) != (FOREVER, FOREVER):
        parts.append(attribute(_CACHEINFO, _LIFETIMES.pack(one.preferred, one.lifetime)))
    if one.protocol:
        parts.append(attribute(_PROTO, bytes([one.protocol])))
    return _IFADDRMSG.pack(family, value.length, 0, one.scope, index) + b"".join(parts)

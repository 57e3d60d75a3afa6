# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests about routes: of values, encoded by hand, and of the kernel's own reports. Pure. Private.

A thousand routes differ in most of what their messages hold, so there is no form to be filled in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, each_attribute, number
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.reports import Hop, RouteReport

NEWROUTE, DELROUTE = 24, 25
#: linux/rtnetlink.h: the flag of a next hop that is taken to be on its link; the others are what has become of it.
ONLINK = 4
#: linux/rtnetlink.h: struct rtmsg and struct rtnexthop.
_RTMSG, _NEXT_HOP = struct.Struct("=BBBBBBBBI"), struct.Struct("=HBBi")
_DST, _SRC, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _METRIC_MTU = 1, 2, 4, 5, 6, 7, 8, 2
_MULTIPATH, _CACHEINFO, _TABLE, _VIA, _NH_ID = 9, 12, 15, 18, 30
#: What a nexthop object tells, and may not be said beside it.
_OF_A_NEXT_HOP = frozenset({_OIF, _GATEWAY, _MULTIPATH, _VIA})
_FAMILIES = {4: 2, 6: 10}
#: linux/rtnetlink.h: FLOW, PREF, ENCAP, EXPIRES.
_OTHERS = {11: "realms", 20: "a preference", 22: "an encapsulation", 23: "a lifetime"}
_HEADER = 16
#: The types that lead nowhere; of IPv6 the kernel reports lo as their interface, and takes none.
NOWHERE = frozenset({6, 7, 8, 9})


def request(kind: int, flags: int, report: RouteReport) -> bytes:
    """Return the request that makes or removes the route that would be reported so."""
    address, length = _prefix(report.destination)
    origin, origin_length = _prefix(report.origin or "default")
    only_hop = report.hops[0] if len(report.hops) == 1 else None
    parts = [
        _RTMSG.pack(
            _FAMILIES[report.version],
            length,
            origin_length,
            report.tos,
            report.table if report.table < 256 else 0,
            report.protocol,
            report.scope,
            report.kind,
            report.flags if only_hop is None else only_hop.flags,
        ),
        attribute(_TABLE, number(report.table)),
    ]
    if length:
        parts.append(attribute(_DST, address))
    if origin_length:
        parts.append(attribute(_SRC, origin))
    if report.metric:
        parts.append(attribute(_PRIORITY, number(report.metric)))
    if report.source:
        parts.append(attribute(_PREFSRC, address_bytes(report.source)))
    if report.mtu:
        parts.append(attribute(_METRICS, attribute(_METRIC_MTU, number(report.mtu))))
    if only_hop is not None:
        if only_hop.ifindex:
            parts.append(attribute(_OIF, number(only_hop.ifindex)))
        parts.append(_gateway(report.version, only_hop.gateway))
    elif report.hops:
        parts.append(attribute(_MULTIPATH, b"".join(_next_hop(report.version, hop) for hop in report.hops)))
    return requests.change(kind, flags, b"".join(parts))


def _prefix(text: str) -> tuple[bytes, int]:
    """Return a destination as the kernel takes it, and the length of its prefix."""
    if text == "default":
        return b"", 0
    return address_bytes(text), int(text.partition("/")[2])


def _gateway(version: int, gateway: Optional[str]) -> bytes:
    if not gateway:
        return b""
    address = address_bytes(gateway)
    if version == 4 and len(address) == 16:
        # struct rtvia: a gateway of another family.
        return attribute(_VIA, struct.pack("=H", _FAMILIES[6]) + address)
    return attribute(_GATEWAY, address)


def _next_hop(version: int, hop: Hop) -> bytes:
    gateway = _gateway(version, hop.gateway)
    return _NEXT_HOP.pack(_NEXT_HOP.size + len(gateway), hop.flags, hop.weight - 1, hop.ifindex or 0) + gateway


def again(raw: bytes, indexes: Sequence[int], flags: int) -> bytes:
    """Return the request that puts back a route that the kernel has reported.

    ``indexes`` are those of the interfaces of its next hops, as they are now.
    """
    fields = list(_RTMSG.unpack_from(raw, _HEADER))
    fields[8] &= ONLINK
    parts = list(each_attribute(raw, _RTMSG.size))
    of_object = any(kind == _NH_ID for kind, _value in parts)
    kept = [_RTMSG.pack(*fields)]
    for kind, value in parts:
        if kind == _CACHEINFO or (of_object and kind in _OF_A_NEXT_HOP) or (kind == _OIF and fields[7] in NOWHERE):
            continue
        if kind == _OIF:
            kept.append(attribute(kind, number(indexes[0])))
        elif kind == _MULTIPATH:
            kept.append(attribute(kind, b"".join(_hops_again(value, indexes))))
        else:
            kept.append(attribute(kind, value))
    return requests.change(NEWROUTE, flags, b"".join(kept))


def settings(raw: bytes) -> tuple[tuple[int, bytes], ...]:
    """Return what a report says of a route beside where it leads and what has become of it, to be compared."""
    beside = (_CACHEINFO, *_OF_A_NEXT_HOP)
    return tuple((kind, value) for kind, value in each_attribute(raw, _RTMSG.size) if kind not in beside)


def undeclared(raw: bytes) -> str:
    """Return what a report says of a route that people give and that no value of ours has, in words; empty without
    any.
    """
    parts = dict(each_attribute(raw, _RTMSG.size))
    words = [word for kind, word in _OTHERS.items() if any(parts.get(kind, b""))]
    if any(kind != _METRIC_MTU for kind, _value in each_attribute(parts.get(_METRICS, b""), -_HEADER)):
        words.append("other metrics than an MTU")
    return ", ".join(words)


def _hops_again(several: bytes, indexes: Sequence[int]) -> Iterator[bytes]:
    offset = 0
    for index in indexes:
        length, flags, weight, _was = _NEXT_HOP.unpack_from(several, offset)
        yield _NEXT_HOP.pack(length, flags & ONLINK, weight, index)
        yield several[offset + _NEXT_HOP.size : offset + ((length + 3) & ~3)]
        offset += (length + 3) & ~3

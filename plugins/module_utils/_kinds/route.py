# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes, which the kernel takes away with link states and addresses without naming them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import inside
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import messages, reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import only

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

_AF_INET, _AF_INET6 = 2, 10
#: linux/rtnetlink.h: what the kernel keeps by itself.
_PROTOCOL_KERNEL, _TABLE_LOCAL, _CLONED = 2, 255, 0x200
_ONLINK = 4
#: linux/rtnetlink.h: all attributes of a route but CACHEINFO, which is what has become of it. A nexthop object (NH_ID)
#: tells the interface, the gateway and the next hops (OIF, GATEWAY, MULTIPATH, VIA), which may not be said beside it.
_ATTRIBUTES = frozenset(set(range(1, 31)) - {12})
_OF_A_NEXT_HOP = frozenset({4, 5, 9, 18})
#: linux/rtnetlink.h: the size of struct rtmsg.
_RTMSG = 12


class Route(NamedTuple):
    """A route: the kernel's report of it, and the request that puts it back, apart from its flags."""

    report: reports.RouteReport
    request: bytes

    def __str__(self) -> str:
        via = ", ".join(hop.gateway for hop in self.report.hops if hop.gateway)
        return self.report.destination + (f" via {via}" if via else "")


class RouteKind(Carried[Route]):
    """The routes of a namespace but those of the local table, which the kernel keeps, by what identifies them.

    Those that the kernel makes by itself are made by it again.
    """

    name = "route"
    plural = "routes"
    order = 40

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Route]:
        return _Routes(state)

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        # A route through a gateway needs the one to the gateway first: those that are refused are tried again.
        there = now.rows(self, netns)
        for key, route in was.rows(self, netns).items():
            if key not in there and route.report.protocol != _PROTOCOL_KERNEL:
                yield f"route {route}", messages.again(route.request)

    def gone(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        there = now.rows(self, netns)
        up = {one.ifindex for one in inside(now, netns).values() if one.up}
        for key, route in was.rows(self, netns).items():
            through = {hop.ifindex for hop in route.report.hops if hop.ifindex}
            by_kernel = route.report.protocol == _PROTOCOL_KERNEL
            if key not in there and not by_kernel and (through & up or not through):
                yield f"route {route}"


ROUTE = RouteKind()


class _Routes(Reading[Route]):
    """One reading of routes."""

    def inside(self, netns: Netns, route: Socket) -> None:
        rows = self._state.table(ROUTE, netns)
        for family in (_AF_INET, _AF_INET6):
            for raw in route.dump(requests.routes(family)):
                told = reports.route(raw)
                if told is None or told.table == _TABLE_LOCAL or told.flags & _CLONED:
                    continue
                request = only(raw, _RTMSG, _ATTRIBUTES - _OF_A_NEXT_HOP if told.object_id else _ATTRIBUTES)
                # Bytes 24 to 27 are rtm_flags, of which all but ONLINK are what has become of the next hop.
                kept = struct.pack("=I", told.flags & _ONLINK)
                key = request[16:24] + kept + request[28:]
                rows[key] = Route(told, request[:24] + kept + request[28:])

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint of routes, which the kernel takes away with link states and addresses without naming them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import messages, namespaces, reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, only
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, describe

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


class Routes:
    """The routes of some namespaces as they were, apart from those that the kernel itself makes."""

    def __init__(self, home: int, places: Sequence[Netns]) -> None:
        """Raises: OSError. The calling thread is left in one of the namespaces."""
        self._home = home
        self._were = {netns: self._read(netns) for netns in places}

    def _read(self, netns: Netns) -> dict[bytes, bytes]:
        """The routes of a namespace as requests that put them back, by what identifies them."""
        namespaces.enter(netns, self._home)
        found: dict[bytes, bytes] = {}
        with RouteSocket() as route:
            for family in (_AF_INET, _AF_INET6):
                for raw in route.dump(requests.routes(family)):
                    told = reports.route(raw)
                    if told is None or told.protocol == _PROTOCOL_KERNEL or told.table == _TABLE_LOCAL:
                        continue
                    if told.flags & _CLONED:
                        continue
                    request = only(raw, _RTMSG, _ATTRIBUTES - _OF_A_NEXT_HOP if told.object_id else _ATTRIBUTES)
                    # Bytes 24 to 27 are rtm_flags, of which all but ONLINK are what has become of the next hop.
                    kept = struct.pack("=I", told.flags & _ONLINK)
                    found[request[16:24] + kept + request[28:]] = request[:24] + kept + request[28:]
        return found

    def revive(self) -> list[str]:
        """Put back the routes that have gone; gives those that could not be put back, in words."""
        return [f"routes of {describe(netns)}: {words}" for netns in self._were for words in self._revive(netns)]

    def lost(self) -> list[str]:
        """The routes that have gone though they lead through an interface that is still there and up, in words."""
        return [f"route {words} of {describe(netns)}" for netns in self._were for words in self._lost(netns)]

    def _lost(self, netns: Netns) -> list[str]:
        try:
            now = self._read(netns)
            namespaces.enter(netns, self._home)
            with RouteSocket() as route:
                links = [reports.link(raw) for raw in route.dump(requests.links())]
        except OSError:
            return []  # the namespace has gone, as it was to
        up = {link.ifindex for link in links if link.flags & requests.IFF_UP}
        gone = [request for key, request in self._were[netns].items() if key not in now]
        return [_told(one) for one in gone if _leads_through(one, up)]

    def _revive(self, netns: Netns) -> list[str]:
        try:
            now = self._read(netns)
            missing = [request for key, request in self._were[netns].items() if key not in now]
            # A route through a gateway needs the one to the gateway first: as long as some get through, try the rest.
            while missing:
                with RouteSocket() as route:
                    answers = [route.request([messages.again(request)])[0] for request in missing]
                refused = [(one, error) for one, error in zip(missing, answers) if error is not None]
                if len(refused) == len(missing):
                    return [f"{_told(one)} ({error})" for one, error in refused]
                missing = [one for one, _error in refused]
        except OSError as error:
            return [str(error)]
        return []


def _told(request: bytes) -> str:
    """A route in words."""
    told = reports.route(request)
    if told is None:
        return "of another family"
    via = ", ".join(hop.gateway for hop in told.hops if hop.gateway)
    return told.destination + (f" via {via}" if via else "")


def _leads_through(request: bytes, interfaces: set[int]) -> bool:
    """Whether a route leads through one of the interfaces, or through none."""
    told = reports.route(request)
    indexes = set() if told is None else {hop.ifindex for hop in told.hops if hop.ifindex}
    return bool(indexes & interfaces) or not indexes

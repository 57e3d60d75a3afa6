# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route as a value: what it is to the kernel, whether two are alike, and how commands, views and results put it.

Pure. Private.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, routes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import PROTOCOLS, SCOPES, TABLES, TYPES

#: linux/rtnetlink.h: types, scopes, tables.
UNICAST, GLOBAL, LINK, HOST, NO_SCOPE, MAIN, LOCAL = 1, 0, 253, 254, 255, 254, 255
#: linux/rtnetlink.h: protocols, which tell who made a route. Ours are ``static``: made by an administrator, which
#: routing daemons respect. Those of ``ip route`` are ``boot``; a few old programs state none.
KERNEL, STATIC = 2, 4
BY_PEOPLE = frozenset({0, 3, STATIC})
#: linux/ipv6_route.h and net/ipv6/addrconf.c: the metric of an IPv6 route for which none, or 0, is stated
#: (IP6_RT_PRIO_USER), and of those that go with addresses (IP6_RT_PRIO_ADDRCONF).
_IPV6_METRIC, IPV6_CONNECTED = 1024, 256


class Slot(NamedTuple):
    """What a table has one route for: a route takes the place of one with the same slot.

    (Somebody may have put several there, by ``ip route append``.) ``destination`` is ``default``, of IPv6 ``::/0``, or
    has its prefix length; ``origin`` is the prefix that packets come from, empty for any.
    """

    version: int
    table: int
    destination: str
    metric: int
    tos: int = 0
    origin: str = ""

    def __str__(self) -> str:
        return " ".join([self.destination, *self.arguments()])

    @classmethod
    def read(cls, text: str) -> Slot:
        """Make one of its text. Raises: OSError, ValueError."""
        destination, *words = text.split(" ")
        stated = dict(zip(words[::2], words[1::2]))
        version = 6 if ":" in destination else 4
        if destination != "default":
            address_bytes(destination)
        table = stated.get("table", "main")
        return cls(
            version,
            next((number for number, name in TABLES.items() if name == table), None) or int(table),
            destination,
            int(stated.get("metric", usual_metric(version))),
            int(stated.get("tos", 0)),
            stated.get("from", ""),
        )

    def arguments(self) -> list[str]:
        """Return what ``ip`` is told of it beside the destination."""
        words = ["from", self.origin] if self.origin else []
        if self.tos:
            words += ["tos", str(self.tos)]
        if self.metric != usual_metric(self.version):
            words += ["metric", str(self.metric)]
        return words if self.table == MAIN else [*words, "table", TABLES.get(self.table, str(self.table))]


class Hop(NamedTuple):
    """A next hop: its gateway, empty without one, and its interface, empty where only a real run will tell."""

    gateway: str
    interface: str
    weight: int = 1
    onlink: bool = False

    def arguments(self, version: int, shown: bool = True) -> list[str]:
        """Return the same for ``ip``; ``shown``: with the interface, where there is a gateway too."""
        words = []
        if self.gateway:
            words += ["via", "inet6", self.gateway] if version == 4 and ":" in self.gateway else ["via", self.gateway]
        if self.interface and (shown or not self.gateway):
            words += ["dev", self.interface]
        return [*words, "onlink"] if self.onlink else words


class Route(NamedTuple):
    """A route, as the kernel reports it, or as it is declared or as steps leave it.

    ``kind`` (its type), ``scope`` and ``protocol`` are the kernel's numbers. ``source`` is the address that it prefers
    to send from, empty without one, and ``mtu`` is 0 without one. ``of_object``: a nexthop object says where it leads.
    ``raw`` is the kernel's report, by which it can be put back exactly as it was.
    """

    slot: Slot
    hops: tuple[Hop, ...] = ()
    kind: int = UNICAST
    scope: int = GLOBAL
    source: str = ""
    mtu: int = 0
    protocol: int = STATIC
    of_object: bool = False
    raw: bytes = b""

    def __str__(self) -> str:
        return " ".join(self.arguments(protocol=False))

    def arguments(self, protocol: bool = True) -> list[str]:
        """Return what ``ip route add`` is told."""
        several = len(self.hops) > 1
        version = self.slot.version
        words = [*self._kind(), self.slot.destination]
        words += [] if several else self._hops()
        words += ["proto", PROTOCOLS.get(self.protocol, str(self.protocol))] if protocol else []
        words += [*self.slot.arguments(), *self._settings()]
        if several:
            for hop in self.hops:
                words += ["nexthop", *hop.arguments(version), "weight", str(hop.weight)]
        return words

    def content(self, shown: bool = True) -> str:
        """Return where it leads and how, for a view; ``shown``: with the interface, where there is a gateway too."""
        hops = [" ".join(hop.arguments(self.slot.version, shown)) for hop in self.hops]
        if len(hops) > 1:
            hops = [f"{words} weight {hop.weight}" for words, hop in zip(hops, self.hops)]
        return " ".join([*self._kind(), *([", ".join(hops)] if hops else []), *self._settings()])

    def _kind(self) -> list[str]:
        return [] if self.kind in (0, UNICAST) else [TYPES.get(self.kind, str(self.kind))]

    def _hops(self) -> list[str]:
        return [word for hop in self.hops for word in hop.arguments(self.slot.version)]

    def _settings(self) -> list[str]:
        words = ["src", self.source] if self.source else []
        if self.mtu:
            words += ["mtu", str(self.mtu)]
        if self.scope != usual_scope(self.slot.version, self.kind, self.hops):
            words += ["scope", SCOPES.get(self.scope, str(self.scope))]
        return words

    def interfaces(self) -> set[str]:
        """Return the interfaces that it leads through; to the kernel, IPv6 routes that lead nowhere lead through
        loopback.
        """
        if self.slot.version == 6 and self.kind in routes.NOWHERE:
            return {"lo"}
        return {hop.interface for hop in self.hops}

    def report(self, indexes: Sequence[int]) -> reports.RouteReport:
        """Return what the kernel would report of it; ``indexes`` are those of the interfaces of its next hops, or 0."""
        slot = self.slot
        hops = tuple(
            [
                reports.Hop(hop.gateway, index, hop.weight, routes.ONLINK if hop.onlink else 0)
                for hop, index in zip(self.hops, indexes)
            ]
        )
        destination = "default" if slot.destination == "::/0" else slot.destination
        return reports.RouteReport(
            slot.version,
            destination,
            self.kind,
            slot.table,
            self.protocol,
            self.scope,
            0,
            self.source or None,
            slot.metric,
            hops,
            slot.origin or None,
            slot.tos,
            None,
            self.mtu,
        )


def usual_metric(version: int) -> int:
    """Return the metric of a route for which none is stated."""
    return _IPV6_METRIC if version == 6 else 0


def usual_scope(version: int, kind: int, hops: Sequence[Hop]) -> int:
    """Return the scope that ``ip`` gives a route for which none is stated (iproute_modify() in its iproute.c)."""
    direct = version == 4 and kind == UNICAST and len(hops) == 1 and not hops[0].gateway
    return LINK if direct else GLOBAL


def order(route: Route) -> tuple[int, int, bytes, str]:
    """Return the order in which routes are listed: IPv4 first, then by table and destination."""
    slot = route.slot
    address = b"" if slot.destination == "default" else address_bytes(slot.destination)
    return slot.version, slot.table, address, str(slot)


def as_written(route: Route) -> dict[str, Any]:
    slot, hops = route.slot, [_hop_leaf(hop) for hop in route.hops]
    leaf: dict[str, Any] = {"to": slot.destination}
    if len(hops) == 1:
        leaf.update(hops[0])
    if slot.metric != usual_metric(slot.version):
        leaf["metric"] = slot.metric
    if slot.table != MAIN:
        leaf["table"] = TABLES.get(slot.table, str(slot.table))
    if route.source:
        leaf["source"] = route.source
    if route.kind != UNICAST:
        leaf["type"] = TYPES.get(route.kind, str(route.kind))
    if route.scope != usual_scope(slot.version, route.kind, route.hops):
        leaf["scope"] = SCOPES.get(route.scope, str(route.scope))
    if route.mtu:
        leaf["mtu"] = route.mtu
    if len(hops) > 1:
        leaf["nexthops"] = [{**leaf, "weight": hop.weight} for leaf, hop in zip(hops, route.hops)]
    return leaf


def _hop_leaf(hop: Hop) -> dict[str, Any]:
    leaf: dict[str, Any] = {"via": hop.gateway} if hop.gateway else {}
    if hop.interface:
        leaf["dev"] = hop.interface
    return {**leaf, "onlink": True} if hop.onlink else leaf


def is_as_declared(declared: Route, there: Route) -> bool:
    """Tell whether a route that is there is the declared one, of the same slot.

    What others than people gave has things of its own that nobody declared, such as the address to send from.
    """
    if declared.kind != there.kind or not _lead_alike(declared.hops, there.hops):
        return False
    stated = (declared.source, declared.mtu, declared.scope)
    return there.protocol not in BY_PEOPLE or stated == (there.source, there.mtu, there.scope)


def _lead_alike(declared: Sequence[Hop], there: Sequence[Hop]) -> bool:
    if len(declared) != len(there):
        return False
    if len(declared) == 1:
        return declared == there or declared[0] == there[0]._replace(interface="")
    left = list(there)
    for hop in declared:
        # One that states an interface may be the only one for it, so it is matched in the order of the kernel's.
        found = next((one for one in left if hop == (one if hop.interface else one._replace(interface=""))), None)
        if found is None:
            return False
        left.remove(found)
    return True


def is_to_be_gone(declared: Route, there: Route) -> bool:
    """Tell whether a route is one of those that are to be gone: it has all that is stated."""
    return (
        declared.kind in (0, there.kind)
        and (not declared.hops or _lead_alike(declared.hops, there.hops))
        and declared.source in ("", there.source)
        and declared.mtu in (0, there.mtu)
    )


def has_gateways(route: Route) -> bool:
    return route.kind == UNICAST and bool(route.hops) and all(hop.gateway for hop in route.hops)

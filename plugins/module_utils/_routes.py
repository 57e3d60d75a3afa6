# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes as tasks and topologies write them, and the declared objects that are made of them. Pure. Private."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import alike, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Distinct, Key, List, Owner, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import OneRoute
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._route import (
    MAIN,
    Hop,
    Route,
    Slot,
    usual_metric,
    usual_scope,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    BOOLEAN,
    HOST_ADDRESS,
    INTERFACE,
    TABLE,
    Choice,
    Integer,
    Scalar,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import Prefix, address_bytes, version_of
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import SCOPES, TYPES

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Site


def _destination(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return where a route leads: ``default``, or a network with its prefix length; an address is one of itself alone.

    As ``ip`` does, bits after the prefix are dropped of IPv6, and a mistake of IPv4.
    """
    if written is None:
        problems.add(path, "it is missing")
        return None
    text = written if isinstance(written, str) else ""
    if text == "default":
        return "default"
    host, slash, length = text.partition("/")
    most = 128 if ":" in host else 32
    number = most if not slash else int(length) if len(length) <= 3 and length.isascii() and length.isdecimal() else 999
    try:
        address = address_bytes(host)
    except (OSError, ValueError):
        reason = f"{echo(alike(text, host))} is not an IPv4 or IPv6 address"
    else:
        network = Prefix.around(address, min(number, most))
        if number > most:
            reason = f"the prefix length is a number from 0 to {most}"
        elif most == 32 and network.packed != address:
            reason = f"it has bits after its prefix length; that network is {alike(text, network.text)}"
        else:
            return network.text if number or most == 128 else "default"
    problems.add(path, f"{echo(written)} is not where a route can lead: {reason}")
    return None


DESTINATION = Scalar(_destination, "str", {"type": "string", "pattern": "^(default|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)$"})
_KINDS = {TYPES[number]: number for number in (1, 6, 7, 8)}
_SCOPES = {SCOPES[number]: number for number in (0, 200, 253, 254)}


class WrittenHop(Section, what="next hop", needs="via or dev"):
    """One of several next hops, as it is written."""

    via = Key(HOST_ADDRESS, "Its gateway.")
    dev = Key(INTERFACE, "Its interface.")
    weight = Key(Integer("a weight", 1, 256), "Its share of the packets.", default=1)
    onlink = Key(BOOLEAN, "The gateway is on the link, whatever the addresses of the interface say.", default=False)


class WrittenRoute(Section, what="route", needs="to"):
    """A route as it is written."""

    to = Key(DESTINATION, "Where it leads: default, a network with its prefix length, or an address.", required=True)
    via = Key(HOST_ADDRESS, "The gateway.")
    dev = Key(INTERFACE, "The interface; found by the kernel where there is a gateway.")
    metric = Key(Integer("a metric", 0, 2**32 - 1), "The metric; of IPv4 routes 0 when omitted, of IPv6 routes 1024.")
    table = Key(TABLE, "The routing table, a number or main, local or default; main when omitted.")
    source = Key(HOST_ADDRESS, "The address that is preferred to send from.")
    type = Key(Choice(*_KINDS), "What becomes of packets.")
    scope = Key(Choice(*_SCOPES), "How far away what it leads to is, of an IPv4 route.")
    onlink = Key(BOOLEAN, "The gateway is on the link, whatever the addresses of the interface say.", default=False)
    mtu = Key(Integer("an MTU", 68, 65520, "bytes"), "The MTU of the path.")
    nexthops = Key(List(WrittenHop), "Several next hops, among which packets are shared out.", default=())

    #: Whether it must say where it leads.
    leads: ClassVar[bool] = True
    route: Route

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        before = len(problems.found)
        complete = super().take(problems, written)
        if len(problems.found) == before:
            version = self._version()
            _Check(problems, self, version).check()
            if len(problems.found) == before:
                self.route = self._route(version)
        return complete

    def _version(self) -> int:
        """Return 4 or 6: that of the destination, or where that is ``default`` of what else is written."""
        if self.to != "default":
            return version_of(self.to)
        written = next((one for one in (self.via, self.source, *(hop.via for hop in self.nexthops)) if one), "")
        return version_of(written)

    def _route(self, version: int) -> Route:
        destination = "::/0" if version == 6 and self.to == "default" else self.to
        metric = self.metric or usual_metric(version)
        if self.nexthops:
            hops = tuple([Hop(hop.via or "", hop.dev or "", hop.weight, hop.onlink) for hop in self.nexthops])
        else:
            hops = (Hop(self.via or "", self.dev or "", 1, self.onlink),) if self.via or self.dev else ()
        kind = 0 if self.type is None and not self.leads else _KINDS[self.type or "unicast"]
        slot = Slot(version, self.table or MAIN, destination, metric)
        scope = usual_scope(version, kind, hops) if self.scope is None else _SCOPES[self.scope]
        return Route(slot, hops, kind, scope, self.source or "", self.mtu or 0)


class RouteToBeGone(WrittenRoute, what="route", needs="to"):
    """A route that is to be gone, as it is written: it need not say where it leads."""

    leads = False


class _Check:
    """Notes what of a route does not go together."""

    def __init__(self, problems: Problems, route: WrittenRoute, version: int) -> None:
        self._problems, self._route, self._version = problems, route, version

    def _add(self, key: str, text: str) -> None:
        path = self._route.path
        self._problems.add(f"{path}.{key}" if key else path, text)

    def check(self) -> None:
        """Note it."""
        route = self._route
        if route.type not in (None, "unicast"):
            for key in ("via", "dev", "source", "mtu", "onlink", "nexthops"):
                if getattr(route, key):
                    self._add(key, f"a route of type {route.type} leads nowhere; leave it out")
            return
        single = "via" if route.via else "dev" if route.dev else None
        if route.nexthops:
            if single:
                self._add(single, "it goes without nexthops, which have their own")
            if len(route.nexthops) == 1:
                self._add("nexthops", "at least two are needed; of a single one, write via and dev")
        elif route.leads and not single:
            self._add("", "via, dev or nexthops is missing, or a type such as blackhole")
        if route.scope is not None and self._version == 6:
            self._add("scope", "only IPv4 routes have one")
        if route.source is not None and version_of(route.source) != self._version:
            self._add("source", f"{route.source} is no IPv{self._version} address, as the route needs")
        if not route.nexthops:
            self._hop("", route.via, route.dev, route.onlink)
        for number, hop in enumerate(route.nexthops):
            if not (hop.via or hop.dev):
                self._add(f"nexthops[{number}]", "via or dev is missing")
            self._hop(f"nexthops[{number}].", hop.via, hop.dev, hop.onlink)

    def _hop(self, before: str, via: Optional[str], dev: Optional[str], onlink: bool) -> None:
        if onlink and not (via and dev):
            self._add(f"{before}onlink", "it takes via and dev")
        if via and self._version == 6 and version_of(via) == 4:
            self._add(f"{before}via", f"{via} is no IPv6 address, as the route needs")
        if via and via.startswith("fe80:") and not dev:
            self._add(f"{before}via", f"{via} is a link-local address, which takes dev too")


class Routes(Distinct):
    """A list of routes, of which no two take the same place in a table."""

    def __init__(self, item: type[Section]) -> None:
        twice = "{} is declared already, in {}: to the kernel, both are one route"
        super().__init__(item, lambda one: one.route.slot if hasattr(one, "route") else None, twice)


def key() -> Key[Any]:
    """Return the key of a namespace, as a topology has it."""

    def declare(site: Site, written: Sequence[WrittenRoute], owner: Owner) -> Sequence[Declared]:
        return [OneRoute(one.path, site.netns, one.route, owner.present, owner.record) for one in written]

    return Key(
        Routes(WrittenRoute),
        "Routes, which are made once all that is in the namespace is there and up.",
        default=(),
        declare=declare,
    )

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of a namespace, IPv4 and IPv6."""

from __future__ import annotations

import errno
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    DOWN,
    FEWER_ADDRESSES,
    GONE,
    MOVED,
    NO_IPV6,
    Carried,
    Event,
    Reading,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS, of
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    demand_namespace,
    find,
    inside,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LATE,
    Declared,
    Endpoint,
    Key,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    branch,
    describe,
    immutable,
    ip,
    tree,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._route import (
    BY_PEOPLE,
    HOST,
    IPV6_CONNECTED,
    KERNEL,
    LOCAL,
    MAIN,
    NO_SCOPE,
    STATIC,
    UNICAST,
    Hop,
    Route,
    Slot,
    as_written,
    has_gateways,
    is_as_declared,
    is_to_be_gone,
    order,
    usual_scope,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests, routes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import APPEND, CREATE, EXCL, REPLACE
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import PROTOCOLS

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

_AF_INET, _AF_INET6 = 2, 10
#: linux/rtnetlink.h: RTM_F_CLONED, the flag of routes that the kernel makes of others.
_CLONED = 0x200


class RouteKind(Carried[tuple[Route, ...]]):
    """The routes of a namespace but those that the kernel keeps in the local table, by their slots.

    A thing is named by the text of its slot. What events take of them no step puts back: that is the checkpoint's,
    which every step that brings one about makes.
    """

    name = "route"
    plural = "routes"
    order = 40

    def exists(self, state: State, thing: Thing) -> bool:
        return Slot.read(thing.key[0]) in state.rows(self, thing.netns)

    # ---- how it is read

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Route, ...]]:
        return _Routes(state)

    # ---- what the kernel does by itself

    def happens(self, state: State, event: Event) -> None:
        rows = state.rows(self, event.netns)
        if event.what not in (DOWN, MOVED, GONE, NO_IPV6, FEWER_ADDRESSES) or not rows:
            return
        upon = _Upon(state, event)
        changed = {slot: left for slot, there in rows.items() for left in [upon.left(there)] if left != there}
        for slot, left in changed.items():
            _put(state, event.netns, slot, left)

    # ---- what is shown

    def leaf(self, state: State, end: Endpoint) -> dict[str, Any]:
        through = [
            one
            for there in state.rows(self, end.netns).values()
            for one in there
            if one.protocol in BY_PEOPLE and end.interface in one.interfaces()
        ]
        return {"routes": {str(one.slot): one.content() for one in sorted(through, key=order)}} if through else {}

    # ---- ownership

    def called(self, thing: Thing) -> str:
        return f"Route {thing.key[0]} in {describe(thing.netns)}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        # Its namespace, as long as its protocol is still the one that ours have: ``ip route replace`` gives another.
        if not any(one.protocol == STATIC for one in of_thing(state, thing)):
            return None
        return state.identity_of(thing.netns) or None

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        try:
            return len(key) == 1 and str(Slot.read(key[0])) == key[0]
        except (OSError, ValueError, AttributeError):
            return False

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                own = [one for one in of_thing(state, thing) if one.protocol == STATIC]
                yield DeleteRoute(thing.netns, own[0])

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return _view(thing.netns, Slot.read(thing.key[0]), of_thing(state, thing))

    # ---- the checkpoint

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        # A route through a gateway needs the one to the gateway first: those that are refused are tried again.
        indexes = {one.name: one.ifindex or 0 for one in inside(now, netns).values()}
        for slot, before in was.rows(self, netns).items():
            after = now.row(self, netns, slot) or ()
            for route, how in _missing(before, after):
                if all(hop.interface in indexes for hop in route.hops):
                    through = [indexes[hop.interface] for hop in route.hops]
                    yield f"route {route}", routes.again(route.raw, through, _FLAGS[how])

    def gone(self, was: State, now: State, netns: Netns, removed: Container[Key]) -> Iterator[str]:
        there = now.rows(self, netns)
        up = {one.name for one in inside(now, netns).values() if one.up}
        for slot, before in was.rows(self, netns).items():
            for route in before if slot not in there and (str(slot),) not in removed else ():
                through = {hop.interface for hop in route.hops}
                if route.protocol != KERNEL and (through & up or not through):
                    yield f"route {route}"


ROUTE = RouteKind()


class _Routes(Reading[tuple[Route, ...]]):
    """One reading of routes."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        rows = self._state.table(ROUTE, netns)
        for family in (_AF_INET, _AF_INET6):
            for raw in route.dump(requests.routes(family)):
                report = reports.route(raw)
                if report is None or report.flags & _CLONED or (report.table == LOCAL and report.protocol == KERNEL):
                    continue
                one = _route(report, raw, names)
                rows[one.slot] = (*rows[one.slot], one) if one.slot in rows else (one,)


def _route(report: reports.RouteReport, raw: bytes, names: Mapping[Optional[int], str]) -> Route:
    destination = "::/0" if report.version == 6 and report.destination == "default" else report.destination
    slot = Slot(report.version, report.table, destination, report.metric or 0, report.tos, report.origin or "")
    hops: tuple[Hop, ...] = ()
    if report.kind not in routes.NOWHERE:
        hops = tuple(
            [
                Hop(hop.gateway or "", names.get(hop.ifindex, ""), hop.weight, bool(hop.flags & routes.ONLINK))
                for hop in report.hops
            ]
        )
    return Route(
        slot,
        hops,
        report.kind,
        report.scope,
        report.source or "",
        report.mtu or 0,
        report.protocol,
        report.object_id is not None,
        raw,
    )


class _Upon:
    """What the kernel leaves of routes upon an event, seen from the state before it."""

    def __init__(self, state: State, event: Event) -> None:
        self._state, self._event = state, event
        here = Endpoint(event.netns, event.interface)
        own = [one.text for one in of(state, here)]
        #: The addresses that the interface loses with IPv4, and with IPv6 only when they are deleted by name.
        lost = event.addresses if event.what == FEWER_ADDRESSES else own if event.what in (MOVED, GONE) else ()
        others = [
            one.text
            for interface, there in state.rows(ADDRESS, event.netns).items()
            for one in there
            if interface != event.interface or one.text not in lost
        ]
        self._lost = {_host(text) for text in lost} - {_host(text) for text in others}
        self._networks = [InterfaceAddress.read(text).network for text in own]
        self._keeps_ipv4 = any(":" not in text and text not in lost for text in own)

    def left(self, there: tuple[Route, ...]) -> tuple[Route, ...]:
        """Return what is left of the routes of a slot."""
        return tuple([left for one in there for left in [self._left(one)] if left is not None])

    def _left(self, route: Route) -> Optional[Route]:
        """Return what is left of a route; None: nothing.

        fib_sync_down_dev() and fib_sync_down_addr() in net/ipv4/fib_semantics.c, fib6_ifdown() and
        fib6_remove_prefsrc() in net/ipv6/route.c.
        """
        what, is_ipv6 = self._event.what, route.slot.version == 6
        if route.source in self._lost and (not is_ipv6 or what == FEWER_ADDRESSES):
            if not is_ipv6:
                return None
            route = route._replace(source="", raw=b"")
        if (what == FEWER_ADDRESSES and (is_ipv6 or self._keeps_ipv4)) or (what == NO_IPV6 and not is_ipv6):
            return route
        if is_ipv6 and route.kind in routes.NOWHERE:
            return None if self._event.interface == "lo" else route
        if what == DOWN and not is_ipv6 and route.scope == HOST:
            return route
        left = tuple([hop for hop in route.hops if not self._leads_through(hop)])
        if len(left) == len(route.hops):
            return route
        if what in (DOWN, FEWER_ADDRESSES):
            # Next hops that are dead stay until all are, and come to life again.
            return route if any(self._is_alive(hop, is_ipv6) for hop in left) else None
        if not is_ipv6 or not left:
            return None
        if len(left) == 1:
            left = (left[0]._replace(weight=1),)
        return route._replace(hops=left, raw=b"")

    def _leads_through(self, hop: Hop) -> bool:
        if hop.interface or not hop.gateway:
            return hop.interface == self._event.interface
        gateway = address_bytes(hop.gateway)
        return any(network.has(gateway) for network in self._networks)

    def _is_alive(self, hop: Hop, is_ipv6: bool) -> bool:
        if not hop.interface:
            return True
        end = Endpoint(self._event.netns, hop.interface)
        interface = find(self._state, end)
        up = interface is not None and interface.up
        return up and (is_ipv6 or any(one.version == 4 for one in of(self._state, end)))


def _host(text: str) -> str:
    return text.partition("/")[0]


def _put(state: State, netns: Netns, slot: Slot, there: tuple[Route, ...]) -> None:
    if there:
        state.put(ROUTE, netns, slot, there)
    else:
        state.drop(ROUTE, netns, slot)


def of_thing(state: State, thing: Thing) -> tuple[Route, ...]:
    """Return the routes of a thing's slot."""
    return state.row(ROUTE, thing.netns, Slot.read(thing.key[0])) or ()


def _missing(before: tuple[Route, ...], after: tuple[Route, ...]) -> Iterator[tuple[Route, str]]:
    """Yield what is to be put back of the routes of a slot, and how; what the kernel makes by itself it makes again."""
    there = [_lasting(one) for one in after]
    for place, route in enumerate(before):
        if route.protocol != KERNEL and _lasting(route) not in there:
            yield route, "replace" if len(before) == len(after) == 1 else "append" if place or after else "add"


def _lasting(route: Route) -> tuple[Route, tuple[tuple[int, bytes], ...]]:
    """Return a route without what has become of it, to be compared."""
    return route._replace(raw=b""), routes.settings(route.raw)


def _view(netns: Netns, slot: Slot, there: Sequence[Route], shown: bool = True) -> dict[str, Any]:
    if not there:
        return {}
    return tree([*branch(netns), "routes", str(slot)], "; ".join(one.content(shown) for one in there))


def by_people(state: State, netns: Netns, tables: AbstractSet[int]) -> list[Route]:
    """Return the routes of some tables that people made, in order."""
    rows = state.rows(ROUTE, netns).items()
    found = (one for slot, there in rows if slot.table in tables for one in there if one.protocol in BY_PEOPLE)
    return sorted(found, key=order)


def in_results(state: State, netns: Netns, tables: AbstractSet[int]) -> list[dict[str, Any]]:
    """Return the same as a result has them: as one would write them."""
    return [as_written(one) for one in by_people(state, netns, tables)]


@immutable
class OneRoute(Declared):
    """A namespace has this route, or none of its slot that has all that is stated of it.

    ``record`` names the ownership record of the topology that has it.
    """

    path: str
    netns: Netns
    route: Route
    present: bool = True
    record: str = ""
    stage = LATE

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(ROUTE, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if not self.present:
            for one in self._there(state):
                if is_to_be_gone(self.route, one):
                    yield DeleteRoute(self.netns, one)
            return
        demand_namespace(state, "netns", self.netns)
        several = len(self.route.hops) > 1
        for number, hop in enumerate(self.route.hops):
            if hop.interface:
                option = f"nexthops[{number}].dev" if several else "dev"
                require(state, self.path, Endpoint(self.netns, hop.interface), option)
        there = self._there(state)
        for one in there:
            if is_as_declared(self.route, one):
                return
        if not there and self._is_given(state):
            return
        taken = next((one for one in there if one.protocol not in BY_PEOPLE), None)
        if taken is not None:
            giver = _GIVERS.get(taken.protocol, "a program")
            protocol = PROTOCOLS.get(taken.protocol, taken.protocol)
            raise Impossible(
                self.path,
                f"{self.route.slot} in {describe(self.netns)} is taken by a route that {giver} gave "
                f"(proto {protocol}): {taken}; it was not touched: choose another metric",
            )
        if there and self.record and not self._is_recorded(state):
            state.notes.append(
                f"{self.route.slot} in {describe(self.netns)} is somebody else's, {there[0]}: the topology's takes its "
                "place, and it does not come back when that goes."
            )
        yield SetRoute(self.netns, self.route, "replace" if there else "add")

    def _is_recorded(self, state: State) -> bool:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import record_of

        record = record_of(state, self.record)
        return record is not None and Thing(ROUTE, self.netns, (str(self.route.slot),)) in record.things

    def _there(self, state: State) -> tuple[Route, ...]:
        return state.row(ROUTE, self.netns, self.route.slot) or ()

    def _is_given(self, state: State) -> bool:
        """Tell whether the kernel gives the route by itself, with an address of its interface."""
        slot, hops = self.route.slot, self.route.hops
        if len(hops) != 1 or hops[0].gateway or slot.table != MAIN:
            return False
        found = find(state, Endpoint(self.netns, hops[0].interface))
        there = of(state, Endpoint(self.netns, hops[0].interface)) if found is not None and found.up else ()
        alike = [one for one in there if not one.peer and one.value.network.text == slot.destination]
        if not alike:
            return False
        from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import details_of

        usual = IPV6_CONNECTED if slot.version == 6 else 0
        details = [details_of(one, hops[0].interface) for one in alike]
        return any((one.metric or usual) == slot.metric and not one.noprefixroute for one in details)

    def view(self, state: State) -> dict[str, Any]:
        stated = all(hop.interface for hop in self.route.hops)
        # What the kernel gives by itself, with an address, nobody foresees.
        there = [one for one in self._there(state) if one.protocol != KERNEL or not self.present]
        return _view(self.netns, self.route.slot, there, stated)

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        return self.netns in created

    def endpoints(self) -> set[Endpoint]:
        # Its own place, which no interface has, for of those that name no interface each is possible by itself.
        interfaces = [hop.interface for hop in self.route.hops if hop.interface]
        return {Endpoint(self.netns, name) for name in interfaces or [self.path]}

    def things(self) -> Iterable[Thing]:
        return [Thing(ROUTE, self.netns, (str(self.route.slot),))]


#: Who gives routes, by their protocols.
_GIVERS = {1: "the kernel", KERNEL: "the kernel", 9: "a router's advertisement"}


@immutable
class NoOtherRoutes(Declared):
    """With ``remove``, some tables of a namespace have no other routes than these that people made.

    Their routes are looked at anyway, so that a result can have them.
    """

    path: str
    netns: Netns
    routes: tuple[Route, ...]
    tables: frozenset[int]
    remove: bool

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(ROUTE, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if not self.remove:
            return
        demand_namespace(state, "netns", self.netns)
        kept = {route.slot: route for route in self.routes}
        for one in by_people(state, self.netns, self.tables):
            if one.slot not in kept or not is_as_declared(kept[one.slot], one):
                yield DeleteRoute(self.netns, one)

    def view(self, state: State) -> dict[str, Any]:
        if not self.remove:
            return {}
        kept = {route.slot for route in self.routes}
        others = {
            str(one.slot): one.content() for one in by_people(state, self.netns, self.tables) if one.slot not in kept
        }
        return tree([*branch(self.netns), "routes"], others) if others else {}


_FLAGS = {
    "add": CREATE | EXCL,
    "append": CREATE | APPEND,
    "replace": CREATE | REPLACE,
}


@immutable
class SetRoute(Request):
    """Make a route, as ``ip route`` does with the word ``how``: add, append or replace."""

    netns: Netns
    route: Route
    how: str = "add"

    def command(self) -> Sequence[str]:
        return ip(self.netns, "route", self.how, *self.route.arguments())

    def at_boot(self, script: Script) -> None:
        script.late = script.late or self.netns is None
        (thing,) = self.makes()
        script.make(replace(self, how="add").command(), thing, replace(self, how="replace").command())

    def message(self, codec: Codec, sender: Sender) -> bytes:
        route, flags = self.route, _FLAGS[self.how]
        through = _indexes(self.netns, route, sender)
        if route.raw:
            return routes.again(route.raw, through, flags)
        return routes.request(routes.NEWROUTE, flags, route.report(through))

    def makes(self) -> Sequence[Thing]:
        return [] if self.route.raw else [Thing(ROUTE, self.netns, (str(self.route.slot),))]

    def achieved(self, error: int) -> bool:
        return bool(self.route.raw) and error == errno.EEXIST

    def effect(self, state: State) -> None:
        slot = self.route.slot
        there = state.row(ROUTE, self.netns, slot) or ()
        place = self._replaced(there)
        if place is None:
            state.put(ROUTE, self.netns, slot, (*there, self.route))
        else:
            state.put(ROUTE, self.netns, slot, (*there[:place], self.route, *there[place + 1 :]))

    def _replaced(self, there: Sequence[Route]) -> Optional[int]:
        """Return the place of the route that this one takes the place of: the first one of its slot.

        Of IPv6 routes the first one that could be one of several next hops, as it could, or else could not (
        rt6_qualify_for_ecmp() and fib6_add_rt2node() in net/ipv6/ip6_fib.c).
        """
        if self.how != "replace" or not there:
            return None
        alike = (place for place, one in enumerate(there) if has_gateways(one) == has_gateways(self.route))
        return next(alike, 0) if self.route.slot.version == 6 else 0

    def undo(self, before: State) -> Iterable[Step]:
        there = before.row(ROUTE, self.netns, self.route.slot) or ()
        place = self._replaced(there)
        if place is None:
            return [DeleteRoute(self.netns, self.route)]
        return [SetRoute(self.netns, there[place], "replace")]


@immutable
class DeleteRoute(Request):
    """Delete a route."""

    netns: Netns
    route: Route

    def command(self) -> Sequence[str]:
        return ip(self.netns, "route", "delete", *self._named().arguments())

    def message(self, codec: Codec, sender: Sender) -> bytes:
        named = self._named()
        report = named.report(_indexes(self.netns, named, sender))
        kind = 0 if named.kind == UNICAST else named.kind
        return routes.request(routes.DELROUTE, 0, report._replace(scope=NO_SCOPE, kind=kind))

    def _named(self) -> Route:
        """Return as much of it as the kernel needs to know it."""
        route = self.route
        hops = route.hops if len(route.hops) == 1 and not route.of_object else ()
        bare = tuple(hop._replace(onlink=False) for hop in hops)
        scope = usual_scope(route.slot.version, route.kind, bare)
        return route._replace(hops=bare, source="", mtu=0, scope=scope)

    def removes(self) -> Sequence[Thing]:
        return [Thing(ROUTE, self.netns, (str(self.route.slot),))]

    def achieved(self, error: int) -> bool:
        return error in (errno.ESRCH, errno.ENODEV)

    def effect(self, state: State) -> None:
        slot = self.route.slot
        there = state.row(ROUTE, self.netns, slot) or ()
        _put(state, self.netns, slot, tuple(one for one in there if one != self.route))

    def undo(self, before: State) -> Iterable[Step]:
        there = before.row(ROUTE, self.netns, self.route.slot) or ()
        if self.route not in there:
            return []
        # The first of a slot counts: what comes after it is taken away and follows it back.
        place = there.index(self.route)
        after = there[place + 1 :]
        away = [DeleteRoute(self.netns, one) for one in reversed(after)]
        back = [SetRoute(self.netns, one, "append") for one in after]
        return [*away, SetRoute(self.netns, self.route, "append" if place else "add"), *back]


def _indexes(netns: Netns, route: Route, sender: Sender) -> list[int]:
    """Return the indexes of the interfaces of the next hops of a route, 0 where none is stated. Raises: OSError."""
    return [sender.index(netns, hop.interface) if hop.interface and not route.of_object else 0 for hop in route.hops]

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes as bytes, as texts and as steps: what is encoded by hand is what pyroute2 reads, and undoing restores."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE, DeleteRoute, SetRoute
from ansible_collections.linuxnet.netns.plugins.module_utils._model import State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._route import Hop, Route, Slot
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, routes
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

V4, V6 = Slot(4, 254, "10.9.0.0/16", 0), Slot(6, 1000, "fd09::/64", 1024)
ROUTES = [
    Route(V4, (Hop("10.0.0.2", "ea"),), source="10.0.0.1", mtu=1400),
    Route(V4._replace(destination="default", metric=7, tos=16), (Hop("", "ea"),), scope=253),
    Route(V4._replace(table=255), kind=6),
    Route(V4, (Hop("10.0.0.2", "ea", 2), Hop("fe80::1", "eb", 256, True))),
    Route(V4, (Hop("fe80::1", "ea"),)),
    Route(V6, (Hop("fe80::1", "ea", 1, True),), source="fd00::1"),
    Route(V6._replace(destination="::/0", origin="fd01::/48"), (Hop("fd00::1", "ea", 3), Hop("fd00::2", "eb"))),
]
INDEXES = {"": 0, "ea": 7, "eb": 70000}
each_route = pytest.mark.parametrize("route", ROUTES, ids=str)


def encoded(route: Route) -> bytes:
    return routes.request(routes.NEWROUTE, 0, route.report([INDEXES[hop.interface] for hop in route.hops]))


@each_route
def test_what_is_encoded_is_read_back_as_it_was_meant(route: Route) -> None:
    told = reports.route(encoded(route))
    assert told is not None
    meant = route.report([INDEXES[hop.interface] for hop in route.hops])
    hops = meant.hops or (reports.Hop(None, None),)
    hops = tuple(hop._replace(gateway=hop.gateway or None, ifindex=hop.ifindex or None) for hop in hops)
    flags = hops[0].flags if len(hops) == 1 else 0
    assert told == meant._replace(hops=hops, flags=flags, mtu=meant.mtu or None, metric=meant.metric or None)


@each_route
def test_pyroute2_reads_the_same(route: Route) -> None:
    from pyroute2.netlink.rtnl.rtmsg import rtmsg

    message = rtmsg(encoded(route))
    message.decode()
    hops = [message] if len(route.hops) < 2 else message.get_attr("RTA_MULTIPATH")
    slot = route.slot
    destination = None if slot.destination in ("default", "::/0") else slot.destination.partition("/")[0]
    assert message.get_attr("RTA_DST") == destination
    assert message["dst_len"] == (0 if destination is None else int(slot.destination.partition("/")[2]))
    assert message.get_attr("RTA_TABLE") == slot.table
    assert (message.get_attr("RTA_PRIORITY") or 0) == slot.metric
    assert (message["tos"], message["type"], message["proto"]) == (slot.tos, route.kind, 4)
    assert (message.get_attr("RTA_PREFSRC") or "") == route.source
    metrics = message.get_attr("RTA_METRICS")
    assert (metrics.get_attr("RTAX_MTU") if metrics else 0) == route.mtu
    for hop, told in zip(route.hops, hops):
        via = told.get_attr("RTA_VIA")
        assert (via["addr"] if via else told.get_attr("RTA_GATEWAY") or "") == hop.gateway
        assert (told.get_attr("RTA_OIF") or told.get("oif")) == INDEXES[hop.interface]
        assert len(route.hops) == 1 or told["hops"] == hop.weight - 1
        assert bool(told["flags"] & routes.ONLINK) == hop.onlink


@each_route
def test_a_report_becomes_the_request_that_puts_it_back(route: Route) -> None:
    raw = encoded(route)
    moved = [INDEXES[hop.interface] + 1 for hop in route.hops]
    told = reports.route(routes.again(raw, moved, 0))
    before = reports.route(raw)
    assert told is not None
    assert before is not None
    indexes = [hop.ifindex for hop in told.hops if hop.ifindex]
    assert indexes == (moved if route.kind == 1 else [])
    assert [hop._replace(ifindex=0) for hop in told.hops] == [hop._replace(ifindex=0) for hop in before.hops]
    assert told._replace(hops=()) == before._replace(hops=())


@each_route
def test_a_slot_is_read_back_from_its_text(route: Route) -> None:
    assert Slot.read(str(route.slot)) == route.slot
    assert ROUTE.is_key((str(route.slot),), bool)


@pytest.mark.parametrize("text", ["", "10.0.0.0/8 metric", "10.0.0.0/8 metric x", "nowhere", "default table red", 7])
def test_what_is_no_slot_is_no_key(text: Any) -> None:
    assert not ROUTE.is_key((text,), bool)


ROWS = [ROUTES[0], ROUTES[3], ROUTES[2]._replace(slot=V4)]
ROWS6 = [
    Route(V6, (Hop("", "ea"),)),
    Route(V6, (Hop("fd00::1", "ea"),)),
    Route(V6, kind=7),
]
STATES = [tuple(there) for rows in (ROWS, ROWS6) for there in ([], rows[:1], rows[:2], rows)]


@pytest.mark.parametrize("there", STATES, ids=lambda there: "; ".join(map(str, there)))
def test_what_undoes_a_step_restores_the_routes(there: tuple[Route, ...]) -> None:
    before = empty("a")
    slot = there[0].slot if there else V4
    for number, route in enumerate(there):
        applied(before, SetRoute("a", route, "append" if number else "add"))
    assert (before.row(ROUTE, "a", slot) or ()) == there
    new = Route(slot, (Hop("10.0.0.9" if slot is V4 else "fd00::9", "ea"),))
    ways = [SetRoute("a", new, how) for how in (["replace", "append"] if there else ["add", "replace"])]
    for step in [*ways, *(DeleteRoute("a", route) for route in there)]:
        after = before.copy()
        applied(after, step)
        assert after.rows(ROUTE, "a") != before.rows(ROUTE, "a")
        applied(after, *step.undo(before))
        assert after.rows(ROUTE, "a") == before.rows(ROUTE, "a"), str(step)


def applied(state: State, *steps: Step) -> None:
    for step in steps:
        step.effect(state)

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes: what the kernel takes of them is foreseen, what others gave is left alone, what is wrong is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import DeleteAddress
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    DeleteInterface,
    MoveInterface,
    SetInterface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import ALL_PEERS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE, SetRoute
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Scope, State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._route import Hop, Route, Slot
from ansible_collections.linuxnet.netns.tests.integration.cases import CROWDED, ROUTED
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference

SOURCES = (
    "ip -n a addr add 10.3.0.1/32 dev e1; ip -n a addr add 10.3.0.1/32 dev e2; ip -n a addr add 10.4.0.1/24 dev e1;"
    "ip -n a route add 10.30.0.0/16 via 10.2.0.9 src 10.3.0.1; ip -n a route add 10.31.0.0/16 via 10.2.0.9 src 10.1.0.1"
    "; ip -n a route add 10.33.0.0/16 via 10.1.0.9 src 10.4.0.1; ip -n a route add fd31::/64 via fd02::9 src fd01::1;"
    "ip -n a route add fd32::/64 via fd02::9 src fd02::1; ip -n a route add unreachable fd21::/64"
)
#: Through a gateway that only the kernel finds an interface for.
FOUND = SetRoute("a", Route(Slot(4, 254, "10.40.0.0/16", 0), (Hop("10.1.0.7", ""),)))
EVENTS: list[list[Step]] = [
    [SetInterface("a", "e1", "state", "down")],
    [SetInterface("a", "e1", "state", "down"), SetInterface("a", "e2", "state", "down")],
    [SetInterface("a", "e1", "state", "down"), SetInterface("a", "e1", "state", "up")],
    [SetInterface("a", "lo", "state", "down")],
    [SetInterface("a", "e1", "mtu", 1200)],
    [SetInterface("a", "e1", "mac", "02:00:00:00:00:01")],
    [MoveInterface("a", "e1", "b")],
    [DeleteInterface("a", "e1")],
    [DeleteAddress("a", "e1", "10.1.0.1/24"), DeleteAddress("a", "e1", "fd01::1/64")],
    [DeleteAddress("a", "e1", "10.1.0.1/24"), DeleteAddress("a", "e1", "10.3.0.1/32")],
    [DeleteAddress("a", "e1", text) for text in ("10.1.0.1/24", "10.3.0.1/32", "10.4.0.1/24")],
    [
        *(DeleteAddress("a", "e1", text) for text in ("10.1.0.1/24", "10.3.0.1/32", "10.4.0.1/24")),
        SetInterface("a", "e2", "state", "down"),
    ],
    [FOUND, DeleteInterface("a", "e1")],
    [FOUND, DeleteInterface("a", "e2")],
]


def by_others(state: State) -> dict[Slot, list[Any]]:
    """Return the routes that the kernel does not make by itself."""
    rows = state.rows(ROUTE, "a").items()
    return {slot: kept for slot, there in rows for kept in [[told(one) for one in there if one.protocol != 2]] if kept}


def told(route: Route) -> Any:
    hops = [hop if hop.gateway != "10.1.0.7" else hop._replace(interface="") for hop in route.hops]
    return route._replace(hops=tuple(hops), raw=b"")


@pytest.mark.kernel
@pytest.mark.parametrize("steps", EVENTS, ids=lambda steps: "; ".join(map(str, steps)))
def test_what_the_kernel_takes_of_routes_is_foreseen_and_comes_back(host: Host, steps: list[Step]) -> None:
    host.sh(f"{CROWDED}{SOURCES}")
    before = host.dump()
    scope = Scope()
    for netns in ("a", "b"):
        scope.want(INTERFACE, netns, ALL_PEERS)
        scope.want(ROUTE, netns)
    kernel = LinuxKernel(KINDS)
    try:
        was = kernel.observe(scope)
        foreseen = was.copy()
        kernel.checkpoint(["a", "b"])
        for step in steps:
            step.effect(foreseen)
            kernel.apply([step])
        now = kernel.observe(scope)
        assert by_others(now) == by_others(foreseen)
        kernel.apply(_plan.reversal(steps, was)[0])
        assert kernel.put_back() == []
    finally:
        kernel.close()
    assert not difference(before, host.dump())


@pytest.mark.kernel
def test_what_is_there_is_right_however_it_is_written(host: Host) -> None:
    host.sh(CROWDED)
    before = host.dump()
    written = [
        {"to": "0.0.0.0/0", "via": "10.1.0.9", "source": "10.1.0.1", "table": 254},
        {"to": "default", "via": "10.1.0.9", "metric": "7", "type": "unicast"},
        {"to": "default", "via": "FE80::9", "dev": "e1", "metric": 512},
        {"to": "fd08::5/64", "nexthops": [{"via": "fd02:0::9"}, {"via": "fd01::9", "weight": 3, "dev": "e1"}]},
        {"to": "fd09::/64", "dev": "e1", "metric": 0},
        {"to": "10.1.0.0/24", "dev": "e1"},
    ]
    result = host.done("netns_route", netns="a", routes=written)
    assert (result["changed"], result["commands"]) == (False, [])
    assert not difference(before, host.dump())


def test_the_result_can_be_written_as_it_is(host: Host) -> None:
    host.sh(f"{CROWDED}ip -n a route del local 10.7.0.0/16 dev lo table local; ip -n a route del default via 10.2.0.9")
    host.sh("ip -n a -6 route del fd06::/64 from fd77::/64; ip -n a -6 route del fd09::/64 dev e1")
    routes = host.done("netns_route", netns="a", routes=[])["routes"]
    assert {"to": "default", "via": "10.1.0.9", "dev": "e1", "source": "10.1.0.1"} in routes
    assert {"to": "10.8.0.0/16", "type": "blackhole"} in routes
    again = host.done("netns_route", netns="a", routes=routes, exclusive=True)
    assert (again["commands"], again["routes"]) == ([], routes)


def test_what_others_gave_is_not_replaced(host: Host) -> None:
    host.sh(CROWDED)
    routes = [
        {"to": "10.1.0.0/24", "via": "10.2.0.2"},
        {"to": "default", "via": "10.1.0.2", "metric": 7},
        {"to": "::/0", "via": "fd02::2", "metric": 512},
        {"to": "default", "via": "10.1.0.2", "metric": 8},
    ]
    touched = "it was not touched: choose another metric"
    assert host.refused("netns_route", netns="a", routes=routes).splitlines() == [
        "3 mistakes, and nothing was changed:",
        "- routes[0]: 10.1.0.0/24 in namespace a is taken by a route that the kernel gave (proto kernel): "
        f"10.1.0.0/24 dev e1 src 10.1.0.1; {touched}",
        "- routes[1]: default metric 7 in namespace a is taken by a route that a program gave (proto bird): "
        f"default via 10.1.0.9 dev e1 metric 7; {touched}",
        "- routes[2]: ::/0 metric 512 in namespace a is taken by a route that a router's advertisement gave (proto ra)"
        f": ::/0 via fe80::9 dev e1 metric 512; {touched}",
    ]


@pytest.mark.kernel
def test_a_gateway_that_nothing_reaches_is_refused_in_the_kernels_words(host: Host) -> None:
    host.sh(ROUTED)
    routes = [{"to": "10.5.0.0/16", "type": "blackhole"}, {"to": "10.6.0.0/16", "via": "10.99.0.1"}]
    assert host.refused_by_the_kernel("netns_route", netns="a", routes=routes) == (
        "routes[1]: ip -n a route add 10.6.0.0/16 via 10.99.0.1 proto static failed: Network is unreachable "
        "(ENETUNREACH), Nexthop has invalid gateway. All that was done before was undone. The host is as it was."
    )


def test_what_is_not_there_is_told_once_or_assumed(host: Host) -> None:
    routes = [
        {"to": "default", "dev": "e1"},
        {"to": "10.5.0.0/16", "dev": "e2"},
        {"to": "10.6.0.0/16", "type": "prohibit"},
    ]
    result = host.run("netns_route", netns="a", routes=routes)
    assert result["msg"] == "netns: there is no namespace a; create it first, with linuxnet.netns.netns"
    predicted = host.done("netns_route", netns="a", routes=routes, check=True)
    assert len(predicted["commands"]) == len(predicted["warnings"]) == 3
    host.sh("ip netns add a")
    msg = host.run("netns_route", netns="a", routes=routes)["msg"].splitlines()
    assert msg[1:] == [
        "- routes[0].dev: there is no interface e1 in namespace a; it has lo",
        "- routes[1].dev: there is no interface e2 in namespace a; it has lo",
    ]
    assert host.done("netns_route", netns="b", routes=[{"to": "default"}], state="absent")["commands"] == []


LAB: dict[str, Any] = {
    "name": "lab",
    "namespaces": ["a", "b"],
    "links": [{"endpoints": [{"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]}, "b:eb"]}],
    "purge": True,
}


def with_routes(*routes: dict[str, Any]) -> dict[str, Any]:
    return {**LAB, "namespaces": [{"name": "a", "routes": list(routes)}, "b"]}


def test_only_routes_that_a_topology_made_are_purged(host: Host) -> None:
    host.done("netns_topology", **LAB)
    host.sh("ip -n a route add 10.5.0.0/16 via 10.0.0.2")
    own = [{"to": f"10.{number}.0.0/16", "via": "10.0.0.2"} for number in (5, 6, 7, 8)]
    made = host.done("netns_topology", **with_routes(*own))
    assert made["topology"]["made"]["routes"] == 3
    host.sh("ip -n a route replace 10.7.0.0/16 via 10.0.0.3; ip -n a route del 10.8.0.0/16")
    result = host.done("netns_topology", **LAB)
    assert result["commands"] == ["ip -n a route delete 10.6.0.0/16 via 10.0.0.2 dev ea proto static"]
    assert result["topology"]["removed"]["routes"] == 1
    assert result["warnings"] == [
        "Route 10.7.0.0/16 in namespace a is not the one that topology lab made: it was replaced, or its group changed."
        " It is left alone, and no longer counts as the topology's."
    ]
    assert [one["dst"] for one in host.ip("-n", "a", "route")] == ["10.0.0.0/24", "10.5.0.0/16", "10.7.0.0/16"]


def test_routes_that_go_with_what_a_task_does_are_told_unless_they_were_to_go(host: Host) -> None:
    two = {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "10.1.0.1/24"]}
    lab = with_routes({"to": "10.6.0.0/16", "via": "10.0.0.2"})
    host.done("netns_topology", **{**lab, "links": [{"endpoints": [two, "b:eb"]}]})
    host.sh("ip -n a route add 10.7.0.0/16 via 10.0.0.2 src 10.1.0.1")
    result = host.done("netns_topology", **LAB)
    assert result["commands"] == [
        "ip -n a address delete 10.1.0.1/24 dev ea",
        "ip -n a route delete 10.6.0.0/16 via 10.0.0.2 dev ea proto static",
    ]
    gone = "route 10.7.0.0/16 via 10.0.0.2 dev ea src 10.1.0.1 in namespace a"
    assert result["warnings"] == [f"Gone with what the task did: {gone}."]


def test_a_route_drifts_back(host: Host) -> None:
    lab = with_routes({"to": "default", "via": "10.0.0.2"}, {"to": "10.6.0.0/16", "type": "blackhole"})
    host.done("netns_topology", **lab)
    before = host.dump()
    host.sh("ip -n a link set ea down; ip -n a link set ea up; ip -n a route replace unreachable 10.6.0.0/16")
    assert host.done("netns_topology", **lab)["commands"] == [
        "ip -n a route add default via 10.0.0.2 proto static",
        "ip -n a route replace blackhole 10.6.0.0/16 proto static",
    ]
    assert not difference(before, host.dump())


def test_that_the_place_of_somebody_elses_route_is_taken_is_told_and_that_of_ones_own_is_not(host: Host) -> None:
    host.sh("""
        ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up
        ip address add 192.0.2.2/24 dev up0; ip route add default via 192.0.2.1
    """)
    lab = {"name": "lab", "namespaces": ["a"], "host": {"routes": [{"to": "default", "via": "192.0.2.3"}]}}
    told = [
        "default in the host's namespace is somebody else's, default via 192.0.2.1 dev up0: the topology's takes its "
        "place, and it does not come back when that goes."
    ]
    assert host.done("netns_topology", check=True, **lab)["warnings"] == told
    result = host.done("netns_topology", **lab)
    assert (result["warnings"], result["commands"][-1]) == (told, "ip route replace default via 192.0.2.3 proto static")
    host.sh("ip route replace default via 192.0.2.4")
    again = host.done("netns_topology", **lab)
    assert (again["changed"], again.get("warnings")) == (True, None)

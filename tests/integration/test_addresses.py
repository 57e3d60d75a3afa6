# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that are there and not as declared, or not alone: they expire, somebody else has them, they have a peer.

And those that routers give; and which one of a subnet is the primary one.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import PAIR
from ansible_collections.linuxnet.netns.tests.integration.host import Host, shown
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse


def lifetimes(host: Host, interface: str) -> dict[str, Any]:
    """Return the lifetimes of the addresses of an interface in namespace a, in seconds, by address."""
    (link,) = host.ip("-n", "a", "address", "show", "dev", interface)
    return {f"{one['local']}/{one['prefixlen']}": one["valid_life_time"] for one in link["addr_info"]}


FOREVER = 4294967295


@pytest.mark.kernel
@pytest.mark.parametrize("text", ["10.0.0.5/24", "fd00::5/64"])
def test_an_address_that_expires_is_kept_for_ever(host: Host, text: str) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n a addr add {text} dev ea valid_lft 1000 preferred_lft 900 nodad")
    options = {"netns": "a", "interface": "ea", "addresses": [text]}
    predicted = host.done("netns_addr", check=True, **options)
    assert lifetimes(host, "ea")[text] <= 1000
    result = host.done("netns_addr", **options)
    # To the kernel, what is not said of an IPv6 address is to be unset.
    kept = " nodad" if ":" in text else ""
    change = f"ip -n a address change {text} dev ea{kept} valid_lft forever preferred_lft forever"
    assert predicted["commands"] == result["commands"] == [change]
    assert predicted["diff"] == result["diff"]
    assert f"{text} (expires)" in shown(result, "before")
    assert lifetimes(host, "ea")[text] == FOREVER
    assert host.done("netns_addr", **options)["changed"] is False
    host.sh(f"ip -n a addr change {text} dev ea valid_lft 1000 preferred_lft 900")
    host.sh(change)
    assert host.done("netns_addr", **options)["changed"] is False


@pytest.mark.kernel
def test_a_lifetime_comes_back_with_a_rollback(host: Host, refuse: Refuse) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n a addr add 10.0.0.5/24 dev ea valid_lft 1000 preferred_lft 900")
    refuse(1)
    addresses = ["10.0.0.5/24", "10.1.0.1/24"]
    message = host.run("netns_addr", netns="a", interface="ea", addresses=addresses)["msg"]
    assert message.endswith("The host is as it was."), message
    assert 900 < lifetimes(host, "ea")["10.0.0.5/24"] <= 1000


@pytest.mark.kernel
def test_exclusive_leaves_what_routers_advertise(host: Host) -> None:
    advertised = "2001:db8::5/64 dev ea valid_lft 1000 preferred_lft 900 mngtmpaddr nodad"
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n a addr add {advertised}; ip -n a addr add 10.0.0.9/24 dev ea")
    options = {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"], "exclusive": True}
    assert host.done("netns_addr", **options)["addresses"] == ["10.0.0.1/24", "2001:db8::5/64"]
    assert host.done("netns_addr", **options)["changed"] is False


def state_of(host: Host, netns: str, interface: str, state: str) -> bool:
    """Tell whether an interface has an address in a state: tentative, dadfailed."""
    (link,) = host.ip("-n", netns, "address", "show", "dev", interface)
    return any(one.get(state) for one in link.get("addr_info", []))


@pytest.mark.kernel
def test_a_duplicate_address_is_made_anew(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n b addr add fd00::5/64 dev eb nodad; ip -n a link set ea up; ip -n b link set eb up")
    until = time.monotonic() + 60
    while not state_of(host, "a", "ea", "dadfailed"):
        assert time.monotonic() < until
        # Its first question may be lost while the other end is settling; then it is asked for again.
        host.sh(
            "ip -n a addr delete fd00::5/64 dev ea 2>/dev/null || true; sleep 0.5; ip -n a addr add fd00::5/64 dev ea"
        )
        while state_of(host, "a", "ea", "tentative") and not state_of(host, "a", "ea", "dadfailed"):
            time.sleep(0.1)
    host.sh("ip -n b addr delete fd00::5/64 dev eb")
    result = host.done("netns_addr", netns="a", interface="ea", addresses=["fd00::5/64"])
    assert result["commands"] == [
        "ip -n a address delete fd00::5/64 dev ea",
        "ip -n a address add fd00::5/64 dev ea",
    ]


def test_an_address_is_another_than_one_with_a_peer(host: Host) -> None:
    host.sh(
        f"{PAIR}; for y in /32 ' peer 10.0.0.2/32' ' peer 10.0.0.3/32'; do ip -n a addr add 10.0.0.1$y dev ea; done"
    )
    host.sh("ip -n a addr add fd00::1 peer fd00::2/128 dev ea")
    options = {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/32", "fd00::1/128"], "state": "absent"}
    result = host.done("netns_addr", **options)
    assert result["commands"] == ["ip -n a address delete 10.0.0.1/32 dev ea"]
    others = ["10.0.0.1 peer 10.0.0.2/32", "10.0.0.1 peer 10.0.0.3/32", "fd00::1 peer fd00::2/128"]
    assert result["addresses"] == others
    assert host.done("netns_addr", **options)["commands"] == []
    again = {**options, "addresses": ["10.0.0.1/32"], "state": "present"}
    assert host.done("netns_addr", **again)["addresses"] == ["10.0.0.1/32", *others]
    assert host.done("netns_addr", **again)["commands"] == []


def test_an_address_that_cannot_be_beside_one_with_a_peer_is_refused(host: Host) -> None:
    host.sh(
        f"{PAIR}; ip -n a addr add 10.0.0.1 peer 10.0.0.9/24 dev ea; ip -n a addr add fd00::1 peer fd00::2/128 dev ea"
    )
    options = {"netns": "a", "interface": "ea"}
    assert host.refused("netns_addr", **options, addresses=["10.0.0.1/24"]) == (
        "addresses: 10.0.0.1/24 cannot be added to ea in namespace a, which has 10.0.0.1 peer 10.0.0.9/24 already: the "
        "kernel takes an IPv4 address with one peer only; remove one of the two"
    )
    assert "which has fd00::1 peer fd00::2/128 already: the kernel takes an IPv6 address with one peer only" in (
        host.refused("netns_addr", **options, addresses=["fd00::1/128"])
    )
    # What the kernel would take for the same is not declared here.
    assert host.done("netns_addr", **options, addresses=["10.0.0.1/24"], state="absent")["commands"] == []


@pytest.mark.parametrize(
    ("there", "options", "primary", "elsewhere"),
    [
        ("", {"addresses": ["10.0.0.2/24", "10.0.0.1/24", "10.1.0.1/24"]}, "10.0.0.2", "10.0.0.2"),
        ("1 3", {"addresses": ["10.0.0.2/24", "10.0.0.3/24", "10.0.0.1/24"]}, "10.0.0.1", "10.0.0.1"),
        ("1 3", {"addresses": ["10.0.0.2/24", "10.0.0.3/24"], "exclusive": True}, "10.0.0.3", "10.0.0.3"),
        ("3 1", {"addresses": ["10.0.0.2/24"], "exclusive": True}, "10.0.0.2", "10.0.0.2"),
        ("1 2 3", {"addresses": ["10.0.0.1/24"], "state": "absent"}, "10.0.0.2", "10.0.0.2"),
        ("1", {"addresses": ["10.1.0.1/24", "10.0.0.2/24"], "exclusive": True}, "10.0.0.2", "10.1.0.1"),
    ],
    ids=["the first", "what was there", "the oldest that stays", "the new one", "the next", "of another subnet"],
)
@pytest.mark.parametrize("promotes", [0, 1])
def test_which_address_of_a_subnet_is_the_primary_one(
    host: Host, promotes: int, there: str, options: dict[str, Any], primary: str, elsewhere: str
) -> None:
    host.sh(f"""
        {PAIR}; ip -n a link set ea up; ip -n b link set eb up
        ip netns exec a sysctl -qw net.ipv4.conf.ea.promote_secondaries={promotes}
        for n in {there}; do ip -n a addr add 10.0.0.$n/24 dev ea; done
    """)
    host.done("netns_addr", netns="a", interface="ea", **options)
    (link,) = host.ip("-n", "a", "-4", "address", "show", "dev", "ea")
    mine = [one for one in link["addr_info"] if one["local"].startswith("10.0.0.")]
    assert [one["local"] for one in mine if not one.get("secondary")] == [primary]
    # What is sent to the subnet comes from it; and what is sent elsewhere from the first address of all.
    host.sh("ip -n a route add 203.0.113.0/24 dev ea")
    sources = [host.ip("-n", "a", "route", "get", to)[0]["prefsrc"] for to in ("10.0.0.77", "203.0.113.7")]
    assert sources == [primary, elsewhere]


@pytest.mark.parametrize("promotes", [0, 1])
def test_a_primary_address_that_is_made_anew_stays_the_primary_one(host: Host, promotes: int) -> None:
    host.sh(f"""
        {PAIR}; ip -n a link set ea up
        ip netns exec a sysctl -qw net.ipv4.conf.ea.promote_secondaries={promotes}
        for n in 1 2 3; do ip -n a addr add 10.0.0.$n/24 dev ea; done
    """)
    result = host.done(
        "netns_addr", netns="a", interface="ea", addresses=[{"address": "10.0.0.1/24", "broadcast": "+"}]
    )
    (link,) = host.ip("-n", "a", "-4", "address", "show", "dev", "ea")
    assert [(one["local"], one.get("secondary", False)) for one in link["addr_info"]] == [
        ("10.0.0.1", False),
        ("10.0.0.2", True),
        ("10.0.0.3", True),
    ]
    assert "10.0.0.1/24 broadcast 10.0.0.255" in shown(result, "after")


@pytest.mark.parametrize(
    ("lifetime", "left", "words"),
    [(1000, 900, ""), (10000, 900, "lifetime shorter"), (100, 900, "lifetime longer")],
    ids=["not renewed", "renewed", "cut"],
)
def test_a_lifetime_begins_again_when_less_than_half_of_it_is_left(
    host: Host, lifetime: int, left: int, words: str
) -> None:
    host.sh(f"{PAIR}; ip -n a addr add 10.0.0.5/24 dev ea valid_lft {left} preferred_lft {left}")
    options = {"netns": "a", "interface": "ea", "addresses": [{"address": "10.0.0.5/24", "lifetime": lifetime}]}
    result = host.done("netns_addr", **options)
    assert result["changed"] is bool(words)
    assert words in shown(result, "before")
    assert lifetime // 2 < lifetimes(host, "ea")["10.0.0.5/24"] <= lifetime


def test_what_is_made_anew_or_changed_does_not_come_to_belong_to_the_topology(host: Host) -> None:
    host.sh(
        "ip link add eth9 type veth peer name p9; ip addr add 10.9.0.1/24 dev eth9; ip addr add fd09::1/64 dev eth9"
    )
    addresses: list[Any] = [
        {"address": "10.9.0.1/24", "label": "eth9:x"},
        {"address": "fd09::1/64", "metric": 7},
        "10.9.1.1/24",
    ]
    host.done("netns_topology", name="lab", host={"addresses": {"eth9": addresses}})
    result = host.done("netns_topology", name="lab", host={"addresses": {"eth9": []}}, purge=True)
    assert result["commands"] == ["ip address delete 10.9.1.1/24 dev eth9"]


#: Binds a socket to an address.
BIND = "import socket, sys; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).bind((sys.argv[1], 5000))"


def test_a_service_can_be_bound_once_the_address_was_waited_for(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n b link set eb up")
    host.done("netns_addr", netns="a", interface="ea", addresses=["10.0.0.1/24", "fd00::1/64", "fd00::2/64"], wait=60)
    assert not tentative(host, "a", "ea") & {"fd00::1", "fd00::2"}
    for address in ("fd00::1", "fd00::2"):
        host.sh(f"ip netns exec a {sys.executable} -c '{BIND}' {address}")


def tentative(host: Host, netns: str, interface: str) -> set[str]:
    """Return the addresses of an interface that are tentative."""
    (link,) = host.ip(*(["-n", netns] if netns else []), "address", "show", "dev", interface)
    return {one["local"] for one in link.get("addr_info", []) if one.get("tentative")}


def test_a_topology_waits_for_what_is_up_on_both_ends(host: Host) -> None:
    host.sh("ip link add eth9 type veth peer name p9; ip link set eth9 up; ip link set p9 up")

    def end(netns: str, interface: str, number: int, **more: Any) -> dict[str, Any]:
        return {"netns": netns, "interface": interface, "addresses": [f"fd0{number}::{number}/64"], **more}

    links = [
        {"endpoints": [end("a", "ea", 1), end("b", "eb", 2)]},
        {"endpoints": [end("a", "fa", 3), end("b", "fb", 4, state="down")]},
    ]
    options: dict[str, Any] = {"name": "lab", "namespaces": ["a", "b"], "links": links}
    host.done("netns_topology", **options, host={"addresses": {"eth9": ["fd05::5/64"]}}, wait=60)
    waited = tentative(host, "a", "ea") | tentative(host, "b", "eb") | tentative(host, "", "eth9")
    assert not {one for one in waited if one.startswith("fd")}


def test_why_an_address_still_cannot_be_used_is_told(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n a addr add 10.0.0.1/24 dev ea")
    options: dict[str, Any] = {"netns": "a", "interface": "ea", "addresses": ["fd00::1/64"], "wait": 0.1}

    def failed() -> str:
        result = host.run("netns_addr", **options)
        assert result["failed"] is True
        return str(result["msg"])

    tentative = "wait: fd00::1/64 on ea in namespace a is tentative: "
    assert failed() == f"{tentative}the interface is down, so it cannot be used; set it up first"
    host.sh("ip -n a link set ea up")
    assert failed() == f"{tentative}the interface has no carrier after 0.1 s: is its peer up too?"
    assert host.run("netns_addr", **options, check=True)["failed"] is True
    # So many questions, a second each, are never over while this waits.
    host.sh("ip netns exec a sysctl -qw net.ipv6.conf.ea.dad_transmits=100; ip -n b link set eb up")
    host.sh("ip -n a addr delete fd00::1/64 dev ea")
    assert failed() == (
        f"{tentative}duplicate address detection has not ended after 0.1 s; wait for longer, or declare the address "
        "with nodad"
    )


def test_a_duplicate_address_fails_the_wait_at_once(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n b addr add fd00::5/64 dev eb nodad; ip -n a link set ea up; ip -n b link set eb up")
    host.sh("until ip -n b -6 route show table local | grep -q fd00::5; do sleep 0.05; done")
    options: dict[str, Any] = {"netns": "a", "interface": "ea", "addresses": ["fd00::5/64"]}
    result: dict[str, Any] = {}
    until = time.monotonic() + 60
    # Its question may be lost while the other end is settling; then it is asked for again.
    while not result.get("failed"):
        assert time.monotonic() < until
        host.done("netns_addr", **options, state="absent")
        result = host.run("netns_addr", **options, wait=600)
    assert result["msg"] == (
        "wait: fd00::5/64 on ea in namespace a is a duplicate (dadfailed): another interface on its link has this "
        "address; give one of the two another address, and run the task again"
    )


@pytest.mark.parametrize("keeps", [0, 1])
def test_ipv6_addresses_that_go_with_an_interface_going_down_come_again(host: Host, keeps: int) -> None:
    host.sh(f"""
        {PAIR}; ip -n a link set ea up; ip -n a addr add fd00::1/64 dev ea nodad
        ip netns exec a sysctl -qw net.ipv6.conf.ea.keep_addr_on_down={keeps}
    """)
    ends = [
        {"netns": "a", "interface": "ea", "state": "down", "addresses": ["fd00::1/64"]},
        {"netns": "b", "interface": "eb", "state": "down"},
    ]
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], links=[{"endpoints": ends}])
    down, again = "ip -n a link set dev ea down", "ip -n a address add fd00::1/64 dev ea"
    assert [one for one in result["commands"] if " ea" in one] == ([down] if keeps else [down, again])
    assert "fd00::1/64" in lifetimes(host, "ea")

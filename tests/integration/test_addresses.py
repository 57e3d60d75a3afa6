# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that are there and not as declared, or not alone: they expire, somebody else has them, they have a peer.

And those that routers give; and which one of a subnet is the primary one.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import PAIR
from ansible_collections.linuxnet.netns.tests.integration.host import Host, shown
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse


def lifetimes(host: Host, interface: str) -> dict[str, Any]:
    """The lifetimes of the addresses of an interface in namespace a, in seconds, by address."""
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
    """Whether an interface has an address in a state: tentative, dadfailed."""
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

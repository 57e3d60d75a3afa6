# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that are there and not as declared: they expire, or somebody else has them; and those that routers give."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import PAIR
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse


def lifetimes(host: Host, interface: str) -> dict[str, Any]:
    """The lifetimes of the addresses of an interface in namespace a, in seconds, by address."""
    (link,) = host.ip("-n", "a", "address", "show", "dev", interface)
    return {f"{one['local']}/{one['prefixlen']}": one["valid_life_time"] for one in link["addr_info"]}


FOREVER = 4294967295


@pytest.mark.parametrize("text", ["10.0.0.5/24", "fd00::5/64"])
def test_an_address_that_expires_is_kept_for_ever(host: Host, text: str) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n a addr add {text} dev ea valid_lft 1000 preferred_lft 900 nodad")
    options = {"netns": "a", "interface": "ea", "addresses": [text]}
    predicted = host.done("netns_addr", check=True, **options)
    assert lifetimes(host, "ea")[text] <= 1000
    result = host.done("netns_addr", **options)
    change = f"ip -n a address change {text} dev ea valid_lft forever preferred_lft forever"
    assert predicted["commands"] == result["commands"] == [change]
    assert predicted["diff"] == result["diff"]
    assert f"{text} (expires)" in result["diff"]["before"]
    assert lifetimes(host, "ea")[text] == FOREVER
    assert host.done("netns_addr", **options)["changed"] is False
    host.sh(f"ip -n a addr change {text} dev ea valid_lft 1000 preferred_lft 900")
    host.sh(change)
    assert host.done("netns_addr", **options)["changed"] is False


def test_a_lifetime_comes_back_with_a_rollback(host: Host, refuse: Refuse) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea up; ip -n a addr add 10.0.0.5/24 dev ea valid_lft 1000 preferred_lft 900")
    refuse(1)
    addresses = ["10.0.0.5/24", "10.1.0.1/24"]
    message = host.run("netns_addr", netns="a", interface="ea", addresses=addresses)["msg"]
    assert message.endswith("The host is as it was."), message
    assert 900 < lifetimes(host, "ea")["10.0.0.5/24"] <= 1000


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

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sysctls: what cannot be set is said before anything is, what goes with one is said, and what a topology set stays."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import FORWARDING, PAIR, PLUGGED
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, shown


def sysctl(host: Host, name: str, netns: str = "") -> str:
    """Return the value of a sysctl, in a namespace or on the host."""
    return host.sh(f"{f'ip netns exec {netns} ' if netns else ''}sysctl -n {name}").strip()


def test_all_mistakes_are_told_before_anything_is_set(host: Host) -> None:
    host.sh(f"{PAIR}; ip -n a link set ea mtu 1000")
    sysctls = {
        "net.ipv4.ip_forward": 1,
        "net.ipv4.ip_forwad": 1,
        "net.ipv4.conf.ea.rp_filte": 1,
        "net.ipv4.conf.ea.foo": 1,
        "net.ipv6.conf.ea.accept_ra": 1,
        "net.ipv4.tcp_available_congestion_control": "reno",
        "net.ipv4.route.flush": 1,
    }
    assert host.refused("netns_sysctl", netns="a", sysctls=sysctls).splitlines() == [
        "6 mistakes, and nothing was changed:",
        "- sysctls.net.ipv4.ip_forwad: this kernel has no such sysctl; did you mean net.ipv4.ip_forward?",
        "- sysctls.net.ipv4.tcp_available_congestion_control: it can only be read",
        "- sysctls.net.ipv4.route.flush: it cannot be read, so that it is no setting but a command; use sysctl(8)",
        "- sysctls.net.ipv4.conf.ea.rp_filte: this kernel has no such sysctl; did you mean net.ipv4.conf.ea.rp_filter?",
        "- sysctls.net.ipv4.conf.ea.foo: this kernel has no such sysctl",
        "- sysctls.net.ipv6.conf.ea.accept_ra: ea has no IPv6, for its MTU is 1000: IPv6 needs 1280 or more",
    ]


@pytest.mark.kernel
def test_what_the_kernel_does_not_take_as_it_is_leaves_all_as_it_was(host: Host) -> None:
    host.sh(PAIR)
    host.sysctls = True

    def refused(**sysctls: Any) -> str:
        named = {f"net.ipv4.{name}": one for name, one in sysctls.items()}
        return host.refused_by_the_kernel("netns_sysctl", netns="a", sysctls={"net.ipv4.ip_forward": 1, **named})

    least, usual, most = sysctl(host, "net.ipv4.tcp_rmem", "a").split()
    made = f"{int(least) + 4096} {usual} {most}"
    assert refused(tcp_rmem=int(least) + 4096) == (
        f"sysctls.net.ipv4.tcp_rmem: ip netns exec a sysctl -w net.ipv4.tcp_rmem={int(least) + 4096} failed: Invalid "
        f"argument (EINVAL), the kernel makes '{made}' of it; ask for that. All that was done before was undone. The "
        "host is as it was."
    )
    assert "net.ipv4.tcp_sack=yes failed: Invalid argument (EINVAL). All that was done" in refused(tcp_sack="yes")
    assert "(ENOENT), the kernel does not have it now: load the module tcp_x." in refused(tcp_congestion_control="x")


@pytest.mark.kernel
def test_a_value_that_cannot_be_taken_back_is_named(host: Host) -> None:
    host.sh(PAIR)
    secret = "net.ipv6.conf.ea.stable_secret"
    options = {"netns": "a", "sysctls": {secret: "fd00::1"}}
    wrong = {secret: "fd00::1", "net.ipv6.conf.ea.mtu": 1}
    message = host.run("netns_sysctl", netns="a", sysctls=wrong)["msg"]
    assert f"except for this: {secret} had no value, and cannot be without one again; " in message
    assert host.done("netns_sysctl", **options)["commands"] == []
    assert host.done("netns_sysctl", **options)["sysctls"] == {secret: "fd00:0000:0000:0000:0000:0000:0000:0001"}


@pytest.mark.kernel
def test_what_goes_with_ipv6_is_told(host: Host) -> None:
    host.sh(PLUGGED)
    result = host.done("netns_sysctl", netns="a", sysctls={"net.ipv6.conf.ea.disable_ipv6": True})
    assert result["warnings"] == ["Gone with what the task did: route fd09::/64 via fd00::2 dev ea in namespace a."]
    assert "- fd00::1/64" in shown(result, "before")
    assert "- fd00::1/64" not in shown(result, "after")
    assert result["sysctls"] == {"net.ipv6.conf.ea.disable_ipv6": "1"}


def test_an_interface_that_is_made_anew_gets_its_own_again(host: Host) -> None:
    host.done("netns_topology", **FORWARDING)
    host.sh("ip -n a link delete ea")
    result = host.done("netns_topology", **FORWARDING)
    assert "ip netns exec a sysctl -w net.ipv6.conf.ea.accept_ra=0" in result["commands"]
    assert not any("ip_forward" in one for one in result["commands"])
    assert sysctl(host, "net.ipv6.conf.ea.accept_ra", "a") == "0"


def test_what_a_topology_set_stays_when_it_no_longer_names_it(host: Host) -> None:
    host.sysctls = True
    routed = {**FORWARDING, "host": {"sysctls": {"net.ipv4.ip_forward": 1}}}
    host.done("netns_topology", **routed)
    before = host.dump()
    plain = {**routed, "namespaces": ["a", "b"], "host": None, "purge": True}
    assert host.done("netns_topology", **plain)["commands"] == []
    assert not difference(before, host.dump())
    gone = host.done("netns_topology", **routed, purge=True, state="absent")
    assert gone["commands"] == ["ip link delete dev to_b", "ip netns delete a", "ip netns delete b"]
    assert sysctl(host, "net.ipv4.ip_forward") == "1"


def test_check_mode_assumes_what_an_earlier_task_makes(host: Host) -> None:
    sysctls = {"net.ipv4.ip_forward": 1, "net.ipv4.conf.e0.rp_filter": 1}
    result = host.done("netns_sysctl", check=True, netns="new", sysctls=sysctls)
    assert result["commands"] == [
        "ip netns exec new sysctl -w net.ipv4.ip_forward=1",
        "ip netns exec new sysctl -w net.ipv4.conf.e0.rp_filter=1",
    ]
    assert len(result["warnings"]) == 2
    assert "there is no namespace new" in host.run("netns_sysctl", netns="new", sysctls=sysctls)["msg"]

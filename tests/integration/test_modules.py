# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees of each module, beside the contract that all keep (test_contract.py)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host

PAIR = {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"}


@pytest.mark.kernel
def test_the_lesson_state_by_state(host: Host) -> None:
    host.done("netns", name=["my_container_a", "my_container_b"])
    assert {one["name"] for one in host.ip("netns", "list")} == {"my_container_a", "my_container_b"}
    (loopback,) = host.ip("-n", "my_container_a", "link", "show")
    assert loopback["ifname"] == "lo"
    assert "UP" not in loopback["flags"]

    host.done("veth", name="my_veth_end_a", peer="my_veth_end_b")
    assert {"my_veth_end_a", "my_veth_end_b"} <= {link["ifname"] for link in host.ip("link", "show")}

    ends = {"name": "my_veth_end_a", "netns": "my_container_a", "peer": "my_veth_end_b", "peer_netns": "my_container_b"}
    host.done("veth", **ends)
    assert [link["ifname"] for link in host.ip("link", "show")] == ["lo"]
    (end,) = host.ip("-n", "my_container_a", "link", "show", "my_veth_end_a")
    (peer,) = host.ip("-n", "my_container_b", "link", "show", "my_veth_end_b")
    assert (end["link_index"], peer["link_index"]) == (peer["ifindex"], end["ifindex"])

    for letter, number in (("a", 1), ("b", 2)):
        where = {"netns": f"my_container_{letter}", "interface": f"my_veth_end_{letter}"}
        assert host.done("netns_addr", **where, addresses=f"10.0.0.{number}/24")["addresses"] == [f"10.0.0.{number}/24"]
    assert not host.pings("my_container_a", "10.0.0.2")

    first = host.done("netns_link_state", netns="my_container_a", interface="my_veth_end_a", state="up")
    assert (first["link"]["state"], first["link"]["carrier"]) == ("up", False)
    assert not host.pings("my_container_a", "10.0.0.2")

    second = host.done("netns_link_state", netns="my_container_b", interface="my_veth_end_b", state="up", wait=5)
    assert (second["link"]["state"], second["link"]["carrier"]) == ("up", True)
    assert host.pings("my_container_a", "10.0.0.2")
    assert host.pings("my_container_b", "10.0.0.1")

    host.done("netns", name="my_container_a", state="absent")
    assert [link["ifname"] for link in host.ip("-n", "my_container_b", "link", "show")] == ["lo"]
    host.done("netns", name="my_container_b", state="absent")
    assert host.namespaces() == []


def test_namespaces_are_those_of_ip_netns(host: Host) -> None:
    host.sh("ip netns add theirs")
    assert host.done("netns", name="theirs")["changed"] is False
    host.done("netns", name="ours")
    assert host.sh("ip netns exec ours ip -o link").startswith("1: lo:")
    host.sh("ip netns delete ours")
    assert host.done("netns", name="ours", state="absent")["changed"] is False


def test_a_name_is_matched_whole(host: Host) -> None:
    host.done("netns", name="ab")
    assert host.done("netns", name="a")["commands"] == ["ip netns add a"]
    host.done("netns", name="a", state="absent")
    assert host.namespaces() == ["ab"]


def test_unusual_names_are_possible(host: Host) -> None:
    names = ["x" * 255, "a.b", "a:b", "büro", "$HOME", "it's", "a;b"]
    host.done("netns", name=names)
    assert host.namespaces() == sorted(names)
    host.done("veth", name="x" * 15, netns="it's", peer="a.b@c", peer_netns="a;b", mtu=1400)
    assert host.done("netns", name=names, state="absent")["changed"] is True
    assert host.namespaces() == []


@pytest.mark.kernel
def test_the_directory_is_made_as_ip_makes_it(host: Host) -> None:
    mask = os.umask(0o077)
    try:
        host.done("netns", name="a")
    finally:
        os.umask(mask)
    assert Path("/run/netns").stat().st_mode & 0o7777 == 0o755
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    assert any(" /run/netns " in line and " shared:" in line for line in mounts)


@pytest.mark.kernel
def test_a_removed_namespace_tells_who_is_still_in_it(host: Host) -> None:
    host.sh("ip netns add a; ip link add to_a type veth peer name eth0 netns a")
    process = subprocess.Popen(["ip", "netns", "exec", "a", "sleep", "60"])
    try:
        while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        result = host.done("netns", name="a", state="absent")
        assert result["namespaces"] == [{"name": "a", "state": "absent", "processes": [process.pid]}]
        assert result["commands"] == ["ip netns delete a"]
        assert host.namespaces() == []
        assert [link["ifname"] for link in host.ip("link", "show")] == ["lo", "to_a"]
    finally:
        process.kill()
        process.wait()


@pytest.mark.kernel
def test_the_ends_on_the_host_are_free_when_the_namespace_is_gone(host: Host) -> None:
    for _time in range(10):
        host.done("netns", name="a")
        host.done("veth", name="to_a", peer="uplink", peer_netns="a")
        host.done("netns", name="a", state="absent")
    assert [link["ifname"] for link in host.ip("link", "show")] == ["lo"]


def test_a_dangling_link_is_repaired(host: Host) -> None:
    host.sh("mkdir -p /run/netns; ln -s /proc/999999999/ns/net /run/netns/a")
    host.done("netns", name="a", loopback="up")
    assert host.sh("ip netns exec a ip -o link").startswith("1: lo:")


def test_a_pair_is_found_whichever_way_it_is_named(host: Host) -> None:
    host.sh("ip netns add a; ip netns add b")
    host.done("veth", **PAIR)
    turned = {"name": "eb", "netns": "b", "peer": "ea", "peer_netns": "a"}
    assert host.done("veth", **turned)["changed"] is False
    host.done("veth", **turned, state="absent")
    assert host.done("veth", **PAIR, state="absent")["changed"] is False


@pytest.mark.kernel
def test_pairs_of_equal_indexes_are_told_apart(host: Host) -> None:
    # a:e - c:e and b:e - d:e have index 2 everywhere: by indexes alone a:e could be the peer of b:e.
    host.sh("for n in a b c d; do ip netns add $n; done")
    host.sh("ip link add e netns a type veth peer name e netns c; ip link add e netns b type veth peer name e netns d")
    message = host.refused("veth", name="e", netns="a", peer="e", peer_netns="b")
    assert (
        "the name e in namespace b is taken by one end of another veth pair, whose other end is e in namespace d"
        in message
    )


def test_removing_by_one_name_needs_no_peer_and_spares_what_is_no_veth(host: Host) -> None:
    host.sh("ip link add br0 type bridge")
    assert "taken by an interface of kind bridge" in host.refused("veth", name="br0", state="absent")
    assert host.done("veth", name="nothing", netns="nowhere", state="absent")["changed"] is False


def test_exclusive_keeps_what_the_kernel_itself_gives(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link set lo up; ip -n a address add 10.0.0.5/32 dev lo")
    result = host.done("netns_addr", netns="a", interface="lo", addresses=["10.0.0.6/32"], exclusive=True)
    assert result["addresses"] == ["10.0.0.6/32", "127.0.0.1/8", "::1/128"]


def test_no_addresses_at_all_can_be_declared(host: Host) -> None:
    host.sh("ip netns add a; ip -n a address add 10.0.0.5/32 dev lo")
    assert host.done("netns_addr", netns="a", interface="lo", addresses=[], exclusive=True)["addresses"] == []


def test_an_address_of_a_missing_interface_is_absent(host: Host) -> None:
    assert (
        host.done("netns_addr", netns="nowhere", interface="e", addresses="10.0.0.1/8", state="absent")["changed"]
        is False
    )


@pytest.mark.parametrize("written", ["FD00:0:0::1/64", "fd00::0001/64"])
def test_an_address_is_the_same_however_it_is_written(host: Host, written: str) -> None:
    host.sh("ip netns add a; ip -n a address add fd00::1/64 dev lo")
    assert host.done("netns_addr", netns="a", interface="lo", addresses=[written])["changed"] is False


def test_without_a_carrier_the_wait_fails_and_the_interface_stays_up(host: Host) -> None:
    host.sh("ip link add ea type veth peer name eb")
    result = host.run("netns_link_state", interface="ea", state="up", wait=0.1)
    assert result["failed"] is True
    assert result["msg"] == (
        "wait: interface ea in the host's namespace is up, and stays up, but has no carrier after 0.1 s: is its peer "
        "up too?"
    )
    assert (result["changed"], result["commands"]) == (True, ["ip link set dev ea up"])
    assert "UP" in host.ip("link", "show", "ea")[0]["flags"]


@pytest.mark.parametrize("place", ["-n b", "-n a", ""], ids=["another namespace", "the same namespace", "the host"])
def test_the_carrier_is_predicted_wherever_the_peer_is(host: Host, place: str) -> None:
    where = f"netns {place[3:]}" if place else "netns $$"
    host.sh(f"ip netns add a; ip netns add b; ip link add ea netns a type veth peer name eb {where}")
    for peer, state, carrier in [("down", "up", False), ("up", "down", False), ("up", "up", True)]:
        host.sh(f"ip {place} link set eb {peer}")
        predicted = host.done("netns_link_state", check=True, netns="a", interface="ea", state=state)
        real = host.done("netns_link_state", netns="a", interface="ea", state=state)
        assert real["changed"] is True
        assert predicted["link"] == real["link"]
        assert real["link"]["carrier"] is carrier
    predicted = host.done("netns_link_state", check=True, netns="a", interface="ea", state="down")
    assert predicted["link"]["carrier"] is False


@pytest.mark.kernel
def test_the_carrier_of_other_kinds_is_told_where_it_is_known(host: Host) -> None:
    host.sh("ip link add br0 type bridge; ip link add ea master br0 type veth peer name eb; ip link set eb up")
    host.sh("ip link set ea up")

    def carrier(interface: str, state: str, **options: Any) -> Any:
        return host.done("netns_link_state", interface=interface, state=state, **options)["link"]["carrier"]

    assert (carrier("lo", "up", check=True), carrier("lo", "up")) == (True, True)
    assert carrier("lo", "down", check=True) is False
    assert carrier("br0", "up", check=True) is None
    assert carrier("br0", "up", wait=5) is True
    assert (carrier("br0", "down", check=True), carrier("br0", "down")) == (False, False)


def test_a_carrier_that_was_waited_for_is_told(host: Host) -> None:
    host.sh("ip link add ea type veth peer name eb")
    later = threading.Timer(0.3, host.sh, ["ip link set eb up"])
    later.start()
    try:
        link = host.done("netns_link_state", interface="ea", state="up", wait=10)["link"]
    finally:
        later.join()
    assert (link["state"], link["carrier"]) == ("up", True)


def test_the_result_of_a_pair_tells_both_ends(host: Host) -> None:
    host.sh("ip netns add a")
    link = host.done("veth", name="ea", netns="a", peer="eb", mac="02:00:00:00:00:01", mtu=1400)["link"]
    (inside,) = host.ip("-n", "a", "link", "show", "ea")
    (outside,) = host.ip("link", "show", "eb")
    assert link == {
        "state": "present",
        "endpoints": [
            {
                "netns": "a",
                "interface": "ea",
                "index": inside["ifindex"],
                "mac": "02:00:00:00:00:01",
                "mtu": 1400,
                "state": "down",
                "carrier": False,
            },
            {
                "netns": None,
                "interface": "eb",
                "index": outside["ifindex"],
                "mac": outside["address"],
                "mtu": 1400,
                "state": "down",
                "carrier": False,
            },
        ],
    }

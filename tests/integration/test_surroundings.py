# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real hosts have around the things that are managed, and what must survive a run that fails."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import time
from functools import partial
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse


def settled(host: Host, *namespaces: str) -> None:
    """Wait until duplicate address detection has ended: from then on the kernel changes nothing by itself."""
    host.sh(
        "for name in " + " ".join(namespaces) + "; do for try in $(seq 60); do "
        "ip -n $name -6 address show tentative | grep -q . || break; sleep 0.05; done; done"
    )


def refused(host: Host, refuse: Refuse, command: str, module: str, **options: Any) -> dict[str, Any]:
    """Return the result of a run of which the kernel refuses a command."""
    refuse(host.done(module, check=True, **options)["commands"].index(command))
    result = host.run(module, **options)
    assert f"{command} failed: Operation not permitted (EPERM)." in result["msg"]
    return result


def failed(host: Host, module: str, **options: Any) -> str:
    """Return the message of a run that fails and leaves the host as it was, as it says."""
    before = host.dump()
    result = host.run(module, **options)
    as_it_was(host, before, result)
    return str(result["msg"])


def undone(host: Host, refuse: Refuse, command: str, module: str, **options: Any) -> None:
    """The same, when the kernel refuses a command."""
    before = host.dump()
    as_it_was(host, before, refused(host, refuse, command, module, **options))


def as_it_was(host: Host, before: dict[str, Any], result: dict[str, Any]) -> None:
    """After a run that failed the host is as it was, as the result says."""
    assert result["failed"] is True
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert (result["changed"], result["commands"]) == (False, [])
    # The kernel takes a moment to find that a port of a bridge has no carrier (linkwatch).
    settled = time.monotonic() + 3
    while host.dump() != before and time.monotonic() < settled:
        time.sleep(0.1)
    assert not difference(before, host.dump())


def link(*endpoints: Any, **more: Any) -> dict[str, Any]:
    return {"endpoints": list(endpoints), **more}


def test_without_pyroute2_what_needs_it_leaves_nothing_half_done(host: Host) -> None:
    for options in ({"_ansible_check_mode": True}, {}):
        result = json.loads(child("netns", {"name": "a", "loopback": "up", **options}, hide="pyroute2").stdout)
        assert result["msg"].startswith("Failed to import the required Python library (pyroute2) on ")
        assert (result["failed"], result["changed"], host.namespaces()) == (True, False, [])


@pytest.mark.parametrize(
    ("was", "to_be"),
    [("fd00::1/64", "fd00::1/48"), ("10.0.0.1/24", "10.0.0.1/16"), ("10.0.0.1/24", "10.0.0.9/24")],
)
def test_an_address_is_replaced_by_a_close_one(host: Host, was: str, to_be: str) -> None:
    host.sh(f"ip netns add a; ip -n a link add ea type veth peer name eb; ip -n a address add {was} dev ea nodad")
    host.done("netns_addr", netns="a", interface="ea", addresses=[to_be], exclusive=True)
    (found,) = host.ip("-n", "a", "address", "show", "dev", "ea")
    assert [f"{one['local']}/{one['prefixlen']}" for one in found["addr_info"]] == [to_be]


@pytest.mark.kernel
@pytest.mark.parametrize("promote", [0, 1])
@pytest.mark.parametrize(
    ("was", "to_be"),
    [
        ("fd00::1/64", "fd00::1/48"),
        ("10.0.0.1/24", "10.0.0.1/16"),
        ("10.0.0.1/24", "10.0.0.9/24"),
    ],
)
def test_an_address_of_a_running_topology_is_replaced_by_a_close_one(
    host: Host, was: str, to_be: str, promote: int
) -> None:
    def lab(address: str) -> dict[str, Any]:
        ends = [{"netns": "a", "interface": "ea", "addresses": [address]}, "b:eb"]
        return {"name": "lab", "namespaces": ["a", "b"], "links": [link(*ends)], "purge": True}

    host.done("netns_topology", **lab(was))
    host.sh(f"ip netns exec a sysctl -qw net.ipv4.conf.ea.promote_secondaries={promote}")
    host.sh("ip -n a address add 10.0.0.77/24 dev ea")
    (index,) = {one["ifindex"] for one in host.ip("-n", "a", "link", "show", "dev", "ea")}
    predicted = host.done("netns_topology", check=True, **lab(to_be))
    result = host.done("netns_topology", **lab(to_be))
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])
    (found,) = host.ip("-n", "a", "address", "show", "dev", "ea")
    addresses = {f"{one['local']}/{one['prefixlen']}" for one in found["addr_info"] if one["scope"] != "link"}
    assert addresses == {to_be, "10.0.0.77/24"}
    assert found["ifindex"] == index
    assert host.done("netns_topology", **lab(to_be))["commands"] == []


def test_an_address_that_is_declared_twice_is_added_once(host: Host) -> None:
    ends = [{"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fd00::1/64", "fd00:0::1/64"]}, "eb"]
    result = host.done("netns_topology", name="lab", namespaces=["a"], links=[link(*ends)])
    assert sum("address add" in command for command in result["commands"]) == 2


def test_one_ipv6_address_with_two_prefix_lengths_is_refused(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link add ea type veth peer name eb; ip -n a address add fd00::1/64 dev ea nodad")
    end = {"netns": "a", "interface": "ea"}
    assert host.refused("netns_addr", **end, addresses="fd00::1/48") == (
        "addresses: fd00::1/48 cannot be added to ea in namespace a, which has fd00::1/64 already: the kernel takes an "
        "IPv6 address with one prefix length only; remove one of the two"
    )
    assert host.refused("netns_addr", **end, addresses=["fd00::2/64", "fd00::2/48"]) == (
        "addresses: fd00::2/48 cannot be added to ea in namespace a, which is to have fd00::2/64 already: the kernel "
        "takes an IPv6 address with one prefix length only; remove one of the two"
    )


def test_what_cannot_be_undone_is_named(host: Host, refuse: Refuse) -> None:
    host.done("netns_topology", name="lab", namespaces=["a"], links=[link("to_a", "a:up")])
    # The other end is in a namespace without a name, which this run does not know and cannot put it back to.
    host.sh("ip netns add x; ip -n a link set dev up netns x")
    held = os.open("/run/netns/x", os.O_RDONLY)
    host.sh("ip netns delete x")
    form = {"name": "lab", "namespaces": ["a"], "links": [link("to_a", "a:up")]}
    result = refused(host, refuse, "ip link set dev to_a up", "netns_topology", **form)
    os.close(held)
    assert result["failed"] is True
    assert (
        "What was done before was undone, except for this: interface to_a in the host's namespace was deleted"
        in (result["msg"])
    )
    assert result["changed"] is True
    assert result["commands"][0] == "ip link delete dev to_a"


@pytest.mark.kernel
@pytest.mark.parametrize("moved", [False, True], ids=["a pair that was replaced", "an end that was moved"])
def test_what_is_put_back_gets_another_index_where_its_own_was_taken_meanwhile(
    host: Host, refuse: Refuse, moved: bool
) -> None:
    host.done("netns_topology", name="lab", namespaces=["a", "b"], links=[link("a:x", "b:y")])
    # What comes next in that namespace gets another index than x has.
    host.sh("ip -n a link add passing type bridge; ip -n a link delete passing")
    (before,) = host.ip("-n", "a", "link", "show", "x")
    index, taker = before["ifindex"], "taker"
    ends = ["c:x" if moved else "a:z", "b:y"]
    form: dict[str, Any] = {"name": "lab", "namespaces": ["a", "b", "c"], "links": [link(*ends)]}

    # The record is refused; before an end is put back, somebody takes its index.
    refuse.record(meanwhile=lambda: host.sh(f"ip -n a link add {taker} index {index} type bridge"))
    assert host.run("netns_topology", **form, purge=True)["failed"] is True
    (after,) = host.ip("-n", "a", "link", "show", "x")
    assert (after["address"], after["flags"], after["ifindex"] != before["ifindex"]) == (
        before["address"],
        before["flags"],
        True,
    )


def test_without_a_diff_none_is_told(host: Host) -> None:
    assert "diff" not in host.done("netns", name="a", _ansible_diff=False)


@pytest.mark.kernel
def test_an_address_with_a_peer_can_be_removed(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link add ea type veth peer name eb")
    host.sh("ip -n a address add 10.0.0.1 peer 10.0.0.2/32 dev ea; ip -n a address add fd00::1 peer fd00::2 dev ea")
    end = {"netns": "a", "interface": "ea"}
    host.done("netns_addr", **end, addresses=["10.7.0.1/24"], exclusive=True)
    assert [one["local"] for one in host.ip("-n", "a", "address", "show", "dev", "ea")[0]["addr_info"]] == ["10.7.0.1"]


@pytest.mark.kernel
def test_ipv6_addresses_survive_a_small_mtu_that_is_taken_back(host: Host, refuse: Refuse) -> None:
    host.sh(
        "ip netns add a; ip netns add b; ip link add ea netns a type veth peer name eb netns b;"
        "ip -n a link set ea up; ip -n b link set eb up; ip -n a address add fd00::1/64 dev ea nodad"
    )
    pair = {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"}
    undone(host, refuse, "ip -n b link set dev eb mtu 1000", "veth", **pair, mtu=1000)


@pytest.mark.kernel
def test_ipv6_addresses_come_back_in_their_order(host: Host, refuse: Refuse) -> None:
    host.sh(
        "ip netns add a; ip link add ea netns a type veth peer name eb; ip -n a link set ea up;"
        "for n in 3 1 2; do ip -n a address add fd00::$n/64 dev ea nodad; ip -n a address add 10.0.0.$n/24 dev ea; done"
    )
    before = host.ip("-n", "a", "address", "show", "dev", "ea")[0]["addr_info"]
    assert [one["local"][-1] for one in before] == ["3", "1", "2", "2", "1", "3"]
    undone(host, refuse, "ip netns delete a", "netns", name="a", state="absent")
    after = host.ip("-n", "a", "address", "show", "dev", "ea")[0]["addr_info"]
    assert [one["local"] for one in after if one["scope"] == "global"] == [one["local"] for one in before]


@pytest.mark.kernel
def test_a_small_mtu_takes_ipv6_addresses_as_predicted(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link add ea type veth peer name eb; ip -n a address add fd00::1/64 dev ea nodad")
    options = {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "a", "mtu": 1000}
    predicted = host.done("veth", check=True, **options)
    result = host.done("veth", **options)
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])


def test_loopback_comes_up_again_as_it_was(host: Host, refuse: Refuse) -> None:
    host.sh("for name in a b; do ip netns add $name; ip -n $name link set lo up; done")
    undone(host, refuse, "ip -n b link set dev lo down", "netns", name=["a", "b"], loopback="down")


@pytest.mark.kernel
def test_an_interface_comes_up_again_with_its_link_local_address(host: Host, refuse: Refuse) -> None:
    ends = [{"netns": "a", "interface": "ea", "addresses": ["fd00::1/64"]}, "b:eb"]
    lab = {"name": "lab", "namespaces": ["a", "b"], "links": [link(*ends), link("a:fa", "b:fb")]}
    host.done("netns_topology", **lab)
    settled(host, "a", "b")
    down = [{"netns": "a", "interface": "ea", "state": "down"}, {"netns": "b", "interface": "eb", "state": "down"}]
    form = {**lab, "links": [link(*down), link("a:fa", "b:fb")]}
    undone(host, refuse, "ip -n b link set dev eb down", "netns_topology", **form)


@pytest.mark.kernel
def test_an_end_in_a_bridge_is_back_in_it_after_a_failure(host: Host, refuse: Refuse) -> None:
    host.sh(
        "ip netns add a; ip link add br0 type bridge; ip link set br0 up;"
        "ip link add ea type veth peer name eb netns a;"
        "ip link set ea master br0; ip link set ea up; ip link set ea alias uplink; ip link set ea txqueuelen 77;"
        "bridge link set dev ea isolated on hairpin on cost 77 learning off flood off mcast_flood off"
    )
    undone(host, refuse, "ip netns delete a", "netns", name="a", state="absent")


def test_an_end_that_is_made_anew_and_leaves_its_bridge_so_is_told(host: Host) -> None:
    host.done("netns_topology", name="t", namespaces=["a", "b"], links=[link("hub", "a:x")])
    host.sh("ip link add br0 type bridge; ip link set hub master br0")
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], links=[link("hub", "b:y")])
    assert result["warnings"] == [
        "Gone with what the task did: hub as a port of br0, with what was set of it there, in the host's namespace."
    ]


#: VLANs of a port: some, a range, and one that is untagged, with tunnels; and the bridge that it is in.
VLANS = """
    ip link add br0 type bridge vlan_filtering 1; ip link set br0 up; ip link set hub master br0
    bridge vlan add vid 10 dev hub; bridge vlan add vid 20-30 dev hub; bridge vlan add vid 40 dev hub pvid untagged
    bridge vlan delete vid 1 dev hub; bridge link set dev hub vlan_tunnel on
    bridge vlan add dev hub vid 10 tunnel_info id 100; bridge vlan add dev hub vid 20-22 tunnel_info id 200-202
"""


def in_vlans(host: Host) -> None:
    """Put interface hub into VLANs of a bridge, where the kernel has such."""
    words = ["ip", "link", "add", "br1", "type", "bridge", "vlan_filtering", "1"]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("this kernel's bridges have no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
    host.sh(VLANS)


@pytest.mark.kernel
def test_a_port_is_in_its_vlans_again_after_a_failure(host: Host, refuse: Refuse) -> None:
    host.sh("ip netns add a; ip link add hub type veth peer name x netns a; ip link set hub up")
    in_vlans(host)
    tunnels = host.sh("bridge vlan tunnelshow dev hub")
    undone(host, refuse, "ip netns delete a", "netns", name="a", state="absent")
    assert host.sh("bridge vlan tunnelshow dev hub") == tunnels
    host.sh("bridge vlan set dev hub vid 25 state blocking")
    result = refused(host, refuse, "ip netns delete a", "netns", name="a", state="absent")
    assert result["msg"].endswith(
        "was undone, except for this: the options of the VLANs of hub in the host's namespace."
    )


@pytest.mark.kernel
def test_a_port_that_is_made_anew_and_leaves_its_vlans_so_is_told(host: Host) -> None:
    host.done("netns_topology", name="t", namespaces=["a", "b"], links=[link("hub", "a:x")])
    in_vlans(host)
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], links=[link("hub", "b:y")])
    assert result["warnings"] == [
        "Gone with what the task did: hub as a port of br0, with what was set of it there, in the host's namespace.",
        "Gone with what the task did: VLANs 10, 20-30, 40 of hub in the host's namespace.",
    ]


@pytest.mark.kernel
def test_permanent_neighbours_survive_a_failure(host: Host, refuse: Refuse) -> None:
    host.sh(
        "for name in a b; do ip netns add $name; done; ip link add ea netns a type veth peer name eb netns b;"
        "ip -n a address add 10.0.0.1/24 dev ea; ip -n a link set ea up; ip -n b link set eb up;"
        "ip -n a neighbour add 10.0.0.7 lladdr 02:00:00:00:00:07 dev ea nud permanent"
    )
    undone(host, refuse, "ip netns delete b", "netns", name=["a", "b"], state="absent")
    assert [one["dst"] for one in host.ip("-n", "a", "neighbour", "show", "nud", "permanent")] == ["10.0.0.7"]


def test_namespaces_that_come_with_more_interfaces_than_lo_are_no_obstacle(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With modules such as sit or ipip loaded, every new namespace has their interfaces, which take the first indexes.
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces

    create = namespaces.create

    def create_with_tunnel(name: str) -> None:
        create(name)
        host.sh("ip link add tunl0 type bridge")

    monkeypatch.setattr(namespaces, "create", create_with_tunnel)
    lab = {
        "name": "lab",
        "namespaces": ["a", "b"],
        "links": [link({"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]}, "b:eb"), link("a:x", "a:y")],
    }
    host.done("netns_topology", **lab)
    assert host.done("netns_topology", **lab)["commands"] == []
    assert host.ip("-n", "a", "address", "show", "dev", "ea")[0]["addr_info"][0]["local"] == "10.0.0.1"
    assert {one["ifname"] for one in host.ip("-n", "a", "link", "show") if "UP" in one["flags"]} == {
        "lo",
        "ea",
        "x",
        "y",
    }


@pytest.mark.parametrize(
    "mac", ["02:00:ed:5e:00:01", "04:00:ed:5e:00:01", "06:06:01:00:ed:5e", "06:06:03:00:ed:5e", "5e:ed:00:02:5e:ed"]
)
def test_any_mac_arrives_as_it_is(host: Host, mac: str) -> None:
    host.done("veth", name="ea", peer="eb", mac=mac)
    assert host.ip("link", "show", "dev", "ea")[0]["address"] == mac
    host.done("veth", name="ea", peer="eb", peer_mac=mac)
    assert host.ip("link", "show", "dev", "eb")[0]["address"] == mac


@pytest.mark.kernel
def test_a_link_between_interfaces_of_the_host_is_replaced(host: Host) -> None:
    host.done("netns_topology", name="lab", links=[link("x", "y")], purge=True)
    before = [one["ifindex"] for one in host.ip("link", "show", "type", "veth")]
    host.done("netns_topology", name="lab", links=[link("x", "z")], purge=True)
    there = host.ip("link", "show", "type", "veth")
    assert [one["ifname"] for one in there if "UP" in one["flags"]] == ["z", "x"]
    assert not set(before) & {one["ifindex"] for one in there}


def test_the_name_of_a_topology_leaves_room_for_its_record(host: Host) -> None:
    host.done("netns_topology", name="n" * 245, namespaces=["a"])
    assert host.refused("netns_topology", name="n" * 255, namespaces=["a"]).startswith("name: 'nnn")


@pytest.mark.parametrize("name", ["à", "é-1", "x=1", "it's", 'a"b', "a;b", "$HOME", "a&b", "a*b", "a\\b", "ends."])
def test_unusual_interface_names_work_or_are_refused_at_once(host: Host, name: str) -> None:
    host.sh("ip netns add a")
    options = {"name": name, "netns": "a", "peer": "eb", "peer_netns": "a"}
    if name == "à":
        assert "à" in host.refused("veth", **options)
        return
    planned = host.done("veth", check=True, **options)["commands"]
    host.sh("; ".join(planned))
    assert host.done("veth", **options)["commands"] == []
    host.done("veth", **options, state="absent")
    host.done("veth", **options)
    assert [one["ifname"] for one in host.ip("-n", "a", "link", "show", "type", "veth")] == ["eb", name]


def test_too_few_descriptors_are_told_in_a_sentence(host: Host) -> None:
    """Between a limit that Python cannot start with and one that is enough, the module says what is wrong."""
    host.sh("ip netns add a; ip netns add b")
    before = host.dump()
    told: list[str] = []
    for limit in range(4, 64):
        finished = child(
            "veth",
            {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"},
            preexec=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (limit, limit)),
        )
        if not told and b"importlib" in finished.stderr:
            continue
        assert b"Traceback" not in finished.stdout + finished.stderr, finished
        result = json.loads(finished.stdout)
        if not result.get("failed"):
            break
        told.append(result["msg"])
        assert host.dump() == before
    assert "failed" not in result
    # Which of them comes first depends on what Python itself holds open: 3.11 and 3.13 differ.
    stages = ("The task could not find out where it is", "The state of this host's network could not be read: ")
    assert told[0].startswith(stages)
    assert told[0].endswith("; let the task have more open files (ulimit -n). Nothing was changed.")
    assert told[-1].endswith("The host is as it was.")
    assert all("Too many open files (EMFILE)" in message for message in told)


def test_a_bridge_still_follows_its_ports_after_a_failure(host: Host, refuse: Refuse) -> None:
    bridge = {"name": "br0", "type": "bridge", "ports": ["p1"]}
    made = {"name": "t", "namespaces": [{"name": "a", "interfaces": [bridge]}], "links": [link("a:p1", "q1")]}
    host.done("netns_topology", **made)
    before = host.dump()
    refuse.record(errno.EPERM)
    result = host.run("netns_topology", name="t", namespaces=[], purge=True)
    assert result["msg"].endswith("All that was done before was undone. The host is as it was.")
    assert not difference(before, host.dump())
    host.sh("ip -n a link set p1 address 02:00:00:00:00:01")
    (br0,) = host.ip("-n", "a", "link", "show", "br0")
    assert br0["address"] == "02:00:00:00:00:01"


@pytest.mark.kernel
def test_where_ipv6_is_disabled_the_kernel_is_quoted(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link add ea type veth peer name eb")
    host.sh("ip netns exec a sysctl -qw net.ipv6.conf.ea.disable_ipv6=1")
    message = failed(host, "netns_addr", netns="a", interface="ea", addresses=["10.0.0.1/24", "fd00::1/64"])
    assert "ip -n a address add fd00::1/64 dev ea failed: " in message


@pytest.mark.parametrize("command", ["mkdir", "mkfifo", "ln -s /etc/passwd"])
def test_a_record_that_is_no_file_is_neither_believed_nor_waited_for(host: Host, command: str) -> None:
    lab = {"name": "lab", "namespaces": ["a"], "purge": True}
    host.done("netns_topology", **lab, links=[link("a:x", "a:y")])
    host.sh(f"rm /run/linuxnet.netns/lab.json; {command} /run/linuxnet.netns/lab.json")
    result = host.done("netns_topology", check=True, **lab)
    # Beside the record's, one for each end that is the topology's by its group.
    assert (result["changed"], len(result["warnings"])) == (False, 3)
    assert "/run/linuxnet.netns/lab.json" in json.dumps(result["warnings"])

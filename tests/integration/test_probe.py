# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""netns_probe tells what reaches what, and why not, as the kernel has it."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.linuxnet.netns.plugins.filter.probe_table import probe_table
from ansible_collections.linuxnet.netns.tests.integration.host import Host

UDP_ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.0.2", 7)); print("ready", flush=True)
while True:
    data, who = s.recvfrom(65536); s.sendto(data, who)
"""
TCP_LISTEN = """
import socket, time
s = socket.create_server(("10.0.0.2", 80)); print("ready", flush=True); time.sleep(60)
"""


def lab(host: Host) -> None:
    """Two namespaces with a cable, both ends up."""
    host.sh("""
        ip netns add a; ip netns add b
        ip link add ea netns a type veth peer name eb netns b
        for n in a b; do ip -n $n link set lo up; ip -n $n link set e$n up; done
        ip -n a address add 10.0.0.1/24 dev ea; ip -n b address add 10.0.0.2/24 dev eb
        ip -n a address add fd00::1/64 dev ea nodad; ip -n b address add fd00::2/64 dev eb nodad
    """)


def routed(host: Host, mtu: int) -> None:
    """A router between a (10.1.0.2) and b (10.2.0.2), whose way to b has this MTU."""
    host.sh(f"""
        ip netns add a; ip netns add r; ip netns add b
        ip link add ea netns a type veth peer name ra netns r
        ip link add eb netns b mtu {mtu} type veth peer name rb netns r mtu {mtu}
        ip -n a address add 10.1.0.2/24 dev ea; ip -n r address add 10.1.0.1/24 dev ra
        ip -n b address add 10.2.0.2/24 dev eb; ip -n r address add 10.2.0.1/24 dev rb
        ip -n a link set ea up; ip -n b link set eb up; ip -n r link set ra up; ip -n r link set rb up
        ip -n a route add default via 10.1.0.1; ip -n b route add default via 10.2.0.1
        ip netns exec r sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    """)


@contextmanager
def serving(netns: str, program: str) -> Iterator[None]:
    """A service in a namespace, from when it is ready."""
    words = ["ip", "netns", "exec", netns, sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            running.kill()


def probed(on: Host, *expect: dict[str, Any], timeout: float = 5) -> list[dict[str, Any]]:
    """The probes of a task that succeeds."""
    probes: list[dict[str, Any]] = on.done("netns_probe", expect=list(expect), timeout=timeout)["probes"]
    assert all(probe["ok"] for probe in probes)
    return probes


def unreachable(on: Host, timeout: float = 5, **expected: Any) -> dict[str, Any]:
    (probe,) = probed(on, {"reachable": False, **expected}, timeout=timeout)
    assert probe["reachable"] is False
    return probe


def test_an_echo_goes_through_over_ipv4_and_ipv6(host: Host) -> None:
    lab(host)
    probes = probed(host, {"from": "a", "to": "10.0.0.2"}, {"from": "b", "to": "fd00::1"}, {"from": "a", "to": "b:eb"})
    assert [probe["address"] for probe in probes] == ["10.0.0.2", "fd00::1", "10.0.0.2", "fd00::2"]
    assert all(probe["reachable"] and probe["reason"] == "" and probe["rtt_ms"] is not None for probe in probes)


def test_without_from_it_is_sent_from_the_host(host: Host) -> None:
    lab(host)
    assert unreachable(host, to="10.0.0.2")["reason"] == "network unreachable"
    host.sh("""
        ip link add to_a type veth peer name to_host netns a
        ip address add 10.3.0.1/24 dev to_a; ip link set to_a up
        ip -n a address add 10.3.0.2/24 dev to_host; ip -n a link set to_host up
    """)
    from_host, to_host = probed(host, {"to": "a:to_host"}, {"from": "a", "to": "to_a"})
    assert (from_host["from"], from_host["address"], to_host["address"]) == (None, "10.3.0.2", "10.3.0.1")


def test_the_lesson_is_told_state_by_state(host: Host) -> None:
    host.sh("ip netns add a; ip netns add b")
    way = {"from": "a", "to": "10.0.0.2"}
    assert unreachable(host, **{"from": "a", "to": "127.0.0.1"})["reason"] == "network unreachable"
    host.sh("""
        ip link add ea netns a type veth peer name eb netns b
        ip -n a address add 10.0.0.1/24 dev ea; ip -n b address add 10.0.0.2/24 dev eb
    """)
    assert unreachable(host, **way)["reason"] == "network unreachable"
    host.sh("ip -n a link set ea up")
    assert unreachable(host, timeout=0.5, **way)["reason"] in ("no reply", "no route to host")
    host.sh("ip -n b link set eb up")
    assert probed(host, way)[0]["reachable"]


def test_the_reason_is_the_kernels(host: Host) -> None:
    lab(host)
    host.sh("""
        ip -n a route add unreachable 10.8.0.0/16; ip -n a route add prohibit 10.7.0.0/16
        ip -n a route add 10.6.0.0/16 via 10.0.0.2
    """)
    reasons = {
        "10.5.0.1": "network unreachable",
        "10.8.0.1": "no route to host",
        "10.7.0.1": "prohibited",
        "10.0.0.9": "no route to host",
        "fd00::9": "no route to host",
        "fd01::1": "network unreachable",
    }
    probes = probed(host, *({"from": "a", "to": to, "reachable": False} for to in reasons))
    assert {probe["to"]: probe["reason"] for probe in probes} == reasons
    assert probes[0]["details"] == "Network is unreachable (ENETUNREACH)"
    # b does not forward: there is silence.
    assert unreachable(host, timeout=0.3, **{"from": "a", "to": "10.6.0.1"})["reason"] == "no reply"


def test_a_router_that_has_no_way_is_named(host: Host) -> None:
    routed(host, 1500)
    probe = unreachable(host, **{"from": "a", "to": "10.9.0.1"})
    assert (probe["reason"], probe["details"]) == (
        "network unreachable",
        "Network is unreachable (ENETUNREACH), told by 10.1.0.1",
    )


def test_tcp_connects_or_is_refused(host: Host) -> None:
    lab(host)
    to = {"from": "a", "to": "10.0.0.2", "protocol": "tcp"}
    with serving("b", TCP_LISTEN):
        open_port, closed = probed(host, {**to, "port": 80}, {**to, "port": 81, "reachable": False})
    assert open_port["reachable"]
    assert closed["reason"] == "connection refused"


def test_udp_wants_its_own_datagram_back(host: Host) -> None:
    lab(host)
    to = {"from": "a", "to": "10.0.0.2", "protocol": "udp"}
    with serving("b", UDP_ECHO):
        echo, closed = probed(host, {**to, "port": 7, "mtu": 1500}, {**to, "port": 9, "reachable": False})
    assert echo["reachable"]
    assert closed["reason"] == "connection refused"
    assert "told by 10.0.0.2" in closed["details"]
    with serving("b", UDP_ECHO.replace("s.sendto(data", "s.sendto(data[::-1]")):
        assert unreachable(host, timeout=0.5, port=7, **to)["reason"] == "no reply"


def test_the_path_mtu_is_measured(host: Host) -> None:
    routed(host, 1300)
    fits, over, own = probed(
        host,
        {"from": "a", "to": "10.2.0.2", "mtu": 1300},
        {"from": "a", "to": "10.2.0.2", "mtu": 1301, "reachable": False},
        {"from": "a", "to": "10.2.0.2", "mtu": 1501, "reachable": False},
    )
    assert fits["reachable"]
    assert (over["reason"], over["path_mtu"]) == ("message too long", 1300)
    assert "told by 10.1.0.1" in over["details"]
    assert own["reason"] == "message too long"


def test_an_error_of_one_probe_is_not_anothers(host: Host) -> None:
    routed(host, 1300)
    way = {"from": "a", "to": "10.2.0.2"}
    for _round in range(5):
        probed(host, *([way, {**way, "mtu": 1400, "reachable": False}, {**way, "mtu": 1300}] * 10))


def test_loss_and_round_trip_times_are_counted(host: Host) -> None:
    lab(host)
    (probe,) = probed(host, {"from": "a", "to": "10.0.0.2", "count": 4, "max_loss": 0, "max_rtt": 1000})
    assert (probe["sent"], probe["received"], probe["loss_percent"]) == (4, 4, 0)
    assert probe["rtt_min_ms"] <= probe["rtt_ms"] <= probe["rtt_max_ms"]
    result = host.run("netns_probe", expect=[{"from": "a", "to": "10.0.0.2", "max_rtt": 0.000001}])
    assert result["failed"]
    assert "ms on average, at most" in result["msg"]


def test_all_that_is_not_as_expected_is_told_at_once(host: Host) -> None:
    lab(host)
    expect = [
        {"from": "a", "to": "10.0.0.2", "reachable": False},
        {"from": "a", "to": "10.0.0.2"},
        {"from": "a", "to": "10.5.0.1"},
        {"from": "b", "to": "10.0.0.1", "protocol": "tcp", "port": 80},
    ]
    before = host.dump()
    result = host.run("netns_probe", expect=expect, timeout=0.5)
    assert result["failed"]
    assert result["changed"] is False
    assert result["msg"].splitlines() == [
        "3 of 4 probes are not as expected:",
        "- expect[0]: a to 10.0.0.2, icmp: there was a reply, and none was expected",
        "- expect[2]: a to 10.5.0.1, icmp: Network is unreachable (ENETUNREACH)",
        "- expect[3]: b to 10.0.0.1, tcp port 80: Connection refused (ECONNREFUSED)",
    ]
    assert [probe["ok"] for probe in result["probes"]] == [False, True, False, False]
    assert host.dump() == before
    assert host.run("netns_probe", check=True, expect=expect, timeout=0.5)["msg"] == result["msg"]


def test_mistakes_are_told_all_at_once(host: Host) -> None:
    lab(host)
    message = host.refused(
        "netns_probe",
        expect=[
            {"from": "../x", "to": "10.0.0.2"},
            {"to": "10.0.0.2/24"},
            {"to": "10.0.0.2", "port": 80},
            {"to": "10.0.0.2", "protocol": "tcp"},
            {"to": "10.0.0.2", "mtu": 10},
            {"to": "10.0.0.2", "count": 0},
            {"to": "10.0.0.2", "max_loss": 101},
        ],
    )
    for path in ("[0].from", "[1].to", "[2].port", "[3].port", "[4].mtu", "[5].count", "[6].max_loss"):
        assert f"expect{path}" in message
    message = host.refused("netns_probe", expect=[{"from": "c", "to": "10.0.0.2"}, {"to": "a:nope"}, {"to": "c:ea"}])
    assert message.splitlines()[1:] == [
        "- expect[0].from: there is no namespace c; create it first, with linuxnet.netns.netns",
        "- expect[1].to: there is no interface nope in namespace a; it has ea, lo",
        "- expect[2].to: there is no namespace c; create it first, with linuxnet.netns.netns",
    ]
    assert "the list is empty" in host.refused("netns_probe", expect=[])
    assert "timeout" in host.refused("netns_probe", timeout=0)


def test_without_expectations_all_reach_all(host: Host) -> None:
    assert "there is nothing to probe" in host.refused("netns_probe")
    lab(host)
    probes = host.done("netns_probe")["probes"]
    assert {(probe["from"], probe["to"], probe["address"]) for probe in probes} == {
        ("a", "b:eb", "10.0.0.2"),
        ("a", "b:eb", "fd00::2"),
        ("b", "a:ea", "10.0.0.1"),
        ("b", "a:ea", "fd00::1"),
    }
    table = probe_table(probes, layout="matrix").splitlines()
    assert table[0].startswith("from \\ to  b:eb (10.0.0.2)")
    assert [line.split()[0] for line in table[1:]] == ["a", "b"]


def test_a_new_topology_is_proven_at_once(host: Host) -> None:
    form = {
        "namespaces": ["a", "b"],
        "links": [
            {
                "endpoints": [
                    {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fd00::1/64"]},
                    {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24", "fd00::2/64"]},
                ]
            },
            {"endpoints": [{"interface": "up", "addresses": ["10.1.0.1/24"], "state": "down"}, "a:down"]},
        ],
    }
    assert "there is no namespace a" in host.refused("netns_probe", topology=form)
    host.done("netns_topology", name="lab", **form)
    # IPv6 addresses are tentative for a second or two.
    probes = host.done("netns_probe", topology=form, timeout=10)["probes"]
    assert [(probe["from"], probe["address"]) for probe in probes] == [
        ("a", "10.0.0.2"),
        ("a", "fd00::2"),
        ("b", "10.0.0.1"),
        ("b", "fd00::1"),
    ]
    wrong = {"namespaces": ["a"], "links": [{"endpoints": ["a:x"]}]}
    assert "topology.links[0].endpoints" in host.refused("netns_probe", topology=wrong)


def test_many_probes_get_by_with_few_descriptors(host: Host) -> None:
    lab(host)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    expect = [{"from": "a", "to": "10.0.0.2"}, {"from": "b", "to": "10.5.0.1", "reachable": False}] * 150
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, limits[1]))
    try:
        assert len(probed(host, *expect)) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_table_is_read_by_a_person() -> None:
    probe = {"from": None, "to": "10.0.0.2", "address": "10.0.0.2", "protocol": "icmp", "port": None, "mtu": None}
    yes = {**probe, "reachable": True, "ok": True, "rtt_ms": 0.061, "reason": ""}
    no = {**probe, "from": "a", "to": "b:eb", "protocol": "tcp", "port": 80, "reachable": False, "ok": False}
    no["reason"] = "connection refused"
    assert probe_table([yes, no]).splitlines() == [
        "from    to               protocol  result",
        "(host)  10.0.0.2         icmp      ok 0.061 ms",
        "a       b:eb (10.0.0.2)  tcp/80    ! - connection refused",
    ]

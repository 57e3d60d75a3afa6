# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""netns_probe reports what reaches what, and why not, as the kernel has it."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.linuxnet.netns.plugins.filter.probe_table import probe_table
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import attempt, lock, probing
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child

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


UDP_ONCE = UDP_ECHO.replace("s.sendto(data, who)", "s.sendto(data, who); s.recvfrom(65536) and time.sleep(60)").replace(
    "socket, sys", "socket, time"
)


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
    """Give a service in a namespace, from when it is ready."""
    words = ["ip", "netns", "exec", netns, sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            running.kill()


def probed(on: Host, *expect: Mapping[str, Any], timeout: float = 5) -> list[dict[str, Any]]:
    """Return the probes of a task that succeeds."""
    probes: list[dict[str, Any]] = on.done("netns_probe", expect=list(expect), timeout=timeout)["probes"]
    assert all(probe["ok"] for probe in probes)
    return probes


def unreachable(on: Host, expected: Mapping[str, Any], timeout: float = 5) -> dict[str, Any]:
    (probe,) = probed(on, {"reachable": False, **expected}, timeout=timeout)
    assert probe["reachable"] is False
    return probe


@pytest.mark.kernel
def test_an_echo_goes_through_over_ipv4_and_ipv6(host: Host) -> None:
    lab(host)
    probes = probed(host, {"from": "a", "to": "10.0.0.2"}, {"from": "b", "to": "fd00::1"}, {"from": "a", "to": "b:eb"})
    assert [probe["address"] for probe in probes] == ["10.0.0.2", "fd00::1", "10.0.0.2", "fd00::2"]
    assert all(probe["reachable"] and probe["reason"] == "" and probe["rtt_ms"] is not None for probe in probes)


def test_without_from_it_is_sent_from_the_host(host: Host) -> None:
    lab(host)
    assert unreachable(host, {"to": "10.0.0.2"})["reason"] == "network unreachable"
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
    assert unreachable(host, {"from": "a", "to": "127.0.0.1"})["reason"] == "network unreachable"
    host.sh("""
        ip link add ea netns a type veth peer name eb netns b
        ip -n a address add 10.0.0.1/24 dev ea; ip -n b address add 10.0.0.2/24 dev eb
    """)
    assert unreachable(host, way)["reason"] == "network unreachable"
    host.sh("ip -n a link set ea up")
    assert unreachable(host, way, timeout=0.5)["reason"] in ("no reply", "no route to host")
    host.sh("ip -n b link set eb up")
    assert probed(host, way)[0]["reachable"]


@pytest.mark.kernel
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
    assert unreachable(host, {"from": "a", "to": "10.6.0.1"}, timeout=0.3)["reason"] == "no reply"


@pytest.mark.kernel
def test_a_router_that_has_no_way_is_named(host: Host) -> None:
    routed(host, 1500)
    probe = unreachable(host, {"from": "a", "to": "10.9.0.1"})
    assert (probe["reason"], probe["details"]) == (
        "network unreachable",
        "Network is unreachable (ENETUNREACH), reported by 10.1.0.1",
    )


@pytest.mark.kernel
def test_tcp_connects_or_is_refused(host: Host) -> None:
    lab(host)
    to = {"from": "a", "to": "10.0.0.2", "protocol": "tcp"}
    with serving("b", TCP_LISTEN):
        open_port, closed = probed(host, {**to, "port": 80}, {**to, "port": 81, "reachable": False})
    assert open_port["reachable"]
    assert closed["reason"] == "connection refused"


@pytest.mark.kernel
def test_udp_wants_its_own_datagram_back(host: Host) -> None:
    lab(host)
    to = {"from": "a", "to": "10.0.0.2", "protocol": "udp"}
    with serving("b", UDP_ECHO):
        echo, closed = probed(host, {**to, "port": 7, "mtu": 1500}, {**to, "port": 9, "reachable": False})
    assert echo["reachable"]
    assert closed["reason"] == "connection refused"
    assert "reported by 10.0.0.2" in closed["details"]
    with serving("b", UDP_ECHO.replace("s.sendto(data", "s.sendto(data[::-1]")):
        assert unreachable(host, {"port": 7, **to}, timeout=0.5)["reason"] == "no reply"


@pytest.mark.kernel
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
    assert "reported by 10.1.0.1" in over["details"]
    assert own["reason"] == "message too long"


def test_an_error_of_one_probe_is_not_anothers(host: Host) -> None:
    routed(host, 1300)
    way: dict[str, Any] = {"from": "a", "to": "10.2.0.2"}
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


@contextmanager
def locked(mode: int) -> Iterator[None]:
    """While this lasts, another run holds the lock of the collection."""
    descriptor = os.open(lock.DIRECTORY, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def test_nothing_is_created(host: Host) -> None:
    host.sh("ip link set lo up")
    assert os.listdir("/run") == []
    for expect in ({"to": "127.0.0.1"}, {"to": "10.0.0.2", "reachable": False}):
        assert probed(host, expect)[0]["ok"]
    assert host.run("netns_probe")["msg"].startswith("expect: there is nothing to probe")
    assert os.listdir("/run") == []


def test_others_that_only_look_are_not_waited_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    lab(host)
    os.mkdir(lock.DIRECTORY, 0o700)
    monkeypatch.setattr(lock, "_PATIENCE", 0)
    with locked(fcntl.LOCK_SH):
        assert probed(host, {"from": "a", "to": "10.0.0.2"})[0]["reachable"]
    with locked(fcntl.LOCK_EX):
        assert "was waited for in vain" in host.run("netns_probe", expect=[{"from": "a", "to": "10.0.0.2"}])["msg"]


@pytest.mark.parametrize("module", ["netns_probe", "netns_topology"])
def test_while_replies_are_waited_for_others_may_work(host: Host, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    lab(host)
    os.mkdir(lock.DIRECTORY, 0o700)
    send, worked = probing.send, []

    def meanwhile(*arguments: Any) -> Any:
        with locked(fcntl.LOCK_EX):
            worked.append(True)
            return send(*arguments)

    monkeypatch.setattr(probing, "send", meanwhile)
    ends = [
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]},
        {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24"]},
    ]
    options = {"name": "lab", "namespaces": ["a", "b"], "links": [{"endpoints": ends}], "probe": True}
    result = host.done(module, **(options if module == "netns_topology" else {}))
    assert all(probe["ok"] for probe in result["probes"])
    assert worked == [True]


def test_every_link_local_address_is_left_out(host: Host) -> None:
    """One of fe80::/10 cannot be reached without an interface (EINVAL), whatever it begins with."""
    ends = [
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fe90::1/64", "fd00::1/64"]},
        {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24", "fe90::2/64", "fd00::2/64"]},
    ]
    form = {"namespaces": ["a", "b"], "links": [{"endpoints": ends}]}
    ways = [("a", "10.0.0.2"), ("a", "fd00::2"), ("b", "10.0.0.1"), ("b", "fd00::1")]
    made = host.done("netns_topology", name="lab", probe=True, **form)
    results = [made, host.done("netns_probe", topology=form), host.done("netns_probe")]
    for result in results:
        assert [(probe["from"], probe["address"]) for probe in result["probes"]] == ways
    assert probed(host, {"from": "b", "to": "fe90::1%eb"})[0]["reachable"]


def test_a_refused_connection_is_tried_again_four_times_a_second(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    lab(host)
    opened, tries = attempt.Attempt.open, []

    def noted(one: attempt.Attempt) -> None:
        tries.append(one)
        opened(one)

    monkeypatch.setattr(attempt.Attempt, "open", noted)
    result = host.run("netns_probe", expect=[{"from": "a", "to": "10.0.0.2", "protocol": "tcp", "port": 80}], timeout=2)
    assert result["probes"][0]["reason"] == "connection refused"
    assert len(tries) <= 1 + 2 / attempt.AGAIN


def not_sent(on: Host, said: str, /, **expected: Any) -> None:
    """A probe that cannot be sent proves nothing, whatever is expected of it."""
    for reachable in (True, False):
        result = on.run("netns_probe", expect=[{**expected, "reachable": reachable}], timeout=1)
        assert result["failed"], result
        assert said in result["msg"]
        (probe,) = result["probes"]
        assert (probe["ok"], probe["reachable"], probe["reason"]) == (False, False, "not sent")
        assert said in probe["details"]


def test_without_the_capability_to_send_echoes_it_is_named(host: Host) -> None:
    lab(host)

    def drop() -> None:
        # PR_CAPBSET_DROP of CAP_NET_RAW (capabilities(7)).
        ctypes.CDLL(None).prctl(24, 13, 0, 0, 0)

    expect = [{"from": "a", "to": "10.0.0.9", "reachable": False}]
    result = json.loads(child("netns_probe", {"expect": expect}, preexec=drop).stdout)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        f"This user (uid {os.geteuid()}) lacks CAP_NET_RAW, without which echo requests cannot be sent: run the task "
        "as root (become: true)."
    )
    refused = [{**expect[0], "to": "10.0.0.2", "protocol": "tcp", "port": 80}]
    assert not json.loads(child("netns_probe", {"expect": refused}, preexec=drop).stdout).get("failed")


def test_a_sender_that_has_gone_proves_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    send = probing.send

    def gone(*arguments: Any) -> Any:
        host.sh("ip netns delete a")
        return send(*arguments)

    monkeypatch.setattr(probing, "send", gone)
    for protocol in ({}, {"protocol": "tcp", "port": 80}):
        host.sh("ip netns add a")
        expect = [{"from": "a", "to": "10.0.0.2", "reachable": False, **protocol}]
        result = host.run("netns_probe", expect=expect, timeout=1)
        assert result["failed"]
        assert result["probes"][0]["reason"] == "not sent"
        assert "namespace a could not be entered: /run/netns/a: No such file or directory (ENOENT)" in result["msg"]


@pytest.mark.parametrize("how", [{}, {"protocol": "tcp", "port": 80}, {"protocol": "udp", "port": 7}])
def test_a_broadcast_address_proves_nothing(host: Host, how: dict[str, Any]) -> None:
    lab(host)
    not_sent(host, "10.0.0.255 is a broadcast address in namespace a", **{"from": "a", "to": "10.0.0.255", **how})


@pytest.mark.kernel
def test_a_route_that_swallows_is_a_verdict(host: Host) -> None:
    lab(host)
    host.sh("ip -n a route add blackhole 10.8.0.0/16; ip -n a route add blackhole fd08::/64")
    for to in ("10.8.0.1", "fd08::1"):
        assert unreachable(host, {"from": "a", "to": to})["reason"] == "invalid argument"


@pytest.mark.kernel
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
def test_a_filter_that_drops_is_a_verdict(host: Host) -> None:
    lab(host)
    host.sh("""
        ip netns exec a nft 'add table inet f; add chain inet f o { type filter hook output priority 0 ; };
            add rule inet f o ip daddr 10.0.0.2 drop'
    """)
    assert unreachable(host, {"from": "a", "to": "10.0.0.2"})["reason"] == "not permitted"


def test_an_address_that_is_settling_is_no_verdict(host: Host) -> None:
    host.sh("""
        ip netns add a; ip netns add b
        ip link add ea netns a type veth peer name eb netns b
        ip -n b link set eb up; ip -n b address add fd00::2/64 dev eb nodad
        ip -n a link set ea up; ip -n a address add fd00::1/64 dev ea
    """)
    result = host.run("netns_probe", expect=[{"from": "a", "to": "fd00::2", "reachable": False}], timeout=10)
    assert "there was a reply, and none was expected" in result["msg"]


@pytest.mark.parametrize("how", [{}, {"protocol": "tcp", "port": 80}, {"protocol": "udp", "port": 7}])
def test_an_address_that_the_sender_has_too_proves_nothing(host: Host, how: dict[str, Any]) -> None:
    lab(host)
    host.sh("ip -n a address add 10.0.0.2/32 dev lo; ip -n b address delete fd00::2/64 dev eb")
    said = "10.0.0.2 is an address of namespace a too, so what is sent to it stays there"
    not_sent(host, said, **{"from": "a", "to": "b:eb", **how})
    # Written as an address, it is meant as it is.
    expected = {"reachable": not how, **how}
    assert probed(host, {"from": "a", "to": "10.0.0.2", **expected})[0]["reachable"] is not bool(how)


def test_the_matrix_does_not_take_an_own_address_for_anothers(host: Host) -> None:
    lab(host)
    host.sh("ip -n a address add 10.0.0.2/32 dev lo")
    result = host.run("netns_probe")
    assert result["failed"]
    verdicts = {(probe["from"], probe["address"]): (probe["ok"], probe["reason"]) for probe in result["probes"]}
    assert verdicts["a", "10.0.0.2"] == (False, "not sent")
    # What b sends to a gets no further either: a's replies stay there too.
    assert verdicts["b", "10.0.0.1"] in ((False, "no reply"), (False, "no route to host"))
    assert verdicts["a", "fd00::2"] == verdicts["b", "fd00::1"] == (True, "")


def test_a_topology_is_not_proven_by_the_sender_itself(host: Host) -> None:
    ends = [
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "127.0.0.7/32"]},
        {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24", "10.0.0.1/32"]},
    ]
    result = host.run("netns_topology", name="lab", namespaces=["a", "b"], links=[{"endpoints": ends}], probe=True)
    assert result["failed"]
    verdicts = {(probe["from"], probe["address"]): probe["reason"] for probe in result["probes"]}
    assert verdicts["b", "127.0.0.7"] == verdicts["b", "10.0.0.1"] == verdicts["a", "10.0.0.1"] == "not sent"


def test_a_connection_waits_for_a_port(host: Host) -> None:
    lab(host)
    host.sh("""
        ip netns exec a sysctl -qw net.ipv4.ip_local_port_range="40000 40000"
        ip -n a neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev ea
    """)
    silent = {"from": "a", "to": "10.0.0.9", "protocol": "tcp", "port": 80, "reachable": False}
    probes = probed(host, silent, silent, timeout=0.5)
    assert [probe["reason"] for probe in probes] == ["no reply", "no reply"]


def test_loopback_is_not_reached_from_elsewhere(host: Host) -> None:
    lab(host)
    assert host.refused_by_the_kernel("netns_probe", expect=[{"from": "a", "to": "b:lo"}]) == (
        "expect[0].to: interface lo in namespace b has no address to be reached by from elsewhere"
    )
    assert {probe["address"] for probe in probed(host, {"from": "b", "to": "b:lo"})} == {"127.0.0.1", "::1"}
    host.sh("ip -n b address add 10.3.0.1/32 dev lo; ip -n a route add 10.3.0.1 via 10.0.0.2")
    (probe,) = probed(host, {"from": "a", "to": "b:lo"})
    assert (probe["address"], probe["reachable"]) == ("10.3.0.1", True)


def test_a_zone_is_an_interface_of_the_sender(host: Host) -> None:
    lab(host)
    (said,) = host.ip("-n", "b", "-6", "address", "show", "dev", "eb")
    other = next(one["local"] for one in said["addr_info"] if one["scope"] == "link")
    index = host.ip("-n", "a", "link", "show", "dev", "ea")[0]["ifindex"]
    for zone in ("ea", str(index)):
        assert probed(host, {"from": "a", "to": f"{other}%{zone}"})[0]["reachable"]
    expect = [{"from": "a", "to": f"{other}%{zone}", "reachable": False} for zone in ("typo", "4711")]
    assert host.refused_by_the_kernel("netns_probe", expect=expect).splitlines()[1:] == [
        "- expect[0].to: there is no interface typo in namespace a; it has ea, lo",
        "- expect[1].to: there is no interface 4711 in namespace a; it has ea, lo",
    ]


def test_a_first_reply_is_not_forgotten(host: Host) -> None:
    lab(host)
    way = {"from": "a", "to": "10.0.0.2", "protocol": "udp", "port": 7, "count": 3}
    with serving("b", UDP_ONCE):
        result = host.run("netns_probe", expect=[{**way, "reachable": False}], timeout=0.5)
    assert "there was a reply, and none was expected" in result["msg"]
    with serving("b", UDP_ONCE):
        (probe,) = probed(host, {**way, "max_loss": 100}, timeout=0.5)
    assert (probe["reachable"], probe["sent"], probe["received"], probe["loss_percent"]) == (True, 3, 0, 100)
    assert probe_table([probe]).splitlines()[1].endswith("ok, 100 % lost")
    with serving("b", UDP_ONCE):
        result = host.run("netns_probe", expect=[{**way, "max_rtt": 1000}], timeout=0.5)
    assert "all that was counted was lost, so there is no round-trip time" in result["msg"]


def test_an_interface_with_a_dot_is_one(host: Host) -> None:
    lab(host)
    host.sh("""
        ip link add eth0.10 type veth peer name e netns a; ip address add 10.3.0.1/24 dev eth0.10
        ip link set eth0.10 up; ip -n a link set e up; ip -n a address add 10.3.0.2/24 dev e
    """)
    assert probed(host, {"from": "a", "to": "eth0.10"})[0]["address"] == "10.3.0.1"


def test_a_long_time_to_wait_is_no_mistake(host: Host) -> None:
    lab(host)
    assert probed(host, {"from": "a", "to": "10.0.0.2", "count": 2}, timeout=3_000_000)[0]["reachable"]
    assert probed(host, {"from": "a", "to": "10.0.0.2", "count": 2}, timeout=1e10)[0]["reachable"]


def test_mistakes_are_told_all_at_once(host: Host) -> None:
    lab(host)
    message = host.refused_by_the_kernel(
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
    message = host.refused_by_the_kernel(
        "netns_probe", expect=[{"from": "c", "to": "10.0.0.2"}, {"to": "a:nope"}, {"to": "c:ea"}]
    )
    assert message.splitlines()[1:] == [
        "- expect[0].from: there is no namespace c; create it first, with linuxnet.netns.netns",
        "- expect[1].to: there is no interface nope in namespace a; it has ea, lo",
        "- expect[2].to: there is no namespace c; create it first, with linuxnet.netns.netns",
    ]
    assert "the list is empty" in host.refused_by_the_kernel("netns_probe", expect=[])
    assert "timeout" in host.refused_by_the_kernel("netns_probe", timeout=0)


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
    host.sh("""ip netns add "$(printf 'c\\377')" """)
    assert {probe["from"] for probe in host.run("netns_probe", timeout=0.3)["probes"]} == {"a", "b", "c\\xff"}
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
    one: dict[str, Any] = {"from": "a", "to": "10.0.0.2"}
    expect = [one, {"from": "b", "to": "10.5.0.1", "reachable": False}] * 150
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, limits[1]))
    try:
        assert len(probed(host, *expect)) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_descriptors_that_are_open_already_are_counted(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    lab(host)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    expect = [{"from": "a", "to": "10.0.0.2", "reachable": False}, {"from": "b", "to": "10.0.0.1"}] * 30
    others = [os.open("/dev/null", os.O_RDONLY) for _number in range(100)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(others) + 20, limits[1]))
    try:
        # The limit is not raised: first it is known, then the kernel runs out of descriptors when it was not to.
        for promised in (max(others) + 20, 10_000):
            monkeypatch.setattr(probing, "_raised", lambda _limits, _needed, room=promised: room)
            result = host.run("netns_probe", expect=expect, timeout=2)
            assert [probe["reachable"] for probe in result["probes"]] == [True] * 60
            assert [probe["ok"] for probe in result["probes"]] == [False, True] * 30
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for other in others:
            os.close(other)


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
    for wrong in ({"rtt_ms": "fast"}, {"loss_percent": "few"}):
        with pytest.raises(AnsibleFilterError, match="'probes' of a result"):
            probe_table([{**yes, **wrong}])

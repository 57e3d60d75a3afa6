# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""netns_info tells what is in namespaces, whoever made them."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child


def seen(on: Host, /, **options: Any) -> list[dict[str, Any]]:
    """Return what the module tells, which changes nothing, also in check mode."""
    before = on.dump()
    found = on.done("netns_info", check=True, **options)
    assert found["changed"] is False
    assert on.dump() == before
    listed: list[dict[str, Any]] = on.done("netns_info", **options)["namespaces"]
    return listed


def links(namespace: dict[str, Any]) -> dict[str, Any]:
    return {link["interface"]: link for link in namespace["links"]}


def pair(host: Host) -> None:
    host.sh("""
        ip netns add a; ip netns add b
        ip link add ea netns a mtu 1400 address 02:00:00:00:00:0a type veth peer name eb netns b
        ip -n a address add 10.0.0.1/24 dev ea
        ip -n a link set ea up; ip -n b link set eb up
    """)


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Give a process that has started: it has written a line."""
    with subprocess.Popen([*words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline()
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.kernel
@pytest.mark.crowded
def test_links_are_told_as_the_kernel_has_them(host: Host) -> None:
    pair(host)
    a, b = seen(host)
    assert (a["name"], b["name"], a["state"]) == ("a", "b", "present")
    (said,) = host.ip("-n", "a", "link", "show", "dev", "ea")
    link = links(a)["ea"]
    assert (link["kind"], link["index"], link["mac"], link["mtu"]) == ("veth", said["ifindex"], said["address"], 1400)
    assert set(link["flags"]) == set(said["flags"])
    assert (link["state"], link["carrier"]) == ("up", True)
    (other,) = host.ip("-n", "b", "link", "show", "dev", "eb")
    assert link["peer"] == {"place": "namespace", "netns": "b", "interface": "eb", "index": other["ifindex"]}
    assert links(b)["eb"]["peer"] == {"place": "namespace", "netns": "a", "interface": "ea", "index": said["ifindex"]}
    assert links(a)["lo"]["kind"] == "loopback"
    assert links(a)["lo"]["state"] == "down"


@pytest.mark.kernel
@pytest.mark.crowded
def test_a_peer_is_found_wherever_it_is(host: Host) -> None:
    pair(host)
    host.sh("""
        ip link add up_a type veth peer name down_a netns a
        ip -n a link add in_a type veth peer name in_b
        ip link add bridge0 type bridge; ip link set up_a master bridge0
    """)
    (a,) = seen(host, names=["a"])
    found = links(a)
    assert (found["ea"]["peer"]["netns"], found["ea"]["peer"]["interface"]) == ("b", "eb")
    assert (found["down_a"]["peer"]["place"], found["down_a"]["peer"]["interface"]) == ("host", "up_a")
    assert found["in_a"]["peer"]["netns"] == "a"
    (home,) = seen(host, host=True)
    assert links(home)["up_a"]["peer"]["netns"] == "a"
    assert links(home)["up_a"]["master"] == "bridge0"
    assert home["host"] is True


@pytest.mark.kernel
def test_the_right_peer_is_found_among_pairs_that_look_the_same(host: Host) -> None:
    host.sh("""
        for n in 1 2 3; do
            ip netns add l$n; ip netns add r$n
            ip link add e netns l$n address 02:00:00:00:00:01 type veth \
                peer name e netns r$n address 02:00:00:00:00:01
        done
    """)
    for namespace in seen(host):
        other = {"l": "r", "r": "l"}[namespace["name"][0]] + namespace["name"][1]
        assert links(namespace)["e"]["peer"]["netns"] == other


@pytest.mark.kernel
def test_addresses_and_routes_are_told(host: Host) -> None:
    pair(host)
    host.sh("""
        ip -n a address add 2001:db8::1/64 dev ea nodad
        ip -n a route add 10.9.0.0/16 via 10.0.0.2 metric 7
        ip -n a route add default via 10.0.0.2 table 100
        ip -n a route add unreachable 10.8.0.0/16
        ip -n a route add 10.7.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3
        ip -n a rule add not from 10.0.0.0/8 fwmark 1/0xff priority 7 table 100 protocol static
        ip -n a -6 rule add iif lo ipproto 6 priority 7 prohibit
    """)
    (a,) = seen(host, names=["a"])
    rest = {"to": None, "oif": None, "suppress_prefixlength": None}
    assert a["rules"] == [
        {
            **{"priority": 7, "family": "ipv4", "from": "10.0.0.0/8", "not": True, "iif": None, "fwmark": "0x1/0xff"},
            **{"table": "100", "action": "lookup", "others": None, "protocol": "static", **rest},
        },
        {
            **{"priority": 7, "family": "ipv6", "from": None, "not": False, "iif": "lo", "fwmark": None},
            **{"table": None, "action": "prohibit", "others": "ipproto 6", "protocol": "unspec", **rest},
        },
    ]
    own = {(one["interface"], one["address"], one["family"], one["scope"]) for one in a["addresses"]}
    assert {("ea", "10.0.0.1/24", "ipv4", "global"), ("ea", "2001:db8::1/64", "ipv6", "global")} <= own
    routes = {(one["destination"], one["table"]): one for one in a["routes"]}
    assert routes["10.0.0.0/24", 254]["protocol"] == "kernel"
    assert routes["10.0.0.0/24", 254]["source"] == "10.0.0.1"
    by_gateway = routes["10.9.0.0/16", 254]
    assert (by_gateway["gateway"], by_gateway["interface"], by_gateway["metric"]) == ("10.0.0.2", "ea", 7)
    assert routes["default", 100]["gateway"] == "10.0.0.2"
    assert routes["10.8.0.0/16", 254]["type"] == "unreachable"
    assert routes["10.7.0.0/16", 254]["nexthops"] == [
        {"gateway": "10.0.0.2", "interface": "ea", "weight": 2, "onlink": False},
        {"gateway": "10.0.0.3", "interface": "ea", "weight": 1, "onlink": False},
    ]


@pytest.mark.kernel
def test_all_that_can_be_declared_is_told(host: Host) -> None:
    pair(host)
    host.sh("""
        ip -n a link set ea alias 'to b'
        ip -n a link add br0 type bridge ageing_time 2000; ip -n a link set ea master br0
        ip -n a link set ea type bridge_slave isolated on; ip -n a neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev ea
        ip -n a addr add 10.0.1.1/24 brd + dev br0 label br0:x metric 7; ip -n a link set br0 up
        ip -n a addr add 10.1.0.1 peer 10.1.0.2/32 dev br0 valid_lft 5000 preferred_lft 0 noprefixroute
        ip -n a addr add fd00::1/64 dev br0 nodad; ip -n a route add 10.9.0.0/16 via 10.9.9.9 dev br0 onlink mtu 1300
    """)
    (a,) = seen(host, names=["a"], sysctls=["net.ipv4.ip_forward", "net.ipv4.conf.br0.rp_filter", "net.none"])
    ea, bridge = links(a)["ea"], links(a)["br0"]
    assert (ea["alias"], ea["master"], ea["port"]["isolated"], ea["port"]["learning"]) == ("to b", "br0", True, True)
    assert (bridge["properties"]["ageing_time"], bridge["port"], ea["properties"]) == (20, None, {})
    # Where bridges can have VLANs, each begins with one.
    for name, told in (("ea", ea), ("br0", bridge)):
        members = json.loads(host.sh(f"ip netns exec a bridge -j vlan show dev {name}") or "[]")
        assert [one["id"] for one in told["vlans"]] == [vlan["vlan"] for one in members for vlan in one["vlans"]]
    assert a["neighbours"] == [{"interface": "ea", "address": "10.0.0.9", "mac": "02:00:00:00:00:09"}]
    there = {one["address"]: one for one in a["addresses"]}
    assert there["10.0.1.1/24"] == {
        **{"interface": "br0", "address": "10.0.1.1/24", "family": "ipv4", "scope": "global", "peer": None},
        **{"broadcast": "+", "label": "br0:x", "lifetime": None, "preferred": None, "nodad": False, "metric": 7},
        **{"noprefixroute": False, "others": None, "tentative": False, "duplicate": False},
    }
    far = there["10.1.0.1/32"]
    assert (far["peer"], far["preferred"], far["noprefixroute"]) == ("10.1.0.2", 0, True)
    assert 4900 < far["lifetime"] <= 5000
    assert there["fd00::1/64"]["nodad"] is True
    (way,) = (one for one in a["routes"] if one["destination"] == "10.9.0.0/16")
    assert (way["mtu"], way["onlink"]) == (1300, True)
    assert a["sysctls"] == {"net.ipv4.ip_forward": "0", "net.ipv4.conf.br0.rp_filter": "0", "net.none": None}


@pytest.mark.kernel
def test_routes_are_told_with_all_that_selects_them(host: Host) -> None:
    pair(host)
    host.sh("""
        ip -n a address add 2001:db8::1/64 dev ea nodad
        ip -n a route add 10.6.0.0/16 via 10.0.0.2 metric 4294967295 table 4294967290
        ip -n a route add 10.5.0.0/16 via 10.0.0.2 tos 0x10 protocol babel
        ip -n a route add 10.4.0.0/16 via 10.0.0.2 protocol 84
        ip netns exec a sysctl -qw net.ipv4.nexthop_compat_mode=0
        ip -n a nexthop add id 7 via 10.0.0.2 dev ea; ip -n a route add 10.3.0.0/16 nhid 7
    """)
    (a,) = seen(host, names=["a"])
    routes = {one["destination"]: one for one in a["routes"]}
    assert (routes["10.6.0.0/16"]["metric"], routes["10.6.0.0/16"]["table"]) == (4294967295, 4294967290)
    assert (routes["10.5.0.0/16"]["tos"], routes["10.5.0.0/16"]["protocol"]) == (0x10, "babel")
    assert routes["10.4.0.0/16"]["protocol"] == "ovn"
    assert [routes[f"10.{number}.0.0/16"]["nexthop_id"] for number in (3, 4)] == [7, None]
    assert routes["10.4.0.0/16"]["from"] is None


@pytest.mark.kernel
def test_a_route_for_a_source_is_told_with_it(host: Host) -> None:
    pair(host)
    words = "ip -n a -6 route add 2001:db8:1::/64 from 2001:db8:2::/64 dev ea"
    if subprocess.run(words.split(), check=False, capture_output=True).returncode:
        pytest.skip("this kernel has no IPv6 routes by source (CONFIG_IPV6_SUBTREES)")
    (a,) = seen(host, names=["a"])
    assert {one["destination"]: one["from"] for one in a["routes"]}["2001:db8:1::/64"] == "2001:db8:2::/64"


@pytest.mark.kernel
def test_the_flags_are_those_that_ip_tells(host: Host) -> None:
    pair(host)
    host.sh("""
        ip -n b link set eb down; ip -n a link set ea dynamic on; ip -n a link add one type veth peer name two
        ip -n a link set one up; ip -n a link set lo up; ip -n a link add br0 type bridge; ip -n a link set br0 up
        ip -n a link add link two name three type macvlan
    """)
    (a,) = seen(host, names=["a"])
    said = {link["ifname"]: link["flags"] for link in host.ip("-n", "a", "link", "show")}
    assert {name: link["flags"] for name, link in links(a).items()} == said
    assert {"NO-CARRIER", "DYNAMIC", "M-DOWN"} <= {flag for flags in said.values() for flag in flags}


def test_names_that_are_no_utf8_do_not_fail_the_rest(host: Host) -> None:
    host.sh("""
        ip netns add a; ip netns add "$(printf 'b\\377')"
        ip link add "$(printf 'e\\377')" netns a type veth peer name eb netns "$(printf 'b\\377')"
    """)
    a, b = host.done("netns_info")["namespaces"]
    assert (a["name"], b["name"]) == ("a", "b\\xff")
    assert "e\\xff" in links(a)
    assert links(a)["e\\xff"]["peer"]["netns"] == "b\\xff"
    assert links(b)["eb"]["peer"]["interface"] == "e\\xff"


def test_what_may_not_be_looked_at_is_a_mistake_of_its_option(host: Host) -> None:
    host.sh("ip netns add a")

    def drop() -> None:
        # PR_CAPBSET_DROP of CAP_SYS_PTRACE (capabilities(7)).
        ctypes.CDLL(None).prctl(24, 19, 0, 0, 0)

    long = "/" + "x" * 300
    options = {"pids": [os.getpid()], "names": ["a", "none"], "paths": ["/run/none", long]}
    result = json.loads(child("netns_info", options, preexec=drop).stdout)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "2 mistakes, and nothing was changed:\n"
        f"- paths[1]: {long} could not be read: {long}: File name too long (ENAMETOOLONG)\n"
        f"- pids[0]: the namespace of process {os.getpid()} could not be read: /proc/{os.getpid()}/ns/net: Permission "
        "denied (EACCES); looking into another's process takes CAP_SYS_PTRACE"
    )


def test_the_processes_inside_are_told(host: Host) -> None:
    pair(host)
    with process("ip", "netns", "exec", "a", "sh", "-c", "echo x; exec sleep 60") as running:
        a, b = seen(host)
        assert {"pid": running.pid, "command": "sleep"} in a["processes"]
        assert b["processes"] == []


@pytest.mark.kernel
def test_a_namespace_without_a_name_is_read_by_process_and_by_path(host: Host) -> None:
    script = "ip link add inner type veth peer name outer netns $PPID; echo x; exec sleep 60"
    with process("unshare", "--net", "sh", "-c", script) as running:
        by_path, by_pid = seen(host, pids=[running.pid], paths=[f"/proc/{running.pid}/ns/net"])
        (home,) = seen(host, host=True)
    assert (by_pid["name"], by_pid["pid"], by_pid["state"]) == (None, running.pid, "present")
    assert by_path["links"] == by_pid["links"]
    assert links(by_pid)["inner"]["peer"]["place"] == "host"
    assert {"pid": running.pid, "command": "sleep"} in by_pid["processes"]
    assert links(home)["outer"]["peer"]["place"] == "elsewhere"
    assert links(home)["outer"]["peer"]["interface"] == "inner"


def test_what_is_no_namespace_is_told_as_what_it_is(host: Host) -> None:
    pair(host)
    host.sh("touch /run/netns/stale; mkdir /run/netns/directory")
    told = seen(host, names=["a", "missing", "stale", "directory"], paths=["/run/nowhere", "/etc/passwd"])
    assert [one["state"] for one in told] == ["present", "absent", "stale", "foreign", "absent", "foreign"]
    assert all(one["links"] == one["processes"] == [] for one in told[1:])
    assert {one["name"]: one["state"] for one in seen(host)} == {
        "a": "present",
        "b": "present",
        "directory": "foreign",
        "stale": "stale",
    }


def test_a_process_that_is_not_there_is_absent(host: Host) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert [one["state"] for one in seen(host, pids=[ended.pid])] == ["absent"]


def test_nothing_there_is_nothing_told(host: Host) -> None:
    assert seen(host) == []


def test_mistakes_are_told_all_at_once(host: Host) -> None:
    options = {"names": ["../x", "a/b"], "paths": ["relative"], "pids": [0], "sysctls": ["kernel.pid_max"]}
    message = host.refused("netns_info", **options)
    for path in ("names[0]", "names[1]", "paths[0]", "pids[0]", "sysctls[0]"):
        assert path in message


def test_namespaces_may_come_and_go_while_they_are_read(host: Host) -> None:
    over = threading.Event()
    script = "for n in 1 2 3 4 5 6; do ip netns add x$n; ip -n x$n link set lo up; ip netns delete x$n; done"

    def churn() -> None:
        while not over.is_set():
            subprocess.run(["sh", "-c", script], check=False, capture_output=True)

    host.sh("ip netns add stays")
    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _round in range(40):
            result = host.run("netns_info")
            assert not result.get("failed"), result
            assert "stays" in {one["name"] for one in result["namespaces"]}
    finally:
        over.set()
        churning.join()
    assert Path("/run/netns/stays").exists()

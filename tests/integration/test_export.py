# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""netns_export writes the topology of what is live, whoever made it: applying that changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import CASES, PLUGGED, SHAPED, Case
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.test_contract import prepare
from ansible_collections.linuxnet.netns.tests.integration.test_info import process


def exported(on: Host, /, **options: Any) -> dict[str, Any]:
    """Return what the module gives, which would change nothing."""
    found = on.done("netns_export", **{"name": "copy", "host": True, "macs": True, **options})
    assert (found["changed"], found["commands"]) == (False, [])
    return found


def changes_nothing(host: Host, topology: dict[str, Any]) -> None:
    for check in (True, False):
        applied = host.done("netns_topology", check=check, **topology)
        assert (applied["changed"], applied["commands"], applied["diff"]) == (False, [], [])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_applying_what_was_exported_changes_nothing(host: Host, case: Case) -> None:
    """Of the state that each case of the contract leaves."""
    prepare(host, case)
    host.done(case.module, **case.options)
    before = host.dump(records=False)

    changes_nothing(host, exported(host)["topology"])

    assert not difference(before, host.dump(records=False))


#: What another topology, and another order, makes of the same: the group, the indexes, and who gave a route or a rule.
OF_A_RUN = {"link_netnsid", "group", "ifindex", "link_index", "viaIfIndex", "link", "protocol"}
#: The first of the inodes of namespaces (PROC_DYNAMIC_FIRST in the kernel's fs/proc/generic.c).
INODES = 0xF0000000


def lasting(dump: Any) -> Any:
    """Return what of a dump is the same when all is made anew."""
    if isinstance(dump, dict):
        return {key: lasting(in_order(key, one)) for key, one in dump.items() if key not in OF_A_RUN}
    if isinstance(dump, (list, tuple)):
        return [lasting(one) for one in dump if not (isinstance(one, int) and one > INODES)]
    return dump


def in_order(key: str, dump: Any) -> Any:
    """Return links by their names, for the kernel lists them by their indexes."""
    return sorted(dump, key=lambda link: str(link.get("ifname"))) if key == "links" else dump


def wipe(host: Host, keep: str) -> None:
    """Remove all that a test has made but one interface of the host."""
    host.sh("ip -all netns delete; rm -rf /run/linuxnet.netns")
    for link in host.ip("link", "show"):
        name = link["ifname"]
        if name not in ("lo", keep):
            # What was its peer, or built upon it, is gone with it.
            host.sh(f"ip link delete dev {name} 2>/dev/null || ! ip link show dev {name} 2>/dev/null")


REBUILT = {"a topology with links of several types", "a topology with routes", "a topology with shaped ends"}
REBUILT |= {"a topology with sysctls", "addresses with all that is set of them", "routes", "a topology with neighbours"}
REBUILT |= {"a tap device with all that it may have"}
SYSCTLS = ["ipv4.ip_forward", "ipv6.conf.ea.accept_ra", "ipv4.conf.default.rp_filter", "ipv4.conf.to_b.rp_filter"]


@pytest.mark.kernel
@pytest.mark.parametrize("case", [case for case in CASES if case.name in REBUILT], ids=str)
def test_what_was_exported_makes_the_same_again(host: Host, case: Case) -> None:
    prepare(host, case)
    host.done(case.module, **case.options)
    before = host.dump(records=False)
    found = exported(host, sysctls=[f"net.{name}" for name in SYSCTLS if case.sysctls])
    assert found["left_out"] == []
    wipe(host, "nic")
    host.done("netns_topology", **found["topology"])

    assert not difference(lasting(before), lasting(host.dump(records=False)))


@pytest.mark.kernel
def test_what_cannot_be_declared_is_left_out_and_named(host: Host) -> None:
    with process("unshare", "--net", "sh", "-c", "echo x; exec sleep 60") as running:
        host.sh(f"""
        {SHAPED}; ip netns add c
        ip -n a link add name strange type veth peer name inside; ip -n a link set strange up
        ip -n a addr add 10.3.0.1/24 dev strange; ip -n a route add 10.4.0.0/16 via 10.3.0.9
        ip -n a link set inside netns {running.pid}
        ip netns exec a sysctl -qw net.ipv4.nexthop_compat_mode=0
        ip -n a nexthop add id 7 via 10.0.0.2 dev ea; ip -n a route add 10.5.0.0/16 nhid 7
        ip -n a route add 10.6.0.0/16 via 10.0.0.2 tos 0x10; ip -n a route add 10.6.1.0/24 via 10.0.0.2 advmss 1300
        ip -n a route add 10.7.0.0/16 via 10.0.0.2
        ip -n a route append 10.7.0.0/16 via 10.0.0.3; ip -n a route add throw 10.8.0.0/16
        ip -n a rule add priority 5 ipproto 6 table 100; ip -n a rule add priority 6 table 100
        ip -n a addr add fd09::1/64 dev ea nodad home
        ip link add br0 type bridge; ip link add name to_c type veth peer name up netns c; ip link set to_c master br0
        """)
        found = exported(host, host=False, macs=False)
        changes_nothing(host, found["topology"])
    assert found["left_out"] == [
        "address fd09::1/64 on ea in namespace a: it is home",
        "queueing discipline htb (root), with what is on it, of eb in namespace b",
        "interface strange in namespace a (one end of another veth pair), with what is on it: its other end is in a "
        "namespace without a name",
        "to_c in the host's namespace is a port of br0, which is the host's own: it takes host=true",
        "route 10.5.0.0/16 scope global in namespace a: a nexthop object says where it leads",
        "route 10.4.0.0/16 via 10.3.0.9 dev strange in namespace a: it leads through strange",
        "route 10.6.0.0/16 via 10.0.0.2 dev ea tos 16 in namespace a: it has tos 0x10",
        "route 10.6.1.0/24 via 10.0.0.2 dev ea in namespace a: it has other metrics than an MTU",
        "rule 5: ipproto 6 table 100 in namespace a: it says ipproto 6",
        'namespace a routes: {"to": "10.7.0.0/16", "via": "10.0.0.3", "dev": "ea"}: 10.7.0.0/16 is declared already, '
        "in namespaces[0].routes[1]: to the kernel, both are one route",
        'namespace a routes: {"to": "10.8.0.0/16", "type": "throw"}: \'throw\' is not one of unicast, blackhole, '
        "unreachable and prohibit",
    ]
    assert [one.removeprefix("Left out: ").removesuffix(".") for one in found["warnings"]] == found["left_out"]
    assert found["topology"]["namespaces"][0]["rules"] == [{"priority": 6, "family": "ipv4", "table": "100"}]


def test_some_namespaces_have_their_links_to_others_by_name(host: Host) -> None:
    host.sh(f"{PLUGGED}; ip netns add c; ip -n b link add name x type veth peer name y netns c")
    found = exported(host, namespaces=["a", "c"], host=False, macs=False)
    assert found["topology"]["namespaces"][1] == {"name": "c", "loopback": "down"}
    ends = [
        [end if isinstance(end, str) else end["netns"] for end in one["endpoints"]]
        for one in found["topology"]["links"]
    ]
    assert ends == [["a", "b:eb"], ["c", "b"]]
    changes_nothing(host, found["topology"])
    host.refused("netns_topology", **{**found["topology"], "links": [{"endpoints": ["a:z", "none:z"]}]})


def test_mistakes_are_told_all_at_once(host: Host) -> None:
    host.sh("ip netns add a")
    message = host.refused("netns_export", name="../x", namespaces=["a/b"], sysctls=["kernel.pid_max"])
    for path in ("name", "namespaces", "sysctls[0]"):
        assert f"- {path}: " in message
    assert host.refused("netns_export", name="x", namespaces=["a", "none"]).endswith("there is no namespace none")
    assert "nothing to export" in host.refused("netns_export", name="x", namespaces=[])


def test_names_that_cannot_be_written_are_left_out(host: Host) -> None:
    host.sh("""
        ip netns add a; ip netns add "$(printf 'b\\377')"; ip netns attach again $$; touch /run/netns/stale
        ip -n a link add "$(printf 'br\\377')" type bridge
    """)
    left_out = exported(host, host=False)["left_out"]
    assert left_out == [
        "again is another name of the host's namespace",
        "namespace b\\xff has a name that is no UTF-8",
        "interface br\\xff in namespace a (an interface of kind bridge), with what is on it: its name is no UTF-8",
    ]

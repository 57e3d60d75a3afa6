# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way out for namespaces: they reach what the host reaches, and nothing of it is left when it goes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.internet import InternetReader
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.internet import (
    HOST,
    HOST6,
    NAME,
    SERVER,
    SERVER6,
    asked,
    internet,
    resolver,
    serving,
)
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, run, written

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(shutil.which("nft") is None, reason="there is no nft (package nftables)"),
]
FORM = ("name", "namespaces", "links", "bridges", "host")
#: What tables like ours make the kernel load, which brings sysctls of its own.
_LOADED = """
for family in ip ip6; do
    nft "table $family one { chain one { type nat hook postrouting priority 100; ct state established masquerade; }; }"
    nft delete table $family one
done
"""


@pytest.fixture
def outside(host: Host) -> Iterator[Host]:
    """Give a host with a way out, which asks the name server there."""
    host.tables = host.sysctls = True
    host.sh(_LOADED)
    with internet(host):
        yield host


def let_out(host: Host, *namespaces: str, check: bool = False, **options: Any) -> list[str]:
    """Give namespaces a way out, as the role does; gives the commands."""
    found = host.done("netns_internet_info", **{"name": namespaces[0], "namespaces": list(namespaces), **options})
    first: list[str] = []
    if found["sysctls_first"]:
        first = host.done("netns_sysctl", check=check, sysctls=found["sysctls_first"])["commands"]
    form = {key: found["topology"][key] for key in FORM if key in found["topology"]}
    return [*first, *host.done("netns_topology", check=check, purge=True, **form)["commands"]]


def take_back(host: Host, name: str) -> list[str]:
    """Take a way out back, as the role does; gives the commands."""
    back = host.done("netns_internet_info", name=name)["put_back"]
    tables = "".join(f"table {family} internet_{name} {{ }}\n" for family in ("ip", "ip6"))
    form = {"name": f"internet_{name}", "host": {"nftables": tables}, "purge": True, "state": "absent"}
    commands = list(host.done("netns_topology", **form)["commands"])
    return commands + (host.done("netns_sysctl", sysctls=back)["commands"] if back else [])


def addresses(host: Host, netns: str) -> list[str]:
    """Return the global addresses of the interface that leads out, of IPv4 and of IPv6."""
    (there,) = host.ip("-n", netns, "address", "show", "dev", "internet")
    return [one["local"] for one in there["addr_info"] if one["scope"] == "global"]


def hears_nothing(host: Host, netns: str, address: str) -> bool:
    """Tell whether a ping from a namespace gets no reply; unlike ``Host.pings`` it gives up at once."""
    words = ["ip", "netns", "exec", netns, "ping", "-c", "1", "-W", "0.5", address]
    return subprocess.run(words, check=False, capture_output=True).returncode != 0


def test_a_namespace_reaches_what_the_host_reaches_and_nothing_is_left_of_it(outside: Host) -> None:
    before = outside.dump()
    predicted = let_out(outside, "blue", check=True)
    assert not difference(before, outside.dump())
    # In check mode what would have been set first, on older kernels, is still to be set by the topology.
    assert let_out(outside, "blue") == [*dict.fromkeys(predicted)]
    made = outside.dump()
    assert let_out(outside, "blue") == []
    assert not difference(made, outside.dump())
    assert outside.pings("blue", SERVER)
    assert outside.pings("blue", SERVER6)
    assert (asked(outside, "blue", SERVER), asked(outside, "blue", SERVER6)) == (HOST, HOST6)
    found = outside.sh(f"ip netns exec blue getent ahosts {NAME}").split()
    assert {SERVER, SERVER6} <= set(found)
    assert Path("/etc/netns/blue/resolv.conf").read_text() == f"search lab.example\nnameserver {SERVER}\n"
    take_back(outside, "blue")
    assert not difference(before, outside.dump())
    assert take_back(outside, "blue") == []


def test_of_two_one_goes_and_the_other_stays(outside: Host) -> None:
    outside.sh("ip netns add red; ip -n red link add keep type veth peer name kept")
    outside.sh("mkdir -p /etc/netns/red; echo nameserver 192.0.2.53 >/etc/netns/red/resolv.conf")
    before = outside.dump()
    let_out(outside, "blue")
    only_blue = outside.dump()
    # What it has already stays, its name servers and the state of lo too.
    found = outside.done("netns_internet_info", name="red", namespaces=["red"])
    assert found["says"][2:] == ["red asks the name servers of its own /etc/netns/red/resolv.conf"]
    let_out(outside, "red")
    assert let_out(outside, "blue") == []
    (blue, _blue6), (red, _red6) = addresses(outside, "blue"), addresses(outside, "red")
    assert hears_nothing(outside, "red", blue)
    assert asked(outside, "red", SERVER) == HOST
    with serving("red"):
        assert asked(outside, "", red) != ""
        with pytest.raises(subprocess.CalledProcessError):
            asked(outside, "internet", red)
    take_back(outside, "red")
    assert not difference(only_blue, outside.dump())
    assert outside.pings("blue", SERVER6)
    let_out(outside, "red")
    take_back(outside, "blue")
    assert outside.pings("red", SERVER6)
    take_back(outside, "red")
    assert not difference(before, outside.dump())


def test_ports_lead_into_several_namespaces_that_reach_each_other(outside: Host) -> None:
    before = outside.dump()
    ports = [{"port": 8080, "to_port": 80, "namespace": "blue"}, {"port": 80, "namespace": "red"}]
    let_out(outside, "blue", "red", ports=ports, prefix="10.9.0.0/24", prefix6="fd09::/64")
    assert let_out(outside, "blue", "red", ports=ports, prefix="10.9.0.0/24", prefix6="fd09::/64") == []
    assert outside.pings("blue", addresses(outside, "red")[0])
    assert asked(outside, "red", SERVER6) == HOST6
    with serving("blue"), serving("red"):
        assert asked(outside, "internet", HOST, 8080) == "192.0.2.1"
        assert asked(outside, "internet", HOST6, 80) == "2001:db8::1"
        assert asked(outside, "", HOST, 8080) == HOST
    # One port less is one rule less.
    assert let_out(outside, "blue", "red", prefix="10.9.0.0/24", prefix6="fd09::/64") != []
    assert "dnat to" not in outside.sh("nft list ruleset")
    take_back(outside, "blue")
    assert not difference(before, outside.dump())


def test_what_did_not_forward_before_forwards_for_nobody_else(outside: Host) -> None:
    """A router beside the namespace, which forwards what comes in from the other side alone."""
    outside.sh("""
        ip netns add lan; ip link add lan type veth peer name e netns lan; ip link set lan up; ip -n lan link set e up
        ip address add 10.5.0.1/24 dev lan; ip -n lan address add 10.5.0.2/24 dev e
        ip -n lan route add default via 10.5.0.1; ip -n internet route add 10.5.0.0/24 via 192.0.2.2
        echo 1 >/proc/sys/net/ipv4/conf/lan/forwarding
    """)
    assert hears_nothing(outside, "internet", "10.5.0.2")
    before = outside.dump()
    let_out(outside, "blue")
    assert hears_nothing(outside, "internet", "10.5.0.2")
    assert outside.pings("blue", "10.5.0.2")
    # Who makes a router of the host meanwhile has one, and keeps it.
    outside.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
    assert let_out(outside, "blue") != []
    assert outside.pings("internet", "10.5.0.2")
    take_back(outside, "blue")
    assert outside.pings("internet", "10.5.0.2")
    outside.sh("echo 0 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/conf/lan/forwarding")
    assert not difference(before, outside.dump())


def advertise(host: Host) -> None:
    """Let the router out there advertise itself, and wait until the host has its route."""
    send = """
import socket
with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sender:
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    sender.sendto(bytes([134, 0, 0, 0, 64, 0, 7, 8]) + bytes(8), ("ff02::1%host", 0))
"""
    end = time.monotonic() + 10
    while "proto ra" not in host.sh("ip -6 route show default"):
        assert time.monotonic() < end
        # It cannot send before its link-local address has settled.
        words = ["ip", "netns", "exec", "internet", sys.executable, "-c", send]
        subprocess.run(words, check=False, capture_output=True)
        time.sleep(0.1)


def test_kernels_that_forward_ipv6_for_all_interfaces_or_none(outside: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Linux 6.17; where there is a newer one, its sysctl is hidden."""
    setting = InternetReader.setting
    monkeypatch.setattr(
        InternetReader, "setting", lambda self, path: None if "force_" in path else setting(path), raising=True
    )
    # Who says in answers that it is no router is none for long (ndisc_recv_na()).
    outside.sh("ip netns exec internet sysctl -w net.ipv6.conf.all.forwarding=1")
    outside.sh("ip -6 route delete default; ip link add b0 type bridge; echo 1 >/proc/sys/net/ipv6/conf/b0/forwarding")
    advertise(outside)
    before = outside.dump()
    assert let_out(outside, "blue")[0] == "sysctl -w net.ipv6.conf.wan.accept_ra=2"
    assert let_out(outside, "blue") == []
    assert "proto ra" in outside.sh("ip -6 route show default")
    assert asked(outside, "blue", SERVER6) == HOST6
    let_out(outside, "red")
    take_back(outside, "blue")
    assert asked(outside, "red", SERVER6) == HOST6
    take_back(outside, "red")
    assert not difference(before, outside.dump())


def test_a_firewall_that_would_not_let_pass_is_told_with_what_lets_it(outside: Host) -> None:
    outside.sh("""nft '
        table inet filter {
            chain accepted { ct state established,related accept; }
            chain forward { type filter hook forward priority 0; policy drop; jump accepted; iifname "eth7" accept; }
        }
        table ip6 mine {
            chain last { type filter hook forward priority 5; ip6 daddr fd77::/16 accept; counter reject; }
        }
        table ip others {
            chain input { type filter hook input priority 0; policy drop; }
        }'
    """)
    asking: dict[str, Any] = {"name": "blue", "namespaces": ["blue"]}
    message = outside.refused("netns_internet_info", **asking)
    told = [re.sub("(, so|, and have) .*", "", line) for line in message.splitlines()[1:]]
    assert told == [
        "- firewall: chain forward of table inet filter drops what it does not know (policy drop)",
        "- firewall: chain last of table ip6 mine drops what it does not know (its last rule is reject)",
    ]
    remedies = re.findall(r"'(nft [^']*)'", message)
    assert remedies == [
        "nft insert rule inet filter forward iifname inet_blue accept",
        "nft insert rule inet filter forward oifname inet_blue accept",
        "nft insert rule ip6 mine last iifname inet_blue accept",
        "nft insert rule ip6 mine last oifname inet_blue accept",
    ]
    let_out(outside, "blue", firewall="ignored")
    assert hears_nothing(outside, "blue", SERVER)
    outside.sh("; ".join(remedies))
    assert let_out(outside, "blue") == []
    assert outside.pings("blue", SERVER)
    assert outside.pings("blue", SERVER6)


def test_what_cannot_be_is_said_before_anything_is_done(outside: Host) -> None:
    outside.sh("ip netns add red; ip -n red link set lo up; ip -n red route add default dev lo")
    outside.sh("mkdir -p /etc/netns/blue; echo nameserver 192.0.2.53 >/etc/netns/blue/resolv.conf")

    def refused(*names: str, **options: Any) -> str:
        result = outside.run("netns_internet_info", name=names[0], namespaces=list(names), **options)
        assert (result["failed"], result["changed"]) == (True, False)
        return str(result["msg"])

    message = refused("a;$(touch x)`b`")
    assert "- namespaces: 'a;$(touch x)`b`' is not a name for a namespace: white space" in message
    assert "- name: 'a;$(touch x)`b`' cannot name a table, a file and an interface: letters, digits, dots" in message
    assert "namespaces[1]: " in refused("blue", "../red")
    assert refused("red") == (
        "namespaces: namespace red has a default route of IPv4 already by lo: it has a way out, or is kept from one; "
        "remove that route first"
    )
    assert refused("blue", prefix="192.0.2.128/25", prefix6="192.0.2.0/24", nameservers=["x"]).splitlines()[1:] == [
        "- prefix6: '192.0.2.0/24' is not one of IPv6",
        "- nameservers[0]: 'x' is not an IPv4 or IPv6 address without a prefix length",
    ]
    assert refused("blue", prefix="192.0.2.128/25") == (
        "prefix: 192.0.2.128/25 is in the way of the host's route to 192.0.2.0/24: give another one"
    )
    assert refused("blue", prefix="10.0.0.0/31").endswith(
        "has too few addresses: the host needs one, and each namespace"
    )
    assert refused("blue", "green", ports=[{"port": 1}, {"port": 2, "namespace": "red"}]).splitlines()[1:] == [
        "- ports[0].namespace: it is missing: name one of namespaces",
        "- ports[1].namespace: 'red' is none of namespaces",
    ]
    assert refused("blue", nameservers=[SERVER]).startswith(
        "nameservers: /etc/netns/blue/resolv.conf is somebody else's"
    )
    assert refused("green", device="lo") == (
        "device: 'lo' has no address, or is not there; give the interface that leads out"
    )
    with resolver("nameserver 127.0.0.53\n"):
        assert refused("green").startswith(
            "nameservers: the host asks 127.0.0.53 (/etc/resolv.conf), which a namespace"
        )
    outside.sh("ip route delete default; ip -6 route delete default")
    assert refused("green") == (
        "device: the host has no way out itself: no default route, of IPv4 or of IPv6; give the interface that leads "
        "out"
    )


def test_after_a_boot_it_is_there_and_still_known_what_was_before(outside: Host) -> None:
    before = outside.dump()
    found = outside.done("netns_internet_info", name="blue", namespaces=["blue"])["topology"]
    form = {key: found[key] for key in FORM if key in found}
    outside.done("netns_topology", purge=True, persist=True, **form)
    script = Path("/etc/linuxnet.netns/internet_blue.sh").read_text()
    outside.sh("""
        ip link delete inet_blue; ip netns delete blue
        nft delete table ip internet_blue; nft delete table ip6 internet_blue
        rm /run/linuxnet.netns/internet_blue.json; sysctl -w net.ipv4.conf.wan.forwarding=0
        sysctl -w net.ipv6.conf.wan.force_forwarding=0 || sysctl -w net.ipv6.conf.all.forwarding=0
    """)
    outside.sh(script)
    assert let_out(outside, "blue") == []
    assert asked(outside, "blue", SERVER) == HOST
    take_back(outside, "blue")
    assert not difference(before, outside.dump())


def test_the_role_does_it_and_takes_it_back(outside: Host, tmp_path: Path) -> None:
    blue = {"internet_access_netns": "blue", "internet_access_ports": [{"port": 8080, "to_port": 80}]}
    gone = {"internet_access_netns": "blue", "internet_access_state": "absent"}
    odd = {"internet_access_netns": "a b;$(id)"}
    plays = [(blue, True), (blue, False), (blue, True), (gone, True), (gone, False), (gone, False), (odd, False)]
    role = {"ansible.builtin.include_role": {"name": "linuxnet.netns.internet_access"}}
    ping = {"ansible.builtin.command": f"ip netns exec blue ping -c 1 -W 5 {SERVER6}", "changed_when": False}
    hosts = {f"here{number}": LOCAL for number in range(len(plays))}
    book = [
        {
            "hosts": f"here{number}",
            "gather_facts": False,
            "check_mode": check,
            "tasks": [{**role, "vars": variables}, *([ping] if number == 1 else [])],
        }
        for number, (variables, check) in enumerate(plays)
    ]
    inventory = written(tmp_path, "inventory.yml", {"all": {"hosts": hosts}})
    before = outside.dump()
    said = run(tmp_path, "ansible-playbook", "-i", inventory, written(tmp_path, "playbook.yml", book)).stdout
    found = re.findall(r"changed=(\d+) .* failed=(\d)", said)
    # Before Linux 6.17 what keeps the routes of router advertisements is set first, by a task of its own.
    by_interface = Path("/proc/sys/net/ipv6/conf/default/force_forwarding").exists()
    assert found == [*zip("1102200" if by_interface else "2202200", "0000001")], said
    assert "blue reaches IPv4 by wan, from 10.223." in said
    assert "internet_access_netns has to be the name of a namespace, or a list of names" in said
    assert not difference(before, outside.dump())

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of every kind of object, for the contract that all of them keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

TWO = "ip netns add a; ip netns add b"
PAIR = f"{TWO}; ip link add ea netns a type veth peer name eb netns b"
PLUGGED = (
    f"{PAIR}; ip -n a addr add 10.0.0.1/24 dev ea; ip -n b addr add 10.0.0.2/24 dev eb; ip -n a link set ea up;"
    "ip -n b link set eb up; ip -n a addr add fd00::1/64 dev ea nodad; ip -n a route add 10.9.0.0/16 via 10.0.0.2;"
    "ip -n a route add fd09::/64 via fd00::2; ip -n a route add 10.10.0.0/16 via 10.9.0.1 onlink dev ea"
)
NEIGHBOURS = f"{PLUGGED}; for n in 8 9; do ip -n a neigh add 10.0.0.$n lladdr 02:00:00:00:00:0$n dev ea; done"
SECONDARIES = f"{PAIR}; for n in 1 2 3; do ip -n a addr add 10.0.0.$n/24 dev ea; done; ip -n a link set ea up"
#: Two interfaces up, with routes of people, of a routing daemon, of a router's advertisement, and several of a kind.
ROUTED = (
    f"{TWO}; for n in 1 2; do ip link add e$n netns a type veth peer name p$n netns b; ip -n a link set e$n up;"
    "ip -n b link set p$n up; ip -n a addr add 10.$n.0.1/24 dev e$n; ip -n a addr add fd0$n::1/64 dev e$n nodad; done;"
    "ip -n a link set lo up"
)
CROWDED = (
    f"{ROUTED}; ip -n a -batch - <<'END'\n"
    "route add default via 10.1.0.9 src 10.1.0.1 advmss 1300\n"
    "route append default via 10.2.0.9\n"
    "route add default via 10.1.0.9 metric 7 proto bird\n"
    "route add ::/0 via fe80::9 dev e1 proto ra metric 512\n"
    "route add fd08::/64 proto boot nexthop via fd01::9 weight 3 nexthop via fd02::9\n"
    "route add fd09::/64 dev e1\n"
    "route append fd09::/64 via fd02::9\n"
    "route add blackhole 10.8.0.0/16\n"
    "route add 10.8.0.0/16 metric 3 nexthop via 10.1.0.9 nexthop via 10.2.0.9\n"
    "route add local 10.7.0.0/16 dev lo\n"
    "route add fd06::/64 from fd77::/64 via fd01::9\n"
    "route add default via 10.1.0.9 table 100\n"
    "END\n"
)
RULED = (
    "ip netns add a; ip -n a -batch - <<'END'\n"
    "rule add from 10.0.0.0/8 priority 1000 table 100\n"
    "rule add to 10.9.0.0/16 iif lo oif e1 priority 1000 table 100 protocol boot\n"
    "rule add fwmark 0x1/0xff priority 1000 prohibit\n"
    "rule add not fwmark 0x2 priority 1001 table 300 suppress_prefixlength 0 protocol bird\n"
    "rule add priority 1002 ipproto 6 sport 22 dport 80-90 uidrange 0-5 tos 0x10 goto 32766\n"
    "rule delete priority 32767\n"
    "rule add priority 32767 table default\n"
    "END\n"
    "ip -n a -6 rule add priority 1000 iif lo table 100; ip -n a -6 rule add priority 1000 from fd00::1/64 table 100;"
)


@dataclass(frozen=True)
class Case:
    """A module with its options, on a host where some commands have been run before; and its commands."""

    name: str
    module: str
    options: dict[str, Any]
    commands: list[str]
    before: str = "true"
    #: Modules that ran before, with their options.
    earlier: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Whether it is about sysctls, which take some time to be dumped.
    sysctls: bool = False
    #: Whether it is about tables of nftables.
    tables: bool = False
    #: The queueing discipline that the kernel must have.
    needs: str = ""
    #: What else a kernel must be able to do, as commands, and what it lacks when they fail.
    tries: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        return self.name


def link(first: Any, second: Any, **more: Any) -> dict[str, Any]:
    """Return a link of a topology."""
    return {"endpoints": [first, second], **more}


def neighbour(address: str, number: int) -> dict[str, str]:
    """Return a neighbour, by its address and the last digit of its MAC address."""
    return {"address": address, "mac": f"02:00:00:00:00:0{number}"}


LAB: dict[str, Any] = {
    "name": "lab",
    "namespaces": ["a", {"name": "b", "loopback": "down"}],
    "links": [
        link(
            {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fd00::1/64"]},
            {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24"], "mac": "02:00:00:00:00:0b"},
            mtu=1400,
        ),
        link("a:twin", "b:twin"),
        link("to_a", {"netns": "a", "interface": "uplink", "state": "down"}),
        link("a:loop1", "a:loop2"),
    ],
}
LATER: dict[str, Any] = {
    "name": "lab",
    "namespaces": ["a", "c"],
    "links": [
        link({"netns": "a", "interface": "ea", "addresses": ["10.0.0.9/24"]}, "c:ec"),
        link("a:loop1", "a:loop2"),
    ],
    "purge": True,
}
KNOWN: dict[str, Any] = {
    "name": "known",
    "namespaces": ["a", "b"],
    "links": [
        link(
            {
                "netns": "a",
                "interface": "ea",
                "mac": "02:00:00:00:00:01",
                "neighbours": [neighbour("10.0.0.9", 9)],
            },
            "b:eb",
        )
    ],
}
SHAPED = (
    f"{PLUGGED}; tc -n a qdisc add dev ea root handle 8: tbf rate 1mbit burst 10kb limit 20kb;"
    " tc -n b qdisc add dev eb root handle 1: htb default 10;"
    " tc -n b class add dev eb parent 1: classid 1:1 htb rate 10mbit burst 15k;"
    " tc -n b class add dev eb parent 1:1 classid 1:10 htb rate 5mbit ceil 10mbit;"
    " tc -n b qdisc add dev eb parent 1:10 handle 10: tbf rate 1mbit burst 10k limit 20k"
)
RATES: dict[str, Any] = {
    "name": "rates",
    "namespaces": ["a", "b"],
    "links": [
        link(
            {"netns": "a", "interface": "ea", "shaping": {"rate": "10Mbit"}, "mtu": 1400},
            {"netns": "b", "interface": "eb", "shaping": {"qdisc": "ingress"}},
        )
    ],
}


def ends(first: dict[str, Any], second: dict[str, Any], *addresses: str) -> dict[str, Any]:
    """Return a topology of one link whose ends are shaped so, the first one with these addresses."""
    one = {"netns": "a", "interface": "ea", "addresses": list(addresses), "shaping": first}
    other = {"netns": "b", "interface": "eb", "shaping": second}
    return {"name": "rates", "namespaces": ["a", "b"], "links": [link(one, other)]}


FORWARDING: dict[str, Any] = {
    "name": "routed",
    "namespaces": [
        {
            "name": "a",
            "sysctls": {
                "net.ipv6.conf.ea.accept_ra": "false",
                "net/ipv4/conf/default/rp_filter": 2,
                "net.ipv4.ip_forward": True,
            },
        },
        "b",
    ],
    "links": [link({"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]}, "b:eb"), link("to_b", "b:ub")],
    "host": {"sysctls": {"net.ipv4.conf.to_b.rp_filter": 1}},
}

#: A firewall that packets have met already, and another one beside it.
WALLED = (
    "ip netns add a; ip -n a link set lo up; ip netns exec a nft -f - <<'END'\n"
    "table inet filter {\n"
    "  counter seen { packets 7 bytes 700; }\n"
    "  set banned { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 16; elements = { 192.0.2.7 }; }\n"
    "  chain input { type filter hook input priority filter; policy drop;\n"
    "    iif lo counter packets 5 bytes 500 accept\n"
    "  }\n"
    "}\n"
    "table ip6 theirs { chain nothing { }; }\n"
    "END\n"
)
LINES = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
LOADED = f"{LINES}\t\tct state established accept\n\t\ttcp dport {{ 22, 80 }} accept\n\t}}\n}}"
RULESET = """
flush ruleset
table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established accept
    tcp dport {80, 22} accept
  }
}
table nat { chain post { type nat hook postrouting priority srcnat; oifname eth0 masquerade; }; }
"""
LOADED_UP = (
    'table netdev up {\n\tchain in {\n\t\ttype filter hook ingress device "up" priority filter; policy accept;\n\t}\n}'
)
LOADED_NAT = (
    "table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
    '\t\toifname "eth0" masquerade\n\t}\n}'
)

SWITCH = f"{TWO}; ip -n a link add br0 type bridge; ip -n a link add p1 type veth peer name q1 netns b"
SWITCHED: dict[str, Any] = {
    "name": "switched",
    "namespaces": [
        {
            "name": "a",
            "interfaces": [
                {
                    "name": "br0",
                    "type": "bridge",
                    "bridge": {"stp": False, "ageing_time": 20},
                    "ports": ["p1", {"name": "vx7", "isolated": True, "cost": 7}],
                    "addresses": ["10.0.0.1/24", "fd00::1/64"],
                },
                {
                    "name": "vx7",
                    "type": "vxlan",
                    "vxlan": {"id": 7, "remotes": ["192.0.2.9", "192.0.2.10"]},
                    "lower": "host:to_b",
                    "mac": "02:00:00:00:00:07",
                },
            ],
        },
        {
            "name": "b",
            "interfaces": [
                {"name": "mv", "type": "macvlan", "lower": "q1", "alias": "one more", "addresses": ["10.0.0.3/24"]},
                {"name": "spare", "type": "ifb", "state": "down"},
            ],
        },
    ],
    "host": {"interfaces": [{"name": "hostbr", "type": "bridge", "mtu": 1400}]},
    "links": [
        link("a:p1", {"netns": "b", "interface": "q1", "addresses": ["10.0.0.2/24"]}),
        link("to_b", "b:to_host"),
    ],
}
#: A device that somebody else made.
NIC = (
    "ip link add nic address 02:00:00:00:00:99 type vxlan id 9 dstport 4789; ip addr add 192.0.2.1/24 dev nic;"
    "ip link set nic up; ip link property add dev nic altname enp9s0"
)
MANAGED: dict[str, Any] = {
    "name": "managed",
    "namespaces": [
        {
            "name": "a",
            "interfaces": [
                {"name": "wan", "type": "device", "from": {"name": "enp9s0"}, "addresses": ["192.0.2.9/24"]},
            ],
        }
    ],
}
RESWITCHED: dict[str, Any] = {
    "name": "switched",
    "namespaces": [
        {
            "name": "a",
            "interfaces": [
                {"name": "br0", "type": "bridge", "bridge": {"stp": True, "priority": 4096}, "ports": ["p1"]},
                {"name": "vx7", "type": "vxlan", "vxlan": {"id": 8, "remote": "fd00::9"}, "state": "down"},
            ],
        },
        "b",
    ],
    "links": [link("a:p1", "b:q1")],
    "purge": True,
}
WAYS: dict[str, Any] = {
    "name": "ways",
    "namespaces": [
        {
            "name": "a",
            "routes": [
                {"to": "default", "via": "10.0.0.2"},
                {"to": "fd09::/64", "via": "fd00::2", "dev": "ea"},
                {"to": "10.9.0.0/16", "via": "10.0.0.3", "metric": 5},
                {"to": "10.0.0.0/24", "dev": "ea"},
                {"to": "10.8.0.0/16", "type": "blackhole"},
            ],
            "rules": [{"priority": 1000, "from": "10.0.0.1", "table": 100}],
        },
        "b",
    ],
    "links": [
        link({"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fd00::1/64"]}, "b:eb"),
        link({"interface": "to_b", "addresses": ["10.1.0.1/30"]}, "b:uplink"),
    ],
    "host": {
        "routes": [{"to": "10.2.0.0/16", "via": "10.1.0.2"}],
        "rules": [{"priority": 2000, "fwmark": 7, "table": "main"}],
    },
}

#: Addresses of which more is set than themselves: a primary one with a secondary one behind it, and two of IPv6.
DETAILED = (
    f"{PAIR}; ip -n a link set ea up; ip -n b link set eb up; ip -n a -batch - <<'END'\n"
    "address add 10.0.0.1/24 dev ea broadcast 10.0.0.255 metric 50\n"
    "address add 10.0.0.2/24 dev ea label ea:two\n"
    "address add 10.1.0.1/24 dev ea valid_lft 5000 preferred_lft 4000\n"
    "address add fd00::1/64 dev ea nodad metric 70\n"
    "address add fd01::1/64 dev ea nodad\n"
    "route add 10.9.0.0/16 via 10.0.0.9\n"
    "route add fd09::/64 via fd01::9\n"
    "END\n"
    "until ip -n a -6 route show table local | grep -q fd01::1; do sleep 0.05; done"
)
PLACED: dict[str, Any] = {
    "name": "placed",
    "namespaces": [{"name": "a", "addresses": {"lo": ["10.255.0.1/32"]}}, "b"],
    "host": {"addresses": {"nic": ["192.0.2.7/24", {"address": "198.51.100.1/32", "peer": "198.51.100.9"}]}},
    "links": [
        link(
            {
                "netns": "a",
                "interface": "ea",
                "addresses": ["10.0.0.1/24", {"address": "fd00::1/64", "nodad": True, "noprefixroute": True}],
            },
            {"netns": "b", "interface": "eb", "addresses": [{"address": "10.0.0.2/24", "broadcast": "+"}]},
        )
    ],
}

#: What bridges must be able to do that have VLANs.
FILTERING = (
    "ip link add tried type bridge vlan_filtering 1",
    "this kernel's bridges have no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)",
)


def trunks(*ports: Any, vlans: Optional[list[Any]] = None, **more: Any) -> dict[str, Any]:
    """Return a topology with a bridge that heeds VLANs, with these ports."""
    own = {} if vlans is None else {"vlans": vlans}
    bridge = {"name": "br0", "type": "bridge", "bridge": {"vlan_filtering": True, **own}, "ports": list(ports)}
    links = [link(f"a:p{number}", f"b:q{number}") for number in (1, 2)]
    return {
        "name": "trunks",
        "namespaces": [{"name": "a", "interfaces": [bridge]}, "b"],
        "links": links,
        "purge": True,
        **more,
    }


ACCESS = {"pvid": True, "untagged": True}
TRUNKS = trunks(
    {"name": "p1", "vlans": [{"id": 10, **ACCESS}]},
    {"name": "p2", "vlans": [20, "30-40", {"id": "50-60", "untagged": True}], "isolated": True},
    vlans=[{"id": 10, **ACCESS}, 20],
)

#: What the kernel must be able to do that has netkit.
NETKIT = ("ip link add tried type netkit", "this kernel, or ip, has no netkit (Linux 6.7, CONFIG_NETKIT)")


def netkit(**values: str) -> dict[str, Any]:
    """Return a topology with a netkit pair."""
    first = {"netns": "a", "interface": "n1", "addresses": ["10.0.0.1/24"]}
    second = {"netns": "b", "interface": "n2", "addresses": ["10.0.0.2/24"]}
    one = link(first, second, type="netkit", netkit={"mode": "l2", **values})
    return {"name": "programs", "namespaces": ["a", "b"], "links": [one]}


CASES = [
    Case("a namespace", "netns", {"name": "a"}, ["ip netns add a"]),
    Case(
        "namespaces with loopback",
        "netns",
        {"name": ["a", "ab"], "loopback": "up"},
        ["ip netns add a", "ip netns add ab", "ip -n a link set dev lo up", "ip -n ab link set dev lo up"],
    ),
    Case(
        "a namespace whose name is part of another's",
        "netns",
        {"name": "a"},
        ["ip netns add a"],
        before="ip netns add ab; ip netns add ba",
    ),
    Case("a namespace with an odd name", "netns", {"name": "$$"}, ["ip netns add '$$'"]),
    Case(
        "a namespace in place of a stale file",
        "netns",
        {"name": "a"},
        ["ip netns delete a", "ip netns add a"],
        before="mkdir -p /run/netns; touch /run/netns/a; chmod 0 /run/netns/a",
    ),
    Case(
        "no stale file",
        "netns",
        {"name": "a", "state": "absent"},
        ["ip netns delete a"],
        before="mkdir -p /run/netns; touch /run/netns/a; chmod 0 /run/netns/a",
    ),
    Case(
        "no namespaces, which are connected",
        "netns",
        {"name": ["a", "b"], "state": "absent"},
        ["ip -n a link delete dev ea", "ip netns delete a", "ip netns delete b"],
        before=PLUGGED,
    ),
    Case(
        "a pair between namespaces",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b", "mac": "02:00:00:00:00:01", "mtu": 1300},
        ["ip -n a link add name ea address 02:00:00:00:00:01 mtu 1300 type veth peer name eb mtu 1300 netns b"],
        before=TWO,
    ),
    Case(
        "a pair on the host",
        "veth",
        {"name": "ea", "peer": "eb"},
        ["ip link add name ea type veth peer name eb"],
    ),
    Case(
        "a pair inside one namespace",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "a"},
        ["ip -n a link add name ea type veth peer name eb"],
        before=TWO,
    ),
    Case(
        "a pair that is on the host",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"},
        ["ip link set dev ea netns a", "ip link set dev eb netns b"],
        before=f"{TWO}; ip link add ea type veth peer name eb; ip addr add 10.1.0.1/24 dev ea; ip link set ea up",
    ),
    Case(
        "a pair of which one end is plugged in",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"},
        ["ip link set dev ea netns a"],
        before=f"{TWO}; ip link add ea type veth peer name eb netns b",
    ),
    Case(
        "a pair whose peer belongs in another namespace",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "c", "peer_mac": "02:00:00:00:00:02", "mtu": 1400},
        [
            "ip -n a link set dev ea mtu 1400",
            "ip -n b link set dev eb address 02:00:00:00:00:02",
            "ip -n b link set dev eb netns c",
            "ip -n c link set dev eb mtu 1400",
        ],
        before=f"{PLUGGED}; ip netns add c",
    ),
    Case(
        "a pair with other properties",
        "veth",
        {
            "name": "ea",
            "netns": "a",
            "peer": "eb",
            "peer_netns": "b",
            "mac": "02:00:00:00:00:01",
            "peer_mac": "02:00:00:00:00:02",
            "mtu": 1400,
        },
        [
            "ip -n a link set dev ea address 02:00:00:00:00:01",
            "ip -n a link set dev ea mtu 1400",
            "ip -n b link set dev eb address 02:00:00:00:00:02",
            "ip -n b link set dev eb mtu 1400",
        ],
        before=PAIR,
    ),
    Case(
        "no pair",
        "veth",
        {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b", "state": "absent"},
        ["ip -n a link delete dev ea"],
        before=PLUGGED,
    ),
    Case(
        "no pair, by the name of one end",
        "veth",
        {"name": "eb", "netns": "b", "state": "absent"},
        ["ip -n b link delete dev eb"],
        before=PLUGGED,
    ),
    Case(
        "addresses",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.7/24", "FD00:0::7/64"]},
        ["ip -n a address add 10.0.0.7/24 dev ea", "ip -n a address add fd00::7/64 dev ea"],
        before=PAIR,
    ),
    Case(
        "an address on the host",
        "netns_addr",
        {"interface": "lo", "addresses": ["192.0.2.1/32"]},
        ["ip address add 192.0.2.1/32 dev lo"],
    ),
    Case(
        "no primary address, without losing its secondaries",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"], "state": "absent"},
        [
            "ip -n a address delete 10.0.0.1/24 dev ea",
            "ip -n a address add 10.0.0.2/24 dev ea",
            "ip -n a address add 10.0.0.3/24 dev ea",
        ],
        before=SECONDARIES,
    ),
    Case(
        "no primary address, where secondaries are promoted",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"], "state": "absent"},
        ["ip -n a address delete 10.0.0.1/24 dev ea"],
        before=f"{SECONDARIES}; ip netns exec a sysctl -qw net.ipv4.conf.ea.promote_secondaries=1",
    ),
    Case(
        "an exclusive address in the subnet of the one it replaces",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.9/24"], "exclusive": True},
        [
            "ip -n a address delete 10.0.0.3/24 dev ea",
            "ip -n a address delete 10.0.0.2/24 dev ea",
            "ip -n a address delete 10.0.0.1/24 dev ea",
            "ip -n a address add 10.0.0.9/24 dev ea",
        ],
        before=SECONDARIES,
    ),
    Case(
        "an exclusive address of another subnet",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.7.0.9/24"], "exclusive": True},
        [
            "ip -n a address add 10.7.0.9/24 dev ea",
            "ip -n a address delete 10.0.0.1/24 dev ea",
            "ip -n a address delete fd00::1/64 dev ea",
        ],
        before=PLUGGED,
    ),
    Case(
        "exclusive addresses, among them the first and one that somebody chose",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.2.0.1/24"], "exclusive": True},
        ["ip -n a address delete 169.254.7.7/16 dev ea", "ip -n a address delete 10.1.0.1/24 dev ea"],
        before=(
            f"{PAIR}; for n in 1 2; do ip -n a addr add 10.$n.0.1/24 dev ea; done;"
            "ip -n a addr add 169.254.7.7/16 dev ea; ip -n a link set ea up"
        ),
    ),
    Case(
        "an exclusive address in the place of the one that is sent from",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.1.0.9/24", "10.2.0.1/24"], "exclusive": True},
        ["ip -n a address delete 10.1.0.1/24 dev ea", "ip -n a address add 10.1.0.9/24 dev ea"],
        before=f"{PAIR}; for n in 1 2; do ip -n a addr add 10.$n.0.1/24 dev ea; done; ip -n a link set ea up",
    ),
    Case(
        "an exclusive address of which there are others with peers",
        "netns_addr",
        {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "10.0.0.1/32"], "exclusive": True},
        [
            "ip -n a address delete 10.0.0.1 peer 10.8.0.9/24 dev ea",
            "ip -n a address delete 10.0.0.1 peer 10.0.0.9/24 dev ea",
            "ip -n a address delete 10.0.0.1 peer 10.0.0.2/32 dev ea",
            "ip -n a address add 10.0.0.1/24 dev ea",
        ],
        before=(
            f"{PAIR}; for y in ' peer 10.0.0.2/32' /32 ' peer 10.0.0.9/24' ' peer 10.8.0.9/24'; do "
            'ip -n a addr add "10.0.0.1"$y dev ea; done; ip -n a link set ea up'
        ),
    ),
    Case(
        "addresses that few people use",
        "netns_addr",
        {"netns": "a", "interface": "lo", "addresses": ["127.0.0.53/8", "127.0.0.2/32", "240.1.2.3/8"]},
        [
            "ip -n a address add 127.0.0.53/8 dev lo",
            "ip -n a address add 127.0.0.2/32 dev lo",
            "ip -n a address add 240.1.2.3/8 dev lo",
        ],
        before="ip netns add a; ip -n a link set lo up",
    ),
    Case(
        "addresses with all that is set of them",
        "netns_addr",
        {
            "netns": "a",
            "interface": "ea",
            "addresses": [
                {"address": "10.0.0.1/24", "broadcast": "+", "label": "ea:one", "metric": "50", "noprefixroute": "no"},
                {"address": "10.0.0.2/32", "peer": "10.8.0.9", "scope": "link", "noprefixroute": True},
                {"address": "10.1.0.1/24", "lifetime": 5000, "preferred": 0, "label": "ea"},
                {"address": "FD00:0::1/128", "peer": "fd00::2", "nodad": True, "metric": 70, "lifetime": 5000},
                {"address": "fd01::1/64", "nodad": True, "noprefixroute": True, "preferred": 0},
                "fd02::1/64",
            ],
        },
        [
            "ip -n a address add 10.0.0.1/24 dev ea broadcast 10.0.0.255 label ea:one metric 50",
            "ip -n a address add 10.0.0.2 peer 10.8.0.9/32 dev ea scope link noprefixroute",
            "ip -n a address add 10.1.0.1/24 dev ea valid_lft 5000 preferred_lft 0",
            "ip -n a address add fd00::1 peer fd00::2/128 dev ea metric 70 nodad valid_lft 5000 preferred_lft 5000",
            "ip -n a address add fd01::1/64 dev ea nodad noprefixroute valid_lft forever preferred_lft 0",
            "ip -n a address add fd02::1/64 dev ea",
        ],
        before=f"{PAIR}; ip -n a link set ea up",
    ),
    Case(
        "addresses changed in place, and made anew where they cannot be",
        "netns_addr",
        {
            "netns": "a",
            "interface": "ea",
            "addresses": [
                {"address": "10.0.0.1/24", "label": "ea:one"},
                {"address": "10.0.0.2/24", "metric": 60},
                {"address": "10.1.0.1/24", "lifetime": 90000, "metric": 80},
                {"address": "fd00::1/64", "metric": 71, "lifetime": 5000},
                {"address": "fd01::1/64", "noprefixroute": True, "metric": 5},
            ],
        },
        [
            "ip -n a address change 10.1.0.1/24 dev ea metric 80 valid_lft 90000 preferred_lft 90000",
            "ip -n a address change 10.0.0.2/24 dev ea metric 60",
            "ip -n a address change fd01::1/64 dev ea metric 5 nodad noprefixroute",
            "ip -n a address change fd00::1/64 dev ea metric 71 nodad valid_lft 5000 preferred_lft 5000",
            "ip -n a address delete 10.0.0.1/24 dev ea",
            "ip -n a address add 10.0.0.1/24 dev ea broadcast 10.0.0.255 label ea:one metric 50",
            "ip -n a address add 10.0.0.2/24 dev ea label ea:two metric 60",
        ],
        before=DETAILED,
    ),
    Case(
        "addresses of interfaces that are there already",
        "netns_topology",
        PLACED,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.255.0.1/32 dev lo",
            "ip -n a address add 10.0.0.1/24 dev ea",
            "ip -n a address add fd00::1/64 dev ea nodad noprefixroute",
            "ip -n b link set dev lo up",
            "ip -n b address add 10.0.0.2/24 dev eb broadcast 10.0.0.255",
            "ip -n b link set dev eb up",
            "ip address add 192.0.2.7/24 dev nic",
            "ip address add 198.51.100.1 peer 198.51.100.9/32 dev nic",
        ],
        before=NIC,
    ),
    Case(
        "addresses that a topology no longer names, of interfaces that were there",
        "netns_topology",
        {
            **PLACED,
            "namespaces": [{"name": "a", "addresses": {"lo": []}}, "b"],
            "host": {"addresses": {"nic": ["192.0.2.1/24"]}},
            "purge": True,
        },
        [
            "ip -n a address delete 10.255.0.1/32 dev lo",
            "ip address delete 192.0.2.7/24 dev nic",
            "ip address delete 198.51.100.1 peer 198.51.100.9/32 dev nic",
        ],
        before=NIC,
        earlier=[("netns_topology", PLACED)],
    ),
    Case(
        "no topology with addresses on the host, of which one was there before",
        "netns_topology",
        {**PLACED, "state": "absent"},
        [
            "ip address delete 198.51.100.1 peer 198.51.100.9/32 dev nic",
            "ip netns delete a",
            "ip netns delete b",
        ],
        before=f"{NIC}; ip addr add 192.0.2.7/24 dev nic",
        earlier=[("netns_topology", PLACED)],
    ),
    Case(
        "an interface up",
        "netns_link_state",
        {"netns": "a", "interface": "ea", "state": "up"},
        ["ip -n a link set dev ea up"],
        before=PAIR,
    ),
    Case(
        "an interface down, with routes and IPv6 addresses",
        "netns_link_state",
        {"netns": "a", "interface": "ea", "state": "down"},
        ["ip -n a link set dev ea down"],
        before=PLUGGED,
    ),
    Case(
        "an interface of the host up",
        "netns_link_state",
        {"interface": "lo", "state": "up"},
        ["ip link set dev lo up"],
    ),
    Case(
        "a topology",
        "netns_topology",
        LAB,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up mtu 1400 type veth peer name eb address 02:00:00:00:00:0b mtu 1400 netns b",
            "ip -n a link add name twin up type veth peer name twin netns b",
            "ip -n a link add name uplink type veth peer name to_a netns $$",
            "ip -n a link add name loop1 up type veth peer name loop2",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev ea",
            "ip -n a address add fd00::1/64 dev ea",
            "ip -n a link set dev loop2 up",
            "ip -n b address add 10.0.0.2/24 dev eb",
            "ip -n b link set dev eb up",
            "ip -n b link set dev twin up",
            "ip link set dev to_a up",
        ],
    ),
    Case(
        "a topology that has changed",
        "netns_topology",
        LATER,
        [
            "ip netns add c",
            "ip -n a link delete dev ea",
            "ip -n c link add name ec up type veth peer name ea netns a",
            "ip -n a address add 10.0.0.9/24 dev ea",
            "ip -n a link set dev ea up",
            "ip -n c link set dev lo up",
            "ip link delete dev to_a",
            "ip -n a link delete dev twin",
            "ip netns delete b",
        ],
        earlier=[("netns_topology", LAB)],
    ),
    Case(
        "a topology of a pair that is there, with its peer in a new namespace",
        "netns_topology",
        {
            "name": "lab",
            "namespaces": ["a", "c"],
            "links": [
                link(
                    {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]},
                    {"netns": "c", "interface": "eb", "addresses": ["10.0.0.2/24", "fd00::2/64"]},
                )
            ],
        },
        [
            "ip netns add c",
            "ip -n b link set dev eb netns c",
            "ip -n a link set dev lo up",
            "ip -n c link set dev lo up",
            "ip -n c address add 10.0.0.2/24 dev eb",
            "ip -n c address add fd00::2/64 dev eb",
            "ip -n c link set dev eb up",
        ],
        before=PLUGGED,
    ),
    Case(
        "no topology",
        "netns_topology",
        {**LAB, "state": "absent"},
        ["ip link delete dev to_a", "ip netns delete a", "ip netns delete b"],
        earlier=[("netns_topology", LAB)],
    ),
    Case(
        "a neighbour",
        "netns_neighbour",
        {"netns": "a", "interface": "ea", "neighbours": [neighbour("10.0.0.9", 9), neighbour("fd00:0::9", 9)]},
        [
            "ip -n a neighbour replace 10.0.0.9 lladdr 02:00:00:00:00:09 nud permanent dev ea",
            "ip -n a neighbour replace fd00::9 lladdr 02:00:00:00:00:09 nud permanent dev ea",
        ],
        before=PLUGGED,
    ),
    Case(
        "a neighbour with another MAC, and no others",
        "netns_neighbour",
        {"netns": "a", "interface": "ea", "neighbours": [neighbour("10.0.0.9", 1)], "exclusive": True},
        [
            "ip -n a neighbour delete 10.0.0.8 dev ea",
            "ip -n a neighbour replace 10.0.0.9 lladdr 02:00:00:00:00:01 nud permanent dev ea",
        ],
        before=NEIGHBOURS,
    ),
    Case(
        "no neighbours",
        "netns_neighbour",
        {
            "netns": "a",
            "interface": "ea",
            "neighbours": [{"address": "10.0.0.8"}, {"address": "fd00::8"}, {"address": "10.0.0.9"}],
            "state": "absent",
        },
        ["ip -n a neighbour delete 10.0.0.8 dev ea", "ip -n a neighbour delete 10.0.0.9 dev ea"],
        before=NEIGHBOURS,
    ),
    Case(
        "an interface down, with neighbours",
        "netns_link_state",
        {"netns": "a", "interface": "ea", "state": "down"},
        ["ip -n a link set dev ea down"],
        before=NEIGHBOURS,
    ),
    Case(
        "a topology with neighbours",
        "netns_topology",
        KNOWN,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up address 02:00:00:00:00:01 type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "ip -n a neighbour replace 10.0.0.9 lladdr 02:00:00:00:00:09 nud permanent dev ea",
            "ip -n b link set dev lo up",
            "ip -n b link set dev eb up",
        ],
    ),
    Case(
        "a topology with another MAC and fewer neighbours",
        "netns_topology",
        {
            **KNOWN,
            "links": [link({"netns": "a", "interface": "ea", "mac": "02:00:00:00:00:02"}, "b:eb")],
            "purge": True,
        },
        [
            "ip -n a link set dev ea address 02:00:00:00:00:02",
        ],
        earlier=[("netns_topology", KNOWN)],
    ),
    Case(
        "a topology without neighbours",
        "netns_topology",
        {
            **KNOWN,
            "links": [link({"netns": "a", "interface": "ea", "mac": "02:00:00:00:00:01"}, "b:eb")],
            "purge": True,
        },
        ["ip -n a neighbour delete 10.0.0.9 dev ea"],
        earlier=[("netns_topology", KNOWN)],
    ),
    Case(
        "a bridge",
        "netns_link",
        {"netns": "a", "name": "br0", "type": "bridge", "bridge": {"stp": "no", "hello_time": 1}, "up": True},
        ["ip -n a link add name br0 type bridge stp_state 0 hello_time 100", "ip -n a link set dev br0 up"],
        before="ip netns add a",
    ),
    Case(
        "a bridge that is changed in place, and becomes no other's port",
        "netns_link",
        {"netns": "a", "name": "br0", "type": "bridge", "bridge": {"ageing_time": 7}, "alias": "ours", "mtu": 1400},
        [
            "ip -n a link set dev br0 type bridge ageing_time 700",
            "ip -n a link set dev br0 mtu 1400",
            "ip -n a link set dev br0 alias ours",
        ],
        before=SWITCH,
    ),
    Case(
        "a VXLAN that is born on the host under a name that is taken there, and becomes a port",
        "netns_link",
        {
            "netns": "a",
            "name": "vx7",
            "type": "vxlan",
            "vxlan": {"id": 7, "remote": "192.0.2.9", "learning": False},
            "lower_netns": "host",
            "master": "br0",
            "port": {"isolated": True, "cost": 9},
            "mac": "02:00:00:00:00:07",
        },
        [
            "ip link add name dev0 address 02:00:00:00:00:07 type vxlan id 7 remote 192.0.2.9 dstport 4789 nolearning",
            "ip link set dev dev0 netns a name vx7",
            "ip -n a link set dev vx7 master br0",
            "ip -n a link set dev vx7 type bridge_slave cost 9 isolated on",
        ],
        before=f"{SWITCH}; ip link add vx7 type ifb",
    ),
    Case(
        "a VXLAN with several remotes in the place of its own and of somebody else's, and what it knows of an address",
        "netns_link",
        {"netns": "a", "name": "vx7", "type": "vxlan", "vxlan": {"id": 7, "remotes": ["fd00::7", "fd00::9"], "ttl": 9}},
        [
            "ip -n a link set dev vx7 type vxlan remote :: ttl 9",
            "bridge -n a fdb delete 00:00:00:00:00:00 dev vx7 dst fd00::5",
            "bridge -n a fdb delete 00:00:00:00:00:00 dev vx7 dst fd00::7 port 7 vni 8 via ea",
            "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst fd00::7",
            "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst fd00::9",
        ],
        before=f"{PAIR}; ip -n a link add vx7 type vxlan id 7 remote fd00::9 dstport 4789 dev ea;"
        "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst fd00::5;"
        "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst fd00::7 port 7 vni 8 via ea;"
        "bridge -n a fdb add 02:00:00:00:00:07 dev vx7 dst fd00::5; ip -n a link set vx7 up",
    ),
    Case(
        "a tap device with all that it may have",
        "netns_link",
        {
            "netns": "a",
            "name": "tap0",
            "type": "tap",
            "tap": {"user": 65534, "group": 65534, "vnet_hdr": True, "multi_queue": True},
            "mac": "02:00:00:00:00:0a",
            "up": True,
        },
        [
            "ip -n a tuntap add dev tap0 mode tap user 65534 group 65534 vnet_hdr multi_queue",
            "ip -n a link set dev tap0 address 02:00:00:00:00:0a",
            "ip -n a link set dev tap0 up",
        ],
        before="ip netns add a",
    ),
    Case(
        "no tun device",
        "netns_link",
        {"netns": "a", "name": "tun0", "state": "absent"},
        ["ip -n a link delete dev tun0"],
        before="ip netns add a; ip -n a tuntap add dev tun0 mode tun pi; ip -n a link set tun0 up",
    ),
    Case(
        "a port that leaves its bridge",
        "netns_link",
        {"netns": "a", "name": "vx7", "type": "vxlan", "vxlan": {"id": 7, "ttl": 5}, "master": ""},
        ["ip -n a link set dev vx7 type vxlan ttl 5", "ip -n a link set dev vx7 nomaster"],
        before=f"{SWITCH}; ip -n a link add vx7 type vxlan id 7 remote 192.0.2.9 dstport 4789;"
        "ip -n a link set vx7 master br0; ip -n a link set vx7 type bridge_slave hairpin on cost 9",
    ),
    Case(
        "no interface that others are built upon, with what it was a port of",
        "netns_link",
        {"netns": "a", "name": "p1", "state": "absent"},
        ["ip -n a link delete dev p1"],
        before=f"{SWITCH}; ip -n a link set p1 master br0; ip -n a link set p1 type bridge_slave cost 9;"
        "ip -n b link add link q1 name mv type macvlan mode bridge; ip -n b addr add 10.0.0.3/24 dev mv;"
        "ip -n b link set q1 up; ip -n b link set mv up",
    ),
    Case(
        "a device that is found by its MAC address and gets another name",
        "netns_link",
        {"netns": "a", "name": "wan", "type": "device", "mac": "02-00-00-00-00-99", "up": True},
        ["ip link set dev nic netns a name wan", "ip -n a link set dev wan up"],
        before=f"{NIC}; ip netns add a",
    ),
    Case(
        "a device that goes home, where its name is taken",
        "netns_link",
        {"netns": "a", "name": "nic", "type": "device", "state": "absent"},
        ["ip -n a link set dev nic netns $$ name dev0"],
        before=f"{NIC}; ip netns add a; ip link set nic netns a; ip link add nic type bridge",
    ),
    Case(
        "a topology with a device that is found by an alternative name",
        "netns_topology",
        MANAGED,
        [
            "ip netns add a",
            "ip link set dev nic netns a name wan",
            "ip -n a link set dev lo up",
            "ip -n a address add 192.0.2.9/24 dev wan",
            "ip -n a link set dev wan up",
        ],
        before=NIC,
    ),
    Case(
        "a topology that no longer has its device, which goes home",
        "netns_topology",
        {"name": "managed", "namespaces": ["a"], "purge": True},
        ["ip -n a address delete 192.0.2.9/24 dev wan", "ip -n a link set dev wan netns $$ name nic"],
        before=NIC,
        earlier=[("netns_topology", MANAGED)],
    ),
    Case(
        "no topology, whose device goes home before its namespace goes",
        "netns_topology",
        {**MANAGED, "state": "absent"},
        ["ip -n a link set dev wan netns $$ name nic", "ip netns delete a"],
        before=NIC,
        earlier=[("netns_topology", MANAGED)],
    ),
    Case(
        "no topology, of which the namespace is named alone and the device goes home all the same",
        "netns_topology",
        {"name": "managed", "namespaces": ["a"], "state": "absent"},
        ["ip -n a link set dev wan netns $$ name nic", "ip netns delete a"],
        before=NIC,
        earlier=[("netns_topology", MANAGED)],
    ),
    Case(
        "a topology with links of several types",
        "netns_topology",
        SWITCHED,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n b link add name to_host up type veth peer name to_b netns $$",
            "ip link add name hostbr mtu 1400 type bridge",
            "ip link set dev to_b up",
            "ip link set dev hostbr up",
            "ip -n a link add name p1 up type veth peer name q1 netns b",
            "ip -n a link add name br0 type bridge stp_state 0 ageing_time 2000",
            "ip link add name vx7 address 02:00:00:00:00:07 netns a type vxlan id 7 dstport 4789 dev to_b",
            "ip -n a link set dev p1 master br0",
            "ip -n a link set dev vx7 master br0",
            "ip -n a link set dev vx7 type bridge_slave cost 7 isolated on",
            "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst 192.0.2.9",
            "bridge -n a fdb append 00:00:00:00:00:00 dev vx7 dst 192.0.2.10",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev br0",
            "ip -n a address add fd00::1/64 dev br0",
            "ip -n a link set dev br0 up",
            "ip -n a link set dev vx7 up",
            "ip -n b link add link q1 name mv type macvlan mode bridge",
            "ip -n b link set dev mv alias 'one more'",
            "ip -n b link add name spare type ifb",
            "ip -n b link set dev lo up",
            "ip -n b address add 10.0.0.3/24 dev mv",
            "ip -n b address add 10.0.0.2/24 dev q1",
            "ip -n b link set dev q1 up",
            "ip -n b link set dev mv up",
        ],
    ),
    Case(
        "a topology whose links are changed, made anew and purged",
        "netns_topology",
        RESWITCHED,
        [
            "ip -n a link set dev br0 type bridge stp_state 1 priority 4096",
            "ip -n a link delete dev vx7",
            "ip -n a link add name vx7 type vxlan id 8 remote fd00::9 dstport 4789",
            "ip -n a address delete 10.0.0.1/24 dev br0",
            "ip -n a address delete fd00::1/64 dev br0",
            "ip -n b address delete 10.0.0.3/24 dev mv",
            "ip -n b address delete 10.0.0.2/24 dev q1",
            "ip link delete dev hostbr",
            "ip link delete dev to_b",
            "ip -n b link delete dev mv",
            "ip -n b link delete dev spare",
        ],
        earlier=[("netns_topology", SWITCHED)],
    ),
    Case(
        "a firewall instead of another, and NAT beside somebody else's table",
        "netns_nftables",
        {"netns": "a", "ruleset": RULESET},
        [
            f"ip netns exec a nft 'delete table inet filter\n{LOADED}'",
            f"ip netns exec a nft '{LOADED_NAT}'",
        ],
        before=WALLED,
        tables=True,
    ),
    Case(
        "a firewall that is to be gone",
        "netns_nftables",
        {"netns": "a", "tables": ["inet filter", "ip gone"], "state": "absent"},
        ["ip netns exec a nft 'delete table inet filter'"],
        before=WALLED,
        tables=True,
    ),
    Case(
        "a topology with firewalls",
        "netns_topology",
        {
            "name": "walled",
            "namespaces": [{"name": "b", "nftables": RULESET}, {"name": "c", "nftables": "table ip ours { }"}],
            "links": [link("b:eth0", "up")],
            "host": {"nftables": "table netdev up { chain in { type filter hook ingress device up priority 0; }; }"},
            "purge": True,
        },
        [
            "ip netns add b",
            f"ip netns exec b nft '{LOADED}'",
            f"ip netns exec b nft '{LOADED_NAT}'",
            "ip netns exec c nft 'delete table ip ours\ntable ip ours {\n}'",
            "ip -n b link add name eth0 up type veth peer name up netns $$",
            "ip -n b link set dev lo up",
            f"nft '{LOADED_UP}'",
            "ip link set dev up up",
            "nft 'delete table arp ours'",
            "ip netns exec c nft 'delete table inet ours'",
        ],
        before=WALLED,
        earlier=[
            (
                "netns_topology",
                {
                    "name": "walled",
                    "namespaces": [{"name": "c", "nftables": "table ip ours { chain x { }; }\ntable inet ours { }"}],
                    "host": {"nftables": "table arp ours { }"},
                },
            )
        ],
        tables=True,
    ),
    Case(
        "a topology with VLANs",
        "netns_topology",
        TRUNKS,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name p1 up type veth peer name q1 netns b",
            "ip -n a link add name p2 up type veth peer name q2 netns b",
            "ip -n a link add name br0 type bridge vlan_filtering 1",
            "ip -n a link set dev p1 master br0",
            "ip -n a link set dev p2 master br0",
            "ip -n a link set dev p2 type bridge_slave isolated on",
            "bridge -n a vlan add dev br0 vid 10 pvid untagged self",
            "bridge -n a vlan add dev br0 vid 20 self",
            "bridge -n a vlan delete dev br0 vid 1 self",
            "bridge -n a vlan add dev p1 vid 10 pvid untagged",
            "bridge -n a vlan delete dev p1 vid 1",
            "bridge -n a vlan add dev p2 vid 20",
            "bridge -n a vlan add dev p2 vid 30-40",
            "bridge -n a vlan add dev p2 vid 50-60 untagged",
            "bridge -n a vlan delete dev p2 vid 1",
            "ip -n a link set dev lo up",
            "ip -n a link set dev br0 up",
            "ip -n b link set dev lo up",
            "ip -n b link set dev q1 up",
            "ip -n b link set dev q2 up",
        ],
        tries=FILTERING,
    ),
    Case(
        "a topology with other VLANs, and a port and a bridge that no longer say theirs",
        "netns_topology",
        trunks({"name": "p1", "vlans": [10, {"id": 35, **ACCESS}]}, "p2"),
        [
            "bridge -n a vlan add dev p1 vid 35 pvid untagged",
            "bridge -n a vlan add dev p1 vid 10",
            "bridge -n a vlan delete dev br0 vid 10 self",
            "bridge -n a vlan delete dev br0 vid 20 self",
            "bridge -n a vlan delete dev p2 vid 20",
            "bridge -n a vlan delete dev p2 vid 30-40",
            "bridge -n a vlan delete dev p2 vid 50-60",
            "bridge -n a vlan add dev br0 vid 1 pvid untagged self",
            "bridge -n a vlan add dev p2 vid 1 pvid untagged",
        ],
        earlier=[("netns_topology", TRUNKS)],
        tries=FILTERING,
    ),
    Case(
        "VLANs of a port that comes from another bridge, with what it had there",
        "netns_link",
        {
            "netns": "a",
            "name": "p1",
            "type": "vxlan",
            "vxlan": {"id": 7},
            "master": "br1",
            "port": {"vlans": ["7-9"], "cost": 9},
        },
        [
            "ip -n a link set dev p1 master br1",
            "ip -n a link set dev p1 type bridge_slave cost 9",
            "bridge -n a vlan add dev p1 vid 7-9",
            "bridge -n a vlan delete dev p1 vid 5",
        ],
        before="ip netns add a; ip -n a link add p1 type vxlan id 7 dstport 4789; for n in 0 1; do"
        " ip -n a link add br$n type bridge vlan_filtering 1 vlan_default_pvid $((5 * n)); done;"
        " ip -n a link set p1 master br0; bridge -n a vlan add dev p1 vid 20-30 untagged;"
        " bridge -n a vlan add dev p1 vid 40 pvid; bridge -n a fdb add 02:00:00:00:00:08 dev p1 master static vlan 20",
        tries=FILTERING,
    ),
    Case(
        "a netkit pair",
        "netns_topology",
        netkit(policy="blackhole"),
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name n1 up type netkit mode l2 blackhole peer name n2 netns b",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev n1",
            "ip -n b link set dev lo up",
            "ip -n b address add 10.0.0.2/24 dev n2",
            "ip -n b link set dev n2 up",
        ],
        tries=NETKIT,
    ),
    Case(
        "a netkit pair with other policies, of which the end that is changed is the second one",
        "netns_topology",
        {
            **netkit(),
            "links": [
                link(
                    {"netns": "b", "interface": "n2", "addresses": ["10.0.0.3/24"]},
                    "a:n1",
                    type="netkit",
                    netkit={"policy": "blackhole", "peer_policy": "blackhole"},
                ),
            ],
        },
        [
            "ip -n a link set dev n1 type netkit blackhole peer blackhole",
            "ip -n b address add 10.0.0.3/24 dev n2",
        ],
        earlier=[("netns_topology", netkit())],
        tries=NETKIT,
    ),
    Case(
        "sysctls, some of which set others",
        "netns_sysctl",
        {
            "netns": "a",
            "sysctls": {
                "net/ipv4/conf/e0.10/rp_filter": 0,
                "net.ipv4.conf.ea.rp_filter": "1",
                "net.ipv4.conf.all.promote_secondaries": "01",
                "net.ipv4.tcp_rmem": "4096   100000 6291456",
                "net.ipv4.ip_local_reserved_ports": "8081,80,8080",
                "net.ipv4.conf.default.rp_filter": 2,
                "net.ipv4.ip_forward": "True",
                "net.ipv6.conf.all.forwarding": True,
            },
        },
        [
            "ip netns exec a sysctl -w net.ipv4.ip_forward=1",
            "ip netns exec a sysctl -w net.ipv6.conf.all.forwarding=1",
            "ip netns exec a sysctl -w net.ipv4.conf.default.rp_filter=2",
            "ip netns exec a sysctl -w 'net.ipv4.tcp_rmem=4096 100000 6291456'",
            "ip netns exec a sysctl -w net.ipv4.conf.e0/10.rp_filter=0",
            "ip netns exec a sysctl -w net.ipv4.conf.ea.rp_filter=1",
        ],
        before=(
            f"{PLUGGED}; ip -n a link add name e0.10 type veth peer name e0.11; ip netns exec a sysctl -qw"
            " net.ipv4.conf.lo.forwarding=1 net.ipv4.conf.e0/11.rp_filter=2 net.ipv6.conf.ea.forwarding=1"
            " net.ipv4.conf.all.accept_redirects=0 net.ipv4.ip_local_reserved_ports=80,8080-8081"
            " net.ipv4.conf.all.promote_secondaries=1"
        ),
        sysctls=True,
    ),
    Case(
        "no IPv6 but on loopback",
        "netns_sysctl",
        {"netns": "a", "sysctls": {"net.ipv6.conf.lo.disable_ipv6": 0, "net.ipv6.conf.all.disable_ipv6": True}},
        [
            "ip netns exec a sysctl -w net.ipv6.conf.all.disable_ipv6=1",
            "ip netns exec a sysctl -w net.ipv6.conf.lo.disable_ipv6=0",
        ],
        before=(
            f"{PLUGGED}; ip -n a link set lo up; ip -n a addr add fd00::1:1/128 dev lo;"
            " ip netns exec a sysctl -qw net.ipv6.conf.default.disable_ipv6=1;"
            " ip -n a link add name e0 type veth peer name e1; ip -n a link set e0 up"
        ),
        sysctls=True,
    ),
    Case(
        "IPv6, where it was off",
        "netns_sysctl",
        {"sysctls": {"net.ipv6.conf.all.disable_ipv6": 0, "net.ipv4.ip_forward": 1}},
        ["sysctl -w net.ipv6.conf.all.disable_ipv6=0", "sysctl -w net.ipv4.ip_forward=1"],
        before=(
            "sysctl -qw net.ipv6.conf.all.disable_ipv6=1; sysctl -qw net.ipv6.conf.lo.disable_ipv6=0;"
            " ip link set lo up; ip addr add fd00::1/128 dev lo"
        ),
        sysctls=True,
    ),
    Case(
        "a topology with sysctls",
        "netns_topology",
        FORWARDING,
        [
            "ip netns add a",
            "ip netns add b",
            "ip netns exec a sysctl -w net.ipv4.ip_forward=1",
            "ip netns exec a sysctl -w net.ipv4.conf.default.rp_filter=2",
            "ip -n a link add name ea up type veth peer name eb netns b",
            "ip netns exec a sysctl -w net.ipv6.conf.ea.accept_ra=0",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev ea",
            "ip -n b link add name ub up type veth peer name to_b netns $$",
            "ip -n b link set dev lo up",
            "ip -n b link set dev eb up",
            "sysctl -w net.ipv4.conf.to_b.rp_filter=1",
            "ip link set dev to_b up",
        ],
        sysctls=True,
    ),
    Case(
        "another rate, of a queueing discipline that is somebody else's",
        "netns_shaping",
        {"netns": "a", "interface": "ea", "rate": "2.5mbit", "burst": "15kb", "limit": 30000},
        ["tc -n a qdisc replace dev ea root handle 8: tbf rate 2500kbit burst 15360 limit 30000"],
        before=SHAPED,
    ),
    Case(
        "another rate of somebody else's htb, with what is below its class",
        "netns_shaping",
        {"netns": "a", "interface": "ea", "qdisc": "htb", "htb": {"rate": "7mbit", "ceil": "9mbit", "burst": "15kb"}},
        ["tc -n a class replace dev ea parent 1: classid 1:20 htb rate 7mbit ceil 9mbit burst 15360 cburst 11250"],
        before=f"{PAIR}; tc -n a qdisc add dev ea root handle 1: htb default 20;"
        " tc -n a class add dev ea parent 1: classid 1:20 htb rate 5mbit burst 15k cburst 20k quantum 3000;"
        " tc -n a qdisc add dev ea parent 1:20 handle 20: tbf rate 1mbit burst 10k limit 20k",
    ),
    Case(
        "htb, in the place of what somebody else gave an end",
        "netns_topology",
        ends(
            {"qdisc": "htb", "htb": {"rate": "100gbit"}},
            {"qdisc": "htb", "htb": {"rate": "10mbit", "ceil": "20mbit", "cburst": "15kb"}},
        ),
        [
            "ip -n a link set dev lo up",
            "tc -n a qdisc replace dev ea root handle 6e65: htb default 1",
            "tc -n a class replace dev ea parent 6e65: classid 6e65:1 htb rate 100gbit ceil 100gbit burst 125000000 "
            "cburst 125000000",
            "ip -n b link set dev lo up",
            "tc -n b qdisc replace dev eb root handle 6e65: htb default 1",
            "tc -n b class replace dev eb parent 6e65: classid 6e65:1 htb rate 10mbit ceil 20mbit burst 12500 "
            "cburst 15360",
        ],
        before=SHAPED,
    ),
    Case(
        "no shaping, where there are classes",
        "netns_shaping",
        {"netns": "b", "interface": "eb", "state": "absent"},
        ["tc -n b qdisc delete dev eb root"],
        before=SHAPED,
    ),
    Case(
        "shaped ends, in the place of what somebody else gave them",
        "netns_topology",
        ends({"rate": "10mbit"}, {"rate": "20mbit"}),
        [
            "ip -n a link set dev lo up",
            "tc -n a qdisc replace dev ea root handle 8: tbf rate 10mbit burst 12500 limit 75000",
            "ip -n b link set dev lo up",
            "tc -n b qdisc replace dev eb root handle 6e65: tbf rate 20mbit burst 25000 limit 150000",
        ],
        before=SHAPED,
    ),
    Case(
        "a topology with shaped ends",
        "netns_topology",
        RATES,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up mtu 1400 type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "tc -n a qdisc replace dev ea root handle 6e65: tbf rate 10mbit burst 12500 limit 75000",
            "ip -n b link set dev lo up",
            "tc -n b qdisc replace dev eb ingress",
            "ip -n b link set dev eb up",
        ],
    ),
    Case(
        "a topology with ends that are no longer shaped",
        "netns_topology",
        {**RATES, "links": [link("a:ea", "b:eb")], "purge": True},
        ["tc -n a qdisc delete dev ea root", "tc -n b qdisc delete dev eb ingress"],
        earlier=[("netns_topology", RATES)],
    ),
    Case(
        "a slow and lossy line",
        "netns_topology",
        ends({"delay": "20ms", "jitter": "1.5ms", "loss": "1%"}, {"loss": "0.01%", "rate": "1gbit", "limit": 5000}),
        [
            "ip -n a link set dev lo up",
            "tc -n a qdisc replace dev ea root handle 6e65: netem delay 20ms 1500us loss 1%",
            "ip -n b link set dev lo up",
            "tc -n b qdisc replace dev eb root handle 6e65: netem limit 5000 loss 0.01% rate 1gbit",
        ],
        before=SHAPED,
        needs="netem",
    ),
    Case(
        "a line with other faults",
        "netns_topology",
        ends({"duplicate": "2%", "rate": "1mbit"}, {"delay": "1s"}, "10.0.0.1/24"),
        [
            "ip -n a address add 10.0.0.1/24 dev ea",
            "tc -n a qdisc replace dev ea root handle 6e65: netem duplicate 2% corrupt 0% reorder 0% rate 1mbit",
            "tc -n b qdisc replace dev eb root handle 6e65: netem delay 1s rate 0bit",
        ],
        before=PAIR,
        earlier=[
            (
                "netns_topology",
                ends(
                    {"delay": "10ms", "corrupt": "0.5%", "reorder": "25%", "rate": "2mbit"},
                    {"loss": "1%", "rate": "2mbit"},
                ),
            )
        ],
        needs="netem",
    ),
    Case(
        "other options of fq_codel, some of which take a new one",
        "netns_topology",
        ends(
            {"qdisc": "fq_codel", "fq_codel": {"flows": 256, "target": "7ms", "ecn": False}},
            {"qdisc": "fq_codel", "fq_codel": {"flows": 512, "limit": 2000}},
            "10.0.0.1/24",
        ),
        [
            "ip -n a address add 10.0.0.1/24 dev ea",
            "tc -n a qdisc replace dev ea root handle 6e65: fq_codel target 7ms noecn",
            "tc -n b qdisc replace dev eb root handle 6e66: fq_codel limit 2000 flows 512",
        ],
        before=PAIR,
        earlier=[
            (
                "netns_topology",
                ends(
                    {"qdisc": "fq_codel", "fq_codel": {"flows": 256}},
                    {"qdisc": "fq_codel", "fq_codel": {"memory_limit": "16mb"}},
                ),
            )
        ],
        needs="fq_codel",
    ),
    Case(
        "cake",
        "netns_topology",
        ends({"qdisc": "cake", "cake": {"bandwidth": "20mbit", "rtt": "50ms", "nat": True}}, {"qdisc": "cake"}),
        [
            "ip -n a link set dev lo up",
            "tc -n a qdisc replace dev ea root handle 6e65: cake bandwidth 20mbit nat rtt 50ms",
            "ip -n b link set dev lo up",
            "tc -n b qdisc replace dev eb root handle 6e65: cake",
        ],
        before=SHAPED,
        needs="cake",
    ),
    Case(
        "routes",
        "netns_route",
        {
            "netns": "a",
            "routes": [
                {"to": "default", "via": "10.1.0.2"},
                {"to": "default", "via": "fd01::2", "metric": 5},
                {"to": "10.3.0.0/16", "nexthops": [{"via": "10.1.0.2", "weight": 2}, {"dev": "e2"}], "table": 1000},
                {"to": "fd03::7/64", "nexthops": [{"via": "fd01::2", "weight": 2}, {"via": "fd02::2"}], "mtu": 1400},
                {"to": "10.4.4.4", "type": "blackhole"},
                {"to": "fd04::/64", "type": "unreachable", "table": "local"},
                {"to": "10.5.0.0/16", "via": "10.99.0.1", "dev": "e1", "onlink": True, "source": "10.2.0.1"},
                {"to": "10.6.0.0/16", "via": "fe80::1", "dev": "e1", "metric": "4294967295"},
                {"to": "10.7.0.0/16", "dev": "e1", "scope": "global"},
                {"to": "fd07::/64", "via": "fe80::1", "dev": "e1", "source": "fd02::1"},
                {"to": "10.1.0.0/24", "dev": "e1"},
            ],
        },
        [
            "ip -n a route add default via 10.1.0.2 proto static",
            "ip -n a route add ::/0 via fd01::2 proto static metric 5",
            "ip -n a route add 10.3.0.0/16 proto static table 1000 nexthop via 10.1.0.2 weight 2 "
            "nexthop dev e2 weight 1",
            "ip -n a route add fd03::/64 proto static mtu 1400 nexthop via fd01::2 weight 2 "
            "nexthop via fd02::2 weight 1",
            "ip -n a route add blackhole 10.4.4.4/32 proto static",
            "ip -n a route add unreachable fd04::/64 proto static table local",
            "ip -n a route add 10.5.0.0/16 via 10.99.0.1 dev e1 onlink proto static src 10.2.0.1",
            "ip -n a route add 10.6.0.0/16 via inet6 fe80::1 dev e1 proto static metric 4294967295",
            "ip -n a route add 10.7.0.0/16 dev e1 proto static scope global",
            "ip -n a route add fd07::/64 via fe80::1 dev e1 proto static src fd02::1",
        ],
        before=ROUTED,
    ),
    Case(
        "routes in the place of others, and no others",
        "netns_route",
        {
            "netns": "a",
            "routes": [
                {"to": "default", "via": "10.1.0.2"},
                {"to": "default", "via": "10.1.0.9", "metric": 7},
                {"to": "fd08::/64", "via": "fd01::2"},
                {"to": "fd09::/64", "via": "fd02::2"},
                {"to": "10.8.0.0/16", "type": "prohibit"},
            ],
            "exclusive": True,
        },
        [
            "ip -n a route replace default via 10.1.0.2 proto static",
            "ip -n a route replace fd08::/64 via fd01::2 proto static",
            "ip -n a route replace fd09::/64 via fd02::2 proto static",
            "ip -n a route replace prohibit 10.8.0.0/16 proto static",
            "ip -n a route delete default via 10.2.0.9 dev e2 proto boot",
            "ip -n a route delete 10.8.0.0/16 proto boot metric 3",
            "ip -n a route delete fd06::/64 via fd01::9 dev e1 proto boot from fd77::/64",
            "ip -n a route delete fd09::/64 dev e1 proto boot",
        ],
        before=CROWDED,
    ),
    Case(
        "no routes",
        "netns_route",
        {
            "netns": "a",
            "routes": [
                {"to": "default"},
                {"to": "default", "metric": 7, "via": "10.1.0.2"},
                {"to": "::/0", "metric": 512},
                {"to": "fd08::/64"},
                {"to": "fd09::/64", "via": "fd02::9"},
                {"to": "10.8.0.0/16", "type": "blackhole"},
                {"to": "10.8.0.0/16", "metric": 3, "type": "unicast"},
                {"to": "10.77.0.0/16"},
            ],
            "state": "absent",
        },
        [
            "ip -n a route delete default via 10.1.0.9 dev e1 proto boot",
            "ip -n a route delete default via 10.2.0.9 dev e2 proto boot",
            "ip -n a route delete ::/0 via fe80::9 dev e1 proto ra metric 512",
            "ip -n a route delete fd08::/64 proto boot",
            "ip -n a route delete fd09::/64 via fd02::9 dev e2 proto boot",
            "ip -n a route delete blackhole 10.8.0.0/16 proto boot",
            "ip -n a route delete 10.8.0.0/16 proto boot metric 3",
        ],
        before=CROWDED,
    ),
    Case(
        "an interface gone, with routes of all sorts",
        "veth",
        {"name": "e1", "netns": "a", "state": "absent"},
        ["ip -n a link delete dev e1"],
        before=CROWDED,
    ),
    Case(
        "a topology with routes",
        "netns_topology",
        WAYS,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev ea",
            "ip -n a address add fd00::1/64 dev ea",
            "ip -n a route add default via 10.0.0.2 proto static",
            "ip -n a route add fd09::/64 via fd00::2 dev ea proto static",
            "ip -n a route add 10.9.0.0/16 via 10.0.0.3 proto static metric 5",
            "ip -n a route add blackhole 10.8.0.0/16 proto static",
            "ip -n a rule add from 10.0.0.1/32 priority 1000 protocol static table 100",
            "ip -n b link add name uplink up type veth peer name to_b netns $$",
            "ip -n b link set dev lo up",
            "ip -n b link set dev eb up",
            "ip address add 10.1.0.1/30 dev to_b",
            "ip link set dev to_b up",
            "ip route add 10.2.0.0/16 via 10.1.0.2 proto static",
            "ip rule add fwmark 0x7 priority 2000 protocol static table main",
        ],
    ),
    Case(
        "a topology whose routes lead through another cable, and fewer of them",
        "netns_topology",
        {
            **WAYS,
            "namespaces": [{"name": "a", "routes": [{"to": "default", "via": "10.0.0.2"}]}, "b"],
            "links": [link({"netns": "a", "interface": "other", "addresses": ["10.0.0.1/24"]}, "b:other")],
            "host": None,
            "purge": True,
        },
        [
            "ip -n a link add name other up type veth peer name other netns b",
            "ip -n a address add 10.0.0.1/24 dev other",
            "ip -n b link set dev other up",
            "ip rule delete fwmark 0x7 priority 2000 protocol static table main",
            "ip -n a rule delete from 10.0.0.1/32 priority 1000 protocol static table 100",
            "ip route delete 10.2.0.0/16 via 10.1.0.2 dev to_b proto static",
            "ip -n a route delete blackhole 10.8.0.0/16 proto static",
            "ip -n a route delete 10.9.0.0/16 via 10.0.0.3 dev ea proto static metric 5",
            "ip -n a route delete fd09::/64 via fd00::2 dev ea proto static",
            "ip address delete 10.1.0.1/30 dev to_b",
            "ip -n a address delete 10.0.0.1/24 dev ea",
            "ip -n a address delete fd00::1/64 dev ea",
            "ip link delete dev to_b",
            "ip -n a link delete dev ea",
            "ip -n a route add default via 10.0.0.2 proto static",
        ],
        earlier=[("netns_topology", WAYS)],
    ),
    Case(
        "no topology, with routes on the host",
        "netns_topology",
        {**WAYS, "state": "absent"},
        [
            "ip route delete 10.2.0.0/16 via 10.1.0.2 dev to_b proto static",
            "ip rule delete fwmark 0x7 priority 2000 protocol static table main",
            "ip link delete dev to_b",
            "ip netns delete a",
            "ip netns delete b",
        ],
        earlier=[("netns_topology", WAYS)],
    ),
    Case(
        "rules, and no others",
        "netns_rule",
        {
            "netns": "a",
            "rules": [
                {"priority": 900, "from": "10.0.0.9", "to": "10.9.0.0/16", "table": "1000"},
                {"priority": 1000, "from": "10.0.0.0/8", "table": 100},
                {"priority": 1000, "family": "ipv6", "iif": "lo", "table": 100},
                {"priority": 1000, "to": "fd09::/64", "iif": "e1", "oif": "e2", "action": "unreachable"},
                {"priority": 1001, "not": True, "fwmark": "0x2", "table": 300, "suppress_prefixlength": 0},
                {"priority": "4294967295", "fwmark": "0/0xF", "action": "blackhole"},
            ],
            "exclusive": True,
        },
        [
            "ip -n a rule add from 10.0.0.9/32 to 10.9.0.0/16 priority 900 protocol static table 1000",
            "ip -n a -6 rule add to fd09::/64 iif e1 oif e2 priority 1000 protocol static unreachable",
            "ip -n a rule add fwmark 0x0/0xf priority 4294967295 protocol static blackhole",
            "ip -n a rule delete to 10.9.0.0/16 iif lo oif e1 priority 1000 protocol boot table 100",
            "ip -n a rule delete fwmark 0x1/0xff priority 1000 protocol unspec prohibit",
            "ip -n a rule delete tos 0x10 priority 1002 goto 32766 uidrange 0-5 sport 22-22 dport 80-90 ipproto 6 "
            "protocol unspec",
            "ip -n a -6 rule delete from fd00::1/64 priority 1000 protocol unspec table 100",
        ],
        before=RULED,
    ),
    Case(
        "files of a namespace, in the place of others",
        "netns_files",
        {
            "netns": "a",
            "files": [
                {"name": "resolv.conf", "nameservers": ["10.0.0.53", "fd00:0::53"], "options": ["ndots:2"]},
                {"name": "hosts", "hosts": {"10.0.0.2": ["web", "web.lab"], "fd00::2": "web"}, "mode": "0444"},
                {"name": "passwd", "content": "-100% \\n\t'é'"},
            ],
        },
        [
            "printf 'nameserver 10.0.0.53\\nnameserver fd00::53\\noptions ndots:2\\n' | "
            "install -m 0664 /dev/stdin /etc/netns/a/resolv.conf",
            "printf '127.0.0.1 localhost\\n::1 localhost\\n10.0.0.2 web web.lab\\nfd00::2 web\\n' | "
            "install -m 0444 /dev/stdin /etc/netns/a/hosts",
            "printf '\\055100%% \\\\n\\t'\"'\"'\\303\\251'\"'\"'' | install -m 0644 /dev/stdin /etc/netns/a/passwd",
        ],
        before="mkdir -p /etc/netns/a; cd /etc/netns/a; echo theirs >hosts; printf 'nameserver 10.0.0.1' >resolv.conf;"
        "chmod 664 resolv.conf; touch -d @1234567890.123456789 *; ln -s /nowhere shadow",
    ),
    Case(
        "files that go, come and change with namespaces",
        "netns_topology",
        {
            "name": "named",
            "namespaces": [
                {
                    "name": "a",
                    "files": [
                        {"name": "resolv.conf", "nameservers": ["10.0.0.54"], "search": ["lab"]},
                        {"name": "hosts", "content": ""},
                    ],
                },
                {"name": "c", "files": [{"name": "resolv.conf", "nameservers": []}]},
            ],
            "purge": True,
        },
        [
            "ip netns add c",
            "printf 'search lab\\nnameserver 10.0.0.54\\n' | install -m 0644 /dev/stdin /etc/netns/a/resolv.conf",
            "printf '' | install -m 0644 /dev/stdin /etc/netns/a/hosts",
            "mkdir -p /etc/netns/c",
            "printf '' | install -m 0644 /dev/stdin /etc/netns/c/resolv.conf",
            "ip -n c link set dev lo up",
            "rm /etc/netns/a/passwd",
            "rm /etc/netns/b/resolv.conf",
            "rmdir /etc/netns/b",
            "ip netns delete b",
        ],
        before="mkdir -p /etc/netns/a; echo theirs >/etc/netns/a/hosts",
        earlier=[
            (
                "netns_topology",
                {
                    "name": "named",
                    "namespaces": [
                        {
                            "name": "a",
                            "files": [
                                {"name": "resolv.conf", "nameservers": ["10.0.0.53"]},
                                {"name": "passwd", "content": "root"},
                            ],
                        },
                        {"name": "b", "files": [{"name": "resolv.conf", "nameservers": ["10.0.0.53"]}]},
                    ],
                },
            )
        ],
    ),
    Case(
        "no rules",
        "netns_rule",
        {
            "netns": "a",
            "rules": [
                {"priority": 1000, "from": "10.0.0.0/8"},
                {"priority": 1001, "table": 300},
                {"priority": 1000, "family": "ipv6"},
                {"priority": 1003},
            ],
            "state": "absent",
        },
        [
            "ip -n a rule delete from 10.0.0.0/8 priority 1000 protocol unspec table 100",
            "ip -n a rule delete not fwmark 0x2 priority 1001 protocol bird table 300 suppress_prefixlength 0",
            "ip -n a -6 rule delete iif lo priority 1000 protocol unspec table 100",
            "ip -n a -6 rule delete from fd00::1/64 priority 1000 protocol unspec table 100",
        ],
        before=RULED,
    ),
]

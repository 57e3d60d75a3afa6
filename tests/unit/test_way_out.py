# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls that would let nothing pass, as nft and iptables list them; prefixes and name servers that are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _forward_chains, _name_servers, _way_out
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, Prefix

ACCEPT: dict[str, Any] = {"accept": None}
#: What the rules of distributions' firewalls begin like.
REPLIES = {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}
REJECT = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}


def by(key: str, right: Any, op: str = "==") -> dict[str, Any]:
    """Return what compares an interface."""
    return {"match": {"op": op, "left": {"meta": {"key": key}}, "right": right}}


def table(family: str, name: str, **chains: Sequence[Any]) -> list[dict[str, Any]]:
    """Return a table as nft lists it; a chain is given with its policy, or None, and the expressions of its rules."""
    place = {"family": family, "table": name}
    found: list[dict[str, Any]] = []
    for chain, (policy, *_rules) in chains.items():
        hook = {} if policy is None else {"type": "filter", "hook": "forward", "prio": 0, "policy": policy}
        found.append({"chain": {**place, "name": chain, **hook}})
    found += [
        {"rule": {**place, "chain": chain, "expr": rule}}
        for chain, (_policy, *rules) in chains.items()
        for rule in rules
    ]
    return found


def told(listed: list[dict[str, Any]], version: int = 4) -> list[tuple[str, ...]]:
    """Return what is in the way, as its chain, how it ends and what to do."""
    chains = _forward_chains.of_nftables(listed)
    return [
        (one.chain.name, one.ends, *one.remedies)
        for one in _forward_chains.obstacles(chains, version, "inet_blue", "internet_")
    ]


def test_a_chain_that_drops_what_it_does_not_know_is_in_the_way() -> None:
    assert told(table("inet", "filter", forward=("drop",))) == [
        (
            "forward",
            "policy drop",
            "nft insert rule inet filter forward iifname inet_blue accept",
            "nft insert rule inet filter forward oifname inet_blue accept",
        )
    ]
    last = table("ip", "filter", forward=("accept", [REPLIES, ACCEPT], [{"counter": {}}, {"drop": None}]))
    assert [one[:2] for one in told(last)] == [("forward", "its last rule is drop")]
    assert told(last, 6) == []
    assert told(table("inet", "filter", forward=("accept", [by("iifname", "eth0"), {"drop": None}]))) == []
    assert told(table("inet", "filter", forward=("drop", [REPLIES, ACCEPT], [ACCEPT]))) == []
    assert told(table("inet", "internet_red", forward=("drop",))) == []


@pytest.mark.parametrize(
    "rules",
    [
        [[by("iifname", "inet_blue"), ACCEPT], [REPLIES, ACCEPT]],
        [[by("iifname", "inet_*"), ACCEPT], [by("oifname", "inet_*"), ACCEPT]],
        [[by("iifname", {"set": ["eth1", "inet_blue"]}), ACCEPT], [by("oifname", "inet_blue"), ACCEPT]],
        [[{"jump": {"target": "more"}}], [REPLIES, ACCEPT]],
        [[REPLIES, ACCEPT], [{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": "@zones"}}]],
        [
            [REPLIES, ACCEPT],
            [
                {
                    "vmap": {
                        "key": {"meta": {"key": "iif"}},
                        "data": {"set": [["inet_blue", ACCEPT], ["eth0", {"drop": None}]]},
                    }
                }
            ],
        ],
    ],
)
def test_a_chain_with_a_rule_that_names_the_interface_lets_it_pass(rules: list[Any]) -> None:
    more = (None, [by("iifname", "inet_blue"), ACCEPT])
    listed = table("inet", "filter", forward=("drop", *rules), more=more)
    elements = [["eth0", ACCEPT], [{"elem": {"val": "inet_blue"}}, {"goto": {"target": "more"}}]]
    listed.append({"map": {"family": "inet", "table": "filter", "name": "zones", "elem": elements}})
    assert told(listed) == []
    assert told([one for one in listed if one.get("rule", {}).get("expr") != rules[0]]) != []


@pytest.mark.parametrize(
    "rules",
    [
        [[by("iifname", "inet_blue", "!="), ACCEPT], [REPLIES, ACCEPT]],
        [[by("iifname", "inet_blue"), {"drop": None}], [REPLIES, ACCEPT]],
        [[by("iifname", "inet_blue"), by("oifname", "eth7"), ACCEPT], [REPLIES, ACCEPT]],
        [[by("iifname", "inet_blue"), ACCEPT], [by("oifname", "docker0"), REPLIES, ACCEPT]],
        [[by("iifname", "inet_blue"), ACCEPT], [by("oifname", "inet_blues"), ACCEPT]],
        [[by("iifname", "eth7"), {"jump": {"target": "more"}}], [REPLIES, ACCEPT]],
    ],
)
def test_a_rule_for_something_else_does_not(rules: list[Any]) -> None:
    more = (None, [by("iifname", "inet_blue"), ACCEPT], [{"jump": {"target": "forward"}}])
    assert len(told(table("inet", "filter", forward=("drop", *rules), more=more))) == 1


def test_what_to_do_is_said_in_the_words_of_whoever_made_the_chain() -> None:
    zones = table("inet", "firewalld", filter_FORWARD=("accept", [REPLIES, ACCEPT], [REJECT]))
    assert told(zones)[0][2:] == ("firewall-cmd --zone=trusted --add-interface=inet_blue",)
    ufw = table(
        "ip", "filter", FORWARD=("drop", [{"jump": {"target": "ufw-before-forward"}}]), **{"ufw-user-forward": (None,)}
    )
    assert told(ufw)[0][2:] == ("ufw route allow in on inet_blue", "ufw route allow out on inet_blue")
    docker = table("ip", "filter", FORWARD=("drop", [{"jump": {"target": "DOCKER-USER"}}]), **{"DOCKER-USER": (None,)})
    remedies = ("iptables -I DOCKER-USER -i inet_blue -j ACCEPT", "iptables -I DOCKER-USER -o inet_blue -j ACCEPT")
    assert told(docker)[0][2:] == remedies
    named = [[by(key, "inet_blue"), ACCEPT] for key in ("iifname", "oifname")]
    assert told([*docker, *table("ip", "filter", **{"DOCKER-USER": (None, *named)})]) == []
    plain = table("ip6", "filter", FORWARD=("drop", [{"xt": {"type": "target", "name": "REJECT"}}]))
    assert told(plain, 6)[0] == (
        "FORWARD",
        "its last rule is reject",
        "ip6tables -I FORWARD -i inet_blue -j ACCEPT",
        "ip6tables -I FORWARD -o inet_blue -j ACCEPT",
    )


def test_what_was_before_nftables_is_read_too() -> None:
    def legacy(*rules: str, policy: str = "DROP") -> list[str]:
        saved = "\n".join(["-P INPUT DROP", f"-P FORWARD {policy}", "-N mine", *rules])
        chains = _forward_chains.of_iptables(saved, 4)
        return [str(one) for one in _forward_chains.obstacles(chains, 4, "inet_blue", "internet_")]

    said = "chain FORWARD of iptables table ip filter drops what it does not know (policy drop)"
    replies = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    assert legacy(replies) == [said]
    assert legacy(replies, "-A FORWARD -i inet_blue -m comment --comment 'a b' -j ACCEPT") == []
    assert legacy(replies, "-A FORWARD -i inet_+ -j ACCEPT") == []
    assert legacy(replies, "-A FORWARD ! -i inet_blue -j ACCEPT") == [said]
    assert legacy(replies, "-A FORWARD -j mine", "-A mine -i inet_blue -j ACCEPT") == []
    assert legacy(replies, "-A FORWARD -i eth0 -g mine", "-A mine -i inet_blue -j ACCEPT") == [said]
    assert legacy(replies, policy="ACCEPT") == []
    assert legacy("-A FORWARD -j REJECT --reject-with icmp-port-unreachable", policy="ACCEPT") != []


def chosen(*routes: str, namespaces: Sequence[str] = ("blue",), own: Sequence[str] = ()) -> dict[int, str]:
    """Return the prefixes for a host with these routes, and these addresses on the interface of ours."""
    asked = _way_out.Asked("blue", tuple(namespaces))
    host = {
        "routes": [{"destination": one, "interface": "eth0"} for one in ("default", *routes)],
        "addresses": [{"interface": "inet_blue", "address": one} for one in own],
    }
    found: dict[int, str] = {}
    for version in (4, 6):
        problems = Problems()
        prefix = _way_out._chosen(problems, asked, version, host)
        found[version] = prefix.text if prefix is not None else str(problems.found[0])
    return found


def test_a_prefix_is_made_of_the_name_and_is_in_nobodys_way() -> None:
    usual = chosen()
    assert usual == chosen("192.168.0.0/16", "0.0.0.0/1", "128.0.0.0/1", "2000::/3", "fd00::/64")
    assert usual[4].endswith("/30")
    assert usual[6].endswith("::/64")
    assert chosen(namespaces=["a", "b"])[4].endswith("/24")
    other = chosen(usual[4], "fd00::/8")
    assert InterfaceAddress.read(other[4]).length == 30
    assert other[4] != usual[4]
    assert other[6] == "prefix6: the host has routes to all networks that were thought of: give one that is free"
    assert chosen("10.0.0.0/8")[4].startswith("172.29.")
    # What it has stays, when a route comes that would have had it look on.
    address = _way_out._first(Prefix(*InterfaceAddress.read(other[4]).network)).text
    assert chosen(own=[address])[4] == other[4]


def test_the_name_on_the_host_is_short_enough_and_differs() -> None:
    names = [f"a-long-name-of-a-namespace-{number}" for number in range(50)] + ["blue"]
    interfaces = {_way_out.Asked(name).interface for name in names}
    assert len(interfaces) == len(names)
    assert "inet_blue" in interfaces
    assert all(len(one) <= 15 for one in interfaces)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["search a.example b.example\nnameserver 192.0.2.53\nnameserver 192.0.2.53\n"], ["192.0.2.53"]),
        (["nameserver 127.0.0.53\n", "nameserver 192.0.2.1\nnameserver fe80::1%eth0\n"], ["192.0.2.1"]),
        (["nameserver 2001:db8::53\nnameserver ::1\nnameserver 192.0.2.1\n"], ["192.0.2.1"]),
        (["".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 6))], [f"192.0.2.{n}" for n in (1, 2, 3)]),
        (["# nameserver 192.0.2.1\nnameserver\nnameserver x\n"], None),
        ([], None),
    ],
)
def test_name_servers_are_those_that_can_be_asked_from_elsewhere(files: list[str], found: Any) -> None:
    problems = Problems()
    there = _name_servers.of_host(problems, {f"/{number}": text for number, text in enumerate(files)}, {4})
    assert (None if there is None else list(there.servers)) == found
    told = "nameservers: the host asks 127.0.0.1 (/0), which a namespace cannot reach: give name servers that it can, "
    wrong = "nameserver x" in "".join(files)
    assert [str(one) for one in problems.found] == ([f"{told}or [] to leave its resolver alone"] if wrong else [])

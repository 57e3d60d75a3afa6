# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each host has of a topology over several, and the mistakes of such a topology."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.linuxnet.netns.plugins.filter.fleet_part import fleet_part
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

HOSTS: dict[str, Any] = {
    "w1": {"fleet_topology_underlay": "192.0.2.1"},
    "w2": {"fleet_topology_underlay": "192.0.2.2", "fleet_topology_underlay_mtu": 1400},
    "idle": {},
}
FLEET: dict[str, Any] = {
    "name": "over",
    "namespaces": [
        {"name": "blue", "host": "w1", "routes": [{"to": "default", "via": "10.9.0.2"}]},
        {"name": "red", "host": "w2"},
        {"name": "green", "host": "w2"},
    ],
    "links": [
        {"endpoints": ["blue:eth0", {"netns": "red", "interface": "eth0", "mtu": 1300}], "prefixes": ["10.9.0.0/24"]},
        {"endpoints": ["red:eth1", {"netns": "green", "interface": "eth0"}]},
        {
            "endpoints": [
                {"host": "w1", "interface": "to_green", "addresses": ["10.8.0.1/30", "fe80::1/64"]},
                {"netns": "green", "interface": "eth1", "addresses": ["10.8.0.2/30"], "state": "down"},
            ],
            "vni": 7,
        },
        {"endpoints": [{"host": "w2", "interface": "to_red"}, "red:up"]},
    ],
    "bridges": [{"name": "br0", "netns": "green", "endpoints": ["red:lan"], "prefixes": ["10.6.0.0/24"]}],
    "defaults": {"prefixes": ["10.7.0.0/16"], "state": "up"},
    "hosts": {"w1": {"sysctls": {"net.ipv4.ip_forward": 1}}},
    "purge": True,
}


def parts(fleet: dict[str, Any] = FLEET) -> dict[str, Any]:
    """Return the parts of all hosts."""
    return {host: fleet_part(fleet, host, HOSTS) for host in HOSTS}


def mistakes(fleet: Any, hosts: dict[str, Any] = HOSTS) -> list[str]:
    """Return the mistakes of a topology, without what all hosts would have of it."""
    with pytest.raises(AnsibleFilterError) as refused:
        fleet_part(fleet, "w1", hosts)
    first, *others = str(refused.value).splitlines()
    return [one.removeprefix("- ") for one in others] or [first.removeprefix("fleet_part: ")]


def test_each_part_is_a_topology() -> None:
    for host, part in parts().items():
        problems = Problems()
        _topology.read(problems, part["topology"])
        assert not problems.found, host


def test_a_cable_has_the_same_number_at_both_ends_and_an_mtu_that_both_take() -> None:
    made = parts()
    (here,) = made["w1"]["topology"]["namespaces"][0]["interfaces"]
    (there,) = made["w2"]["topology"]["namespaces"][0]["interfaces"]
    assert here["vxlan"] == {"id": there["vxlan"]["id"], "local": "192.0.2.1", "remote": "192.0.2.2"}
    assert there["vxlan"] == {"id": here["vxlan"]["id"], "local": "192.0.2.2", "remote": "192.0.2.1"}
    assert (here["mtu"], there["mtu"], here["lower_netns"]) == (1300, 1300, "host")
    # Whichever end is written first, it is the same cable.
    first, *others = FLEET["links"]
    turned = parts({**FLEET, "links": [{**first, "endpoints": first["endpoints"][::-1]}, *others]})
    assert turned["w1"]["topology"]["namespaces"][0]["interfaces"][0]["vxlan"] == here["vxlan"]
    (on_host,) = made["w1"]["topology"]["host"]["interfaces"]
    assert (on_host["vxlan"]["id"], on_host["mtu"]) == (7, 1350)
    assert "lower_netns" not in on_host


def test_addresses_are_chosen_among_all_hosts_and_what_is_on_one_host_stays_a_pair() -> None:
    made = parts()
    assert "links" not in made["w1"]["topology"]
    links, (bridge,) = made["w2"]["topology"]["links"], made["w2"]["topology"]["bridges"]
    ends = [end for network in (*links, bridge) for end in network["endpoints"]]
    cables = [one for host in ("w1", "w2") for one in made[host]["topology"]["namespaces"][0]["interfaces"]]
    chosen = [address for one in (*ends, *cables) for address in one["addresses"]]
    assert len(set(chosen)) == len(chosen) == 7
    assert [address.split(".")[1] for address in chosen] == ["7", "7", "7", "7", "6", "9", "9"]
    # Each host chooses the same, and what is added at the end changes nothing.
    more = {**FLEET, "links": [*FLEET["links"], {"endpoints": ["blue:eth9", "red:eth9"]}]}
    assert parts(more)["w2"]["topology"]["links"] == links


def test_what_is_proven_is_what_can_be_reached() -> None:
    made = parts()
    assert [(one["end"], one["other_end"], one["other_host"]) for one in made["w2"]["cables"]] == [
        ("red:eth0", "blue:eth0", "w1"),
        ("green:eth1", "to_green", "w1"),
    ]
    first, second = made["w1"]["cables"]
    assert [sorted(one) for one in first["expect"]] == [["from", "to"]]
    assert second["expect"] == []  # the other end is down
    assert made["idle"] == {
        "topology": {"name": "over", "namespaces": [], "defaults": {"state": "up"}, "purge": True},
        "cables": [],
    }


def test_hosts_are_mistaken_in_many_ways() -> None:
    fleet = {
        **FLEET,
        "host": {},
        "namespaces": ["x", {"name": "blue", "host": "w9"}, *FLEET["namespaces"][1:]],
        "links": [
            {"endpoints": ["blue:eth0", "nowhere:eth0"]},
            {"endpoints": ["eth0", {"netns": "red", "host": "w2", "interface": "eth1"}]},
            {"endpoints": [{"host": 7, "interface": "a"}, {"host": "w8", "interface": "b"}]},
            "text",
        ],
        "hosts": {"w1": {"sysctl": {}}},
    }
    assert mistakes(fleet) == [
        "host: which host is not said; write hosts, and in it this under the name of the host",
        "namespaces[0]: a mapping with name and host, the host that it is on, is needed",
        "namespaces[1].host: there is no host 'w9' in the inventory",
        "hosts.w1.sysctl: there is no such key; did you mean sysctls?",
        "links[0].endpoints[1]: there is no namespace 'nowhere' in this topology",
        "links[1].endpoints[0]: it is in no namespace, so its host is to be said: a mapping with host",
        "links[1].endpoints[1].host: it follows from the namespace; leave it out",
        "links[2].endpoints[0].host: the name of a host is needed, not a number",
        "links[2].endpoints[1].host: there is no host 'w8' in the inventory",
        "links[3]: a mapping with endpoints is needed, not a string",
    ]
    assert mistakes([]) == ["a topology is needed, not a list"]


def test_cables_are_mistaken_in_many_ways() -> None:
    fleet = {
        **FLEET,
        "links": [
            {"endpoints": ["blue:e0", "red:e0"], "vni": 5, "mtu": 1500},
            {"endpoints": ["blue:e1", "red:e1"], "vni": 5, "type": "netkit"},
            {"endpoints": ["red:e2", "green:e2"], "vni": 6},
            {"endpoints": ["blue:e3", "red:e3"], "vni": 0},
        ],
        "bridges": [{"name": "br0", "netns": "red", "endpoints": ["blue:e9"]}],
        "defaults": {},
    }
    why = "the underlay carries 1400 (fleet_topology_underlay_mtu), and VXLAN takes the rest"
    assert mistakes(fleet) == [
        f"links[0].endpoints[0].mtu: 1500 is more than 1350, for which the cable has room: {why}",
        f"links[0].endpoints[1].mtu: 1500 is more than 1350, for which the cable has room: {why}",
        "links[1].type: the ends are on two hosts, so that it can be a VXLAN alone",
        "links[1].vni: it is 5, as that of links[0]; write another number for one of the two",
        "links[2].vni: both ends are on one host, so it is no cable between hosts",
        "links[3].vni: 0 is not a VNI: a number from 1 to 16777215 is needed",
        "bridges[0].endpoints[0]: it is on host w1, and the bridge on w2; have a bridge on each, and a link between "
        "these",
    ]


@pytest.mark.parametrize(
    ("here", "there", "mistake"),
    [
        ("192.0.2.1", "192.0.2.1", "fleet_topology_underlay of the hosts w1 and w2 is the same, 192.0.2.1"),
        ("192.0.2.1", None, "host w2 needs the variable fleet_topology_underlay, its address that other hosts reach"),
        ("192.0.2.1", "web2", "fleet_topology_underlay of host w2 is 'web2', and that is no address"),
        ("192.0.2.1", "224.0.0.1", "fleet_topology_underlay of host w2 is 224.0.0.1, which no other host reaches"),
        (
            "192.0.2.1",
            "fd00::2",
            "fleet_topology_underlay of its hosts are 192.0.2.1 and fd00::2, of two versions of IP",
        ),
    ],
)
def test_underlays_are_looked_at(here: str, there: Any, mistake: str) -> None:
    fleet = {**FLEET, "links": [{"endpoints": ["blue:e0", "red:e0"]}], "bridges": []}
    hosts = {"w1": {"fleet_topology_underlay": here}, "w2": {"fleet_topology_underlay": there}}
    assert mistakes(fleet, hosts) == [f"links[0]: {mistake}"]

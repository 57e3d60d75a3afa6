# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the types of link: what they encode is what pyroute2 reads, and both ways are each other's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _interface_form
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    Property,
    decoded,
    encoded,
    known,
    nest,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import IPV6_ADDRESS
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

TYPES = [(name, loader()) for name, loader in link_types.LOADERS.items()]
#: A value of each property that is not a boolean, a choice or a number.
TEXTS = {"remote": "192.0.2.9", "local": "192.0.2.1"}
#: What pyroute2 reads of links with these values: the names of linux/if_link.h and linux/if_tunnel.h.
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "vlan": ({"id": 10, "protocol": "802.1ad"}, {"IFLA_VLAN_ID": 10, "IFLA_VLAN_PROTOCOL": 0x88A8}),
    "vxlan": (
        {"id": 7, "remote": "192.0.2.9", "local": "192.0.2.1", "port": 4790, "ttl": 5, "learning": False, "ageing": 9},
        {
            "IFLA_VXLAN_ID": 7,
            "IFLA_VXLAN_GROUP": "192.0.2.9",
            "IFLA_VXLAN_LOCAL": "192.0.2.1",
            "IFLA_VXLAN_PORT": 4790,
            "IFLA_VXLAN_TTL": 5,
            "IFLA_VXLAN_LEARNING": 0,
            "IFLA_VXLAN_AGEING": 9,
        },
    ),
    "bridge": (
        {"stp": True, "priority": 4096, "ageing_time": 20, "vlan_filtering": True, "multicast_snooping": False},
        {
            "IFLA_BR_STP_STATE": 1,
            "IFLA_BR_PRIORITY": 4096,
            "IFLA_BR_AGEING_TIME": 2000,
            "IFLA_BR_VLAN_FILTERING": 1,
            "IFLA_BR_MCAST_SNOOPING": 0,
        },
    ),
    "bond": (
        {"mode": "802.3ad", "miimon": 100, "xmit_hash_policy": "layer3+4", "min_links": 2, "lacp_rate": "fast"},
        {
            "IFLA_BOND_MODE": 4,
            "IFLA_BOND_MIIMON": 100,
            "IFLA_BOND_XMIT_HASH_POLICY": 1,
            "IFLA_BOND_MIN_LINKS": 2,
            "IFLA_BOND_AD_LACP_RATE": 1,
        },
    ),
    "macvlan": ({"mode": "vepa"}, {"IFLA_MACVLAN_MODE": "vepa"}),
    "ipvlan": ({"mode": "l3s"}, {"IFLA_IPVLAN_MODE": 2}),
    "vrf": ({"table": 10}, {"IFLA_VRF_TABLE": 10}),
    "geneve": ({"id": 7, "ttl": 9}, {"IFLA_GENEVE_ID": 7, "IFLA_GENEVE_TTL": 9}),
    "gre": (
        {"remote": "192.0.2.9", "ttl": 9, "key": 77},
        {"IFLA_GRE_REMOTE": "192.0.2.9", "IFLA_GRE_TTL": 9, "IFLA_GRE_IKEY": 77, "IFLA_GRE_OKEY": 77},
    ),
    "ipip": ({"local": "192.0.2.1"}, {"IFLA_IPIP_LOCAL": "192.0.2.1"}),
}


def values(properties: Any) -> dict[str, Any]:
    """Some value of each property: the last choice, the highest number."""

    def of(one: Property) -> Any:
        if one.name in TEXTS:
            return "fd00::9" if one.takes is IPV6_ADDRESS else TEXTS[one.name]
        words = getattr(one.takes, "words", None)
        bounds = getattr(one.takes, "bounds", None)
        return words[-1] if words else bounds[1] if bounds else True

    names = {one.name for one in properties}
    # The remote and the group of a VXLAN are one attribute.
    return {one.name: of(one) for one in properties if one.name != "group" or "remote" not in names}


@pytest.mark.parametrize(("name", "link_type"), TYPES, ids=[name for name, _type in TYPES])
def test_what_is_encoded_is_decoded_again(name: str, link_type: Any) -> None:
    for properties in (link_type.properties, link_type.ports or ()):
        wanted = values(properties)
        data = encoded(properties, wanted, {}, new=False)
        assert decoded(properties, data) == wanted
        assert known(properties, data) == data


@pytest.mark.parametrize(("name", "link_type"), TYPES, ids=[name for name, _type in TYPES])
def test_each_value_that_is_used_is_one_that_may_be_written(name: str, link_type: Any) -> None:
    for properties in (link_type.properties, link_type.ports or ()):
        for one, value in values(properties).items():
            problems = Problems()
            (found,) = (each for each in properties if each.name == one)
            assert found.takes.read(problems, one, value) == value
            assert not problems.found
            assert found.arguments(value)


@pytest.mark.parametrize("name", READ)
def test_pyroute2_reads_what_is_sent(name: str) -> None:
    wanted, expected = READ[name]
    link_type = link_types.LOADERS[name]()
    message = ifinfmsg(requests.create(None, b"", name, nest(link_type.data(wanted))))
    message.decode()
    info = dict(message.get_attr("IFLA_LINKINFO")["attrs"])
    assert info["IFLA_INFO_KIND"] == name
    read = {key: value for key, value in info["IFLA_INFO_DATA"]["attrs"] if key in expected}
    assert read == expected


def test_an_address_of_a_vxlan_is_its_remote_or_its_group_and_none_of_either_says_so() -> None:
    properties = link_types.LOADERS["vxlan"]().properties
    remote, group = (next(one for one in properties if one.name == name) for name in ("remote", "group"))
    assert decoded(properties, encoded(properties, {"group": "ff02::1"}, {}, new=True))["group"] == "ff02::1"
    upon = encoded(properties, {"remote": "192.0.2.9"}, {}, new=False)
    assert decoded(properties, encoded(properties, {"group": "239.1.1.1"}, upon, new=False)) == {"group": "239.1.1.1"}
    assert decoded(properties, encoded(properties, {"remote": "0.0.0.0"}, upon, new=False)) == {}
    assert [remote.alike("::", there) for there in (None, "fd00::9")] == [True, False]
    assert (remote.without("fd00::9"), group.arguments("::")) == ("::", ["remote", "::"])
    assert [remote.stays(wanted, "192.0.2.9") for wanted in ("fd00::9", "192.0.2.1")] == [True, False]


def test_a_port_is_sent_as_pyroute2_reads_it() -> None:
    properties = link_types.LOADERS["bridge"]().ports or ()
    data = encoded(properties, {"isolated": True, "cost": 9, "hairpin": False}, {}, new=False)
    message = ifinfmsg(requests.port(5, data, "bridge"))
    message.decode()
    info = dict(message.get_attr("IFLA_LINKINFO")["attrs"])
    read = dict(info["IFLA_INFO_SLAVE_DATA"]["attrs"])
    assert (message["index"], info["IFLA_INFO_SLAVE_KIND"]) == (5, "bridge")
    assert read["IFLA_BRPORT_COST"] == 9
    assert (read["IFLA_BRPORT_ISOLATED"], read["IFLA_BRPORT_MODE"]) == (1, 0)


def mistakes(form: dict[str, Any]) -> list[str]:
    problems = Problems()
    assert _interface_form.DeclaredInterface.read(problems, "here", form) is None or problems.found
    return [str(one) for one in problems.found]


def test_the_mistakes_of_a_link_are_told_all_at_once() -> None:
    form = {"name": "v", "type": "vlan", "vlan": {"id": 5000, "qos": 3}, "bridge": {}, "mtu": 9, "ports": [{}]}
    assert mistakes(form) == [
        "here.ports[0].name: None is not a name for an interface: a string is needed, not nothing",
        "here.vlan.qos: there is no such key; a vlan has protocol, id, reorder_header, gvrp, loose_binding, mvrp",
        "here.vlan.id: 5000 is not a VLAN id: a number from 0 to 4094 is needed",
        "here.mtu: 9 is not an MTU: a number of bytes from 68 to 65535 is needed",
        "here.bridge: it goes with type bridge, and the type is vlan",
    ]


def test_the_remotes_of_a_vxlan_are_addresses_of_hosts_and_of_one_version() -> None:
    def of(**values: Any) -> list[str]:
        return mistakes({"name": "x", "type": "vxlan", "vxlan": {"id": 1, **values}})

    assert of(remotes=["192.0.2.8", "192.0.2.8", "fd00::9"], local="fd00::1", remote="239.1.1.1") == [
        "here.vxlan.remote: 239.1.1.1 is a multicast address: write it in group",
        "here.vxlan.remotes[1]: fd00::9 is not of the same version of IP as the first of the remotes, 192.0.2.8",
        "here.vxlan.local: fd00::1 is not of the same version of IP as the first of the remotes, 192.0.2.8",
    ]
    assert of(remotes=["one", "239.1.1.1", "192.0.2.0/24"]) == [
        "here.vxlan.remotes[0]: 'one' is not an IPv4 or IPv6 address without a prefix length",
        "here.vxlan.remotes[1]: '239.1.1.1' is an unspecified, multicast or broadcast address, which is not one host's",
        "here.vxlan.remotes[2]: '192.0.2.0/24' is not an IPv4 or IPv6 address without a prefix length",
    ]
    assert of(group="239.1.1.1", remotes=["192.0.2.8"], remote="192.0.2.9") == [
        "here.vxlan.group: it does not go with remote: a multicast group reaches all that have joined it; write one of "
        "the two",
        "here.vxlan.remotes: it does not go with group: a multicast group reaches all that have joined it; write one "
        "of the two",
    ]
    assert of(group="192.0.2.8", remotes="192.0.2.9") == [
        "here.vxlan.group: 192.0.2.8 is not a multicast address: write one host's in remote, several in remotes",
        "here.vxlan.remotes: a list is needed, not a string",
    ]


def test_what_a_type_needs_is_told() -> None:
    assert mistakes({"name": "v", "type": "vlan", "lower": "e0"}) == ["here.vlan: it is missing: a vlan needs id"]
    assert mistakes({"name": "m", "type": "macvlan"}) == [
        "here.lower: it is missing: a macvlan is built upon another interface"
    ]
    assert mistakes({"name": "b", "type": "bridge", "lower": "e0"}) == [
        "here.lower: a bridge is not built upon another interface"
    ]
    wrong = {"name": "x", "type": "vxlan", "vxlan": {"id": 1}, "lower": "a:e0", "lower_netns": "host"}
    assert mistakes(wrong) == ["here.lower_netns: it is not the namespace that lower names"]

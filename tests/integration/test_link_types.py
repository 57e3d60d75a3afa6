# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each type of link that the kernel has: made, found unchanged, changed in place, done by hand, and undone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

#: Two namespaces with a cable, whose end in a is what links are built upon; and another cable on the host.
BEFORE = """
ip netns add a; ip netns add b
ip -n a link add e0 type veth peer name e1 netns b; ip -n a addr add 192.0.2.1/24 dev e0
ip -n a link set e0 up; ip -n b link set e1 up
ip link add h0 type veth peer name h1
"""
PEER, OTHER = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
SECRET, PRIVATE = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", "QC/GQ6xmXv8Kyx+KxMvvB7Z0A5wF8mJmYkq9bV6uIlQ="


class Kept(NamedTuple):
    """What a link of a type is made with, what of that is changed, and what it is built upon."""

    first: Mapping[str, Any]
    change: Mapping[str, Any] = MappingProxyType({})
    lower: bool = False


#: By type, and what is special where there are several of one.
TYPES = {
    "bond": Kept({"mode": "active-backup", "miimon": 100, "fail_over_mac": "active"}, {"miimon": 200, "updelay": 200}),
    "bond without monitoring": Kept({"mode": "balance-rr"}),
    # With this mode the kernel watches the links by itself (bond_option_mode_set() in bond_options.c).
    "bond of LACP": Kept(
        {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast", "ad_select": "count"}, {"min_links": 2}
    ),
    "bridge": Kept(
        {"stp": True, "priority": 4096, "ageing_time": 60, "multicast_snooping": False},
        {"stp": False, "ageing_time": 10, "multicast_querier": True},
    ),
    "dummy": Kept({}),
    "geneve": Kept({"id": 7, "remote": "192.0.2.9", "ttl": 3}, {"ttl": 9}),
    "gre": Kept({"local": "192.0.2.1", "remote": "192.0.2.9", "ttl": 9, "key": 77}, {"ttl": 64}, lower=True),
    "gretap": Kept({"remote": "192.0.2.9", "key": 5}, {"ttl": 64, "remote": "192.0.2.10"}),
    "ifb": Kept({}),
    "ip6gre": Kept({"local": "fd00::1", "remote": "fd00::9", "key": 3}, {"hop_limit": 10}),
    "ip6gretap": Kept({"remote": "fd00::9"}, {"hop_limit": 10, "encap_limit": 2}),
    "ip6tnl": Kept({"local": "fd00::1", "remote": "fd00::9", "mode": "any"}, {"hop_limit": 10}),
    "ipip": Kept({"local": "192.0.2.1", "remote": "192.0.2.9"}, {"ttl": 20}),
    "ipvlan": Kept({"mode": "l3", "isolation": "private"}, {"mode": "l2", "isolation": "bridge"}, lower=True),
    "macvlan": Kept({"mode": "private"}, {"mode": "bridge"}, lower=True),
    "macvtap": Kept({"mode": "vepa"}, {"mode": "bridge"}, lower=True),
    "sit": Kept({"local": "192.0.2.1", "remote": "192.0.2.9", "ttl": 9}, {"ttl": 20}, lower=True),
    "tap": Kept({"vnet_hdr": True}),
    "tun": Kept({"user": 65534}),
    "vlan": Kept(
        {"id": 10, "protocol": "802.1ad", "gvrp": True, "reorder_header": False},
        {"gvrp": False, "mvrp": False, "loose_binding": True},
        lower=True,
    ),
    "vrf": Kept({"table": 10}),
    "vxlan": Kept(
        {"id": 7, "remote": "192.0.2.9", "local": "192.0.2.1", "learning": False},
        {"remote": "192.0.2.10", "ttl": 9, "ageing": 7},
        lower=True,
    ),
    "vxlan with several remotes": Kept(
        {"id": 7, "remotes": ["fd00::8", "fd00::9"]}, {"remotes": ["fd00::9", "fd00::10"]}
    ),
    "vxlan with a group": Kept({"id": 7, "group": "239.1.1.1"}, {"group": "239.1.1.2"}, lower=True),
    "wireguard": Kept(
        {
            "private_key": PRIVATE,
            "listen_port": 51820,
            "fwmark": 7,
            "peers": [
                {
                    "public_key": PEER,
                    "preshared_key": SECRET,
                    "endpoint": "192.0.2.9:51820",
                    "keepalive": 25,
                    "allowed_ips": ["10.0.0.0/8", "fd00::5/64"],
                }
            ],
        },
        {
            "listen_port": 51821,
            "peers": [
                {"public_key": PEER, "endpoint": "[fd00::9]:5", "allowed_ips": ["10.0.0.0/8"]},
                {"public_key": OTHER, "allowed_ips": ["10.9.0.0/16"]},
            ],
        },
    ),
    "xfrm": Kept({"if_id": 5}, lower=True),
}
#: What is needed to make one, to find out whether the kernel can.
LEAST = {
    "vlan": "id 1",
    "vxlan": "id 1 dstport 4789",
    "vrf": "table 9",
    "geneve": "id 1 remote 192.0.2.9",
    "gre": "remote 192.0.2.9",
    "gretap": "remote 192.0.2.9",
    "ip6gre": "remote fd00::9",
    "ip6gretap": "remote fd00::9",
    # Without an address they are those of their names' first, which are there from the start where others loaded them.
    "ip6tnl": "remote fd00::9",
    "ipip": "remote 192.0.2.9",
    "sit": "remote 192.0.2.9",
    "xfrm": "if_id 1",
}


@pytest.fixture(params=TYPES)
def kept(request: pytest.FixtureRequest, host: Host) -> tuple[str, Kept]:
    """A type that the kernel has."""
    name = request.param.partition(" ")[0]
    kept = TYPES[request.param]
    host.sh(BEFORE)
    if name in ("tun", "tap"):
        if not Path("/dev/net/tun").exists():
            pytest.skip("there is no /dev/net/tun")
    else:
        upon = "ip link add h0 type veth peer name h1; ip link add link h0 " if kept.lower else "ip link add "
        made = host.tried(f"{upon}name probe type {name} {LEAST.get(name, '')}")
        if not made:
            pytest.skip(f"this kernel has no links of type {name} (module {link_types.LOADERS[name]().module})")
    return name, kept


def options(name: str, kept: Kept, change: bool = False) -> dict[str, Any]:
    written = {**kept.first, **(kept.change if change else {})}
    lower = {"lower": "e0"} if kept.lower else {}
    return {"netns": "a", "name": "t0", "type": name, **({name: written} if written else {}), **lower, "up": True}


def by_hand(host: Host, commands: list[str]) -> None:
    """Run the commands; a key that they do not show comes from where they say."""
    for command in commands:
        secret = SECRET if "preshared-key" in command else PRIVATE
        host.sh(f"echo {shlex.quote(secret)} | {command}" if "/dev/stdin" in command else command)


@pytest.mark.crowded
def test_a_link_is_made_and_changed_and_its_commands_do_the_same(host: Host, kept: tuple[str, Kept]) -> None:
    name, wanted = kept
    for change in (False, True) if wanted.change else (False,):
        asked = options(name, wanted, change)
        predicted = host.done("netns_link", check=True, **asked)
        made = host.done("netns_link", **asked)
        assert made["changed"]
        assert (predicted["commands"], predicted["diff"]) == (made["commands"], made["diff"])
        assert host.done("netns_link", **asked)["commands"] == []
        assert not any(one in json.dumps([predicted, made]) for one in (SECRET, PRIVATE))
        if name == "wireguard" and not host.tried("command -v wg"):
            continue
        if change:
            host.done("netns_link", **options(name, wanted))
        else:
            host.sh("ip -n a link delete t0")
        by_hand(host, made["commands"])
        assert host.done("netns_link", **asked)["commands"] == []


@pytest.mark.crowded
def test_a_link_that_was_removed_comes_back_when_the_rest_is_refused(
    host: Host, refuse: Refuse, kept: tuple[str, Kept]
) -> None:
    name, wanted = kept
    # Where it is created its name is taken, and so is the index that it has where it lives.
    host.sh("ip -n a link add name t0 type bridge")
    interface = {key: one for key, one in options(name, wanted).items() if key not in ("netns", "up")}
    if name == "wireguard":
        file = Path("/run/private_key")
        file.write_text(PRIVATE)
        interface[name] = {"private_key_file": str(file), "listen_port": 51820, "peers": [{"public_key": PEER}]}
    lower = {"lower": "a:e0"} if wanted.lower else {}
    lab = {"name": "lab", "namespaces": [{"name": "c", "interfaces": [{**interface, **lower}]}]}
    host.done("netns_topology", **lab)
    before = host.dump()
    refuse.record()
    result = host.run("netns_topology", name="lab", namespaces=["c"], purge=True)
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert not difference(before, host.dump())
    assert host.done("netns_topology", **lab)["commands"] == []


def _born(name: str) -> bool:
    """Tell whether it makes a difference where a link is created."""
    link_type = link_types.find(name)
    return link_type is not None and (link_type.lower != "none" or link_type.keeps_birth)


@pytest.mark.crowded
@pytest.mark.parametrize("kept", [name for name in TYPES if _born(name)], indirect=True)
def test_a_link_that_is_born_on_the_host_lives_in_its_namespace(host: Host, kept: tuple[str, Kept]) -> None:
    name, wanted = kept
    link_type = link_types.LOADERS[name]()
    written = {key: one for key, one in wanted.first.items() if key != "local"}
    asked = {"netns": "a", "name": "t1", "type": name, name: written, "lower_netns": "host"}
    if link_type.lower == "needed":
        asked["lower"] = "h0"
    assert host.done("netns_link", **asked)["changed"]
    assert host.done("netns_link", **asked)["commands"] == []
    assert "t1" in {one["ifname"] for one in host.ip("-n", "a", "link", "show")}


@pytest.mark.kernel
def test_what_is_exported_of_a_link_is_what_was_said_of_it_and_makes_it_again(
    host: Host, kept: tuple[str, Kept]
) -> None:
    """So a new link has by itself all that is not exported of it."""
    name, wanted = kept
    host.done("netns_link", **options(name, wanted))

    found = host.done("netns_export", name="copy", namespaces=["a"])

    assert found["commands"] == found["left_out"] == []
    assert not any(one in json.dumps(found) for one in (SECRET, PRIVATE))
    (made,) = found["topology"]["namespaces"][0]["interfaces"]
    if name == "wireguard":
        where = "namespaces[0].interfaces[0].wireguard"
        keys = [f"{where}.private_key_file", f"{where}.peers[0].preshared_key_file"]
        assert [one["path"] for one in found["secrets"]] == keys
        return
    usual = {one.name: one.usual for one in link_types.LOADERS[name]().properties}
    assert made.get(name, {}) == {key: one for key, one in wanted.first.items() if one != usual.get(key)}
    host.sh("ip -n a link delete t0")
    host.done("netns_topology", **found["topology"])
    assert host.done("netns_export", name="copy", namespaces=["a"])["topology"] == found["topology"]


def test_a_key_is_read_for_a_device_whose_namespace_is_made_along(host: Host) -> None:
    Path("/run/key").write_text(PRIVATE)
    device = {"name": "wg0", "type": "wireguard", "wireguard": {"private_key_file": "/run/key"}}
    predicted = host.done("netns_topology", check=True, name="lab", namespaces=[{"name": "c", "interfaces": [device]}])
    assert "ip netns exec c wg set wg0 private-key /run/key" in predicted["commands"]

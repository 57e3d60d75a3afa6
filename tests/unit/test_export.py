# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topology of a state, where the kernel at hand has not what it takes."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._export import Export, Wanted, prune
from ansible_collections.linuxnet.netns.plugins.module_utils._exported import placed
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import wireguard
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.wireguard import WIREGUARD
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.wireguard import Configuration, Key, Peer
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

SECRET, OTHER = Key(b"secret".ljust(32, b"!")), Key(b"another".ljust(32, b"!"))


def test_keys_are_not_told_but_where_they_are_to_be_put() -> None:
    state = empty("a")
    state.put(INTERFACE, "a", "wg0", Interface("wg0", "wireguard", ifindex=2, up=True, mtu=1420))
    peers = (Peer("one=", allowed=("10.0.0.0/8",)), Peer("two=", OTHER, "192.0.2.1:5", 25))
    state.put(WIREGUARD, "a", "wg0", Configuration(SECRET, 51820, 0, peers))
    export = Export(state, Wanted(["a"]))
    topology = export.topology("copy")
    assert topology["namespaces"][0]["interfaces"] == [
        {
            "name": "wg0",
            "type": "wireguard",
            "wireguard": {
                "listen_port": 51820,
                "peers": [
                    {"public_key": "one=", "allowed_ips": ["10.0.0.0/8"]},
                    {"public_key": "two=", "endpoint": "192.0.2.1:5", "keepalive": 25, "allowed_ips": []},
                ],
            },
            "mtu": 1420,
        }
    ]
    told = list(placed(topology, export.secrets))
    assert told == [
        {
            "path": "namespaces[0].interfaces[0].wireguard.private_key_file",
            "value": "the path of a file on the host that has the private key of wg0 in namespace a, and lower_netns "
            "where its packets leave by another namespace",
        },
        {
            "path": "namespaces[0].interfaces[0].wireguard.peers[1].preshared_key_file",
            "value": "the path of a file on the host that has the preshared key of wg0 in namespace a for peer two=",
        },
    ]
    seen = wireguard.as_result(Configuration(SECRET, 51820, 0, peers))
    assert (seen["has_private_key"], [one["has_preshared_key"] for one in seen["peers"]]) == (True, [False, True])
    assert "secret" not in json.dumps([topology, told, seen])
    assert "another" not in json.dumps([topology, seen])


def test_interfaces_that_no_table_knows_are_left_out_and_those_that_modules_bring_are_no_matter() -> None:
    state = empty("a")
    for number, (name, kind) in enumerate((("t0", "team"), ("gre0", "gre"), ("nic", ""), ("tun0", "tun"))):
        # IFLA_TUN_PERSIST: no.
        data = b"\x05\0\x06\0\0\0\0\0" if kind == "tun" else b""
        state.put(INTERFACE, "a", name, Interface(name, kind, ifindex=2 + number, mac="02:00:00:00:00:01", data=data))
    export = Export(state, Wanted(["a"]))
    (namespace,) = export.topology("copy")["namespaces"]
    assert namespace["interfaces"] == [
        {"name": "nic", "type": "device", "from": {"mac": "02:00:00:00:00:01"}, "state": "down"}
    ]
    assert export.left_out == [
        "interface t0 in namespace a (an interface of kind team), with what is on it: links of type team cannot be "
        "declared",
        "interface tun0 in namespace a (an interface of kind tun), with what is on it: a program has made it, and it "
        "goes with that",
    ]


def test_what_problems_are_about_is_taken_out_and_named() -> None:
    interfaces: list[Any] = [{"name": "x", "mtu": 9}, {"name": "y"}]
    topology: dict[str, Any] = {
        "namespaces": ["b", {"name": "a", "interfaces": interfaces, "addresses": {"e.1": ["1", "2", "3"]}}],
        "links": [{"endpoints": ["a:x", {"netns": "a", "interface": "y"}]}],
    }
    paths = ("addresses.e.1[0]", "addresses.e.1[2]", "interfaces[0].mtu", "interfaces[1].type")
    problems = [Problem(f"namespaces[1].{path}", "wrong") for path in paths]
    assert prune(topology, [*problems, Problem("links[0].endpoints[1].interface", "bad")]) == [
        'namespace a interfaces: {"name": "y"}: wrong',
        "namespace a interface x mtu: 9: wrong",
        'namespace a addresses e.1: "3": wrong',
        'namespace a addresses e.1: "1": wrong',
        'links: {"endpoints": ["a:x", {"netns": "a", "interface": "y"}]}: bad',
    ]
    assert topology == {
        "namespaces": ["b", {"name": "a", "interfaces": [{"name": "x"}], "addresses": {"e.1": ["2"]}}],
        "links": [],
    }

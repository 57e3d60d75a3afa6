# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""WireGuard: what is sent is what pyroute2 reads, both ways are each other's, and no key is shown."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_form import DeclaredInterface, ModuleLink
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.wireguard import (
    KEY_FILE,
    WIREGUARD,
    KeyFile,
    Tunnel,
    WantedPeer,
    of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import generic, wireguard
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.wireguard import Configuration, Key, Peer
from pyroute2.netlink.generic.wireguard import wgmsg

PUBLIC, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
SECRET = Key(bytes(range(32)))
PEER = Peer(PUBLIC, SECRET, "192.0.2.9:51820", 25, ("10.0.0.0/8", "fd00::/64"))
END = Endpoint(None, "wg0")


def state(configuration: Configuration, **files: KeyFile) -> State:
    found = State()
    found.put(INTERFACE, None, "wg0", Interface("wg0", "wireguard"))
    found.put(WIREGUARD, None, "wg0", configuration)
    for name, file in files.items():
        found.put(KEY_FILE, None, f"/{name}", file)
    return found


def attributes(body: bytes) -> dict[str, Any]:
    message = wgmsg(generic.change(30, wireguard.SET, wireguard.VERSION, body))
    message.decode()
    return dict(message["attrs"])


def test_pyroute2_reads_what_is_sent() -> None:
    device = attributes(wireguard.device("wg0", SECRET, 51820, 7))
    assert (device["WGDEVICE_A_IFNAME"], device["WGDEVICE_A_LISTEN_PORT"], device["WGDEVICE_A_FWMARK"]) == (
        "wg0",
        51820,
        7,
    )
    assert base64.b64decode(device["WGDEVICE_A_PRIVATE_KEY"]) == bytes(SECRET)
    (peer,) = attributes(wireguard.peer("wg0", PEER))["WGDEVICE_A_PEERS"]
    told = dict(peer["attrs"])
    assert told["WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL"] == 25
    assert told["WGPEER_A_ENDPOINT"]["port"] == 51820
    assert [one["addr"] for one in told["WGPEER_A_ALLOWEDIPS"]] == ["10.0.0.0/8", "fd00::/64"]


@pytest.mark.parametrize("endpoint", ["", "192.0.2.9:51820", "[fd00::9]:5"])
def test_what_is_sent_is_read_again(endpoint: str) -> None:
    one = PEER._replace(endpoint=endpoint)
    own = wireguard.device("wg0", SECRET, 51820, 7)
    answers = [generic.change(30, 0, 1, body) for body in (own + wireguard.peer("wg0", one)[8:],)]
    assert wireguard.read(answers) == Configuration(SECRET, 51820, 7, (one,))


def test_a_peer_may_go_on_in_the_next_message() -> None:
    first, second = (wireguard.peer("wg0", PEER._replace(allowed=(prefix,))) for prefix in PEER.allowed)
    answers = [generic.change(30, 0, 1, body) for body in (first, second)]
    assert wireguard.read(answers).peers == (PEER,)


def test_a_plan_reaches_what_is_declared_and_its_undo_leads_back() -> None:
    robbed = Peer(OTHER, allowed=("10.0.0.0/8", "10.9.0.0/16"))
    gone = Peer(base64.b64encode(bytes([3]) * 32).decode(), keepalive=5)
    before = state(Configuration(listen_port=1, peers=(robbed, gone)), key=KeyFile(SECRET))
    peers = (WantedPeer("", PUBLIC, SECRET, None, PEER.endpoint, 25, PEER.allowed), WantedPeer("", OTHER))
    declared = [Tunnel("", *END, None, "/key", 51820, 7, peers)]
    plan = _plan.make(declared, before)
    assert len(plan.steps) == 3
    assert _plan.make(declared, plan.after).steps == []
    after = plan.after.copy()
    for step in _plan.reversal(plan.steps, before)[0]:
        step.effect(after)
    was, back = of(before, END), of(after, END)
    assert {one.public_key: one for one in back.peers} == {one.public_key: one for one in was.peers}
    assert back._replace(peers=()) == was._replace(peers=())


def test_no_key_is_shown() -> None:
    text = base64.b64encode(SECRET).decode()
    peers = (WantedPeer("", PUBLIC, SECRET, None, None, None, ("10.0.0.0/8",)),)
    declared = [Tunnel("", *END, SECRET, None, 51820, None, peers)]
    plan = _plan.make(declared, state(Configuration()))
    shown = [repr(plan), *plan.commands(), str(_plan.view(declared, plan.after)), repr(declared)]
    for one in shown:
        assert text not in one
        assert repr(bytes(SECRET)) not in one
    assert "private-key /dev/stdin" in plan.commands()[0]


def test_a_key_file_that_cannot_be_read_is_told() -> None:
    declared = [Tunnel("here", *END, None, "/key")]
    with pytest.raises(Exception, match=r"here\.wireguard\.private_key_file: it is not there"):
        _plan.make(declared, state(Configuration(), key=KeyFile(None, "it is not there")))


def test_a_topology_takes_keys_from_files_alone() -> None:
    problems = Problems()
    key = base64.b64encode(SECRET).decode()
    written = {"private_key": key, "peers": [{"public_key": PUBLIC, "preshared_key": key}]}
    DeclaredInterface.read(problems, "here", {"name": "wg0", "type": "wireguard", "wireguard": written})
    told = [str(one) for one in problems.found]
    assert told == [
        f"{path}: Ansible logs a topology on the host: name a file there that holds it, in {path}_file"
        for path in ("here.wireguard.private_key", "here.wireguard.peers[0].preshared_key")
    ]


def test_mistakes_are_told_at_once_and_no_key_is_repeated() -> None:
    problems = Problems()
    short = base64.b64encode(bytes(31)).decode()
    written = {
        "private_key": short,
        "private_key_file": "key",
        "peers": [{"public_key": short, "endpoint": "example.org:5", "allowed_ips": ["10.0.0.0/33"]}],
    }
    form = {"name": "wg0", "type": "wireguard", "wireguard": written}
    ModuleLink("", {"name": ""}).objects(problems, form, present=True)
    told = [str(one) for one in problems.found]
    assert told == [
        "wireguard.private_key: it is not a key: 32 bytes in base64 are needed",
        "wireguard.private_key_file: the absolute path of a file on the host is needed",
        "wireguard.peers[0].public_key: it is not a key: 32 bytes in base64 are needed",
        "wireguard.peers[0].endpoint: 'example.org' is not an IPv4 or IPv6 address without a prefix length",
        "wireguard.peers[0].allowed_ips[0]: '10.0.0.0/33' is not a network: the prefix length is a number from 0 to 32",
    ]
    assert not any(short in one for one in told)

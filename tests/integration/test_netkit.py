# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netkit pairs, where the kernel has them: in their places, changed in place, made anew, back after a failure."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.cases import NETKIT, link, netkit
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.test_docs import TOPOLOGIES, blocks

pytestmark = pytest.mark.kernel


@pytest.fixture
def paired(host: Host) -> Host:
    """A host whose kernel has netkit."""
    if not host.tried(NETKIT[0]):
        pytest.skip(NETKIT[1])
    return host


def test_a_kernel_without_them_is_told_what_it_lacks(host: Host) -> None:
    if host.tried(NETKIT[0]):
        pytest.skip("this kernel has netkit")
    message = host.refused_by_the_kernel("netns_topology", **netkit())
    assert (
        "type netkit mode l2 peer name n2 netns b failed: Operation not supported (EOPNOTSUPP)" in message
        or "Unknown device type" in message
    ), message
    assert "it needs Linux 6.7 or later with CONFIG_NETKIT" in message


def test_policies_are_changed_in_place_and_decide_what_passes(paired: Host) -> None:
    paired.done("netns_topology", **netkit())
    assert paired.pings("a", "10.0.0.2")
    changed = paired.done("netns_topology", **netkit(peer_policy="blackhole"))
    assert changed["commands"] == ["ip -n a link set dev n1 type netkit peer blackhole"]
    assert not paired.pings("a", "10.0.0.2")
    assert paired.done("netns_topology", **netkit(peer_policy="blackhole"))["commands"] == []
    # What is seen from the other end is the same.
    turned = netkit(policy="blackhole")
    turned["links"][0]["endpoints"].reverse()
    assert paired.done("netns_topology", **turned)["commands"] == []
    turned["links"][0]["netkit"]["policy"] = "forward"
    assert paired.done("netns_topology", **turned)["commands"] == ["ip -n a link set dev n1 type netkit peer forward"]
    assert paired.pings("a", "10.0.0.2")


def test_the_links_of_the_page_are_made(paired: Host) -> None:
    (shown,) = (block for block in blocks(TOPOLOGIES, "yaml") if "type: netkit" in block)
    topology = {"name": "shown", "namespaces": ["blue", "red"], **yaml.safe_load(shown)}
    assert paired.done("netns_topology", **topology)["changed"]
    assert paired.done("netns_topology", **topology)["commands"] == []
    assert not paired.pings("blue", "10.5.0.2")


def test_another_mode_makes_it_anew_and_it_comes_back_when_that_is_refused(paired: Host, refuse: Refuse) -> None:
    paired.done("netns_topology", **netkit(policy="blackhole"))
    before = paired.dump()
    other = netkit(mode="l3", policy="blackhole")
    commands = paired.done("netns_topology", check=True, **other)["commands"]
    assert commands[:2] == [
        "ip -n a link delete dev n1",
        "ip -n a link add name n1 up type netkit mode l3 blackhole peer name n2 netns b",
    ]
    refuse(len(commands) - 1)
    message = paired.run("netns_topology", **other)["msg"]
    assert message.endswith("The host is as it was."), message
    assert not difference(before, paired.dump())
    paired.done("netns_topology", **other)
    assert paired.done("netns_topology", **other)["commands"] == []
    # Of somebody else's pair it is refused.
    paired.sh("rm -r /run/linuxnet.netns")
    assert "links[0].netkit.mode: it is l3, and the kernel does not change it to l2" in paired.refused(
        "netns_topology", **netkit()
    )


def test_an_end_is_moved_and_a_pair_of_the_other_type_is_replaced(paired: Host) -> None:
    paired.done("netns_topology", **netkit())
    moved = netkit()
    moved["namespaces"].append("c")
    moved["links"][0]["endpoints"][1]["netns"] = "c"
    assert "ip -n b link set dev n2 netns c" in paired.done("netns_topology", **moved)["commands"]
    assert paired.pings("a", "10.0.0.2")
    cable = {**moved, "links": [link(*moved["links"][0]["endpoints"])]}
    commands = paired.done("netns_topology", **cable)["commands"]
    assert commands[:2] == [
        "ip -n a link delete dev n1",
        "ip -n a link add name n1 up type veth peer name n2 netns c",
    ]
    assert paired.done("netns_topology", **cable)["commands"] == []


def test_they_are_told_exported_and_purged(paired: Host) -> None:
    topology = netkit(policy="blackhole")
    paired.done("netns_topology", **topology)
    (there,) = paired.done("netns_info", names=["b"])["namespaces"]
    (found,) = (one for one in there["links"] if one["interface"] == "n2")
    assert found["properties"] == {"mode": "l2", "policy": "forward", "peer_policy": "blackhole"}
    assert (found["peer"]["netns"], found["peer"]["interface"]) == ("a", "n1")
    exported = paired.done("netns_export", name="copy", namespaces=["a", "b"])
    assert (exported["commands"], exported["left_out"]) == ([], [])
    (written,) = exported["topology"]["links"]
    assert (written["type"], written["netkit"]) == ("netkit", {"mode": "l2", "policy": "blackhole"})
    gone: dict[str, Any] = {**topology, "links": [], "purge": True}
    assert "ip -n a link delete dev n1" in paired.done("netns_topology", **gone)["commands"]
    assert [one["ifname"] for one in paired.ip("-n", "b", "link", "show")] == ["lo"]

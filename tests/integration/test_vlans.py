# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLANs of bridges and their ports: what passes, what others change, what comes back; and where there are none."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.cases import ACCESS, FILTERING, TRUNKS, trunks
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.test_docs import TOPOLOGIES, blocks

pytestmark = pytest.mark.kernel
#: An interface that can be a port.
PORT: dict[str, Any] = {"name": "p1", "type": "vxlan", "vxlan": {"id": 7}}


def has_vlans(host: Host) -> bool:
    """Tell whether bridges have VLANs here."""
    return host.tried(FILTERING[0])


@pytest.fixture
def switched(host: Host) -> Host:
    """A host whose bridges have VLANs."""
    if not has_vlans(host):
        pytest.skip(FILTERING[1])
    return host


def test_a_kernel_without_them_is_told_what_it_lacks(host: Host) -> None:
    if has_vlans(host):
        pytest.skip("this kernel's bridges have VLANs")
    host.sh("ip link add br0 type bridge; ip link add p1 type vxlan id 7 dstport 4789; ip link set p1 master br0")
    port = {"master": "br0", "port": {"vlans": [10]}}
    message = host.refused_by_the_kernel("netns_link", **PORT, **port)
    assert message.startswith(
        "port.vlans: bridge vlan add dev p1 vid 10 failed: Operation not supported (EOPNOTSUPP); this kernel's bridges "
        "have no VLANs (CONFIG_BRIDGE_VLAN_FILTERING); those of the distributions have."
    ), message


def test_who_is_in_a_vlan_reaches_who_else_is(switched: Host) -> None:
    def end(netns: str, number: int) -> dict[str, Any]:
        return {"netns": netns, "interface": "eth0", "addresses": [f"10.0.0.{number}/24"]}

    access, other = {"vlans": [{"id": 10, **ACCESS}]}, {"vlans": [{"id": 20, **ACCESS}]}
    lab = {
        "name": "vlans",
        "namespaces": ["switch", "h1", "h2", "h3"],
        "bridges": [
            {
                "name": "lan",
                "netns": "switch",
                "bridge": {"vlan_filtering": True, "vlans": [{"id": 10, **ACCESS}]},
                "addresses": ["10.0.0.254/24"],
                "endpoints": [
                    {**end("h1", 1), "port": access},
                    {**end("h2", 2), "port": access},
                    {**end("h3", 3), "port": other},
                ],
            }
        ],
    }
    switched.done("netns_topology", **lab)
    assert [switched.pings("h1", f"10.0.0.{number}") for number in (2, 3, 254)] == [True, False, True]
    lab["bridges"][0]["endpoints"][2]["port"] = access  # type: ignore[index]
    changed = switched.done("netns_topology", **lab)["commands"]
    assert changed == [
        "bridge -n switch vlan add dev h3_eth0 vid 10 pvid untagged",
        "bridge -n switch vlan delete dev h3_eth0 vid 20",
    ]
    assert switched.pings("h1", "10.0.0.3")


def test_the_topology_of_the_page_is_made(switched: Host) -> None:
    (shown,) = (block for block in blocks(TOPOLOGIES, "yaml") if "vlan_filtering" in block)
    topology = yaml.safe_load(shown)
    assert "bridge -n switch vlan add dev trunk vid 30-40" in switched.done("netns_topology", **topology)["commands"]
    assert switched.done("netns_topology", **topology)["commands"] == []
    assert switched.pings("pc", "10.6.0.254")


def test_what_others_change_is_repaired_and_what_they_add_without_a_declaration_stays(switched: Host) -> None:
    switched.done("netns_topology", **TRUNKS)
    right = switched.dump(records=False)
    switched.sh("""
        bridge -n a vlan delete dev p2 vid 33-35; bridge -n a vlan add dev p2 vid 34 untagged
        bridge -n a vlan add dev p1 vid 77; bridge -n a vlan add dev br0 vid 20 untagged self
    """)
    assert switched.done("netns_topology", **TRUNKS)["commands"] == [
        "bridge -n a vlan add dev br0 vid 20 self",
        "bridge -n a vlan delete dev p1 vid 77",
        "bridge -n a vlan add dev p2 vid 33-35",
    ]
    assert not difference(right, switched.dump(records=False))
    # A purge takes back what was declared, and no more.
    switched.sh("bridge -n a vlan add dev p2 vid 78")
    commands = switched.done("netns_topology", **trunks("p1", "p2"))["commands"]
    assert "bridge -n a vlan delete dev p2 vid 30-40" in commands
    assert not any("dev p2" in one and "vid 78" in one for one in commands)
    assert not any("dev p2 vid 1 " in one for one in commands)
    assert switched.done("netns_topology", **trunks("p1", "p2"))["commands"] == []


def test_a_port_that_is_taken_out_of_its_bridge_has_all_again_when_the_rest_is_refused(
    switched: Host, refuse: Refuse
) -> None:
    """Whoever gave it VLANs and forwarding entries; and when it is done, nothing is said of what was asked for."""
    switched.sh("""
        ip link add br0 type bridge vlan_filtering 1; ip link add p1 type vxlan id 7 dstport 4789
        ip link set p1 master br0; bridge vlan add dev p1 vid 10-20; bridge vlan add dev p1 vid 40 pvid untagged
        ip link set br0 up
        bridge fdb add 02:00:00:00:00:08 dev p1 master static vlan 10; ip link set p1 up
    """)
    before = switched.dump()
    options = {**PORT, "master": "", "up": False}
    refuse(1)
    message = switched.run("netns_link", **options)["msg"]
    assert message.endswith("The host is as it was."), message
    assert not difference(before, switched.dump())
    assert "warnings" not in switched.done("netns_link", **options)


def test_they_are_told_and_exported(switched: Host) -> None:
    switched.done("netns_topology", **TRUNKS)
    (there,) = switched.done("netns_info", names=["a"])["namespaces"]
    vlans = {one["interface"]: one["vlans"] for one in there["links"]}
    assert vlans["p1"] == [{"id": 10, "pvid": True, "untagged": True}]
    assert [one["id"] for one in vlans["br0"]] == [10, 20]
    found = switched.done("netns_export", name="copy", namespaces=["a", "b"])
    (bridge,) = found["topology"]["namespaces"][0]["interfaces"]
    assert bridge["bridge"]["vlans"] == [{"id": 10, **ACCESS}, 20]
    assert bridge["ports"][1]["vlans"] == [20, "30-40", {"id": "50-60", "untagged": True}]
    assert (found["commands"], found["left_out"]) == ([], [])


def test_vlans_are_refused_to_what_has_none(switched: Host) -> None:
    switched.sh("ip link add v1 type vrf table 9; ip link add p1 type vxlan id 7 dstport 4789")
    options = {**PORT, "master": "v1", "port": {"vlans": [10]}}
    assert switched.refused("netns_link", **options) == (
        "port.vlans: p1 in the host's namespace is no port of a bridge, and only these have VLANs"
    )
    assert switched.refused("netns_link", name="p1", type="device", port={"vlans": []}) == (
        "port: it says what is set of a port of a master; name that in master"
    )
    switched.sh("ip link add br0 type bridge")
    (warning,) = switched.done("netns_link", **{**options, "master": "br0"})["warnings"]
    assert warning.endswith("its bridge does not heed them: its vlan_filtering is off.")

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several remotes of a VXLAN, by forwarding entries: beside what others gave it, and through failures."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

ALL = "00:00:00:00:00:00"


def vxlan(*remotes: str, **more: Any) -> dict[str, Any]:
    """Return a topology with a VXLAN of these remotes."""
    return _lab({"id": 7, "remotes": list(remotes), **more})


def _lab(values: dict[str, Any]) -> dict[str, Any]:
    one = {"name": "vx7", "type": "vxlan", "vxlan": values}
    return {"name": "lab", "namespaces": [{"name": "a", "interfaces": [one]}], "purge": True}


def entries(host: Host) -> list[str]:
    """Return the remotes of the VXLAN, as bridge tells them."""
    said = host.sh("bridge -n a fdb show dev vx7")
    return sorted(line.split("dst ")[1].split(" self")[0] for line in said.splitlines() if line.startswith(ALL))


def changed(host: Host, topology: dict[str, Any]) -> list[str]:
    """Apply a topology; gives its commands, after which there is nothing left to do."""
    result = host.done("netns_topology", **topology)
    assert host.done("netns_topology", **topology)["commands"] == []
    return list(result["commands"])


@pytest.mark.kernel
def test_remotes_are_changed_in_place_and_what_others_gave_an_address_stays(host: Host) -> None:
    host.done("netns_topology", **vxlan("192.0.2.8", "192.0.2.9"))
    host.sh(
        f"bridge -n a fdb add 02:00:00:00:00:07 dev vx7 dst 192.0.2.8; bridge -n a fdb del {ALL} dev vx7 dst 192.0.2.8"
    )
    append = f"bridge -n a fdb append {ALL} dev vx7 dst"
    delete = f"bridge -n a fdb delete {ALL} dev vx7 dst"
    assert changed(host, vxlan("192.0.2.8", "192.0.2.9")) == [f"{append} 192.0.2.8"]
    assert changed(host, vxlan("192.0.2.7", "192.0.2.9")) == [f"{delete} 192.0.2.8", f"{append} 192.0.2.7"]
    assert "02:00:00:00:00:07 dst 192.0.2.8" in host.sh("bridge -n a fdb show dev vx7")
    # One of them becomes the remote that it has itself, and back.
    promoted = vxlan("192.0.2.7", remote="192.0.2.9")
    assert changed(host, promoted) == ["ip -n a link set dev vx7 type vxlan remote 192.0.2.9"]
    assert entries(host) == ["192.0.2.7", "192.0.2.9"]
    again = ["ip -n a link set dev vx7 type vxlan remote 0.0.0.0", f"{append} 192.0.2.9"]
    assert changed(host, vxlan("192.0.2.7", "192.0.2.9")) == again
    # Who no longer says what remotes there are has those that the topology made purged, but for the one that counts.
    assert changed(host, _lab({"id": 7, "remote": "192.0.2.9"})) == [
        "ip -n a link set dev vx7 type vxlan remote 192.0.2.9",
        f"{delete} 192.0.2.7",
    ]
    assert entries(host) == ["192.0.2.9"]


@pytest.mark.kernel
def test_what_a_remote_takes_with_it_comes_back_when_the_rest_is_refused(host: Host, refuse: Refuse) -> None:
    host.done("netns_topology", **vxlan("192.0.2.7", "192.0.2.9"))
    before = host.dump()
    refuse.record()
    result = host.run("netns_topology", **_lab({"id": 7, "remote": "192.0.2.9"}))
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert not difference(before, host.dump())


@pytest.mark.kernel
def test_entries_of_others_come_back_with_what_is_made_anew_and_are_named_when_they_go(
    host: Host, refuse: Refuse
) -> None:
    host.done("netns_topology", **vxlan("fd00::8", "fd00::9"))
    host.sh("""
        ip -n a link add br0 type bridge; ip -n a link set vx7 master br0
        bridge -n a fdb add 02:00:00:00:00:07 dev vx7 dst fd00::7 port 7
        bridge -n a fdb add 02:00:00:00:00:08 dev vx7 master static
    """)
    before = host.dump()
    refuse.record()
    result = host.run("netns_topology", **_lab({"id": 8, "remotes": ["fd00::9"]}))
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert not difference(before, host.dump())
    warnings = host.done("netns_topology", **_lab({"id": 8, "remotes": ["fd00::9"]}))["warnings"]
    assert (
        "Gone with what the task did: forwarding entry 02:00:00:00:00:07 dst fd00::7 port 7 of vx7 in namespace a."
        in warnings
    )


@pytest.mark.kernel
def test_the_other_version_of_ip_is_refused_where_the_kernel_does_not_change_it(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link add vx7 type vxlan id 7 dstport 4789 remote 192.0.2.9")
    own = {"netns": "a", "name": "vx7", "type": "vxlan"}
    assert host.refused("netns_link", **own, vxlan={"id": 7, "remote": "fd00::9"}) == (
        "vxlan.remote: it is 192.0.2.9, and the kernel does not change it to fd00::9 on a living link; remove it first"
        ", with state=absent"
    )
    host.sh(f"ip -n a link set vx7 type vxlan remote 0.0.0.0; bridge -n a fdb append {ALL} dev vx7 dst 192.0.2.9")
    assert host.refused("netns_link", **own, vxlan={"id": 7, "remotes": ["fd00::9"]}) == (
        "vxlan.remotes: vx7 in namespace a has the remote 192.0.2.9, and the kernel does not change the version of IP "
        "on a living link; remove it first, with state=absent"
    )
    host.sh(f"bridge -n a fdb delete {ALL} dev vx7 dst 192.0.2.9")
    message = host.refused_by_the_kernel("netns_link", **own, vxlan={"id": 7, "remotes": ["fd00::9"]})
    assert message.startswith(
        f"bridge -n a fdb append {ALL} dev vx7 dst fd00::9 failed: Address family not supported by protocol "
        "(EAFNOSUPPORT); vx7 does not send over IPv6, and the kernel does not change that on a living link."
    )
    # One that the topology made is made anew.
    host.sh("ip netns delete a")
    host.done("netns_topology", **_lab({"id": 7, "remote": "192.0.2.9"}))
    assert "ip -n a link delete dev vx7" in changed(host, vxlan("fd00::8", "fd00::9"))


@pytest.mark.kernel
def test_it_is_told_which_remotes_there_are_and_exported_what_can_be_declared(host: Host) -> None:
    host.sh(f"""
        ip netns add a; ip -n a link add vx7 type vxlan id 7 dstport 4789 remote 192.0.2.9
        for to in 192.0.2.10 192.0.2.8 '192.0.2.7 vni 9'; do bridge -n a fdb append {ALL} dev vx7 dst $to; done
        bridge -n a fdb add 02:00:00:00:00:07 dev vx7 dst 192.0.2.7
    """)
    (there,) = host.done("netns_info", names=["a"])["namespaces"]
    (found,) = (one for one in there["links"] if one["interface"] == "vx7")
    assert (found["properties"]["remote"], found["properties"]["remotes"]) == ("192.0.2.9", ["192.0.2.8", "192.0.2.10"])
    exported = host.done("netns_export", name="copy", namespaces=["a"])
    assert sorted(exported["left_out"]) == [
        f"forwarding entry {ALL} dst 192.0.2.7 vni 9 of vx7 in namespace a",
        "forwarding entry 02:00:00:00:00:07 dst 192.0.2.7 of vx7 in namespace a",
    ]
    (written,) = exported["topology"]["namespaces"][0]["interfaces"]
    assert written["vxlan"] == {"id": 7, "remote": "192.0.2.9", "remotes": ["192.0.2.8", "192.0.2.10"]}

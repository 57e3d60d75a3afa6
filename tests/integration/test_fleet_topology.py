# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One topology over two hosts, by the role fleet_topology as its page shows it, over ssh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.test_docs import blocks

from tools.fleet.fleet import NOBODY, Fleet
from tools.fleet.machine import Machine, lacks_for_ssh
from tools.fleet.playbooks import ROOT, Outcome

LACKS = lacks_for_ssh()
pytestmark = pytest.mark.skipif(bool(LACKS), reason=f"hosts over ssh: {LACKS}")
(PLAY,), HOSTS = (yaml.safe_load(block) for block in blocks(ROOT / "roles" / "fleet_topology" / "README.md", "yaml"))
(ROLE,) = PLAY["roles"]
TOPOLOGY = ROLE["vars"]["fleet_topology"]


class Web:
    """The two hosts of the page."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.machines: dict[str, Machine] = dict(zip(HOSTS["web"]["hosts"], fleet.hosts.values()))
        self._inventory = {
            name: {**own, "fleet_topology_underlay": own["ansible_host"]}
            for name, own in zip(self.machines, fleet.inventory.values())
        }

    def play(self, *words: str, web2: Optional[dict[str, Any]] = None, **changes: Any) -> dict[str, list[Outcome]]:
        """Play the page's playbook with other variables, and others of a host; return what became of its tasks on each
        host.
        """
        self._fleet.inventory = {**self._inventory, "web2": {**self._inventory["web2"], **(web2 or {})}}
        play = {**PLAY, "hosts": "all", "gather_facts": False, "roles": [{**ROLE, "vars": {**ROLE["vars"], **changes}}]}
        del play["become"]
        args = "-C -o ControlMaster=auto -o ControlPersist=60s -o ConnectTimeout=4"
        outcomes = self._fleet.play([play], *words, ANSIBLE_SSH_ARGS=args)
        return {name: [one for one in outcomes if one.host == name] for name in self.machines}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """The two hosts; the tests of this file take their turns with them."""
    with Fleet(2) as fleet:
        yield Web(fleet)


def statuses(outcomes: list[Outcome]) -> list[str]:
    """Return what became of the tasks of the role, without the check of its arguments."""
    found = [one for one in outcomes if "Validating" not in one.task]
    return ["changed" if one.status == "ok" and one.result.get("changed") else one.status for one in found]


def test_each_host_does_its_part_and_they_reach_each_other(web: Web) -> None:
    web1, web2 = web.machines["web1"], web.machines["web2"]
    predicted, made = web.play("--check"), web.play()
    for name, machine in web.machines.items():
        assert statuses(predicted[name])[0] == statuses(made[name])[0] == "changed", made[name]
        assert predicted[name][1].result["commands"] == made[name][1].result["commands"]
        (proof,) = (one for one in made[name] if one.task.endswith("are proven"))
        assert [one["reachable"] for one in proof.result["probes"]] == [True, True]
        assert "mtu 1450" in machine.sh(f"ip -n {'app' if name == 'web1' else 'db'} link show type vxlan")
    assert "1 received" in web1.sh("ip netns exec app ping -c 1 -w 5 10.20.0.2")
    assert "1 received" in web2.sh("ip netns exec db ping -M do -s 1402 -c 1 -w 5 fd20::1")
    # Cables leave nothing on the hosts themselves.
    assert "vxlan" not in web1.sh("ip -d link show")
    # A host that is away keeps the others from nothing but its cables, and those are named.
    web1.sh("ip netns delete cache")
    outcomes = web.play(web2={"ansible_host": NOBODY})
    assert outcomes["web2"][-1].status == "unreachable"
    (told,) = (one for one in outcomes["web1"] if one.task.endswith("is away"))
    assert told.result["fleet_topology_cut"] == ["app:to_db to db:to_app on web2"]
    assert statuses(outcomes["web1"])[0] == "changed"
    assert "cache" in web1.sh("ip netns list")
    # What it has when it comes back is what it had, and the second run finds nothing to do.
    again = web.play()
    assert not [one for outcomes in again.values() for one in outcomes if one.result.get("changed")]
    gone = web.play(fleet_topology_state="absent")
    for name, machine in web.machines.items():
        assert statuses(gone[name])[0] == "changed"
        assert machine.sh("ip netns list; ip -br link show type vxlan") == ""


def test_a_number_that_is_taken_fails_on_its_host_alone_with_nothing_half_done(web: Web) -> None:
    web2 = web.machines["web2"]
    web2.sh(f"ip link add other type vxlan id 7 dstport 4789 local {web2.address}")
    outcomes = web.play(fleet_topology={**TOPOLOGY, "links": [{**TOPOLOGY["links"][0], "vni": 7}]})
    assert statuses(outcomes["web1"])[0] == "changed"
    (failed,) = (one for one in outcomes["web2"] if one.status == "failed")
    assert "VXLAN device with the specified VNI already exists" in failed.said
    assert failed.result["msg"].endswith("The host is as it was.")
    assert web2.sh("ip netns list") == ""

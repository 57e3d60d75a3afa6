# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session sees and touches nothing of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT, run

BIN = Path(sys.executable).parent
SCENARIOS = ROOT / "extensions" / "molecule"


def test_the_session_has_namespaces_of_its_own() -> None:
    outside = os.environ["LINUXNET_OUTSIDE"].split()
    inside = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt")]
    assert [kind.split(":")[0] for kind in outside] == ["net", "mnt"]
    assert not set(inside) & set(outside)


def test_a_host_starts_with_nothing(host: Host) -> None:
    assert [link["ifname"] for link in host.ip("link", "show")] == ["lo"]
    assert list(Path("/run").iterdir()) == []


def test_what_a_test_makes_is_not_seen_outside(host: Host) -> None:
    host.done("netns", name="x", loopback="up")
    mounts = Path(f"/proc/{os.getppid()}/mounts").read_text()
    assert "/run/netns/x" in Path("/proc/self/mounts").read_text()
    assert "/run/netns/x" not in mounts


def test_elsewhere_the_tests_refuse_to_run() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LINUXNET_", "PYTEST_"))}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    finished = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    assert finished.returncode == 2
    assert "run them with make test-integration" in finished.stdout + finished.stderr


def test_elsewhere_the_scenarios_refuse_to_run(host: Host, tmp_path: Path) -> None:
    host.sh("ip netns add a; ip netns add blue; ip link add eb type veth peer name ea")
    before = host.dump()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LINUXNET_", "MOLECULE_"))}
    finished = subprocess.run(
        [str(BIN / "molecule"), "test", "--no-command-borders", "--scenario-name", "netns"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT / ".cache" / "collections" / "ansible_collections" / "linuxnet" / "netns",
        env={**environment, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_HOME": str(tmp_path)},
    )
    assert finished.returncode != 0
    refusal = "scenarios remove namespaces, so they run in a network of their own and nowhere else"
    assert refusal in " ".join((finished.stdout + finished.stderr).split())
    assert host.dump() == before


@pytest.mark.parametrize("scenario", ["prerequisites", "guide_nginx"])
def test_elsewhere_the_scenarios_that_install_packages_reach_no_host(tmp_path: Path, scenario: str) -> None:
    finished = run(tmp_path, "ansible", "-i", SCENARIOS / scenario / "inventory.yml", "all", "-m", "ping")
    assert finished.returncode != 0
    said = " ".join((finished.stdout + finished.stderr).split())
    assert "so it runs on a copy of the system and nowhere else" in said


def test_no_scenario_has_a_way_around_the_refusal() -> None:
    """Each play is for the hosts of a guarded inventory, or for namespaces that such a play has made."""
    for file in SCENARIOS.rglob("*.yml"):
        text = file.read_text()
        hosts = re.findall(r"^ *-? *hosts: (.*)$", text, re.MULTILINE)
        assert set(hosts) <= {"all", "laptop", "[laptop]", "blue", "netns_in_inventory"}, file
        assert "delegate_to" not in text, file

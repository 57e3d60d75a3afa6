# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session sees and touches nothing of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT, run

from tools.fleet.machine import Machine

BIN = Path(sys.executable).parent
SCENARIOS = ROOT / "extensions" / "molecule"


def test_the_session_has_namespaces_of_its_own() -> None:
    """As another has, which is asked from inside of this one."""
    words = [str(ROOT / "tools" / "hermetic"), "readlink", "/proc/self/ns/net", "/proc/self/ns/mnt"]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    inside = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt")]
    assert [kind.split(":")[0] for kind in told] == ["net", "mnt"]
    assert not set(told) & set(inside)
    assert os.environ["LINUXNET_HERMETIC"] == inside[0]


def test_a_host_starts_with_nothing(host: Host) -> None:
    assert [link["ifname"] for link in host.ip("link", "show")] == ["lo"]
    assert list(Path("/run").iterdir()) == []


def test_what_a_test_makes_is_not_seen_outside(host: Host) -> None:
    name = "seen_by_this_test_alone"
    host.done("netns", name=name, loopback="up")
    mounts = Path(f"/proc/{os.getppid()}/mounts").read_text()
    assert f"/run/netns/{name}" in Path("/proc/self/mounts").read_text()
    assert f"/run/netns/{name}" not in mounts


@pytest.mark.parametrize("place", ["/etc", "/usr", "/var/log", os.path.expanduser("~root"), ROOT.parent])
def test_the_files_of_the_machine_cannot_be_written(place: Any, tmp_path: Path) -> None:
    if tmp_path.is_relative_to(place):
        pytest.skip(f"the tests' own files are below {place}")
    if Path(place).is_relative_to("/tmp"):
        pytest.skip(f"{place} is below /tmp, which tests may write")
    with pytest.raises(OSError, match=r"Read-only file system|Permission denied"):
        (Path(place) / "linuxnet_was_here").touch()


def refused(words: list[Any], environment: dict[str, str]) -> str:
    """Return what is said by a session of tests that refuses to run."""
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    finished = subprocess.run(
        [*map(str, words), *tests, "-k", "starts_with_nothing"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert finished.returncode == 2, finished
    return finished.stdout + finished.stderr


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a user who is in no session."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("LINUXNET_", "PYTEST_"))} | more


def test_elsewhere_the_tests_refuse_to_run(host: Host) -> None:
    where_to = "run them with make test-integration"
    assert where_to in refused([], environment())
    # The mark of a session that was left, or that another one has.
    assert where_to in refused([], environment(LINUXNET_HERMETIC=os.environ["LINUXNET_HERMETIC"]))
    assert where_to in refused([], environment(LINUXNET_HERMETIC="1"))
    # The network of the session alone is not enough: what is on /run here is not what tools/hermetic has put there.
    assert where_to in refused([], environment(LINUXNET_HERMETIC=os.readlink("/proc/self/ns/net")))


#: Runs a command in a chroot: in another mount of the same file system, which `nsenter --mount` leaves.
CHROOT = """
mkdir "$0"; mount --rbind / "$0"
if [ "$1" = session ]; then mount -t tmpfs hermetic "$0/run"; export LINUXNET_HERMETIC=$(readlink /proc/self/ns/net); fi
shift; here=$(pwd); exec chroot "$0" sh -ec 'cd "$0"; exec "$@"' "$here" "$@"
"""
LEAVES = "This is a chroot, and what tests write could reach the files outside of it: enter it by pivot_root instead"


def in_a_chroot(tmp_path: Path, *words: Any) -> list[str]:
    return ["unshare", "--mount", "sh", "-ec", CHROOT, str(tmp_path / "root"), *map(str, words)]


def test_in_a_chroot_the_tests_refuse_to_run(tmp_path: Path) -> None:
    assert LEAVES in refused(in_a_chroot(tmp_path, "session"), environment())


@pytest.mark.parametrize("tool", ["hermetic", "overlay"])
def test_in_a_chroot_nothing_is_begun(tool: str, tmp_path: Path) -> None:
    words = in_a_chroot(tmp_path, "none", ROOT / "tools" / tool, "echo", "begun")
    finished = subprocess.run(words, check=False, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert LEAVES in finished.stderr


def test_a_machine_that_cannot_be_entered_as_a_whole_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when its commands were given the root of a mount namespace, and it was in a chroot."""
    monkeypatch.setattr(Machine, "command", lambda _self, *words: ["env", "--chdir=/", *words])
    with pytest.raises(RuntimeError, match="do not reach it but another"), Machine("lost"):
        pass


#: Runs a command on a machine that has named namespaces, and shares what is mounted on /run, as with systemd.
NAMED = """
mount -t tmpfs run /run; mount --make-rshared /
ip netns add x; ip netns add y
exec "$@"
"""


def test_on_a_machine_with_named_namespaces_the_tests_run() -> None:
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    session = [ROOT / "tools" / "hermetic", *tests, "-k", "starts_with_nothing or not_seen_outside"]
    words = ["unshare", "--mount", "sh", "-ec", NAMED, "named", *map(str, session)]
    finished = subprocess.run(words, check=False, capture_output=True, text=True, env=environment())
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "2 passed" in finished.stdout


def test_elsewhere_the_scenarios_refuse_to_run(host: Host, tmp_path: Path) -> None:
    host.sh("ip netns add a; ip netns add blue; ip link add eb type veth peer name ea")
    before = host.dump()
    own = {name: value for name, value in environment().items() if not name.startswith("MOLECULE_")}
    finished = subprocess.run(
        [str(BIN / "molecule"), "test", "--no-command-borders", "--scenario-name", "netns"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT / ".cache" / "collections" / "ansible_collections" / "linuxnet" / "netns",
        env={**own, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_HOME": str(tmp_path)},
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

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a checkout offers on any machine: make and the tools, whatever else is set or missing there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT, done

#: What tools/setup calls before it installs anything.
COMMANDS = ("cat", "cmp", "dirname", "grep", "mkdir", "mktemp", "rm", "sed", "sh", "sleep", "sort", "tr")
#: Settings of users that would break a playbook, or change what it says.
FOREIGN = {
    "ANSIBLE_BECOME": "true",
    "ANSIBLE_BECOME_METHOD": "nonexist",
    "ANSIBLE_HOME": "/proc/nowhere",
    "ANSIBLE_INVENTORY": "/nowhere",
    "ANSIBLE_REMOTE_TMP": "/proc/nowhere",
    "ANSIBLE_STDOUT_CALLBACK": "nonexist",
    "ANSIBLE_VAULT_PASSWORD_FILE": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
}


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAKE", "PYTEST_"))}
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**clean, **environment},
    )


def test_the_lab_is_built_whatever_is_set_for_other_work(host: Host) -> None:
    finished = make("lab", LC_ALL="C", **FOREIGN)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert host.namespaces() == ["my_container_a", "my_container_b"]
    finished = make("clean-lab", LC_ALL="de_DE.UTF-8", **FOREIGN)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert host.namespaces() == []


def test_help_lists_every_target() -> None:
    targets = set(re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^  make (\S+) ", make("help").stdout, re.MULTILINE)) == {
        name.replace("%", "STEP") for name in targets
    }


@pytest.mark.parametrize(
    ("managers", "line"),
    [
        (
            ("apt-get", "apt-cache", "dnf"),
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends iputils-ping python3.13-venv",
        ),
        (("dnf",), "sudo dnf install --assumeyes iputils python3.12"),
        ((), "neither apt-get nor dnf is here; install these yourself: iputils python3 (3.11 or later, with venv)"),
    ],
    ids=["apt", "dnf", "neither"],
)
def test_an_ordinary_user_is_told_all_that_is_missing_in_one_line(
    tmp_path: Path, managers: tuple[str, ...], line: str
) -> None:
    """A machine without ping and without a Python that will do; fakes stand for its package managers and its user."""
    checkout, commands = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup", checkout / "tools")
    commands.mkdir()
    for name in (*COMMANDS, "ip", "unshare"):
        (commands / name).symlink_to(str(shutil.which(name)))
    fakes = {"id": "echo 1000", "apt-cache": '[ "$2" = python3.13-venv ]', "apt-get": "exit 99", "dnf": "exit 99"}
    for name in ("id", *managers):
        (commands / name).write_text(f"#!/bin/sh\n{fakes[name]}\n")
        (commands / name).chmod(0o755)
    hide = "for python in /usr/bin/python3.[0-9]* /usr/local/bin/python3.[0-9]* /opt/*/bin/python3.[0-9]*; do "
    hide += '[ ! -e "$python" ] || mount --bind /dev/null "$python"; done; PATH="$0" exec tools/setup lab'
    finished = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", hide, str(commands)],
        check=False,
        capture_output=True,
        text=True,
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert finished.returncode == 1
    assert line in [words.strip().removeprefix("setup: ") for words in finished.stderr.splitlines()], finished
    assert not (checkout / ".venv").exists()


def test_a_copy_of_the_file_system_leaves_nothing_behind(tmp_path: Path) -> None:
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        pytest.skip("only real root can lay another file system over this one")
    script = '[ "$LINUXNET_OVERLAY" = "$(readlink /proc/self/ns/mnt)" ]; pwd; '
    # What another file system has is not on the copy.
    script += 'mkdir -p "$0"; touch /etc/linuxnet-was-here "$0/here"; ls /etc/linuxnet-was-here; ls /run'
    finished = subprocess.run(
        [str(ROOT / "tools" / "overlay"), "sh", "-ec", script, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert finished.stdout.splitlines() == [str(ROOT), "/etc/linuxnet-was-here"]
    assert not Path("/etc/linuxnet-was-here").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_archive_holds_what_is_used_and_works_where_it_is_installed(host: Host, tmp_path: Path) -> None:
    def ran(*words: Any) -> str:
        collections = str(tmp_path / "collections")
        return done(tmp_path, *words, environment={"ANSIBLE_COLLECTIONS_PATH": collections, "ANSIBLE_CONFIG": ""})

    ran("ansible-galaxy", "collection", "build", ROOT, "--output-path", tmp_path)
    (archive,) = tmp_path.glob("linuxnet-netns-*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.split("/")[0] for name in file.getnames()}
    assert names == {
        *(
            "CHANGELOG.md",
            "CODE_OF_CONDUCT.md",
            "CONTRIBUTING.md",
            "FILES.json",
            "LICENSES",
            "MANIFEST.json",
            "README.md",
        ),
        *("changelogs", "docs", "meta", "playbooks", "plugins", "roles", "tests"),
    }
    ran("ansible-galaxy", "collection", "install", "--offline", "-p", tmp_path / "collections", archive)
    assert "MODULE linuxnet.netns.netns_topology" in ran("ansible-doc", "linuxnet.netns.netns_topology")
    assert '"reachable": true' in ran("ansible-playbook", "-v", "linuxnet.netns.lab")
    assert host.namespaces() == ["my_container_a", "my_container_b"]

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session runs hermetically, and every test has a host of its own: a new network namespace and an empty /run."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration.host import Host, own_host
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.thorough import counted, parametrize, thorough, tried

__all__ = ["host", "refuse", "thorough", "tried"]

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_PRIVATE = 1, 2, 4, 8, 32, 1 << 18
AT_ROOT = ROOT / "tools" / "at_root"
#: File systems that hold no files of the machine's, or only until it is turned off.
VOLATILE = {"proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "mqueue", "cgroup", "cgroup2", "bpf", "nsfs", "debugfs"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a slow machine do with less."""
    words = "how many interfaces a host has beside those of a test that is about many (300)"
    parser.addoption("--interfaces", type=int, default=300, metavar="COUNT", help=words)
    words = "how many changes of a case are refused, one by one, on hosts as people have them (all)"
    parser.addoption("--refusals", type=int, default=10**6, metavar="COUNT", help=words)
    words = "how many hosts a fleet has, on which all is tried (make fleet); 3, and not all"
    parser.addoption("--hosts", type=int, metavar="COUNT", help=words)
    words = "try all faults, and many more runs at random (make test-faults)"
    parser.addoption("--thorough", action="store_true", help=words)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that are to run with several numbers as many as are wanted."""
    parametrize(metafunc)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was tried by the tests that count it."""
    for line in counted(terminalreporter):
        terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run on the machine itself; give each process of the session a mount namespace of its own.

    There the machine's files can be read, but only what is below the checkout and /tmp can be written. Of /etc it has
    the copy that tools/hermetic has made; each host has what a topology may be kept in there, and /etc/netns, for
    itself.
    """
    # Once and for all: what a task of Ansible does in a process of its own, a test would do again in each run.
    importlib.import_module("pyroute2")
    hermetic = _is_hermetic("/run") and _is_hermetic("/etc")
    if os.environ.get("LINUXNET_HERMETIC") != os.readlink("/proc/self/ns/net") or not hermetic:
        pytest.exit("These tests make namespaces and links: run them with make test-integration.", returncode=2)
    found = subprocess.run([AT_ROOT], check=False, capture_output=True, text=True)
    if found.returncode:
        pytest.exit(found.stderr.strip(), returncode=2)
    if syscalls._LIBC.unshare(CLONE_NEWNS):
        pytest.exit("This process may not make a mount namespace.", returncode=2)
    syscalls.mount("", "/", syscalls.MS_REC | MS_PRIVATE)
    writable = {str(ROOT), os.path.realpath(tempfile.gettempdir())}
    for place in writable:
        syscalls.mount(place, place, syscalls.MS_BIND | syscalls.MS_REC)
    # Ansible writes there as soon as it is imported.
    home = ROOT / ".cache" / "home"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(HOME=str(home), ANSIBLE_HOME=str(home / ".ansible"))
    for place, options, kind in _mounts():
        ours = any(Path(place).is_relative_to(other) for other in writable)
        if place == "/etc" or (kind not in VOLATILE and not ours):
            syscalls.mount("", place, MS_REMOUNT | syscalls.MS_BIND | MS_RDONLY | options)
    # Ansible puts there what a user without rights is to read.
    if not any(Path(other).is_relative_to("/var/tmp") for other in writable):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "session", "/var/tmp"], check=True)


def _mounts() -> Iterator[tuple[str, int, str]]:
    """Yield what can be seen of the mounts: their places, the options that must stay, and the types of their file
    systems.
    """
    options = {"nosuid": MS_NOSUID, "nodev": MS_NODEV, "noexec": MS_NOEXEC}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words[4])
        kept = sum(options.get(word, 0) for word in words[5].split(","))
        # What is hidden below another mount cannot be reached anyway.
        if os.path.exists(place) and _mount_at(place) == words[0]:
            yield place, kept, words[words.index("-") + 1]


def _mount_at(path: str) -> str:
    """Return the number of the mount that is seen at a path."""
    descriptor = os.open(path, os.O_PATH)
    try:
        told = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    finally:
        os.close(descriptor)
    (number,) = re.findall(r"^mnt_id:\s*([0-9]+)$", told, re.MULTILINE)
    return str(number)


def _is_hermetic(place: str) -> bool:
    """Tell whether what is on a place, above all that is mounted there, is what tools/hermetic has mounted."""
    mounts = Path("/proc/self/mountinfo").read_text()
    return bool(re.search(rf"^{_mount_at(place)} .* - tmpfs hermetic ", mounts, re.MULTILINE))


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Let the kernel refuse one change of a run, but not when an undo needs it."""
    return Refuse(monkeypatch)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with nothing on it."""
    with own_host() as made:
        yield made

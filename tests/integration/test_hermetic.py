# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session sees and touches nothing of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.linuxnet.netns.tests.integration.host import Host


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

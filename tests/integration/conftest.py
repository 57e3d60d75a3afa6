# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session runs hermetically, and every test has a host of its own: a new network namespace and an empty /run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration.host import Host

CLONE_NEWNS, MS_PRIVATE = 0x20000, 1 << 18


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run on the machine itself; give each process of the session a mount namespace of its own."""
    if os.environ.get("LINUXNET_HERMETIC") != "1":
        pytest.exit("These tests make namespaces and links: run them with make test-integration.", returncode=2)
    if syscalls._LIBC.unshare(CLONE_NEWNS):
        pytest.exit("This process may not make a mount namespace.", returncode=2)
    syscalls.mount("", "/", syscalls.MS_REC | MS_PRIVATE)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with nothing on it."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "host", "/run"], check=True)
    syscalls.unshare_net()
    try:
        yield Host()
    finally:
        syscalls.setns(home)
        os.close(home)
        subprocess.run(["umount", "--lazy", "--recursive", "/run"], check=True)
        assert not Path("/run/netns/x").exists()

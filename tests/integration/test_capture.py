# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook capture brings the packets of a namespace, or says what is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, run, written
from ansible_collections.linuxnet.netns.tests.integration.test_probe import lab

TCPDUMP = shutil.which("tcpdump", path="/usr/bin:/usr/sbin:/sbin")


def captured(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook, with variables."""
    hosts = written(directory, "inventory.yml", {"all": {"hosts": {"localhost": LOCAL}}})
    given = [part for word in (*words, f"capture_file={directory}/some.pcap") for part in ("-e", word)]
    return run(directory, "ansible-playbook", "-i", hosts, "linuxnet.netns.capture", *given)


@pytest.mark.skipif(TCPDUMP is not None, reason="tcpdump is here, and cannot be hidden")
def test_without_tcpdump_the_package_is_named(host: Host, tmp_path: Path) -> None:
    lab(host)
    done = captured(tmp_path, "capture_netns=a")
    assert done.returncode
    assert "There is no tcpdump on localhost; install the package tcpdump." in done.stdout + done.stderr
    done = captured(tmp_path)
    assert "Name the namespace, and say for how long" in done.stdout + done.stderr


@pytest.mark.skipif(TCPDUMP is None, reason="there is no tcpdump (package tcpdump)")
def test_the_packets_of_a_namespace_are_brought_and_counted(host: Host, tmp_path: Path) -> None:
    lab(host)
    pinging = ["ip", "netns", "exec", "b", "ping", "-q", "-i", "0.2", "10.0.0.1"]
    with subprocess.Popen(pinging, stdout=subprocess.DEVNULL) as running:
        try:
            wanted = ("capture_packets=4", "capture_seconds=60", "capture_interface=ea", "capture_filter=icmp")
            done = captured(tmp_path, "capture_netns=a", *wanted)
        finally:
            running.kill()
    assert not done.returncode, done.stdout
    assert f"4 packets of namespace a are in {tmp_path}/some.pcap; 0 were dropped" in done.stdout
    # pcap-savefile(5): a header of 24 bytes, and one of 16 for each packet, which has 98 here.
    assert (tmp_path / "some.pcap").stat().st_size == 24 + 4 * (16 + 98)
    done = captured(tmp_path, "capture_netns=nowhere", "capture_seconds=1")
    assert "there is no such namespace" in done.stdout + done.stderr

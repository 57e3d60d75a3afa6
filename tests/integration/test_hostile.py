# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ordinary users of the host can neither stop a run of root's nor tell it what is not so."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import lock, namespaces
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child

#: Seconds after which somebody who holds a lock lets it go, so that a test that waits for it fails, and ends.
PATIENCE = 30


@contextmanager
def held(directory: str) -> Iterator[None]:
    """While this lasts, somebody holds the lock of a directory; it must not be what the run waits for."""
    descriptor = os.open(directory, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    later = threading.Timer(PATIENCE, fcntl.flock, [descriptor, fcntl.LOCK_UN])
    later.start()
    try:
        yield
        assert later.is_alive(), "the lock was waited for"
    finally:
        later.cancel()
        later.join()
        os.close(descriptor)


def mounted() -> list[str]:
    """Return what is mounted below /run/netns; where the machine itself has namespaces, theirs too."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if " /run/netns/" in line]


def test_who_holds_the_lock_that_anybody_can_hold_stops_nothing(host: Host) -> None:
    before = mounted()
    host.sh("mkdir -m 755 /run/netns")
    with held("/run/netns"):
        host.done("netns", name=["a", "b"])
        # As whoever waits for the lock does when it has got it, having looked before: there are two mounts now.
        host.sh("mount --rbind /run/netns /run/netns; mount --make-rshared /run/netns")
        host.done("netns", name="c")
    host.sh("ip netns add d; for name in a b c d; do ip netns exec $name true; done; ip netns delete a")
    names = ["a", "b", "c", "d"]
    assert host.done("netns", name=names)["commands"] == ["ip netns add a"]
    assert {one["name"] for one in host.ip("netns", "list")} == set(names)
    host.done("netns", name=names, state="absent")
    assert host.namespaces() == []
    assert mounted() == before


def test_where_the_lock_is_of_no_use_it_is_not_waited_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.sh("ip netns add a")
    monkeypatch.setattr(namespaces, "_PATIENCE", 10 * PATIENCE)
    with held("/run/netns"):
        host.done("netns", name="b")
    assert host.namespaces() == ["a", "b"]


@pytest.mark.parametrize("check", [True, False])
def test_another_run_that_does_not_end_is_told(host: Host, monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.1)
    host.done("netns", name="a")
    directory = Path(lock.DIRECTORY)
    assert directory.stat().st_mode & 0o7777 == 0o700
    with held(lock.DIRECTORY):
        told = host.run("netns", name="b", check=check)
        directory.chmod(0o755)
        told_of_others = host.run("netns", name="b", check=check)
    assert told["msg"] == (
        "Another task of this collection has been at work on this host for 0.1 s, and was waited for in vain: it holds "
        "the lock on /run/linuxnet.netns. Nothing was changed."
    )
    assert told_of_others["msg"] == (
        f"{told['msg'].removesuffix(' Nothing was changed.')} Or another user does, for that directory is not for root "
        "alone: its mode should be 0700. Nothing was changed."
    )
    assert host.namespaces() == ["a"]


def waits(process: int) -> bool:
    """Tell whether a process has opened what it waits for the lock of."""
    places = Path(f"/proc/{process}/fd").iterdir()
    return any(os.path.realpath(place) == lock.DIRECTORY for place in places)


def test_a_run_that_waits_for_another_ends_when_it_is_told_to(host: Host) -> None:
    host.done("netns", name="a")
    with held(lock.DIRECTORY):
        finished = child("netns", {"name": "b"}, stop_when=waits, stop_by=signal.SIGTERM)
    assert finished.returncode == -15
    assert host.namespaces() == ["a"]


#: Sends to another process's first socket what would end its questions: that there is no more, or no such thing.
FORGER = """
import socket, struct, sys
port = int(sys.argv[1])
sender = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
forged = [
    struct.pack("=IHHIIi16x", 36, kind, 0, sequence, port, number)
    for sequence in (1, 2, 3) for kind, number in ((3, 0), (2, -19), (2, 0))
]
print("ready", flush=True)
while True:
    for one in forged:
        try:
            sender.sendto(one, socket.MSG_DONTWAIT, (port, 0))
        except OSError:
            pass
"""


def test_only_the_kernel_is_believed(host: Host) -> None:
    """In a user namespace anybody can send to the sockets of whoever reads the network namespace that is there."""
    words = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", FORGER, str(os.getpid())]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as forger:
        try:
            assert forger.stdout
            assert forger.stdout.readline() == "ready\n"
            pairs = "".join(f"link add a{n} type veth peer name b{n}\n" for n in range(100))
            enter = ["nsenter", "--target", str(forger.pid), "--net"]
            subprocess.run([*enter, "ip", "-batch", "-"], input=pairs, text=True, check=True)
            host.sh(f"mkdir /run/netns; ln -s /proc/{forger.pid}/ns/net /run/netns/theirs")
            links = {"lo", *(f"{end}{n}" for end in "ab" for n in range(100))}
            for turn in range(20):
                (told,) = host.done("netns_info", pids=[forger.pid])["namespaces"]
                assert {link["interface"] for link in told["links"]} == links
                state = "up" if turn % 2 else "down"
                link = host.done("netns_link_state", netns="theirs", interface="a7", state=state)["link"]
                assert link["state"] == state
        finally:
            forger.kill()

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong around a run, at whatever moment: nothing is left half done, lost, or told as it is not."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import edge, namespaces, records
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import SetInterface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Scope, State, Step
from ansible_collections.linuxnet.netns.tests.integration.cases import link
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child, difference

RECORDS = Path("/run/linuxnet.netns")
LAB: dict[str, Any] = {"name": "t", "namespaces": ["a", "b"], "links": [link("a:x", "b:y")]}


def failing(number: int) -> Callable[..., Any]:
    """Return a call that fails with an error."""

    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EIO], ids=errno.errorcode.get)
def test_a_record_that_cannot_be_read_now_still_counts(
    host: Host, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    host.done("netns_topology", **LAB)
    real = os.open

    def open_(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("t.json"):
            raise OSError(number, os.strerror(number), path)
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_)
    message = host.refused("netns_topology", **LAB)
    assert message.startswith("The state of this host's network could not be read: /run/linuxnet.netns/t.json: ")
    monkeypatch.undo()
    purged = host.done("netns_topology", name="t", purge=True)
    assert purged["commands"] == ["ip -n a link delete dev x", "ip netns delete a", "ip netns delete b"]


#: What is asked of the kernel, by the types of the messages (linux/rtnetlink.h): rules, ids of namespaces.
QUESTIONS = {"rules": 34, "ids of namespaces": 90}


@pytest.mark.parametrize("what", QUESTIONS)
def test_an_answer_that_is_wanting_does_not_mean_that_there_is_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ruled = {"rules": [{"priority": 2000, "fwmark": 7, "table": 9}]}
    host.done("netns_topology", **LAB, host=ruled)
    real = RouteSocket._send

    def send(route: RouteSocket, messages: Sequence[bytes]) -> None:
        if int.from_bytes(messages[0][4:6], "little") == QUESTIONS[what]:
            raise NetlinkError(errno.ENOMEM)
        real(route, messages)

    monkeypatch.setattr(RouteSocket, "_send", send)
    message = host.refused("netns_topology", name="t", namespaces=["b"], purge=True, links=[link("b:y", "out")])
    assert message == (
        "The state of this host's network could not be read: Cannot allocate memory (ENOMEM); run the task again when "
        "there is more memory. Nothing was changed."
    )


def test_what_killed_runs_left_of_records_is_removed(host: Host) -> None:
    host.done("netns_topology", name="t", namespaces=["a"])
    (RECORDS / ".new-left").write_text("{")
    host.done("netns_topology", name="t", namespaces=["a", "b"])
    assert [one.name for one in RECORDS.iterdir()] == ["t.json"]


def test_a_removal_that_was_killed_half_way_is_finished(host: Host) -> None:
    host.done("netns_topology", **LAB)
    host.sh("ip -n a link delete x; umount /run/netns/a")
    result = host.done("netns_topology", name="t", namespaces=["b"])
    assert result["commands"] == []
    predicted = host.done("netns_topology", check=True, name="t", namespaces=["b"], purge=True)
    result = host.done("netns_topology", name="t", namespaces=["b"], purge=True)
    assert result["commands"] == predicted["commands"] == ["ip netns delete a"]
    assert [one["before"] for one in result["diff"]] == ["a: a stale file, not a namespace\n"]
    assert host.namespaces() == ["b"]
    assert host.done("netns_topology", name="t", namespaces=["b"], purge=True)["commands"] == []


def test_a_namespace_whose_name_cannot_be_removed_keeps_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.done("netns", name="a", loopback="up")
    before = host.dump()
    monkeypatch.setattr(os, "unlink", failing(errno.EPERM))
    result = host.run("netns", name="a", state="absent")
    monkeypatch.undo()
    assert result["msg"] == (
        "name: ip netns delete a failed: Operation not permitted (EPERM). Nothing had been changed before. The host is "
        "as it was."
    )
    assert host.dump() == before


def test_a_namespace_that_others_remove_meanwhile_is_no_failure(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.done("netns_topology", **LAB)
    host.sh("for name in c d; do ip netns add $name; done; ip -n a link add p type veth peer name q netns d")
    real = namespaces.enter

    def enter(netns: Any, home: int) -> Any:
        if netns in ("c", "d") and netns in host.namespaces():
            host.sh(f"ip netns delete {netns}")
        return real(netns, home)

    monkeypatch.setattr(namespaces, "enter", enter)
    result = host.done("netns", name=["c", "d"], state="absent")
    assert result["changed"] is False
    assert host.namespaces() == ["a", "b"]


def test_a_first_namespace_is_undone_whatever_fails_after_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", failing(errno.ENOMEM))
    host.done("netns_topology", name="t", namespaces=["a", "b"])
    monkeypatch.undo()
    assert host.done("netns_topology", name="t", purge=True)["commands"] == ["ip netns delete a", "ip netns delete b"]


def test_without_threads_namespaces_are_made_all_the_same(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    names = [f"n{number}" for number in range(60)]
    host.done("netns", name=names)
    assert host.namespaces() == sorted(names)


#: So many that two threads create the namespaces.
RING = [f"n{number}" for number in range(70)]
PAIRS = [link(f"{one}:x", f"{other}:y") for one, other in zip(RING, [*RING[1:], RING[0]])]


@pytest.mark.parametrize("name", ["n1", "n35", "n69"])
def test_a_namespace_that_cannot_be_made_is_named_and_all_is_undone(
    host: Host, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    host.sh("ip netns add stranger")
    before = host.dump()
    real = namespaces.create

    def create(created: str) -> None:
        if created == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(created)

    monkeypatch.setattr(namespaces, "create", create)
    result = host.run("netns_topology", name="t", namespaces=RING, links=PAIRS)
    words = (
        f"namespaces[{RING.index(name)}]: ip netns add {name} failed: No space left on device (ENOSPC); there may be"
    )
    assert result["msg"].startswith(words)
    assert result["msg"].endswith(" All that was done before was undone. The host is as it was.")
    assert not difference(before, host.dump())


def inode(name: str) -> int:
    """Return the inode of a namespace; of none, 0."""
    try:
        return os.stat(f"/run/netns/{name}").st_ino
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("number", [0, 34, 69])
def test_a_pair_that_is_refused_beside_namespaces_that_are_made_undoes_them(
    host: Host, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = host.dump()
    real = RouteSocket.request
    refused: list[bytes] = []

    def request(route: RouteSocket, messages: Sequence[bytes]) -> list[Optional[NetlinkError]]:
        here = os.stat("/proc/thread-self/ns/net").st_ino
        if refused or inode(RING[number]) != here:
            return real(route, messages)
        refused.append(messages[-1])
        return [*real(route, messages[:-1]), NetlinkError(errno.EPERM)]

    monkeypatch.setattr(RouteSocket, "request", request)
    result = host.run("netns_topology", name="t", namespaces=RING, links=PAIRS)
    assert refused
    assert f"ip -n n{number} link set dev " in result["msg"]
    assert result["msg"].endswith(
        " failed: Operation not permitted (EPERM). All that was done before was undone. The host is as it was."
    )
    assert not difference(before, host.dump())


ODD = [MemoryError(), ValueError("odd"), OSError(errno.ENOLCK, "No locks")]


@pytest.mark.parametrize("error", ODD, ids=repr)
def test_any_error_while_steps_are_carried_out_undoes_them(
    host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = host.dump()
    real = SetInterface.message

    def message(step: SetInterface, *arguments: Any) -> bytes:
        if str(step) == "ip -n b link set dev y up":
            raise error
        return real(step, *arguments)

    monkeypatch.setattr(SetInterface, "message", message)
    result = host.run("netns_topology", **LAB)
    assert result["msg"].startswith("links[0].endpoints[1]: ip -n b link set dev y up failed: ")
    assert result["msg"].endswith("All that was done before was undone. The host is as it was.")
    assert host.dump() == before


@pytest.mark.parametrize("error", ODD, ids=repr)
def test_any_error_while_it_is_verified_undoes_what_was_done(
    host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = host.dump()

    class Broken(edge.LinuxKernel):
        """The kernel, but that what has been done cannot be read the first time."""

        looks = 0

        def observe(self, scope: Scope) -> State:
            self.looks += 1
            if self.looks == 2:
                raise error
            return super().observe(scope)

    monkeypatch.setattr(edge, "LinuxKernel", Broken)
    result = host.run("netns_topology", **LAB)
    assert result["msg"].startswith(f"Something went wrong that is not foreseen ({type(error).__name__}")
    assert result["msg"].endswith("All that was done was undone. The host is as it was.")
    assert host.dump() == before


def test_what_cannot_pass_is_not_tried_twice(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.sh("ip netns add a; ip netns exec a sysctl -qw net.ipv6.conf.lo.disable_ipv6=1")
    tried: list[str] = []

    class Counting(edge.LinuxKernel):
        def apply(self, steps: Sequence[Step]) -> None:
            tried.extend(map(str, steps))
            super().apply(steps)

    monkeypatch.setattr(edge, "LinuxKernel", Counting)
    result = host.run("netns_addr", netns="a", interface="lo", addresses=["10.0.0.1/32", "fd00::1/128"])
    assert "ip -n a address add fd00::1/128 dev lo failed: Permission denied (EACCES)" in result["msg"]
    assert result["msg"].endswith("All that was done before was undone. The host is as it was.")
    assert tried.count("ip -n a address add fd00::1/128 dev lo") == 1


def test_more_namespaces_are_removed_than_can_be_held_open(host: Host) -> None:
    names = [f"n{number}" for number in range(100)]
    host.done("netns", name=names)
    limit = (80, 80)
    finished = child(
        "netns", {"name": names, "state": "absent"}, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    )
    assert json.loads(finished.stdout).get("failed") is None, finished.stdout
    assert host.namespaces() == []


@pytest.mark.kernel
@pytest.mark.parametrize("upon", ["a", "b"], ids=["the same namespace", "another namespace"])
def test_a_name_with_mounts_upon_each_other_is_left_alone(host: Host, upon: str) -> None:
    host.sh(f"ip netns add a; ip netns add b; mount --bind /run/netns/{upon} /run/netns/a")
    message = host.refused("netns", name="a", state="absent")
    assert message.startswith("name: several mounts lie upon each other on /run/netns/a, so that the name would stay")
    host.sh("umount /run/netns/a")
    assert host.done("netns", name="a", state="absent")["commands"] == ["ip netns delete a"]


@pytest.mark.kernel
def test_a_name_on_a_shared_run_is_removed(host: Host) -> None:
    host.sh("mount --make-shared /run; ip netns add a")
    assert host.sh("grep -c ' /run/netns/a ' /proc/self/mountinfo") == "2\n"
    assert host.done("netns", name="a", state="absent")["namespaces"] == [{"name": "a", "state": "absent"}]
    assert host.namespaces() == []


def test_a_record_that_was_not_written_is_found_out(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.done("netns_topology", **LAB)
    before = host.dump()
    monkeypatch.setattr(records, "write", lambda *_arguments: None)
    message = host.run("netns_topology", **{**LAB, "links": [*LAB["links"], link("a:z", "out")]})["msg"]
    assert message.startswith("This was still to be done after the kernel had accepted every step")
    assert "the record of the topology" in message
    monkeypatch.undo()
    assert host.dump() == before


#: Starts a process in a mount namespace of its own; its number is in /run/process.
APART = "unshare --mount --propagation {} sh -c 'echo $$ > /run/process; exec sleep 60' >/dev/null 2>&1 &"


@pytest.mark.kernel
def test_where_run_is_shared_each_namespace_is_one_mount_that_all_see(host: Host) -> None:
    host.sh(f"mount --make-shared /run; {APART.format('slave')} until [ -s /run/process ]; do sleep 0.01; done")
    process = int(Path("/run/process").read_text())
    try:
        host.done("netns", name=["a", "b"])
        assert host.sh("grep -c ' /run/netns/[ab] ' /proc/self/mountinfo") == "2\n"
        assert host.sh(f"nsenter --target {process} --mount ip -n a link show lo | grep -c LOOPBACK") == "1\n"
        host.sh("ip netns add c; ip netns delete a")
        assert host.done("netns", name=["b", "c"], state="absent")["changed"] is True
        assert host.namespaces() == []
    finally:
        os.kill(process, signal.SIGKILL)


@pytest.mark.kernel
def test_where_nobody_else_would_see_a_namespace_none_is_made(host: Host) -> None:
    host.sh("mount --make-shared /run; ip netns add a")
    slave = "unshare --mount --propagation slave "
    script = "import json, sys; from ansible_collections.linuxnet.netns.tests.integration.host import Host;"
    script += (
        "print(json.dumps([Host().run('netns', name=one, check=check) for one in 'ab' for check in (True, False)]))"
    )
    said = subprocess.run(
        [*slave.split(), sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout
    there, again, predicted, refused = json.loads(said)
    assert (there["changed"], again["changed"]) == (False, False)
    assert predicted["msg"] == refused["msg"]
    assert refused["msg"].startswith(
        "name: what is mounted here is not seen by the rest of the host, so that namespace b"
    )
    assert host.namespaces() == ["a"]

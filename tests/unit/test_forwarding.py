# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarding entries: what is sent is what pyroute2 reads, and reports are taken apart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.forwarding import (
    ALL,
    FORWARDING,
    AppendEntry,
    DeleteEntry,
    Entry,
    Remotes,
    _Entries,
    of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number
from pyroute2.netlink.rtnl.ndmsg import ndmsg

END = Endpoint(None, "vx7")
SPECIAL = Entry(ALL, "fd00::9", ((6, b"\x12\xb5"), (7, number(9)), (8, number(3))), "eth0")


class Sender:
    """Knows the index of the VXLAN."""

    def index(self, netns: Any, interface: str) -> int:
        assert (netns, interface) == (None, "vx7")
        return 5


def state(*entries: Entry) -> State:
    found = State()
    found.put(INTERFACE, None, "vx7", Interface("vx7", "vxlan", ifindex=5))
    found.put(INTERFACE, None, "eth0", Interface("eth0", "", ifindex=3))
    found.put(FORWARDING, None, "vx7", entries)
    return found


@pytest.mark.parametrize(("step", "kind"), [(AppendEntry, "RTM_NEWNEIGH"), (DeleteEntry, "RTM_DELNEIGH")])
def test_pyroute2_reads_what_is_sent(step: Any, kind: str) -> None:
    message = ndmsg(step(*END, SPECIAL).message(None, Sender()))
    message.decode()
    told = {name: message[name] for name in ("family", "ifindex", "state", "flags")}
    assert told == {"family": 7, "ifindex": 5, "state": 0xC0, "flags": 2}
    assert message["header"]["type"] == {"RTM_NEWNEIGH": 28, "RTM_DELNEIGH": 29}[kind]
    assert dict(message["attrs"]) == {
        "NDA_LLADDR": ALL,
        "NDA_DST": "fd00::9",
        "NDA_PORT": 4789,
        "NDA_VNI": 9,
        "NDA_IFINDEX": 3,
    }
    assert str(step(*END, SPECIAL)).endswith(f"{ALL} dev vx7 dst fd00::9 port 4789 vni 9 via eth0")


class Socket:
    """Answers a dump with reports."""

    def __init__(self, *reports: bytes) -> None:
        self.dump = lambda _request: reports


def test_a_report_is_what_asks_for_the_same_again() -> None:
    again = state()
    learned = Entry("02:00:00:00:00:01", "192.0.2.9", state=0x02)
    told = (SPECIAL, Entry("02:00:00:00:00:02", "192.0.2.9"), learned)
    _Entries(again).inside(None, Socket(*(one.request(28, 0, 5) for one in told)))  # type: ignore[arg-type]
    assert of(again, END) == told[:2]


def test_plans_reach_what_is_declared_and_can_be_undone() -> None:
    before = state(SPECIAL, Entry(ALL, "fd00::7"), Entry("02:00:00:00:00:02", "fd00::7"))
    now = before.copy()
    declared = Remotes("", *END, ("fd00::7", "fd00::8"))
    undo = []
    for step in declared.steps(now):
        undo.append((step, now.copy()))
        step.effect(now)
    assert [type(step) for step, _before in undo] == [DeleteEntry, AppendEntry]
    assert not list(declared.steps(now))
    for step, was in reversed(undo):
        for back in step.undo(was):
            back.effect(now)
    assert set(of(now, END)) == set(of(before, END))

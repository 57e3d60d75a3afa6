# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract on hosts as people have them: with udev, with many interfaces, with modules of tunnels loaded.

``make test-vm`` runs this on a stock Debian, with the kernel that it comes with; here such hosts are imitated.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Callable, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.tests.integration.cases import CASES, LAB, Case
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.test_contract import WORDS, prepare

#: linux/rtnetlink.h: the group whose members are told of links. linux/if_link.h: IFLA_ADDRESS.
RTMGRP_LINK, NEWLINK, ADDRESS = 1, 16, 1
#: asm-generic/socket.h
SO_RCVBUFFORCE = 33
#: How MACs begin that the hand gives, and that cases declare.
HANDS, DECLARED = "06:75:64", "02:00:00"
#: Cases of kinds of which none is made when a namespace or an interface is, as samples for kernels.
OTHERS = {
    "an address on the host",
    "addresses with all that is set of them",
    "an interface down, with routes and IPv6 addresses",
    "a neighbour with another MAC, and no others",
    "a bridge that is changed in place, and becomes no other's port",
    "no tun device",
    "no interface that others are built upon, with what it was a port of",
    "IPv6, where it was off",
    "no shaping, where there are classes",
    "shaped ends, in the place of what somebody else gave them",
    "routes in the place of others, and no others",
    "rules, and no others",
}


class Udev(threading.Thread):
    """A hand that gives each veth end which appears on the host another MAC, as udev does where none was set."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._told.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self._told.bind((0, RTMGRP_LINK))
        self._told.settimeout(0.05)
        self.ended = False

    def run(self) -> None:
        with self._told, RouteSocket() as route:
            for report in route.dump(requests.links()):
                self._hear(report, route)
            while not self.ended:
                with suppress(TimeoutError):
                    self._hear(self._told.recv(1 << 16), route)

    @staticmethod
    def _hear(report: bytes, route: RouteSocket) -> None:
        if int.from_bytes(report[4:6], "little") != NEWLINK:
            return
        link = reports.link(report)
        if link.kind == "veth" and not (link.mac or HANDS).startswith((HANDS, DECLARED)):
            mac = bytes.fromhex(HANDS.replace(":", "")) + link.ifindex.to_bytes(3, "big")
            route.request([requests.setting(link.ifindex, ADDRESS, mac)])


@pytest.fixture
def udev(host: Host) -> Iterator[Udev]:
    """A hand that gives interfaces other MACs; to be started."""
    hand = Udev()
    yield hand
    if hand.is_alive():
        hand.ended = True
        hand.join()


def settle(host: Host) -> None:
    """Wait until each veth end on the host has the MAC that udev gives it."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        ends = host.ip("link", "show", "type", "veth")
        if all(one["address"].startswith((HANDS, DECLARED)) for one in ends):
            return
        time.sleep(0.01)
    raise AssertionError(ends)


def fill(host: Host, case: Case, count: int) -> None:
    """Take so many first indexes on the host, and every name that the case gives to what is inside of namespaces."""
    inside: set[str] = set()
    outside = {"lo"}
    for command in case.commands:
        names = re.findall(r"(?:name|dev) (\S+)", command)
        where = inside if " -n " in command else outside
        where.update(names)
        outside.update(names[-1:] if "$$" in command else ())
    there = {one["ifname"] for one in host.ip("link", "show")}
    lines = [f"link add {name} type bridge" for name in sorted(inside - outside - there)]
    mac = f"address {DECLARED}:00:00:01"
    lines += [f"link add taken{n} {mac} type veth peer name taken{n}p {mac}" for n in range(count // 2)]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def makes(case: Case) -> bool:
    """Tell whether namespaces or interfaces are made or moved: kernels differ in where they look for names and
    indexes.
    """
    return any(re.search(r" link add | netns add | link set .* netns | tuntap add ", one) for one in case.commands)


def marked(mark: pytest.MarkDecorator, also: Callable[[Case], object] = lambda _case: False) -> pytest.MarkDecorator:
    """Return all cases; those in which kernels differ are marked, and some more."""
    cases = [pytest.param(one, marks=[mark] if makes(one) or also(one) else []) for one in CASES]
    return pytest.mark.parametrize("case", cases, ids=str)


def busy(host: Host, case: Case, udev: Udev, count: int) -> None:
    """Prepare the case on a host that has so many interfaces, and udev."""
    prepare(host, case)
    host.sysctls = False  # those of so many interfaces take their time
    fill(host, case, count)
    udev.start()
    settle(host)


@pytest.fixture
def tunnels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host on which each namespace that is made has interfaces from the start, as with modules of tunnels loaded.

    Where they are loaded, nothing need be imitated.
    """
    unshare = syscalls.unshare_net

    def unshare_net() -> None:
        unshare()
        if len(socket.if_nameindex()) == 1:
            subprocess.run(["ip", "link", "add", "tunl0", "type", "bridge"], check=True)
            subprocess.run(["ip", "link", "add", "sit0", "type", "bridge"], check=True)

    monkeypatch.setattr(syscalls, "unshare_net", unshare_net)


def keeps_the_contract(host: Host, case: Case) -> None:
    """Predicted, done as predicted, found done, nothing of others touched."""
    theirs = [one for one in host.ip("link", "show") if one["ifname"].startswith("taken")]
    predicted = host.done(case.module, check=True, **case.options)
    result = host.done(case.module, **case.options)
    assert result["commands"] == case.commands
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])
    time.sleep(0.1)
    assert host.done(case.module, **case.options)["commands"] == []
    assert [one for one in host.ip("link", "show") if one["ifname"].startswith("taken")] == theirs


def some_of(commands: Sequence[str], most: int) -> Sequence[str]:
    """So many of the commands at most, from all over, with the last."""
    count = min(most, len(commands))
    return [commands[len(commands) * (number + 1) // count - 1] for number in range(count)]


def refuse_steps(host: Host, case: Case, refuse: Refuse, commands: Sequence[str]) -> None:
    """Whichever of these is refused, the host is as it was; whether anything at all differs is seen in the end."""
    before = host.dump()
    for command in commands:
        refuse(case.commands.index(command))
        result = host.run(case.module, **case.options)
        assert f"{command} failed: {WORDS}." in result["msg"]
        assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert not difference(before, host.dump())


@marked(pytest.mark.kernel)
def test_the_contract_holds_beside_udev_and_many_interfaces(
    host: Host, udev: Udev, refuse: Refuse, case: Case, request: pytest.FixtureRequest
) -> None:
    busy(host, case, udev, request.config.getoption("interfaces"))
    refuse_steps(host, case, refuse, case.commands[-1:])
    keeps_the_contract(host, case)


@marked(pytest.mark.crowded, lambda case: case.needs or case.tries[0] or case.name in OTHERS)
def test_the_contract_holds_where_new_namespaces_have_interfaces(
    host: Host, tunnels: None, refuse: Refuse, case: Case, request: pytest.FixtureRequest
) -> None:
    prepare(host, case)
    host.sysctls = False  # those of so many interfaces take their time
    refuse_steps(host, case, refuse, some_of(case.commands, request.config.getoption("refusals")))
    keeps_the_contract(host, case)


@pytest.mark.crowded
def test_where_new_namespaces_have_interfaces_no_index_is_stated_in_vain(
    host: Host, tunnels: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals: list[object] = []
    request = RouteSocket.request

    def recorded(route: RouteSocket, messages: Sequence[bytes]) -> list[Optional[NetlinkError]]:
        answers = request(route, messages)
        refusals.extend(answer for answer in answers if answer is not None)
        return answers

    monkeypatch.setattr(RouteSocket, "request", recorded)
    host.done("netns_topology", **LAB)
    assert refusals == []

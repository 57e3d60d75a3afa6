# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever system call of a run fails, or is its last, nothing is half done, or the next run does the rest.

``make test`` tries some of them, ``make test-faults`` all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration import supervised
from ansible_collections.linuxnet.netns.tests.integration.cases import link
from ansible_collections.linuxnet.netns.tests.integration.glance import glance, mounts
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, own_host
from ansible_collections.linuxnet.netns.tests.integration.supervised import CHANGING, ERRORS, Fault
from ansible_collections.linuxnet.netns.tests.integration.thorough import Tried, several

#: Into how many tests the faults of a scenario are dealt out, and how many of them are tried where few are.
PARTS, FEW = 6, 12
#: What somebody else has on the host.
STRANGERS = (
    "mkdir /etc/netns/other; echo x >/etc/netns/other/hosts;"
    "ip netns add other; ip link add theirs type veth peer name in netns other; ip address add 192.0.2.1/24 dev theirs;"
    "ip link set theirs up; ip -n other link set in up; ip route add 198.51.100.0/24 via 192.0.2.2"
)
MADE: dict[str, Any] = {
    "name": "t",
    "namespaces": [
        {
            "name": "a",
            "sysctls": {"net.ipv4.ip_forward": True},
            "files": [{"name": "resolv.conf", "nameservers": ["10.0.0.53"]}, {"name": "hosts", "content": "x"}],
            "interfaces": [
                {
                    "name": "br0",
                    "type": "bridge",
                    "ports": [{"name": "p1", "isolated": True}],
                    "addresses": ["10.1.0.1/24"],
                }
            ],
            "routes": [{"to": "default", "via": "10.0.0.2"}],
            "rules": [{"priority": 1000, "from": "10.0.0.1", "table": 100}],
        },
        "b",
    ],
    "links": [
        link(
            {
                "netns": "a",
                "interface": "x",
                "addresses": ["10.0.0.1/24", "fd00::1/64"],
                "neighbours": [{"address": "10.0.0.9", "mac": "02:00:00:00:00:09"}],
                "shaping": {"rate": "10mbit"},
            },
            {"netns": "b", "interface": "y", "addresses": ["10.0.0.2/24"]},
        ),
        link("a:p1", "b:q1"),
        link({"interface": "to_b", "addresses": ["10.2.0.1/30"]}, "b:uplink"),
    ],
    "host": {
        "routes": [{"to": "10.3.0.0/16", "via": "10.2.0.2"}],
        "rules": [{"priority": 2000, "fwmark": 7, "table": 9}],
    },
    "persist": True,
}
CHANGED: dict[str, Any] = {
    "name": "t",
    "namespaces": [
        {
            "name": "a",
            "sysctls": {"net.ipv4.ip_forward": False},
            "files": [{"name": "resolv.conf", "nameservers": ["10.0.0.54"]}],
            "interfaces": [
                {
                    "name": "br0",
                    "type": "bridge",
                    "bridge": {"stp": True},
                    "ports": ["p1"],
                    "addresses": ["10.1.0.9/24"],
                },
                {"name": "upon", "type": "macvlan", "lower": "br0"},
            ],
            "routes": [{"to": "default", "via": "10.0.0.3"}],
        },
        "b",
        "c",
    ],
    "links": [
        link(
            {
                "netns": "a",
                "interface": "x",
                "addresses": ["10.0.0.8/24", "fd00::1/64"],
                "mac": "02:00:00:00:00:08",
                "shaping": {"rate": "20mbit"},
            },
            {"netns": "c", "interface": "y", "addresses": ["10.0.0.2/24"], "mtu": 1400},
        ),
        link("a:p1", "b:q1"),
    ],
    "purge": True,
    "persist": True,
}


@dataclass(frozen=True)
class Scenario:
    """A change of a topology to another form, from an earlier one, if there was any."""

    name: str
    form: dict[str, Any]
    earlier: bool = True

    def __str__(self) -> str:
        return self.name

    def prepare(self, host: Host) -> None:
        host.sh(STRANGERS)
        if self.earlier:
            host.done("netns_topology", **MADE)


SCENARIOS = [
    Scenario("build", MADE, False),
    Scenario("change", CHANGED),
    Scenario("purge", {"name": "t", "namespaces": ["b"], "purge": True}),
    Scenario("teardown", {**MADE, "state": "absent", "purge": True}),
]


def faults_of(scenario: Scenario) -> list[Fault]:
    """Return every fault that can matter, in the order of the system calls of a run."""
    with own_host() as host:
        scenario.prepare(host)
        # What a run imports, it imports here.
        host.done("netns_topology", check=True, **scenario.form)
    with own_host() as host:
        scenario.prepare(host)
        host.done("netns_topology", **scenario.form)
    with own_host() as host:
        scenario.prepare(host)
        told = supervised.run("netns_topology", scenario.form)
    assert told.result is not None
    assert not told.result.get("failed"), told.result["msg"]
    found = []
    before = ""
    for number, name in enumerate(told.calls):
        found += [Fault(number, error) for error in range(len(ERRORS.get(name, ())))]
        # What is only read between two kills makes no difference.
        if before in CHANGING:
            found.append(Fault(number))
        before = name
    return found


def look(host: Host) -> dict[str, Any]:
    """Return all that there is on the host, with what is mounted below /run."""
    return {**host.dump(), "mounts": mounts()}


class Trial:
    """A scenario on a host, with faults one after the other; the host is made anew only where one has changed it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.tried = 0
        self.before: dict[str, Any] = {}
        self.glanced: dict[str, Any] = {}
        self.about = ""
        self.wrong: list[str] = []

    def run(self, faults: list[Fault]) -> None:
        waiting = list(faults)
        while waiting:
            with own_host() as host:
                host.sh(STRANGERS)
                bare = host.dump()
                if self.scenario.earlier:
                    host.done("netns_topology", **MADE)
                self.before, self.glanced = look(host), glance()
                try:
                    while waiting:
                        if not self._as_before(host, waiting.pop(0)):
                            self._mended(host, bare)
                            break
                except AssertionError as error:
                    self.wrong.append(f"{self.about}\n{error}")

    def _as_before(self, host: Host, fault: Fault) -> bool:
        """Tell whether the host is as before after a run with a fault; else it is as declared, or the run was
        killed.
        """
        told = supervised.run("netns_topology", self.scenario.form, fault)
        self.tried += bool(told.hit)
        self.about = f"{self.scenario}, {fault}, {told.hit}: {(told.result or {}).get('msg')}"
        if told.result is None:
            assert fault.error is None
            return False
        message = str(told.result.get("msg"))
        assert "Traceback" not in message
        assert "not foreseen" not in message
        if not told.result.get("failed"):
            again = host.done("netns_topology", check=True, **self.scenario.form)
            assert again["commands"] == []
            return False
        assert (told.result["changed"], told.result["commands"]) == (False, [])
        if glance() != self.glanced:
            assert not difference(self.before, look(host))
        return True

    def _mended(self, host: Host, bare: dict[str, Any]) -> None:
        """The next run does what is left to do, and after a removal nothing is left but what others have."""
        host.done("netns_topology", **self.scenario.form)
        again = host.done("netns_topology", **self.scenario.form)
        assert (again["changed"], again["diff"]) == (False, [])
        host.done("netns_topology", **{**self.scenario.form, "state": "absent", "purge": True})
        assert not difference(bare, host.dump())


_FAULTS: dict[str, list[Fault]] = {}


@pytest.mark.skipif(not supervised.supported(), reason="the numbers of system calls are those of x86_64")
@several("part", 0, 1, PARTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_whichever_call_fails_or_is_the_last_nothing_is_half_done(
    scenario: Scenario, part: int, thorough: bool, tried: Tried
) -> None:
    faults = _FAULTS.get(scenario.name) or _FAULTS.setdefault(scenario.name, faults_of(scenario))
    trial = Trial(scenario)
    trial.run(faults[part::PARTS] if thorough else faults[:: len(faults) // FEW])
    tried("faults of system calls", trial.tried)
    assert not trial.wrong, "\n\n".join(trial.wrong)

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations are read as they are meant; messages say what came of them."""

from __future__ import annotations

import errno
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _expectations, _plan, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._address import Address
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import FullReachability
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    NAMESPACE,
    Endpoint,
    Name,
    Netns,
    State,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe

USUAL: dict[str, Any] = {
    "from": None,
    "protocol": "icmp",
    "port": None,
    "mtu": None,
    "reachable": True,
    "count": 1,
    "max_loss": None,
    "max_rtt": None,
    "to": None,
    "dns": None,
    "http": None,
}


def read(*expect: dict[str, Any], **params: Any) -> tuple[Any, list[str]]:
    """Return the declared objects of the parameters, and the mistakes in them."""
    problems = Problems()
    options = {"expect": [{**USUAL, **one} for one in expect], "topology": None, "timeout": 3.0, **params}
    return _expectations.declare(problems, options), [str(problem) for problem in problems.found]


def probes(declared: Any, here: State) -> list[Probe]:
    """Return what a host in that state is to be probed with."""
    planned = _plan.make(declared, here)
    assert not planned.steps
    found = [one for each in declared for one in each.conditions(planned.after)]
    assert all(isinstance(one, Probe) for one in found)
    return found


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("FD00:0::1", "fd00::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("blue:eth0", Endpoint("blue", "eth0")),
        ("with:colon:eth0", Endpoint("with:colon", "eth0")),
        ("eth0", Endpoint(None, "eth0")),
        ("eth0.10", Endpoint(None, "eth0.10")),
    ],
)
def test_a_target_is_an_address_or_an_interface(to: str, target: Any) -> None:
    (declared,), mistakes = read({"to": to})
    assert not mistakes
    assert declared.probe.to == target


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("10.0.0.256", "neither an address"),
        ("10.0.0.1/24", "neither an address (without a prefix length)"),
        ("fd00::1/64", "neither an address (without a prefix length)"),
        ("fd00::g", "neither an address"),
        ("", "it is empty"),
        ("blue:", "it is empty"),
        ("a b:eth0", "white space"),
        ("10.0.0.1%eth0", "an IPv4 address has no zone; write 10.0.0.1"),
        ("fe80::1", "a link-local address needs the sender's interface, as in fe80::1%eth0"),
        ("fe90::1", "a link-local address needs the sender's interface, as in fe90::1%eth0"),
        ("fe80::1%", "a link-local address needs the sender's interface, as in fe80::1%eth0"),
        ("fe80::1%a\0b", "'a\\x00b' is not a name for an interface"),
        ("fe80::1%\ud800", "'\\ud800' is not a name for an interface"),
        ("\ud800", "'\\ud800' is not a name for an interface"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("255.255.255.255", "broadcast"),
        ("224.0.0.1", "multicast"),
        ("ff02::1%eth0", "multicast"),
        ("::ffff:10.0.0.1", "it is an IPv4 address in IPv6 form; write 10.0.0.1"),
    ],
)
def test_anything_else_is_a_mistake(to: str, reason: str) -> None:
    _declared, mistakes = read({"to": to})
    assert len(mistakes) == 1
    assert mistakes[0].startswith("expect[0].to: ")
    assert reason in mistakes[0]


def state(*interfaces: tuple[Netns, str, tuple[str, ...]]) -> State:
    """Return a host with these interfaces, each with its addresses."""
    found = State()
    for netns, name, addresses in interfaces:
        if netns is not None:
            found.names[netns] = Name(NAMESPACE)
        found.put(INTERFACE, netns, name, Interface(name, "loopback" if name == "lo" else "veth"))
        found.put(ADDRESS, netns, name, tuple(map(Address, addresses)))
    return found


def test_an_interface_is_probed_at_all_its_addresses() -> None:
    here = state(("a", "eth0", ("10.0.0.1/24", "fd00::1/64", "fe80::1/64")))
    declared, _mistakes = read({"to": "a:eth0"})
    found = [(probe.address, probe.target) for probe in probes(declared, here)]
    assert found == [("10.0.0.1", "a:eth0"), ("fd00::1", "a:eth0")]


#: Which addresses are link-local (fe80::/10), and which only look so.
LINK_LOCAL, OTHERS = ("fe80::1", "fe90::1", "febf::1"), ("fe8::1", "fec0::1", "fd00::fe80", "169.254.0.1")
ALL = tuple(f"{address}/64" if ":" in address else f"{address}/16" for address in (*LINK_LOCAL, *OTHERS))


def test_link_local_addresses_are_left_out() -> None:
    here = state(("a", "eth0", ALL), ("b", "lo", ()))
    to_interface, _mistakes = read({"from": "b", "to": "a:eth0"})
    ends = [
        {"netns": "a", "interface": "eth0", "addresses": list(ALL)},
        {"netns": "b", "interface": "eth0", "addresses": ["10.0.0.1/24", "fd00::1/64"]},
    ]
    form = {"namespaces": ["a", "b"], "links": [{"endpoints": ends}]}
    of_form, mistakes = read(topology=form, expect=None)
    assert not mistakes
    topology = _topology.read(Problems(), {"name": "lab", **form})
    for declared in (to_interface, [FullReachability("expect", 3)], of_form, _topology.reachability(topology, 3)):
        assert [one.address for one in probes(declared, here) if one.sender == "b"] == list(OTHERS)


def test_an_end_with_only_link_local_addresses_is_not_expected_to_reach_others() -> None:
    ends = [
        {"netns": "a", "interface": "eth0", "addresses": ["fe90::1/64", "10.0.0.1/24"]},
        {"netns": "b", "interface": "eth0", "addresses": ["10.0.0.2/24", "fd00::1/64"]},
    ]
    topology = _topology.read(Problems(), {"name": "lab", "namespaces": ["a", "b"], "links": [{"endpoints": ends}]})
    here = state(("a", "lo", ()), ("b", "lo", ()))
    found = [(one.sender, one.address) for one in probes(_topology.reachability(topology, 3), here)]
    assert found == [("a", "10.0.0.2"), ("b", "10.0.0.1")]


def test_in_a_full_matrix_each_namespace_reaches_all_addresses_of_the_others() -> None:
    first, second = ("10.0.0.1/24", "fd00::1/64"), ("10.0.0.2/24", "127.0.0.2/8")
    here = state(("a", "eth0", first), ("b", "eth1", second), (None, "lo", ("10.9.0.1/32",)))
    found = [(one.sender, one.target, one.address) for one in probes([FullReachability("expect", 3)], here)]
    assert found == [
        (None, "a:eth0", "10.0.0.1"),
        (None, "a:eth0", "fd00::1"),
        (None, "b:eth1", "10.0.0.2"),
        ("a", "b:eth1", "10.0.0.2"),
        ("b", "a:eth0", "10.0.0.1"),
        ("b", "a:eth0", "fd00::1"),
    ]


def test_loopback_addresses_are_only_probed_from_where_they_are() -> None:
    here = state(("a", "lo", ("127.0.0.1/8", "10.0.0.1/32", "::1/128")), ("b", "lo", ()))
    for sender, expected in (("a", ["127.0.0.1", "10.0.0.1", "::1"]), ("b", ["10.0.0.1"])):
        declared, _mistakes = read({"from": sender, "to": "a:lo"})
        assert [probe.address for probe in probes(declared, here)] == expected


def test_a_matrix_has_a_limit() -> None:
    many: dict[str, Any] = {"namespaces": [f"n{number}" for number in range(400)]}
    many["links"] = [
        {
            "endpoints": [
                {"netns": f"n{number}", "interface": "x", "addresses": [f"10.0.{number // 250}.{1 + number % 250}/16"]},
                f"n{number}:y",
            ]
        }
        for number in range(400)
    ]
    _declared, mistakes = read(topology=many, expect=None)
    assert mistakes == [
        "topology: 400 namespaces and 400 addresses are more than 100000 probes; write what is expected of them instead"
    ]


def faults(answer: Answer, **wanted: Any) -> list[str]:
    (declared,), mistakes = read({"from": "a", "to": "10.0.0.2", **wanted})
    assert not mistakes
    assert isinstance(declared.probe, Probe)
    return declared.probe.faults(answer)


def test_what_is_not_as_expected_is_a_fault_with_the_reason() -> None:
    first = "expect[0]: a to 10.0.0.2, "
    assert faults(Answer()) == [f"{first}icmp: no reply in 3 s"]
    refused = Answer(error=errno.ECONNREFUSED, reporter="10.0.0.2")
    assert faults(refused, protocol="udp", port=7) == [
        f"{first}udp port 7: Connection refused (ECONNREFUSED), reported by 10.0.0.2"
    ]
    long = Answer(error=errno.EMSGSIZE, path_mtu=1300)
    assert faults(long, mtu=1400) == [f"{first}icmp in 1400 bytes: Message too long (EMSGSIZE), the path MTU is 1300"]
    assert faults(Answer(error=errno.EHOSTUNREACH, expired=True)) == [f"{first}icmp: Time to live exceeded"]
    unsent = Answer(failure="no")
    assert faults(unsent) == faults(unsent, reachable=False) == [f"{first}icmp: this could not be tried: no"]
    assert faults(Answer(times=[0.001]), reachable=False) == [f"{first}icmp: there was a reply, and none was expected"]
    lossy = Answer(sent=4, times=[0.001, 0.003])
    assert faults(lossy, count=4, max_loss=25, max_rtt=1) == [
        f"{first}icmp: 50 % were lost, at most 25 % were expected",
        f"{first}icmp: 2 ms on average, at most 1 ms were expected",
    ]


def test_what_is_as_expected_is_no_fault() -> None:
    assert faults(Answer(sent=1, times=[0.001]), max_rtt=5) == []
    assert faults(Answer(error=errno.ENETUNREACH), reachable=False) == []
    assert faults(Answer(sent=2, times=[0.001]), count=2, max_loss=50) == []


def test_what_never_probes_loads_nothing_of_probes() -> None:
    package = "ansible_collections.linuxnet.netns.plugins"
    modules = [f"modules.{name}" for name in ("netns", "veth", "netns_addr", "netns_link_state", "netns_topology")]
    inner = ["module_utils._run", "module_utils._kernel.edge", "module_utils._kernel.waiting"]
    script = f"import importlib, sys\nsys.path[:] = {list(filter(None, sys.path))!r}\n"
    script += f"for name in {[*modules, *inner]!r}: importlib.import_module('{package}.' + name)\n"
    script += "print([name for name in sys.modules if name.rpartition('.')[2] in "
    script += "('_probe', '_expectations', 'reachability', 'probing', 'attempt', 'packets', 'connection')])"
    words = [sys.executable, "-c", script]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "[]\n"

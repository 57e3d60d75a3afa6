# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations are read as they are meant; what became of them is told in words."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _probe
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import Reachability, Reply
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Address, Endpoint, Interface, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

USUAL: dict[str, Any] = {
    "from": None,
    "protocol": "icmp",
    "port": None,
    "mtu": None,
    "reachable": True,
    "count": 1,
    "max_loss": None,
    "max_rtt": None,
}


def read(*expect: dict[str, Any], **params: Any) -> tuple[Any, list[str]]:
    problems = Problems()
    options = {"expect": [{**USUAL, **one} for one in expect], "topology": None, "timeout": 3.0, **params}
    return _probe.read(problems, options), [str(problem) for problem in problems.found]


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
    (expectation,), mistakes = read({"to": to})
    assert not mistakes
    assert expectation.to == target


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
    _expectations, mistakes = read({"to": to})
    assert len(mistakes) == 1
    assert mistakes[0].startswith("expect[0].to: ")
    assert reason in mistakes[0]


def state(*interfaces: tuple[str, Interface]) -> State:
    found = State()
    for netns, interface in interfaces:
        found.names[netns] = "namespace"
        found.put(netns, interface)
    return found


def test_an_interface_is_probed_at_all_its_addresses() -> None:
    addresses = (Address("10.0.0.1/24"), Address("fd00::1/64"), Address("fe80::1/64"))
    here = state(("a", Interface("eth0", "veth", addresses=addresses)))
    (expectation,), _mistakes = read({"to": "a:eth0"})
    conditions = Reachability("expect[0]", expectation, 3).conditions(here)
    probes = [one.probe for one in conditions if isinstance(one, Reply)]
    assert [probe.address for probe in probes] == ["10.0.0.1", "fd00::1"]
    assert [probe.target for probe in probes] == ["a:eth0", "a:eth0"]


def test_loopback_addresses_are_only_probed_from_where_they_are() -> None:
    addresses = (Address("127.0.0.1/8"), Address("10.0.0.1/32"), Address("::1/128"))
    here = state(("a", Interface("lo", "loopback", addresses=addresses)), ("b", Interface("lo", "loopback")))
    for sender, expected in (("a", ["127.0.0.1", "10.0.0.1", "::1"]), ("b", ["10.0.0.1"])):
        (expectation,), _mistakes = read({"from": sender, "to": "a:lo"})
        conditions = Reachability("expect[0]", expectation, 3).conditions(here)
        assert [one.probe.address for one in conditions if isinstance(one, Reply)] == expected


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
    _expectations, mistakes = read(topology=many, expect=None)
    assert mistakes == [
        "topology: 400 namespaces and 400 addresses are more than 100000 probes; write what is expected of them instead"
    ]


def faults(answer: _probe.Answer, **wanted: Any) -> list[str]:
    (expectation,), mistakes = read({"from": "a", "to": "10.0.0.2", **wanted})
    assert not mistakes
    return Reply(_probe.Probe(expectation, "10.0.0.2"), 3).faults(answer)


def test_what_is_not_as_expected_is_told_with_the_reason() -> None:
    first = "expect[0]: a to 10.0.0.2, "
    assert faults(_probe.Answer()) == [f"{first}icmp: no reply in 3 s"]
    refused = _probe.Answer(error=errno.ECONNREFUSED, teller="10.0.0.2")
    assert faults(refused, protocol="udp", port=7) == [
        f"{first}udp port 7: Connection refused (ECONNREFUSED), told by 10.0.0.2"
    ]
    long = _probe.Answer(error=errno.EMSGSIZE, path_mtu=1300)
    assert faults(long, mtu=1400) == [f"{first}icmp in 1400 bytes: Message too long (EMSGSIZE), the path MTU is 1300"]
    assert faults(_probe.Answer(error=errno.EHOSTUNREACH, expired=True)) == [f"{first}icmp: Time to live exceeded"]
    unsent = _probe.Answer(failure="no")
    assert faults(unsent) == faults(unsent, reachable=False) == [f"{first}icmp: this could not be tried: no"]
    assert faults(_probe.Answer(times=[0.001]), reachable=False) == [
        f"{first}icmp: there was a reply, and none was expected"
    ]
    lossy = _probe.Answer(sent=4, times=[0.001, 0.003])
    assert faults(lossy, count=4, max_loss=25, max_rtt=1) == [
        f"{first}icmp: 50 % were lost, at most 25 % were expected",
        f"{first}icmp: 2 ms on average, at most 1 ms were expected",
    ]


def test_what_is_as_expected_is_not_told() -> None:
    assert faults(_probe.Answer(sent=1, times=[0.001]), max_rtt=5) == []
    assert faults(_probe.Answer(error=errno.ENETUNREACH), reachable=False) == []
    assert faults(_probe.Answer(sent=2, times=[0.001]), count=2, max_loss=50) == []

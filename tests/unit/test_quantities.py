# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times, rates, sizes and percentages with units; and queueing disciplines as the kernel has them."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._disciplines import (
    CLASSES,
    DISCIPLINES,
    arguments,
    asked_again,
    changeable,
    changes,
    decoded,
    leaf,
    same,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import SetClass
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._quantities import PERCENTAGE, RATE, SIZE, TIME, Unit
from pyroute2.netlink.rtnl.tcmsg import tcmsg

SAMPLES: list[tuple[Unit, Any, int, str]] = [
    (TIME, "20ms", 20_000_000, "20ms"),
    (TIME, " 1.5 MSEC ", 1_500_000, "1500us"),
    (TIME, "2secs", 2_000_000_000, "2s"),
    (TIME, "1234ns", 1234, "1234ns"),
    (TIME, "0us", 0, "0ms"),
    (RATE, "10mbit", 1_250_000, "10mbit"),
    (RATE, "2.5Mbit", 312_500, "2500kbit"),
    (RATE, "1Gibit", 134_217_728, "1073741824bit"),
    (RATE, "1001bit", 125, "1kbit"),
    (SIZE, "15kb", 15_360, "15360"),
    (SIZE, "1600", 1600, "1600"),
    (SIZE, 1600, 1600, "1600"),
    (SIZE, "32kbit", 4096, "4096"),
    (PERCENTAGE, "1%", 42_949_673, "1%"),
    (PERCENTAGE, "0.01%", 429_497, "0.01%"),
    (PERCENTAGE, "33.3333%", 1_431_654_333, "33.3333%"),
    (PERCENTAGE, "100%", 2**32 - 1, "100%"),
    (PERCENTAGE, "0.00001%", 429, "0.00000998843%"),
]


@pytest.mark.parametrize(("unit", "written", "number", "text"), SAMPLES)
def test_quantities(unit: Unit, written: Any, number: int, text: str) -> None:
    problems = Problems()
    assert unit.read(problems, "here", written) == number
    assert not problems.found
    assert unit.text(number) == text
    if isinstance(written, str):
        assert re.search(unit.schema({})["pattern"], written)


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        (TIME, "20"),
        (TIME, 20),
        (TIME, True),
        (TIME, "20 m"),
        (TIME, "-1ms"),
        (TIME, "1e3ms"),
        (TIME, "9999999999999999s"),
        (RATE, "fast"),
        (RATE, "10mbps"),
        (RATE, "10m"),
        (RATE, "1bit"),
        (SIZE, "0"),
        (SIZE, "5gb"),
        (PERCENTAGE, "1"),
        (PERCENTAGE, 1),
        (PERCENTAGE, "101%"),
        (PERCENTAGE, None),
    ],
)
def test_what_is_no_quantity(unit: Unit, written: Any) -> None:
    problems = Problems()
    assert unit.read(problems, "here", written) is None
    (problem,) = problems.found
    assert repr(written) in problem.text


NETEM = {"limit": 5, "delay": 10**10, "jitter": 7, "loss": 9, "duplicate": 11, "corrupt": 13, "reorder": 15}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("netem", {**NETEM, "rate": 2**33}),
        ("netem", {**NETEM, "rate": 0}),
        ("tbf", {"rate": 2**33, "burst": 2**20, "limit": 9}),
        ("tbf", {"rate": 1000, "burst": 1600, "limit": 3000}),
        ("fq_codel", {"limit": 7, "target": 5_000_000, "ecn": 1}),
        ("cake", {"bandwidth": 2**40, "isolation": 3, "rtt": 100_000_000}),
    ],
)
def test_what_is_told_the_kernel_is_read_the_same(kind: str, options: dict[str, int]) -> None:
    shown = decoded(kind, DISCIPLINES[kind].encode(options))
    assert shown is not None
    assert same(kind, options, shown)
    for name, value in options.items():
        assert not same(kind, {**options, name: value + 5 * 10**5}, shown)


@pytest.mark.parametrize("rates", [(1000, 2000), (2**33, 2**34)])
def test_what_the_kernel_is_told_of_a_class_is_read_the_same(rates: tuple[int, int]) -> None:
    options = {"rate": rates[0], "ceil": rates[1], "burst": 2**16, "cburst": 3000}
    shown = decoded("htb", CLASSES["htb"].encode(options), CLASSES)
    assert shown is not None
    assert same("htb", options, shown)
    for name, value in options.items():
        assert not same("htb", {**options, name: value + 5 * 10**5}, shown)
    assert decoded("htb", DISCIPLINES["htb"].encode({"default": 0x6E})) == {"default": 0x6E}
    assert arguments("htb", {"default": 0x6E}, {}) == ["htb", "default", "6e"]


def test_what_pyroute2_reads_of_a_class_is_what_was_said() -> None:
    options = {"rate": 1250000, "ceil": 2**33, "burst": 2**16, "cburst": 3000}
    said = SetClass("a", "ea", 0x6E650001, "htb", tuple(options.items()))
    message = tcmsg(said.message(None, Sender()))  # type: ignore[arg-type]
    message.decode()
    assert (message["index"], message["handle"], message["parent"]) == (5, 0x6E650001, 0xFFFFFFFF)
    read = dict(message.get_attr("TCA_OPTIONS")["attrs"])
    parms = read["TCA_HTB_PARMS"]
    assert (parms["rate"], parms["ceil"]) == (1250000, 2**32 - 1)
    assert (read.get("TCA_HTB_RATE64"), read["TCA_HTB_CEIL64"]) == (None, 2**33)


class Sender:
    """Knows the index of an interface."""

    def index(self, netns: Any, interface: str) -> int:
        return 5


def test_what_the_kernel_keeps_is_not_told_it_in_a_change() -> None:
    options = {"flows": 256, "target": 4_999_000}
    assert changes("fq_codel", options) == {"target": 4_999_000}
    raw = asked_again("fq_codel", DISCIPLINES["fq_codel"].encode(options), changed=True)
    assert decoded("fq_codel", raw) == {"target": 5_000_000}
    assert asked_again("htb", b"anything", changed=True) == b"anything"
    assert changeable("fq_codel", options, {"flows": 256, "limit": 1})
    assert not changeable("fq_codel", options, {"flows": 512})


@pytest.mark.parametrize("asked", [1, 2, 999, 5000, 100_000, 7777, 2**31])
def test_a_time_of_codel_is_put_back_as_the_kernel_has_it(asked: int) -> None:
    def kernel(microseconds: int) -> tuple[int, int]:
        kept = microseconds * 1000 >> 10
        return kept, (kept << 10) // 1000

    kept, told = kernel(asked)
    (request,) = struct.unpack("=4xI", asked_again("fq_codel", struct.pack("=HHI", 8, 1, told)))
    assert kernel(request)[0] == kept


def test_what_no_option_says_is_not_taken_for_what_was_asked_for() -> None:
    raw = DISCIPLINES["netem"].encode({**NETEM, "rate": 0})
    # A model of losses (TCA_NETEM_LOSS), and what is too short.
    assert decoded("netem", raw + b"\x08\0\x05\0aaaa") is None
    assert decoded("netem", raw[:10]) is None
    assert decoded("tbf", b"") is None
    assert decoded("htb", b"") is None
    # A class that counts four bytes more of each packet (overhead).
    raw = CLASSES["htb"].encode({"rate": 1000, "ceil": 1000, "burst": 1600, "cburst": 1600})
    assert decoded("htb", raw[:6] + b"\4\0" + raw[8:], CLASSES) is None
    assert leaf("netem", None) == {"qdisc": "netem"}

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times, rates, sizes and percentages with units; and queueing disciplines as the kernel has them."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._disciplines import (
    DISCIPLINES,
    asked_again,
    changeable,
    changes,
    decoded,
    leaf,
    same,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._quantities import PERCENTAGE, RATE, SIZE, TIME, Unit

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
    assert leaf("netem", None) == {"qdisc": "netem"}

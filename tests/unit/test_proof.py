# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that proves something tells of it in a line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.plugin_utils._proof import proof


def replied(number: int, to: str = "red:eth0") -> dict[str, Any]:
    """Return what a module's result has of a probe that had a reply."""
    return {"from": "blue", "to": to, "address": "10.0.0.2", "rtt_ms": 0.01 * number}


def test_few_are_told_one_by_one_and_many_in_short() -> None:
    assert proof([replied(1), replied(2, "10.0.0.2")]) == (
        "blue pings red:eth0 (10.0.0.2): a reply after 0.01 ms; blue pings 10.0.0.2: a reply after 0.02 ms"
    )
    assert proof([replied(number) for number in (2, 1, 3, 5, 4)]) == "5 pings, each with a reply, after 0.01 to 0.05 ms"


@pytest.mark.parametrize(
    "probes",
    [None, [], "text", 7, ["text"], [{"from": "blue"}], [replied(1), {**replied(1), "rtt_ms": None}]],
    ids=repr,
)
def test_what_proves_nothing_is_left_out(probes: Any) -> None:
    assert proof(probes) == ""


def test_a_host_says_nothing_to_the_terminal() -> None:
    assert proof([replied(1, "a\x1b[2J\nb\udcff")]) == (
        r"blue pings a\x1b[2J\nb\udcff (10.0.0.2): a reply after 0.01 ms"
    )

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a part of the trial in the virtual machine is read from what it said last."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools.vm.parts import counted


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("1 passed\n..F\n1 failed, 2 passed, 1 skipped, 3 errors in 1.00s\n", {"failed": 4, "passed": 2, "skipped": 1}),
        ("  ok: round 1\n20 passed, 0 failed\n", {"passed": 20, "failed": 0}),
        ("343 passed in 61.20s (0:01:01)\na line that follows\n", {"passed": 343}),
        ("Killed\n", {}),
    ],
)
def test_the_last_counts_are_those_of_the_part(said: str, counts: dict[str, int]) -> None:
    assert counted(said) == counts

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a part of the trial in the virtual machine is read from what it said last; one that hangs is ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools.vm import parts


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
    assert parts.counted(said) == counts


def test_a_part_that_falls_silent_is_ended_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SILENCE", 0.2)
    with subprocess.Popen(["sh", "-c", "echo begun; exec sleep 600"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        said = list(parts._lines(process.stdout, process.kill))
    assert said == [b"begun\n", b"It said nothing for 0 s, and was ended\n"]
    assert process.returncode

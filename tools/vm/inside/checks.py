# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What parts of the trial have in common: they count what holds and what does not."""

from __future__ import annotations

import sys
from collections.abc import Iterable


class Checks:
    """Counts checks, and says each that fails."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def that(self, name: str, holds: object, said: object = "") -> bool:
        """Count a check; ``said`` tells what was seen instead."""
        if holds:
            self.passed += 1
            print(f"  ok: {name}", flush=True)
        else:
            self.failed += 1
            print(f"  FAILED: {name}: {said}", flush=True)
        return bool(holds)

    def end(self) -> None:
        """Say the counts; exit with 1 when a check has failed."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(min(self.failed, 1))


def missing(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    """Return what is wanted and not there."""
    return sorted(set(wanted) - set(there))

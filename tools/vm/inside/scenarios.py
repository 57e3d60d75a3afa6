# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios of Molecule, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.vm.inside.checks import Checks

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = ROOT / ".cache" / "collections" / "ansible_collections" / "linuxnet" / "netns"


def main() -> None:
    """Play the scenarios that the command line names."""
    checks = Checks()
    for name in sys.argv[1:]:
        words = [str(ROOT / "tools" / "hermetic"), "molecule", "test", "--no-command-borders", "--scenario-name", name]
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=COLLECTION)
        checks.that(name, done.returncode == 0, done.stdout + done.stderr)
    checks.end()


if __name__ == "__main__":
    main()

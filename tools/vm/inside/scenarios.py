# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios of Molecule, each in a network of its own: their playbooks in their order, without Molecule's own work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tools.vm.inside.checks import Checks
from tools.vm.inside.playbook import ansible_playbook

ROOT = Path(__file__).resolve().parents[3]
SCENARIOS = ROOT / "extensions" / "molecule"
IDEMPOTENCE = "idempotence"


def play(name: str) -> None:
    """Play a scenario, in a process and a network of its own, until a playbook fails."""
    checks = Checks()
    for step in yaml.safe_load((SCENARIOS / name / "molecule.yml").read_text())["scenario"]["test_sequence"]:
        playbook = "converge" if step == IDEMPOTENCE else step
        done = ansible_playbook(f"--inventory={SCENARIOS}/inventory.yml", str(SCENARIOS / name / f"{playbook}.yml"))
        unchanged = step != IDEMPOTENCE or re.search(r" changed=0 ", done.stdout)
        if not checks.that(f"{name}: {step}", done.returncode == 0 and unchanged, done.stdout):
            break
    checks.end()


def main() -> None:
    """Play the scenarios that the command line names."""
    hermetic = str(ROOT / "tools" / "hermetic")
    checks = Checks()
    for name in sys.argv[1:]:
        done = subprocess.run([hermetic, sys.executable, "-m", __spec__.name, "--play", name], check=False)
        checks.that(name, done.returncode == 0)
    checks.end()


if __name__ == "__main__":
    if sys.argv[1] == "--play":
        play(sys.argv[2])
    main()

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet from the command line, as root: ``.venv/bin/python -m tools.fleet [--hosts N] [COMMAND …]``.

Runs the command on the controller, or opens a shell there, with the inventory of all hosts; the fleet goes with it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tools.fleet.fleet import Fleet
from tools.fleet.machine import lacks_for_ssh


def main() -> int:
    """Start a fleet, run a command on its controller, and end the fleet; gives the command's status."""
    parser = argparse.ArgumentParser(prog="tools.fleet", description=__doc__)
    parser.add_argument("--hosts", type=int, default=3, metavar="N", help="how many hosts (3)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what is run on the controller (a shell)")
    given = parser.parse_args()
    if lacks := lacks_for_ssh():
        sys.exit(f"no fleet can be here: {lacks}")
    begun = time.monotonic()
    with Fleet(given.hosts, quick=False) as fleet:
        environment = [f"{name}={value}" for name, value in fleet.write().items()]
        print(f"• {given.hosts} hosts are up after {time.monotonic() - begun:.1f} s", flush=True)
        if not given.command:
            print("• ansible all -m ansible.builtin.ping reaches them; exit ends them", flush=True)
        begin = ["sh", "-c", 'cd "$0" && exec "$@"', str(fleet.controller.directory)]
        words = [*begin, "env", *environment, *(given.command or ["bash"])]
        return subprocess.run(fleet.controller.command(*words), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

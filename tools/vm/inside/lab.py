# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""``lab.yml``, as README gives it: built, found right, taken down; twice."""

from __future__ import annotations

import re
import subprocess

from tools.vm.inside.checks import Checks
from tools.vm.inside.playbook import ansible_playbook

PING = ("ip", "netns", "exec", "my_container_a", "ping", "-c", "1", "-W", "2", "10.0.0.2")


def play(checks: Checks, name: str, changed: int, *words: str) -> None:
    """Run the playbook, which must change so many tasks."""
    done = ansible_playbook("lab.yml", *words)
    recap = re.search(r"changed=(\d+) .*failed=0 ", done.stdout)
    checks.that(f"{name}: changed={changed}", recap and int(recap[1]) == changed, done.stdout)


def main() -> None:
    """Build it, find it unchanged, take it down; and again."""
    checks = Checks()
    for time in ("first", "second"):
        play(checks, f"{time} time: built", 1)
        done = subprocess.run(PING, check=False, capture_output=True, text=True)
        checks.that(f"{time} time: one container pings the other", done.returncode == 0, done.stdout + done.stderr)
        play(checks, f"{time} time: found right", 0)
        play(checks, f"{time} time: taken down", 1, "-e", "two_containers_state=absent")
        listed = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout
        checks.that(f"{time} time: nothing is left", not listed, listed)
    checks.end()


if __name__ == "__main__":
    main()

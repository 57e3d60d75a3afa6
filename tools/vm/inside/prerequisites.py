# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role ``prerequisites`` on the release's own Python: its package is gone, and then there is nothing to do."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile

from tools.vm.inside.checks import Checks
from tools.vm.inside.playbook import ansible_playbook

PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "/usr/bin/python3", "prerequisites_pyroute2_from": "packages"},
        "roles": [{"role": "linuxnet.netns.prerequisites"}],
    }
]
#: As from a mirror: apt uses the lists of ``file:`` where they are, and then has none of its own (apt 2.6).
LISTS = """
echo "deb [trusted=yes] copy:/srv/archive ./" > /etc/apt/sources.list
apt-get update
"""
IMPORT = ["/usr/bin/python3", "-c", "import pyroute2"]


def main() -> None:
    """Run the role on a host that is not ready, and again on the same when it is."""
    checks = Checks()
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as playbook:
        json.dump(PLAY, playbook)
        playbook.flush()

        def role(name: str, pattern: str) -> None:
            done = ansible_playbook(playbook.name)
            holds = re.search(rf"{pattern} .*failed=0 ", done.stdout)
            checks.that(f"{name}: {pattern}", holds, done.stdout)

        subprocess.run(["sh", "-ec", LISTS], check=True, capture_output=True)
        remove = ["apt-get", "remove", "--yes", "python3-pyroute2"]
        subprocess.run(remove, check=True, capture_output=True)
        checks.that("the package is gone", subprocess.run(IMPORT, check=False, capture_output=True).returncode)
        role("a host without pyroute2", "changed=1")
        checks.that("pyroute2 is there", subprocess.run(IMPORT, check=False).returncode == 0)
        role("the same host again", "changed=0")
    checks.end()


if __name__ == "__main__":
    main()

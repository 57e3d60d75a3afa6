# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role netns_service writes a drop-in of a unit, and takes it back without a trace.

What systemd makes of it is tried in the virtual machine (``tools/vm/inside/reboot.py``).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, run, written

UNITS = Path("/etc/systemd/system")
DIRECTORY = UNITS / "web.service.d"
DROP_IN = """\
# Written by role linuxnet.netns.netns_service
[Unit]
BindsTo=linuxnet-netns-my\\x2dlab.service
After=linuxnet-netns-my\\x2dlab.service

[Service]
NetworkNamespacePath=/run/netns/blue
BindReadOnlyPaths=-/etc/netns/blue/resolv.conf:/etc/resolv.conf
"""


def play(directory: Path, *plays: dict[str, Any]) -> list[str]:
    """Return how many tasks of plays with the role have changed something."""
    hosts = written(directory, "inventory.yml", {"all": {"hosts": {f"here{n}": LOCAL for n in range(len(plays))}}})
    playbook = [
        {
            "hosts": f"here{number}",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.include_role": {"name": "linuxnet.netns.netns_service"}, "vars": variables}],
        }
        for number, variables in enumerate(plays)
    ]
    book = written(directory, "playbook.yml", playbook)
    finished = run(directory, "ansible-playbook", "-i", hosts, book)
    return re.findall(r"changed=(\d+) ", finished.stdout)


def test_a_drop_in_is_written_and_taken_back(host: Host, tmp_path: Path) -> None:
    service = {"netns_service_name": "web", "netns_service_netns": "blue"}
    bound = {**service, "netns_service_unit": "linuxnet-netns-my\\x2dlab.service"}
    assert play(tmp_path, bound, bound) == ["2", "0"]
    assert {path: path.stat().st_mode & 0o777 for path in UNITS.rglob("*")} == {
        DIRECTORY: 0o755,
        DIRECTORY / "linuxnet-netns.conf": 0o644,
    }
    assert (DIRECTORY / "linuxnet-netns.conf").read_text() == DROP_IN
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        unit, other = UNITS / "web.service", UNITS / "linuxnet-netns-my\\x2dlab.service"
        for path in (unit, other):
            path.write_text("[Service]\nExecStart=/bin/true\n")
        found = subprocess.run([verify, "verify", unit], check=False, capture_output=True, text=True)
        assert (found.returncode, found.stderr) == (0, "")
        for path in (unit, other):
            path.unlink()
    (DIRECTORY / "other.conf").touch()
    gone = {**service, "netns_service_state": "absent"}
    assert play(tmp_path, gone, gone) == ["1", "0"]
    assert list(UNITS.rglob("*")) == [DIRECTORY, DIRECTORY / "other.conf"]
    (DIRECTORY / "other.conf").unlink()
    assert play(tmp_path, service, gone) == ["1", "2"]
    assert list(UNITS.rglob("*")) == []


def test_what_a_unit_cannot_name_is_refused(host: Host, tmp_path: Path) -> None:
    wrong = [
        {"netns_service_name": "web", "netns_service_netns": "a b"},
        {"netns_service_name": "../web", "netns_service_netns": "blue"},
        {"netns_service_name": "web"},
    ]
    hosts = {f"here{number}": {**LOCAL, **variables} for number, variables in enumerate(wrong)}
    inventory = written(tmp_path, "inventory.yml", {"all": {"hosts": hosts}})
    book = [{"hosts": "all", "gather_facts": False, "roles": ["linuxnet.netns.netns_service"]}]
    finished = run(tmp_path, "ansible-playbook", "-i", inventory, written(tmp_path, "playbook.yml", book))
    said = "netns_service_name has to be the name of a service, and netns_service_netns that of a namespace, of letters"
    assert said in finished.stdout
    assert finished.stdout.count("failed=1 ") == len(wrong)
    assert list(UNITS.rglob("*")) == []

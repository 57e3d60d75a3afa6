# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""N hosts and a controller at the ports of a bridge, which this collection makes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

from tools.fleet.machine import PASSWORD, Machine
from tools.fleet.playbooks import Outcome, settings

#: Reserved for measurements of networks (RFC 2544). The number of a host is the end of its address.
PREFIX, CONTROLLER, NOBODY = "198.18.0.0/16", "198.18.255.254", "198.18.255.253"
#: How hosts let their operators in, in turn: as root, and as users whose sudo asks for no password, and for one.
LOGINS: tuple[dict[str, Any], ...] = (
    {"ansible_user": "root"},
    {"ansible_user": "carol", "ansible_become": True},
    {"ansible_user": "alice", "ansible_become": True, "ansible_become_password": PASSWORD},
)
#: How many hosts are started at once.
STARTING = 4


class Fleet:
    """Hosts called host1, host2 …, and their controller; all end when the process that started them ends.

    ``inventory`` has the variables of each host. ``quick``: what Python compiles on a host is kept for the others.
    """

    def __init__(self, count: int, *, logins: Iterable[dict[str, Any]] = LOGINS, quick: bool = True) -> None:
        names = [f"host{number}" for number in range(1, count + 1)]
        self._quick = quick
        self.switch = Machine("switch", shared=[])
        self.controller = Machine("controller", shared=[])
        self.hosts = {name: Machine(name, shared=[]) for name in names}
        common = {"ansible_python_interpreter": sys.executable, "ansible_pipelining": True}
        self.inventory = {name: {**common, **login} for name, login in zip(names, cycle(logins))}

    def __enter__(self) -> Fleet:
        started: list[Machine] = []
        try:
            self.switch.start()
            started.append(self.switch)
            self._wire()
            self.controller.start()
            started.append(self.controller)
            self.controller.make_key()
            _each(self.start, self.hosts)
        except BaseException:
            for machine in (*self.hosts.values(), *started):
                machine.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for machine in (*self.hosts.values(), self.controller, self.switch):
            machine.remove()

    def _wire(self) -> None:
        """Make the bridge on a machine of its own, and at each port a network namespace."""
        ends = [
            {"netns": "controller", "interface": "eth0", "addresses": [f"{CONTROLLER}/16"]},
            *({"netns": name, "interface": "eth0"} for name in self.hosts),
        ]
        topology = {
            "name": "fleet",
            "namespaces": ["controller", *self.hosts],
            "bridges": [{"name": "lan", "prefixes": [PREFIX], "endpoints": ends}],
            "probe": True,
        }
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        task = {"name": "wired", "linuxnet.netns.netns_topology": topology}
        (wired,) = self.switch.play([{"hosts": "all", "gather_facts": False, "tasks": [task]}], {"localhost": here})
        if wired.status != "ok":
            raise RuntimeError(f"the fleet could not be wired: {wired.said}")
        for name, machine in {"controller": self.controller, **self.hosts}.items():
            machine.network = f"/proc/{self.switch.pid}/root/run/netns/{name}"
            machine.address = CONTROLLER
        for number, (name, machine) in enumerate(self.hosts.items(), start=1):
            machine.address = f"198.18.{number >> 8}.{number & 255}"
            self.inventory[name]["ansible_host"] = machine.address

    def start(self, name: str) -> None:
        """Start a host with its users and its ssh server, or one that was stopped again, as if it were new."""
        machine = self.hosts[name]
        machine.start()
        machine.add_users()
        machine.serve_ssh(self.controller, quick=self._quick)

    def cable(self, name: str, state: str) -> None:
        """Set the cable of a host ``down`` or ``up``."""
        self.switch.sh(f"ip link set {name}_eth0 {state}")

    def play(self, playbook: Any, *arguments: str, **environment: str) -> list[Outcome]:
        """Run a playbook over all hosts; see `Machine.play`."""
        return self.controller.play(playbook, self.inventory, *arguments, **environment)

    def write(self) -> dict[str, str]:
        """Write the inventory for who works on the controller; gives the environment for Ansible there."""
        place = self.controller.directory
        (place / "ansible.cfg").touch()
        (place / "hosts.yml").write_text(json.dumps({"all": {"hosts": self.inventory}}, indent=2))
        return {**settings(place), "ANSIBLE_INVENTORY": str(place / "hosts.yml")}


def _each(work: Callable[[str], None], names: Iterable[str]) -> None:
    """Do the work for each, some at once."""
    with ThreadPoolExecutor(STARTING) as pool:
        for _done in pool.map(work, names):
            pass

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab on many hosts over ssh costs the one who waits, and the controller: for `run.py`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.fleet.fleet import Fleet
from tools.fleet.playbooks import program

#: How many hosts are measured, each with its number of rounds after one that does not count.
COUNTS = {1: 7, 10: 5, 20: 3, 50: 3}
FORKS = 20
PING = "one ansible.builtin.ping task"
NINE = "nine command: ip tasks"
ROLE = "the role two_containers, its pings left out"
COMMANDS = (
    "ip netns add my_container_a",
    "ip netns add my_container_b",
    "ip link add my_veth_end_a type veth peer name my_veth_end_b",
    "ip link set my_veth_end_a netns my_container_a",
    "ip link set my_veth_end_b netns my_container_b",
    "ip -n my_container_a address add 10.0.0.1/24 dev my_veth_end_a",
    "ip -n my_container_b address add 10.0.0.2/24 dev my_veth_end_b",
    "ip -n my_container_a link set my_veth_end_a up",
    "ip -n my_container_b link set my_veth_end_b up",
)
TASK = {
    "name": "two_containers",
    "namespaces": [{"name": f"my_container_{end}", "loopback": "up"} for end in "ab"],
    "links": [
        {
            "endpoints": [
                {
                    "netns": f"my_container_{end}",
                    "interface": f"my_veth_end_{end}",
                    "addresses": [f"10.0.0.{number}/24"],
                }
                for number, end in enumerate("ab", start=1)
            ]
        }
    ],
}


@dataclass
class Cost:
    """Seconds by the clock, and of the controller's processors."""

    wall: float
    processor: float


class Course:
    """Playbooks over so many hosts of a fleet."""

    def __init__(self, fleet: Fleet, count: int) -> None:
        self.fleet, self.hosts = fleet, list(fleet.hosts)[:count]
        self.place = fleet.controller.directory / str(count)
        self.place.mkdir()
        environment = {
            **fleet.write(),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_INVENTORY": str(self.place / "hosts.yml"),
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=900s -o UserKnownHostsFile=/dev/null",
        }
        self.environment = [f"{name}={value}" for name, value in environment.items()]
        inventory = {"all": {"hosts": {name: fleet.inventory[name] for name in self.hosts}}}
        (self.place / "hosts.yml").write_text(json.dumps(inventory))

    def command(self, name: str, *words: str) -> list[str]:
        """Return the command line of a program of Ansible on the controller."""
        return self.fleet.controller.command("env", *self.environment, str(program(name)), *words)

    def playbook(self, name: str, tasks: list[dict[str, Any]]) -> Callable[[], Cost]:
        """Return what runs a playbook of these tasks and measures it."""
        path = self.place / f"{name}.yml"
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        return lambda: measured(self.command("ansible-playbook", str(path)))

    def clean(self) -> None:
        """Take the lab away on all hosts, by other means."""
        script = (
            "for one in a b; do ip netns delete my_container_$one 2>/dev/null || true; done; rm -rf /run/linuxnet.netns"
        )
        for name in self.hosts:
            self.fleet.hosts[name].sh(script)
        time.sleep(0.5 + len(self.hosts) / 50)

    def afresh(self, measure: Callable[[], Cost]) -> Callable[[], Cost]:
        """Return the same on hosts without the lab."""

        def cleaned() -> Cost:
            self.clean()
            return measure()

        return cleaned


def measured(words: list[str]) -> Cost:
    """Return what a command costs; of the controller, for what sshd starts is no child of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(words)} failed:\n{output.decode()[-3000:]}")
    return Cost(taken, usage.ru_utime + usage.ru_stime)


def measure() -> None:
    """Measure on more and more hosts, and print what it took."""
    print(
        f"\n(g) Labs on hosts over ssh, {FORKS} forks, pipelining, connections kept: medians, and ratios to the first"
    )
    with Fleet(max(COUNTS), logins=[{"ansible_user": "root"}], quick=False) as fleet:
        for count, rounds in COUNTS.items():
            course = Course(fleet, count)
            report(count, rounds, interleaved(course, rounds))
        inventories(Course(fleet, 2 * FORKS))
        print(
            f"\n  {FORKS} forks: {memory(course):.0f} MB, proportional set size of all of Ansible's processes at most"
        )


def interleaved(course: Course, rounds: int) -> dict[str, list[Cost]]:
    """Return what each playbook took, in turn, after a first round that does not count."""
    role = {
        "ansible.builtin.import_role": {"name": "linuxnet.netns.two_containers"},
        "vars": {"two_containers_prove": False},
    }
    ping = course.playbook("ping", [{"ansible.builtin.ping": {}}])
    lab = course.playbook("role", [role])
    task = course.playbook("task", [{"linuxnet.netns.netns_topology": TASK}])
    nine = course.playbook("nine", [{"ansible.builtin.command": line} for line in COMMANDS])
    runs = {
        PING: ping,
        NINE: course.afresh(nine),
        f"{ROLE}, from nothing": course.afresh(lab),
        f"{ROLE}, nothing to do": lab,
        "its task alone, nothing to do": task,
        "its task alone, from nothing": course.afresh(task),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            cost = run()
            if number:
                costs[name].append(cost)
    return costs


def report(count: int, rounds: int, costs: dict[str, list[Cost]]) -> None:
    """Print medians, and what they are for each host."""
    title = f"{count} hosts ({rounds} rounds)"
    print(f"\n  {title:<60} {'by the clock':>24} ratio  each host controller's processor for each")
    wall = {name: statistics.median(cost.wall for cost in each) for name, each in costs.items()}
    for name, each in costs.items():
        spent = statistics.median(cost.processor for cost in each) / count
        spread = f"{min(cost.wall for cost in each):.2f} … {max(cost.wall for cost in each):.2f}"
        ratio = f"{wall[name] / wall[PING]:5.2f}"
        print(f"    {name:<58} {wall[name]:6.2f} s {spread:>15} {ratio} {wall[name] / count:7.3f} s {spent:7.3f} s")
    idle = wall[f"{ROLE}, nothing to do"] / wall[PING]
    print(f"    nothing to do: {idle:.2f} times one ping task (at most 1.3)")
    first = wall[NINE] / wall[f"{ROLE}, from nothing"]
    print(f"    from nothing: {first:.2f} times faster than nine command tasks (at least 2.5)")


def inventories(course: Course) -> None:
    """Print what the inventory plugin takes to ask hosts, and to read what it has kept."""
    kept = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(course.place / "kept")}
    source = course.place / "fleet.netns.yml"
    source.write_text(json.dumps({"plugin": "linuxnet.netns.netns", "hosts": ["all"], **kept}))
    words = ["--inventory", str(course.place / "hosts.yml"), "--inventory", str(source), "--list"]
    for name, more in {"asked": ["--flush-cache"], "from the cache": []}.items():
        taken = [measured(course.command("ansible-inventory", *words, *more)).wall for _round in range(4)][1:]
        hosts = len(course.hosts)
        print(
            f"\n  ansible-inventory, {hosts} hosts with two namespaces each, {name}: {statistics.median(taken):.2f} s"
        )


def memory(course: Course) -> float:
    """Return how many MB all of Ansible's processes hold at once, what they share counted once."""
    path = course.place / "ping.yml"
    most = 0.0
    with subprocess.Popen(course.command("ansible-playbook", str(path)), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(proportional(str(path))))
            time.sleep(0.1)
    return most / 1024


def proportional(word: str) -> Iterator[int]:
    """Yield the proportional set size (proc(5): smaps_rollup), in kB, of each process with a word in its command."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if b"ansible-playbook\0" + word.encode() in (directory / "cmdline").read_bytes():
                lines = (directory / "smaps_rollup").read_text().splitlines()
                yield next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:
            continue  # it has just ended

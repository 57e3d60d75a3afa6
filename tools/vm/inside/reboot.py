# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies with ``persist: true`` and a service in a namespace: declared; and, when the host has booted again, there.

``python -m tools.vm.inside.reboot before``, a reboot, ``python -m tools.vm.inside.reboot after``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.vm.inside.checks import Checks
from tools.vm.inside.playbook import ansible_playbook

STATE = Path("/srv/reboot")
#: A NIC that nothing manages, found by its MAC address (tools/vm/hardware.py).
NIC = "52:54:00:00:00:03"
#: What needs no network of the host: links of many types, and a NIC.
EARLY: dict[str, Any] = {
    "name": "my-lab",
    "namespaces": [
        {
            "name": "web",
            "routes": [{"to": "default", "via": "192.0.2.1"}],
            "rules": [{"priority": 1000, "from": "192.0.2.2", "table": 100}],
            "sysctls": {"net.ipv4.ip_forward": True, "net.ipv4.conf.uplink.rp_filter": 2},
            "addresses": {"lo": ["10.255.0.1/32"]},
        },
        {
            "name": "router",
            "interfaces": [
                {"name": "wan", "type": "device", "from": {"mac": NIC}, "addresses": ["198.51.100.7/24"]},
                {"name": "wan.7", "type": "vlan", "lower": "wan", "vlan": {"id": 7}, "addresses": ["10.7.0.1/24"]},
                {"name": "bond0", "type": "bond", "bond": {"mode": "active-backup"}, "ports": ["d0"]},
                {"name": "d0", "type": "dummy"},
                {
                    "name": "br0",
                    "type": "bridge",
                    "bridge": {"vlan_filtering": True},
                    "ports": [{"name": "vx7", "isolated": True}, "tap0"],
                    "addresses": ["10.0.0.1/24", "fd00::1/64"],
                },
                {"name": "vx7", "type": "vxlan", "vxlan": {"id": 7, "remote": "192.0.2.9"}, "lower": "host:to_web"},
                {"name": "tap0", "type": "tap"},
                {"name": "tunnel", "type": "gre", "gre": {"remote": "192.0.2.9", "local": "192.0.2.1"}},
                # A name that the host has too, where it is born.
                {"name": "to_web", "type": "macvlan", "lower": "host:to_web"},
                {"name": "vrf1", "type": "vrf", "vrf": {"table": 10}},
            ],
        },
    ],
    "links": [
        {
            "endpoints": [
                {"interface": "to_web", "addresses": ["192.0.2.1/30", "2001:db8::1/64"]},
                {
                    "netns": "web",
                    "interface": "uplink",
                    "addresses": ["192.0.2.2/30", {"address": "2001:db8::2/64", "nodad": True}],
                    "shaping": {"delay": "1ms", "rate": "100mbit"},
                },
            ]
        }
    ],
    "persist": True,
}
#: What whatever manages the network would take away, were it there when that starts.
LATE: dict[str, Any] = {
    "name": "late",
    "namespaces": ["far"],
    "links": [{"endpoints": [{"interface": "to_far", "addresses": ["203.0.113.1/30"]}, "far:uplink"]}],
    "host": {
        "routes": [{"to": "10.99.0.0/16", "via": "203.0.113.2"}],
        "rules": [{"priority": 2000, "fwmark": 7, "table": "main"}],
    },
    "persist": True,
}
UNIT, LATER = "linuxnet-netns-my\\x2dlab.service", "linuxnet-netns-late.service"
SERVICE = """\
[Unit]
Description=A web server

[Service]
ExecStart=/usr/bin/python3 -m http.server --bind 192.0.2.2 --directory /srv/web 80

[Install]
WantedBy=multi-user.target
"""


def topologies(purge: bool = False) -> list[dict[str, Any]]:
    """Return the tasks that declare the topologies."""
    return [{"linuxnet.netns.netns_topology": {**one, "purge": purge}} for one in (EARLY, LATE)]


def role(**variables: str) -> dict[str, Any]:
    """Return the task that lets the web server run in its namespace."""
    names = {"netns_service_name": "web", "netns_service_netns": "web", "netns_service_unit": UNIT, **variables}
    return {"ansible.builtin.include_role": {"name": "linuxnet.netns.netns_service"}, "vars": names}


def play(checks: Checks, what: str, tasks: list[dict[str, Any]], changed: int, *words: str) -> None:
    """Run tasks of which so many must change something."""
    book = STATE / "playbook.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    said = ansible_playbook("-i", "localhost,", "-c", "local", str(book), *words).stdout
    checks.that(f"{what}: changed={changed}", f"changed={changed} " in said and "failed=0" in said, said)
    checks.that(f"{what}: no warning", "[WARNING]: " not in said, said)


def says(*words: str) -> str:
    """Return what a program prints on both streams."""
    return subprocess.run(
        words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ).stdout.strip()


def answers() -> bool:
    """Tell whether the web server answers, within some seconds, as its namespace's resolv.conf is served."""
    script = "import urllib.request as u; print(u.urlopen('http://192.0.2.2/', timeout=5).read().decode())"
    return within(60, lambda: "hello from web" in says("python3", "-c", script))


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Tell whether something becomes true."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def entered(unit: str) -> int:
    """Return when a unit became active, in microseconds since the boot."""
    return int(says("systemctl", "show", "-p", "ActiveEnterTimestampMonotonic", "--value", unit))


def inside() -> str:
    """Return what the web server sees as /etc/resolv.conf."""
    pid = says("systemctl", "show", "-p", "MainPID", "--value", "web.service")
    return says("nsenter", "-t", pid, "--mount", "cat", "/etc/resolv.conf")


def before(checks: Checks) -> None:
    """Declare the topologies, and let a service run in one of their namespaces."""
    for directory in (STATE, Path("/srv/web"), Path("/etc/netns/web")):
        directory.mkdir(parents=True, exist_ok=True)
    Path("/srv/web/index.html").write_text("hello from web\n")
    Path("/etc/netns/web/resolv.conf").write_text("nameserver 192.0.2.53\n")
    Path("/etc/systemd/system/web.service").write_text(SERVICE)
    play(checks, "declared", topologies(), 2)
    units = [f"/etc/systemd/system/{unit}" for unit in (UNIT, LATER)]
    said = says("systemd-analyze", "verify", *units)
    checks.that("systemd-analyze finds nothing", not said, said)
    checks.that("both are enabled", says("systemctl", "is-enabled", UNIT, LATER) == "enabled\nenabled")
    play(checks, "declared again", topologies(), 0)
    for unit in (UNIT, LATER):
        done = says("systemctl", "start", unit)
        checks.that(f"{unit} has nothing to do where all is there", not done, done + says("journalctl", "-u", unit))
    play(checks, "after the scripts ran", topologies(), 0)
    play(checks, "the drop-in", [role()], 2)
    says("systemctl", "enable", "--now", "web.service")
    checks.that("the web server answers", answers(), says("systemctl", "status", "web.service"))
    play(checks, "the drop-in again", [role()], 0)
    checks.that("it has the namespace's resolv.conf", inside() == "nameserver 192.0.2.53", inside())
    # Made anew, and found there: it is restarted.
    gone = {**EARLY, "state": "absent"}
    del gone["persist"]
    play(checks, "a namespace made anew", [{"linuxnet.netns.netns_topology": gone}, *topologies(), role()], 3)
    checks.that("the web server answers from there", answers(), says("systemctl", "status", "web.service"))


def after(checks: Checks) -> None:
    """See that all is there, in time, and that the next task knows what is the topologies'."""
    for unit in (UNIT, LATER, "web.service"):
        checks.that(
            f"{unit} is active", says("systemctl", "is-active", unit) == "active", says("journalctl", "-u", unit)
        )
    said = says("journalctl", "-b", "-o", "cat", "-u", UNIT, "-u", LATER, "_COMM=sh")
    checks.that("the scripts had nothing to say", not said or said.startswith("-- No entries"), said)
    checks.that("early is early", entered(UNIT) <= entered("network-pre.target"))
    checks.that("late is late", entered(LATER) >= entered("network-online.target"))
    checks.that("no ordering has been broken", "ordering cycle" not in says("journalctl", "-b", "-o", "cat", "_PID=1"))
    play(checks, "check mode", topologies(purge=True), 0, "--check", "--diff")
    play(checks, "for real", topologies(purge=True), 0)
    checks.that("the web server answers", answers(), says("systemctl", "status", "web.service"))
    checks.that("it has the namespace's resolv.conf", inside() == "nameserver 192.0.2.53", inside())
    tasks = [role(netns_service_state="absent")]
    tasks += [{"linuxnet.netns.netns_topology": {**one, "state": "absent"}} for one in (EARLY, LATE)]
    for task in tasks[1:]:
        del task["linuxnet.netns.netns_topology"]["persist"]
    says("systemctl", "disable", "--now", "web.service")
    play(checks, "taken down", tasks, 4)
    left = [path for path in ("/etc/linuxnet.netns", "/etc/systemd/system/web.service.d") if Path(path).exists()]
    left += map(str, Path("/etc/systemd/system").rglob("linuxnet*"))
    checks.that("nothing is left", not left and not says("ip", "netns", "list"), left)
    nics = says("ip", "-o", "link", "show")
    checks.that("the NIC is back on the host", within(10, lambda: NIC in says("ip", "-o", "link", "show")), nics)


def main() -> None:
    """Do the half that is named."""
    checks = Checks()
    {"before": before, "after": after}[sys.argv[1]](checks)
    checks.end()


if __name__ == "__main__":
    main()

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Physical devices that are moved into namespaces and come home, under udev and what manages the network.

The machine has two that are plugged into each other. They are found by their names, alternative names or MAC addresses,
renamed, used, and brought home by whatever ends their stay, also where their names are taken meanwhile.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.linuxnet.netns.tests.integration.host import Host

from tools.vm.inside.checks import Checks

#: The MAC addresses of the two (hardware.py): one of virtio, one of Intel's e1000.
MACS = ("52:54:00:00:00:02", "52:54:00:00:00:03")
#: Seconds in which what reacts to an interface that comes back has done so.
PAUSE = 2.0
AS_IT_WAS = "The host is as it was."
#: A route that the kernel refuses, for nothing leads to its gateway.
REFUSED = [{"to": "203.0.113.0/24", "via": "203.0.113.1"}]


def shell(script: str) -> str:
    """Return what a script prints; it must succeed."""
    return subprocess.run(["sh", "-ec", script], check=True, capture_output=True, text=True).stdout


class Devices:
    """The two devices of the machine, and the topology that they are moved into."""

    def __init__(self, host: Host, checks: Checks) -> None:
        self.host, self.checks = host, checks
        self.before = self.at_home()

    def at_home(self) -> dict[str, dict[str, Any]]:
        """Return those of the two that are on the host, by their MAC addresses."""
        return {link["address"]: link for link in self.host.ip("link", "show") if link.get("address") in MACS}

    def settled(self) -> None:
        """Wait until udev and the others have had their turn."""
        subprocess.run(["udevadm", "settle"], check=True)
        time.sleep(PAUSE)

    def topology(self, *origins: dict[str, str], **more: Any) -> dict[str, Any]:
        """Return a topology with a device in each of two namespaces, as they are found."""
        places = [
            {
                "name": name,
                "interfaces": [
                    {"name": f"{name}0", "type": "device", "from": origin, "addresses": [f"10.77.0.{number}/24"]}
                ],
            }
            for number, (name, origin) in enumerate(zip(("left", "right"), origins), 1)
        ]
        return {"name": "devices", "namespaces": places, **more}

    def found_by(self, what: str) -> list[dict[str, str]]:
        """Return how the two are found: by ``name``, ``altname`` or ``mac``."""
        there = [self.before[mac] for mac in MACS]
        if what == "mac":
            return [{"mac": mac} for mac in MACS]
        return [{"name": one["ifname"] if what == "name" else one["altnames"][0]} for one in there]

    def goes_in(self, name: str, topology: dict[str, Any]) -> bool:
        """Check that the devices go in, reach each other there, and that nothing is left to do."""
        made = self.host.run("netns_topology", **topology)
        if not self.checks.that(f"{name}: moved in", made.get("changed"), made.get("msg")):
            return False
        self.settled()
        inside = {one["ifname"] for netns in ("left", "right") for one in self.host.ip("-n", netns, "link", "show")}
        self.checks.that(
            f"{name}: renamed, and gone from the host", {"left0", "right0"} <= inside and not self.at_home()
        )
        ping = ["ip", "netns", "exec", "left", "ping", "-c", "3", "-i", "0.2", "-w", "20", "10.77.0.2"]
        pinged = subprocess.run(ping, check=False, capture_output=True, text=True)
        self.checks.that(f"{name}: one reaches the other", pinged.returncode == 0, pinged.stdout)
        again = self.host.run("netns_topology", **topology)
        self.checks.that(f"{name}: nothing to do then", again.get("changed") is False, again.get("commands"))
        return True

    def came_home(self, name: str, **renamed: str) -> None:
        """Check that both are on the host again, under their names but for those of ``renamed``, by MAC address."""
        self.settled()
        now = {mac: one["ifname"] for mac, one in self.at_home().items()}
        wanted = {mac: one["ifname"] for mac, one in self.before.items()}
        self.checks.that(f"{name}: at home under their names", now == {**wanted, **renamed}, now)


def by_each_name(devices: Devices) -> None:
    """Find them in each way, and end their stay by removing the topology."""
    for what in ("name", "altname", "mac"):
        if what == "altname" and not all(one.get("altnames") for one in devices.before.values()):
            print("  the devices have no alternative names here", flush=True)
            continue
        if devices.goes_in(f"by {what}", devices.topology(*devices.found_by(what))):
            gone = devices.host.run("netns_topology", name="devices", namespaces=["left", "right"], state="absent")
            devices.checks.that(f"by {what}: removed", gone.get("changed"), gone.get("msg"))
        devices.came_home(f"by {what}, absent")


def after_a_failure(devices: Devices) -> None:
    """Have a later step refused, so that the devices are brought back."""
    topology = devices.topology(*devices.found_by("mac"))
    topology["namespaces"][1]["routes"] = REFUSED
    failed = devices.host.run("netns_topology", **topology)
    said = str(failed.get("msg"))
    # What NetworkManager sets of IPv6 goes when a device changes its namespace, and netlink cannot set it again.
    said = re.sub(r"undone, except for this:( the IPv6 settings of \w+ in the host's namespace[;.])+", AS_IT_WAS, said)
    devices.checks.that("refused: told, and as it was", said.endswith(AS_IT_WAS), said)
    devices.came_home("refused")
    devices.checks.that("refused: no namespace is left", not devices.host.namespaces(), devices.host.namespaces())


def after_the_death_of_a_namespace(devices: Devices) -> None:
    """Let a hand delete the namespaces: the kernel brings the devices back, and they go in again."""
    topology = devices.topology(*devices.found_by("mac"))
    devices.goes_in("namespaces that die", topology)
    shell("ip netns delete left; ip netns delete right")
    devices.settled()
    devices.checks.that("namespaces that die: both devices are on the host", len(devices.at_home()) == 2)
    devices.goes_in("namespaces that have died", topology)
    for name in ("left", "right"):
        gone = devices.host.run("netns", name=name, state="absent")
        devices.checks.that(f"netns {name}: removed", gone.get("changed"), gone.get("msg"))
    devices.settled()
    devices.checks.that("netns absent: both devices are on the host", len(devices.at_home()) == 2)


def where_the_name_is_taken(devices: Devices) -> None:
    """Take the name of a device while it is away: it comes home under another one, and the stranger stays."""
    name = devices.before[MACS[0]]["ifname"]
    devices.goes_in("a name that is taken", devices.topology(*devices.found_by("mac")))
    shell(f"ip link add {name} type dummy")
    gone = devices.host.run("netns_topology", name="devices", namespaces=["left", "right"], state="absent")
    devices.checks.that("a name that is taken: removed", gone.get("changed"), gone.get("msg"))
    devices.settled()
    home = {mac: one["ifname"] for mac, one in devices.at_home().items()}
    devices.checks.that("a name that is taken: both are at home, one under another name", len(home) == 2, home)
    devices.checks.that("a name that is taken: not that one", home.get(MACS[0]) != name, home)
    kinds = json.loads(shell(f"ip -j -d link show dev {name}"))
    devices.checks.that("a name that is taken: the stranger stays", kinds[0]["linkinfo"]["info_kind"] == "dummy")
    shell(f"ip link delete {name}; ip link set {home[MACS[0]]} down; ip link set {home[MACS[0]]} name {name}")


#: In this order; each begins with both devices at home.
PARTS: tuple[Callable[[Devices], None], ...] = (
    by_each_name,
    after_a_failure,
    where_the_name_is_taken,
    after_the_death_of_a_namespace,
)


def main() -> None:
    """Play all, and say the counts."""
    checks = Checks()
    devices = Devices(Host(), checks)
    if checks.that("the machine has its two devices", len(devices.before) == 2, devices.before):
        for part in PARTS:
            part(devices)
    checks.end()


if __name__ == "__main__":
    main()

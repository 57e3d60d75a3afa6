# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies with ends on the host, where udev and what manages the network see them, in as many rounds as is said.

A round: made, found unchanged (at once, and when udev and the others have had their turn), changed, purged.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.linuxnet.netns.tests.integration.host import Host

from tools.vm.inside.checks import Checks, missing

#: Seconds after which what reacts to a new interface has done so; each fifth round waits longer.
SOON, LATE = 1.0, 4.0
#: Interfaces of other kinds that the host has beside its NICs.
STRANGERS = """
ip link add veth0 type veth peer name veth1
ip link add br0 type bridge
ip link add dummy0 type dummy
ip link set br0 up
ip link set veth0 up
"""


class Wrong(Exception):
    """Something is not as a user would expect it."""


def addressed(number: int, later: int) -> list[dict[str, list[str]]]:
    """Return the addresses of the two ends of a link, which are others later."""
    return [{"addresses": [f"10.{100 + later}.{number}.{end}/24"]} for end in (1, 2)]


def ten_host_ends(later: int) -> dict[str, Any]:
    """Ten ends on the host: of six links to namespaces, and of two links that both ends of are on the host."""
    links: list[dict[str, Any]] = []
    for number in range(8):
        other = {"netns": ("blue", "red")[number % 2], "interface": f"up{number}"}
        ends = [{"interface": f"he{number}"}, other if number < 6 else {"interface": f"hf{number}"}]
        if number % 3 == 0:
            ends.reverse()
        links.append(
            {
                "endpoints": [{**end, **own} for end, own in zip(ends, addressed(number, later))],
                "mtu": 1500 - 100 * later,
            }
        )
    return {"name": "ten", "namespaces": ["blue", "red"], "links": links, "purge": True}


def names_of_the_host(names: list[str], later: int) -> dict[str, Any]:
    """Declare ends in namespaces that are named as interfaces of the host; of each three links one has an end there."""
    links: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        ends = [{"netns": "green", "interface": name}, {"netns": "grey", "interface": names[number - 1]}]
        if number % 3 == 1:
            ends[1] = {"interface": f"hn{number}"}
        if number % 2:
            ends.reverse()
        own = addressed(20 + number, later)
        links.append({"endpoints": [{**end, **one} for end, one in zip(ends, own)], "mtu": 1500 - 100 * later})
    return {"name": "names", "namespaces": ["green", "grey"], "links": links, "purge": True}


class Round:
    """One topology, from its making to its end."""

    def __init__(self, host: Host, states: tuple[dict[str, Any], dict[str, Any]]) -> None:
        self.host = host
        self.first, self.later = states
        self.nothing = {"name": self.first["name"], "namespaces": [], "links": [], "purge": True}

    def run(self, what: str, options: dict[str, Any], changed: bool) -> None:
        """Run the module, which must succeed and tell whether there was something to do."""
        result = self.host.run("netns_topology", **options)
        if result.get("failed"):
            raise Wrong(f"{what}: {result['msg']}")
        if result["changed"] is not changed:
            raise Wrong(f"{what}: changed is {result['changed']}: {result['commands']}")

    def ends(self, options: dict[str, Any]) -> None:
        """See that each end is there as it is declared, and that the other answers it."""
        there = {name: self.links(name) for name in ("", *options["namespaces"])}
        for link in options["links"]:
            for end in link["endpoints"]:
                found = there[end.get("netns", "")].get(end["interface"])
                if found is None:
                    raise Wrong(f"there is no {end}")
                addresses = [f"{one['local']}/{one['prefixlen']}" for one in found["addr_info"]]
                if missing(end["addresses"], addresses) or found["mtu"] != link["mtu"] or "UP" not in found["flags"]:
                    raise Wrong(f"{end}, mtu {link['mtu']}, is {found}")

    def links(self, netns: str) -> dict[str, Any]:
        """Return the interfaces of a namespace by name."""
        found = self.host.ip(*(["-n", netns] if netns else []), "address", "show")
        return {link["ifname"]: link for link in found}

    def pings(self) -> None:
        """See that a packet goes from one end to the other, of a link that leads to a namespace."""
        for link in self.later["links"]:
            here, there = link["endpoints"]
            if here.get("netns") != there.get("netns"):
                netns = ["ip", "netns", "exec", here["netns"]] if "netns" in here else []
                address = there["addresses"][0].split("/")[0]
                words = [*netns, "ping", "-c", "3", "-i", "0.2", "-W", "1", address]
                if subprocess.run(words, check=False, capture_output=True).returncode:
                    raise Wrong(f"no reply: {' '.join(words)}")
                return


def clear(before: set[str]) -> None:
    """Remove what a round has left."""
    for netns in ("blue", "red", "green", "grey"):
        subprocess.run(["ip", "netns", "delete", netns], check=False, capture_output=True)
    for link in json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True).stdout):
        if link["ifname"] not in before:
            subprocess.run(["ip", "link", "delete", link["ifname"]], check=False, capture_output=True)
    for record in Path("/run/linuxnet.netns").glob("*"):
        record.unlink()


def main() -> None:
    """Play the rounds, both topologies side by side, and say how many were right."""
    subprocess.run(["sh", "-ec", STRANGERS], check=True)
    time.sleep(LATE)
    host, rounds_wanted = Host(), int((sys.argv[1:] or ["5"])[0])
    before = {link["ifname"]: link for link in host.ip("link", "show")}
    names = [name for name in before if name != "lo"]
    print(f"the host has {', '.join(names)}", flush=True)
    rounds = [
        ("ten host ends", Round(host, (ten_host_ends(0), ten_host_ends(1)))),
        ("names of the host's interfaces", Round(host, (names_of_the_host(names, 0), names_of_the_host(names, 1)))),
    ]
    right = {name: 0 for name, _round in rounds}
    checks = Checks()
    for number in range(1, rounds_wanted + 1):
        wrong = play(rounds, LATE if number % 5 == 0 else SOON)
        after = {link["ifname"]: link for link in host.ip("link", "show")}
        for name, _round in rounds:
            gone = missing(before, after)
            left = sorted(set(after) - set(before))
            if name not in wrong and (gone or left or host.namespaces()):
                wrong[name] = f"in the end: gone from the host {gone}, left there {left}, {host.namespaces()}"
            right[name] += name not in wrong
            checks.that(f"round {number}, {name}", name not in wrong, wrong.get(name))
        if wrong:
            clear(set(before))
    for name, count in right.items():
        print(f"{name}: {count} of {rounds_wanted} rounds right", flush=True)
    checks.end()


def play(rounds: list[tuple[str, Round]], pause: float) -> dict[str, str]:
    """Play one round of each topology; what went wrong, by its name."""
    wrong: dict[str, str] = {}

    def each(*steps: Any) -> None:
        for name, one in rounds:
            try:
                for step in steps:
                    if name not in wrong:
                        step(one)
            except Wrong as error:
                wrong[name] = str(error)

    each(
        lambda one: one.run("made", one.first, True),
        lambda one: one.run("again at once", one.first, False),
        lambda one: one.ends(one.first),
    )
    subprocess.run(["udevadm", "settle"], check=True)
    time.sleep(pause)
    each(lambda one: one.run(f"again {pause:.0f} s later", one.first, False), lambda one: one.ends(one.first))
    each(
        lambda one: one.run("changed", one.later, True),
        lambda one: one.run("changed, again", one.later, False),
        lambda one: one.ends(one.later),
        Round.pings,
    )
    each(
        lambda one: one.run("purged", one.nothing, True),
        lambda one: one.run("purged, again", one.nothing, False),
    )
    return wrong


if __name__ == "__main__":
    main()

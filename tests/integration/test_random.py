# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies at random, one after the other or at once, on one host where people do things by hand in between."""

from __future__ import annotations

import os
import random
import threading
import zlib
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host, at_once, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.thorough import Tried, several

#: How many seeds of a test are tried on other kernels too, where one takes half a minute.
ON_KERNELS = 1
ADDRESSES = ["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24", "10.1.0.1/16", "fd00::1/64", "fd00::1/48", "fd01::2/64"]


def seeds(first: int, few: int, many: int) -> pytest.MarkDecorator:
    """So few hosts and topologies at random, or so many."""
    return several("seed", first, few, many, kernel=ON_KERNELS)


def some_addresses(chance: random.Random, least: int, place: object) -> list[str]:
    """Return addresses at random; of IPv6 those that no other place has, for else one of the two would be a
    duplicate.
    """
    number = zlib.crc32(repr(place).encode()) & 0xFFFF
    chosen = chance.sample(ADDRESSES, chance.randint(least, 3))
    own = [one.replace("::", f"::{number:x}:") for one in chosen]
    return list({one.partition("/")[0]: one for one in own}.values())


def some_topology(chance: random.Random, topology: str = "some") -> dict[str, Any]:
    """Return a topology with namespaces, links and addresses at random."""
    names = chance.sample(["a", "b", "c"], chance.randint(1, 3))
    ends: set[tuple[Any, str]] = set()

    def endpoint() -> Any:
        netns, interface = chance.choice([None, *names]), chance.choice(["e0", "e1", "e2"])
        if (netns, interface) in ends:
            interface = f"y{len(ends)}"
        ends.add((netns, interface))
        if chance.random() < 0.3:
            return interface if netns is None else f"{netns}:{interface}"
        return {
            "netns": netns,
            "interface": interface,
            "addresses": some_addresses(chance, 0, (netns, interface)),
            "state": chance.choice(["up", "up", "down"]),
            "mtu": chance.choice([None, None, 1400]),
            "mac": chance.choice([None, None, f"02:00:00:00:00:{len(ends):02x}"]),
        }

    return {
        "name": topology,
        "namespaces": [
            {"name": name, "loopback": chance.choice(["up", "down"]), **some_things(chance, True)} for name in names
        ],
        "links": [{"endpoints": [endpoint(), endpoint()]} for _number in range(chance.randint(0, 4))],
        "purge": chance.random() < 0.7,
        "host": some_things(chance, False),
    }


def some_things(chance: random.Random, inside: bool) -> dict[str, Any]:
    """Return what a namespace, or the host, may have at random beside the ends of links, and no kernel refuses."""
    things: dict[str, Any] = {}
    if chance.random() < 0.3:
        things["rules"] = [{"priority": chance.choice([1000, 1001]), "fwmark": chance.randint(1, 3), "table": 100}]
    if chance.random() < 0.3:
        things["routes"] = [{"to": f"10.{chance.randint(80, 82)}.0.0/16", "type": "blackhole"}]
    if chance.random() < 0.3:
        bridge = {"name": "br", "type": "bridge", "state": chance.choice(["up", "down"])}
        things["interfaces"] = [{**bridge, "addresses": chance.choice([[], ["10.7.0.1/24"]])}]
    if inside and chance.random() < 0.3:
        things["sysctls"] = {"net.ipv4.ip_forward": chance.choice([True, False])}
    return things


def by_hand(chance: random.Random, host: Host) -> None:
    """Let a person do something to the host."""
    host.sh(f"{some_deed(chance)}; sleep 0.05")


def some_deed(chance: random.Random) -> str:
    """Something that a person does to a host, as a command that succeeds whether or not it can be done."""
    name = chance.choice(["a", "b", "c"])
    interface, address = chance.choice(["e0", "e1", "e2"]), chance.choice(ADDRESSES)
    inside = chance.choice([f"ip -n {name}", f"ip -n {name}", "ip"])
    command = chance.choice(
        [
            "true",
            f"ip netns delete {name}; sleep 0.5",
            f"ip netns delete {name}; sleep 0.5; ip netns add {name}",
            f"ip netns add {name}",
            f"{inside} link delete {interface}",
            f"{inside} link set {interface} {chance.choice(['up', 'down'])}",
            f"{inside} link set {interface} netns {chance.choice(['a', 'b', 'c', '$$'])}",
            f"{inside} link add {interface} type {chance.choice(['bridge', 'veth'])}",
            f"{inside} address add {address} dev {interface}",
            f"{inside} address delete {address} dev {interface}",
            f"{inside} address flush dev {interface}",
            f"{inside} link set {interface} mtu 1300",
            "rm -f /run/linuxnet.netns/some.json",
            f"ip netns exec {name} sysctl -qw net.ipv4.conf.{interface}.promote_secondaries=1",
            f"{inside} route add 10.77.0.0/16 dev {interface}",
            f"{inside} link set {interface} name {chance.choice(['e0', 'e1', 'mine'])}",
            f"{inside} link set {interface} address 06:00:00:00:00:0{chance.randint(1, 9)}",
            f"{inside} link set {chance.choice(['br', interface])} group {chance.randint(0, 1)}",
            f"{inside} link delete br",
            f"{inside} link add br type veth peer name {interface}",
            f"{inside} link set {interface} master br",
            f"{inside} route replace 10.80.0.0/16 dev lo",
            f"{inside} route flush table main",
            f"{inside} rule delete priority 1000",
            f"{inside} rule add priority 1001 fwmark 2 table 100",
            f"ip netns exec {name} sysctl -qw net.ipv4.ip_forward=1",
            f"umount /run/netns/{name}",
        ]
    )
    return f"({command}) >/dev/null 2>&1 || true"


def some_task(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Return one of the other modules with options at random."""
    names = ["a", "b", "c"]
    netns, other = (chance.choice([None, *names]) for _end in range(2))
    interface, peer = (chance.choice(["e0", "e1", "e2", "lo"]) for _end in range(2))
    state = chance.choice(["present", "present", "absent"])
    addresses = some_addresses(chance, 1, (netns, interface))
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("netns", {"name": chance.sample(names, 2), "state": state}),
        ("netns", {"name": chance.sample(names, 2), "loopback": chance.choice(["up", "down"])}),
        (
            "veth",
            {
                "name": interface,
                "netns": netns,
                "peer": peer,
                "peer_netns": other,
                "state": state,
                "mac": chance.choice([None, "02:00:00:00:00:01"]),
                "peer_mac": chance.choice([None, "02:00:00:00:00:02"]),
                "mtu": chance.choice([None, 1400, 1000]),
            },
        ),
        ("veth", {"name": interface, "netns": netns, "state": "absent"}),
        ("netns_addr", {"netns": netns, "interface": interface, "addresses": addresses, "state": state}),
        ("netns_addr", {"netns": netns, "interface": interface, "addresses": addresses, "exclusive": True}),
        ("netns_link_state", {"netns": netns, "interface": interface, "state": chance.choice(["up", "down"])}),
    ]
    return chance.choice(tasks)


def known(options: dict[str, Any]) -> dict[str, Any]:
    """Return the result but for what a prediction cannot tell."""
    return {key: options.get(key) for key in ("changed", "commands", "diff", "msg", "failed", "warnings")}


@seeds(1000, 8, 120)
def test_any_topology_is_predicted_reached_and_then_left_alone(host: Host, seed: int) -> None:
    chance = random.Random(seed)
    for _number in range(3):
        by_hand(chance, host)
        options = some_topology(chance) | {"state": chance.choice(["present"] * 4 + ["absent"])}
        before = host.dump()
        predicted = host.run("netns_topology", check=True, **options)
        assert not difference(before, host.dump())
        result = host.run("netns_topology", **options)
        assert known(predicted) == known(result), options
        if result.get("failed"):
            assert not difference(before, host.dump())
            continue
        again = host.done("netns_topology", **options)
        assert (again["changed"], again["diff"]) == (False, []), options


@seeds(2000, 8, 120)
def test_any_task_is_predicted_done_and_then_nothing_is_left_to_do(host: Host, seed: int) -> None:
    chance = random.Random(seed)
    host.sh("for name in a b; do ip netns add $name; done; ip link add e0 netns a type veth peer name e1")
    for _number in range(8):
        by_hand(chance, host)
        module, options = some_task(chance)
        before = host.dump()
        predicted = host.run(module, check=True, **options)
        assert not difference(before, host.dump())
        result = host.run(module, **options)
        assert "Traceback" not in str(result)
        if result.get("failed"):
            assert not difference(before, host.dump()), (module, options, result)
            assumed = any("check mode assumes" in one for one in predicted.get("warnings", ()))
            foreseen = predicted.get("failed") is True or assumed
            assert foreseen or "failed: " in result["msg"], (module, options, result)
            continue
        assert known(predicted) == known(result), (module, options)
        again = host.done(module, **options)
        assert (again["changed"], again["diff"]) == (False, []), (module, options)


@seeds(3000, 8, 120)
def test_a_topology_that_fails_anywhere_leaves_everything_as_it_was(host: Host, refuse: Refuse, seed: int) -> None:
    chance = random.Random(seed)
    host.run("netns_topology", **some_topology(chance))
    for _number in range(3):
        by_hand(chance, host)
    count = 0
    while not count:
        options = some_topology(chance) | {"state": chance.choice(["present"] * 4 + ["absent"])}
        count = len(host.run("netns_topology", check=True, **options).get("commands", []))
    before = host.dump()
    refuse(chance.randrange(count))
    result = host.run("netns_topology", **options)

    assert result["failed"] is True
    assert "failed: Operation not permitted (EPERM)." in result["msg"]
    assert result["msg"].endswith("The host is as it was."), result["msg"]
    assert not difference(before, host.dump()), options


#: What somebody has on the host who has nothing to do with any of it.
STRANGERS = (
    "ip netns add other; ip link add theirs type veth peer name in netns other; ip address add 192.0.2.1/24 dev theirs;"
    "ip link set theirs up; ip -n other link set in up; ip -n other rule add priority 7 fwmark 7 table 7"
)
#: What is said of a run that could not do its work.
HONEST = (
    "The host is as it was.",
    "Nothing was changed.",
    "What was done before was undone, except for this: ",
    "What is there now differs, for something else changed it meanwhile: ",
)


def strangers(host: Host) -> Any:
    """Return what they have."""
    found = host.dump()
    return found["other"], [one for one in found[""]["links"] if one["ifname"] == "theirs"]


def told(result: dict[str, Any], about: Any) -> None:
    """Make sure that a result is one, and that a failure is told as the promises have it."""
    assert "Traceback" not in str(result), about
    message = str(result.get("msg"))
    assert "not foreseen" not in message, about
    mistakes = not result.get("changed") and " failed: " not in message
    assert not result.get("failed") or mistakes or any(words in message for words in HONEST), (about, message)


class Hand(threading.Thread):
    """Somebody who does things at random all the time, until it is ended."""

    def __init__(self, host: Host, seed: int) -> None:
        super().__init__(daemon=True)
        self._host, self._chance = host, random.Random(seed)
        self.ended = False
        self.deeds = 0

    def run(self) -> None:
        while not self.ended:
            self._host.sh(some_deed(self._chance).replace("sleep 0.5", "true").replace("$$", str(os.getpid())))
            self.deeds += 1


@seeds(4000, 3, 60)
def test_whatever_a_hand_does_meanwhile_nothing_of_others_is_touched_and_all_is_told(
    host: Host, seed: int, tried: Tried
) -> None:
    chance = random.Random(seed)
    host.sh(STRANGERS)
    before = strangers(host)
    hand = Hand(host, seed)
    hand.start()
    try:
        for _number in range(8):
            module, options = some_task(chance)
            if chance.random() < 0.7:
                module = "netns_topology"
                options = some_topology(chance) | {"state": chance.choice(["present", "present", "absent"])}
            told(host.run(module, **options), options)
    finally:
        hand.ended = True
        hand.join()
    tried("deeds of a hand during runs", hand.deeds)
    assert strangers(host) == before
    # What the hand left is out of the way; then all goes as ever.
    host.sh("for name in a b c; do ip netns delete $name 2>/dev/null || true; done; sleep 0.2")
    ours = [one["ifname"] for one in host.dump()[""]["links"] if one["ifname"] != "theirs"]
    host.sh(f"for one in {' '.join(ours)}; do ip link delete $one 2>/dev/null || true; done")
    options = some_topology(chance) | {"purge": True}
    host.done("netns_topology", **options)
    assert host.done("netns_topology", **options)["commands"] == []
    host.done("netns_topology", **options | {"state": "absent"})
    assert host.namespaces() == ["other"]
    assert strangers(host) == before


@seeds(5000, 2, 40)
def test_ten_runs_at_once_do_one_after_the_other_what_each_would_do(host: Host, seed: int, tried: Tried) -> None:
    chance = random.Random(seed)
    host.sh(STRANGERS)
    before = host.dump()
    forms = [some_topology(chance, f"some{number % 7}") for number in range(10)]
    for result in at_once([("netns_topology", form) for form in forms]):
        told(result, forms)
        assert not result.get("failed") or result["commands"] == [], result
    # At least one of those that there are is as declared, and nothing is left to do for it.
    left = [host.run("netns_topology", check=True, **form) for form in forms]
    assert any(one.get("commands") == [] and not one.get("failed") for one in left), (forms, left)
    gone = [form | {"state": "absent", "purge": True} for form in forms]
    results = at_once([("netns_topology", form) for form in gone * 2])
    for result in results:
        told(result, forms)
    for form in gone:
        host.done("netns_topology", **form)
    tried("runs at once", len(forms) + len(results))
    assert not difference(before, host.dump())

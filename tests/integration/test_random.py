# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies at random, one after the other on one host where people do things by hand in between."""

from __future__ import annotations

import random
import zlib
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

#: How many seeds of a test are tried on other kernels too.
ON_KERNELS = 2
ADDRESSES = ["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24", "10.1.0.1/16", "fd00::1/64", "fd00::1/48", "fd01::2/64"]


def seeds(first: int, count: int) -> pytest.MarkDecorator:
    """So many hosts and topologies at random."""
    marks = [[pytest.mark.kernel] if number < ON_KERNELS else [] for number in range(count)]
    return pytest.mark.parametrize("seed", [pytest.param(first + one, marks=marks[one]) for one in range(count)])


def some_addresses(chance: random.Random, least: int, place: object) -> list[str]:
    """Return addresses at random; of IPv6 those that no other place has, for else one of the two would be a
    duplicate.
    """
    number = zlib.crc32(repr(place).encode()) & 0xFFFF
    chosen = chance.sample(ADDRESSES, chance.randint(least, 3))
    own = [one.replace("::", f"::{number:x}:") for one in chosen]
    return list({one.partition("/")[0]: one for one in own}.values())


def some_topology(chance: random.Random) -> dict[str, Any]:
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
        "name": "some",
        "namespaces": [{"name": name, "loopback": chance.choice(["up", "down"])} for name in names],
        "links": [{"endpoints": [endpoint(), endpoint()]} for _number in range(chance.randint(0, 4))],
        "purge": chance.random() < 0.7,
    }


def by_hand(chance: random.Random, host: Host) -> None:
    """Something that a person does to the host; it need not succeed."""
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
        ]
    )
    host.sh(f"({command}) >/dev/null 2>&1 || true; sleep 0.05")


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


@seeds(0, 8)
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


@seeds(200, 8)
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


@seeds(100, 10)
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

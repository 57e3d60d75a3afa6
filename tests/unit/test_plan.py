# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans on a simulated state: they reach what is declared, once, and can be undone."""

from __future__ import annotations

import random
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._address import Address
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import (
    AddAddress,
    Addresses,
    DeleteAddress,
    of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    DeleteInterface,
    MoveInterface,
    SetInterface,
    change,
    inside,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import NEW, OWNERSHIP, Kept
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import Veth, VethEnd, pair
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty


def applied(state: State, *steps: Step) -> State:
    after = state.copy()
    for step in steps:
        step.effect(after)
    return after


def connected() -> State:
    """Namespaces a and b, connected by ea and eb, with addresses, up."""
    return applied(
        empty("a", "b"),
        pair(VethEnd("a", "ea", "02:00:00:00:00:01", 1500, 2), VethEnd("b", "eb", "02:00:00:00:00:02", 1500, 2)),
        AddAddress("a", "ea", "10.0.0.1/24"),
        AddAddress("a", "ea", "10.0.0.2/24"),
        AddAddress("a", "ea", "fd00::1/64"),
        SetInterface("a", "ea", "state", "up"),
        SetInterface("b", "eb", "state", "up"),
    )


def listed(state: State) -> Any:
    """Return the interfaces as the kernel lists them: the addresses of each in order, IPv4 before IPv6."""
    return {
        netns: {
            name: (one, sorted(of(state, Endpoint(netns, name)), key=lambda address: address.version))
            for name, one in found.items()
        }
        for netns, found in state.tables[INTERFACE].items()
        if found
    }


@pytest.mark.parametrize(
    "step",
    [
        AddAddress("a", "ea", "10.0.0.3/24"),
        DeleteAddress("a", "ea", "10.0.0.1/24"),
        DeleteAddress("a", "ea", "10.0.0.2/24"),
        DeleteAddress("a", "ea", "fd00::1/64"),
        SetInterface("a", "ea", "state", "down"),
        SetInterface("a", "ea", "mac", "02:00:00:00:00:09"),
        SetInterface("a", "ea", "mtu", 1400),
        SetInterface("a", "lo", "state", "up"),
        MoveInterface("a", "ea", None),
        MoveInterface("a", "ea", "b"),
        DeleteInterface("b", "eb"),
        pair(VethEnd("a", "x"), VethEnd(None, "y")),
    ],
    ids=str,
)
def test_what_undoes_a_step_restores_the_state(step: Step) -> None:
    before = connected()
    after = applied(before, step)
    assert after.tables != before.tables
    back = applied(after, *step.undo(before))
    assert listed(back) == listed(before)


def test_a_deleted_primary_takes_its_secondaries_along() -> None:
    after = applied(connected(), DeleteAddress("a", "ea", "10.0.0.1/24"))
    assert of(after, Endpoint("a", "ea")) == (Address("fd00::1/64"),)


def test_a_secondary_is_promoted_where_that_is_set() -> None:
    before = connected()
    change(before, Endpoint("a", "ea"), promotes=True)
    after = applied(before, DeleteAddress("a", "ea", "10.0.0.1/24"))
    assert of(after, Endpoint("a", "ea")) == (Address("10.0.0.2/24"), Address("fd00::1/64"))


def test_ipv4_addresses_are_in_the_order_of_the_kernel() -> None:
    ea = Endpoint("a", "ea")
    one = applied(connected(), AddAddress("a", "ea", "10.1.0.1/24"), AddAddress("a", "ea", "127.0.0.5/8"))
    two = applied(one, AddAddress("a", "ea", "10.1.0.2/24"))
    assert [(one.text, one.secondary) for one in of(two, ea) if one.version == 4] == [
        ("127.0.0.5/8", False),
        ("10.0.0.1/24", False),
        ("10.1.0.1/24", False),
        ("10.0.0.2/24", True),
        ("10.1.0.2/24", True),
    ]
    change(two, ea, promotes=True)
    left = of(applied(two, DeleteAddress("a", "ea", "10.0.0.1/24")), ea)
    assert [one.text for one in left if one.version == 4] == [
        "127.0.0.5/8",
        "10.1.0.1/24",
        "10.0.0.2/24",
        "10.1.0.2/24",
    ]


def test_going_down_takes_ipv6_addresses_and_both_carriers() -> None:
    after = applied(connected(), SetInterface("a", "ea", "state", "down"))
    assert [one.text for one in of(after, Endpoint("a", "ea"))] == ["10.0.0.1/24", "10.0.0.2/24"]
    assert (inside(after, "a")["ea"].carrier, inside(after, "b")["eb"].carrier) == (False, False)


def test_a_moved_interface_arrives_bare_and_its_peer_knows() -> None:
    after = applied(connected(), MoveInterface("a", "ea", None))
    moved = inside(after, None)["ea"]
    assert (moved.up, of(after, Endpoint(None, "ea")), moved.ifindex) == (False, (), 2)
    assert inside(after, "b")["eb"].peer == (None, "ea")


def test_what_only_fails_in_consequence_is_not_told() -> None:
    declared = [
        Veth("links[0]", VethEnd("nowhere", "ea", path="links[0].endpoints[0]"), VethEnd("a", "eb")),
        Addresses("links[0].endpoints[0]", "nowhere", "ea", ("10.0.0.1/24",)),
        LinkState("links[0].endpoints[0]", "nowhere", "ea", True),
    ]
    with pytest.raises(Invalid) as caught:
        _plan.make(declared, empty("a"))
    assert [str(problem) for problem in caught.value.problems] == [
        "links[0].endpoints[0].netns: there is no namespace nowhere; create it first, with linuxnet.netns.netns"
    ]


def some_topology(chance: random.Random) -> dict[str, Any]:
    """Return a form with namespaces and links at random."""
    names = chance.sample(["a", "b", "c", "d"], chance.randint(1, 4))
    places = [None, *names]
    ends: set[tuple[Any, str]] = set()

    def endpoint(number: int) -> Any:
        netns, interface = chance.choice(places), chance.choice(["e0", "e1", f"x{number}"])
        if (netns, interface) in ends:
            interface = f"y{len(ends)}"
        ends.add((netns, interface))
        if chance.random() < 0.3:
            return interface if netns is None else f"{netns}:{interface}"
        addresses = chance.sample(["10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/16", "fd00::1/64"], chance.randint(0, 3))
        return {
            "netns": netns,
            "interface": interface,
            "addresses": addresses,
            "state": chance.choice(["up", "down"]),
            "mtu": chance.choice([None, 1400]),
            "mac": chance.choice([None, f"02:00:00:00:00:{len(ends):02x}"]),
        }

    return {
        "name": "some",
        "namespaces": [{"name": name, "loopback": chance.choice(["up", "down"])} for name in names],
        "links": [{"endpoints": [endpoint(number), endpoint(number)]} for number in range(chance.randint(0, 5))],
    }


@pytest.mark.parametrize("seed", range(300))
def test_any_topology_is_reached_from_any_other_and_then_nothing_is_left_to_do(seed: int) -> None:
    chance = random.Random(seed)
    state = empty("theirs")
    untouched = dict(inside(state, "theirs"))
    for number in range(3):
        problems = Problems()
        topology = _topology.read(problems, some_topology(chance))
        problems.check()
        present = number < 2 or chance.random() < 0.5
        declared = _topology.declare(topology, present, purge=chance.random() < 0.7)
        plan = _plan.make(declared, state)
        undo, lost = _plan.reversal(plan.steps, state)
        if present and not any(step.removes() for step in plan.steps):
            assert not lost
            assert listed(applied(plan.after, *undo)) == listed(state)
        state = plan.after.copy()
        state.made = []
        for name, one in state.names.items():
            state.names[name] = one._replace(created=False, identity=one.identity or f"4:{seed}{number}{name}")
        settle(state)
        again = _plan.make(declared, state)
        assert [str(step) for step in again.steps if step.command()] == []
    assert inside(state, "theirs") == untouched


def settle(state: State) -> None:
    """Give interfaces the indexes and MACs, and things the identities, that only a real kernel tells."""
    for netns, found in state.tables[INTERFACE].items():
        for number, (name, one) in enumerate(list(found.items())):
            if one.type == "veth":
                mac = one.mac or f"06:00:00:00:00:{number:02x}"
                change(state, Endpoint(netns, name), ifindex=one.ifindex or 100 + number, mac=mac)
    for netns, found in state.tables[INTERFACE].items():
        for name, one in list(found.items()):
            if one.peer is not None:
                peer = inside(state, one.peer.netns)[one.peer.interface]
                change(state, Endpoint(netns, name), peer_ifindex=peer.ifindex)
    for topology, kept in list(state.rows(OWNERSHIP, None).items()):
        if kept.record is not None:
            for thing, identity in kept.record.things.items():
                if identity == NEW:
                    kept.record.things[thing] = thing.kind.identity(state, thing) or "gone"
            state.put(OWNERSHIP, None, topology, Kept(kept.record, kept.record.copy()))

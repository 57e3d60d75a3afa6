# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An end of a pair that belongs in another namespace is moved there, and no end of another pair ever is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import PLUGGED, link
from ansible_collections.linuxnet.netns.tests.integration.host import Host, shown

#: The namespaces that most tests have.
FOUR = "for n in a b c d; do ip netns add $n; done"
DECLARED = {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"}


def ends(host: Host) -> list[str]:
    """Return where interfaces called ea and eb are, each with its index."""
    places = {"": "ip -o link", **{name: f"ip -n {name} -o link" for name in host.namespaces()}}
    return [
        f"{place}:{line.split()[1].split('@')[0]} {line.split(':')[0]}"
        for place, command in places.items()
        for line in host.sh(f"{command} show").splitlines()
        if line.split()[1][:2] in ("ea", "eb")
    ]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("places", "commands"),
    [
        ("ea netns a type veth peer name eb netns c", ["ip -n c link set dev eb netns b"]),
        ("ea netns c type veth peer name eb netns b", ["ip -n c link set dev ea netns a"]),
        ("ea netns a type veth peer name eb netns a", ["ip -n a link set dev eb netns b"]),
        (
            "ea type veth peer name eb netns c",
            ["ip link set dev ea netns a", "ip -n c link set dev eb netns b"],
        ),
        (
            "ea netns d type veth peer name eb",
            ["ip -n d link set dev ea netns a", "ip link set dev eb netns b"],
        ),
    ],
    ids=["the second", "the first", "from the other's", "both, the first from the host", "both, the second from it"],
)
def test_an_end_that_is_elsewhere_is_moved(host: Host, places: str, commands: list[str]) -> None:
    host.sh(f"{FOUR}; ip link add {places}")
    predicted = host.done("veth", check=True, **DECLARED)
    result = host.done("veth", **DECLARED)
    assert result["commands"] == predicted["commands"] == commands
    assert len(ends(host)) == 2
    assert host.done("veth", **DECLARED)["changed"] is False


def test_of_two_pairs_of_the_same_names_the_one_with_an_end_in_its_place_is_meant(host: Host) -> None:
    host.sh(f"{FOUR}; ip link add ea type veth peer name eb; ip link add ea netns c type veth peer name eb netns b")
    assert host.done("veth", **DECLARED)["commands"] == ["ip -n c link set dev ea netns a"]
    assert [one.split()[0] for one in ends(host)] == [":eb", ":ea", "a:ea", "b:eb"]


def test_a_pair_with_both_ends_elsewhere_is_another_one(host: Host) -> None:
    host.sh(f"{FOUR}; ip link add ea netns c type veth peer name eb netns d")
    theirs = ends(host)
    assert host.done("veth", **DECLARED)["commands"] == ["ip -n a link add name ea type veth peer name eb netns b"]
    assert set(theirs) < set(ends(host))
    assert len(ends(host)) == 4


def test_a_pair_of_other_names_is_not_moved(host: Host) -> None:
    host.sh(f"{FOUR}; ip link add ea netns a type veth peer name ec netns c")
    assert host.refused("veth", **DECLARED) == (
        "name: the name ea in namespace a is taken by one end of another veth pair, whose other end is ec in namespace "
        "c; it was not touched: choose another name, or remove that interface first"
    )


def test_an_end_is_not_moved_to_where_its_name_is_taken(host: Host) -> None:
    host.sh(f"{FOUR}; ip link add ea netns a type veth peer name eb netns c; ip -n b link add eb type bridge")
    assert host.refused("veth", **DECLARED).startswith(
        "peer: the name eb in namespace b is taken by an interface of kind bridge; it was not touched: "
    )


def test_a_topologys_end_is_not_moved_by_another_task(host: Host) -> None:
    form = {"name": "one", "namespaces": ["a", "b", "c"]}
    host.done("netns_topology", **form, links=[link("a:ea", "b:eb")])
    taken = (
        "the name ea in namespace a is taken by one end of a veth pair of topology one, whose other end is eb in "
        "namespace b; it was not touched: choose another name, or remove that interface first"
    )
    for state in ("present", "absent"):
        assert host.refused("veth", **{**DECLARED, "peer_netns": "c"}, state=state) == f"name: {taken}"
    message = host.refused("netns_topology", name="two", links=[link("a:ea", "c:eb")])
    assert message == f"links[0].endpoints[0].interface: {taken}"
    # It is the topology itself that moves it.
    assert host.done("netns_topology", **form, links=[link("a:ea", "c:eb")])["commands"] == [
        "ip -n b link set dev eb netns c",
        "ip -n c link set dev eb up",
    ]


@pytest.mark.kernel
def test_what_a_moved_end_loses_is_shown_and_can_be_declared_again(host: Host) -> None:
    host.sh(f"{PLUGGED}; ip netns add c")
    moved = {**DECLARED, "peer_netns": "c"}
    predicted = host.done("veth", check=True, **moved)
    assert "10.0.0.2/24" in shown(predicted, "before")
    assert "state: up" in shown(predicted, "before")
    assert "10.0.0.2/24" not in shown(predicted, "after")
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("veth", moved),
        ("netns_addr", {"netns": "c", "interface": "eb", "addresses": ["10.0.0.2/24"]}),
        ("netns_link_state", {"netns": "c", "interface": "eb", "state": "up", "wait": 5}),
    ]
    for module, options in tasks:
        host.done(module, **options)
    assert host.pings("c", "10.0.0.1")
    assert not any(host.done(module, **options)["changed"] for module, options in tasks)


def test_a_move_into_a_namespace_that_a_play_would_make_is_predicted(host: Host) -> None:
    host.sh(PLUGGED)
    predicted = host.done("veth", check=True, **{**DECLARED, "peer_netns": "new"})
    assert predicted["commands"] == ["ip -n b link set dev eb netns new"]
    assert predicted["warnings"] == ["Namespace new is not there: check mode assumes that an earlier task makes it."]


def test_a_pair_with_an_end_in_its_place_is_removed_wherever_the_other_is(host: Host) -> None:
    host.sh(f"{FOUR}; ip link add ea netns a type veth peer name eb netns c")
    host.sh("ip link add ea type veth peer name eb netns d")
    assert host.done("veth", **DECLARED, state="absent")["commands"] == ["ip -n a link delete dev ea"]
    # Of the other pair nothing is where it is declared.
    assert host.done("veth", **DECLARED, state="absent")["commands"] == []
    assert [one.split()[0] for one in ends(host)] == [":ea", "d:eb"]
    form = {"name": "t", "namespaces": ["a", "b"], "links": [link("a:ea", "b:eb")]}
    host.done("netns_topology", **form, state="absent")
    assert [one.split()[0] for one in ends(host)] == [":ea", "d:eb"]

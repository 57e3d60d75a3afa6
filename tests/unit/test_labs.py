# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab that is written in short is the same as the one that is written at length."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import Secret
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress

SWITCH: dict[str, Any] = {"name": "lan", "netns": "sw", "bridge": {"stp": False}, "mac": "02:00:00:00:00:01"}
SHORT: dict[str, Any] = {
    "name": "lab",
    "namespaces": ["sw", "r1", "r2"],
    "defaults": {"mtu": 1400, "shaping": {"rate": "10mbit"}},
    "bridges": [
        {
            **SWITCH,
            "prefixes": ["10.0.0.0/24"],
            "endpoints": ["r1:eth0", {"netns": "r2", "interface": "eth0", "mtu": 1300, "port": {"isolated": True}}],
        },
        {
            "name": "br0",
            "addresses": ["192.0.2.1/24"],
            "endpoints": [{"interface": "e0", "port": "e1", "shaping": None}],
        },
    ],
    "links": [{"endpoints": [{"netns": "r1", "interface": "x", "state": "down"}, "r2:y"], "prefixes": ["10.9.0.0/31"]}],
}
RATE = {"rate": "10mbit"}


def end(place: str, mtu: int, *addresses: str, **more: Any) -> dict[str, Any]:
    """Return an end at NAMESPACE:INTERFACE, written at length."""
    netns, _colon, interface = place.rpartition(":")
    inside = {"netns": netns} if netns else {}
    return {**inside, "interface": interface, "mtu": mtu, "addresses": list(addresses), **more}


LONG: dict[str, Any] = {
    "name": "lab",
    "namespaces": [
        {
            "name": "sw",
            "interfaces": [
                {
                    **{key: one for key, one in SWITCH.items() if key != "netns"},
                    "type": "bridge",
                    "ports": ["r1_eth0", {"name": "r2_eth0", "isolated": True}],
                }
            ],
        },
        "r1",
        "r2",
    ],
    "host": {"interfaces": [{"name": "br0", "type": "bridge", "ports": ["e1"], "addresses": ["192.0.2.1/24"]}]},
    "links": [
        {
            "endpoints": [
                end("r1:x", 1400, "10.9.0.1/31", shaping=RATE, state="down"),
                end("r2:y", 1400, "10.9.0.0/31", shaping=RATE),
            ]
        },
        {"endpoints": [end("r1:eth0", 1400, "10.0.0.1/24", shaping=RATE), end("sw:r1_eth0", 1400)]},
        {"endpoints": [end("r2:eth0", 1300, "10.0.0.2/24", shaping=RATE), end("sw:r2_eth0", 1300)]},
        {"endpoints": [end("e0", 1400), end("e1", 1400)]},
    ],
}


def read(form: dict[str, Any]) -> _topology.Topology:
    problems = Problems()
    topology = _topology.read(problems, form)
    problems.check()
    return topology


def pathless(value: Any) -> Any:
    """Return a declared object without where it was written."""
    if isinstance(value, (tuple, list)):
        return [pathless(one) for one in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    inner = {one.name: pathless(getattr(value, one.name)) for one in fields(value)}
    return replace(value, **{**inner, **({"path": ""} if "path" in inner else {})})


@pytest.mark.parametrize("present", [True, False])
def test_what_is_written_in_short_declares_the_same_as_at_length(present: bool) -> None:
    short, long = ([pathless(one) for one in _topology.declare(read(form), present, True)] for form in (SHORT, LONG))
    assert short == long


def given(*endpoints: Any, prefixes: Any = ("10.0.0.0/24", "fd00::/64"), **more: Any) -> dict[str, list[str]]:
    """Return the addresses of what is plugged into a bridge, by namespace."""
    names = [one.partition(":")[0] if isinstance(one, str) else one["netns"] for one in endpoints]
    bridge = {"name": "lan", "prefixes": list(prefixes), "endpoints": list(endpoints), **more}
    topology = read({"name": "lab", "namespaces": names, "bridges": [bridge]})
    ends = [link.endpoints[0] for link in topology.links]
    return {str.__str__(one.netns): [address.text for address in one.addresses] for one in ends}


def test_the_number_at_the_end_of_a_name_is_that_of_its_address() -> None:
    assert given("r1:e", "h20:e") == {"r1": ["10.0.0.1/24", "fd00::1/64"], "h20": ["10.0.0.20/24", "fd00::14/64"]}
    # There is none of that number, or it is taken: by what was written before, or by an address that is written.
    others = given("h255:e", "r1:e", "s1:e", {"netns": "x", "interface": "e", "addresses": ["10.0.0.7/24"]}, "r7:e")
    assert others["r1"][0] == "10.0.0.1/24"
    assert others["r7"][1] == "fd00::7/64"
    assert len({texts[0] for texts in others.values()}) == 5
    assert {others[name][0] for name in ("h255", "s1", "r7")}.isdisjoint({"10.0.0.255/24", "10.0.0.7/24"})


def test_what_is_added_changes_no_address_of_what_is_there() -> None:
    before = given("a:e", "r1:e", "b:e", "s1:e")
    assert len({texts[0] for texts in before.values()}) == 4
    for more in (["r1:e", "b:e", "s1:e", *(f"n{number}:e" for number in range(90))], ["b:e", "new:e", "r1:e", "s1:e"]):
        after = given("a:e", *more)
        assert {name: after[name] for name in before} == before


def test_a_prefix_can_be_filled_to_the_last_address() -> None:
    found = given("a:e", "b:e", "c:e", "d:e", "x:e", "y:e", prefixes=["10.0.0.8/29", "fd00::/125"])
    assert sorted(texts[0] for texts in found.values()) == sorted(f"10.0.0.{8 + number}/29" for number in range(1, 7))
    assert len({texts[1] for texts in found.values()}) == 6
    assert "fd00::/125" not in {texts[1] for texts in found.values()}


def test_bridges_with_the_same_prefix_share_it_for_they_may_be_connected() -> None:
    names = [f"n{letter}" for letter in "abcdefgh"]
    switches: list[dict[str, Any]] = [
        {"name": "s", "netns": "s", "endpoints": ["t:up", *(f"{name}:e" for name in names[:4])]},
        {"name": "s", "netns": "t", "endpoints": [f"{name}:e" for name in names[4:]], "ports": ["up"]},
    ]
    bridges = [{**one, "prefixes": ["10.0.0.0/28"]} for one in switches]
    topology = read({"name": "lab", "namespaces": ["s", "t", *names], "bridges": bridges})
    found = [one.text for link in topology.links for one in link.endpoints[0].addresses]
    assert len(found) == len(set(found)) == 8  # the end that is a port of the other one has none
    assert [port.name for port in _topology.interfaces_of(topology)[1].ports] == [*(f"{n}_e" for n in names[4:]), "up"]


def links(*pairs: tuple[str, str], pools: tuple[str, ...], **more: Any) -> list[list[str]]:
    """Return the addresses of the first ends of links."""
    names = sorted({one.partition(":")[0] for pair in pairs for one in pair})
    form = {"namespaces": names, "links": [{"endpoints": list(pair)} for pair in pairs], **more}
    topology = read({"name": "lab", "defaults": {"prefixes": list(pools)}, **form})
    return [[one.text for one in link.endpoints[0].addresses] for link in topology.links]


def test_each_link_gets_a_prefix_of_a_larger_one_and_keeps_it_when_others_are_added() -> None:
    pairs = [(f"r{number}:right", f"r{number + 1}:left") for number in range(12)]
    pools = ("10.0.0.0/22", "fd00::/48", "fd01::/64")
    before = links(*pairs, pools=pools)
    assert [text.partition("/")[2] for text in before[0]] == ["30", "64", "126"]
    networks = [InterfaceAddress.read(text).network for text, *_rest in before]
    assert len(set(networks)) == 12
    assert links(*pairs, ("x:e", "y:e"), pools=pools)[:-1] == before
    # Whichever end is written first.
    turned = links(*((second, first) for first, second in pairs), pools=pools)
    assert [InterfaceAddress.read(text).network for text, *_rest in turned] == networks


def test_a_prefix_that_has_an_address_that_is_written_is_given_to_no_link() -> None:
    ((taken, *_rest),) = links(("a:e", "b:e"), pools=("10.0.0.0/28",))
    namespaces = ["b", {"name": "a", "addresses": {"lo": [taken]}}]
    ((other, *_rest),) = links(("a:e", "b:e"), pools=("10.0.0.0/28",), namespaces=namespaces)
    assert other != taken


def test_names_that_were_encrypted_make_the_same_as_others_and_are_not_told() -> None:
    endpoints = [{"netns": name, "interface": "eth0"} for name in ("a", "r7")]
    hidden = [{key: Secret(one) for key, one in end.items()} for end in endpoints]
    assert given(*hidden, prefixes=["10.0.0.0/24"]) == given(*endpoints, prefixes=["10.0.0.0/24"])
    problems = Problems()
    bridge = {"name": "b", "endpoints": hidden[:1] * 2}
    _topology.read(problems, {"name": "lab", "namespaces": ["a"], "bridges": [bridge]})
    assert problems.found
    assert "a_eth0" not in "".join(map(str, problems.found))

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names the inventory takes, and what it takes of the answer of a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _answer, _names

LINK = {"interface": "e0", "kind": "veth", "state": "up", "mac": None, "mtu": 1500, "peer": None}


def answer(*links: Any, addresses: Any = (), name: Any = "blue") -> dict[str, Any]:
    return {"namespaces": [{"name": name, "state": "present", "links": list(links), "addresses": list(addresses)}]}


@pytest.mark.parametrize("name", ["{{x}}", "a{%x%}", "{#x#}", "*", "a,b", "a:b", "a[0]", "a?", "!a", "&a", "~a", "@a"])
def test_names_that_ansible_gives_a_meaning(name: str) -> None:
    assert "Ansible would take it for a" in str(_names.host_fault("namespace", name))
    assert _names.namespace_fault("namespace", name) is None
    described = _answer.read(answer(name=name))
    assert (described.namespaces, len(described.faults)) == ({}, 1)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "\x1b[31m", "..", "a/b", "-x", "n" * 256, "\udcff", 7, None])
def test_names_that_the_become_plugin_refuses(name: Any) -> None:
    assert _names.namespace_fault("namespace", name) is not None
    assert _names.host_fault("namespace", name) == _names.namespace_fault("namespace", name)


@pytest.mark.parametrize("name", ["blue", "a{b}", "a%b", "ä", "web-1.example", "::1", "127.0.0.1", "cni-1"])
def test_names_that_are_taken(name: str) -> None:
    assert _names.host_fault("namespace", name) is None
    assert list(_answer.read(answer(name=name)).namespaces) == [name]


def test_text_in_a_message_is_short_and_plain() -> None:
    assert _names.brief("a\n b\x1b[31m") == r"a b\x1b[31m"
    assert len(_names.brief("x" * 1_000_000)) < 2 * _names.MOST_SHOWN


@pytest.mark.parametrize(
    ("key", "value", "taken"),
    [
        ("mac", "02:00:00:00:00:01", "02:00:00:00:00:01"),
        ("mac", "{{x}}", None),
        ("mac", ["02:00:00:00:00:01"], None),
        ("mtu", 1400, 1400),
        ("mtu", float("nan"), None),
        ("mtu", True, None),
        ("mtu", "{{x}}", None),
        ("state", "{{x}}", "down"),
        ("peer", {"place": "namespace", "netns": "red", "interface": "e1"}, "red:e1"),
        ("peer", {"place": "namespace", "netns": "{{x}}", "interface": "e1"}, None),
        ("peer", {"place": "host", "netns": None, "interface": "{{x}}"}, None),
        ("peer", {"place": "namespace", "netns": "a b", "interface": "e1"}, None),
    ],
)
def test_values_of_a_link(key: str, value: Any, taken: Any) -> None:
    described = _answer.read(answer({**LINK, key: value}))
    assert described.namespaces["blue"]["netns_links"][0][key] == taken
    assert bool(described.left_out()) == (taken is None)


@pytest.mark.parametrize("name", ["{{x}}", "a b", "", "n" * 16, "\x1b", 7])
def test_a_link_whose_name_cannot_be_is_left_out(name: Any) -> None:
    described = _answer.read(answer(LINK, {**LINK, "interface": name}))
    assert [link["interface"] for link in described.namespaces["blue"]["netns_links"]] == ["e0"]
    assert described.left_out()


def test_addresses_are_addresses() -> None:
    given = [
        "10.0.0.1/24",
        "240.1.2.3/8",
        "fd00::1/64",
        "fe80::1%{{x}}/64",
        "{{x}}/24",
        "10.0.0.1",
        "10.0.0.1/99",
        7,
        None,
    ]
    addresses = [{"interface": "e0", "scope": "global", "address": one} for one in given]
    taken = _answer.read(answer(LINK, addresses=addresses)).namespaces["blue"]
    assert taken["netns_addresses"] == taken["netns_links"][0]["addresses"] == given[:3]


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"msg": "x"},
        {"namespaces": None},
        {"namespaces": 7},
        {"namespaces": ["x"]},
        {"namespaces": [{}]},
        {"namespaces": {"blue": {}}},
        answer("x"),
        answer({**LINK, "interface": []}),
        answer({**LINK, "peer": "red:e1"}),
        answer({**LINK, "peer": {}}),
        answer(addresses=[{}]),
        answer(name=[]),
        {"namespaces": [answer(name=f"n{number}")["namespaces"][0] for number in range(_answer.MOST_NAMESPACES + 1)]},
    ],
)
def test_what_is_no_answer(result: Any) -> None:
    with pytest.raises(_answer.Unreadable) as told:
        _answer.read(result)
    assert 0 < len(str(told.value)) < 2 * _names.MOST_SHOWN


def test_what_was_kept_is_read_as_it_was() -> None:
    described = _answer.read(answer(LINK, addresses=[{"interface": "e0", "scope": "global", "address": "10.0.0.1/24"}]))
    assert _answer.read_kept(described.namespaces).namespaces == described.namespaces
    kept: list[Any] = [7, None, {"a": 7}, {"a": {}}, {"a": {"netns_links": [{}]}}, [1]]
    for damaged in kept:
        with pytest.raises(_answer.Unreadable, match="what was kept of it is damaged"):
            _answer.read_kept(damaged)

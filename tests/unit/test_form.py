# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key of a form is written once: its values, mistakes, schema and what it declares come from that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Optional

import jsonschema
import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _interface_section, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, List, Schema, Section, Text
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    ADDRESS,
    BOOLEAN,
    LINK_STATE,
    VETH_NAME,
    Choice,
    Integer,
)


def schema_of(section: type[Section]) -> Any:
    shared: Schema = {}
    return jsonschema.Draft202012Validator({**section.mapping(shared), "$defs": shared})


def topology(**end: Any) -> dict[str, Any]:
    return {"name": "lab", "links": [{"endpoints": [{"interface": "e0", **end}, "e1"]}]}


def mistakes(form: Mapping[str, Any]) -> list[str]:
    problems = Problems()
    _topology.read(problems, form)
    return [str(one) for one in problems.found]


def add(monkeypatch: pytest.MonkeyPatch, section: type[Section], name: str, key: Key[Any]) -> None:
    """Register a key for this test alone."""
    for table in ("keys", "declaring"):
        monkeypatch.setattr(section, table, dict(getattr(section, table)))
    monkeypatch.setattr(section, name, None, raising=False)
    section.add(name, key)


def declare_foo(site: Any, foo: int, owner: Any) -> list[Declared]:
    return [LinkState(f"{site.path}.foo of {owner.record}", site.netns, site.interface, foo > 5)]


FOO = Key(Integer("a foo", 1, 9), "How much foo there is.", declare=declare_foo)


@pytest.fixture
def foo(monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, _interface_section.DeclaredEndpoint, "foo", FOO)


def test_without_the_toy_there_is_no_such_key() -> None:
    told = [
        "links[0].endpoints[0].foo: there is no such key; an endpoint has netns, interface, addresses, neighbours, "
        "shaping, state, mac, mtu"
    ]
    assert mistakes(topology(foo=7)) == told


@pytest.mark.usefixtures("foo")
def test_a_key_is_written_once() -> None:
    read = _topology.read(Problems(), topology(foo="7"))
    (end, other) = read.links[0].endpoints
    assert [vars(end)["foo"], other.foo] == [7, None]  # type: ignore[attr-defined]
    assert mistakes(topology(foo=10)) == ["links[0].endpoints[0].foo: 10 is not a foo: a number from 1 to 9 is needed"]
    assert mistakes(topology(fooo=7)) == ["links[0].endpoints[0].fooo: there is no such key; did you mean foo?"]
    assert mistakes(topology(bar=7))[0].endswith(
        "; an endpoint has netns, interface, addresses, neighbours, shaping, state, mac, mtu, foo"
    )
    schema = schema_of(_topology.Topology)
    assert schema.is_valid(topology(foo=9))
    assert not schema.is_valid(topology(foo=10))
    assert schema.schema["$defs"]["endpoint"]["oneOf"][1]["properties"]["foo"]["description"] == FOO.description


@pytest.mark.usefixtures("foo")
@pytest.mark.parametrize(
    ("state", "order"), [("up", ["addresses", "foo", "state"]), ("down", ["state", "addresses", "foo"])]
)
def test_what_a_key_declares_comes_before_an_end_is_up_and_after_it_is_down(state: str, order: list[str]) -> None:
    read = _topology.read(Problems(), topology(foo=7, addresses=["10.0.0.1/24"], state=state))
    path = "links[0].endpoints[0]"
    names = {"Addresses": "addresses", "LinkState": "state"}
    declared = [one for one in _topology.declare(read, True, False) if str(getattr(one, "path", "")).startswith(path)]
    found = ["foo" if one.path == f"{path}.foo of lab" else names[type(one).__name__] for one in declared]
    assert found == order


def test_namespaces_and_the_host_can_have_keys_that_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    for section in (_topology.DeclaredNamespace, _topology.Topology):
        add(monkeypatch, section, "foo", FOO)
    read = _topology.read(Problems(), {"name": "lab", "foo": 1, "namespaces": [{"name": "a", "foo": 2}, "b"]})
    declared = [one for one in _topology.declare(read, True, False) if "foo" in getattr(one, "path", "")]
    assert [(one.path, one.netns) for one in declared] == [  # type: ignore[attr-defined]
        ("namespaces[0].foo of lab", "a"),
        (".foo of lab", None),
    ]


@pytest.mark.parametrize("default", [None, 0])
def test_a_key_of_a_kind_that_nobody_writes_is_not_loaded(monkeypatch: pytest.MonkeyPatch, default: Any) -> None:
    loaded: list[str] = []

    def load() -> Key[Any]:
        loaded.append("foo")
        return Key(FOO.takes, FOO.description, default=default, declare=declare_foo)

    add(monkeypatch, _interface_section.DeclaredEndpoint, "foo", Later(load))
    _topology.declare(_topology.read(Problems(), topology(addresses=["10.0.0.1/24"])), True, False)
    assert "foo" in mistakes(topology(bar=1))[0]
    assert not loaded
    assert mistakes(topology(foo=10)) == ["links[0].endpoints[0].foo: 10 is not a foo: a number from 1 to 9 is needed"]
    read = _topology.read(Problems(), topology(foo=7))
    declared = _topology.declare(read, True, False)
    assert [one.path for one in declared if "foo" in getattr(one, "path", "")] == ["links[0].endpoints[0].foo of lab"]
    assert mistakes(topology(foo=None)) == []
    assert loaded == ["foo"]
    assert not schema_of(_topology.Topology).is_valid(topology(foo=10))


class Entries:
    """A type of a test's own, which the engine does not know: a mapping with keys that nobody lists."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def read(self, problems: Problems, path: str, written: Any) -> Optional[dict[str, Any]]:
        if not isinstance(written, Mapping):
            problems.add(path, "a mapping is needed")
            return None
        return {name: self.item.read(problems, f"{path}.{name}", one) for name, one in written.items()}

    def schema(self, shared: Schema) -> Schema:
        return {"type": "object", "additionalProperties": self.item.schema(shared)}

    def option(self) -> dict[str, Any]:
        return {"type": "dict"}


class Vlan(Section, what="VLAN", needs="an id"):
    id = Key(Integer("a VLAN id", 1, 4094), "The number.", required=True)


class Port(
    Section,
    what="port",
    needs="a name",
    text=Text("a name", lambda problems, path, text: {"name": text}, lambda shared: {"type": "string"}),
):
    name = Key(VETH_NAME, "The port.", required=True)
    isolated = Key(BOOLEAN, "Whether it reaches no other.")


class Link(Section, what="interface", needs="a name and a type"):
    """An interface of some types, as a table of each type would have it."""

    name = Key(VETH_NAME, "Its name.", required=True)
    type = Key(Choice("bridge", "vlan"), "Its type.", required=True)
    vlan = Key(Vlan, "What a VLAN has.")
    ports = Key(List(Port), "The ports of a bridge.", default=())
    addresses = Key(Entries(List(ADDRESS)), "Addresses of what is there.")

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        if complete and self.vlan is not None and self.type != "vlan":
            problems.add(f"{self.path}.vlan", f"this is for type: vlan, and it is {self.type}")
        return complete


def test_types_of_links_lists_and_mappings_need_no_change_of_the_engine() -> None:
    right = {
        "name": "br0",
        "type": "bridge",
        "ports": ["eth1", {"name": "eth2", "isolated": "yes"}],
        "addresses": {"eth9": ["10.9.0.1/24"]},
    }
    problems = Problems()
    link = Link.read(problems, "interfaces[0]", right)
    assert link is not None
    assert [(port.path, port.name, port.isolated) for port in link.ports] == [
        ("interfaces[0].ports[0]", "eth1", None),
        ("interfaces[0].ports[1]", "eth2", True),
    ]
    wrong = {**right, "vlan": {"id": 5000}, "ports": [7.5], "addresses": {"eth9": ["10.9.0.1"]}}
    Link.read(problems, "interfaces[1]", wrong)
    Link.read(problems, "interfaces[2]", {**right, "vlan": {"id": 7}})
    Link.read(problems, "interfaces[3]", {"name": "x", "type": "vlan", "vlan": {}})
    assert [str(one) for one in problems.found] == [
        "interfaces[1].vlan.id: 5000 is not a VLAN id: a number from 1 to 4094 is needed",
        "interfaces[1].ports[0]: a name or a mapping with a name is needed, not a number (write it in quotes)",
        "interfaces[1].addresses.eth9[0]: '10.9.0.1' is not an interface address: the prefix length is missing (as in "
        "10.9.0.1/24)",
        "interfaces[2].vlan: this is for type: vlan, and it is bridge",
        "interfaces[3].vlan.id: None is not a VLAN id: a number from 1 to 4094 is needed",
    ]
    schema = schema_of(Link)
    assert schema.is_valid(right)
    assert len(list(schema.iter_errors(wrong))) == 3


def test_the_options_of_a_module_come_from_the_keys() -> None:
    class Options(Section, what="task"):
        mtu = Key(Integer("an MTU", 68, 65535), "…")
        state = Key(LINK_STATE, "…", default="up")
        ports = Key(List(Port), "…", default=())
        names = Key(List(VETH_NAME), "…", required=True)

    assert Options.arguments() == {
        "mtu": {"type": "int"},
        "state": {"type": "str", "choices": ["up", "down"], "default": "up"},
        "ports": {"type": "list", "elements": "raw", "default": []},
        "names": {"type": "list", "elements": "str"},
    }


def test_a_section_whose_required_keys_are_right_is_kept_so_that_more_is_found() -> None:
    form = {"name": "a/b", "namespaces": [{"name": "a", "loopback": 7}, "a"], "links": []}
    assert mistakes(form) == [
        "name: 'a/b' is not a name for a topology: it is a file name: no '/', and not '.' or '..'",
        "namespaces[0].loopback: 7 is not one of up and down",
        "namespaces[1]: namespace a is declared already, in namespaces[0]",
    ]


def test_an_end_has_the_mtu_of_its_link_unless_it_says_another_or_none() -> None:
    ends = [["e0", {"interface": "e1", "mtu": 1300}], [{"interface": "e2"}, {"interface": "e3", "mtu": None}]]
    links = [{"endpoints": one, "mtu": 1400} for one in ends]
    read = _topology.read(Problems(), {"name": "lab", "links": links})
    assert [end.mtu for link in read.links for end in link.endpoints] == [1400, 1300, 1400, None]


def test_a_key_cannot_have_the_name_of_what_all_sections_have() -> None:
    with pytest.raises(TypeError, match="cannot have the key path"):

        class Route(Section, what="route"):
            path = Key(VETH_NAME, "…")  # type: ignore[assignment]


@pytest.mark.parametrize(("least", "most"), [(0, 1), (0, 999), (1, 4094), (7, 12), (68, 65535), (100, 1000), (9, 9)])
def test_the_schema_takes_texts_of_the_numbers_within_bounds_and_no_others(least: int, most: int) -> None:
    pattern = re.compile(Integer("a number", least, most).schema({})["pattern"])
    assert [one for one in range(most + 2000) if pattern.search(f"{one}")] == list(range(least, most + 1))
    assert pattern.search(f" 00{most}\n")
    assert not pattern.search(f"{most}x")

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topology files: what they may say, what they stand for is bounded, and templates are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _bounded_yaml, _topology_file
from ansible_collections.linuxnet.netns.tests.unit.test_golden import GOLDEN, SCHEMA

#: How many values are many for tests that would take long else.
FEW = 1000
MANY, DEEP = _bounded_yaml.MOST_VALUES, _bounded_yaml.MOST_LEVELS


def read(directory: Path, text: str) -> dict[str, Any]:
    path = directory / "lab.yml"
    path.write_text(text)
    return _topology_file.read(DataLoader(), str(path))


def refused(directory: Path, text: str) -> str:
    with pytest.raises(_bounded_yaml.Unreadable) as caught:
        read(directory, text)
    return str(caught.value)


def nested(open_: str, close: str, levels: int) -> str:
    return open_ * levels + close * levels


ALIKE = """\
name: "lab"
purge: on
namespaces:
  - &first a
  - {name: b, loopback: 'down'}
  - !unsafe c
  - !!str d
  - ~
  - "\\x65"
links:
  - &cable
    endpoints: [a:e0, {netns: b, interface: e0, state: up, mac: "02:00:00:00:00:01"}]
    mtu: 0x578
  - <<: *cable
    endpoints: [{netns: *first, interface: e1, addresses: [10.0.0.1/24]}, b:e1]
  - <<: [{endpoints: [a:e2, b:e2]}, {mtu: 1300}]
  - {mtu: 1_400, endpoints: ["1:1", {interface: e3, mtu: 02570, netns: null}]}
"""


def test_yaml_means_what_it_means_to_ansible(tmp_path: Path) -> None:
    text = ALIKE.replace("  - ~\n", "")
    assert read(tmp_path, text) == yaml.safe_load(text.replace("!unsafe ", ""))
    assert "namespaces[4]: a name or a mapping with a name is needed, not nothing" in refused(tmp_path, ALIKE)


def test_of_what_is_merged_the_first_counts_as_yaml_says(tmp_path: Path) -> None:
    text = "name: lab\nlinks:\n- &one {endpoints: [a, b], mtu: 1300}\n- <<: [{endpoints: [c, d]}, *one]\n"
    assert read(tmp_path, text)["links"][1] == {"endpoints": ["c", "d"], "mtu": 1300}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: str(path.stem))
def test_a_file_has_the_plan_or_mistakes_of_a_task(tmp_path: Path, path: Path) -> None:
    expected = yaml.safe_load(path.read_text())
    for dump in (yaml.safe_dump, json.dumps):
        text = dump(expected["topology"])
        if "mistakes" not in expected:
            content = read(tmp_path, text)
            assert {**content, "name": str(content["name"])} == {**expected["topology"], "name": content["name"]}
        else:
            told = refused(tmp_path, text)
            lines = told.splitlines()[1:] if "\n" in told else [f"- {told}"]
            assert lines == [f"- {one}" for one in expected["mistakes"]]


BOMBS = {
    "aliases": (
        "name: lab\na: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{two}: &{two} [{','.join(['*' + one] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi"))
        + "namespaces: *i\n",
        f"f[3]: there are more than {MANY} values, with those that aliases stand for",
    ),
    "merge keys": (
        "name: lab\na: &a {x: 1}\n"
        + "".join(f"{two}: &{two} {{<<: [{','.join(['*' + one] * 9)}]}}\n" for one, two in zip("abcdefgh", "bcdefghi")),
        f"g.<<[0]: there are more than {MANY} values, with those that aliases stand for",
    ),
    "an alias of itself": (
        "name: lab\nnamespaces: &a [*a, *a]\n",
        "namespaces[0]: an alias of what it is in itself would have no end",
    ),
    "a name that is itself": (
        "name: lab\nnamespaces:\n- &i\n  name: *i\n",
        "namespaces[0].name: an alias of what it is in itself would have no end",
    ),
    "long names by aliases": (
        "name: lab\nnamespaces:\n- name: &i ["
        + ",".join(["[" + ",".join("x" * 99) + "]"] * 99)
        + "]\n"
        + "- name: *i\n" * 99,
        f"namespaces[30].name: there are more than {MANY} values, with those that aliases stand for",
    ),
    "many values": (
        "name: lab\nnamespaces: [" + "a," * FEW + "]\n",
        f"namespaces[{FEW - 5}]: there are more than {MANY} values, with those that aliases stand for",
    ),
    "many values in JSON": (
        '{"name": "lab", "namespaces": [' + "1," * FEW + "1]}",
        f"namespaces[{FEW - 3}]: there are more than {MANY} values, with those that aliases stand for",
    ),
    "depth": (
        "name: lab\nnamespaces: " + nested("[", "]", 900),
        "namespaces" + "[0]" * (DEEP - 1) + f": more than {DEEP} levels of lists and mappings are not possible",
    ),
    "depth of keys": ("? " * 100_000, f"more than {DEEP} levels of lists and mappings are not possible"),
    "depth in JSON": (
        '{"name": "lab", "namespaces": ' + nested("[", "]", 900) + "}",
        "namespaces" + "[0]" * (DEEP - 1) + f": more than {DEEP} levels of lists and mappings are not possible",
    ),
    "a hexadecimal number": (
        f"name: lab\nlinks:\n- endpoints: [a, b]\n  mtu: 0x{'f' * 4000}\n",
        "links[0].mtu: a number of about 4817 digits is too large",
    ),
    "a decimal number": (
        f"name: lab\nlinks:\n- endpoints: [a, b]\n  mtu: {'9' * 5000}\n",
        "links[0].mtu: a value of 5000 characters is too long; at most 4096 are possible",
    ),
    "a number in JSON": (
        '{"name": "lab", "links": [{"mtu": ' + "9" * 4000 + "}]}",
        "links[0].mtu: a number of about 4001 digits is too large",
    ),
    "a long number in JSON": (
        '{"name": "lab", "links": [{"mtu": ' + "9" * 5000 + "}]}",
        "links[0].mtu: a value of 5000 characters is too long; at most 4096 are possible",
    ),
    "a long text": (
        f"name: {'x' * 5000}\n",
        "name: a value of 5000 characters is too long; at most 4096 are possible",
    ),
    "a large file": ("#" * (_bounded_yaml.MOST_MIB << 20) + "\n", f"it is larger than {_bounded_yaml.MOST_MIB} MiB"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_a_file_stands_for_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str) -> None:
    if bomb.startswith("many"):
        monkeypatch.setattr(_bounded_yaml, "MOST_VALUES", FEW)
        monkeypatch.setattr(_topology_file, "MOST_VALUES", FEW)
    text, message = BOMBS[bomb]
    assert refused(tmp_path, text) == message


def test_a_lab_of_ten_thousand_links_is_within_the_bounds() -> None:
    links = "".join(
        f"- endpoints:\n  - {{netns: a{number}, interface: e, addresses: [10.0.0.1/24, fd00::1/64]}}\n"
        f"  - {{netns: b{number}, interface: e, addresses: [10.0.0.2/24, fd00::2/64]}}\n"
        for number in range(100)
    )
    builder = _bounded_yaml.Builder(DataLoader())
    assert len(builder.built(yaml.parse(f"links:\n{links}"))["links"]) == 100
    assert builder._count * 100 < MANY
    assert len(links) * 100 < _bounded_yaml.MOST_MIB << 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n", "it could not be read: line 2, column 1: did not find expected node content"),
        ("- a\n- b\n", "a mapping with name, namespaces and links is needed, not a list"),
        ("", "a mapping with name, namespaces and links is needed, not nothing"),
        ("name: lab\n---\nname: lab\n", "it could not be read: it has more than one document"),
        ("name: lab\nname: other\n", "name: this key is written twice"),
        ("name: *a\n", "name: there is no anchor 'a' before this alias"),
        ("? [a]\n: b\n", "a list cannot be a key"),
        ("links:\n- <<: [a]\n", "links[0].<<: a mapping or a list of mappings is needed to be merged"),
        ("links: [!!set {a}]\n", "links[0]: the tag 'tag:yaml.org,2002:set' is not possible here"),
        ("name: !secret a\n", "name: the tag '!secret' is not possible here"),
        *(
            (
                f"name: lab\nlinks: [{{mtu: {written}}}]\n",
                f"links[0].mtu: this looks like a value of type {what}, and is none (is a text meant? quote it)",
            )
            for written, what in (
                ("2001-13-45", "timestamp"),
                ("0x_", "int"),
                ("0b_", "int"),
                ("!!int a", "int"),
                ("!!float a", "float"),
                ("!!timestamp a", "timestamp"),
                ("!!bool a", "bool"),
                (f"1{':59' * 300}.0", "float"),
            )
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text) == message


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(_bounded_yaml.Unreadable) as caught:
            _topology_file.read(DataLoader(), str(path))
        return str(caught.value)

    (tmp_path / "latin").write_bytes(b"name: \xe4\n")
    assert told(tmp_path / "latin") == "it could not be read: it is not UTF-8"
    assert told(tmp_path) == "it is not a regular file"
    assert told(Path("/dev/zero")) == "it is not a regular file"
    missing = tmp_path / "missing.yml"
    assert told(missing) == f"it could not be read: {missing}: No such file or directory (ENOENT)"


TEMPLATES = {
    "name": "{{ site }}",
    "namespaces": ["{{site}}1", {"name": "a{%if%}"}, "{#a#}"],
    "links": [{"endpoints": ["{{site}}1:e0", {"interface": "{{e}}"}], "mtu": "{{ mtu }}"}],
}


@pytest.mark.parametrize("dump", [yaml.safe_dump, json.dumps])
def test_templates_are_refused_each_once_beside_other_mistakes(tmp_path: Path, dump: Any) -> None:
    told = refused(tmp_path, dump({**TEMPLATES, "purge": 7})).splitlines()
    assert told[0] == "8 mistakes, and nothing was changed:"
    places = {line.partition(": ")[0][2:]: line for line in told[1:]}
    purge = places.pop("purge")
    assert purge == "- purge: true or false is needed, not a number"
    assert set(places) == {
        "name",
        *("namespaces[0]", "namespaces[1].name", "namespaces[2]"),
        *("links[0].endpoints[0]", "links[0].endpoints[1].interface", "links[0].mtu"),
    }
    assert all("is a template, and a topology file is not templated: " in line for line in places.values())


@pytest.mark.parametrize(
    "topology",
    [
        {"name": "{{a}}"},
        {"name": "lab", "namespaces": ["a{{b}}"]},
        {"name": "lab", "namespaces": [{"name": "a{%b"}]},
        {"name": "lab", "links": [{"endpoints": ["a{#:b", "c"]}]},
        {"name": "lab", "links": [{"endpoints": [{"interface": "a{{b}}"}, "c"]}]},
        {"name": "lab", "links": [{"endpoints": ["a", "b"], "mtu": "{{m}}"}]},
    ],
)
def test_the_schema_has_no_templates(topology: dict[str, Any]) -> None:
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(topology))


def test_values_of_a_task_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_topology_file, "MOST_VALUES", FEW)
    for values, message in (
        ({"links": [{"mtu": 16**4000}]}, "links[0].mtu: a number of about 4817 digits is too large"),
        (
            {"namespaces": [["a"] * 100] * 100},
            f"there are more than {MANY} values, with those that aliases stand for",
        ),
        ({"namespaces": json.loads(nested("[", "]", 40))}, f"more than {DEEP} levels of lists and mappings"),
    ):
        with pytest.raises(_bounded_yaml.Unreadable) as caught:
            _topology_file.bound(values)
        assert message in str(caught.value)
    _topology_file.bound({"namespaces": ["{{ a }}", {"name": "b"}], "links": []})

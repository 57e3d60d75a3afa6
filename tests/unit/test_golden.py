# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies as users write them, with the plan or the mistakes that are expected: golden/*.yml.

Each file has ``topology``, then ``plan`` (the commands on an empty host) or ``mistakes``; ``schema`` says whether the
published JSON schema, which editors use, finds fault too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._bridge_form import DeclaredBridge, Plugged
from ansible_collections.linuxnet.netns.plugins.module_utils._defaults import Defaults
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Section
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import DeclaredEndpoint, DeclaredLink
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._topology import DeclaredHost, DeclaredNamespace, Topology
from ansible_collections.linuxnet.netns.plugins.modules import netns_topology
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tools import make_schema

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yml"))
SCHEMA = json.loads(make_schema.SCHEMA.read_text())

each_file = pytest.mark.parametrize("path", GOLDEN, ids=lambda path: str(path.stem))


@each_file
def test_the_plan_or_the_mistakes_are_as_expected(path: Path) -> None:
    expected = yaml.safe_load(path.read_text())
    problems = Problems()
    topology = _topology.read(problems, expected["topology"])
    assert [str(problem) for problem in problems.found] == expected.get("mistakes", [])
    if not problems.found:
        plan = _plan.make(_topology.declare(topology, present=True, purge=False), empty())
        assert plan.commands() == expected["plan"]


@each_file
def test_the_schema_agrees(path: Path) -> None:
    expected = yaml.safe_load(path.read_text())
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(expected["topology"]))
    assert bool(errors) == (expected["schema"] == "finds fault"), errors


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_is_what_the_sections_say() -> None:
    assert make_schema.SCHEMA.read_text() == make_schema.made(), "run .venv/bin/python tools/make_schema.py"


@pytest.mark.parametrize(
    "section",
    [Topology, DeclaredNamespace, DeclaredHost, DeclaredLink, DeclaredEndpoint, DeclaredBridge, Plugged, Defaults],
)
def test_the_schema_takes_null_where_the_form_does(section: type[Section]) -> None:
    shared: dict[str, Any] = {}
    schema = {**section.mapping(shared), "$defs": shared, "required": []}
    for name, key in section.keys.items():
        problems = Problems()
        key.nullable or key.read(problems, name, None)
        assert jsonschema.Draft202012Validator(schema).is_valid({name: None}) == (not problems.found), name


def test_the_documentation_names_every_key_of_the_form() -> None:
    documented = yaml.safe_load(netns_topology.DOCUMENTATION)["options"]
    assert [*Topology.keys, "src", "probe", "state"] == list(documented)
    places: dict[str, list[type[Section]]] = {
        "namespaces": [DeclaredNamespace],
        "links": [DeclaredLink, DeclaredEndpoint],
        "bridges": [DeclaredBridge, Plugged],
        "defaults": [Defaults],
        "host": [DeclaredHost],
    }
    for option, sections in places.items():
        text = " ".join(documented[option]["description"])
        for section in sections:
            assert not [key for key in section.keys if f"C({key})" not in text]

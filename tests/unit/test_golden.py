# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies as users write them, with the plan or the mistakes that are expected: golden/*.yml.

Each file has ``topology``, then ``plan`` (the commands on an empty host) or ``mistakes``; ``schema`` says whether the
published JSON schema, which editors use, finds fault too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yml"))
SCHEMA = json.loads((ROOT / "plugins/plugin_utils/topology.schema.json").read_text())

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


def test_the_schema_has_the_keys_of_the_form() -> None:
    def keys(node: Any) -> tuple[str, ...]:
        return tuple(node["properties"])

    mappings = {name: SCHEMA["$defs"][name] for name in ("namespace", "link", "endpoint")}
    found = {
        name: keys(next((one for one in node.get("oneOf", []) if one.get("type") == "object"), node))
        for name, node in mappings.items()
    }
    assert {"topology": keys(SCHEMA), **found} == _topology.KEYS


def test_the_module_has_the_options_of_the_form() -> None:
    from ansible_collections.linuxnet.netns.plugins.modules import netns_topology

    assert set(_topology.KEYS["topology"]) | {"src", "state", "probe"} == set(netns_topology.ARGUMENTS)
    documented = yaml.safe_load(netns_topology.DOCUMENTATION)["options"]
    assert set(documented) == set(netns_topology.ARGUMENTS)

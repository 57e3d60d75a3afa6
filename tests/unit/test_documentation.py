# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of each module says what the module does: its options, its examples, its group."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.module_utils import _dns, _http

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools import make_link_types

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "linuxnet.netns"
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
#: What an option is unless its specification says otherwise.
USUAL = {"required": False, "default": None, "choices": None, "aliases": None, "elements": None, "options": None}

every_module = pytest.mark.parametrize("name", NAMES)


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")


def options(name: str) -> dict[str, Any]:
    """Return the options of a module, as its documentation has them, with those of its fragments."""
    documentation = yaml.safe_load(module(name).DOCUMENTATION)
    found: dict[str, Any] = documentation["options"]
    for fragment in documentation["extends_documentation_fragment"]:
        stem, _dot, part = fragment.removeprefix(f"{COLLECTION}.").partition(".")
        place = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.doc_fragments.{stem}")
        text = getattr(place.ModuleDocFragment, (part or "documentation").upper())
        found.update(yaml.safe_load(text)["options"])
    return found


def specified(option: dict[str, Any]) -> dict[str, Any]:
    """Return what makes an option: the same of the documentation as of the specification."""
    return {key: option.get(key, usual) for key, usual in {**USUAL, "type": "str"}.items() if key != "options"}


def assert_same(documented: dict[str, Any], specification: dict[str, Any]) -> None:
    assert sorted(documented) == sorted(specification)
    for name, spec in specification.items():
        assert specified(documented[name]) == specified(spec), name
        assert documented[name]["description"]
        if spec.get("options"):
            assert_same(documented[name]["suboptions"], spec["options"])


@every_module
def test_the_options_are_documented_as_they_are(name: str) -> None:
    assert_same(options(name), module(name).ARGUMENTS)


def test_the_questions_of_probes_are_documented_as_they_are() -> None:
    documented = options("netns_probe")["expect"]["suboptions"]
    assert_same(documented["dns"]["suboptions"], _dns.OPTIONS)
    assert_same(documented["http"]["suboptions"], _http.OPTIONS)


def test_the_types_of_link_are_documented_as_their_tables_say() -> None:
    assert make_link_types.FRAGMENT.read_text() == make_link_types.made(), (
        "run .venv/bin/python tools/make_link_types.py"
    )


@every_module
def test_the_examples_are_tasks_of_this_module_with_its_options(name: str) -> None:
    tasks = yaml.safe_load(module(name).EXAMPLES)
    assert tasks
    known = {word for option, one in options(name).items() for word in (option, *one.get("aliases", []))}
    for task in tasks:
        assert task["name"][0].isupper()
        (used,) = (key for key in task if "." in key)
        if used == f"{COLLECTION}.{name}":
            assert set(task[used] or {}) <= known, task["name"]
    assert any(f"{COLLECTION}.{name}" in task for task in tasks)


@every_module
def test_the_results_are_documented(name: str) -> None:
    def check(node: dict[str, Any], path: str) -> None:
        for key, one in node.items():
            assert {"description", "type"} <= set(one), f"{path}{key}"
            check(one.get("contains", {}), f"{path}{key}.")

    returned = yaml.safe_load(module(name).RETURN)
    assert returned
    for key, one in returned.items():
        assert one["returned"], key
    check(returned, "")


def test_every_module_is_in_the_group_that_defaults_reach() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    assert sorted(groups["netns"]) == NAMES


def test_a_specification_is_readable_by_tools() -> None:
    for name in NAMES:
        assert module(name).__doc__
        assert module(name).main.__doc__


def test_ansible_doc_renders_every_module(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "ansible-doc"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
    }
    words = [str(program), "--type", "module", *(f"{COLLECTION}.{name}" for name in NAMES)]
    asked = subprocess.run([*words, "--json"], check=True, capture_output=True, text=True, env=environment)
    told = json.loads(asked.stdout)
    assert sorted(told) == [f"{COLLECTION}.{name}" for name in NAMES]
    for name, documentation in told.items():
        assert documentation["doc"]["attributes"]["check_mode"]["support"] in ("full", "partial"), name
    shown = subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    assert not re.search(r"\b[OVRCEMP]\(", shown.stdout), "markup that ansible-doc did not render"
    assert "ERROR" not in shown.stderr

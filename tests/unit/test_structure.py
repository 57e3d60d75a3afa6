# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of the code are kept apart: who imports whom, read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
OURS = "ansible_collections.linuxnet.netns."
UTILS = f"{OURS}plugins.module_utils."
#: What knows no kind of object: the engine, and the kernel edge.
ENGINE = ("_model", "_kind", "_contracts", "_plan", "_run", "_transaction", "_kernel")
#: The kinds, and what of them the engine may know.
KINDS, REGISTRY = f"{UTILS}_kinds.", f"{UTILS}_kinds.registry"


def trees() -> dict[str, ast.Module]:
    """Return the syntax trees of all that ships, by module."""
    found = {}
    for path in sorted(PLUGINS.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        found[OURS + ".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text())
    return found


TREES = trees()


def loaded(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is carried out at some time: all but what mypy alone reads."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from (node for other in child.orelse for node in (other, *loaded(other)))
        else:
            yield child
            yield from loaded(child)


def imported(tree: ast.AST, *, typing: bool = False) -> set[str]:
    """Return the modules of ours that are imported, in functions too; with ``typing``, also for mypy alone."""
    found = set()
    for node in ast.walk(tree) if typing else loaded(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            whole = {f"{node.module}.{alias.name}" for alias in node.names} & TREES.keys()
            found |= whole or {str(node.module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith(OURS)}
    return found


def in_engine(module: str) -> bool:
    return any(module == UTILS + name or module.startswith(f"{UTILS}{name}.") for name in ENGINE)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imported(tree) - {module} for module, tree in TREES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(one.removeprefix(UTILS) for one in error.args[1]))


def test_the_engine_imports_no_kind() -> None:
    found = {
        (module.removeprefix(UTILS), one.removeprefix(UTILS))
        for module, tree in TREES.items()
        if in_engine(module)
        for one in imported(tree, typing=True)
        if one.startswith(KINDS) and one != REGISTRY
    }
    assert found == set()
    assert [module for module in TREES if in_engine(module) and REGISTRY in imported(TREES[module])] == [f"{UTILS}_run"]


def test_the_engine_names_no_kind() -> None:
    defined = {
        name
        for module, tree in TREES.items()
        if module.startswith(KINDS)
        for node in tree.body
        for name in (
            [node.name]
            if isinstance(node, ast.ClassDef)
            else [target.id for target in node.targets if isinstance(target, ast.Name)]
            if isinstance(node, ast.Assign)
            else []
        )
        if not name.startswith("_") and name != "KINDS"
    }
    assert {"INTERFACE", "AddVeth", "Addresses"} <= defined
    used = {
        (module.removeprefix(UTILS), name)
        for module, tree in TREES.items()
        if in_engine(module)
        for node in ast.walk(tree)
        for name in [node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""]
        if name in defined
    }
    assert used == set()


def test_what_plans_touches_nothing() -> None:
    touching = {"os", "socket", "fcntl", "subprocess", "ctypes", "select", "threading", "resource"}
    allowed = {("_kinds.address", "socket"), ("_kinds.neighbour", "socket")}  # inet_pton
    pure = [module for module in TREES if module.startswith(KINDS) or module in (f"{UTILS}_model", f"{UTILS}_kind")]
    found = {
        (module.removeprefix(UTILS), name)
        for module in [*pure, f"{UTILS}_plan", f"{UTILS}_topology"]
        for node in ast.walk(TREES[module])
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        if name.partition(".")[0] in touching
    }
    assert found <= allowed


def test_only_what_touches_the_kernel_opens_its_sockets() -> None:
    edge = f"{UTILS}_kernel."
    users = {module for module, tree in TREES.items() if any(one.startswith(edge) for one in imported(tree))}
    outside = {module.removeprefix(OURS) for module in users if not module.startswith(edge)}
    assert outside == {
        "plugins.module_utils._run",
        "plugins.modules.netns_info",
        "plugins.modules.netns_export",
        "plugins.modules.netns_internet_info",
        *(one for one in outside if one.startswith("plugins.become") or one.startswith("plugins.inventory")),
    }


def test_a_kind_is_known_where_the_documentation_says() -> None:
    """The files that a newcomer touches (docs/architecture.md, "To add a kind of object"), for ``neighbour``."""
    kind = f"{KINDS}neighbour"
    users = {module.removeprefix(OURS) for module, tree in TREES.items() if kind in imported(tree, typing=True)}
    assert users == {
        "plugins.module_utils._kinds.registry",
        "plugins.module_utils._info",
        "plugins.module_utils._export",
        "plugins.module_utils._interface_section",
        "plugins.modules.netns_neighbour",
    }
    page = (
        (ROOT / "docs" / "architecture.md").read_text().partition("## To add a kind of object")[2].partition("\n## ")[0]
    )
    for name in (
        "_kinds/NAME.py",
        "_kinds/registry.py",
        "plugins/modules/netns_NAME.py",
        "meta/runtime.yml",
        "cases.py",
        "_info.py",
        "_export.py",
    ):
        assert name in page

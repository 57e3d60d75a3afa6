# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a diff shows: a difference for each namespace, of what differs there, and its header says where."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._diff import diffs


def inside(**interfaces: Any) -> dict[str, Any]:
    """Return a view of namespace a with these interfaces."""
    return {"namespaces": {"a": {"interfaces": interfaces}}}


UP, DOWN = {"state": "up"}, {"state": "down"}


@pytest.mark.parametrize(
    ("before", "after", "whole", "expected"),
    [
        (inside(x=UP), inside(x=UP), set(), []),
        ({}, {"namespaces": {"a": {}}}, {"a"}, [("namespace a", "", "a: {}\n")]),
        ({}, {"namespaces": {"a": {}}}, set(), []),
        ({}, inside(x=UP), {"a"}, [("namespace a", "", "a:\n  interfaces:\n    x:\n      state: up\n")]),
        ({}, inside(x=UP), set(), [("namespace a, interface x", "", "x:\n  state: up\n")]),
        (
            inside(x=UP, z=UP),
            inside(x=DOWN, z=UP),
            set(),
            [("namespace a, interface x", "x:\n  state: up\n", "x:\n  state: down\n")],
        ),
        (
            inside(v=UP, x=UP, z=UP),
            inside(z=UP),
            set(),
            [("namespace a", "a:\n  interfaces:\n    v:\n      state: up\n    x:\n      state: up\n", "")],
        ),
        (
            {"namespaces": {"a": "a stale file, not a namespace"}},
            inside(x=UP),
            set(),
            [("namespace a", "a: a stale file, not a namespace\n", "a:\n  interfaces:\n    x:\n      state: up\n")],
        ),
        (
            {"host": {"interfaces": {"x": UP}}, "namespaces": {"b": {}}},
            {"host": {"interfaces": {"x": DOWN}, "routes": ["default"]}, **inside(x=UP)},
            {"b"},
            [
                (
                    "the host's namespace",
                    "host:\n  interfaces:\n    x:\n      state: up\n",
                    "host:\n  interfaces:\n    x:\n      state: down\n  routes:\n    - default\n",
                ),
                ("namespace a, interface x", "", "x:\n  state: up\n"),
                ("namespace b", "b: {}\n", ""),
            ],
        ),
    ],
    ids=["equal", "made", "assumed", "made with more", "new", "one", "several", "stale", "places"],
)
def test_what_differs_is_shown_by_its_place(
    before: dict[str, Any], after: dict[str, Any], whole: set[Any], expected: list[tuple[str, str, str]]
) -> None:
    found = diffs(before, after, whole, "topology lab")
    assert [(one["before_header"], one["before"], one["after"]) for one in found] == [
        (f"topology lab, {where}", was, now) for where, was, now in expected
    ]
    assert [one["after_header"] for one in diffs(before, after, whole, "")] == [where for where, _, _ in expected]

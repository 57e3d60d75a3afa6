# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The YAML of diffs reads back as what was written."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.module_utils._yaml import render


@pytest.mark.parametrize(
    "tree",
    [
        {"namespaces": {"a": {}, "b": {"interfaces": {"lo": {"state": "up"}}}}},
        {"addresses": ["10.0.0.1/24", "fd00::1/64", "::1/128"], "mtu": 1500, "mac": "52:54:00:12:34:56"},
        {"on": "off", "yes": "no", "null": None, "~": True, "1": 1, "1.5": "1.5", "0x10": "0o7", "": ""},
        {"peer": "b:eb", "told": "eb in namespace b", "odd": "a: b", "hash": "a #b", "quote": 'it\'s "so"'},
        {"list": [{"a": [1, 2, {"b": []}]}, [], {}, [["x"]]], "büro": "münchen", "$HOME": "a;b"},
        {"10.0.0.1": "10.0.0.1", "12:30:45": "12:30:45", "2026-11-24": "2026-11-24", "1e3": "1e3", "_1": "_1"},
    ],
)
def test_it_reads_back(tree: Any) -> None:
    assert yaml.safe_load(render(tree)) == tree


def test_it_is_in_order_and_indented() -> None:
    assert render({"b": {"y": [1, {"k": "v", "j": "w"}]}, "a": {}}) == (
        'a: {}\nb:\n  "y":\n    - 1\n    - j: w\n      k: v\n'
    )


def test_nothing_is_no_text() -> None:
    nothings: list[Any] = [{}, [], None]
    assert [render(nothing) for nothing in nothings] == ["", "", ""]

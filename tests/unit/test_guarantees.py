# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of promises names tests that there are, for each promise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()
PROMISES = [one for one in PAGE.split("\n## ")[1:] if not one.startswith("How much is tried")]
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.partition("\n")[0])
def test_every_promise_names_tests_that_there_are(promise: str) -> None:
    named = _TEST.findall(promise)
    assert named
    for file, function in named:
        tree = ast.parse((ROOT / "tests" / file).read_text())
        assert function in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, f"{file}::{function}"


def test_all_that_stands_like_a_test_is_read_as_one() -> None:
    assert PAGE.count("::test_") == len(_TEST.findall(PAGE))

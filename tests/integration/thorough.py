# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much is tried: a little by ``make test``, and much more with ``--thorough``, by ``make test-faults``."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable

import pytest

#: Counts what a test has tried, by what it is called in the summary.
Tried = Callable[[str, int], None]
_TRIED = "tried"


def several(name: str, first: int, few: int, many: int, *, kernel: int = 0) -> pytest.MarkDecorator:
    """Run a test with each of some numbers as its argument ``name``: so few from the first on, or so many.

    ``kernel`` is how many of them are tried on other kernels too.
    """
    return pytest.mark.several(name, first, few, many, kernel)


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test its numbers."""
    thorough = metafunc.config.getoption("thorough")
    for mark in metafunc.definition.iter_markers("several"):
        name, first, few, many, kernel = mark.args
        marks = [pytest.mark.kernel]
        numbers = range(many if thorough else few)
        given = [pytest.param(first + one, marks=marks if one < kernel else []) for one in numbers]
        metafunc.parametrize(name, given)


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether much is to be tried."""
    return bool(request.config.getoption("thorough"))


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """Count what the test has tried."""
    return lambda what, number: request.node.user_properties.append((_TRIED, [what, number]))


def counted(terminalreporter: Any) -> list[str]:
    """Return what the tests have tried, and how many of the tests that did were not right."""
    counts: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for outcome, reports in terminalreporter.stats.items():
        for report in reports if outcome in ("passed", "failed") else ():
            for name, value in report.user_properties if report.when == "call" else ():
                if name == _TRIED:
                    counts[value[0]] += value[1]
                    wrong[value[0]] += outcome == "failed"
    return [
        f"tried: {number} {what}, {f'in {wrong[what]} tests not all right' if wrong[what] else 'all right'}"
        for what, number in sorted(counts.items())
    ]

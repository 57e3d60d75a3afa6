# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What messages repeat of values is never longer than a line, and never what was encrypted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import (
    Secret,
    SecretInteger,
    SecretNumber,
    alike,
    echo,
    lines,
    some,
)


@pytest.mark.parametrize("value", ["", "a", "it's", "x" * 80, 7, -1.5, None, True, [], {}])
def test_what_is_short_is_repeated(value: Any) -> None:
    assert echo(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 81, f"'{'x' * 80}…' (81 characters)"),
        ('"' * 10**6, f"'{chr(34) * 80}…' (1000000 characters)"),
        (10**5000, "a number of about 5001 digits"),
        (["x" * 10**6], "[…]"),
        ({"x": "y"}, "{…}"),
        (b"x" * 100, f"b'{'x' * 79}…' (100 characters)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_long_is_cut(value: Any, shown: str) -> None:
    assert echo(value) == shown


def test_what_takes_many_escapes_is_cut() -> None:
    assert len(echo("\U000e0001" * 80)) < 120


@pytest.mark.parametrize(
    "value", [Secret("hush"), SecretInteger(4711), SecretNumber(47.11), alike(Secret("a:hush"), "hush")]
)
def test_what_was_encrypted_is_never_formatted(value: Any) -> None:
    for text in (str(value), repr(value), f"{value}", f"{value!r}", f"{value:>20}", "%s" % value, echo(value)):  # noqa: UP031
        assert text == "an encrypted value"
    assert value == {str: "hush", int: 4711, float: 47.11}[type(value).__mro__[2]]


def test_part_of_what_was_encrypted_is_what_it_was() -> None:
    whole = Secret("hush")
    assert alike(whole, whole.rpartition(":")[2]) == "hush"
    assert alike("plain", "plain") == "plain"


def test_long_lists_are_cut() -> None:
    assert some("abc") == "a, b, c"
    assert some(map(str, range(10))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert some(map(str, range(30_000))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 29990 more"
    assert lines(["a", "b"]) == ["- a", "- b"]
    assert (len(lines(range(21))), lines(range(21))[-1]) == (21, "- and 1 more")

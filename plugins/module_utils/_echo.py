# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values and lists as messages have them: never longer than a line, never what was encrypted. Pure. Private."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

#: How many characters of a value a message has.
MOST_CHARACTERS = 80
#: How many mistakes or other lines a message has, and how many names a list inside a sentence.
MOST_LINES, MOST_NAMES = 20, 10
#: How many characters a message of somebody else's has, which may repeat values.
MOST_OF_OTHERS = 320
#: From so many bits on a number is told by its length: Python refuses to write down one of more than 4,300 digits.
MOST_BITS = 128


class Hidden:
    """What was encrypted, which no message shows: it can be compared and taken apart, but not formatted."""

    def __repr__(self) -> str:
        return "an encrypted value"

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return repr(self)


class Secret(Hidden, str):
    """A text that was encrypted."""


class SecretInteger(Hidden, int):
    """A whole number that was encrypted."""


class SecretNumber(Hidden, float):
    """A number that was encrypted."""


def alike(text: str, part: str) -> str:
    """Return part of a text, secret where the text is."""
    # A secret that has no such part is given as it is, and would be made a text by its mask.
    return Secret(str.__str__(part)) if isinstance(text, Secret) else part


def echo(value: Any) -> str:
    """Return a value as a message repeats it, in at most a line; of a list or a mapping only that it is one."""
    if isinstance(value, Hidden):
        return repr(value)
    if isinstance(value, (str, bytes)):
        shown = repr(value[:MOST_CHARACTERS])
        if len(value) <= MOST_CHARACTERS and len(shown) <= 4 * MOST_CHARACTERS:
            return shown
        return f"{shown[: MOST_CHARACTERS + 1]}…{shown[-1]} ({len(value)} characters)"
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        # A bit is log10(2) digits.
        return f"a number of about {int(value.bit_length() * 0.30103) + 1} digits"
    if isinstance(value, Mapping):
        return "{…}" if value else "{}"
    if isinstance(value, (Sequence, set, frozenset)):
        return "[…]" if value else "[]"
    return cut(repr(value), MOST_CHARACTERS)


def as_key(key: Any) -> str:
    """Return a key as paths have it."""
    plain = isinstance(key, str) and key.isprintable() and not isinstance(key, Secret)
    return cut(key, MOST_CHARACTERS) if plain else echo(key)


def cut(text: str, most: int) -> str:
    """Return a text of at most so many characters, with a sign where some are left out."""
    return text if len(text) <= most else f"{text[:most]}…"


def lines(items: Sequence[Any]) -> list[str]:
    """Return the items of a list in a message, a line each, and how many more there are."""
    more = len(items) - MOST_LINES
    listed = [f"- {one}" for one in items[:MOST_LINES]]
    return [*listed, f"- and {more} more"] if more > 0 else listed


def some(names: Iterable[str], separator: str = ", ") -> str:
    """Return names in a sentence, and how many more there are."""
    every = list(names)
    shown = separator.join(islice(every, MOST_NAMES))
    more = len(every) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times, rates, sizes and percentages with units, as people and ``tc`` write them: read, and written.

Pure. Private. Each :class:`Unit` has the methods of ``_form.Type``. As values they are whole numbers: nanoseconds,
bytes per second, bytes, and of a percentage the share of 2³²-1 (tc's lib/utils.c, tc_util.c).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Schema
    from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

_WRITTEN = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z%]*)\s*")
#: What is all of a percentage, and the most that the kernel keeps of other things.
WHOLE = 2**32 - 1
_MOST = 2**63 - 1


class Quantity(ABC):
    """A sort of quantity, as a key of a form takes it."""

    @abstractmethod
    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        """Make a number of what was written; None after having noted what is wrong with it."""

    def text(self, number: int) -> str:
        """Write a number as ``tc`` reads it."""
        return str(number)

    def shown(self, number: int) -> Any:
        """Return a number as results have it."""
        return self.text(number)

    @abstractmethod
    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str"}


class Unit(Quantity):
    """A sort of quantity: ``what`` it is in a message, an ``example``, its units in lower case, and its bounds.

    A number without a unit is taken where ``units`` has an empty one.
    """

    #: As ``tc`` rounds.
    rounding = "ROUND_FLOOR"

    def __init__(
        self, what: str, example: str, units: dict[str, Decimal], bounds: tuple[int, int] = (0, _MOST), hint: str = ""
    ) -> None:
        self.what = what
        self.example = example
        self.units = units
        self.least, self.most = bounds
        self.hint = hint

    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        plain = isinstance(written, (int, float)) and not isinstance(written, bool)
        found = _WRITTEN.fullmatch(written if isinstance(written, str) else str(written) if plain else "")
        scale = None if found is None else self.units.get(found[2].lower())
        if found is None or scale is None:
            problems.add(path, f"{echo(written)} is not {self.what}, such as {self.example}{self.hint}")
            return None
        number = int((Decimal(found[1]) * scale).to_integral_value(self.rounding))
        for bound, word, wrong in ((self.least, "least", number < self.least), (self.most, "most", number > self.most)):
            if wrong:
                problems.add(path, f"{echo(written)} is not possible: at {word} {self.text(bound)} is")
                return None
        return number

    def schema(self, shared: Schema) -> Schema:
        words = "|".join("".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in unit) for unit in self.units)
        pattern = rf"^\s*[0-9]{{1,18}}(\.[0-9]{{1,9}})?\s*({words})\s*$"
        return {"type": ["string", "number"] if "" in self.units else "string", "pattern": pattern}


class Time(Unit):
    """A time in nanoseconds."""

    def text(self, number: int) -> str:
        for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
            if number % size == 0:
                return f"{number // size}{unit}" if number else "0ms"
        return f"{number}ns"


class Rate(Unit):
    """A rate in bytes per second, which is written in bits per second."""

    def text(self, number: int) -> str:
        bits = 8 * number
        for unit, size in (("gbit", 10**9), ("mbit", 10**6), ("kbit", 10**3)):
            if bits % size == 0:
                return f"{bits // size}{unit}" if bits else "0bit"
        return f"{bits}bit"


class Percentage(Unit):
    """A part of all, as a share of :data:`WHOLE`."""

    rounding = "ROUND_HALF_EVEN"

    def text(self, number: int) -> str:
        # 32 bits tell apart nine digits after the point; people write fewer.
        rounded = Decimal(f"{Decimal(100 * number) / WHOLE:.6g}").normalize()
        return f"{rounded:f}%"


class Size(Unit):
    """A number of bytes."""

    def shown(self, number: int) -> int:
        return number


class Count(Quantity):
    """A whole number; ``what`` it is in a message."""

    def __init__(self, what: str, least: int = 0, most: int = WHOLE) -> None:
        self.what = what
        self.bounds = (least, most)

    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        return problems.integer(path, written, self.what, self.bounds)

    def shown(self, number: int) -> int:
        return number

    def schema(self, shared: Schema) -> Schema:
        from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Integer

        return Integer(self.what, *self.bounds).schema(shared)

    def option(self) -> dict[str, Any]:
        return {"type": "int"}


class Minor(Count):
    """The number of a class of a discipline, which ``tc`` writes in hexadecimal."""

    def text(self, number: int) -> str:
        return f"{number:x}"


class Words(Quantity):
    """One of some words, whose number is their place."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        word = problems.choice(path, written, self.words)
        return None if word is None else self.words.index(word)

    def text(self, number: int) -> str:
        return self.words[number] if number < len(self.words) else str(number)

    def schema(self, shared: Schema) -> Schema:
        return {"enum": list(self.words)}

    def option(self) -> dict[str, Any]:
        return {"type": "str", "choices": list(self.words)}


class Switch(Words):
    """True or false; its words are those of ``tc``, that of false first."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        on = problems.boolean(path, written)
        return None if on is None else int(on)

    def shown(self, number: int) -> bool:
        return bool(number)

    def schema(self, shared: Schema) -> Schema:
        from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN

        return BOOLEAN.schema(shared)

    def option(self) -> dict[str, Any]:
        return {"type": "bool"}


_TIMES = {"s": 9, "sec": 9, "secs": 9, "ms": 6, "msec": 6, "msecs": 6, "us": 3, "usec": 3, "usecs": 3, "ns": 0}
TIME = Time("a time with its unit", "20ms", {unit: Decimal(10) ** size for unit, size in _TIMES.items()})
_PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
RATE = Rate(
    "a rate with its unit",
    "10mbit",
    {f"{prefix}bit": Decimal(size) / 8 for prefix, size in _PREFIXES.items()},
    (1, _MOST // 8),
    hint="; its units are bit, kbit, mbit and gbit, in a second (to tc, mbps are bytes)",
)
_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30}
SIZE = Size(
    "a number of bytes",
    "15kb",
    {
        **{"": Decimal(1), "b": Decimal(1)},
        **{f"{prefix}{unit}": Decimal(size) for prefix, size in _BINARY.items() for unit in ("", "b")},
        **{f"{prefix}bit": Decimal(size) / 8 for prefix, size in _BINARY.items()},
    },
    (1, WHOLE),
)
PERCENTAGE = Percentage("a percentage", "1%", {"%": Decimal(WHOLE) / 100}, (0, WHOLE))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keys of a form take that is neither a list nor a section: names, numbers, addresses, words.

Pure. Private. How each is read stands in ``_normalise.py``, which modules use too; here is what editors and Ansible are
told of it. As Ansible does, names may be whole numbers and numbers texts of digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, Generic, Optional, TypeVar

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Schema, refer
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import (
    MOST_INTERFACE_BYTES,
    MOST_NAMESPACE_BYTES,
    MOST_TOPOLOGY_BYTES,
    MTUS,
    Problems,
    as_name,
    as_number,
)

_T = TypeVar("_T")

#: A name that is no template, for a topology file has none.
_NO_TEMPLATE = r"(?!.*\{[{%#])"


class Scalar(Generic[_T]):
    """A value of one word: how it is read, its type as an option, its JSON schema, and its name where it is shared."""

    def __init__(
        self, read: Callable[[Problems, str, Any], Optional[_T]], option: str, schema: Schema, shared: str = ""
    ) -> None:
        self.read = read
        self._option = option
        self._schema = schema
        self._shared = shared

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        if not self._shared:
            return self._schema
        shared.setdefault(self._shared, self._schema)
        return refer(self._shared)

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": self._option}


class Choice:
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, problems: Problems, path: str, written: Any) -> Optional[str]:
        """Make a word of what was written."""
        return problems.choice(path, written, self.words)

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"enum": list(self.words)}

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str", "choices": list(self.words)}


class Integer:
    """A whole number within bounds; ``what`` is it, as in ``an MTU``, and ``unit`` what is counted, as in ``bytes``."""

    def __init__(self, what: str, least: int, most: int, unit: str = "", shared: str = "") -> None:
        self.what = what
        self.bounds = (least, most)
        self.unit = unit
        self._shared = shared

    def read(self, problems: Problems, path: str, written: Any) -> Optional[int]:
        """Make a number of what was written."""
        return problems.integer(path, written, self.what, self.bounds, self.unit)

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        least, most = self.bounds
        digits = "-?[0-9]+" if least < 0 else f"0*({'|'.join(_digits(least, most))})"
        pattern = rf"^\s*{digits}\s*$"
        schema = {"type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": pattern}
        if not self._shared:
            return schema
        shared.setdefault(self._shared, schema)
        return refer(self._shared)

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "int"}


def _digits(least: int, most: int) -> Iterator[str]:
    """Yield patterns which only the numbers from one to another match, written without leading zeros.

    Each is of numbers with the same first digits, then one digit of a range, then any digits, ``size`` numbers for each
    of the range.
    """
    while least <= most:
        size = count = 1
        while least >= 10 * size and least % (10 * size) == 0 and least + 10 * size - 1 <= most:
            size *= 10
        while (least // size + count) % 10 and least + (count + 1) * size - 1 <= most:
            count += 1
        first, last = str(least // size), str(least // size + count - 1)
        digit = last[-1] if count == 1 else f"[{first[-1]}-{last[-1]}]"
        yield first[:-1] + digit + "[0-9]" * (len(str(size)) - 1)
        least += count * size


def _file_name(most: int) -> Schema:
    pattern = rf"^(?!\.{{1,2}}$){_NO_TEMPLATE}[^-/\s][^/\s]{{0,{most - 1}}}$"
    return {"type": ["string", "integer"], "pattern": pattern, "minimum": 0}


def _table(problems: Problems, path: str, written: Any) -> Optional[int]:
    """Return a routing table, by its number, or by one of the names that every host knows."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import TABLES

    named = {name: number for number, name in TABLES.items()}
    number = named.get(written) if isinstance(written, str) else None
    number = as_number(written) if number is None else number
    if number is None or not 1 <= number < 2**32:
        needed = f"a number from 1 to {2**32 - 1}, main, local or default is needed"
        problems.add(path, f"{echo(written)} is not a routing table: {needed}")
        return None
    return number


TOPOLOGY = Scalar[str](
    lambda problems, path, written: problems.topology(path, as_name(written)), "str", _file_name(MOST_TOPOLOGY_BYTES)
)
NAMESPACE = Scalar[str](
    lambda problems, path, written: problems.namespace(path, as_name(written)),
    "str",
    _file_name(MOST_NAMESPACE_BYTES),
    "namespace_name",
)
_INTERFACE_NAME = rf"[^-/:%\s][^/:%\s]{{0,{MOST_INTERFACE_BYTES - 1}}}"
VETH_NAME = Scalar[str](
    lambda problems, path, written: problems.veth_name(path, as_name(written)),
    "str",
    {
        "type": ["string", "integer"],
        "pattern": rf"^(?!(\.{{1,2}}|lo|all|default)$){_NO_TEMPLATE}{_INTERFACE_NAME}$",
        "minimum": 0,
        "maximum": 10**MOST_INTERFACE_BYTES - 1,
    },
)
#: The name of any interface.
INTERFACE_PATTERN = rf"^(?!(\.{{1,2}}|all|default)$){_NO_TEMPLATE}{_INTERFACE_NAME}$"
INTERFACE = Scalar[str](
    lambda problems, path, written: problems.interface(path, as_name(written)),
    "str",
    {
        "type": ["string", "integer"],
        "pattern": INTERFACE_PATTERN,
        "minimum": 0,
        "maximum": 10**MOST_INTERFACE_BYTES - 1,
    },
    "interface_name",
)
#: An endpoint as a text.
ENDPOINT_SCHEMA = {
    "description": "NAMESPACE:INTERFACE, or INTERFACE on the host.",
    "type": "string",
    "pattern": rf"^{_NO_TEMPLATE}([^-/\s][^/\s]*:)?{_INTERFACE_NAME}$",
}
ADDRESS = Scalar(Problems.address, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+/[0-9]{1,3}$"})
_ANY = {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"}
#: The address of a host or of a multicast group.
ANY_ADDRESS = Scalar(Problems.any_address, "str", _ANY)
IPV4_ADDRESS = Scalar[str](
    lambda problems, path, written: problems.any_address(path, written, 4),
    "str",
    {"type": "string", "pattern": "^[0-9.]+$"},
)
IPV6_ADDRESS = Scalar[str](lambda problems, path, written: problems.any_address(path, written, 6), "str", _ANY)
HOST_ADDRESS = Scalar(Problems.host_address, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"})
PREFIX = Scalar(Problems.prefix, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$"})
TABLE = Scalar(
    _table,
    "str",
    {
        "type": ["string", "integer"],
        "pattern": r"^(main|local|default|\s*[0-9]{1,10}\s*)$",
        "minimum": 1,
        "maximum": 2**32 - 1,
    },
    "routing_table",
)
MAC = Scalar(Problems.mac, "str", {"type": "string", "pattern": "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$"})
MTU = Integer("an MTU", *MTUS, unit="bytes", shared="mtu")
LINK_STATE = Choice("up", "down")
SECONDS = Scalar[float](
    lambda problems, path, written: problems.seconds(path, written),
    "float",
    {"type": ["number", "string"], "minimum": 0, "pattern": r"^\s*[0-9]+(\.[0-9]*)?\s*$"},
)
BOOLEAN = Scalar(
    Problems.boolean,
    "bool",
    {
        "anyOf": [
            {"type": "boolean"},
            {"enum": [0, 1]},
            {
                "type": "string",
                "pattern": r"^\s*([Yy]([Ee][Ss])?|[Tt]([Rr][Uu][Ee])?|[Oo][Nn]|1"
                r"|[Nn][Oo]?|[Ff]([Aa][Ll][Ss][Ee])?|[Oo][Ff][Ff]|0)\s*$",
            },
        ]
    },
)

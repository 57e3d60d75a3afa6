# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VLANs of a bridge or of its ports as they are written: numbers, ranges, and mappings with pvid and untagged.

Pure. Private. Loaded where they are written only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, List, Schema, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_name
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN

#: The first and the last VLAN that there can be (IEEE 802.1Q: 0 says that there is none, 4095 is reserved).
FIRST, LAST = 1, 4094
_WRITTEN = re.compile(r"\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?")
_PATTERN = r"^\s*[0-9]+\s*(-\s*[0-9]+\s*)?$"
_SCHEMA = {"type": ["integer", "string"], "minimum": FIRST, "maximum": LAST, "pattern": _PATTERN}


class Vlans(NamedTuple):
    """VLANs from the first to the last, and how a port is in them."""

    first: int
    last: int
    pvid: bool = False
    untagged: bool = False

    @property
    def text(self) -> str:
        """As ``bridge vlan`` takes them."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class _Range:
    """A VLAN, or a range of them."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[Vlans]:
        """Make VLANs of a number, or of a text such as ``30-40``."""
        text = as_name(written)
        found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not (FIRST <= first <= LAST and FIRST <= last <= LAST):
            needed = f"a number from {FIRST} to {LAST} is needed, or two, as in 30-40"
            problems.add(path, f"{echo(written)} is no VLAN: {needed}")
        elif last < first:
            problems.add(path, f"the range {echo(written)} ends before it begins")
        else:
            return Vlans(first, last)
        return None

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return _SCHEMA

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str"}


class WrittenVlan(Section, what="VLAN", needs="an id"):
    """A VLAN, or a range of them, with how a port is in it."""

    id = Key(_Range(), "The VLAN, or a range of them, such as 30-40.", required=True)
    pvid = Key(BOOLEAN, "What comes in without a tag is in it.", default=False)
    untagged = Key(BOOLEAN, "It goes out without a tag.", default=False)

    @classmethod
    def read_as(cls, problems: Problems, path: str, written: Any) -> Optional[Vlans]:
        """Make VLANs of what was written."""
        if not isinstance(written, (dict, Mapping)):
            return _Range().read(problems, path, written)
        one = cls.read(problems, path, written)
        if one is None:
            return None
        if one.pvid and one.id.first != one.id.last:
            problems.add(f"{path}.pvid", "a range of VLANs cannot have it: what comes in without a tag is in one VLAN")
        return one.id._replace(pvid=one.pvid, untagged=one.untagged)


class _Item:
    """A VLAN, a range, or a mapping."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[Vlans]:
        """Make VLANs of what was written."""
        return WrittenVlan.read_as(problems, path, written)

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"oneOf": [_SCHEMA, WrittenVlan.schema(shared)]}

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "raw"}


class _Several(List[Vlans]):
    """All VLANs of a port: each once, and one pvid at most."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[Vlans, ...]]:
        """Make VLANs of a list."""
        found = super().read(problems, path, written)
        if found is not None:
            _check(problems, path, found)
        return found


def _check(problems: Problems, path: str, found: Sequence[Vlans]) -> None:
    pvids = [str(one.first) for one in found if one.pvid]
    if len(pvids) > 1:
        problems.add(path, f"{' and '.join(pvids)} have pvid: what comes in without a tag is in one VLAN")
    ordered = sorted(found)
    for one, other in zip(ordered, ordered[1:]):
        if other.first <= one.last:
            problems.add(path, f"VLAN {other.first} is in it twice, in {one.text} and in {other.text}")


def key() -> Key[Any]:
    """Return the key of a port, and of a bridge."""
    return Key(
        _Several(_Item()),
        "The VLANs that it is in, and no others: numbers, ranges (30-40), and mappings with id, pvid and untagged.",
    )


def as_written(one: Vlans) -> Any:
    """Return VLANs as one would write them."""
    named = one.first if one.first == one.last else one.text
    flags = {name: True for name in ("pvid", "untagged") if getattr(one, name)}
    return {"id": named, **flags} if flags else named

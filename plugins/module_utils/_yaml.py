# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tree of mappings, lists and scalars as YAML, without a library: managed hosts need not have one. Pure. Private."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+,:-]+)*|[0-9a-f.:]+/[0-9]+")
_TAKEN = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|~")


def render(value: Any) -> str:
    """Return the tree as a YAML document: mappings sorted by key, two spaces an indent, an empty tree as no text at
    all.
    """
    return "" if value in ({}, [], None) else "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            if _nested(value[key]):
                yield f"{_scalar(key)}:"
                yield from (f"  {line}" for line in _lines(value[key]))
            else:
                yield f"{_scalar(key)}: {_scalar(value[key])}"
    elif isinstance(value, list) and value:
        for item in value:
            lines = list(_lines(item)) if _nested(item) else [_scalar(item)]
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])
    else:
        yield _scalar(value)


def _nested(value: Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _TAKEN.fullmatch(value) and ": " not in value:
        return value
    return json.dumps(value, ensure_ascii=False)

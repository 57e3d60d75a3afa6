# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws the pictures in README.md and docs: each ``mermaid`` block is that of the last topology before it in its page.

.venv/bin/python tools/make_pictures.py writes them; a unit test holds them to the topologies.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import yaml

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^```(yaml|mermaid)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that may have pictures."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def made(page: str) -> str:
    """Return the text of a page with its pictures as they are to be."""
    from ansible_collections.linuxnet.netns.plugins.filter.topology_graph import topology_graph

    topology: Optional[dict[str, Any]] = None

    def drawn(found: re.Match[str]) -> str:
        nonlocal topology
        if found[1] == "mermaid":
            return f"```mermaid\n{topology_graph(topology)}\n```"
        topology = next(_topologies(yaml.safe_load(found[2])), topology)
        return found[0]

    return _BLOCK.sub(drawn, page)


def _topologies(written: Any) -> Iterator[dict[str, Any]]:
    """Yield the topologies in an example: a file's own, and those of the tasks in plays."""
    if isinstance(written, dict):
        if "namespaces" in written and "name" in written:
            yield written
        yield from (found for value in written.values() for found in _topologies(value))
    elif isinstance(written, list):
        yield from (found for value in written for found in _topologies(value))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    for place in pages():
        place.write_text(made(place.read_text()))

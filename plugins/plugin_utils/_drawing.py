# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graphs of topologies in the languages of programs that draw: Mermaid, and Graphviz. Pure. Private.

https://mermaid.js.org/syntax/flowchart.html and https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns
from ansible_collections.linuxnet.netns.plugins.plugin_utils._graph import (
    CABLE,
    DIFFERS,
    MISSING,
    PORT,
    UNDECLARED,
    UPON,
    Graph,
    Line,
    lines_of,
)

#: How what drifted looks in Mermaid; what it is stands in its box too.
_STYLES = {
    "down": "stroke-dasharray: 4 4",
    MISSING: "stroke:#c00,stroke-width:2px,stroke-dasharray: 4 4",
    UNDECLARED: "stroke:#b60,stroke-width:2px",
    DIFFERS: "stroke:#c00,stroke-width:2px",
}
#: What each interface is called in a drawing.
Ids = Mapping[tuple[Netns, str], str]
_WORDS = {CABLE: "", UPON: "upon", PORT: "port"}
_BETWEEN = {CABLE: "---", UPON: "-.->", PORT: "---"}
_DRIFT = {"": "", MISSING: "missing", UNDECLARED: "not declared"}


def mermaid(graph: Graph) -> str:
    """Return the flowchart."""
    ids = _ids(graph)
    return "\n".join(
        ["flowchart LR", *_mermaid_boxes(graph, ids), *_mermaid_lines(graph, ids), *_mermaid_styles(graph, ids)]
    )


def graphviz(graph: Graph) -> str:
    """Return the undirected graph."""
    ids = _ids(graph)
    return "\n".join(
        ["graph topology {", "  node [shape=box];", *_graphviz_boxes(graph, ids), *_graphviz_lines(graph, ids), "}"]
    )


def _title(graph: Graph, netns: Netns) -> str:
    missing = " (missing)" if graph.drifted.get(netns) else ""
    return ("the host" if netns is None else netns) + missing


def _ids(graph: Graph) -> Ids:
    """Return what each interface is called in a drawing, for names have characters that have a meaning there."""
    return {
        (netns, name): f"n{number}i{other}"
        for number, (netns, inside) in enumerate(graph.namespaces.items())
        for other, name in enumerate(inside)
    }


def _mermaid_boxes(graph: Graph, ids: Ids) -> Iterator[str]:
    for number, (netns, inside) in enumerate(graph.namespaces.items()):
        if not inside:
            yield f'  n{number}["{_entities(_title(graph, netns))}"]'
            continue
        yield f'  subgraph n{number}["{_entities(_title(graph, netns))}"]'
        for name, interface in inside.items():
            text = "<br>".join(_entities(one) for one in lines_of(name, interface))
            yield f'    {ids[netns, name]}["{text}"]'
        yield "  end"


def _mermaid_lines(graph: Graph, ids: Ids) -> Iterator[str]:
    for line in graph.lines:
        text = _text(line)
        between = "-.-" if line.drift == MISSING else _BETWEEN[line.what]
        yield f"  {ids[line.first]} {between}{f'|{text}|' if text else ''} {ids[line.second]}"


def _mermaid_styles(graph: Graph, ids: Ids) -> Iterator[str]:
    classes: dict[str, list[str]] = {}
    for (netns, name), own in ids.items():
        interface = graph.namespaces[netns][name]
        what = interface.drift or ("" if interface.up else "down")
        if what:
            classes.setdefault(what, []).append(own)
    for what, members in classes.items():
        yield f"  classDef {what} {_STYLES[what]}"
        yield f"  class {','.join(members)} {what}"


def _text(line: Line) -> str:
    return ", ".join(word for word in (_WORDS[line.what], _DRIFT[line.drift]) if word)


def _entities(text: str) -> str:
    """Return a text of which nothing has a meaning in Mermaid."""
    return re.sub(r"[^\w .:/@%+()-]", lambda found: f"#{ord(found[0])};", text)


def _graphviz_boxes(graph: Graph, ids: Ids) -> Iterator[str]:
    for number, (netns, inside) in enumerate(graph.namespaces.items()):
        yield f"  subgraph cluster{number} {{"
        yield f"    label={_quoted(_title(graph, netns))};"
        if not inside:
            yield f'    n{number} [style=invis, label=""];'
        for name, interface in inside.items():
            text = "\n".join(lines_of(name, interface))
            style = "" if interface.up and interface.drift != MISSING else ", style=dashed"
            colour = ", color=red" if interface.drift else ""
            yield f"    {ids[netns, name]} [label={_quoted(text)}{style}{colour}];"
        yield "  }"


def _graphviz_lines(graph: Graph, ids: Ids) -> Iterator[str]:
    for line in graph.lines:
        text = _text(line)
        put = [f"label={_quoted(text)}"] if text else []
        put += ["style=dashed"] if line.what == UPON or line.drift == MISSING else []
        put += ["color=red"] if line.drift else []
        attributes = f" [{', '.join(put)}]" if put else ""
        yield f"  {ids[line.first]} -- {ids[line.second]}{attributes};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

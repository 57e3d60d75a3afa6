# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topology as a picture, in the text of a program that draws."""

from __future__ import annotations

DOCUMENTATION = r"""
name: topology_graph
short_description: Draw a topology
version_added: 1.0.0
author:
  - The linuxnet.netns developers (@linuxnet)
description:
  - Makes the text of a picture of a topology, in the language of Mermaid, which code hosts draw in their pages, or of
    Graphviz.
  - Namespaces are boxes with their interfaces and their addresses; lines are veth pairs, what links are built
    upon, and ports of bridges. An interface that is down is marked.
options:
  _input:
    description:
      - A topology in the form that M(linuxnet.netns.netns_topology) takes and M(linuxnet.netns.netns_export) gives, or
        what M(linuxnet.netns.netns_info) found (RV(linuxnet.netns.netns_info#module:namespaces)).
    type: raw
    required: true
  language:
    description: The language of the picture.
    type: str
    choices: [mermaid, graphviz]
    default: mermaid
  found:
    description:
      - What M(linuxnet.netns.netns_info) found of the same topology. What of it is missing, differs in its link state
        or lacks an address, and what is in its namespaces that is not declared, is then marked.
    type: list
    elements: dict
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_info
"""

EXAMPLES = r"""
- name: The picture of a topology file
  ansible.builtin.copy:
    content: |
      ```mermaid
      {{ lookup('ansible.builtin.file', 'lab.yml') | from_yaml | linuxnet.netns.topology_graph }}
      ```
    dest: lab.md
    mode: "0644"
  delegate_to: localhost

- name: Read what is there
  linuxnet.netns.netns_info:
    host: true
    names: [blue, red]
  register: live

- name: The same, with what has drifted
  ansible.builtin.debug:
    msg: "{{ (topology | linuxnet.netns.topology_graph(found=live.namespaces)).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The text of the picture, in lines.
  type: str
  sample: |-
    flowchart LR
      subgraph n0["blue"]
        n0i0["to_red<br>192.0.2.1/24"]
      end
      subgraph n1["red"]
        n1i0["to_blue<br>192.0.2.2/24"]
      end
      n0i0 --- n1i0
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _drawing, _graph

_LANGUAGES = {"mermaid": _drawing.mermaid, "graphviz": _drawing.graphviz}


def topology_graph(
    topology: Any, language: str = "mermaid", found: Optional[Sequence[Mapping[str, Any]]] = None
) -> str:
    """Return the text of the picture. Raises: AnsibleFilterError, for what is no topology."""
    if language not in _LANGUAGES:
        raise AnsibleFilterError(
            f"topology_graph: language is {language!r}, and {' and '.join(_LANGUAGES)} are possible"
        )
    graph = _declared(topology) if isinstance(topology, Mapping) else _found("the input", topology)
    if found is not None:
        graph = _graph.compared(graph, _found("found", found))
    return _LANGUAGES[language](graph)


def _declared(topology: Mapping[str, Any]) -> _graph.Graph:
    try:
        return _graph.of_topology(topology)
    except Invalid as error:
        raise AnsibleFilterError(f"topology_graph: {error}") from None


def _found(what: str, namespaces: Any) -> _graph.Graph:
    try:
        return _graph.of_found(namespaces)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"topology_graph: {what} must be a topology, or 'namespaces' of a result of linuxnet.netns.netns_info, "
            f"not this: {error!r}"
        ) from None


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by their names."""
        return {"topology_graph": topology_graph}

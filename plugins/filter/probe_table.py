# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of netns_probe as a table that a person reads."""

from __future__ import annotations

DOCUMENTATION = r"""
name: probe_table
short_description: Show the probes of netns_probe as a table
version_added: 1.0.0
author:
  - The linuxnet.netns developers (@linuxnet)
description:
  - Makes text of what M(linuxnet.netns.netns_probe) has returned, with a line for each probe, or as a matrix of where
    from by where to.
  - A cell says C(ok) and the round-trip time where there was a reply, C(-) and the reason where there was none, and
    C(!) before it where this was not expected.
options:
  _input:
    description: The list RV(linuxnet.netns.netns_probe#module:probes).
    type: list
    elements: dict
    required: true
  layout:
    description: V(list) gives a line for each probe; V(matrix) a line for each namespace, and a column for each target.
    type: str
    choices: [list, matrix]
    default: list
seealso:
  - module: linuxnet.netns.netns_probe
"""

EXAMPLES = r"""
- name: Show what reaches what
  ansible.builtin.debug:
    msg: "{{ (result.probes | linuxnet.netns.probe_table).splitlines() }}"

- name: The same as a matrix
  ansible.builtin.debug:
    msg: "{{ (result.probes | linuxnet.netns.probe_table(layout='matrix')).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The table, in lines.
  type: str
  sample: |-
    from            to        protocol  result
    my_container_a  10.0.0.2  icmp      ok 0.061 ms
    my_container_b  10.9.9.9  icmp      - network unreachable
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def probe_table(probes: Sequence[Mapping[str, Any]], layout: str = "list") -> str:
    """Return the table. Raises: AnsibleFilterError, for what is not the list of a probe's result."""
    if layout not in ("list", "matrix"):
        raise AnsibleFilterError(f"probe_table: layout is {layout!r}, and list and matrix are possible")
    try:
        rows = _matrix(probes) if layout == "matrix" else _list(probes)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"probe_table: 'probes' of a result of linuxnet.netns.netns_probe is needed, not this: {error!r}"
        ) from None
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _list(probes: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    rows = [["from", "to", "protocol", "result"]]
    return rows + [[_from(probe), _to(probe), _how(probe), _cell(probe)] for probe in probes]


def _matrix(probes: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    columns: dict[str, None] = {}
    cells: dict[str, dict[str, list[str]]] = {}
    for probe in probes:
        column = _to(probe) + ("" if _how(probe) == "icmp" else f" {_how(probe)}")
        columns[column] = None
        cells.setdefault(_from(probe), {}).setdefault(column, []).append(_cell(probe))
    rows = [["from \\ to", *columns]]
    return rows + [
        [sender, *("; ".join(row[column]) if column in row else "" for column in columns)]
        for sender, row in cells.items()
    ]


def _from(probe: Mapping[str, Any]) -> str:
    return str(probe["from"] or "(host)")


def _to(probe: Mapping[str, Any]) -> str:
    to, address = str(probe["to"]), str(probe["address"] or "")
    return to if address in ("", to) else f"{to} ({address})"


def _how(probe: Mapping[str, Any]) -> str:
    if probe.get("dns"):
        return f"dns {probe['dns']['type']} {probe['dns']['name']}"
    port = "" if probe["port"] is None else f"/{probe['port']}"
    size = "" if probe["mtu"] is None else f" {probe['mtu']} bytes"
    size = f" {probe['http']['path']}" if probe.get("http") else size
    return f"{probe['protocol']}{port}{size}"


def _cell(probe: Mapping[str, Any]) -> str:
    text = f"ok{_told(probe)}" if probe["reachable"] else f"- {probe['reason']}"
    if probe["reachable"] and probe["rtt_ms"] is not None:
        text += f" {probe['rtt_ms']:g} ms"
    if probe.get("loss_percent"):
        text += f", {probe['loss_percent']:g} % lost"
    return text if probe["ok"] else f"! {text}"


def _told(probe: Mapping[str, Any]) -> str:
    """Return what a service has said."""
    if probe.get("dns"):
        return f" {', '.join(probe['dns']['addresses'][:3]) or probe['dns']['status']}"
    return f" {probe['http']['status'] or 'no HTTP'}" if probe.get("http") else ""


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by their names."""
        return {"probe_table": probe_table}

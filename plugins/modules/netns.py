#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage named network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns
short_description: Manage named network namespaces
version_added: 1.0.0
description:
  - Creates and removes named network namespaces, the ones that C(ip netns) manages in C(/run/netns).
  - An empty plain file in their place, as a crash or a reboot may leave one, is repaired or removed.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  name:
    description:
      - The name of the namespace, or a list of names.
    type: list
    elements: str
    required: true
  loopback:
    description:
      - The link state of the loopback interface C(lo) inside. A new namespace has it down.
      - It is left alone when this is omitted, and with O(state=absent).
    type: str
    choices: [up, down]
  state:
    description:
      - Whether the namespaces exist.
      - V(absent) removes the name. Where processes are still inside, or the namespace is mounted in another place too,
        it lives on as it is; RV(namespaces[].processes) and RV(namespaces[].mounts) tell by what.
      - Before a namespace goes, physical devices inside are given back to the host, and the veth pairs that lead
        out of it are deleted, so that their names are free when the task is done.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.veth
"""

EXAMPLES = r"""
- name: Two namespaces exist
  linuxnet.netns.netns:
    name: [my_container_a, my_container_b]

- name: A namespace exists, and what is inside can talk to itself
  linuxnet.netns.netns:
    name: services
    loopback: up

- name: The namespace is gone
  linuxnet.netns.netns:
    name: services
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip netns add services", "ip -n services link set dev lo up"]
namespaces:
  description: The namespaces, as they are after the task, or in check mode would be.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    state:
      description: V(present) or V(absent).
      type: str
    loopback:
      description: The link state of C(lo), V(up) or V(down). Only told when O(loopback) is given.
      type: str
    processes:
      description: The ids of the processes that keep a removed namespace alive.
      type: list
      elements: int
    mounts:
      description: The other places where a removed namespace is mounted, which keep it alive.
      type: list
      elements: str
  sample: [{"name": "services", "state": "present", "loopback": "up"}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import Namespace
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "name": {"type": "list", "elements": "str", "required": True},
    "loopback": {"type": "str", "choices": ["up", "down"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the namespaces, and the state of loopback in each."""
    present = params["state"] == "present"
    names = problems.namespaces("name", params["name"])
    declared: list[Declared] = [Namespace("name", name, present, inspect=True) for name in names]
    if present and params["loopback"]:
        declared += [LinkState("loopback", name, "lo", params["loopback"] == "up") for name in names]
    return declared


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the namespaces after the run."""
    loopback = {one.netns for one in outcome.declared if isinstance(one, LinkState)}
    found_there = []
    for name in (one.name for one in outcome.declared if isinstance(one, Namespace)):
        one: dict[str, Any] = {"name": name, "state": "present" if outcome.now.has(name) else "absent"}
        lo = find(outcome.now, Endpoint(name, "lo")) if name in loopback else None
        if lo is not None:
            one["loopback"] = "up" if lo.up else "down"
        if not outcome.now.has(name):
            before = outcome.plan.before.names.get(name)
            held = {} if before is None else {"processes": before.processes, "mounts": before.mounts}
            one.update({key: list(found) for key, found in held.items() if found})
        found_there.append(one)
    return {"namespaces": found_there}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

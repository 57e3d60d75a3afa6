#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the addresses of interfaces in network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_neighbour
short_description: Manage permanent neighbours of interfaces in network namespaces
version_added: 1.0.0
description:
  - Says which MAC address is that of an IPv4 or IPv6 address behind an interface, so that the kernel does not ask for
    it (ARP, neighbour discovery).
  - Only permanent neighbours are looked at, the ones that C(ip neighbour) adds. What the kernel has learned of an
    address that is declared is replaced; all else that it has learned is left alone.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The namespace that the interface is in. The host's when omitted.
    type: str
  interface:
    description:
      - The name of the interface.
    type: str
    required: true
    aliases: [device]
  neighbours:
    description:
      - The neighbours.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description:
          - An IPv4 or IPv6 address, without a prefix length.
        type: str
        required: true
      mac:
        description:
          - The MAC address that it has, in quotes. Required with O(state=present).
        type: str
  exclusive:
    description:
      - Remove all other permanent neighbours of the interface.
      - Only for O(state=present).
    type: bool
    default: false
  state:
    description:
      - Whether the interface has the neighbours. With V(absent) the interface, and the namespace, need not exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The kernel takes the neighbours away when the interface goes down, and when it gets another MAC address. So set the
    link state first.
seealso:
  - module: linuxnet.netns.netns_addr
  - module: linuxnet.netns.netns_link_state
"""

EXAMPLES = r"""
- name: The gateway is known without being asked for
  linuxnet.netns.netns_neighbour:
    netns: services
    interface: uplink
    neighbours:
      - address: 192.0.2.1
        mac: "02:00:00:00:00:01"

- name: A neighbour is no longer permanent
  linuxnet.netns.netns_neighbour:
    netns: services
    interface: uplink
    neighbours:
      - address: 192.0.2.1
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n services neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent dev uplink"]
neighbours:
  description: All permanent neighbours of the interface after the task, or in check mode as they would be, IPv4 first.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      type: str
    mac:
      description: Its MAC address.
      type: str
  sample: [{"address": "192.0.2.1", "mac": "02:00:00:00:00:01"}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import Neighbour, Neighbours, in_results
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "interface": {"type": "str", "required": True, "aliases": ["device"]},
    "neighbours": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"address": {"type": "str", "required": True}, "mac": {"type": "str"}},
    },
    "exclusive": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the neighbours of the interface."""
    netns = problems.optional_namespace("netns", params["netns"])
    interface = problems.interface("interface", params["interface"])
    present = params["state"] == "present"
    neighbours: dict[str, Neighbour] = {}
    for number, written in enumerate(params["neighbours"]):
        path = f"neighbours[{number}]"
        address = problems.host_address(f"{path}.address", written["address"])
        mac = problems.mac(f"{path}.mac", written["mac"])
        if written["mac"] is None and present:
            problems.add(f"{path}.mac", "it is missing")
        if address in neighbours:
            problems.add(f"{path}.address", f"{address} is there twice")
        elif address is not None:
            neighbours[address] = Neighbour(address, mac.text if mac else "")
    if params["exclusive"] and not present:
        problems.add("exclusive", "it goes with state=present; with state=absent, name the neighbours to remove")
    return [Neighbours("", netns, interface or "", tuple(neighbours.values()), present, params["exclusive"])]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the neighbours of the interface after the run."""
    (declared,) = (one for one in outcome.declared if isinstance(one, Neighbours))
    return {"neighbours": in_results(outcome.now, Endpoint(declared.netns, declared.interface))}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host has of a topology over several."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_part
short_description: Take a host's part of a topology over several hosts
version_added: 1.0.0
author:
  - The linuxnet.netns developers (@linuxnet)
description:
  - Makes of a topology over several hosts the topology that one of them is to have, in the form that
    M(linuxnet.netns.netns_topology) takes. The role P(linuxnet.netns.fleet_topology#role) applies it.
  - Links between namespaces of one host are veth pairs. A link between two hosts is a cable of VXLAN, with an interface
    at each end that sends by the host's own network.
  - The whole topology is looked at for each host, and all its mistakes are told with their paths.
positional: _input, host, variables
options:
  _input:
    description:
      - A topology as M(linuxnet.netns.netns_topology) takes it, in which each namespace says on which C(host) of the
        inventory it is. What is in no namespace, such as an end of a link, says it too; C(hosts) has by the names of
        hosts what C(host) has of a topology on one host.
      - A link between hosts may have a C(vni), the number of its cable. Otherwise it follows from the names of the
        topology and of the two ends.
    type: dict
    required: true
  host:
    description: The host, by its name in the inventory.
    type: str
    required: true
  variables:
    description:
      - The variables of all hosts, C(hostvars). Of hosts with cables C(fleet_topology_underlay) is the address by which
        the others reach them, and C(fleet_topology_underlay_mtu) how many bytes a packet between them may have, V(1500)
        when omitted.
    type: dict
    required: true
seealso:
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: The part of this host
  linuxnet.netns.netns_topology:
    name: "{{ part.topology.name }}"
    namespaces: "{{ part.topology.namespaces }}"
    links: "{{ part.topology.links | default([]) }}"
    purge: true
  vars:
    part: "{{ fleet | linuxnet.netns.fleet_part(inventory_hostname, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The part of the host.
  type: dict
  contains:
    topology:
      description: The topology that the host is to have.
      type: dict
    cables:
      description: The cables that lead to other hosts.
      type: list
      elements: dict
      contains:
        vni:
          description: The number of the cable.
          type: int
        end:
          description: Its end on this host, as V(NAMESPACE:INTERFACE).
          type: str
        other_end:
          description: Its other end.
          type: str
        other_host:
          description: The host that has the other end.
          type: str
        expect:
          description: What it proves, in the form of O(linuxnet.netns.netns_probe#module:expect).
          type: list
          elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, enumerated
from ansible_collections.linuxnet.netns.plugins.plugin_utils._fleet import Fleet


def fleet_part(topology: Any, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a host. Raises: AnsibleFilterError, with all the mistakes of the topology."""
    try:
        fleet = Fleet(topology, variables)
    except Invalid as invalid:
        raise AnsibleFilterError(f"fleet_part: {enumerated(invalid.problems)}") from None
    return {"topology": fleet.part(host), "cables": fleet.cables(host)}


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"fleet_part": fleet_part}

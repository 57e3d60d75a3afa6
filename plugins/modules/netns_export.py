#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the topology of what is live on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_export
short_description: Write the topology of the network namespaces that are on a host, whoever made them
version_added: 1.0.0
description:
  - Makes a topology, in the form of M(linuxnet.netns.netns_topology), of namespaces with their links, addresses,
    routes, rules and shaping, as they are now. Applying it to the same host changes nothing.
  - What cannot be declared, such as a link to a namespace without a name, is left out, and a warning names it.
  - Keys of WireGuard are never told. RV(secrets) says what to put into the topology instead.
  - It is read only, and so tells what M(linuxnet.netns.netns_info) sees. What neither looks at, such as packet filters,
    IPsec policies and forwarding entries of bridges, is not in it.
extends_documentation_fragment:
  - linuxnet.netns.attributes.reading
options:
  name:
    description:
      - The name of the topology. To apply it beside the one that made the same things gives them to both; take the
        name of that one to go on with it.
    type: str
    required: true
  namespaces:
    description:
      - The namespaces, by their names. All that have a name when omitted.
      - Links to other namespaces are exported with the name of their other end alone; it must be there when the
        topology is applied.
    type: list
    elements: str
  host:
    description:
      - Also export what is in the host's own namespace, its bridges and other links, addresses, routes and rules.
        Without it, of the host there are only the ends of links to the namespaces.
      - The host's own devices are not declared, for they are there anyway; their addresses are.
    type: bool
    default: false
  macs:
    description:
      - Also export the MAC addresses, for example to have the same ones again. Two hosts on one network cannot have the
        same.
    type: bool
    default: false
  sysctls:
    description:
      - Sysctls that are exported of each namespace that has them, by the names that C(sysctl) takes.
    type: list
    elements: str
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_info
"""

EXAMPLES = r"""
- name: Read what is there
  linuxnet.netns.netns_export:
    name: lab
  register: found

- name: Keep it in a file on the controller
  ansible.builtin.copy:
    content: "{{ found.topology | to_nice_yaml(sort_keys=false) }}"
    dest: lab_topology.yml
    mode: "0644"
  delegate_to: localhost

- name: Two namespaces, and what routes packets there
  linuxnet.netns.netns_export:
    name: edge
    namespaces: [r1, r2]
    sysctls: [net.ipv4.ip_forward, net.ipv6.conf.all.forwarding]
"""

RETURN = r"""
topology:
  description: The topology, as M(linuxnet.netns.netns_topology) has it in its options, and in a file.
  returned: success
  type: dict
  sample: {"name": "lab", "namespaces": ["a", "b"], "links": [{"endpoints": ["a:eth0", "b:eth0"]}]}
left_out:
  description: What is there and could not be declared, with the reason; warnings tell it too.
  returned: success
  type: list
  elements: str
  sample: ["route local 10.7.0.0/16 dev lo in namespace a: it is of type local"]
secrets:
  description: What is not told, and is to be put into the topology by hand where it is to be made anew.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The key of the topology that is to have it.
      type: str
      sample: namespaces[0].interfaces[0].wireguard.private_key_file
    value:
      description: What is to be there, in words.
      type: str
commands:
  description:
    - What applying the topology to this host would do now, as C(ip) and other commands. Empty unless something has
      changed meanwhile, and then a warning says so.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import failures_reported

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "namespaces": {"type": "list", "elements": "str"},
    "host": {"type": "bool", "default": False},
    "macs": {"type": "bool", "default": False},
    "sysctls": {"type": "list", "elements": "str"},
}


def main() -> None:
    """Run the module."""
    module = Module(ARGUMENTS)
    with failures_reported(module):
        from ansible_collections.linuxnet.netns.plugins.module_utils import _exported

        problems = Problems()
        name, names, wanted = _exported.read(problems, module.params)
        problems.check()
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS

        kernel = LinuxKernel(KINDS)
        try:
            with kernel.locked(shared=True):
                found = _exported.look(kernel, name, names, wanted)
        finally:
            kernel.close()
        for one in found.left_out:
            module.warn(f"Left out: {one}.")
        for secret in found.secrets:
            module.warn(f"Not told: {secret['path']} is to be {secret['value']}.")
        if found.commands:
            module.warn(f"Applying the topology would now run {len(found.commands)} commands; see commands.")
    module.exit_json(changed=False, **found._asdict())


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the addresses of interfaces in network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_addr
short_description: Manage IPv4 and IPv6 addresses of interfaces in network namespaces
version_added: 1.0.0
description:
  - Adds addresses to an interface inside a namespace or on the host, and removes them.
  - Addresses that are not declared are left alone, unless O(exclusive) is set. What the kernel would take away
    together with an address, the secondary addresses of the same subnet, is kept.
  - An address with a peer (C(ip address add 10.0.0.1 peer 10.0.0.2/32)) is another one than C(10.0.0.1/32). It is
    never declared here, and only O(exclusive) removes it.
notes:
  - Of the IPv4 addresses of a subnet one is the primary one, which what is sent to the subnet comes from unless it is
    told otherwise. What is sent elsewhere through the interface comes from its first primary address, or the one in
    the subnet of the gateway.
  - The primary one is that which has been there longest; new ones come behind it, in the order in which they are
    declared. When it is removed, the next one follows, whatever the sysctl C(promote_secondaries) says. So the order
    of O(addresses) matters among new addresses alone, and what is there is never put into another order. To make
    another address the primary one, declare it alone with O(exclusive=true) first, and all of them in a second task.
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
  addresses:
    description:
      - One or more IPv4 or IPv6 addresses, each with its prefix length. They are kept for ever; one that is there with
        a lifetime loses it, and one that failed duplicate address detection is made anew.
    type: list
    elements: str
    required: true
    aliases: [address]
  exclusive:
    description:
      - Remove all other addresses, except for those that the kernel itself gives, which are the link-local ones,
        and on C(lo) C(127.0.0.1/8) and C(::1/128), and those that router advertisements give.
      - Only for O(state=present).
    type: bool
    default: false
  state:
    description:
      - Whether the interface has the addresses. With V(absent) the interface, and the namespace, need not exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_link_state
"""

EXAMPLES = r"""
- name: The end in the first container has its address
  linuxnet.netns.netns_addr:
    netns: my_container_a
    interface: my_veth_end_a
    addresses: 10.0.0.1/24

- name: An interface has these two addresses and no others
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses:
      - 192.0.2.10/24
      - 2001:db8::10/64
    exclusive: true

- name: An address is gone
  linuxnet.netns.netns_addr:
    netns: services
    interface: uplink
    addresses: 192.0.2.10/24
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n my_container_a address add 10.0.0.1/24 dev my_veth_end_a"]
addresses:
  description:
    - All addresses of the interface after the task, or in check mode as they would be, IPv4 first.
    - Link-local addresses, which the kernel adds in its own time, are left out. One with a peer is written as C(ip)
      does, for example C(10.0.0.1 peer 10.0.0.2/32).
  returned: success
  type: list
  elements: str
  sample: ["10.0.0.1/24"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import Addresses, listed
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "interface": {"type": "str", "required": True, "aliases": ["device"]},
    "addresses": {"type": "list", "elements": "str", "required": True, "aliases": ["address"]},
    "exclusive": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """The addresses of the interface."""
    netns = problems.optional_namespace("netns", params["netns"])
    interface = problems.interface("interface", params["interface"])
    addresses = problems.addresses("addresses", params["addresses"])
    present = params["state"] == "present"
    if params["exclusive"] and not present:
        problems.add("exclusive", "it goes with state=present; with state=absent, name the addresses to remove")
    texts = tuple(address.text for address in addresses)
    return [Addresses("", netns, interface or "", texts, present, params["exclusive"])]


def tell(outcome: Outcome) -> dict[str, Any]:
    """The addresses of the interface after the run."""
    (declared,) = (one for one in outcome.declared if isinstance(one, Addresses))
    return {"addresses": listed(outcome.now, Endpoint(declared.netns, declared.interface))}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, tell)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage veth pairs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: veth
short_description: Manage veth pairs, virtual cables between network namespaces
version_added: 1.0.0
description:
  - Creates a veth pair with each end in its namespace, from whatever is there already. An end that is elsewhere is
    moved, also when O(netns) or O(peer_netns) has changed.
  - The kernel sets an interface down that is moved, and takes its addresses, routes and neighbours away. The module
    does not give them back, for they are not declared here; the diff shows what goes. Tasks of
    M(linuxnet.netns.netns_addr) and M(linuxnet.netns.netns_link_state) after this one do, and
    M(linuxnet.netns.netns_topology) does all in one. The other end keeps what it has.
  - A pair is known by the names of both ends, with at least one end in its place or in the host's namespace. With
    neither it is another pair, and stays; a new one is made beside it. For O(state=absent) an end on the host is not
    enough where the other one is neither there nor in its place.
  - A name that belongs to anything else is an error, and what it belongs to is left alone. So is an end that a
    topology made and that is elsewhere. Change the topology to move it.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  name:
    description:
      - The name of one end, an interface name of 1 to 15 bytes.
    type: str
    required: true
  netns:
    description:
      - The namespace that this end belongs in, which must exist. The host's when omitted.
    type: str
  peer:
    description:
      - The name of the other end. Required with O(state=present).
      - With O(state=absent) it may be omitted; then the pair is removed whatever its other end is called.
    type: str
  peer_netns:
    description:
      - The namespace that the other end belongs in, which must exist. The host's when omitted.
    type: str
  mac:
    description:
      - The MAC address of this end, in quotes. The kernel chooses one, and it is left alone, when omitted.
    type: str
  peer_mac:
    description:
      - The MAC address of the other end.
    type: str
  mtu:
    description:
      - The MTU of both ends, in bytes, from 68 to 65535. It is left alone when omitted; the kernel starts with 1500.
    type: int
  state:
    description:
      - Whether the pair exists. Removing one end removes the other.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_addr
  - module: linuxnet.netns.netns_link_state
"""

EXAMPLES = r"""
- name: A cable connects two namespaces
  linuxnet.netns.veth:
    name: my_veth_end_a
    netns: my_container_a
    peer: my_veth_end_b
    peer_netns: my_container_b

- name: A cable connects the host with a namespace, with jumbo frames
  linuxnet.netns.veth:
    name: to_services
    peer: uplink
    peer_netns: services
    peer_mac: "02:00:00:00:00:01"
    mtu: 9000

- name: The same cable leads to another namespace, where its end has to get its address again
  linuxnet.netns.veth:
    name: my_veth_end_a
    netns: my_container_a
    peer: my_veth_end_b
    peer_netns: my_container_c

- name: The cable is gone
  linuxnet.netns.veth:
    name: to_services
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip link add name to_services type veth peer name uplink netns services"]
link:
  description: The pair after the task, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    state:
      description: V(present) or V(absent).
      type: str
    endpoints:
      description: The two ends, this one first. Empty when the pair is absent.
      type: list
      elements: dict
      contains:
        netns:
          description: The namespace, V(null) for the host's.
          type: str
        interface:
          description: The name.
          type: str
        index:
          description: The interface index. V(null) where only a real run will tell.
          type: int
        mac:
          description: The MAC address. V(null) where only a real run will tell.
          type: str
        mtu:
          description: The MTU in bytes.
          type: int
        state:
          description: The link state, V(up) or V(down).
          type: str
        carrier:
          description: Whether the end has a carrier, that is, whether both ends are up.
          type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import as_result
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import Veth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "netns": {"type": "str"},
    "peer": {"type": "str"},
    "peer_netns": {"type": "str"},
    "mac": {"type": "str"},
    "peer_mac": {"type": "str"},
    "mtu": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the pair."""
    mtu = problems.mtu("mtu", params["mtu"])

    def end(option: str, prefix: str) -> VethEnd:
        mac = problems.mac(f"{prefix}mac", params[f"{prefix}mac"])
        return VethEnd(
            problems.optional_namespace(f"{prefix}netns", params[f"{prefix}netns"]),
            problems.veth_name(option, params[option]) or "",
            None if mac is None else mac.text,
            mtu,
            option=option,
            netns_option=f"{prefix}netns",
        )

    first = end("name", "")
    second = None if params["peer"] is None else end("peer", "peer_")
    if second is None and params["state"] == "present":
        problems.add("peer", "it is missing; a pair that is to be present has two ends")
    if second is not None:
        problems.distinct("peer", first.endpoint, second.endpoint)
    return [Veth("", first, second, params["state"] == "present")]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the pair after the run."""
    (pair,) = (one for one in outcome.declared if isinstance(one, Veth))
    found = pair.find(outcome.now) or ()
    return {
        "link": {
            "state": "present" if found else "absent",
            "endpoints": [as_result(outcome.now, *end) for end in found],
        }
    }


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set interfaces in network namespaces up or down."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_link_state
short_description: Set interfaces in network namespaces up or down
version_added: 1.0.0
description:
  - Sets the link state of an interface inside a namespace or on the host, and may wait for its carrier.
  - An interface is up or down by what was asked of it. Whether it can carry anything is another matter, its
    carrier. An end of a veth pair has one when both ends are up.
  - Setting an interface down makes the kernel remove its IPv6 addresses, unless the sysctl C(keep_addr_on_down) is
    set.
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
  state:
    description:
      - The link state.
    type: str
    choices: [up, down]
    required: true
  wait:
    description:
      - How many seconds to wait for a carrier at most, once the interface is up; V(0) does not wait.
      - When there is none by then the task fails, and the interface stays up, so that it comes to work as soon as
        its peer is up.
    type: float
    default: 0
seealso:
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: The end in the first container is up
  linuxnet.netns.netns_link_state:
    netns: my_container_a
    interface: my_veth_end_a
    state: up

- name: The other end is up too, and has a carrier within five seconds
  linuxnet.netns.netns_link_state:
    netns: my_container_b
    interface: my_veth_end_b
    state: up
    wait: 5
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n my_container_a link set dev my_veth_end_a up"]
link:
  description: The interface after the task, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    netns:
      description: The namespace, V(null) for the host's.
      type: str
    interface:
      description: The name.
      type: str
    index:
      description: The interface index.
      type: int
    mac:
      description: The MAC address.
      type: str
    mtu:
      description: The MTU in bytes.
      type: int
    state:
      description: The link state, V(up) or V(down).
      type: str
    carrier:
      description:
        - Whether the interface has a carrier, after the O(wait).
        - In check mode V(null) where only a real run will tell, which is so when an interface that is neither loopback
          nor an end of a veth pair is to be set up.
      type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import as_result
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import Carrier, LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "interface": {"type": "str", "required": True, "aliases": ["device"]},
    "state": {"type": "str", "choices": ["up", "down"], "required": True},
    "wait": {"type": "float", "default": 0},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the link state of the interface."""
    netns = problems.optional_namespace("netns", params["netns"])
    interface = problems.interface("interface", params["interface"])
    wait = problems.seconds("wait", params["wait"])
    return [LinkState("", netns, interface or "", params["state"] == "up", wait or 0, alone=True)]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the interface after the run."""
    (declared,) = (one for one in outcome.declared if isinstance(one, LinkState))
    link = as_result(outcome.now, declared.netns, declared.interface)
    for condition, found in outcome.found:
        if isinstance(condition, Carrier):
            # What the wait has found is younger than the state.
            link["carrier"] = found
    return {"link": link}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set sysctls of network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_sysctl
short_description: Set sysctls of network namespaces
version_added: 1.0.0
description:
  - Sets kernel settings below C(net), as C(sysctl -w) does inside a namespace. What has its value already is not
    written.
  - They last as long as the namespace, those of an interface as long as the interface, and on the host until it
    reboots. No file is written; for the host's after a reboot use M(ansible.posix.sysctl).
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The namespace. The host's when omitted.
    type: str
  sysctls:
    description:
      - The sysctls, a mapping of their names to values. Only names that begin with C(net) are taken, all others are
        the whole machine's.
      - As C(sysctl) takes them, names have dots, or slashes where the name of an interface has a dot
        (V(net/ipv4/conf/eth0.10/rp_filter), or V(net.ipv4.conf.eth0/10.rp_filter)).
      - A value is a number, a boolean (V(true) is V(1)) or a text; white space between several numbers is no matter.
    type: dict
    required: true
  state:
    description:
      - A sysctl always has some value, and the kernel does not remember which one it had at first. So there is no
        V(absent). Set the value that you want instead.
    type: str
    choices: [present]
    default: present
notes:
  - Those that set others come first, whatever their order. C(net.ipv4.ip_forward) and C(net.ipv4.conf.all.forwarding)
    set the forwarding of C(default) and of all interfaces, and C(net.ipv4.conf.all.accept_redirects);
    C(net.ipv6.conf.all.forwarding) and C(net.ipv6.conf.all.disable_ipv6) set that of C(default) and of all
    interfaces; a C(default) of IPv4 is set for the interfaces too that never got a value of their own. When a
    task fails, these are put back too.
  - C(disable_ipv6) takes the IPv6 addresses and routes of an interface away, C(forwarding) of IPv6 the default routes
    that routers advertised. When a task fails, they are put back. What is gone for good is told in a warning.
  - A sysctl that the kernel has for the whole host only, such as C(net.core.rmem_max), is one of the host, without
    O(netns).
  - A value appears in the result and in the diff. For a secret one, such as C(net.ipv4.tcp_fastopen_key), set
    C(no_log).
seealso:
  - module: linuxnet.netns.netns_topology
  - module: ansible.posix.sysctl
"""

EXAMPLES = r"""
- name: The namespace is a router
  linuxnet.netns.netns_sysctl:
    netns: services
    sysctls:
      net.ipv4.ip_forward: true
      net.ipv6.conf.all.forwarding: true
      net.ipv4.conf.default.rp_filter: 2

- name: It has no IPv6 on its uplink, and more ports for clients
  linuxnet.netns.netns_sysctl:
    netns: services
    sysctls:
      net.ipv6.conf.uplink.disable_ipv6: true
      net.ipv4.ip_local_port_range: 10000 60999
"""

RETURN = r"""
commands:
  description: The same work as C(sysctl) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip netns exec services sysctl -w net.ipv4.ip_forward=1"]
sysctls:
  description:
    - The sysctls that the task names, with their values after the task as texts, or in check mode as they would be.
      Names and values are as C(sysctl -a) has them, with one space between numbers.
  returned: success
  type: dict
  sample: {"net.ipv4.ip_forward": "1"}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import sysctl
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "sysctls": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["present"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the sysctls of the namespace."""
    netns = problems.optional_namespace("netns", params["netns"])
    return sysctl.declared(netns, sysctl.read(problems, "sysctls", params["sysctls"]))


def result(outcome: Outcome) -> dict[str, Any]:
    """Return their values after the run."""
    return {"sysctls": sysctl.as_result(outcome.now, outcome.declared)}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

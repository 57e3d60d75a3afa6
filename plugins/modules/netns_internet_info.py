#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how a host reaches the internet, and by which topology its namespaces do too."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_internet_info
short_description: Find out by which topology namespaces reach what their host reaches
version_added: 1.0.0
description:
  - Looks at how a host reaches the internet, by which interfaces, with which name servers and through which firewall,
    and gives the topology by which namespaces do so too. M(linuxnet.netns.netns_topology) takes it as it is.
  - The role P(linuxnet.netns.internet_access#role) does both; this module is what it knows about the host.
  - It looks for the way out as the kernel does, for each version of IP, by the route to an address of the internet;
    nothing is sent.
  - It fails where the topology would not work, or would take something away, and says what to do, all of it at once. So
    it does where a chain of the host's firewall on the hook C(forward) drops what it does not know, and has no rule
    that names the interface of the namespaces, or with a wildcard the beginning of its name.
extends_documentation_fragment:
  - linuxnet.netns.attributes.reading
requirements:
  - the package nftables on the managed host
options:
  name:
    description:
      - What the topology is for, which is called C(internet_NAME). So are its tables of nftables; its interface on the
        host is called C(inet_NAME), or, where that is too long, its beginning and a number made of the name.
      - Letters, digits, dots, dashes and underscores.
    type: str
    required: true
  namespaces:
    description:
      - The namespaces. One gets a cable to the host, several a bridge on the host, so that they reach each other too.
        Those that are not there are made.
      - Without them, only RV(put_back) is told.
    type: list
    elements: str
  device:
    description:
      - The interface of the host that leads out. When omitted, the one of the route to the internet, or several ones,
        where the route has several next hops.
    type: str
  prefix:
    description:
      - The IPv4 prefix of the namespaces, of which the host has the first address. When omitted, one that the host has
        no route to, made of O(name).
    type: str
  prefix6:
    description: The same for IPv6.
    type: str
  nameservers:
    description:
      - The addresses of the name servers of the namespaces. When omitted, those that the host asks, if they can be
        asked from elsewhere. An empty list leaves it all as it is.
      - A C(/etc/netns/NAME/resolv.conf) that somebody else has made stays.
    type: list
    elements: str
  ports:
    description: Ports of the host that lead into a namespace.
    type: list
    elements: dict
    suboptions:
      port:
        description: The port of the host, at all its addresses but those of C(lo).
        type: int
        required: true
      to_port:
        description: The port in the namespace, the same when omitted.
        type: int
      protocol:
        description: V(tcp) or V(udp).
        type: str
        choices: [tcp, udp]
        default: tcp
      namespace:
        description: The namespace, where there are several.
        type: str
  firewall:
    description: V(ignored) does not look at the firewall of the host.
    type: str
    choices: [checked, ignored]
    default: checked
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_nftables
"""

EXAMPLES = r"""
- name: How could this namespace reach the internet?
  linuxnet.netns.netns_internet_info:
    name: services
    namespaces: [services]
    ports:
      - {port: 8080, to_port: 80}
  register: found

- name: So it does
  linuxnet.netns.netns_topology:
    name: "{{ found.topology.name }}"
    namespaces: "{{ found.topology.namespaces }}"
    links: "{{ found.topology.links }}"
    host: "{{ found.topology.host }}"
    purge: true
"""

RETURN = r"""
topology:
  description:
    - The topology, as M(linuxnet.netns.netns_topology) has it. Empty without O(namespaces).
    - What the sysctls were before that it sets on the host is in comments of its tables.
  returned: success
  type: dict
  sample: {"name": "internet_services", "namespaces": [{"name": "services"}], "links": [], "host": {}}
ways:
  description: The ways out.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: The version of IP, V(4) or V(6).
      type: int
    devices:
      description: The interfaces of the host that lead out.
      type: list
      elements: str
    prefix:
      description: The prefix of the namespaces.
      type: str
says:
  description: The same in words, and what was left alone.
  returned: success
  type: list
  elements: str
  sample: ["services reaches IPv4 by eth0, from 10.223.176.148/30"]
sysctls_first:
  description:
    - Sysctls of the host that have to be set before the topology is applied, so that a host whose kernel takes router
      advertisements does not lose the routes that it has from them. Only of kernels before 6.17.
  returned: success
  type: dict
  sample: {"net/ipv6/conf/eth0/accept_ra": "2"}
put_back:
  description:
    - The sysctls of the host that are to be set when the topology of this name is gone, for then nobody else needs
      them. That is what they were before there was any such topology.
  returned: success
  type: dict
  sample: {"net/ipv4/conf/eth0/forwarding": "0"}
"""

from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import failures_reported

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "namespaces": {"type": "list", "elements": "str"},
    "device": {"type": "str"},
    "prefix": {"type": "str"},
    "prefix6": {"type": "str"},
    "nameservers": {"type": "list", "elements": "str"},
    "ports": {
        "type": "list",
        "elements": "dict",
        "options": {
            "port": {"type": "int", "required": True},
            "to_port": {"type": "int"},
            "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
            "namespace": {"type": "str"},
        },
    },
    "firewall": {"type": "str", "choices": ["checked", "ignored"], "default": "checked"},
}


def main() -> None:
    """Run the module."""
    module = Module(ARGUMENTS)
    result: dict[str, Any] = {}
    with failures_reported(module):
        from ansible_collections.linuxnet.netns.plugins.module_utils import _way_out

        problems = Problems()
        asked = _way_out.read(problems, module.params)
        problems.check()
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS

        kernel = LinuxKernel(KINDS)
        try:
            with kernel.locked(shared=True):
                result = _found(kernel, problems, asked, module)
        finally:
            kernel.close()
        problems.check()
    module.exit_json(changed=False, **result)


def _found(kernel: Any, problems: Problems, asked: Any, module: Module) -> dict[str, Any]:
    """Return what the module tells; notes what stands against it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _info, _way_out
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.internet import InternetReader

    reader = InternetReader(module.run_command)
    back = {f"net/{path}": value for path, value in _way_out.put_back(asked, reader).items()}
    if not asked.namespaces:
        return {"topology": {}, "ways": [], "says": [], "sysctls_first": {}, "put_back": back}
    places = {_info.Place(): "host", **{_info.Place(name=name): "namespaces" for name in asked.namespaces}}
    host, *inside = _info.look(kernel, problems, places)
    seen = _way_out.Seen(host, dict(zip(asked.namespaces, inside)), reader)
    plan = _way_out.planned(problems, asked, seen)
    return {
        "topology": plan.topology,
        "ways": [
            {"version": way.version, "devices": list(way.devices), "prefix": way.prefix.text} for way in plan.ways
        ],
        "says": _way_out.sentences(asked, plan),
        "sysctls_first": dict(plan.first),
        "put_back": back,
    }


if __name__ == "__main__":
    main()

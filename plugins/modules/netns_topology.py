#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage a whole topology of network namespaces and links."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_topology
short_description: Manage a whole topology of network namespaces, links and addresses
version_added: 1.0.0
description:
  - Brings namespaces, the veth pairs between them, their addresses and link states to what is declared, whatever
    was there before. What is right already is not touched.
  - All or nothing. When the kernel refuses a step, what the task has done is undone, and the message names the step.
  - All mistakes in a topology are told at once, each with its path, before anything is changed.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  name:
    description:
      - The name of the topology, by which the host remembers what was made for it. Two topologies on one host need
        two names.
      - Required, here or in the file O(src).
    type: str
  namespaces:
    description:
      - The namespaces. Each is a name, or a mapping with C(name) and C(loopback), which is V(up) (the default) or
        V(down), and with the following.
      - C(interfaces) are its interfaces beside the ends of O(links), each a mapping with C(name), C(type), the mapping
        named as the type, C(lower), C(lower_netns), C(alias), C(mac) and C(mtu) as in
        M(linuxnet.netns.netns_link), with C(addresses), C(neighbours) and C(state) as an endpoint has them, and with
        C(ports), a list of the interfaces that have it as their master. A port is a name, or a mapping with C(name)
        and what O(linuxnet.netns.netns_link#module:port) has. With C(type) V(device), one that is there already is
        moved in; C(from) is a mapping with the C(name) or C(mac) that it has outside, and C(netns), the host's when
        omitted.
      - C(addresses), a mapping of the names of interfaces that are there already, C(lo) for example, to the addresses
        that they have, in lists as endpoints have them.
      - C(routes), a list of routes, each as in M(linuxnet.netns.netns_route), and C(rules), a list of rules, each as in
        M(linuxnet.netns.netns_rule). Both are made once all that is in the namespace is there and up.
      - C(nftables), the text of a ruleset as in M(linuxnet.netns.netns_nftables). It is loaded before any link is made,
        or where it names interfaces that must be there (C(iif), C(oif), C(device)), as soon as these are made.
      - C(sysctls), as O(linuxnet.netns.netns_sysctl#module:sysctls). Those of an interface are set once it is there and
        before it gets its addresses, all others before any link is made.
      - C(files), a list of what programs inside have in the place of the same in C(/etc), C(resolv.conf) for example,
        each as O(linuxnet.netns.netns_files#module:files). Those that were made for this topology go with the namespace
        when O(state=absent).
    type: list
    elements: raw
    default: []
  links:
    description:
      - The pairs, veth unless said otherwise. Each is a mapping with C(endpoints), a list of two, and for both of them
        C(mtu).
      - With C(type) V(netkit) a link is a netkit pair (Linux 6.7), and C(netkit) a mapping with its C(mode), V(l2) or
        V(l3), and what becomes of what its ends send unless a BPF program says otherwise, V(forward) or V(blackhole);
        C(policy) is that of the first endpoint, C(peer_policy) that of the second.
      - C(prefixes) of a link is a list of prefixes, one for each version of IP for example. Ends that say nothing of
        addresses, or C(addresses=auto), have one address of each.
      - An endpoint is a mapping with C(interface), its name; C(netns), its namespace, the host's when omitted;
        C(addresses), a list of IPv4 and IPv6 addresses, each a text with its prefix length or a mapping, as
        O(linuxnet.netns.netns_addr#module:addresses) are; C(neighbours), a list of permanent
        neighbours, each with C(address) and C(mac); C(shaping), a mapping with the options of
        M(linuxnet.netns.netns_shaping) that shape what the end sends; C(state), which is V(up) (the default) or
        V(down); C(mac) and C(mtu), which are left alone when omitted. Or it is the short form V(NAMESPACE:INTERFACE),
        on the host V(INTERFACE).
      - A text of digits is taken as a number where one is needed, and a whole number as a name.
      - An endpoint's namespace is one of O(namespaces), or exists already.
    type: list
    elements: raw
    default: []
  bridges:
    description:
      - Bridges with all that is plugged into them, in short. Each is a mapping with C(name), the name of the bridge;
        C(netns), its namespace, one of O(namespaces), the host's when omitted; C(bridge), its properties as in
        O(linuxnet.netns.netns_link#module:bridge); C(endpoints), a list of those that are plugged in; C(ports), as
        O(namespaces) have them, other interfaces of its namespace such as a link to another bridge; C(prefixes), as a
        link has them; C(mtu), of the bridge and of what is plugged in; and for the bridge itself C(addresses),
        C(neighbours), C(shaping), C(state) and C(mac) as an endpoint has them.
      - An endpoint is as one of O(links), with C(netns), C(interface), C(addresses), C(neighbours), C(shaping),
        C(state), C(mac) and C(mtu), or the short form. It gets a link whose other end is a port of the bridge, which
        C(port) may name; or C(port) is a mapping with C(interface), that name, and what
        O(linuxnet.netns.netns_link#module:port) has. When omitted, the name is made of those of the endpoint.
    type: list
    elements: raw
  defaults:
    description:
      - What the endpoints of O(links) and O(bridges) have that do not say anything else, a mapping with C(state),
        C(mtu), C(shaping) and C(addresses), which may be V(auto). What a link or a bridge says of C(mtu) comes first.
      - C(prefixes) are those from which links without C(prefixes) of their own get some, which are 30 bits long for
        IPv4, and for IPv6 64, or 126 where these prefixes are longer than 56.
    type: raw
  host:
    description:
      - What is to be in the host's own namespace, beside the ends of links, a mapping with C(interfaces),
        C(addresses), C(routes), C(rules), C(nftables) and C(sysctls), as namespaces have them.
      - With O(state=absent), and when they are no longer named, sysctls of the host keep their values, for others may
        count on them by then.
    type: raw
  purge:
    description:
      - Also remove what an earlier run made for this topology and which is no longer named in it, namespaces, links,
        addresses and what else it names. What anyone else made is never removed, nor is what was there before. A sysctl
        keeps its value.
      - What was made is remembered in C(/run/linuxnet.netns) on the host until the next reboot, which takes the
        namespaces too. When that record is lost or damaged, nothing is removed.
    type: bool
    default: false
  persist:
    description:
      - Whether all that is declared is to be there after a reboot too, without Ansible. V(true) keeps a script of
        C(ip), C(tc) and C(sysctl) commands in C(/etc/linuxnet.netns) and, where the host runs systemd, a unit that
        runs it at boot, C(linuxnet-netns-NAME.service). V(false) takes them away.
      - When omitted, what is kept stays as it is, whatever else the task changes. O(state=absent) always takes it away.
      - Keys of WireGuard stay in the files that are named; these and C(wg) have to be there at boot.
      - A kept file that somebody has changed by hand is not overwritten or removed; the task fails and names it.
      - The commands for files in RV(commands) name them, and the diff shows what is in them.
    type: bool
  wait:
    description:
      - How many seconds to wait at most, once all is as declared, until no declared IPv6 address is tentative any
        longer, so that a service can be bound to it; V(0) does not wait. When one still is, or is a duplicate, the task
        fails, and what was declared stays.
      - Ends that are declared down are left out, and the ends of a link whose other end is.
    type: float
    default: 0
  src:
    description:
      - A YAML or JSON file B(on the controller) with C(name), C(namespaces), C(links), C(bridges), C(defaults),
        C(host), C(purge), C(persist) and C(wait), as the options of these names.
      - A relative path is looked for as M(ansible.builtin.copy) does, in C(files) of the role and beside the
        playbook. The file, or values in it, may be encrypted with Ansible Vault. What was encrypted is not repeated
        in messages about mistakes; in RV(commands) and elsewhere it is an ordinary value, unless C(no_log) is set.
      - The file is not templated. A template in it is a mistake, so that a file from elsewhere can run nothing on the
        controller.
      - It has at most 4 MiB, 300000 values, with those that aliases stand for, and 32 levels of them.
      - P(linuxnet.netns.netns#inventory) reads the same file.
    type: path
  probe:
    description:
      - Prove it. Once all is as declared, each end of a link sends an echo request to the addresses of the other end,
        and the task fails when one gets no reply in 10 seconds. What was declared stays then.
      - Ends that are declared down, links inside one namespace and link-local addresses are left out. For other
        proofs there is M(linuxnet.netns.netns_probe).
      - In check mode it is proven when there is nothing to change.
      - What was proven is shown in a line on standard error, unless C(no_log) is set.
    type: bool
    default: false
  state:
    description:
      - V(absent) removes the namespaces that are named, with all that is in them, the links that are named, what
        O(host) names, and what O(persist) keeps.
    type: str
    choices: [present, absent]
    default: present
notes:
  - On a large topology the result tells in RV(topology.made) and RV(topology.seconds) how many objects were made,
    in how long.
seealso:
  - module: linuxnet.netns.netns
  - module: linuxnet.netns.veth
  - module: linuxnet.netns.netns_probe
"""

EXAMPLES = r"""
- name: Two containers with a cable between them
  linuxnet.netns.netns_topology:
    name: two_containers
    namespaces:
      - my_container_a
      - my_container_b
    links:
      - endpoints:
          - netns: my_container_a
            interface: my_veth_end_a
            addresses: [10.0.0.1/24]
          - netns: my_container_b
            interface: my_veth_end_b
            addresses: [10.0.0.2/24]
    probe: true

- name: A router between the host and two networks, in short
  linuxnet.netns.netns_topology:
    name: routed
    namespaces: [router, left, right]
    links:
      - endpoints: ["to_router", "router:uplink"]
      - endpoints: ["router:left", "left:eth0"]
      - endpoints: ["router:right", "right:eth0"]
        mtu: 1400

- name: A switch, and what is plugged into it
  linuxnet.netns.netns_topology:
    name: switched
    namespaces: [switch, h1, h2, h3]
    bridges:
      - name: lan
        netns: switch
        prefixes: [10.0.0.0/24, "fd00::/64"]
        endpoints: ["h1:eth0", "h2:eth0", "h3:eth0"]

- name: A router that forwards
  linuxnet.netns.netns_topology:
    name: forwarding
    namespaces:
      - name: router
        sysctls:
          net.ipv4.ip_forward: true
          net.ipv6.conf.left.accept_ra: 0
      - left
    links:
      - endpoints: ["router:left", "left:eth0"]

- name: A namespace that reaches the world through another
  linuxnet.netns.netns_topology:
    name: way_out
    namespaces:
      - name: inner
        routes:
          - to: default
            via: 10.0.0.1
      - gateway
    links:
      - endpoints:
          - netns: inner
            interface: eth0
            addresses: [10.0.0.2/24]
          - netns: gateway
            interface: to_inner
            addresses: [10.0.0.1/24]

- name: A namespace with a way out, also after a reboot
  linuxnet.netns.netns_topology:
    name: management
    namespaces: [mgmt]
    links:
      - endpoints:
          - interface: to_mgmt
            addresses: [198.51.100.1/30]
          - netns: mgmt
            interface: uplink
            addresses: [198.51.100.2/30]
    persist: true

- name: What the file says, and nothing that an earlier version of it said
  linuxnet.netns.netns_topology:
    src: lab_topology.yml
    purge: true

- name: What a template makes, with variables
  vars:
    lab: "{{ lookup('ansible.builtin.template', 'lab_topology.yml.j2') | from_yaml }}"
  linuxnet.netns.netns_topology:
    name: "{{ lab.name }}"
    namespaces: "{{ lab.namespaces }}"
    links: "{{ lab.links }}"

- name: All of it is gone
  linuxnet.netns.netns_topology:
    src: lab_topology.yml
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip), C(tc) and C(sysctl) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip netns add my_container_a", "ip netns add my_container_b"]
topology:
  description: What was declared, and what the task did for it, or in check mode would do.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the topology.
      type: str
    state:
      description: V(present) or V(absent).
      type: str
    namespaces:
      description: The names of its namespaces.
      type: list
      elements: str
    links:
      description: The two endpoints of each of its links, in the short form.
      type: list
      elements: list
      sample: [["my_container_a:my_veth_end_a", "my_container_b:my_veth_end_b"]]
    made:
      description:
        - How many namespaces, interfaces (two for each link) and addresses were made, and of neighbours, routes, rules
          and queueing disciplines, if there are any.
      type: dict
      sample: {"namespaces": 2, "interfaces": 2, "addresses": 2}
    removed:
      description: How many were removed by name. What goes with a namespace is not counted.
      type: dict
      sample: {"namespaces": 0, "interfaces": 0, "addresses": 0}
    persisted:
      description: Where it is kept for the next boot.
      returned: when O(persist=true)
      type: dict
      contains:
        script:
          description: The script that brings it about.
          type: str
          sample: /etc/linuxnet.netns/lab.sh
        unit:
          description: The systemd unit that runs it; null where the host runs no systemd.
          type: str
          sample: linuxnet-netns-lab.service
    seconds:
      description: How long it took.
      type: float
      sample: 0.02
probes:
  description: What became of each probe, in the form of RV(linuxnet.netns.netns_probe#module:probes).
  returned: when O(probe=true) and O(state=present)
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Thing
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    **_topology.Topology.arguments(),
    "src": {"type": "path"},
    "probe": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

#: Seconds that a probe waits for its reply: IPv6 addresses that are new take some to settle, on a busy host a few.
TIMEOUT = 10.0


def main() -> None:
    """Run the module."""
    module = Module(ARGUMENTS, required_one_of=[("name", "src")])
    topology: list[_topology.Topology] = []

    def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
        if params["src"] is not None:
            problems.add(
                "src",
                "the file is read on the controller, by the action plugin of this module; call the module by "
                "its full name, linuxnet.netns.netns_topology",
            )
        read = _topology.read(problems, {key: params[key] for key in _topology.Topology.keys})
        topology.append(read)
        declared = _topology.declare(read, params["state"] == "present", params["purge"], shown=module._diff)
        declared += _topology.settling(read) if params["state"] == "present" else []
        return declared + _topology.reachability(read, TIMEOUT) if probes(params) else declared

    def result(outcome: Outcome) -> dict[str, Any]:
        result: dict[str, Any] = {"topology": summary(topology[0], module.params["state"], outcome)}
        if topology[0].persist and module.params["state"] == "present":
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import persistence

            result["topology"]["persisted"] = persistence.as_result(outcome.now, topology[0].name)
        if probes(module.params):
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import reachability

            result["probes"] = reachability.results(outcome.found)
        return result

    run(module, declare, result, self_contained=True, about=lambda: f"topology {topology[0].name}")


def probes(params: Mapping[str, Any]) -> bool:
    """Tell whether reachability is to be proven."""
    return bool(params["probe"]) and params["state"] == "present"


def summary(topology: _topology.Topology, state: str, outcome: Outcome) -> dict[str, Any]:
    """Return the topology and what was done for it."""
    steps = outcome.plan.steps
    return {
        "name": topology.name,
        "state": state,
        "namespaces": [one.name for one in topology.namespaces],
        "links": [[end.endpoint.short() for end in link.endpoints] for link in topology.links],
        "made": counted(thing for step in steps for thing in step.makes()),
        "removed": counted(thing for step in steps for thing in step.removes()),
        "seconds": round(outcome.seconds, 3),
    }


def counted(things: Iterable[Thing]) -> dict[str, int]:
    """Return how many there are of each kind."""
    counts = {"namespaces": 0, "interfaces": 0, "addresses": 0}
    for thing in things:
        counts[thing.kind.plural] = counts.get(thing.kind.plural, 0) + 1
    return counts


if __name__ == "__main__":
    main()

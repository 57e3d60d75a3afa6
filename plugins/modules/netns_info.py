#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_info
short_description: Read network namespaces, with their links, addresses, routes, rules and processes
version_added: 1.0.0
description:
  - Reads what is in network namespaces, whoever made them, links with their peers, addresses, routes, rules, and the
    processes that live there.
  - A namespace that has no name in C(/run/netns), such as a container's, is read by its path or by a process in it.
extends_documentation_fragment:
  - linuxnet.netns.attributes.reading
options:
  names:
    description:
      - The names of namespaces. When none of O(names), O(paths), O(pids) and O(host) is given, all that have a name.
      - One that is not there is told as V(absent) in RV(namespaces[].state); it is no error. One that may not be looked
        at is.
    type: list
    elements: str
  paths:
    description: Namespaces by their files, such as V(/run/docker/netns/default) or V(/proc/1/ns/net).
    type: list
    elements: str
  pids:
    description: Namespaces by a process that is in them.
    type: list
    elements: int
  host:
    description: Also read the host's namespace, the one that the task itself runs in.
    type: bool
    default: false
  sysctls:
    description:
      - Sysctls to be told of each namespace, by the names that C(sysctl) takes, such as V(net.ipv4.ip_forward).
    type: list
    elements: str
  persisted:
    description:
      - Also tell which topologies are kept for the next boot (O(linuxnet.netns.netns_topology#module:persist)), and
        whether what is live is as they declare it.
    type: bool
    default: false
seealso:
  - module: linuxnet.netns.netns
  - module: linuxnet.netns.netns_export
  - module: linuxnet.netns.netns_probe
"""

EXAMPLES = r"""
- name: Read all namespaces that have a name
  linuxnet.netns.netns_info:
  register: found

- name: Read one namespace and the host's
  linuxnet.netns.netns_info:
    names: [my_container_a]
    host: true

- name: Read the namespace of a process, such as a container's main one
  linuxnet.netns.netns_info:
    pids: [4711]

- name: Ask what the next boot would bring, and whether that is what there is now
  linuxnet.netns.netns_info:
    persisted: true
  register: found
  failed_when: found.persisted | rejectattr('is_live') | length > 0
"""

RETURN = r"""
namespaces:
  description:
    - The namespaces, in the order of the options, or by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name, V(null) where it has none. A byte of a name that is no UTF-8 is told as V(\\xff).
      type: str
    path:
      description: The path by which it was asked for.
      type: str
    pid:
      description: The process by which it was asked for.
      type: int
    host:
      description: Whether it is the host's, asked for by O(host).
      type: bool
    state:
      description:
        - V(present); V(absent); V(stale), an empty file that a crash or a reboot has left in its place, which
          M(linuxnet.netns.netns) repairs or removes; or V(foreign), something else altogether.
        - All lists are empty unless it is present.
      type: str
    inode:
      description: The number by which C(readlink /proc/PID/ns/net) names the namespace.
      type: int
    links:
      description: The links, by their indexes.
      type: list
      elements: dict
      contains:
        interface:
          description: The name.
          type: str
        kind:
          description: The link kind such as V(veth), V(loopback), or empty for a physical device.
          type: str
        index:
          description: The interface index.
          type: int
        state:
          description: The link state, V(up) or V(down).
          type: str
        carrier:
          description: Whether the interface has a carrier.
          type: bool
        flags:
          description: The flags, as C(ip link) writes them.
          type: list
          elements: str
        mac:
          description: The MAC address.
          type: str
        mtu:
          description: The MTU in bytes.
          type: int
        alias:
          description: The text that C(ip link) shows with it, empty without one.
          type: str
        properties:
          description:
            - What is set of it that is of its type, by the names that M(linuxnet.netns.netns_link) has for it under
              the name of the type. Empty for types that it does not have.
            - Of the keys of a WireGuard device and its peers it is told whether there are any, in C(has_private_key)
              and C(has_preshared_key).
          type: dict
          sample: {"stp": false, "ageing_time": 300}
        master:
          description: The bridge or other interface that it is a port of.
          type: str
        port:
          description:
            - What is set of it as a port of its master, as O(linuxnet.netns.netns_link#module:port) has it. Null where
              it has no master.
          type: dict
        vlans:
          description: The VLANs that it is in as a port of a bridge, or as a bridge itself.
          type: list
          elements: dict
          contains:
            id:
              description: The VLAN id.
              type: int
            pvid:
              description: Whether what comes in untagged is of this VLAN.
              type: bool
            untagged:
              description: Whether it goes out untagged.
              type: bool
        peer:
          description: The other end of a pair, V(null) for other kinds.
          type: dict
          contains:
            place:
              description: V(namespace), V(host), or V(elsewhere), a namespace without a name.
              type: str
            netns:
              description: The name of its namespace, V(null) where it has none, or is the host's.
              type: str
            interface:
              description: Its name, V(null) where the kernel does not tell.
              type: str
            index:
              description: Its interface index.
              type: int
        parent:
          description: What a link such as a VLAN is built upon, as in RV(namespaces[].links[].peer).
          type: dict
        shaping:
          description:
            - The queueing discipline that somebody gave the interface, as in
              RV(linuxnet.netns.netns_shaping#module:shaping). Null where it has the kernel's own.
          type: dict
        ingress:
          description: Whether there is a place for filters on what comes in (C(ingress) or C(clsact)).
          type: bool
    addresses:
      description: The addresses.
      type: list
      elements: dict
      contains:
        interface:
          description: The interface that has it.
          type: str
        address:
          description: The address with its prefix length.
          type: str
        family:
          description: V(ipv4) or V(ipv6).
          type: str
        scope:
          description: V(global), V(link), V(host) or another scope.
          type: str
        peer:
          description: The address of the other end, where the kernel has one.
          type: str
        broadcast:
          description: The broadcast address, where the kernel has one; V(+) is the last one of the network.
          type: str
        label:
          description: Its label, where that is not the name of the interface.
          type: str
        lifetime:
          description: How many seconds it is still valid, V(null) for ever.
          type: int
        preferred:
          description: For how many of them connections may begin with it, V(null) for all.
          type: int
        nodad:
          description: Whether it was used at once, without duplicate address detection.
          type: bool
        noprefixroute:
          description: Whether the kernel makes no route to its network.
          type: bool
        metric:
          description: The metric of that route, V(null) for the kernel's own.
          type: int
        others:
          description: Other flags of it, in the words of C(ip address).
          type: str
        tentative:
          description: Whether duplicate address detection has not ended.
          type: bool
        duplicate:
          description: Whether duplicate address detection has found it elsewhere.
          type: bool
    routes:
      description: The routes of all tables, but those that the kernel keeps in the table C(local) by itself.
      type: list
      elements: dict
      contains:
        destination:
          description: The network with its prefix length, or V(default).
          type: str
        from:
          description: The network that packets must come from, V(null) where they may come from any.
          type: str
        tos:
          description: The type of service that packets must have, V(0) where they may have any.
          type: int
        family:
          description: V(ipv4) or V(ipv6).
          type: str
        type:
          description: V(unicast), V(blackhole), V(unreachable) or another type.
          type: str
        gateway:
          description: The gateway.
          type: str
        interface:
          description: The interface it leads through.
          type: str
        onlink:
          description: Whether the gateway is on the link, whatever the addresses of the interface say.
          type: bool
        nexthops:
          description:
            - The next hops of a route that has several, with C(gateway), C(interface), C(weight) and C(onlink).
          type: list
          elements: dict
        nexthop_id:
          description: The id of its nexthop object (C(ip nexthop)), V(null) where it has none.
          type: int
        source:
          description: The source address that it prefers.
          type: str
        mtu:
          description: The MTU of the path, V(null) without one.
          type: int
        metric:
          description: The metric.
          type: int
        table:
          description: The routing table; 254 is C(main).
          type: int
        protocol:
          description: Who made it, such as V(kernel) or V(static), as C(ip route) names it.
          type: str
        scope:
          description: The scope.
          type: str
    rules:
      description:
        - The routing rules, of each version of IP in the order in which they are looked at, without those that each
          namespace has from the beginning (0, 32766 and 32767).
      type: list
      elements: dict
      contains:
        priority:
          description: The priority.
          type: int
        family:
          description: V(ipv4) or V(ipv6).
          type: str
        from:
          description: The network that packets must come from, V(null) where they may come from any.
          type: str
        to:
          description: The network that packets must go to, V(null) where they may go to any.
          type: str
        iif:
          description: The interface that packets must come in by.
          type: str
        oif:
          description: The interface that sockets must be bound to.
          type: str
        fwmark:
          description: The mark that packets must have, with its mask where not all bits count.
          type: str
        not:
          description: Whether it is for all packets but these.
          type: bool
        table:
          description: The routing table that is looked into.
          type: str
        action:
          description: What becomes of packets, V(lookup), V(blackhole), V(unreachable), V(prohibit) or another.
          type: str
        suppress_prefixlength:
          description: The prefix length up to which routes are not taken.
          type: int
        others:
          description: What else it says, in the words of C(ip rule).
          type: str
        protocol:
          description: Who made it, as C(ip rule) names it.
          type: str
    neighbours:
      description: The permanent neighbours.
      type: list
      elements: dict
      contains:
        interface:
          description: The interface that they are reached through.
          type: str
        address:
          description: The address.
          type: str
        mac:
          description: The MAC address.
          type: str
    sysctls:
      description:
        - The sysctls that O(sysctls) asks for, with their values as texts, or V(null) where there is no such one. Names
          and values are as C(sysctl -a) has them, with one space between numbers.
      type: dict
      sample: {"net.ipv4.ip_forward": "1"}
    files:
      description:
        - What there is in C(/etc/netns/NAME), which programs inside have in the place of the same in C(/etc). Only told
          of namespaces by their names.
      type: list
      elements: dict
      contains:
        name:
          description: The name.
          type: str
        type:
          description: V(file), V(link), V(directory) or V(other).
          type: str
        target:
          description: Where a link leads.
          type: str
        dangling:
          description: Whether it is a link to nothing, with which programs inside have the host's file.
          type: bool
        mode:
          description: Its mode, in octal digits.
          type: str
        owner:
          description: The number of its user.
          type: int
        group:
          description: The number of its group.
          type: int
        content:
          description: Its content, V(null) where that is no text or not everybody may read it.
          type: str
    processes:
      description: The processes that live in it.
      type: list
      elements: dict
      contains:
        pid:
          description: The process id.
          type: int
        command:
          description: The name of its command.
          type: str
persisted:
  description: The topologies that are kept for the next boot, by their names.
  returned: when O(persisted=true)
  type: list
  elements: dict
  contains:
    topology:
      description: The name of the topology.
      type: str
    script:
      description: The script that brings it about.
      type: str
      sample: /etc/linuxnet.netns/lab.sh
    unit:
      description: The systemd unit that runs it; V(null) where the host runs no systemd.
      type: str
      sample: linuxnet-netns-lab.service
    is_live:
      description:
        - Whether all that it declares is there now, as it declares it. V(null) where that cannot be told, for somebody
          has changed the files.
      type: bool
    commands:
      description: What would bring what is live to what is kept, as C(ip) and other commands.
      type: list
      elements: str
    problems:
      description: What is wrong with the files, or keeps what they say from being brought about, in words.
      type: list
      elements: str
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _info
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import failures_reported

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kernel

ARGUMENTS = {
    "names": {"type": "list", "elements": "str"},
    "paths": {"type": "list", "elements": "str"},
    "pids": {"type": "list", "elements": "int"},
    "host": {"type": "bool", "default": False},
    "sysctls": {"type": "list", "elements": "str"},
    "persisted": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    module = Module(ARGUMENTS)
    with failures_reported(module):
        problems = Problems()
        places = _info.read(problems, module.params)
        sysctls = _info.read_sysctls(problems, module.params["sysctls"])
        problems.check()
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel

        kernel = LinuxKernel(KINDS)
        try:
            seen = _info.look(kernel, problems, places, sysctls)
            more = {"persisted": persisted(kernel)} if module.params["persisted"] else {}
        finally:
            kernel.close()
    module.exit_json(changed=False, namespaces=seen, **more)


def persisted(kernel: Kernel) -> list[dict[str, Any]]:
    """Return what is kept for the next boot, and whether that is live. Raises: KernelError."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _predicted

    with kernel.locked(shared=True):
        return _predicted.persisted(kernel)


if __name__ == "__main__":
    main()

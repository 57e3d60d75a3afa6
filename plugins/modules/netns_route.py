#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the routes of network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_route
short_description: Manage routes in network namespaces
version_added: 1.0.0
description:
  - Says where packets go that leave a namespace, IPv4 and IPv6.
  - A table has one route for each destination and metric. What people gave another next hop is replaced in one step,
    without a moment in which there is none (C(ip route replace)). What the kernel, a routing daemon or a router's
    advertisement gave is never replaced.
  - Routes are compared by what the kernel reports, however they are written. They are made as C(static) ones, which
    routing daemons respect.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The namespace. The host's when omitted.
    type: str
  routes:
    description:
      - The routes. With O(state=absent) those go that have all that is said of them; only O(routes[].to) is needed.
      - They are made in the order written, so one whose gateway is reached through another comes after that.
    type: list
    elements: dict
    required: true
    suboptions:
      to:
        description:
          - Where it leads, a network with its prefix length, an address alone, or V(default).
          - V(default) is of the version of IP that O(routes[].via) or the like is, else of IPv4; V(::/0) says IPv6.
        type: str
        required: true
      via:
        description:
          - The gateway. To an IPv4 network it may be an IPv6 address (since Linux 5.2).
        type: str
      dev:
        description:
          - The interface. Where there is a gateway, the kernel finds it when it is omitted; a link-local gateway
            takes it.
        type: str
      metric:
        description:
          - The metric. Of two routes to the same destination, the one with the lower one counts.
          - When omitted it is 0 for IPv4, and 1024 for IPv6, as the kernel has it.
        type: int
      table:
        description:
          - The routing table, a number, or V(main), V(local) or V(default).
        type: str
        default: main
      source:
        description:
          - The address that is preferred to send from. The host has it; of IPv6 the kernel takes it when duplicate
            address detection has ended.
        type: str
      type:
        description:
          - V(unicast) leads somewhere; all others drop packets, V(blackhole) without an answer, V(unreachable) and
            V(prohibit) with one.
        type: str
        choices: [unicast, blackhole, unreachable, prohibit]
      scope:
        description:
          - How far away the destination is, of an IPv4 route. When omitted, C(link) without a gateway, else C(global).
        type: str
        choices: [global, site, link, host]
      onlink:
        description:
          - The gateway is on the link of O(routes[].dev), whatever the addresses of that say.
        type: bool
        default: false
      mtu:
        description:
          - The MTU of the path, in bytes.
        type: int
      nexthops:
        description:
          - Several next hops, in place of O(routes[].via) and O(routes[].dev), among which packets are shared out.
        type: list
        elements: dict
        default: []
        suboptions:
          via:
            description: The gateway.
            type: str
          dev:
            description: The interface.
            type: str
          weight:
            description: Its share, from 1 to 256.
            type: int
            default: 1
          onlink:
            description: As O(routes[].onlink).
            type: bool
            default: false
  exclusive:
    description:
      - Remove all other routes of the tables that O(routes) names, of the table V(main) when it is empty, IPv4 and
        IPv6. Only what people made goes, the protocols C(boot), C(static) and none; what the kernel, a routing daemon,
        DHCP or a router's advertisement gave stays.
      - Only for O(state=present).
    type: bool
    default: false
  state:
    description:
      - Whether there are these routes. With V(absent) the namespace need not exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The kernel takes routes away when the interface that they lead through goes down or away, when its last IPv4
    address goes, and IPv4 routes when the address goes that they prefer to send from. So set addresses and link states
    first. What a task takes away like this is told in a warning.
seealso:
  - module: linuxnet.netns.netns_addr
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: Packets leave by the gateway
  linuxnet.netns.netns_route:
    netns: services
    routes:
      - to: default
        via: 192.0.2.1
      - to: 2001:db8:1::/48
        via: fe80::1
        dev: uplink

- name: Nothing leads to the old network, and the table of the management network has one route alone
  linuxnet.netns.netns_route:
    netns: services
    routes:
      - to: 198.51.100.0/24
        type: unreachable
        table: 100
    exclusive: true

- name: Packets take either way, twice as many the first
  linuxnet.netns.netns_route:
    netns: services
    routes:
      - to: 203.0.113.0/24
        nexthops:
          - via: 192.0.2.1
            weight: 2
          - via: 192.0.2.2

- name: That route is gone
  linuxnet.netns.netns_route:
    netns: services
    routes:
      - to: 203.0.113.0/24
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n services route add default via 192.0.2.1 proto static"]
routes:
  description:
    - The routes of the tables that O(routes) names which people made, after the task, or in check mode as they would
      be, IPv4 first. Each has what one would write of it as an option.
    - In check mode C(dev) is missing where the kernel would find it.
  returned: success
  type: list
  elements: dict
  sample: [{"to": "default", "via": "192.0.2.1", "dev": "uplink"}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _routes
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import NoOtherRoutes, OneRoute, in_results
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._route import MAIN
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "routes": {"type": "list", "elements": "dict", "required": True},
    "exclusive": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the routes of the namespace."""
    netns = problems.optional_namespace("netns", params["netns"])
    present, exclusive = params["state"] == "present", params["exclusive"]
    section = _routes.WrittenRoute if present else _routes.RouteToBeGone
    written = _routes.Routes(section).read(problems, "routes", params["routes"]) or ()
    if exclusive and not present:
        problems.add("exclusive", "it goes with state=present; with state=absent, name the routes to remove")
    problems.check()
    routes = tuple([one.route for one in written])
    tables = frozenset([route.slot.table for route in routes]) or frozenset([MAIN])
    declared = [OneRoute(one.path, netns, one.route, present) for one in written]
    return [*declared, NoOtherRoutes("exclusive", netns, routes, tables, exclusive)]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the routes of the tables after the run."""
    others = next(one for one in outcome.declared if isinstance(one, NoOtherRoutes))
    return {"routes": in_results(outcome.now, others.netns, others.tables)}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

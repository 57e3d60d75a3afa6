#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the routing rules of network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_rule
short_description: Manage routing rules in network namespaces
version_added: 1.0.0
description:
  - Says which packets are looked for in which routing table (policy routing), IPv4 and IPv6.
  - A rule is all that is said of it. One that says something else of the same packets is another rule; the old one goes
    with O(exclusive), or with O(state=absent).
  - The rules that each namespace has from the beginning (0, 32766 and 32767) are never removed.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The namespace. The host's when omitted.
    type: str
  rules:
    description:
      - The rules. With O(state=absent) those go that have all that is said of them; only O(rules[].priority) is needed.
    type: list
    elements: dict
    required: true
    suboptions:
      priority:
        description:
          - Its place among the others. The rule with the lowest is looked at first.
        type: int
        required: true
      family:
        description:
          - Of which version of IP it is. When omitted, that of its addresses, else V(ipv4).
        type: str
        choices: [ipv4, ipv6]
      to:
        description:
          - Packets that go to a network with its prefix length, or an address.
        type: str
      iif:
        description:
          - Packets that come in by an interface, which need not be there; V(lo) are those that the host itself sends.
        type: str
      oif:
        description:
          - Packets of sockets that are bound to an interface, which need not be there.
        type: str
      fwmark:
        description:
          - Packets with a mark, or, as in V(0x1/0xff), with such bits of it.
        type: str
      table:
        description:
          - The routing table that is looked into, a number, or V(main), V(local) or V(default).
        type: str
      action:
        description:
          - What becomes of the packets; V(lookup), in O(rules[].table), when omitted. The others drop them,
            V(blackhole) without an answer, V(unreachable) and V(prohibit) with one.
        type: str
        choices: [lookup, blackhole, unreachable, prohibit]
      suppress_prefixlength:
        description:
          - Routes whose prefixes have this length, or a shorter one, are not taken; with V(0), no default route.
        type: int
      from:
        description:
          - Packets that come from a network with its prefix length, or an address.
        type: str
      not:
        description:
          - All packets but those that the rest is said of.
        type: bool
        default: false
  exclusive:
    description:
      - Remove all other rules of the namespace that people made, IPv4 and IPv6. Rules of the kernel and of routing
        daemons stay. Programs that state no protocol cannot be told from people, for C(ip rule) states none either.
      - Only for O(state=present).
    type: bool
    default: false
  state:
    description:
      - Whether there are these rules. With V(absent) the namespace need not exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_route
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
- name: What comes from the management address leaves by its own gateway
  linuxnet.netns.netns_rule:
    netns: services
    rules:
      - priority: 1000
        from: 192.0.2.10
        table: 100

- name: All but the tunnel's own packets are looked for in its table
  linuxnet.netns.netns_rule:
    netns: services
    rules:
      - priority: 30000
        table: main
        suppress_prefixlength: 0
      - priority: 30001
        not: true
        fwmark: "0xca6c"
        table: 51820
    exclusive: true

- name: No rule has that priority
  linuxnet.netns.netns_rule:
    netns: services
    rules:
      - priority: 1000
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(ip) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip -n services rule add from 192.0.2.10/32 priority 1000 protocol static table 100"]
rules:
  description:
    - The rules of the namespace that people made, after the task, or in check mode as they would be, IPv4 first. Each
      has what one would write of it as an option; C(others) is what cannot be written, in the words of C(ip rule).
  returned: success
  type: list
  elements: dict
  sample: [{"priority": 1000, "family": "ipv4", "from": "192.0.2.10/32", "table": "100"}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _rules
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import NoOtherRules, OneRule, in_results
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "rules": {"type": "list", "elements": "dict", "required": True},
    "exclusive": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the rules of the namespace."""
    netns = problems.optional_namespace("netns", params["netns"])
    present, exclusive = params["state"] == "present", params["exclusive"]
    section = _rules.WrittenRule if present else _rules.RuleToBeGone
    written = _rules.Rules(section).read(problems, "rules", params["rules"]) or ()
    if exclusive and not present:
        problems.add("exclusive", "it goes with state=present; with state=absent, name the rules to remove")
    problems.check()
    rules = tuple(one.rule for one in written)
    declared = [OneRule(one.path, netns, one.rule, None if present else one.stated()) for one in written]
    return [*declared, NoOtherRules("exclusive", netns, rules, exclusive)]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the rules of the namespace after the run."""
    netns = next(one.netns for one in outcome.declared if isinstance(one, NoOtherRules))
    return {"rules": in_results(outcome.now, netns)}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result)


if __name__ == "__main__":
    main()

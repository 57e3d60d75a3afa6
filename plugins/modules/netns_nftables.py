#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load tables of nftables in network namespaces."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_nftables
short_description: Load tables of nftables in network namespaces
version_added: 1.0.0
description:
  - Makes sure that a namespace has the tables of a ruleset, as C(nft -f) would load them there. Tables that the ruleset
    does not have, such as those of other tools, are left alone.
  - A ruleset is tried first, in a network namespace that nobody sees. What C(nft) has to say of its mistakes is told,
    each with its line, and nothing is changed.
  - A table that says something else is replaced in one piece, so that no packet passes between the old one and the new
    one. What is loaded and what is declared are compared as C(nft list) writes them, so that it does not matter how a
    rule is put. Counters, and elements that packets have added to sets, are no difference; they begin anew with a table
    that is replaced, and come back when the task fails.
extends_documentation_fragment:
  - linuxnet.netns.attributes
requirements:
  - the package nftables on the managed host
options:
  netns:
    description:
      - The namespace. The host's when omitted.
    type: str
  ruleset:
    description:
      - The text of the ruleset, in the language of C(nft -f). C(flush ruleset), with which many begin, does nothing
        here.
      - Interfaces that rules name by C(iif) or C(oif) must be there; C(iifname) and C(oifname) take any name.
    type: str
  file:
    description:
      - A file on the managed host that has the ruleset.
    type: path
  tables:
    description:
      - With O(state=absent), the tables that are to go, each as V(FAMILY NAME).
    type: list
    elements: str
  state:
    description:
      - V(present) or V(absent). With V(absent) the tables go that O(tables) names, or that the ruleset has.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_sysctl
"""

EXAMPLES = r"""
- name: Only ssh gets in
  linuxnet.netns.netns_nftables:
    netns: services
    ruleset: |
      table inet filter {
        chain input {
          type filter hook input priority filter; policy drop;
          ct state established,related accept
          iifname "lo" accept
          tcp dport 22 accept
        }
      }

- name: The firewall is gone
  linuxnet.netns.netns_nftables:
    netns: services
    tables: [inet filter]
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as C(nft) commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample: ["ip netns exec services nft 'delete table inet filter'"]
tables:
  description:
    - Those of the tables that are there after the task, or in check mode would be, each with its C(family), C(name) and
      C(text), as C(nft -s list table) writes it.
  returned: success
  type: list
  elements: dict
  sample: [{"family": "inet", "name": "filter", "text": "table inet filter {\n}\n"}]
"""

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import nftables
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str"},
    "ruleset": {"type": "str"},
    "file": {"type": "path"},
    "tables": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
#: Characters of a file that are read at most.
MOST = 16 * 1024 * 1024


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the tables of the namespace."""
    netns = problems.optional_namespace("netns", params["netns"])
    gone = params["state"] == "absent"
    if params["tables"] is not None:
        if not gone:
            problems.add(
                "tables", "it goes with state=absent; with state=present, ruleset or file says which there are"
            )
        read = [nftables.read_table(problems, f"tables[{at}]", one) for at, one in enumerate(params["tables"])]
        return [nftables.Ruleset("tables", netns, "", tuple(one for one in read if one is not None), gone=True)]
    option = "ruleset" if params["file"] is None else "file"
    text = nftables.read(problems, option, content(problems, params["file"]) if option == "file" else params["ruleset"])
    return [] if text is None else [nftables.declared(option, netns, text, gone=gone)]


def content(problems: Problems, path: str) -> Optional[str]:
    """Return what the file says; where it cannot be read, that is a mistake."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MOST + 1)
    except (OSError, ValueError) as error:
        problems.add("file", f"{path} could not be read: {error}")
    else:
        if len(text) <= MOST:
            return text
        problems.add("file", f"{path} has more than {MOST} characters")
    problems.check()
    return None


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the tables after the run."""
    return {"tables": nftables.as_result(outcome.now, outcome.declared)}


def main() -> None:
    """Run the module."""
    options = ("ruleset", "file", "tables")
    run(Module(ARGUMENTS, required_one_of=[options], mutually_exclusive=[options]), declare, result)


if __name__ == "__main__":
    main()

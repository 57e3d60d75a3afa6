#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the files that programs inside a network namespace have in the place of those in /etc."""

from __future__ import annotations

DOCUMENTATION = r"""
module: netns_files
short_description: Manage the files of network namespaces in /etc/netns
version_added: 1.0.0
description:
  - Writes files in C(/etc/netns/NAME). C(ip netns exec) and the become plugin of this collection put them in the place
    of those in C(/etc), so that a namespace has name servers, hosts and other settings of its own.
  - A file is written in one piece. A program that reads it has the old one or the new one.
  - The namespace need not be there, for the files stay on disk when the namespace goes with a reboot.
  - Symbolic links in C(/etc/netns) are neither followed nor replaced. The task fails where one is in the way.
extends_documentation_fragment:
  - linuxnet.netns.attributes
options:
  netns:
    description:
      - The name of the namespace.
    type: str
    required: true
  files:
    description:
      - The files. With O(state=absent) only O(files[].name) is needed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the file, without a directory. C(/etc) must have one of this name.
        type: str
        required: true
      content:
        description:
          - The text of the file, from a template for example (P(ansible.builtin.template#lookup)).
        type: str
      nameservers:
        description:
          - Only for C(resolv.conf), the addresses of the name servers, at most three, in the order in which they are
            asked. A link-local one has the interface with it, as in V(fe80::1%eth0).
        type: list
        elements: str
      search:
        description:
          - Only for C(resolv.conf), the domains in which short names are looked for.
        type: list
        elements: str
      options:
        description:
          - Only for C(resolv.conf), options of the resolver, such as V(edns0) or V(timeout:1).
        type: list
        elements: str
      hosts:
        description:
          - Only for C(hosts), a mapping of addresses to names, one or a list. C(localhost) is added where it is not
            named.
        type: dict
      mode:
        description:
          - Who may read and write the file, octal digits in quotes. A new one has V('0644'), another one is left as it
            is.
        type: str
      owner:
        description:
          - The user whose it is, by name or by number. A new one is root's, another one is left as it is.
        type: str
      group:
        description:
          - The group whose it is, by name or by number. A new one is that of root, another one is left as it is.
        type: str
  state:
    description:
      - Whether the files are there. The directory of the namespace is removed with the last file, if this collection
        has made it.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The content of a file that not everybody may read is shown neither in the result nor in the diff, nor is it in
    RV(commands). Of one with more than 4096 bytes, RV(commands) have no content either.
seealso:
  - module: linuxnet.netns.netns_topology
  - module: linuxnet.netns.netns_probe
  - plugin: linuxnet.netns.netns
    plugin_type: become
"""

EXAMPLES = r"""
- name: What runs in the namespace asks the tunnel's name servers, and nobody else
  linuxnet.netns.netns_files:
    netns: vpn
    files:
      - name: resolv.conf
        nameservers: [10.64.0.1, "fd64::1"]
        search: [lab.example]
        options: ["timeout:1"]

- name: It knows a host by name, and looks into files alone first
  linuxnet.netns.netns_files:
    netns: vpn
    files:
      - name: hosts
        hosts:
          10.64.0.2: [web, web.lab.example]
      - name: nsswitch.conf
        content: |
          hosts: files dns
        mode: "0644"

- name: It has the host's settings again
  linuxnet.netns.netns_files:
    netns: vpn
    files:
      - name: hosts
      - name: nsswitch.conf
    state: absent
"""

RETURN = r"""
commands:
  description: The same work as shell commands, in order. In check mode, what would be done.
  returned: always
  type: list
  elements: str
  sample:
    - mkdir -p /etc/netns/vpn
    - printf 'nameserver 10.64.0.1\n' | install -m 0644 /dev/stdin /etc/netns/vpn/resolv.conf
files:
  description: All that is in the directory of the namespace after the task, or in check mode as it would be.
  returned: success
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
      description: Whether it is a link to nothing.
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
  sample:
    - name: resolv.conf
      type: file
      target: null
      dangling: false
      mode: "0644"
      owner: 0
      group: 0
      content: "nameserver 10.64.0.1\n"
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _files
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import File, as_result
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run

ARGUMENTS = {
    "netns": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the files of the namespace."""
    netns = problems.namespace("netns", params["netns"])
    present = params["state"] == "present"
    section = _files.WrittenFile if present else _files.FileToBeGone
    written = _files.Files(section).read(problems, "files", params["files"]) or ()
    if not params["files"]:
        problems.add("files", "the list is empty; name at least one file")
    problems.check()
    return [one.object(netns, present=present) for one in written]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return what there is in the directory after the run."""
    netns = next(one.netns for one in outcome.declared if isinstance(one, File))
    return {"files": as_result(outcome.now, netns)}


def main() -> None:
    """Run the module."""
    run(Module(ARGUMENTS), declare, result, self_contained=True)


if __name__ == "__main__":
    main()

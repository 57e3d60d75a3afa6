# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network namespaces as hosts of the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: netns
short_description: Network namespaces as hosts
version_added: 1.0.0
author:
  - The linuxnet.netns developers (@linuxnet)
description:
  - Makes a host of each network namespace, so that C(hosts=my_container_a) in a play runs its tasks inside, by
    P(linuxnet.netns.netns#become).
  - Which there are is said by a topology file, or by the hosts of the inventory, which are asked when it is read.
  - The name of the file ends in C(netns.yml) or C(netns.yaml).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [linuxnet.netns.netns]
  topology:
    description:
      - A topology file, as O(linuxnet.netns.netns_topology#module:src) reads it, relative to this file. Its namespaces
        are hosts, also before they have been made.
      - When omitted, the hosts are asked which namespaces there are.
    type: path
  hosts:
    description:
      - The hosts that have these namespaces, or that are asked, by their names or those of their groups. They are
        defined by inventory sources that are read before this one; in a directory, that is in the order of file names.
      - V(localhost), where it is not defined, is the controller itself.
    type: list
    elements: str
    default: [localhost]
  naming:
    description:
      - What the hosts are called. V(short) is V(NAMESPACE), V(full) is V(HOST/NAMESPACE). V(auto) is short where
        O(hosts) is one host, and full where there are several.
      - A short name that another host has already is made a full one.
    type: str
    choices: [auto, short, full]
    default: auto
  group:
    description:
      - The group of all namespaces. It has child groups, for each host the namespaces on it, C(GROUP_on_HOST), and for
        a topology file the namespaces in it, C(GROUP_in_TOPOLOGY).
    type: str
    default: netns
notes:
  - The variables of the host whose names begin with C(ansible_) are the namespace's too, so that it is reached in the
    same way. Those about becoming another user are not, but for the password and the executable and flags of sudo.
  - Hosts are asked by a run of C(ansible-playbook) with M(linuxnet.netns.netns_info), as root. It uses the
    configuration and environment of the calling command, but not its options, such as C(--user).
    A host that does not answer is left out, with a warning.
seealso:
  - plugin: linuxnet.netns.netns
    plugin_type: become
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
# lab.netns.yml: the namespaces of a topology on the controller itself
plugin: linuxnet.netns.netns
topology: lab_topology.yml

# fleet.netns.yml: whatever there is on all hosts of a group, as web1/blue, web2/blue …
# plugin: linuxnet.netns.netns
# hosts: [web]
# cache: true
# keyed_groups:
#   - key: netns_name
#     prefix: named
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as core_version
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, listed
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind

#: Variables about becoming that a namespace has in common with its host.
_SHARED = ("ansible_become_password", "ansible_become_pass", "ansible_become_exe", "ansible_become_flags")
_MARK = re.compile(r"netns-inventory:([A-Za-z0-9+/=]+):")
_IMPLICIT = "localhost"

# Results are told base64-encoded, so that they are found in whatever the callback prints around them.
_ASK = """\
- hosts: all
  gather_facts: false
  vars:
    ansible_become: true
    ansible_become_user: root
  tasks:
    - linuxnet.netns.netns_info:
      register: asked
      ignore_errors: true
      ignore_unreachable: true
    - ansible.builtin.debug:
        msg: >-
          netns-inventory:{{ {'host': inventory_hostname, 'result': asked} | to_json | b64encode }}:
"""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """The inventory plugin."""

    NAME = "linuxnet.netns.netns"

    def verify_file(self, path: str) -> bool:
        """Whether the file is one of this plugin's, by its name."""
        return bool(super().verify_file(path)) and path.endswith(("netns.yml", "netns.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the namespaces to the inventory. Raises: AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        parents = self._parents()
        topology = self.get_option("topology")
        if topology is not None:
            name, found = self._from_topology(str(Path(path).parent / topology))
            there = dict.fromkeys(parents, found)
        else:
            name, there = None, self._asked(parents, path, cache)
        for parent, namespaces in there.items():
            for netns, variables in namespaces.items():
                self._add(parent, netns, variables, len(parents) > 1, name)

    def _parents(self) -> list[str]:
        """The names of the hosts that have the namespaces."""
        found: dict[str, None] = {}
        for written in map(str, self.get_option("hosts")):
            if written in self.inventory.groups:
                found.update(dict.fromkeys(host.name for host in self.inventory.groups[written].get_hosts()))
            elif written in self.inventory.hosts or written == _IMPLICIT:
                found[written] = None
            else:
                raise AnsibleParserError(
                    f"hosts: there is no host and no group {written!r} in the inventory sources that were read before"
                )
        return [name for name in found if "netns_host" not in self._variables(name)]

    # ---- which namespaces there are

    def _from_topology(self, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
        """The name of a topology, and its namespaces with their variables."""
        try:
            content = self.loader.load_from_file(path, cache="none")
        except AnsibleError as error:
            raise AnsibleParserError(f"topology: the file {path!r} could not be read: {error}") from None
        if not isinstance(content, Mapping):
            raise AnsibleParserError(
                f"topology: {path}: a mapping with name and namespaces is needed, not {kind(content)}"
            )
        problems = Problems()
        topology = _topology.read(problems, content)
        try:
            problems.check()
        except Invalid as invalid:
            raise AnsibleParserError(f"topology: {path}: {listed(invalid.problems)}") from None
        ends: dict[str, list[dict[str, Any]]] = {one.name: [] for one in topology.namespaces}
        for link in topology.links:
            for end, other in (link.endpoints, link.endpoints[::-1]):
                if end.netns in ends:
                    ends[end.netns].append(
                        {
                            "interface": end.interface,
                            "peer": other.endpoint.short(),
                            "addresses": list(end.addresses),
                            "state": "up" if end.up else "down",
                            "mac": end.mac,
                            "mtu": end.mtu,
                        }
                    )
        return topology.name, {netns: _described(links) for netns, links in ends.items()}

    def _asked(self, parents: list[str], path: str, cache: bool) -> dict[str, dict[str, dict[str, Any]]]:
        """The namespaces of the hosts, with their variables; from the cache, or by asking them."""
        self.load_cache_plugin()
        key = self.get_cache_key(path)
        wanted = self.get_option("cache")
        if wanted and cache:
            try:
                return {str(parent): dict(there) for parent, there in self._cache[key].items() if parent in parents}
            except KeyError:
                pass
        found = self._ask(parents)
        if wanted:
            self._cache[key] = found
        return found

    def _ask(self, parents: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
        if not parents:
            return {}
        output = self._play(parents)
        results: dict[str, Any] = {}
        for match in _MARK.finditer(output):
            answer = json.loads(base64.b64decode(match[1]))
            results[answer["host"]] = answer["result"]
        if not results:
            raise AnsibleParserError(f"hosts: none could be asked for its namespaces: {output.strip()[-2000:]}")
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for parent in parents:
            result = results.get(parent, {})
            if "namespaces" not in result:
                why = result.get("msg", "it gave no result")
                self.display.warning(f"The namespaces of host {parent} are left out of the inventory: {why}")
                continue
            found[parent] = {
                str(one["name"]): _described(_links(one)) for one in result["namespaces"] if one["state"] == "present"
            }
        return found

    def _play(self, parents: list[str]) -> str:
        """What a run of ansible-playbook prints that asks the hosts."""
        with tempfile.TemporaryDirectory(prefix="netns-inventory-") as directory:
            playbook = Path(directory) / "ask.yml"
            playbook.write_text(_ASK, encoding="utf-8")
            sources = [str(source) for source in self.inventory.processed_sources]
            if _IMPLICIT in parents and _IMPLICIT not in self.inventory.hosts:
                own = Path(directory) / "controller.yml"
                own.write_text(json.dumps({"all": {"hosts": {_IMPLICIT: _local()}}}), encoding="utf-8")
                sources.append(str(own))
            words = [sys.executable, "-m", "ansible", "playbook", *(f"--inventory={source}" for source in sources)]
            # The names of hosts are no patterns; a file of them, one a line, is.
            limit = Path(directory) / "hosts"
            limit.write_text("".join(f"{parent}\n" for parent in parents), encoding="utf-8")
            environment = {
                **os.environ,
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_RETRY_FILES_ENABLED": "0",
            }
            # What is run is Ansible itself, as this process is, and no shell is between.
            run = subprocess.run(  # noqa: S603
                [*words, f"--limit=@{limit}", str(playbook)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environment,
            )
            return run.stdout

    # ---- what becomes of them

    def _add(
        self, parent: str, netns: str, variables: Mapping[str, Any], several: bool, topology: Optional[str]
    ) -> None:
        """Make a namespace a host."""
        naming = self.get_option("naming")
        full = f"{parent}/{netns}"
        name = full if naming == "full" or (naming == "auto" and several) else netns
        if name != full and name in self.inventory.hosts:
            self.display.warning(f"There is a host {name} already: namespace {netns} of {parent} is {full}")
            name = full
        self.inventory.add_host(name)
        group = self._group(str(self.get_option("group")))
        for below in (f"{group}_on_{parent}", *([f"{group}_in_{topology}"] if topology else [])):
            child = self._group(below)
            self.inventory.add_child(group, child)
            self.inventory.add_child(child, name)
        own: dict[str, Any] = {
            **self._connection(parent),
            "ansible_become": True,
            "ansible_become_method": "linuxnet.netns.netns",
            "ansible_netns": _outside(netns),
            "netns_host": _outside(parent),
            "netns_name": _outside(netns),
            **{key: _outside(value) for key, value in variables.items()},
        }
        for key, value in own.items():
            self.inventory.set_variable(name, key, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), own, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), own, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), own, name, strict=strict)

    def _group(self, name: str) -> str:
        return str(self.inventory.add_group(self._sanitize_group_name(name)))

    def _connection(self, parent: str) -> dict[str, Any]:
        """The variables by which the host is reached, as they were written."""
        all_of_it = self._variables(parent)
        found = {
            key: value
            for key, value in all_of_it.items()
            if key.startswith("ansible_") and (not key.startswith("ansible_become") or key in _SHARED)
        }
        if "ansible_sudo_pass" in all_of_it and not {"ansible_become_password", "ansible_become_pass"} & set(found):
            found["ansible_become_password"] = all_of_it["ansible_sudo_pass"]
        if parent == _IMPLICIT and parent not in self.inventory.hosts:
            found.update(_local())
        found.setdefault("ansible_host", _outside(parent))
        return found

    def _variables(self, parent: str) -> dict[str, Any]:
        """The variables of a host in the inventory, its groups' and those of vars plugins included."""
        host = self.inventory.hosts.get(parent)
        if host is None:
            return {}
        sources = self.inventory.processed_sources
        found: dict[str, Any] = get_group_vars(host.get_groups())
        for entities in (host.get_groups(), [host]):
            found = combine_vars(found, get_vars_from_inventory_sources(self.loader, sources, entities, "all"))
        return dict(combine_vars(found, host.get_vars()))


def _local() -> dict[str, Any]:
    """How the controller itself is reached."""
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def _links(namespace: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The links of a namespace that was asked about, in the same form as those of a topology."""
    addresses: dict[str, list[str]] = {}
    for one in namespace["addresses"]:
        if one["scope"] != "link":
            addresses.setdefault(one["interface"], []).append(one["address"])
    return [
        {
            "interface": link["interface"],
            "peer": _short(link["peer"]),
            "addresses": addresses.get(link["interface"], []),
            "state": link["state"],
            "mac": link["mac"],
            "mtu": link["mtu"],
        }
        for link in namespace["links"]
        if link["kind"] != "loopback"
    ]


def _short(peer: Optional[Mapping[str, Any]]) -> Optional[str]:
    """The other end in the short form of a topology, None where it is not known."""
    if peer is None or peer["place"] == "elsewhere" or peer["interface"] is None:
        return None
    return f"{peer['netns']}:{peer['interface']}" if peer["netns"] else str(peer["interface"])


def _described(links: list[dict[str, Any]]) -> dict[str, Any]:
    """The variables of a namespace that tell what is in it."""
    return {"netns_links": links, "netns_addresses": [address for link in links for address in link["addresses"]]}


def _outside(value: Any) -> Any:
    """A value from outside, plain, and such that Ansible does not take it for a template."""
    if isinstance(value, Mapping):
        return {str(key): _outside(one) for key, one in value.items()}
    if isinstance(value, str):
        text = str(value)
        if _TEMPLATES_ALL:
            from ansible.utils.unsafe_proxy import wrap_var

            return wrap_var(text)
        return text
    if isinstance(value, Iterable):
        return [_outside(one) for one in value]
    return value


#: Until ansible-core 2.18, every string is a template unless it is marked.
_TEMPLATES_ALL = tuple(int(part) for part in core_version.split(".")[:2]) < (2, 19)

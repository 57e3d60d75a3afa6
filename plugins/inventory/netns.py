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
        are hosts, also before they have been made. It is not templated.
      - In an inventory that is a directory, it belongs in a place that Ansible does not read as an inventory, such as
        a directory beside.
      - When omitted, the hosts are asked which namespaces there are.
    type: str
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
      - A short name that another host or a group has already, or that means the controller, such as V(localhost), is
        made a full one.
    type: str
    choices: [auto, short, full]
    default: auto
  group:
    description:
      - The group of all namespaces. It has child groups, for each host the namespaces on it, C(GROUP_on_HOST), and for
        a topology file the namespaces in it, C(GROUP_in_TOPOLOGY).
    type: str
    default: netns
  timeout:
    description:
      - How long each host has to answer, in seconds. One that takes longer is left out, with a warning.
    type: int
    default: 60
notes:
  - The variables of the host whose names begin with C(ansible_) are the namespace's too, so that it is reached in the
    same way. Those about becoming another user are not, but for the password and the executable and flags of sudo.
  - Where such a variable is a template, the namespace's refers to it, so that it is evaluated as the host's, with the
    variables that the host has in the inventory. Variables of a play are not seen there.
  - A namespace that several sources tell of is one host, with the name that it got first.
  - Hosts are asked by a run of C(ansible-playbook) with M(linuxnet.netns.netns_info), as root. It uses the
    configuration and environment of the calling command, but not its options, such as C(--user), except for files with
    vault passwords.
    A host that does not answer is left out, with a warning.
  - A host may be anybody's, so its answer is not trusted. A name of a namespace that P(linuxnet.netns.netns#become)
    refuses, or that Ansible would take for a template or a pattern of hosts, is left out with a warning; so is any
    other value that cannot be.
seealso:
  - plugin: linuxnet.netns.netns
    plugin_type: become
  - module: linuxnet.netns.netns_topology
"""

EXAMPLES = r"""
# lab.netns.yml: the namespaces of a topology on the controller itself
plugin: linuxnet.netns.netns
topology: topologies/lab.yml

# fleet.netns.yml: whatever there is on all hosts of a group, as web1/blue, web2/blue …
# plugin: linuxnet.netns.netns
# hosts: [web]
# cache: true
# keyed_groups:
#   - key: netns_name
#     prefix: named
"""

from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.helpers import get_group_vars, sort_groups
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as core_version
from ansible.utils.path import unfrackpath
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _answer, _ask, _topology_file
from ansible_collections.linuxnet.netns.plugins.plugin_utils._bounded_yaml import Unreadable
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import brief, host_fault, is_template

#: Variables about becoming that a namespace has in common with its host.
_SHARED = ("ansible_become_password", "ansible_become_pass", "ansible_become_exe", "ansible_become_flags")
_IMPLICIT = "localhost"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """The inventory plugin."""

    NAME = "linuxnet.netns.netns"
    inventory: Any

    def verify_file(self, path: str) -> bool:
        """Tell whether the file is one of this plugin's, by its name."""
        return bool(super().verify_file(path)) and path.endswith(("netns.yml", "netns.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the namespaces to the inventory. Raises: AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        if _ask.is_asking():
            _ask.give_places(inventory)
            return
        self._read_config_data(path)
        self._sources = [*self.inventory.processed_sources, path]
        parents = self._parents()
        topology = self.get_option("topology")
        if topology is not None:
            name, found = self._from_topology(unfrackpath(str(topology), follow=False, basedir=path))
            there = dict.fromkeys(parents, found)
        else:
            name, there = None, self._asked(parents, path, cache)
        groups = self._groups(list(there), name)
        taken = {one for each in groups.values() for one in each}
        known = {_identity(host.vars): host for host in self.inventory.hosts.values()}
        for parent, namespaces in there.items():
            connection = self._connection(parent) if namespaces else {}
            for netns, variables in namespaces.items():
                host = known.get((parent, netns)) or self._named(parent, netns, len(parents) > 1, taken)
                if host is not None:
                    own = {**connection, **_entered(parent, netns), **{k: _outside(v) for k, v in variables.items()}}
                    self._add(host, own, groups[parent], taken)

    def _parents(self) -> list[str]:
        """Return the names of the hosts that have the namespaces."""
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
        hosts = self.inventory.hosts
        return [name for name in found if name not in hosts or "netns_host" not in hosts[name].vars]

    # ---- which namespaces there are

    def _from_topology(self, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
        """Return the name of a topology, and its namespaces with their variables."""
        try:
            content = _topology_file.read(self.loader, path)
        except Unreadable as error:
            raise AnsibleParserError(f"topology: {path}: {error}") from None
        topology = _topology.read(Problems(), content)
        ends: dict[str, list[dict[str, Any]]] = {one.name: [] for one in topology.namespaces}
        for link in topology.links:
            for end, other in (link.endpoints, link.endpoints[::-1]):
                if end.netns in ends:
                    ends[end.netns].append(
                        {
                            "interface": end.interface,
                            "peer": other.endpoint.short(),
                            "addresses": [address.text for address in end.addresses],
                            "state": "up" if end.up else "down",
                            "mac": None if end.mac is None else end.mac.text,
                            "mtu": end.mtu,
                        }
                    )
        return topology.name, {netns: _answer.variables(links) for netns, links in ends.items()}

    def _asked(self, parents: list[str], path: str, cache: bool) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the namespaces of the hosts, with their variables; from the cache, or by asking them."""
        self.load_cache_plugin()
        key = self.get_cache_key(path)
        wanted = self.get_option("cache")
        kept = self._kept(key, parents) if wanted and cache else {}
        # A host that gave no answer is not kept, so it is asked again.
        missing = [parent for parent in parents if parent not in kept]
        try:
            found = {**kept, **self._ask(missing)}
        except AnsibleParserError as error:
            if not kept:
                raise
            self.display.warning(str(error))
            found = kept
        if wanted and missing:
            self._cache[key] = found
        return {parent: found[parent] for parent in parents if parent in found}

    def _kept(self, key: str, parents: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the namespaces of the hosts, with their variables, that the cache has."""
        try:
            cached = self._cache[key]
        except KeyError:
            return {}
        found = {}
        for parent in parents if isinstance(cached, Mapping) else ():
            if parent in cached:
                try:
                    found[parent] = _answer.read_kept(cached[parent]).namespaces
                except _answer.Unreadable as unreadable:
                    self.display.warning(f"Host {parent} is asked for its namespaces again: {unreadable}")
        return found

    def _ask(self, parents: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the namespaces of the hosts that answer. Raises: AnsibleParserError, when none could be asked."""
        if not parents:
            return {}
        own = {} if _IMPLICIT in self.inventory.hosts else {_IMPLICIT: _ask.local()}
        asked = _ask.ask(parents, [str(source) for source in self._sources], own, self.get_option("timeout"))
        if not asked.answers:
            said = asked.printed.strip()[-2000:]
            raise AnsibleParserError(f"hosts: none could be asked for its namespaces: {said}{_hint(said)}")
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for parent in parents:
            answer = asked.answers.get(parent, {})
            if "namespaces" not in answer:
                why = str(answer.get("msg", f"it could not be asked: {brief(asked.printed)}"))
                self.display.warning(
                    f"The namespaces of host {parent} are left out of the inventory: {why}{_hint(why)}"
                )
                continue
            if answer["left_out"]:
                self.display.warning(f"Of host {parent} something is left out of the inventory: {answer['left_out']}")
            found[parent] = answer["namespaces"]
        return found

    # ---- what becomes of them

    def _groups(self, parents: list[str], topology: Optional[str]) -> dict[str, list[str]]:
        """Return the groups of the namespaces of each host: that of all, and its children."""
        every = str(self.get_option("group"))
        within = [f"{every}_in_{topology}"] if topology else []
        found: dict[str, list[str]] = {}
        of: dict[str, str] = {}
        for parent in parents:
            found[parent] = [self._sanitize_group_name(name) for name in (every, f"{every}_on_{parent}", *within)]
            other = of.setdefault(found[parent][1], parent)
            if other != parent:
                self.display.warning(
                    f"The namespaces of the hosts {other} and {parent} are in one group, {found[parent][1]}: their "
                    "names differ only in what a group's name cannot have. The variable netns_host tells them apart"
                )
        return found

    def _named(self, parent: str, netns: str, several: bool, taken: set[str]) -> Any:
        """Return a new host for a namespace, or None where there is no name for it."""
        fault = host_fault("namespace", netns)
        if fault is None and is_template(parent):
            fault = f"Ansible would take {parent!r} for a template"
        if fault is not None:
            self.display.warning(f"A namespace of host {parent} is left out of the inventory: {brief(fault)}")
            return None
        naming = self.get_option("naming")
        full = f"{parent}/{netns}"
        name = full if naming == "full" or (naming == "auto" and several) else netns
        groups = {*self.inventory.groups, *taken, *map(self._sanitize_group_name, self.get_option("groups"))}
        if name != full:
            # Ansible finds a group before a host, and so the group would get what is meant for the namespace.
            why = (
                "this name means the controller"
                if name in constants.LOCALHOST
                else "there is a group of this name"
                if name in groups
                else "there is a host of this name"
                if name in self.inventory.hosts
                else ""
            )
            if why:
                self.display.warning(f"The namespace {netns} of host {parent} is the host {full}: {why}")
                name = full
        if name in groups:
            self.display.warning(f"The namespace {netns} of host {parent} is left out: there is a group {name}")
            return None
        self.inventory.add_host(name)
        return self.inventory.hosts[name]

    def _add(self, host: Any, own: Mapping[str, Any], groups: list[str], taken: set[str]) -> None:
        """Give a host its variables and groups; those in ``taken`` are no other's."""
        for key, value in own.items():
            host.set_variable(key, value)
        every, *children = (self.inventory.groups[self.inventory.add_group(name)] for name in groups)
        for child in children:
            every.add_child_group(child)
            child.add_host(host)
        variables, strict = host.get_vars(), self.get_option("strict")
        inventory = self.inventory
        self.inventory = _HostFirst(inventory, host, taken - {every.name}, self.display)
        try:
            self._set_composite_vars(self.get_option("compose"), variables, host.name, strict=strict)
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host.name, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host.name, strict=strict)
        finally:
            self.inventory = inventory

    def _connection(self, parent: str) -> dict[str, Any]:
        """Return the variables by which the host is reached; those that are templates are evaluated as the host's."""
        all_of_it = self._variables(parent)
        found = {
            key: _referring(key, value)
            for key, value in all_of_it.items()
            if key.startswith("ansible_") and (not key.startswith("ansible_become") or key in _SHARED)
        }
        if "ansible_sudo_pass" in all_of_it and not {"ansible_become_password", "ansible_become_pass"} & set(found):
            # Ansible's sudo takes this one too; the become plugin does not.
            found["ansible_become_password"] = _referring("ansible_sudo_pass", all_of_it["ansible_sudo_pass"])
        if parent == _IMPLICIT and parent not in self.inventory.hosts:
            found.update(_ask.local())
        found.setdefault("ansible_host", _outside(parent))
        return found

    def _variables(self, parent: str) -> dict[str, Any]:
        """Return the variables of a host in the inventory, with the precedence that they have in Ansible."""
        host = self.inventory.hosts.get(parent)
        if host is None:
            return {}
        every = self.inventory.groups["all"]
        groups = sort_groups([one for one in host.get_groups() if one.name != "all"])
        parts = {
            "all_inventory": every.get_vars,
            "groups_inventory": lambda: get_group_vars(groups),
            "all_plugins_inventory": lambda: self._from_files([every]),
            "groups_plugins_inventory": lambda: self._from_files(groups),
        }
        found: dict[str, Any] = {}
        for part in constants.VARIABLE_PRECEDENCE:
            if part in parts:
                found = combine_vars(found, parts[part]())
        found = combine_vars(found, host.vars)
        return dict(combine_vars(found, self._from_files([host])))

    def _from_files(self, entities: list[Any]) -> dict[str, Any]:
        """Return what vars plugins tell of groups or hosts, such as the files of group_vars and host_vars."""
        found: dict[str, Any] = {}
        for stage in ("inventory", "task"):
            told = get_vars_from_inventory_sources(self.loader, self._sources, entities, stage)
            found = combine_vars(found, told)
        return found


class _HostFirst:
    """The inventory, as the constructed options see it: a host's name is the host's, also where a group has it.

    What the host's values lead to, which others may choose, does no harm to other hosts: a group that cannot be made is
    left out.
    """

    def __init__(self, inventory: Any, host: Any, taken: set[str], display: Any) -> None:
        self._inventory, self._host, self._display = inventory, host, display
        self._taken = {*taken, "all", "ungrouped"}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inventory, name)

    def set_variable(self, entity: str, name: str, value: Any) -> None:
        """Set a variable of the host."""
        self._host.set_variable(name, value)

    def add_group(self, group: str) -> str:
        """Make a group, unless its name means other hosts than those that lead to it."""
        why = (
            "there is a host of this name"
            if group in self._inventory.hosts
            else "this name has a meaning of its own"
            if group in self._taken
            else ""
        )
        if why:
            self._left_out(group, why)
            return group
        return str(self._inventory.add_group(group))

    def add_host(self, host: str, group: str) -> None:
        """Put the host into a group."""
        self.add_child(group, host)

    def add_child(self, group: str, child: str) -> None:
        """Put the host, or a group, into a group; none that was left out."""
        groups = self._inventory.groups
        if group not in groups or {group, child} & self._taken:
            return
        if child == self._host.name:
            groups[group].add_host(self._host)
        elif child in groups and child != group:
            try:
                groups[group].add_child_group(groups[child])
            except AnsibleError as error:
                self._left_out(group, f"{child} cannot be its child: {error}")

    def _left_out(self, group: str, why: str) -> None:
        self._display.warning(f"The group {brief(group)} is left out: {brief(why)}")


def _hint(said: str) -> str:
    """Return what to do where a vault password is missing, or nothing."""
    if "vault secrets" not in said:
        return ""
    return (
        ". A vault password that is typed is not known to the run that asks the hosts; put it into a file, and name "
        "that by --vault-password-file or ANSIBLE_VAULT_PASSWORD_FILE"
    )


def _entered(parent: str, netns: str) -> dict[str, Any]:
    """Return the variables by which tasks run in a namespace."""
    return {
        "ansible_become": True,
        "ansible_become_method": "linuxnet.netns.netns",
        "ansible_netns": _outside(netns),
        "netns_host": _outside(parent),
        "netns_name": _outside(netns),
    }


def _identity(variables: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return by what a namespace's host is known again: its host and its name."""
    return variables.get("netns_host"), variables.get("netns_name")


#: Until ansible-core 2.18, every string is a template unless it is marked; then only one that is marked is.
_TEMPLATES_ALL = tuple(int(part) for part in core_version.split(".")[:2]) < (2, 19)


def _outside(value: Any) -> Any:
    """Return a value from outside, plain, and such that Ansible does not take it for a template."""
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


def _is_template(value: Any) -> bool:
    """Tell whether Ansible would evaluate something in a variable's value."""
    if isinstance(value, str):
        return is_template(value) and _is_trusted(value)
    if isinstance(value, Mapping):
        return any(map(_is_template, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_is_template, value))


def _is_trusted(text: str) -> bool:
    if _TEMPLATES_ALL:
        from ansible.utils.unsafe_proxy import AnsibleUnsafe

        return not isinstance(text, AnsibleUnsafe)
    from ansible.template import is_trusted_as_template

    return bool(is_trusted_as_template(text))


def _referring(key: str, value: Any) -> Any:
    """Return the value of a variable of the host; where that is a template, one that has it evaluated as the host's."""
    if not _is_template(value):
        return value
    text = f"{{{{ hostvars[netns_host][{key!r}] }}}}"
    if _TEMPLATES_ALL:
        return text
    from ansible.template import trust_as_template

    return trust_as_template(text)

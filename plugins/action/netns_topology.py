# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of the module: reads the topology file and tells its mistakes before any host is asked, and
shows what was proven.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._topology import Topology
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _topology_file
from ansible_collections.linuxnet.netns.plugins.plugin_utils._bounded_yaml import Unreadable
from ansible_collections.linuxnet.netns.plugins.plugin_utils._proof import proof

#: How many characters of Ansible's message are told, which names every place that was looked at.
_MOST_OF_A_SEARCH = 1500


class ActionModule(NormalAction):
    """Replaces ``src`` by what the file says, then runs the module as any other."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Run the module, unless the file cannot be read or has mistakes."""
        arguments = dict(self._task.args)
        src = arguments.pop("src", None)
        try:
            if src is not None:
                self._task.args = {**arguments, **self._content(str(src), arguments)}
            else:
                _topology_file.bound({key: arguments[key] for key in Topology.keys if key in arguments})
        except Unreadable as error:
            # What is returned has no trace, which on old versions of Ansible goes with what is raised.
            return {"failed": True, "changed": False, "commands": [], "msg": str(error)}
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._show(proof(result.get("probes")), str((task_vars or {}).get("inventory_hostname", "")))
        return result

    def _show(self, proven: str, host: str) -> None:
        """Show what was proven, which else only those see who ask for all of the result (-v).

        On standard error, for what reads standard output may expect there what its callback writes alone.
        """
        if proven and not self._task.no_log:
            Display().display(f"{host}: {proven}", stderr=True)

    def _content(self, src: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what the file says, but for what the task says. Raises: Unreadable."""
        # Whether what is no longer named goes, and whether all is kept for a reboot, a task may say of a file.
        both = sorted((Topology.keys.keys() - {"purge", "persist"}) & arguments.keys())
        if both:
            raise Unreadable(f"src: the file says {', '.join(both)} too; give them in one of the two places")
        try:
            path = self._find_needle("files", src)
        except AnsibleError as error:
            raise Unreadable(
                f"src: the topology file {echo(src)} could not be read: {cut(str(error), _MOST_OF_A_SEARCH)}"
            ) from None
        try:
            content = _topology_file.read(self._loader, path)
        except Unreadable as error:
            raise Unreadable(f"src: {path}: {error}") from None
        return {key: value for key, value in content.items() if key not in arguments}

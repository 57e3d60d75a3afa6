# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of the module: reads the topology file and tells its mistakes before any host is asked."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, listed
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind


class ActionModule(NormalAction):
    """Replaces ``src`` by what the file says, then runs the module as any other."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Run the module. Raises: AnsibleActionFail, when the file cannot be read or has mistakes."""
        arguments = dict(self._task.args)
        src = arguments.pop("src", None)
        if src is not None:
            self._task.args = {**arguments, **self._content(str(src), arguments)}
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result

    def _content(self, src: str, arguments: dict[str, Any]) -> dict[str, Any]:
        both = sorted({"name", "namespaces", "links"} & set(arguments))
        if both:
            raise AnsibleActionFail(f"src: the file says {', '.join(both)} too; give them in one of the two places")
        try:
            path = self._find_needle("files", src)
            content = self._loader.load_from_file(path, cache="none")
        except AnsibleError as error:
            raise AnsibleActionFail(f"src: the topology file {src!r} could not be read: {error}") from None
        if not isinstance(content, dict):
            raise AnsibleActionFail(
                f"src: {path}: a mapping with name, namespaces and links is needed, not {kind(content)}"
            )
        # A key without a value, such as "links:", says as much as none.
        content = {key: value for key, value in content.items() if value is not None}
        problems = Problems()
        _topology.read(problems, content)
        problems.boolean("purge", content.get("purge", False))
        try:
            problems.check()
        except Invalid as invalid:
            raise AnsibleActionFail(f"src: {path}: {listed(invalid.problems)}") from None
        return {key: value for key, value in content.items() if key not in arguments}

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action that asks one host, in a process of its own, and writes down what is left of its answer. Private.

Ansible gets nothing of the answer. So a host cannot set variables or facts, add hosts (which ansible-core before 2.19
does for every module that says so), or stop the run with an answer that Ansible itself cannot take.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.linuxnet.netns.plugins.plugin_utils._answer import MOST_BYTES, Unreadable, read
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import brief


class ActionModule(ActionBase):  # type: ignore[misc]
    """Asks a host, or with ``fault`` writes down why it could not be asked; ``place`` is the file for it."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Write the answer to the file."""
        super().run(tmp, task_vars)
        place = Path(str(self._task.args["place"]))
        if "fault" in self._task.args:
            if not place.exists():
                _write(place, {"msg": brief(str(self._task.args["fault"]))})
            return {"changed": False}
        # This stays when the process is ended: by the time limit of the task, or for it takes too much memory.
        _write(place, {"msg": f"it gave no answer (the time limit is {self._task.timeout} s)"})
        _write(place, self._answer(task_vars))
        return {"changed": False}

    def _answer(self, task_vars: Any) -> dict[str, Any]:
        try:
            described = read(self._execute_module("linuxnet.netns.netns_info", module_args={}, task_vars=task_vars))
        except Unreadable as unreadable:
            return {"msg": str(unreadable)}
        # Whatever it is, it is this host's alone.
        except Exception as error:
            return {"msg": brief(str(error)) or type(error).__name__}
        return {"namespaces": described.namespaces, "left_out": described.left_out()}


def _write(place: Path, answer: dict[str, Any]) -> None:
    text = json.dumps(answer)
    if len(text) > MOST_BYTES:
        text = json.dumps({"msg": f"its answer has {len(text)} bytes, and {MOST_BYTES} are the most that are taken"})
    fresh = place.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(place)

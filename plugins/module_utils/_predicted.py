# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a topology would do to a host, and which of those that are kept for a reboot are live. Private."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, Problem, enumerated
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import persistence
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Scope
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kernel


def predict(kernel: Kernel, topology: Mapping[str, Any]) -> tuple[Sequence[Problem], list[str]]:
    """Return what is wrong with a topology, and the commands that applying it would be. Raises: KernelError."""
    problems = Problems()
    read = _topology.read(problems, topology)
    if problems.found:
        return problems.found, []
    declared = _topology.declare(read, present=True, purge=False)
    try:
        return [], _plan.make(declared, kernel.observe(_plan.scope_of(declared))).commands()
    except Invalid as invalid:
        return invalid.problems, []


def persisted(kernel: Kernel) -> list[dict[str, Any]]:
    """Return what is kept for the next boot of each topology, and what of it is not so now. Raises: KernelError."""
    scope = Scope()
    scope.want(persistence.PERSISTENCE, None, persistence.ALL)
    state = kernel.observe(scope)
    return [
        {
            "topology": one.topology,
            **persistence.as_result(state, one.topology),
            **_compared(kernel, one.form, list(one.wrong)),
        }
        for one in persistence.kept(state)
    ]


def _compared(kernel: Kernel, form: Any, wrong: list[str]) -> dict[str, Any]:
    """Return how what is live differs from what is kept, where the files are as they were written."""
    is_live: Optional[bool] = None
    commands: list[str] = []
    if not wrong and not isinstance(form, Mapping):
        wrong = ["the script does not tell what it was written for; run the task with persist=true again"]
    elif not wrong:
        problems, commands = predict(kernel, form)
        wrong += [enumerated(problems)] if problems else []
        is_live = not problems and not commands
    return {"is_live": is_live, "commands": commands, "problems": wrong}

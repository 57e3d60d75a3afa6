# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kernel that is a state: observing gives a copy of it, applying a step has the step's effect on it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import registry  # noqa: F401
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    NAMESPACE,
    Condition,
    Endpoint,
    Name,
    Netns,
    Scope,
    State,
    Step,
    Thing,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Declare, ResultOf, run


def empty(*namespaces: str) -> State:
    """Return a host with these namespaces and nothing in them."""
    state = State()
    for netns in (None, *namespaces):
        state.put(INTERFACE, netns, "lo", Interface("lo", "loopback", ifindex=1))
    for number, name in enumerate(namespaces):
        state.names[name] = Name(NAMESPACE, identity=f"4:{number}")
    return state


class SimulatedKernel:
    """The kernel edge of tests. ``refuse`` is the command that fails, ``undo_fails`` whether undoing it fails too."""

    def __init__(self, state: State, refuse: str = "", undo_fails: str = "") -> None:
        self.state = state
        self.refuse = refuse
        self.undo_fails = undo_fails
        self.undoing = False
        self.closed = False
        self.applied: list[str] = []

    def observe(self, scope: Scope) -> State:
        self.undoing = False
        observed = self.state.copy()
        observed.made = []
        observed.names = {name: one._replace(created=False) for name, one in observed.names.items()}
        return observed

    def check_capabilities(self, steps: Sequence[Step], conditions: Sequence[Condition]) -> None:
        """It needs nothing."""

    def apply(self, steps: Sequence[Step]) -> None:
        done: list[Step] = []
        for step in steps:
            if str(step) == (self.undo_fails if self.undoing else self.refuse):
                self.undoing = True
                raise StepFailed(step, "No buffer space available (ENOBUFS)", done)
            step.effect(self.state)
            self.applied.append(str(step))
            done.append(step)

    def locked(self, *, shared: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def wait(self, conditions: Sequence[Condition]) -> list[Any]:
        return [found for one in conditions for found in type(one).wait([one], self)]

    def has_carrier(self, end: Endpoint) -> bool:
        found = find(self.state, end)
        return found is not None and bool(found.carrier)

    def inside(self, netns: Netns) -> Any:
        raise AssertionError("nothing is looked at")

    def probe(self, probes: Sequence[Any]) -> list[Any]:
        raise AssertionError("nothing is sent")

    def checkpoint(self, places: Sequence[Netns]) -> None:
        self.endpoints = list(places)

    def put_back(self) -> list[str]:
        return []

    def carried_away(self, removed: Collection[Thing]) -> list[str]:
        return []

    def close(self) -> None:
        self.closed = True


class Module:
    """As much of AnsibleModule as ``run`` uses."""

    class Ended(Exception):
        """The module has ended."""

    def __init__(self, params: Mapping[str, Any], *, check: bool = False) -> None:
        self.params = params
        self.check_mode = check
        self._diff = True
        self.warnings: list[str] = []
        self.result: dict[str, Any] = {}

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: Any) -> None:
        self.result = json.loads(json.dumps(result))
        raise self.Ended

    def fail_json(self, **result: Any) -> None:
        self.exit_json(failed=True, **result)


def result_of(
    declare: Declare, kernel: SimulatedKernel, params: Optional[Mapping[str, Any]] = None, *, check: bool = False
) -> dict[str, Any]:
    """Return the result of a run on a simulated kernel."""
    module = Module(params or {}, check=check)
    result_of: ResultOf = lambda outcome: {"told": sorted(name for name in outcome.now.names)}  # noqa: E731
    with suppress(Module.Ended):
        run(module, declare, result_of, kernel)
    return module.result

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is declared to ordered steps, and back. Pure. Private."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, Invalid, Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    merge,
)


class Plan(NamedTuple):
    """The ``steps`` from the state ``before`` to the state ``after``; ``paths[i]`` is where step i was asked for."""

    steps: Sequence[Step]
    paths: Sequence[str]
    before: State
    after: State

    def commands(self) -> list[str]:
        """Return the steps as commands."""
        return [words for words in map(str, self.steps) if words]

    def namespaces(self) -> frozenset[Netns]:
        """Return the namespaces that the steps make or remove as a whole."""
        # What a namespace itself is called by is nothing in it.
        things = (thing for step in self.steps for thing in (*step.makes(), *step.removes()))
        return frozenset(thing.netns for thing in things if not thing.key)

    def path(self, step: Step) -> str:
        """Return where a step of this plan was asked for."""
        return next((path for one, path in zip(self.steps, self.paths) if one is step), "")


def scope_of(declared: Iterable[Declared]) -> Scope:
    """Return what must be read from the kernel before these objects can be planned for."""
    scope = Scope()
    for one in declared:
        one.scope(scope)
    return scope


def make(declared: Iterable[Declared], observed: State) -> Plan:
    """Return the steps from the observed state to the declared objects, in the order of the objects.

    Raises: Invalid, with every object that the state does not allow; what only fails in consequence is left out.
    """
    state = observed.copy()
    steps: list[Step] = []
    paths: list[str] = []
    problems: list[Problem] = []
    blocked: set[Endpoint] = set()
    for one in declared:
        if blocked and _touches(one, blocked):
            blocked |= one.endpoints()
            continue
        try:
            for step in one.steps(state):
                step.effect(state)
                state.made.extend(step.makes())
                steps.append(step)
                paths.append(one.path)
        except Impossible as impossible:
            if impossible.problem not in problems:
                problems.append(impossible.problem)
            blocked |= one.blocks()
    if problems:
        raise Invalid(problems)
    return Plan(steps, paths, observed, state)


def _touches(one: Declared, blocked: set[Endpoint]) -> bool:
    return any(place in blocked or Endpoint(place.netns, "") in blocked for place in one.endpoints())


def reversal(steps: Iterable[Step], before: State) -> tuple[list[Step], list[str]]:
    """Return the steps that undo others, last first, and what cannot be undone, in words."""
    state = before.copy()
    undone: list[list[Step]] = []
    lost: list[str] = []
    for step in steps:
        undone.append(list(step.undo(state)))
        irreversible = step.irreversible(state)
        if irreversible is not None:
            lost.append(irreversible)
        step.effect(state)
    back = [step for group in reversed(undone) for step in group]
    # What goes with its namespace need not be taken back first, unless something else comes out of that namespace.
    ended = {step.ends() for step in back} - {None}
    left = {netns for step in back if not step.namespaces() <= ended for netns in step.namespaces()}
    return [step for step in back if step.ends() or not step.namespaces() <= ended - left], lost


def view(declared: Iterable[Declared], state: State) -> dict[str, Any]:
    """Return what the state has of all that the objects manage."""
    shown: dict[str, Any] = {}
    for one in declared:
        merge(shown, one.view(state))
    return shown

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way of every module: normalise, observe, plan, stop in check mode, apply, verify, tell. Private."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import (
    Failed,
    Invalid,
    KernelError,
    LibraryMissing,
    StepFailed,
    listed,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Carrier,
    Declared,
    Netns,
    Scope,
    State,
    Step,
    describe,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


class Kernel(Protocol):
    """The kernel edge, as the engine uses it."""

    def observe(self, scope: Scope) -> State:
        """What the kernel has. Raises: KernelError."""

    def demand(self, steps: Sequence[Step]) -> None:
        """Make sure that what carrying out the steps needs is there. Raises: LibraryMissing."""

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps, in order. Raises: StepFailed, KernelError."""

    def wait(self, condition: Carrier) -> bool:
        """Whether the condition came true in its time."""

    def checkpoint(self, namespaces: Sequence[Netns]) -> None:
        """Remember what steps may take away without naming it, so that :meth:`revive` can put it back."""

    def revive(self) -> list[str]:
        """Put back what has gone since the checkpoint; gives what could not be put back, in words."""

    def close(self) -> None:
        """Let go of all that was held."""


@dataclass(frozen=True)
class Outcome:
    """What a run did, or in check mode would do.

    ``now`` is the state afterwards, ``seconds`` how long it took.
    """

    declared: Sequence[Declared]
    plan: _plan.Plan
    now: State
    seconds: float


Declare = Callable[[Problems, Mapping[str, Any]], list[Declared]]
Tell = Callable[[Outcome], dict[str, Any]]


def run(module: AnsibleModule, declare: Declare, tell: Tell, kernel: Optional[Kernel] = None) -> None:
    """Bring the kernel to what the module's parameters declare, and end the module with its result.

    ``declare`` makes the declared objects of the parameters, noting mistakes. ``tell`` makes what the module's result
    has beside ``changed``, ``commands`` and ``diff``. ``kernel`` is the kernel edge; tests put another one in.
    """
    started = time.monotonic()
    # The process ends with the task; looking for cycles among a hundred thousand small objects takes 6 % of it.
    gc.disable()
    try:
        problems = Problems()
        declared = declare(problems, module.params)
        problems.check()
        if kernel is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import (
                LinuxKernel,
            )

            kernel = LinuxKernel()
        try:
            scope = _plan.scope_of(declared)
            plan = _plan.make(declared, kernel.observe(scope))
            kernel.demand(plan.steps)
            now = plan.after
            if plan.steps and not module.check_mode:
                plan, now = _Transaction(kernel, declared, scope).run(plan)
            if not module.check_mode:
                _await(kernel, declared, plan)
        finally:
            kernel.close()
    except Invalid as invalid:
        module.fail_json(msg=listed(invalid.problems), changed=False, commands=[])
    except Failed as failed:
        module.fail_json(msg=str(failed), changed=failed.changed, commands=failed.commands)
    except LibraryMissing as missing:
        from ansible.module_utils.basic import missing_required_lib

        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.trace, changed=False, commands=[])
    except KernelError as error:
        module.fail_json(msg=str(error), changed=False, commands=[])
    for note in now.notes:
        module.warn(note)
    commands = plan.commands()
    result: dict[str, Any] = {"changed": bool(commands), "commands": commands}
    if module._diff:
        from ansible_collections.linuxnet.netns.plugins.module_utils import _yaml

        result["diff"] = {
            "before": _yaml.render(_plan.view(declared, plan.before)),
            "after": _yaml.render(_plan.view(declared, now)),
        }
    result.update(tell(Outcome(declared, plan, now, time.monotonic() - started)))
    module.exit_json(**result)


class _Transaction:
    """Applies a plan as a whole or not at all."""

    def __init__(self, kernel: Kernel, declared: Sequence[Declared], scope: Scope) -> None:
        self._kernel = kernel
        self._declared = declared
        self._scope = scope

    def run(self, plan: _plan.Plan) -> tuple[_plan.Plan, State]:
        """Apply the plan and verify it; gives the plan that was carried out in the end, and the state afterwards.

        Raises: Failed, after what had been done was undone.
        """
        try:
            self._checkpoint(plan)
            self._kernel.apply(plan.steps)
            return plan, self._verified(plan, frozenset(plan.after.fresh))
        except StepFailed as failed:
            why = self._take_back(plan, failed)
        # Something may have changed under way, or still be going: the kernel destroys devices up to 80 ms after their
        # namespace. Look again then, and go step by step, so that a failure is that of one step.
        time.sleep(0.1)
        try:
            plan = _plan.make(self._declared, self._kernel.observe(self._scope))
        except Invalid as invalid:
            raise Failed(f"{why} Then this was found: {listed(invalid.problems)}. The host is as it was.") from invalid
        done: list[Step] = []
        try:
            self._checkpoint(plan)
            for step in plan.steps:
                self._kernel.apply([step])
                done.append(step)
            return plan, self._verified(plan, frozenset())
        except StepFailed as failed:
            why = self._take_back(plan, StepFailed(failed.step, failed.words, [*done, *failed.done]))
            undone = "All that was done before was undone." if done else "Nothing had been changed before."
            raise Failed(f"{why} {undone} The host is as it was.") from failed

    def _checkpoint(self, plan: _plan.Plan) -> None:
        disturbed = {netns for step in plan.steps if step.disruptive() for netns in step.places()}
        if disturbed:
            self._kernel.checkpoint(sorted(disturbed, key=lambda netns: netns or ""))

    def _verified(self, plan: _plan.Plan, fresh: frozenset[str]) -> State:
        """The state as it is now, which must be as declared.

        Every step was acknowledged by the kernel one by one. That is the proof for the inside of the ``fresh``
        namespaces, which this run made and where nobody else is yet (but for interfaces that came with them, whose
        indexes the plan did not foresee); whatever existed before is read again.

        Raises: Failed, after what had been done was undone.
        """
        now = self._kernel.observe(self._scope.without(fresh))
        if fresh and now.crowded:
            fresh = frozenset()
            now = self._kernel.observe(self._scope)
        now.adopt(plan.after, fresh)
        try:
            missing = [str(step) or "the record" for step in _plan.make(self._declared, now).steps]
        except Invalid as invalid:
            missing = [listed(invalid.problems)]
        if missing:
            why = (
                "This was still to be done after the kernel had accepted every step, as if something else on this host "
                f"managed the same interfaces: {'; '.join(missing)}."
            )
            self._undo(plan, plan.steps, why)
            raise Failed(f"{why} All that was done was undone. The host is as it was.")
        return now

    def _take_back(self, plan: _plan.Plan, failed: StepFailed) -> str:
        """Undo what was done before a step failed; gives what is to be said of the failure.

        Raises: Failed, when not all could be undone.
        """
        path = plan.path(failed.step)
        why = f"{path + ': ' if path else ''}{str(failed.step) or 'the record of the topology'} failed: {failed.words}."
        self._undo(plan, failed.done, why)
        return why

    def _undo(self, plan: _plan.Plan, done: Sequence[Step], why: str) -> None:
        steps, left = _plan.reversal(done, plan.before)
        while steps:
            try:
                self._kernel.apply(steps)
                break
            except StepFailed as failed:
                left.append(f"{failed.step} failed: {failed.words}")
                over = {id(step) for step in (failed.step, *failed.done)}
                steps = [step for step in steps if id(step) not in over]
        left.extend(self._kernel.revive())
        now = _plan.view(self._declared, self._kernel.observe(self._scope))
        if now != _plan.view(self._declared, plan.before):
            left.append("what is there now differs from what was there before")
        if left:
            raise Failed(
                f"{why} What was done before was undone, except for this: {'; '.join(left)}.",
                [str(step) for step in done if step.words()],
            )


def _await(kernel: Kernel, declared: Sequence[Declared], plan: _plan.Plan) -> None:
    for one in declared:
        condition = one.condition()
        if condition is not None and not kernel.wait(condition):
            raise Failed(
                f"{condition.path}: interface {condition.end.interface} in {describe(condition.end.netns)} is up, and "
                f"stays up, but has no carrier after {condition.seconds:g} s: is its peer up too?",
                plan.commands(),
            )

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way of every module: normalise, observe, plan, stop in check mode, apply, verify, tell. Private."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional, Protocol

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _yaml
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
            now = (
                plan.after if module.check_mode or not plan.steps else _Transaction(kernel, declared, scope, plan).run()
            )
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
        result["diff"] = {
            "before": _yaml.render(_plan.view(declared, plan.before)),
            "after": _yaml.render(_plan.view(declared, now)),
        }
    result.update(tell(Outcome(declared, plan, now, time.monotonic() - started)))
    module.exit_json(**result)


class _Transaction:
    """Applies a plan as a whole or not at all."""

    def __init__(self, kernel: Kernel, declared: Sequence[Declared], scope: Scope, plan: _plan.Plan) -> None:
        self._kernel = kernel
        self._declared = declared
        self._plan = plan
        self._scope = scope
        #: The namespaces that this run makes, as long as all goes as planned.
        self._fresh: frozenset[str] = frozenset(plan.after.fresh)
        #: What was carried out: each time from a state, some steps.
        self._done: list[_Carried] = []

    def run(self) -> State:
        """Apply and verify; gives the state afterwards.

        Raises: Failed, after having undone what can be undone.
        """
        disturbed = {netns for step in self._plan.steps if step.disruptive() for netns in step.places()}
        if disturbed:
            self._kernel.checkpoint(sorted(disturbed, key=lambda netns: netns or ""))
        try:
            self._kernel.apply(self._plan.steps)
            self._done.append(_Carried(self._plan.before, self._plan.steps))
        except StepFailed as failed:
            self._done.append(_Carried(self._plan.before, failed.done))
            self._again(failed)
        return self._verified()

    def _again(self, first: StepFailed) -> None:
        # Something may have changed under way, or still be going: the kernel destroys devices up to 80 ms after their
        # namespace. Look again then, and go step by step, so that a failure is that of one step.
        self._fresh = frozenset()
        time.sleep(0.1)
        now = self._kernel.observe(self._scope)
        try:
            plan = _plan.make(self._declared, now)
        except Invalid as invalid:
            self._undo(f"{self._attempt(self._plan, first)} Then it was found that {listed(invalid.problems)}.")
        carried: list[Step] = []
        self._done.append(_Carried(now, carried))
        for step in plan.steps:
            try:
                self._kernel.apply([step])
            except StepFailed as failed:
                self._undo(self._attempt(plan, failed))
            carried.append(step)

    def _verified(self) -> State:
        """The state as it is now, which must be as declared.

        Every step was acknowledged by the kernel one by one. That is the proof for the inside of the namespaces that
        this run made, where nobody else is yet; whatever existed before is read again.
        """
        fresh = self._fresh
        now = self._kernel.observe(self._scope.without(fresh))
        now.adopt(self._plan.after, fresh)
        try:
            missing = [str(step) or "the record" for step in _plan.make(self._declared, now).steps]
        except Invalid as invalid:
            missing = [listed(invalid.problems)]
        if missing:
            self._undo(
                "the kernel accepted every step, yet afterwards this was still to be done; "
                f"does something else on this host manage the same interfaces? {'; '.join(missing)}."
            )
        return now

    @staticmethod
    def _attempt(plan: _plan.Plan, failed: StepFailed) -> str:
        path = plan.path(failed.step)
        return f"{path + ': ' if path else ''}{str(failed.step) or 'a step'} failed: {failed.words}."

    def _undo(self, why: str) -> NoReturn:
        left: list[str] = []
        count = 0
        for carried in reversed(self._done):
            steps, lost = _plan.reversal(carried.steps, carried.before)
            count += len(carried.steps)
            left.extend(lost)
            while steps:
                try:
                    self._kernel.apply(steps)
                    break
                except StepFailed as failed:
                    left.append(f"{failed.step} failed: {failed.words}")
                    steps = [step for step in steps if step is not failed.step and step not in failed.done]
        left.extend(self._kernel.revive())
        before = _plan.view(self._declared, self._plan.before)
        after = _plan.view(self._declared, self._kernel.observe(self._scope))
        if before == after and not left:
            undone = "Nothing had been changed before." if not count else "All that was done before was undone."
            raise Failed(f"{why} {undone} The host is as it was.")
        commands = [str(step) for carried in self._done for step in carried.steps]
        told = "; ".join(left) or "what is there now differs from what was there before"
        raise Failed(f"{why} What was done before was undone, except for this: {told}.", commands)


class _Carried:
    """Steps that were carried out, from a state."""

    def __init__(self, before: State, steps: Sequence[Step]) -> None:
        self.before = before
        self.steps = steps


def _await(kernel: Kernel, declared: Sequence[Declared], plan: _plan.Plan) -> None:
    for one in declared:
        condition = one.condition()
        if condition is not None and not kernel.wait(condition):
            raise Failed(
                f"{condition.path}: interface {condition.end.interface} in {describe(condition.end.netns)} is up, and "
                f"stays up, but has no carrier after {condition.seconds:g} s: is its peer up too?",
                plan.commands(),
            )

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""All or nothing: a plan is applied and verified, or what was done of it is undone. Private."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import (
    Failed,
    Invalid,
    KernelError,
    StepFailed,
    listed,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Scope, State, Step

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._run import Kernel


class Transaction:
    """Applies a plan as a whole or not at all."""

    def __init__(self, kernel: Kernel, declared: Sequence[Declared], scope: Scope) -> None:
        self._kernel = kernel
        self._declared = declared
        self._scope = scope

    def run(self, plan: _plan.Plan) -> tuple[_plan.Plan, State]:
        """Apply the plan and verify it; gives the plan that was carried out in the end, and the state afterwards.

        Raises: Failed, after what had been done was undone.
        """
        with _uninterrupted():
            return self._run(plan)

    def _run(self, plan: _plan.Plan) -> tuple[_plan.Plan, State]:
        try:
            self._checkpoint(plan)
            self._kernel.apply(plan.steps)
            return plan, self._verified(plan, frozenset(plan.after.fresh))
        except StepFailed as failed:
            why, _back = self._take_back(plan, failed)
        # Something may have changed under way, or still be going: the kernel destroys devices up to 80 ms after their
        # namespace. Look again then, and go step by step, so that a failure is that of one step.
        time.sleep(0.1)
        try:
            plan = _plan.make(self._declared, self._kernel.observe(self._scope))
        except Invalid as invalid:
            raise Failed(f"{why} Then this was found: {listed(invalid.problems)}. The host is as it was.") from invalid
        except KernelError as error:
            raise Failed(f"{why} {error} The host is as it was.") from error
        done: list[Step] = []
        try:
            self._checkpoint(plan)
            for step in plan.steps:
                self._kernel.apply([step])
                done.append(step)
            return plan, self._verified(plan, frozenset())
        except StepFailed as failed:
            why, back = self._take_back(plan, StepFailed(failed.step, failed.words, [*done, *failed.done]))
            undone = "All that was done before was undone." if done else "Nothing had been changed before."
            raise Failed(f"{why} {undone} {back}") from failed

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
        try:
            now = self._kernel.observe(self._scope.without(fresh))
            if fresh and now.crowded:
                fresh = frozenset()
                now = self._kernel.observe(self._scope)
        except KernelError as error:
            back = self._undo(plan, plan.steps, str(error))
            raise Failed(f"{error} All that was done was undone. {back}") from error
        now.adopt(plan.after, fresh)
        others = [one for one in self._declared if not _inside(one, fresh)]
        try:
            missing = [str(step) or "the record" for step in _plan.make(others, now).steps]
        except Invalid as invalid:
            missing = [listed(invalid.problems)]
        if missing:
            why = (
                "This was still to be done after the kernel had accepted every step, as if something else on this host "
                f"managed the same interfaces: {'; '.join(missing)}."
            )
            back = self._undo(plan, plan.steps, why)
            raise Failed(f"{why} All that was done was undone. {back}")
        now.notes.extend(f"Gone with what the task did: {words}." for words in self._kernel.lost())
        return now

    def _take_back(self, plan: _plan.Plan, failed: StepFailed) -> tuple[str, str]:
        """Undo what was done before a step failed; gives what is to be said of the failure, and of the host now.

        Raises: Failed, when not all could be undone.
        """
        path = plan.path(failed.step)
        why = f"{path + ': ' if path else ''}{str(failed.step) or 'the record of the topology'} failed: {failed.words}."
        return why, self._undo(plan, failed.done, why)

    def _undo(self, plan: _plan.Plan, done: Sequence[Step], why: str) -> str:
        """Undo steps; gives what is to be said of the host now. Raises: Failed, when not all could be undone."""
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
        try:
            now = _plan.view(self._declared, self._kernel.observe(self._scope))
            same = now == _plan.view(self._declared, plan.before)
        except KernelError as error:
            left.append(f"what is there now is not known: {error}")
            same = True
        if left and not same:
            left.append("what is there now differs from what was there before")
        if left:
            raise Failed(
                f"{why} What was done before was undone, except for this: {'; '.join(left)}.",
                [str(step) for step in done if step.words()],
            )
        return "The host is as it was." if same else "What is there now differs: something else changed it meanwhile."


def _inside(one: Declared, namespaces: frozenset[str]) -> bool:
    """Whether all that an object is about is inside of some of the namespaces; they themselves are not."""
    places = one.places()
    for netns, interface in places:
        if not interface or netns not in namespaces:
            return False
    return bool(places)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let what would end the process (Ctrl-C, a kill, a lost terminal) wait: a change is made as a whole, or undone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""All or nothing: a plan is applied and verified, or what was done of it is undone. Private."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import (
    Failed,
    Invalid,
    KernelError,
    StepFailed,
    enumerated,
    unforeseen,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Scope, State, Step

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kernel


class Transaction:
    """Applies a plan as a whole or not at all."""

    def __init__(self, kernel: Kernel, declared: Sequence[Declared], scope: Scope) -> None:
        self._kernel = kernel
        self._declared = declared
        self._scope = scope
        #: The state before the first step.
        self._was = State()
        #: The plan that is being carried out, and what is known to have been done of it.
        self._begun: tuple[_plan.Plan, Sequence[Step]] = (_plan.Plan((), (), State(), State()), ())

    def run(self, plan: _plan.Plan) -> tuple[_plan.Plan, State]:
        """Apply the plan and verify it; gives the plan that was carried out in the end, and the state afterwards.

        Raises: Failed, after what had been done was undone.
        """
        with _uninterrupted():
            self._was, self._begun = plan.before, (plan, ())
            try:
                return self._run(plan)
            except (Failed, KernelError):
                raise
            except Exception as error:
                why = f"Something went wrong that is not foreseen ({unforeseen(error)})."
                raise Failed(f"{why} All that was done was undone. {self._undo(*self._begun, why)}") from error

    def _run(self, plan: _plan.Plan) -> tuple[_plan.Plan, State]:
        try:
            self._checkpoint(plan, lambda error: f"{error} Nothing was changed.")
            self._kernel.apply(plan.steps)
            self._begun = plan, plan.steps
            return plan, self._verified(plan, plan.after.all_created())
        except StepFailed as failed:
            why, back = self._take_back(plan, failed)
            if failed.lasting:
                raise self._refused(why, failed.done, back) from failed
        # Something may have changed under way, or still be going: the kernel destroys devices up to 80 ms after their
        # namespace. Look again then, and go step by step, so that a failure is that of one step.
        time.sleep(0.1)
        try:
            plan = _plan.make(self._declared, self._kernel.observe(self._scope))
        except Invalid as invalid:
            raise Failed(f"{why} Then this was found: {enumerated(invalid.problems)}. {back}") from invalid
        except KernelError as error:
            raise Failed(f"{why} {back} {error}") from error
        done: list[Step] = []
        self._begun = plan, done
        try:
            self._checkpoint(plan, lambda error: f"{why} {back} {error}")
            for step in plan.steps:
                self._kernel.apply([step])
                done.append(step)
            return plan, self._verified(plan, frozenset())
        except StepFailed as failed:
            failed.done = [*done, *failed.done]
            why, back = self._take_back(plan, failed)
            raise self._refused(why, failed.done, back) from failed

    @staticmethod
    def _refused(why: str, done: Sequence[Step], back: str) -> Failed:
        undone = "All that was done before was undone." if done else "Nothing had been changed before."
        return Failed(f"{why} {undone} {back}")

    def _checkpoint(self, plan: _plan.Plan, message: Callable[[KernelError], str]) -> None:
        """Have the kernel edge remember what the steps may take away. Raises: Failed, with a ``message``."""
        disturbed = {netns for step in plan.steps if step.disruptive() for netns in step.namespaces()}
        try:
            if disturbed:
                self._kernel.checkpoint(sorted(disturbed, key=lambda netns: netns or ""))
        except KernelError as error:
            raise Failed(message(error)) from error

    def _verified(self, plan: _plan.Plan, created: frozenset[str]) -> State:
        """Return the state as it is now, which must be as declared.

        Every step was acknowledged by the kernel one by one. That is the proof for the inside of the ``created``
        namespaces, which this run made and where nobody else is yet (but for interfaces that came with them, whose
        indexes the plan did not foresee); whatever existed before is read again.

        Raises: Failed, after what had been done was undone.
        """
        others = [one for one in self._declared if not one.proven(self._was, created)]
        try:
            now = self._kernel.observe(_plan.scope_of(others).without(created))
            if created and not now.only_lo:
                others, created = list(self._declared), frozenset()
                now = self._kernel.observe(self._scope)
        except KernelError as error:
            back = self._undo(plan, plan.steps, str(error))
            raise Failed(f"{error} All that was done was undone. {back}") from error
        now.copy_namespaces(plan.after, created)
        now.just_made = frozenset(plan.after.made)
        try:
            missing = [_called(step) for step in _plan.make(others, now).steps]
        except Invalid as invalid:
            missing = [enumerated(invalid.problems)]
        if missing:
            why = (
                "This was still to be done after the kernel had accepted every step, as if something else on this host "
                f"managed the same interfaces: {some(missing, '; ')}."
            )
            back = self._undo(plan, plan.steps, why)
            raise Failed(f"{why} All that was done was undone. {back}")
        removed = {thing for step in plan.steps for thing in step.removes()}
        now.notes.extend(f"Gone with what the task did: {words}." for words in self._kernel.carried_away(removed))
        return now

    def _take_back(self, plan: _plan.Plan, failed: StepFailed) -> tuple[str, str]:
        """Undo what was done before a step failed; gives what is to be said of the failure, and of the host now.

        Raises: Failed, when not all could be undone.
        """
        path = plan.path(failed.step)
        why = f"{path + ': ' if path else ''}{_called(failed.step)} failed: {failed.words}."
        done = failed.done
        if failed.doubtful:
            # Where that cannot be looked at, all is undone that may have been done.
            with suppress(KernelError):
                now = self._kernel.observe(self._scope)
                done = [step for step in done if step.seems_done(now)]
        return why, self._undo(plan, done, why, doubtful=failed.doubtful)

    def _undo(self, plan: _plan.Plan, done: Sequence[Step], why: str, *, doubtful: bool = False) -> str:
        """Undo steps; gives what is to be said of the host now. Raises: Failed, when not all could be undone.

        ``doubtful``: they may not all have been done. Then what cannot be undone matters only where something differs.
        """
        self._begun = plan, ()
        steps, left = _plan.reversal(done, plan.before)
        refused: list[str] = []
        while steps:
            try:
                self._kernel.apply(steps)
                break
            except StepFailed as failed:
                refused.append(f"{_called(failed.step)} failed: {failed.words}")
                over = {id(step) for step in (failed.step, *failed.done)}
                steps = [step for step in steps if id(step) not in over]
        left.extend(self._kernel.put_back())
        try:
            differing = self._differing()
        except KernelError as error:
            left.append(f"what is there now is not known: {error}")
            differing = []
        if differing or not doubtful:
            left = [*refused, *left]
        if left and differing:
            left.append(f"what is there now differs from what was there before, in {some(differing)}")
        if left:
            raise Failed(
                f"{why} What was done before was undone, except for this: {'; '.join(left)}.",
                [str(step) for step in done if step.command()],
            )
        if differing:
            return f"What is there now differs, for something else changed it meanwhile: {some(differing)}."
        return "The host is as it was."

    def _differing(self) -> list[str]:
        """Return what is not as it was before the first step, by its place in the diff. Raises: KernelError."""
        now = self._kernel.observe(self._scope)
        kinds = {**self._was.tables, **now.tables}
        unseen = [f"the {kind.name}" for kind in kinds if kind.unseen(now) != kind.unseen(self._was)]
        return [*_paths(_plan.view(self._declared, self._was), _plan.view(self._declared, now)), *unseen]


def _paths(was: Any, now: Any, path: str = "") -> list[str]:
    """Return where two views differ."""
    if not (isinstance(was, dict) and isinstance(now, dict)):
        return [] if was == now else [path]
    return [
        place
        for key in {**was, **now}
        if was.get(key) != now.get(key)
        for place in _paths(was.get(key), now.get(key), f"{path}.{key}" if path else key)
    ]


def _called(step: Step) -> str:
    """Return what a step is called in a message: its command, if it has one."""
    return str(step) or "the record of the topology"


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let what would end the process (Ctrl-C, a kill, a lost terminal) wait: a change is made as a whole, or undone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

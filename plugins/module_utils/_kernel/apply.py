# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out steps: in batches, each sort of step by what it takes, from inside the namespace it is for."""

from __future__ import annotations

import resource
import threading
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing, StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.host import LinuxHost, RunProgram
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Action, Netns, Request, State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kinds

#: Descriptors that a run may need at once, beside those of the namespaces that it deletes.
_DESCRIPTORS = 512
#: Descriptors that are left for the rest of the work, however many namespaces are held open.
_RESERVE = 40
#: From how many steps on threads are worth their start.
_MANY = 50


def acted(steps: Sequence[Step]) -> bool:
    """Tell whether all of the steps are done without a routing socket, and so without the codec."""
    return all(isinstance(step, Action) for step in steps)


class Executor:
    """Carries out the steps of one run.

    ``home`` is a descriptor of the host's namespace, where the calling thread is left; ``codec`` gives the codec when
    it is needed, and ``run_program`` runs programs.
    """

    def __init__(
        self, home: int, kinds: Kinds, codec: Callable[[], Codec], run_program: Optional[RunProgram] = None
    ) -> None:
        self._home = home
        self._kinds = kinds
        self._codec = codec
        self._host = LinuxHost(home, run_program)
        self._limits: Optional[tuple[int, int]] = None
        self._seen = State()
        #: The step that is being carried out, as far as is known.
        self._current: Optional[Step] = None

    def close(self) -> None:
        """Let go of the namespaces that were held open, and put the limit of descriptors back."""
        self._host.close()
        if self._limits is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)

    @property
    def only_lo(self) -> bool:
        """Whether new namespaces have had no interface but ``lo`` so far."""
        return self._host.only_lo

    def apply(self, steps: Sequence[Step], seen: State) -> None:
        """Carry out the steps in order, in batches.

        ``seen`` is the state as it was last seen; it is kept up with where interfaces are.

        Raises: StepFailed, with the first step that the kernel refused. LibraryMissing.
        """
        self._seen = seen
        done: list[Step] = []
        try:
            self._make_room(steps)
            with namespaces.away(self._home):
                self._apply(steps, done)
        except StepFailed:
            raise
        except Exception as error:
            if isinstance(error, LibraryMissing) and not done:
                raise
            # Whatever it was, what has been done until then is known, and can be undone.
            raise StepFailed.by(error, self._current or steps[0], done) from error

    def _apply(self, steps: Sequence[Step], done: list[Step]) -> None:
        for (acted, netns), group in groupby(steps, key=lambda step: (isinstance(step, Action), step.netns)):
            alike = list(group)
            self._current = alike[0]
            if acted:
                self._perform([step for step in alike if isinstance(step, Action)], done)
            else:
                self._send(netns, [step for step in alike if isinstance(step, Request)], done)

    def _perform(self, steps: Sequence[Action], done: list[Step]) -> None:
        for _class, group in groupby(steps, key=type):
            alike = list(group)
            # The first one alone: it prepares what the others share.
            self._perform_some(alike[:1], done)
            if alike[0].independent and len(alike) > _MANY:
                self._perform_side_by_side(alike[1:], done)
            else:
                self._perform_some(alike[1:], done)

    def _perform_side_by_side(self, steps: Sequence[Action], done: list[Step]) -> None:
        """Carry out steps in two threads: namespaces are created nearly twice as fast so."""
        failures: list[StepFailed] = []

        def perform(some: Sequence[Action]) -> None:
            try:
                self._perform_some(some, done)
            except StepFailed as failed:
                failures.append(failed)
            except Exception as error:
                failures.append(StepFailed.by(error, some[0], done))

        other = threading.Thread(target=perform, args=[steps[1::2]])
        try:
            other.start()
        except RuntimeError:  # a limit of processes
            perform(steps)
        else:
            perform(steps[0::2])
            other.join()
        if failures:
            raise StepFailed(failures[0].step, failures[0].words, done, failures[0].lasting)

    def _perform_some(self, steps: Sequence[Action], done: list[Step]) -> None:
        for step in steps:
            self._current = step
            try:
                step.perform(self._host)
            except OSError as error:
                raise StepFailed.by(error, step, done) from error
            step.confirm(self._seen)
            done.append(step)

    def _send(self, netns: Netns, steps: Sequence[Request], done: list[Step]) -> None:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.batches import BatchSender

        self._seen.only_lo = self._host.only_lo
        try:
            namespaces.enter(netns, self._home)
            sender = BatchSender(self._codec(), self._home, self._kinds, self._seen)
        except OSError as error:
            raise StepFailed.by(error, steps[0], done) from error
        with sender:
            try:
                sender.send(steps, done)
            except StepFailed as failed:
                # Something has come into a new namespace that was not in the first: no more indexes are foreseen.
                foreseen = isinstance(failed.step, Request) and failed.step.foreseen()
                self._host.only_lo = self._host.only_lo and not foreseen
                raise
            finally:
                self._current = sender.at

    def _make_room(self, steps: Sequence[Step]) -> None:
        """Raise the soft limit of descriptors where the steps may need more; closing puts it back.

        Deleted namespaces are held open as far as there is room, beside what verifying and undoing need.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = _DESCRIPTORS + sum(1 for step in steps if step.ends())
        if self._limits is None and soft != resource.RLIM_INFINITY and needed > soft and soft != hard:
            self._limits = (soft, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        self._host.room = max(0, soft - _RESERVE) if soft != resource.RLIM_INFINITY else needed

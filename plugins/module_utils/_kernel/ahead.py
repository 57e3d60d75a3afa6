# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates namespaces ahead of the steps that need them, in a thread beside the one that sends these."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Action, Netns, Step


class Ahead:
    """Actions that do not depend on each other, carried out in the order in which later steps need them.

    Most of it is the kernel's work, which it does beside that of another thread. ``finish`` is given each action that
    was carried out, in the thread that waits for them (:meth:`ready`, :meth:`join`); all else of a run is that thread's
    alone.
    """

    def __init__(
        self, actions: Iterable[Action], perform: Callable[[Action], None], finish: Callable[[Action], None]
    ) -> None:
        """Begin. Raises: StepFailed, when an action failed where no thread could be had beside the calling one."""
        self._perform = perform
        self._finish = finish
        self._waiting = deque(actions)
        self._needed = {netns for action in self._waiting for netns in action.namespaces()}
        self._finished: deque[Action] = deque()
        self._changed = threading.Condition()
        self._failure: Optional[StepFailed] = None
        self._thread = threading.Thread(target=self._work)
        try:
            self._thread.start()
        except RuntimeError:  # a limit of processes
            self._work()
            self._settle()

    def ready(self, netns: Netns, *, helping: bool = False) -> None:
        """Wait until a namespace is there, if it is to be created; ``helping``: the calling thread may leave its own.

        Raises: StepFailed, when an action failed.
        """
        while netns in self._needed:
            alone = not self._thread.is_alive() and not self._waiting
            self._settle()
            if alone or netns not in self._needed:
                return
            if not (helping and self._work_once()):
                with self._changed:
                    self._changed.wait_for(lambda: self._finished or self._failure or not self._thread.is_alive(), 1)

    def join(self) -> None:
        """Wait until all is carried out, with the calling thread's help, which leaves its namespace.

        Raises: StepFailed, when an action failed.
        """
        while self._work_once():
            pass
        self._end()
        self._settle()

    def stop(self) -> None:
        """Begin no other action, and wait for those that are begun."""
        self._waiting.clear()
        self._end()
        self._take()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._thread.join()

    def _settle(self) -> None:
        self._take()
        if self._failure is not None:
            self.stop()
            raise self._failure

    def _take(self) -> None:
        while self._finished:
            action = self._finished.popleft()
            self._needed -= action.namespaces()
            self._finish(action)

    def _work(self) -> None:
        while self._work_once():
            pass

    def _work_once(self) -> bool:
        """Carry out the next action, if there is one; tell whether there may be more."""
        try:
            action = self._waiting.popleft()
        except IndexError:
            return False
        try:
            self._perform(action)
        except Exception as error:
            self._waiting.clear()
            self._failure = self._failure or StepFailed.by(error, action, ())
            done = False
        else:
            self._finished.append(action)
            done = True
        with self._changed:
            self._changed.notify_all()
        return done


def by_need(actions: Sequence[Action], later: Iterable[Step]) -> list[Action]:
    """Return actions in the order in which later steps need what they create; the rest as they are."""
    rank: dict[Netns, int] = {}
    for step in later:
        for netns in step.namespaces():
            rank.setdefault(netns, len(rank))
    last = len(rank)
    return sorted(actions, key=lambda action: min(rank.get(netns, last) for netns in action.namespaces()))

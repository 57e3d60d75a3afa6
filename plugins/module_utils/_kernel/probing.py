# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends probes from inside namespaces, all at once, in one thread.

A socket belongs to the namespace that it was made in, wherever its thread goes; so each probe's is made there, and then
one loop serves them all.
"""

from __future__ import annotations

import heapq
import os
import resource
import select
import socket
import time
from collections.abc import Sequence

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, said, words
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.trial import (
    AGAIN,
    SHORTAGES,
    TIMESTAMP,
    Trial,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import describe
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe

#: Descriptors that are left to everything else, beside those that are open already: a namespace, a second socket.
_SPARE = 8
#: How many probes begin before their answers are looked at: the kernel's queues are finite.
_BURST = 64
#: The longest that is waited for events at once: epoll counts milliseconds in an int.
_LONGEST = 3600.0


class Prober:
    """Sends probes; the calling thread is brought back to its namespace."""

    def __init__(self) -> None:
        self._home = namespaces.current()
        self._salt = os.urandom(4)
        # The kernel begins to note when packets come a moment after a socket has asked for it.
        self._clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._clock.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
        self._epoll = select.epoll()
        self._timers: list[tuple[float, int, Trial]] = []
        self._by_descriptor: dict[int, Trial] = {}
        self._count = 0

    def close(self) -> None:
        """Let go of what was held."""
        self._clock.close()
        self._epoll.close()
        os.close(self._home)

    def send(self, probes: Sequence[tuple[Probe, float]]) -> list[Answer]:
        """The answers to the probes, each with the seconds that it may take, in their order. Raises: KernelError."""
        trials = [Trial(probe, timeout, number, self._salt) for number, (probe, timeout) in enumerate(probes)]
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            taken = len(os.listdir("/proc/self/fd")) + _SPARE
            room = max(_raised(limits, len(trials) + taken) - taken, 1)
            with namespaces.away(self._home):
                self._serve(trials, room)
        except OSError as error:
            raise KernelError(f"The probes could not be sent: {said(error)}.") from error
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            for trial in trials:
                trial.close()
        return [trial.answer for trial in trials]

    def _serve(self, trials: Sequence[Trial], room: int) -> None:
        """Serve the trials, at most ``room`` at a time."""
        # They begin one namespace after the other.
        waiting = sorted(trials, key=lambda trial: trial.wanted.sender or "", reverse=True)
        under_way: list[Trial] = []
        while waiting or under_way:
            for _number in range(min(_BURST, len(waiting), room - len(under_way))):
                trial = waiting.pop()
                now = time.monotonic()
                trial.deadline = now + trial.timeout
                if self._begin(trial, now):
                    under_way.append(trial)
                elif under_way:
                    # Its turn comes when another has ended.
                    waiting.append(trial)
                    room = len(under_way)
                    break
                else:
                    trial.expire()
            more = waiting and len(under_way) < room
            pause = self._timers[0][0] - time.monotonic() if self._timers and not more else 0.0
            self._listen(min(max(0.0, pause), _LONGEST))
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                trial = heapq.heappop(self._timers)[2]
                if not trial.done:
                    self._go_on(trial, now)
            under_way = [trial for trial in under_way if not trial.done]

    def _begin(self, trial: Trial, now: float) -> bool:
        """Make the socket of a trial and send its first packet; whether there was a descriptor for it."""
        trial.started = now
        doing = f"{describe(trial.wanted.sender)} could not be entered"
        try:
            namespaces.enter(trial.wanted.sender, self._home)
            doing = "its socket could not be made"
            trial.open()
        except OSError as error:
            trial.close()
            if error.errno in SHORTAGES:
                trial.shortage = words(error.errno)
                return False
            trial.give_up(f"{doing}: {said(error)}")
        if trial.done:
            trial.close()
        if trial.socket is not None:
            awaited = select.EPOLLOUT if trial.wanted.protocol == "tcp" else select.EPOLLIN
            self._epoll.register(trial.socket, awaited | select.EPOLLERR)
            self._by_descriptor[trial.socket.fileno()] = trial
            trial.due = trial.deadline
            trial.act(now)
        self._schedule(trial, now)
        return True

    def _go_on(self, trial: Trial, now: float) -> None:
        """Do what is due of a trial."""
        if trial.socket is not None and now < trial.deadline and self._has_moved(trial):
            self._end(trial)
        if trial.socket is not None:
            trial.act(now)
            self._schedule(trial, now)
        elif now >= trial.deadline:
            trial.expire()
        elif not self._begin(trial, now):
            self._schedule(trial, now)

    def _has_moved(self, trial: Trial) -> bool:
        """Whether the kernel would now send from another address than the socket's.

        An IPv6 address is not used until duplicate address detection has ended, and a socket keeps the one it has.
        """
        if trial.probe.version == 4 or trial.answer.reachable or trial.socket is None:
            return False
        try:
            namespaces.enter(trial.wanted.sender, self._home)
            return bool(trial.source() != trial.socket.getsockname()[0])
        except OSError:
            return False

    def _schedule(self, trial: Trial, now: float) -> None:
        if trial.done:
            self._end(trial)
            return
        # What has no socket is tried again soon: an address may be settling, a service may be starting.
        due = min(now + AGAIN, trial.deadline) if trial.socket is None else trial.due
        self._count += 1
        heapq.heappush(self._timers, (due, self._count, trial))

    def _listen(self, pause: float) -> None:
        for descriptor, events in self._epoll.poll(pause):
            trial = self._by_descriptor[descriptor]
            trial.serve(events)
            if trial.done:
                self._end(trial)
            elif trial.socket is None:
                # It was closed, to be tried again when its time has come.
                del self._by_descriptor[descriptor]
                self._schedule(trial, time.monotonic())

    def _end(self, trial: Trial) -> None:
        if trial.socket is not None:
            del self._by_descriptor[trial.socket.fileno()]
            trial.close()


def _raised(limits: tuple[int, int], needed: int) -> int:
    """Raise the soft limit of descriptors as far as needed and possible; gives what can be used then."""
    soft, hard = limits
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return needed
    if hard == resource.RLIM_INFINITY or hard > needed:
        hard = needed
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, limits[1]))
    return hard

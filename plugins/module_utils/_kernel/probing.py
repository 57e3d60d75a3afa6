# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending probes from inside namespaces, all at once, in one thread.

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

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import (
    KernelError,
    error_text,
    explained,
    os_error_text,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.attempt import SHORTAGES, TIMESTAMP, Attempt
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols import PROTOCOLS
from ansible_collections.linuxnet.netns.plugins.module_utils._model import describe
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe

#: Descriptors that are left to everything else, beside those that are open already: a namespace, a second socket.
_SPARE = 8
#: How many probes begin before their answers are looked at: the kernel's queues are finite.
_BURST = 64
#: The longest that is waited for events at once: epoll counts milliseconds in an int.
_LONGEST = 3600.0


def send(probes: Sequence[Probe], home: int) -> list[Answer]:
    """Send the probes; return their answers, in their order.

    ``home`` is a descriptor of the host's namespace, where the calling thread is left. The limit of descriptors is
    raised meanwhile where it may be.

    Raises: KernelError.
    """
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    salt = os.urandom(4)
    classes = {name: PROTOCOLS[name]() for name in {probe.protocol for probe in probes}}
    attempts = [classes[probe.protocol](probe, number, salt) for number, probe in enumerate(probes)]
    try:
        # The kernel begins to note when packets come a moment after a socket has asked for it.
        with select.epoll() as epoll, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as clock:
            clock.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
            taken = len(os.listdir("/proc/self/fd")) + _SPARE
            room = max(_raised(limits, len(attempts) + taken) - taken, 1)
            with namespaces.away(home):
                _Loop(epoll, home).serve(attempts, room)
    except OSError as error:
        raise KernelError(f"The probes could not be sent: {explained(error)}.") from error
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for attempt in attempts:
            attempt.close()
    return [attempt.answer for attempt in attempts]


class _Loop:
    """Serves attempts: begins them, sends what is due, and reads what comes."""

    def __init__(self, epoll: select.epoll, home: int) -> None:
        self._epoll = epoll
        self._home = home
        self._under_way: set[Attempt] = set()
        self._by_descriptor: dict[int, Attempt] = {}
        #: What is due next: its time, the number of the timer, and whose it is.
        self._timers: list[tuple[float, int, Attempt]] = []
        self._count = 0

    def serve(self, attempts: Sequence[Attempt], room: int) -> None:
        """Serve the attempts until all are done, at most ``room`` at a time. Raises: OSError."""
        # They begin one namespace after the other.
        pending = sorted(attempts, key=lambda attempt: attempt.probe.sender or "", reverse=True)
        while pending or self._under_way:
            for _number in range(min(_BURST, len(pending), room - len(self._under_way))):
                if self._start(pending[-1]):
                    pending.pop()
                else:
                    # Its turn comes when another has ended.
                    room = len(self._under_way)
                    break
            self._listen(0.0 if pending and len(self._under_way) < room else self._until_due())
            self._serve_timers()

    def _start(self, attempt: Attempt) -> bool:
        """Begin an attempt; return whether there was a descriptor for it, or cannot be one."""
        now = time.monotonic()
        attempt.deadline = now + attempt.probe.timeout
        if self._begin(attempt, now):
            return True
        if self._under_way:
            return False
        attempt.expire()
        return True

    def _begin(self, attempt: Attempt, now: float) -> bool:
        """Make the socket of an attempt and send its first packet; return whether there was a descriptor for it."""
        sender = attempt.probe.sender
        doing = f"{describe(sender)} could not be entered"
        try:
            namespaces.enter(sender, self._home)
            doing = "its socket could not be made"
            attempt.open()
        except OSError as error:
            attempt.retry()
            if error.errno in SHORTAGES:
                attempt.shortage = error_text(error.errno)
                return False
            attempt.give_up(f"{doing}: {os_error_text(error)}")
        if attempt.done:
            attempt.close()
        self._under_way.add(attempt)
        if attempt.socket is not None:
            attempt.descriptor = attempt.socket.fileno()
            self._epoll.register(attempt.descriptor, attempt.events | select.EPOLLERR)
            self._by_descriptor[attempt.descriptor] = attempt
            attempt.send(now)
        self._settle(attempt)
        return True

    def _settle(self, attempt: Attempt) -> None:
        """Let go of an attempt that is done, or of the socket that it no longer has; set the timer of what goes on."""
        if attempt.done:
            self._under_way.discard(attempt)
        if attempt.done or attempt.socket is None:
            self._close(attempt)
        if attempt.done:
            return
        self._count += 1
        attempt.timer = self._count
        heapq.heappush(self._timers, (attempt.due, self._count, attempt))

    def _close(self, attempt: Attempt) -> None:
        self._by_descriptor.pop(attempt.descriptor, None)
        attempt.descriptor = -1
        attempt.close()

    # ---- waiting, and what comes then

    def _until_due(self) -> float:
        """Return how many seconds nothing is due."""
        due = self._timers[0][0] if self._timers else 0.0
        return min(max(0.0, due - time.monotonic()), _LONGEST)

    def _listen(self, pause: float) -> None:
        """Serve the attempts to which something comes within so many seconds."""
        for descriptor, events in self._epoll.poll(pause):
            attempt = self._by_descriptor[descriptor]
            attempt.receive(events)
            if attempt.socket is None or attempt.done:
                self._settle(attempt)

    def _serve_timers(self) -> None:
        """Serve the attempts of which something is due."""
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _due, number, attempt = heapq.heappop(self._timers)
            if not attempt.done and attempt.timer == number:
                self._continue(attempt, now)

    def _continue(self, attempt: Attempt, now: float) -> None:
        """Do what is due of an attempt."""
        if now < attempt.deadline and self._has_moved(attempt):
            self._close(attempt)
        if attempt.socket is not None:
            attempt.send(now)
        elif now >= attempt.deadline:
            attempt.expire()
        elif self._begin(attempt, now):
            return
        self._settle(attempt)

    def _has_moved(self, attempt: Attempt) -> bool:
        """Return whether the kernel would now send from another address than the socket's.

        An IPv6 address is not used until duplicate address detection has ended, and a socket keeps the one it has.
        """
        if not attempt.may_move or attempt.socket is None:
            return False
        try:
            namespaces.enter(attempt.probe.sender, self._home)
            return bool(attempt.source() != attempt.socket.getsockname()[0])
        except OSError:
            return False


def _raised(limits: tuple[int, int], needed: int) -> int:
    """Raise the soft limit of descriptors as far as needed and possible; return what can be used then."""
    soft, hard = limits
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return needed
    if hard == resource.RLIM_INFINITY or hard > needed:
        hard = needed
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, limits[1]))
    return hard

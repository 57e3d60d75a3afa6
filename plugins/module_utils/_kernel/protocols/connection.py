# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TCP connections: a probe of one, and what goes over one in other protocols."""

from __future__ import annotations

import select
import socket
import time
from functools import partial
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import error_text, os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.attempt import AGAIN, OF_SEND, SHORTAGES, Attempt
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe


class Connection(Attempt):
    """An attempt to connect, which is all that is wanted here; nothing is sent."""

    socket_type = socket.SOCK_STREAM
    outlasts_errors = False
    #: What is there to be read is read to its end, or to where enough was read.
    events = select.EPOLLIN | select.EPOLLOUT | select.EPOLLET

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        super().__init__(probe, number, salt)
        self._is_made = False

    @property
    def may_move(self) -> bool:
        return super().may_move and not self._is_made

    def close(self) -> None:
        super().close()
        self._is_made = False

    def send(self, now: float) -> None:
        if now >= self.deadline:
            self.expire()
        self.due = min(now + AGAIN, self.deadline)

    def receive(self, events: int) -> None:
        if self.socket is None:
            return
        now = time.monotonic()
        if not self._is_made:
            self._is_made = self._connected(self.socket)
            if self._is_made:
                self.connected(now)
        while self._is_made and not self.done and self.socket is not None:
            data = self.read(partial(self.socket.recv, 1 << 16))
            if data is None:
                return
            self.received(data, now)

    def connected(self, now: float) -> None:
        """Do what comes next, once the connection is made."""
        self.answer.times.append(now - self.started)
        self.note_path_mtu()
        self.done = True

    def received(self, data: bytes, now: float) -> None:
        """Take what has come, empty for the end of it. All that comes is given here, until the attempt is done or its
        socket is closed.
        """

    def transmit(self, data: bytes) -> None:
        """Send what is small enough to be sent at once."""
        if self.socket is None:
            return
        try:
            self.socket.send(data)
        except OSError as error:
            if error.errno in SHORTAGES:
                self.shortage = error_text(error.errno)
            elif error.errno in OF_SEND:
                self.fail(error.errno, None)
            else:
                self.give_up(f"the question was not taken by the kernel: {os_error_text(error)}")
        else:
            self.shortage = ""

    def hang_up(self) -> None:
        """Note that the other side has closed the connection, and said nothing."""
        self.answer.closed, self.answer.error = True, 0
        self.done = not self.probe.reachable
        if not self.done:
            self.retry()

    def conclude(self, reply: Any, now: float) -> None:
        """Take a reply; where it is not as expected, it is asked for again until its time is over."""
        answer, question = self.answer, self.probe.question
        answer.reply, answer.sent, answer.times = reply, 1, [now - self.started]
        self.done = not self.probe.reachable or question is None or not question.fault(reply)
        if not self.done:
            self.retry()

    def _connected(self, made: socket.socket) -> bool:
        """Tell whether the connection has been made."""
        number = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not number:
            try:
                made.getpeername()
            except OSError:
                self.error()  # something was reported on the way, and the connection is still being made
                return False
            return True
        found = self.error()
        self.fail(number, None if found is None else found.reporter)
        return False

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS: name servers are asked for the addresses of a name, over UDP, and over TCP where that is asked for or needed."""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from collections.abc import Sequence
from functools import partial
from typing import Optional, cast

from ansible_collections.linuxnet.netns.plugins.module_utils import _resolver
from ansible_collections.linuxnet.netns.plugins.module_utils._dns import DnsQuestion
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._file import ETC_DIR, MOST_BYTES
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.attempt import AGAIN
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.connection import Connection
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import dns

#: How many datagrams are read before others are served, and how many bytes of replies to other questions over TCP.
_MOST_AT_ONCE, _MOST_OF_OTHERS = 64, 1 << 17
#: The statuses with which the C library goes on to the next server, or to the next name.
_NEXT_SERVER, _NEXT_NAME = ("SERVFAIL", "NOTIMP", "REFUSED", "FORMERR", dns.MALFORMED), (dns.NO_ERROR, dns.NO_NAME)


class Lookup(Connection):
    """An attempt to have a name looked up.

    The servers are asked in their order, each for its share of the time, and for each name that it may be. A socket is
    that of one question to one server.
    """

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        super().__init__(probe, number, salt)
        self._question = cast(DnsQuestion, probe.question)
        self._servers: Sequence[str] = [probe.address] if probe.address else []
        self._names: Sequence[str] = [self._question.name]
        self._server = self._name = 0
        #: What a question is first asked over; it is asked over TCP again where the reply does not fit.
        self._first_over_tcp = self._question.transport == "tcp"
        self._use(self._first_over_tcp)
        self._asked = b""
        #: What has come over TCP and is not read yet, and how many bytes came in all.
        self._came = bytearray()
        self._taken = 0
        #: When the server that is asked has had its share of the time.
        self._until = 0.0

    def _use(self, tcp: bool) -> None:
        """Use TCP, or UDP, for the next socket."""
        self._tcp = tcp
        self.socket_type = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        self.events = Connection.events if tcp else select.EPOLLIN

    # ---- whom to ask

    def open(self) -> None:
        if not self._servers:
            self._read_configuration()
        if self.done:
            return
        self.answer.address = "" if self.probe.address else self.address
        now = time.monotonic()
        if self._until <= now:
            share = (self.deadline - now) / (len(self._servers) - self._server)
            self._until = now + share
        self._asked = dns.query(int.from_bytes(os.urandom(2), "big"), self._names[self._name], self._question.type)
        self._came.clear()
        self._taken = 0
        super().open()

    def _read_configuration(self) -> None:
        """Find out whom programs in the namespace ask, and for which names."""
        path = _configuration(self.probe.sender)
        try:
            text = "" if path is None else _content(path)
        except OSError as error:
            own = path is not None and path.startswith(ETC_DIR)
            self.give_up(os_error_text(error) + (", so that programs would have the host's own file" if own else ""))
            return
        found = _resolver.read(text, os.uname().nodename)
        self._servers, self._names = found.servers, found.names(self._question.name)
        self._first_over_tcp = self._tcp or found.tcp
        self._use(self._first_over_tcp)
        self.address = self._servers[0]

    # ---- asking

    def send(self, now: float) -> None:
        if now >= self._until:
            self._end_share(now)
            return
        if not self._tcp:
            self.read_errors()
            if self.done or self.socket is None:
                return
            self.transmit(self._asked)
        self.due = min(now + AGAIN, self._until)

    def _end_share(self, now: float) -> None:
        if not self._go_to_next_server():
            self.expire()
            self.due = now

    def _go_to_next_server(self) -> bool:
        """Ask the next server at once; tell whether there is one."""
        if self._server + 1 >= len(self._servers):
            return False
        self._begin(self._server + 1, 0)
        self.retry(0)
        return True

    def _begin(self, server: int, name: int) -> None:
        self._server, self._name = server, name
        self._use(self._first_over_tcp)
        self.address = self._servers[server]
        self._until = 0.0

    def fail(self, number: int, reporter: Optional[str], expired: bool = False) -> None:
        if self._go_to_next_server():
            return
        self._begin(0, 0)
        super().fail(number, reporter, expired)

    def hang_up(self) -> None:
        if not self._go_to_next_server():
            self._begin(0, 0)
            super().hang_up()

    def connected(self, now: float) -> None:
        self.transmit(len(self._asked).to_bytes(2, "big") + self._asked)

    # ---- what comes back

    def receive(self, events: int) -> None:
        if self._tcp:
            super().receive(events)
            return
        if events & select.EPOLLERR:
            self.read_errors()
        for _number in range(_MOST_AT_ONCE):
            if self.done or self.socket is None:
                return
            data = self.read(partial(self.socket.recv, 1 << 16))
            if data is None:
                return
            self._take(data)

    def received(self, data: bytes, now: float) -> None:
        self._taken += len(data)
        if not data or self._taken > _MOST_OF_OTHERS:
            self.hang_up()
            return
        self._came += data
        # RFC 1035, 4.2.2: each message has its length before it.
        while self.socket is not None and not self.done and len(self._came) >= 2:
            end = 2 + int.from_bytes(self._came[:2], "big")
            if len(self._came) < end:
                return
            message = bytes(self._came[2:end])
            del self._came[:end]
            self._take(message)

    def _take(self, data: bytes) -> None:
        """Take a message; what is no reply to the question is left out, whoever sent it."""
        reply = dns.read(data, self._asked, self._question.type)
        if reply is None:
            return
        if reply.truncated and not self._tcp:
            self._use(True)
            self.retry(0)
        elif reply.status in _NEXT_NAME and not reply.addresses and self._name + 1 < len(self._names):
            self._name += 1
            self.retry(0)
        elif reply.status not in _NEXT_SERVER or not self._go_to_next_server():
            transport = "tcp" if self._tcp else "udp"
            server = self.address
            self._begin(0, 0)
            self.conclude(reply._replace(server=server, transport=transport), time.monotonic())


def _configuration(sender: Netns) -> Optional[str]:
    """Return the resolv.conf that programs in a namespace have by ``ip netns exec`` (ip-netns(8)); None where there is
    none.

    A file of the namespace is put in the place of the host's, so that there has to be one.
    """
    own = f"{ETC_DIR}/{sender}/resolv.conf"
    if not os.path.exists("/etc/resolv.conf"):
        return None
    return own if sender and "/" not in sender and os.path.lexists(own) else "/etc/resolv.conf"


def _content(path: str) -> str:
    """Return a file's text. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is no file")
        return file.read(MOST_BYTES).decode("utf-8", "replace")

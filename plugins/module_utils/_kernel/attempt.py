# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt to get an answer to a probe: its socket, and what the network reports of it.

What is sent and what comes back is its protocol's (``protocols/``).
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Callable, NamedTuple, Optional, TypeVar

from ansible_collections.linuxnet.netns.plugins.module_utils._model import describe
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_loopback, version_of

#: linux/in.h, linux/in6.h: options that the socket module does not name, for IPv4 and IPv6.
_LEVEL = {4: 0, 6: 41}
_RECVERR, _MTU_DISCOVER, _MTU = {4: 11, 6: 25}, {4: 10, 6: 23}, {4: 14, 6: 24}
_PMTUDISC_PROBE = 3
#: asm-generic/socket.h: SOTIMESTAMPNS.
TIMESTAMP = 35
#: linux/errqueue.h: struct sock_extended_err, and where errors come from.
_EXTENDED = struct.Struct("=IBBBBII")
_ORIGIN_LOCAL = 1
_TIME_EXCEEDED = {4: 11, 6: 3}
#: Seconds until a packet without a reply is sent again, or a refused connection is tried again.
AGAIN = 0.25
#: What the network reports of a way when a socket is connected to its end: ip_route_output_flow() and what it calls.
#: A route of type blackhole gives EINVAL. A packet filter's verdict comes when something is sent (EPERM).
_OF_CONNECT = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
    errno.EACCES,
    errno.EMSGSIZE,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.ETIMEDOUT,
}
#: The same of sending, and of what ICMP has reported meanwhile (icmp_err_convert in net/ipv4/icmp.c).
OF_SEND = _OF_CONNECT | {errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EHOSTDOWN, errno.ENONET}
OF_SEND.add(errno.EPIPE)
_OF_CONNECT.add(errno.EINVAL)
#: What may be otherwise a moment later: descriptors, memory, ports.
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN, errno.EADDRNOTAVAIL}


_Read = TypeVar("_Read")


class QueuedError(NamedTuple):
    """An error from a socket's queue: its errno, whether it came from afar, and then the type of the ICMP message.

    ``info`` is the path MTU of an EMSGSIZE, ``reporter`` who sent the message, ``quoted`` the packet that it is about.
    """

    number: int
    remote: bool
    icmp_type: int
    info: int
    reporter: Optional[str]
    quoted: bytes


class Attempt(ABC):
    """A probe under way. ``answer`` is what has come of it so far, ``done`` whether that will not change any more.

    ``address`` and ``port`` are where it is sent now. ``deadline`` and ``due`` are times of the monotonic clock: when
    its time is over, and when it has to be served next: sent again, or opened again where it has no socket.
    """

    #: What sort of socket it has, whether the same is used again after an error, and what epoll is asked to report of
    #: it beside errors.
    socket_type = socket.SOCK_DGRAM
    outlasts_errors = True
    events = select.EPOLLIN

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        """Take a probe; ``number`` tells it from the others of the run, ``salt`` (4 bytes) the run from others."""
        self.probe = probe
        self.address = probe.address
        self.port = probe.port or 0
        self.answer = Answer()
        self.done = False
        self.socket: Optional[socket.socket] = None
        #: The loop's: the descriptor that is registered, and the number of the timer that is to serve it next; earlier
        #: ones are void.
        self.descriptor = -1
        self.timer = 0
        #: Why nothing could be sent yet, in words, where this may pass.
        self.shortage = ""
        self.started = self.deadline = self.due = 0.0

    @property
    def version(self) -> int:
        """4 or 6."""
        return version_of(self.address)

    @property
    def may_move(self) -> bool:
        """Whether it should be sent from another address when the kernel would choose that now."""
        return not self.answer.reachable and self.version == 6

    # ---- what a protocol does

    def prepare(self, made: socket.socket) -> None:
        """Set options of a socket that was made."""
        version = self.version
        made.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
        made.setsockopt(_LEVEL[version], _RECVERR[version], 1)
        if self.probe.mtu is not None:
            made.setsockopt(_LEVEL[version], _MTU_DISCOVER[version], _PMTUDISC_PROBE)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)

    @abstractmethod
    def send(self, now: float) -> None:
        """Do what is due: send, send again, or end it; say in ``due`` when it is to be done again."""

    @abstractmethod
    def receive(self, events: int) -> None:
        """Read what has come; ``events`` are epoll's."""

    def concerns(self, found: QueuedError) -> bool:
        """Tell whether an error that is queued is about this attempt."""
        return True

    # ---- making the socket, in its namespace

    def open(self) -> None:
        """Make the socket and connect it; the calling thread is in the namespace.

        What the network reports of the way is noted. Raises: OSError, for what says nothing of it.
        """
        self.started = time.monotonic()
        version = self.version
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        number = 0
        if self.socket_type == socket.SOCK_RAW:
            number = socket.IPPROTO_ICMPV6 if version == 6 else socket.IPPROTO_ICMP
        made = self.socket = socket.socket(family, self.socket_type | socket.SOCK_NONBLOCK, number)
        self.prepare(made)
        where = self.where(self.port)
        number = made.connect_ex(where)
        if number in (errno.EACCES, errno.ENETUNREACH) and version == 4 and _is_broadcast(str(where[0])):
            self.give_up(f"{where[0]} is a broadcast address in {describe(self.probe.sender)}")
        elif number not in (0, errno.EINPROGRESS, *_OF_CONNECT) or (
            number == errno.EADDRNOTAVAIL and self._lacks_port()
        ):
            raise OSError(number, os.strerror(number))
        elif number in (0, errno.EINPROGRESS, errno.ECONNREFUSED) and self.probe.leaves and self._is_own(made):
            self.give_up(
                f"{where[0]} is an address of {describe(self.probe.sender)} too, so what is sent to it stays there"
            )
        elif number not in (0, errno.EINPROGRESS):
            self.retry()
            self.fail(number, None)
        else:
            self.shortage = ""
            if self.answer.error == errno.EADDRNOTAVAIL:
                self.answer.error = 0

    def _is_own(self, made: socket.socket) -> bool:
        """Tell whether the address is the sender's: to one of its own, a namespace sends from the same, loopback's
        aside.
        """
        # A connection to it may be over already, and its socket without an address.
        source = self.source() if self.socket_type == socket.SOCK_STREAM else made.getsockname()[0]
        return is_loopback(self.address) or source == self.where(0)[0]

    def _lacks_port(self) -> bool:
        """Tell whether there is an address to connect from, and so no port (EADDRNOTAVAIL means either)."""
        try:
            return bool(self.source())
        except OSError:
            return False

    def source(self) -> str:
        """Return the address that the kernel sends from now; the calling thread is in the namespace. Raises:
        OSError.
        """
        with socket.socket(socket.AF_INET6 if self.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.connect(self.where(7))
            return str(other.getsockname()[0])

    def where(self, port: int) -> tuple[object, ...]:
        """Return the address to connect to; the calling thread is in the namespace. Raises: OSError."""
        host, _percent, zone = self.address.partition("%")
        if not zone:
            return host, port
        try:
            index = socket.if_nametoindex(zone)
        except OSError:
            if not zone.isdecimal():
                raise
            index = int(zone)
        return host, port, 0, index

    def close(self) -> None:
        """Let go of the socket."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    # ---- what comes of it

    def retry(self, after: float = AGAIN) -> None:
        """Let go of the socket, and have it opened again after so many seconds."""
        self.close()
        self.due = min(time.monotonic() + after, self.deadline)

    def note_path_mtu(self) -> None:
        """Note the path MTU that the kernel knows now."""
        with suppress(OSError):
            if self.socket is not None and self.probe.mtu is not None:
                version = self.version
                self.answer.path_mtu = self.socket.getsockopt(_LEVEL[version], _MTU[version])

    def read(self, reading: Callable[[], _Read]) -> Optional[_Read]:
        """Return what a call reads of the socket; None where nothing has come, or an error, which is noted."""
        try:
            return reading()
        except BlockingIOError:
            return None
        except OSError as error:
            self.fail(error.errno or 0, None)
            return None

    def read_errors(self) -> None:
        """Note the errors that are queued."""
        while self.socket is not None and not self.done:
            found = self.error()
            if found is None:
                return
            if not self.concerns(found):
                continue
            if found.number == errno.EMSGSIZE and found.info:
                self.answer.path_mtu = found.info
            expired = found.remote and found.icmp_type == _TIME_EXCEEDED[self.version]
            self.fail(found.number, found.reporter, expired)

    def error(self) -> Optional[QueuedError]:
        """Return the next error that is queued, or None."""
        if self.socket is None:
            return None
        try:
            data, ancillary, _flags, _from = self.socket.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return None
        version = self.version
        for level, kind_of, content in ancillary:
            if (level, kind_of) == (_LEVEL[version], _RECVERR[version]) and len(content) >= _EXTENDED.size:
                number, origin, icmp_type, _code, _pad, info, _more = _EXTENDED.unpack_from(content)
                remote = origin != _ORIGIN_LOCAL
                reporter = _address_of(content[_EXTENDED.size :]) if remote else None
                return QueuedError(number, remote, icmp_type, info, reporter, data)
        return None

    def fail(self, number: int, reporter: Optional[str], expired: bool = False) -> None:
        """Note an error (errno) of the network.

        What is expected unreachable is so now; else it is tried until its time is over.
        """
        self.answer.error, self.answer.reporter, self.answer.expired = number, reporter, expired
        self.answer.closed = False
        if number == errno.EMSGSIZE:
            if self.answer.path_mtu is None:
                self.note_path_mtu()
            # It will not become any shorter.
            self.done = not self.answer.reachable
        elif not self.probe.reachable and number != errno.EADDRNOTAVAIL:
            self.done = True
        elif not self.outlasts_errors:
            # An address that is settling is as good as none for a second or two.
            self.retry()

    def give_up(self, why: str) -> None:
        """Note why nothing can be sent: that is no answer of the network, whatever is expected."""
        self.answer.failure, self.done = why, True

    def expire(self) -> None:
        """End it, for its time is over."""
        if self.shortage and not self.answer.error:
            self.answer.failure = f"it could not be sent: {self.shortage}"
        self.done = True


def _is_broadcast(address: str) -> bool:
    """Tell whether an IPv4 address is a broadcast address in the calling thread's namespace.

    Connecting to it fails with EACCES, unless the socket has SO_BROADCAST (ip(7)); TCP says ENETUNREACH.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        if asked.connect_ex((address, 7)) != errno.EACCES:
            return False
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        return not asked.connect_ex((address, 7))


def _address_of(sockaddr: bytes) -> Optional[str]:
    """Return the address in a struct sockaddr_in or sockaddr_in6: who sent an ICMP error."""
    family = struct.unpack_from("=H", sockaddr)[0] if len(sockaddr) >= 16 else None
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8])
    if family == socket.AF_INET6 and len(sockaddr) >= 24:
        return socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    return None

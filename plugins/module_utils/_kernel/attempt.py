# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt to get an answer to a probe: its socket, what it sends, and what comes back."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import error_text, os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._model import describe
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_loopback

#: linux/in.h, linux/in6.h: options that the socket module does not name, for IPv4 and IPv6.
_LEVEL = {4: 0, 6: 41}
_RECVERR, _MTU_DISCOVER, _MTU = {4: 11, 6: 25}, {4: 10, 6: 23}, {4: 14, 6: 24}
_PMTUDISC_PROBE, _PMTUDISC_DONT = 3, 0
#: linux/icmp.h (level SOL_RAW), linux/icmpv6.h: let nothing in but echo replies; a set bit keeps a type out.
_ICMP_FILTER = {
    4: (255, 1, struct.pack("=I", 0xFFFFFFFF ^ 1)),
    6: (58, 1, b"".join(struct.pack("=I", 0xFFFFFFFF ^ (1 << 1 if word == 4 else 0)) for word in range(8))),
}
#: asm-generic/socket.h: SOTIMESTAMPNS; its content is a struct timespec.
TIMESTAMP, _TIMESPEC = 35, struct.Struct("@ll")
_ECHO, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_ICMP_HEADER = struct.Struct("!BBHHH")
#: linux/errqueue.h: struct sock_extended_err, and where errors come from.
_EXTENDED = struct.Struct("=IBBBBII")
_ORIGIN_LOCAL = 1
_TIME_EXCEEDED = {4: 11, 6: 3}
#: The size of the headers of an echo, ICMP's or UDP's included.
_HEADERS = {4: 28, 6: 48}
_USUAL_SIZE, _SMALLEST = 32, 12
#: Seconds: until a packet without a reply is sent again, or a refused connection is tried again; between packets that
#: are counted.
AGAIN, _INTERVAL = 0.25, 0.2
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
_OF_SEND = _OF_CONNECT | {errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EHOSTDOWN, errno.ENONET}
_OF_CONNECT.add(errno.EINVAL)
#: What may be otherwise a moment later: descriptors, memory, ports.
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN, errno.EADDRNOTAVAIL}


class _QueuedError(NamedTuple):
    """An error from a socket's queue: its errno, whether it came from afar, and then the type of the ICMP message.

    ``info`` is the path MTU of an EMSGSIZE, ``reporter`` who sent the message, ``quoted`` the packet that it is about.
    """

    number: int
    remote: bool
    icmp_type: int
    info: int
    reporter: Optional[str]
    quoted: bytes


class Attempt:
    """A probe under way. ``answer`` is what has come of it so far, ``done`` whether that will not change any more.

    ``deadline`` and ``due`` are times of the monotonic clock: when its time is over, and when it has to be served next.
    """

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        """Take a probe; ``number`` tells it from the others of the run, ``salt`` (4 bytes) the run from others."""
        self.probe = probe
        self.answer = Answer()
        self.done = False
        self.socket: Optional[socket.socket] = None
        #: The number of the timer that is to serve it next; earlier ones are void.
        self.timer = 0
        self._identifier = (number + struct.unpack("=H", salt[:2])[0]) & 0xFFFF
        self._token = struct.pack("=I", number) + salt[:4]
        self._sent: dict[int, float] = {}
        self._received: set[int] = set()
        #: Whether packets are counted: after the first reply, where there are several to be sent.
        self._counts = False
        #: Why nothing could be sent yet, in words, where this may pass.
        self.shortage = ""
        self._was_sent = False
        self._started = self.deadline = self.due = 0.0

    # ---- making the socket, in its namespace

    def open(self) -> None:
        """Make the socket and connect it; the calling thread is in the namespace.

        What the network reports of the way is noted. Raises: OSError, for what says nothing of it.
        """
        self._started = time.monotonic()
        version, protocol = self.probe.version, self.probe.protocol
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        if protocol == "icmp":
            number = socket.IPPROTO_ICMPV6 if version == 6 else socket.IPPROTO_ICMP
            made = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, number)
        else:
            kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
            made = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        self.socket = made
        level = _LEVEL[version]
        made.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
        made.setsockopt(level, _RECVERR[version], 1)
        if protocol == "icmp":
            made.setsockopt(*_ICMP_FILTER[version])
        if self.probe.mtu is not None:
            made.setsockopt(level, _MTU_DISCOVER[version], _PMTUDISC_PROBE)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        where = self.where(self.probe.port or 0)
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
            self.close()
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
        source = self.source() if self.probe.protocol == "tcp" else made.getsockname()[0]
        return is_loopback(self.probe.address) or source == self.where(0)[0]

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
        with socket.socket(socket.AF_INET6 if self.probe.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.connect(self.where(7))
            return str(other.getsockname()[0])

    def where(self, port: int) -> tuple[object, ...]:
        """Return the address to connect to; the calling thread is in the namespace. Raises: OSError."""
        host, _percent, zone = self.probe.address.partition("%")
        if self.probe.version == 4:
            return host, port
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

    # ---- sending

    def send(self, now: float) -> None:
        """Do what is due: send, send again, or end it."""
        if self.probe.protocol == "tcp":
            if now >= self.deadline:
                self.expire()
            self.due = min(now + AGAIN, self.deadline)
            return
        if self._may_send(now):
            self._send_packet(now)
        elif now >= self.deadline:
            self.expire()
        if not self.done:
            self.due = self._next(now)

    def _may_send(self, now: float) -> bool:
        if self._counts:
            return self.answer.sent < self.probe.packets
        return now < self.deadline

    def _next(self, now: float) -> float:
        if self._counts:
            return now + _INTERVAL if self.answer.sent < self.probe.packets else self.deadline
        return min(now + AGAIN, self.deadline)

    def _send_packet(self, now: float) -> None:
        # The kernel would report an error that is waiting as this packet's.
        self._read_errors()
        if self.done or self.socket is None:
            return
        self.answer.sent += 1
        number = self.answer.sent
        if self._counts and number == self.probe.packets:
            # The last one has as much time as the others had.
            self.deadline = max(self.deadline, now + self.probe.timeout)
        self._sent[number] = time.time()
        try:
            self.socket.send(self._packet(number))
        except OSError as error:
            if error.errno in _OF_SEND:
                self.fail(error.errno, None)
            elif error.errno in SHORTAGES:
                self.shortage = "" if self._was_sent else error_text(error.errno)
            else:
                self.give_up(f"the packet was not taken by the kernel: {os_error_text(error)}")
        else:
            self._was_sent, self.shortage = True, ""

    def _body(self, number: int) -> bytes:
        """Return what a packet carries behind its header, and its reply too."""
        version = self.probe.version
        size = _USUAL_SIZE if self.probe.mtu is None else max(_SMALLEST, self.probe.mtu - _HEADERS[version])
        return (self._token + struct.pack("=I", number)).ljust(size, b"\xa5")

    def _packet(self, number: int) -> bytes:
        version, body = self.probe.version, self._body(number)
        if self.probe.protocol == "udp":
            return body
        header = _ICMP_HEADER.pack(_ECHO[version], 0, 0, self._identifier, number & 0xFFFF)
        if version == 4:
            header = _ICMP_HEADER.pack(_ECHO[version], 0, _checksum(header + body), self._identifier, number & 0xFFFF)
        return header + body

    # ---- receiving

    def receive(self, events: int) -> None:
        """Read what has come; ``events`` are epoll's."""
        if self.socket is None or self.done:
            return
        now = time.monotonic()
        if self.probe.protocol == "tcp":
            self._connected(self.socket, now)
            return
        if events & select.EPOLLERR:
            self._read_errors()
        while not self.done and self.socket is not None:
            try:
                data, ancillary, _flags, _from = self.socket.recvmsg(1 << 16, 64)
            except BlockingIOError:
                break
            except OSError as error:
                self.fail(error.errno or 0, None)
                break
            self._reply(data, _arrival(ancillary))

    def _connected(self, made: socket.socket, now: float) -> None:
        number = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not number:
            try:
                made.getpeername()
            except OSError:
                self._error()  # something was reported on the way, and the connection is still being made
                return
            self.answer.times.append(now - self._started)
            self._note_path_mtu()
            self.done = True
            return
        found = self._error()
        self.fail(number, None if found is None else found.reporter)

    def _reply(self, data: bytes, arrival: float) -> None:
        version = self.probe.version
        if self.probe.protocol == "icmp":
            start = (data[0] & 15) * 4 if version == 4 else 0
            if len(data) < start + 8 + _SMALLEST:
                return
            kind, _code, _sum, identifier, _number = _ICMP_HEADER.unpack_from(data, start)
            if kind != _ECHO_REPLY[version] or identifier != self._identifier:
                return
            data = data[start + 8 :]
        if len(data) < _SMALLEST:
            return
        number = struct.unpack_from("=I", data, 8)[0]
        if number not in self._sent or number in self._received or data != self._body(number):
            return
        self._received.add(number)
        if self.probe.packets > 1 and not self._counts and self.probe.reachable:
            # The way is open; what is counted comes from now on.
            self._counts, self.answer = True, Answer(replied=True)
            self._sent.clear()
            self._received.clear()
            return
        self.answer.times.append(max(0.0, arrival - self._sent[number]))
        if len(self.answer.times) >= self.probe.packets or not self.probe.reachable:
            self._note_path_mtu()
            self.done = True

    def _note_path_mtu(self) -> None:
        """Note the path MTU that the kernel knows now."""
        with suppress(OSError):
            if self.socket is not None and self.probe.mtu is not None:
                version = self.probe.version
                self.answer.path_mtu = self.socket.getsockopt(_LEVEL[version], _MTU[version])

    def _read_errors(self) -> None:
        while self.socket is not None and not self.done:
            found = self._error()
            if found is None:
                return
            # A raw socket also gets the errors of other probes to the same address.
            mine = found.quoted[4:6] in (b"", struct.pack("!H", self._identifier))
            if self.probe.protocol == "icmp" and found.remote and not mine:
                continue
            if found.number == errno.EMSGSIZE and found.info:
                self.answer.path_mtu = found.info
            expired = found.remote and found.icmp_type == _TIME_EXCEEDED[self.probe.version]
            self.fail(found.number, found.reporter, expired)

    def _error(self) -> Optional[_QueuedError]:
        """Return the next error that is queued, or None."""
        if self.socket is None:
            return None
        try:
            data, ancillary, _flags, _from = self.socket.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return None
        version = self.probe.version
        for level, kind_of, content in ancillary:
            if (level, kind_of) == (_LEVEL[version], _RECVERR[version]) and len(content) >= _EXTENDED.size:
                number, origin, icmp_type, _code, _pad, info, _more = _EXTENDED.unpack_from(content)
                remote = origin != _ORIGIN_LOCAL
                reporter = _address_of(content[_EXTENDED.size :]) if remote else None
                return _QueuedError(number, remote, icmp_type, info, reporter, data)
        return None

    def fail(self, number: int, reporter: Optional[str], expired: bool = False) -> None:
        """Note an error (errno) of the network.

        What is expected unreachable is so now; else it is tried until its time is over.
        """
        self.answer.error, self.answer.reporter, self.answer.expired = number, reporter, expired
        if number == errno.EMSGSIZE:
            if self.answer.path_mtu is None:
                self._note_path_mtu()
            # It will not become any shorter.
            self.done = not self.answer.reachable
        elif not self.probe.reachable and number != errno.EADDRNOTAVAIL:
            self.done = True
        elif self.probe.protocol == "tcp":
            # An address that is settling is as good as none for a second or two.
            self.close()

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


def _arrival(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when a packet came, as the kernel has noted; it may have waited since for others to be served."""
    for _level, kind, content in ancillary:
        if kind == TIMESTAMP and len(content) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _address_of(sockaddr: bytes) -> Optional[str]:
    """Return the address in a struct sockaddr_in or sockaddr_in6: who sent an ICMP error."""
    family = struct.unpack_from("=H", sockaddr)[0] if len(sockaddr) >= 16 else None
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8])
    if family == socket.AF_INET6 and len(sockaddr) >= 24:
        return socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    return None


def _checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

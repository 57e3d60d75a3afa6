# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets that are counted: echo requests, and datagrams to a service that sends them back."""

from __future__ import annotations

import select
import socket
import struct
import time
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import error_text, os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.attempt import (
    AGAIN,
    OF_SEND,
    SHORTAGES,
    TIMESTAMP,
    Attempt,
    QueuedError,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer, Probe

#: linux/icmp.h (level SOL_RAW), linux/icmpv6.h: let nothing in but echo replies; a set bit keeps a type out.
_ICMP_FILTER = {
    4: (255, 1, struct.pack("=I", 0xFFFFFFFF ^ 1)),
    6: (58, 1, b"".join(struct.pack("=I", 0xFFFFFFFF ^ (1 << 1 if word == 4 else 0)) for word in range(8))),
}
#: asm-generic/socket.h: the content of SOTIMESTAMPNS.
_TIMESPEC = struct.Struct("@ll")
_ECHO, _ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_ICMP_HEADER = struct.Struct("!BBHHH")
#: The size of the headers of an echo, ICMP's or UDP's included.
_HEADERS = {4: 28, 6: 48}
_USUAL_SIZE, _SMALLEST = 32, 12
#: Seconds between packets that are counted.
_INTERVAL = 0.2
#: How many packets are read before others are served: whoever sends without end stops nobody else.
_MOST_AT_ONCE = 256


class Packets(Attempt):
    """An attempt with packets, to each of which a reply is its content."""

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        super().__init__(probe, number, salt)
        self._token = struct.pack("=I", number) + salt[:4]
        self._sent: dict[int, float] = {}
        self._received: set[int] = set()
        #: Whether packets are counted: after the first reply, where there are several to be sent.
        self._counts = False
        self._was_sent = False

    @abstractmethod
    def packet(self, number: int) -> bytes:
        """Return what is sent as the packet of a number."""

    @abstractmethod
    def content(self, data: bytes) -> Optional[bytes]:
        """Return what a packet that has come carries; None, where it is not for this attempt."""

    # ---- sending

    def send(self, now: float) -> None:
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
        self.read_errors()
        if self.done or self.socket is None:
            return
        self.answer.sent += 1
        number = self.answer.sent
        if self._counts and number == self.probe.packets:
            # The last one has as much time as the others had.
            self.deadline = max(self.deadline, now + self.probe.timeout)
        self._sent[number] = time.time()
        try:
            self.socket.send(self.packet(number))
        except OSError as error:
            if error.errno in OF_SEND:
                self.fail(error.errno, None)
            elif error.errno in SHORTAGES:
                self.shortage = "" if self._was_sent else error_text(error.errno)
            else:
                self.give_up(f"the packet was not taken by the kernel: {os_error_text(error)}")
        else:
            self._was_sent, self.shortage = True, ""

    def body(self, number: int) -> bytes:
        """Return what a packet carries behind its header, and its reply too."""
        size = _USUAL_SIZE if self.probe.mtu is None else max(_SMALLEST, self.probe.mtu - _HEADERS[self.version])
        return (self._token + struct.pack("=I", number)).ljust(size, b"\xa5")

    # ---- receiving

    def receive(self, events: int) -> None:
        if events & select.EPOLLERR:
            self.read_errors()
        for _number in range(_MOST_AT_ONCE):
            if self.done or self.socket is None:
                return
            read = self.read(partial(self.socket.recvmsg, 1 << 16, 64))
            if read is None:
                return
            data, ancillary, _flags, _from = read
            content = self.content(data)
            if content is not None:
                self._reply(content, _arrival(ancillary))

    def _reply(self, content: bytes, arrival: float) -> None:
        if len(content) < _SMALLEST:
            return
        number = struct.unpack_from("=I", content, 8)[0]
        if number not in self._sent or number in self._received or content != self.body(number):
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
            self.note_path_mtu()
            self.done = True


class Datagram(Packets):
    """UDP, whose service is to send back what it gets, as the echo service does (RFC 862)."""

    socket_type = socket.SOCK_DGRAM

    def packet(self, number: int) -> bytes:
        return self.body(number)

    def content(self, data: bytes) -> Optional[bytes]:
        return data


class Echo(Packets):
    """ICMP echo requests (RFC 792, RFC 4443)."""

    socket_type = socket.SOCK_RAW

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        super().__init__(probe, number, salt)
        self._identifier = (number + struct.unpack("=H", salt[:2])[0]) & 0xFFFF

    def prepare(self, made: socket.socket) -> None:
        super().prepare(made)
        made.setsockopt(*_ICMP_FILTER[self.version])

    def packet(self, number: int) -> bytes:
        version, body = self.version, self.body(number)
        header = _ICMP_HEADER.pack(_ECHO[version], 0, 0, self._identifier, number & 0xFFFF)
        if version == 4:
            header = _ICMP_HEADER.pack(_ECHO[version], 0, _checksum(header + body), self._identifier, number & 0xFFFF)
        return header + body

    def content(self, data: bytes) -> Optional[bytes]:
        start = (data[0] & 15) * 4 if self.version == 4 and data else 0
        if len(data) < start + _ICMP_HEADER.size:
            return None
        kind, _code, _sum, identifier, _number = _ICMP_HEADER.unpack_from(data, start)
        mine = kind == _ECHO_REPLY[self.version] and identifier == self._identifier
        return data[start + _ICMP_HEADER.size :] if mine else None

    def concerns(self, found: QueuedError) -> bool:
        # A raw socket also gets the errors of other probes to the same address.
        return not found.remote or found.quoted[4:6] in (b"", struct.pack("!H", self._identifier))


def _arrival(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when a packet came, as the kernel has noted; it may have waited since for others to be served."""
    for _level, kind, content in ancillary:
        if kind == TIMESTAMP and len(content) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

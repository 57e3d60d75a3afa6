# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The netlink transport: requests in batches, with an answer for each, and dumps.

It knows the framing of messages (linux/netlink.h) and nothing of what is in them: ``messages.py`` encodes changes,
``requests.py`` questions, and ``reports.py`` takes the answers apart.
Why it is our own and not pyroute2's sockets: docs/architecture.md, "The transport".
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError

_SOL_NETLINK = 270
_CAP_ACK, _EXT_ACK, _GET_STRICT_CHK = 10, 11, 12
_ERROR, _DONE = 2, 3
_DUMP_INTR, _ACK_TLVS, _CAPPED = 0x10, 0x200, 0x100
_ACK_MSG = 1
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
#: More than the kernel answers with at once (32 KB: netlink_dump() in net/netlink/af_netlink.c).
_BUFFER = 1 << 16
#: What the kernel may keep until it is read, as iproute2 asks for; it grants what net.core.rmem_max allows.
_RECEIVE_BUFFER = 1 << 20
#: How many requests wait for their answers at once: their answers fit into a receive buffer of the usual size.
BATCH = 128


class RouteSocket:
    """A routing socket (NETLINK_ROUTE) of the namespace that the calling thread is in, wherever it goes later."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._sequence = 0
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        for option in (_CAP_ACK, _EXT_ACK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)

    def __enter__(self) -> RouteSocket:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._socket.close()

    def strict(self) -> bool:
        """Ask the kernel to check requests strictly and to heed filters (Linux 4.20 and later); whether it does."""
        try:
            self._socket.setsockopt(_SOL_NETLINK, _GET_STRICT_CHK, 1)
        except OSError:
            return False
        return True

    def request(self, messages: Sequence[bytes]) -> list[Optional[NetlinkError]]:
        """Send requests that ask for an acknowledgement; give the answer to each: None, or the error.

        The kernel goes on after a request that it refused, to the end of the batch; the caller sends no more than it
        wants to be tried.
        """
        answers: dict[int, Optional[NetlinkError]] = {}
        first = self._sequence + 1
        self._send(messages)
        while len(answers) < len(messages):
            for header, whole in self._receive():
                if header[1] == _ERROR and header[3] >= first:
                    answers[header[3] - first] = _error(whole[16:], header[2])
        return [answers[number] for number in range(len(messages))]

    def ask(self, message: bytes) -> bytes:
        """Send one request that asks for no acknowledgement; gives the message that answers it.

        Raises: NetlinkError.
        """
        self._send([message])
        while True:
            for header, whole in self._receive():
                if header[3] != self._sequence:
                    continue
                if header[1] == _ERROR:
                    raise _error(whole[16:], header[2]) or NetlinkError(errno.ENODATA)
                return whole

    def dump(self, message: bytes) -> list[bytes]:
        """The messages that answer a dump request, whole; asked for again when the kernel says that it was interrupted.

        Raises: NetlinkError.
        """
        for _attempt in range(20):
            found = self._dump(message)
            if found is not None:
                return found
        raise NetlinkError(errno.EAGAIN, "the dump was interrupted 20 times by changes elsewhere")

    def _dump(self, message: bytes) -> Optional[list[bytes]]:
        self._send([message])
        found: list[bytes] = []
        interrupted = False
        while True:
            for header, whole in self._receive():
                if header[3] != self._sequence:
                    continue
                interrupted = interrupted or bool(header[2] & _DUMP_INTR)
                if header[1] == _ERROR:
                    error = _error(whole[16:], header[2])
                    if error is not None:
                        raise error
                elif header[1] == _DONE:
                    number = struct.unpack_from("=i", whole, 16)[0] if len(whole) >= 20 else 0
                    if number < 0:
                        raise NetlinkError(-number)
                    return None if interrupted else found
                else:
                    found.append(whole)

    def _send(self, messages: Iterable[bytes]) -> None:
        batch = bytearray()
        for message in messages:
            self._sequence += 1
            start = len(batch)
            batch += message
            struct.pack_into("=I", batch, start + 8, self._sequence)
            batch += bytes(-len(batch) % 4)
        self._socket.send(batch)

    def _receive(self) -> list[tuple[tuple[int, ...], bytes]]:
        """Messages that have come, each with its header."""
        data = self._socket.recv(_BUFFER)
        found, offset, size = [], 0, len(data)
        while offset < size:
            header = _HEADER.unpack_from(data, offset)
            found.append((header, data[offset : offset + header[0]]))
            offset += (header[0] + 3) & ~3
        return found


def only(message: bytes, body: int, wanted: Container[int]) -> bytes:
    """The message with only those of its attributes whose types are wanted; ``body`` is the size of what precedes them.

    So a report becomes the request that puts the same back, without what the kernel adds to it.
    """
    start = 16 + body
    kept = [message[:start]]
    offset = start
    while offset + 4 <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < 4:
            break
        following = offset + ((length + 3) & ~3)
        if kind & 0x3FFF in wanted:
            kept.append(message[offset:following])
        offset = following
    reduced = bytearray(b"".join(kept))
    struct.pack_into("=I", reduced, 0, len(reduced))
    return bytes(reduced)


def attributes(message: bytes, body: int, wanted: Container[int] = range(0x4000)) -> dict[int, bytes]:
    """The wanted attributes of a message by their types, as they are; ``body`` is the size of what precedes them."""
    found: dict[int, bytes] = {}
    offset, last, unpack = 16 + body, len(message) - 4, _ATTRIBUTE.unpack_from
    while offset <= last:
        length, kind = unpack(message, offset)
        if length < 4:
            break
        kind &= 0x3FFF
        if kind in wanted:
            found[kind] = message[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def each_attribute(message: bytes, body: int) -> Iterator[tuple[int, bytes]]:
    """As :func:`attributes`, one after the other, for those that a message may have several of.

    Built upon this, :func:`attributes` would take half as long again for a link.
    """
    offset = 16 + body
    while offset + 4 <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < 4:
            break
        yield kind & 0x3FFF, message[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def _error(payload: bytes, flags: int) -> Optional[NetlinkError]:
    """What an error message says, or None for an acknowledgement (struct nlmsgerr, then attributes)."""
    number = -struct.unpack_from("=i", payload)[0]
    if number == 0:
        return None
    explanation = ""
    if flags & _ACK_TLVS:
        size = struct.unpack_from("=I", payload, 4)[0]
        offset = 4 + (16 if flags & _CAPPED else (size + 3) & ~3)
        for kind, value in each_attribute(payload, offset - 16):
            if kind == _ACK_MSG:
                explanation = value.rstrip(b"\0").decode("utf-8", "replace")
    return NetlinkError(number, explanation)

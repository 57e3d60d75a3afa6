# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The netlink transport: requests in batches, with an answer for each, and dumps.

It knows the framing of messages (linux/netlink.h) and nothing of what is in them: kinds of object encode changes, with
what ``_wire`` has for them.
Why it is our own and not pyroute2's sockets: docs/architecture.md, "The transport".
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Optional, TypeVar

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes

_SOL_NETLINK = 270
_CAP_ACK, _EXT_ACK, _GET_STRICT_CHK = 10, 11, 12
_ERROR, _DONE = 2, 3
_ENDS = frozenset({_ERROR, _DONE})
_DUMP_INTR, _ACK_TLVS, _CAPPED = 0x10, 0x200, 0x100
_ACK_MSG = 1
_HEADER = struct.Struct("=IHHII")
#: The kernel's own port id (netlink(7)).
_KERNEL = 0
#: As plain numbers: Python's flags take as long to combine as a message to be received.
_DONTWAIT, _TRUNCATED = int(socket.MSG_DONTWAIT), int(socket.MSG_TRUNC)
#: More than the kernel answers with at once (32 KB: netlink_dump() in net/netlink/af_netlink.c).
_BUFFER = 1 << 16
#: Seconds that each answer is waited for. The kernel has answered, or begun to, when a request has been sent.
_PATIENCE = 10
#: Times that a dump is asked for: the kernel interrupts it when what it reads is changed meanwhile.
_ATTEMPTS = 20
#: What the kernel may keep until it is read, as iproute2 asks for; it grants what net.core.rmem_max allows.
_RECEIVE_BUFFER = 1 << 20
#: How many requests wait for their answers at once: their answers fit into a receive buffer of the usual size.
BATCH = 128

_Socket = TypeVar("_Socket", bound="RouteSocket")


class RouteSocket:
    """A routing socket (NETLINK_ROUTE) of the namespace that the calling thread is in, wherever it goes later.

    The kernel alone is believed. Whoever has CAP_NET_ADMIN in a namespace, which in a user namespace is anybody, can
    send to the sockets there: the socket is connected to the kernel, which then refuses what others send
    (netlink_getsockbyportid() in net/netlink/af_netlink.c), and who has sent what arrives is looked at all the same.
    No wait is without an end: sending to the kernel does not wait (netlink_unicast() there), and receiving has its
    time.
    """

    #: linux/netlink.h: NETLINK_ROUTE.
    protocol = 0

    def __init__(self) -> None:
        """Open the socket. Raises: OSError."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, self.protocol)
        self._sequence = 0
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        for option in (_CAP_ACK, _EXT_ACK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._socket.connect((_KERNEL, 0))
        #: What the kernel addresses the answers to.
        self._port = self._socket.getsockname()[0]

    def __enter__(self: _Socket) -> _Socket:
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

        Raises: OSError, when answers do not come: then what the kernel has done is not known.
        """
        answers: dict[int, Optional[NetlinkError]] = {}
        first = self._sequence + 1
        self._send(messages)
        while len(answers) < len(messages):
            for header, whole in self._receive():
                if header[1] == _ERROR and first <= header[3] <= self._sequence:
                    answers[header[3] - first] = _error(whole, header[2])
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
                    raise _error(whole, header[2]) or NetlinkError(errno.ENODATA)
                return whole

    def dump(self, message: bytes) -> list[bytes]:
        """Return the messages that answer a dump request, whole; asked for again when the kernel says that it was
        interrupted.

        Raises: NetlinkError.
        """
        for attempt in range(_ATTEMPTS):
            found = self._dump(message)
            if found is not None:
                return found
            # Others are at work; the first few times they are likely to have ended.
            time.sleep(0.001 * attempt)
        raise NetlinkError(errno.EAGAIN, f"the dump was interrupted {_ATTEMPTS} times by changes elsewhere")

    def _dump(self, message: bytes) -> Optional[list[bytes]]:
        """Return the messages of one dump, or None when it was interrupted."""
        self._send([message])
        found: list[bytes] = []
        interrupted = False
        while True:
            try:
                answers = self._receive()
            except NetlinkError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                # Some of it was lost; the rest is read, for the kernel begins no other dump before that.
                answers, interrupted = [], True
            for header, whole in answers:
                if header[3] != self._sequence:
                    continue
                if header[2] & _DUMP_INTR:
                    interrupted = True
                if header[1] in _ENDS:
                    refusal = _error(whole, header[2])
                    if refusal is not None:
                        raise refusal
                    if header[1] == _DONE:
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
        """Return messages that have come from the kernel for this socket, each with its header.

        Raises: NetlinkError, also when none comes in time, or what comes is broken.
        """
        until: Optional[float] = None
        while True:
            try:
                data, _ancillary, flags, sender = self._socket.recvmsg(_BUFFER, 0, _DONTWAIT)
            except BlockingIOError:
                sender = None
            except OSError as error:
                raise NetlinkError(error.errno or 0, "an answer of the kernel was lost") from error
            if sender is not None and sender[0] == _KERNEL:
                if flags & _TRUNCATED:
                    raise NetlinkError(errno.EMSGSIZE, f"the kernel's answer is longer than {_BUFFER} bytes")
                return _messages(data, self._port)
            until = time.monotonic() + _PATIENCE if until is None else until
            if not self._comes(until):
                raise NetlinkError(errno.ETIMEDOUT, f"the kernel has not answered within {_PATIENCE} s")

    def _comes(self, until: float) -> bool:
        """Tell whether something comes to be received before a time; signals that are not blocked end the wait."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000)) and time.monotonic() < until


class GenericSocket(RouteSocket):
    """A generic netlink socket (linux/netlink.h: NETLINK_GENERIC)."""

    protocol = 16


@contextmanager
def generic_socket(family: str) -> Iterator[tuple[GenericSocket, int]]:
    """Give a generic netlink socket, and the number that a family has. Raises: OSError, when there is none."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire import generic

    with GenericSocket() as asked:
        number = generic.family_of(asked.ask(generic.family(family)))
        if number is None:
            raise NetlinkError(errno.ENOENT, f"the kernel has no generic netlink family {family}")
        yield asked, number


def _messages(data: bytes, port: int) -> list[tuple[tuple[int, ...], bytes]]:
    """Return those of the messages that came together which are for a port, each with its header. Raises:
    NetlinkError.
    """
    found, offset, size, unpack = [], 0, len(data), _HEADER.unpack_from
    while offset < size:
        header = unpack(data, offset) if size - offset >= 16 else (0,)
        end = offset + header[0]
        if header[0] < 16 or end > size:
            words = f"the kernel's answer is broken: a message of {header[0]} bytes where there are {size - offset}"
            raise NetlinkError(errno.EBADMSG, words)
        if header[4] == port:
            found.append((header, data[offset:end]))
        offset = (end + 3) & ~3
    return found


def _error(message: bytes, flags: int) -> Optional[NetlinkError]:
    """Return what a message that ends something says, or None for success (struct nlmsgerr, or a number, then
    attributes).
    """
    if len(message) < 20:
        return NetlinkError(errno.EBADMSG, "the kernel's answer is broken: there is no error number")
    kind, (number,) = struct.unpack_from("=H", message, 4)[0], struct.unpack_from("=i", message, 16)
    if number >= 0:
        return None
    body = 4
    if kind == _ERROR and len(message) >= 24:
        # The request follows, its header alone where it is capped.
        (size,) = struct.unpack_from("=I", message, 20)
        body += 16 if flags & _CAPPED else (size + 3) & ~3
    told = attributes(message, body, (_ACK_MSG,)) if flags & _ACK_TLVS else {}
    return NetlinkError(-number, told.get(_ACK_MSG, b"").rstrip(b"\0").decode("utf-8", "replace"))

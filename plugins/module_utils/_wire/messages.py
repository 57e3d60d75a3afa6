# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages that change the kernel: encoded by pyroute2 once, filled in many times; and reports sent back."""

from __future__ import annotations

import struct
from typing import Any, Optional

REQUEST, ACK, REPLACE, EXCL, CREATE, APPEND, DUMP = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800, 0x300
#: linux/rtnetlink.h
NEWLINK, DELLINK, SETLINK, NEWADDR, DELADDR, NEWNEIGH, DELNEIGH = 16, 17, 19, 20, 21, 28, 29
#: Stand for the indexes of an interface and of its peer, and for a descriptor, in a message that is to be filled.
INDEX, PEER_INDEX, DESCRIPTOR = 0x5DED0001, 0x5DED0003, 0x5DED0005


def packed(message: Any, kind: int, flags: int) -> bytes:
    """Return a filled pyroute2 message as bytes."""
    message["header"]["type"] = kind
    message["header"]["flags"] = REQUEST | flags
    message.encode()
    return bytes(message.data)


class Template:
    """A message that was encoded once, with places to be filled in many times.

    Encoding is by far the largest part of what a message costs here, and most of a thousand messages differ in nothing
    but a few numbers.
    """

    def __init__(self, encoded: bytes, *marks: bytes) -> None:
        """Take a message; every occurrence of ``marks`` is a place, for which :meth:`fill` takes a value.

        Places begin where attributes do, at multiples of four; so does a MAC address, which no mark can be mistaken
        for, because a mark's first byte is odd and an interface's own MAC address never begins so.
        """
        self._encoded = encoded
        self._places = [
            (offset, offset + len(mark), number)
            for number, mark in enumerate(marks)
            for offset in range(0, len(encoded) - len(mark) + 1, 4)
            if encoded.startswith(mark, offset)
        ]

    def fill(self, *values: bytes) -> bytes:
        """Return the message with these values, each as long as its mark."""
        filled = bytearray(self._encoded)
        for start, end, number in self._places:
            filled[start:end] = values[number]
        return bytes(filled)


def again(
    raw: bytes, index: Optional[int] = None, kind: Optional[int] = None, flags: int = ACK | CREATE | EXCL
) -> bytes:
    """Return the kernel's report of an address or a route, made into the request that puts it back, or one of another
    kind.

    ``index``: the interface's, of an address.
    """
    request = bytearray(raw)
    if kind is not None:
        struct.pack_into("=H", request, 4, kind)
    struct.pack_into("=H", request, 6, REQUEST | flags)
    if index is not None:
        struct.pack_into("=I", request, 20, index)
    return bytes(request)

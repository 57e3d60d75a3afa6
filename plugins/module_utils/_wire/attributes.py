# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of netlink messages: taken apart, made, chosen (linux/netlink.h: struct nlattr). Pure. Private."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from typing import Optional

_ATTRIBUTE = struct.Struct("=HH")
_NUMBER, _SIGNED = struct.Struct("=I"), struct.Struct("=i")
#: A number of the C type that indexes and descriptors have, as bytes.
number = struct.Struct("=I").pack


def attributes(message: bytes, body: int, wanted: Container[int] = range(0x4000)) -> dict[int, bytes]:
    """Return the wanted attributes of a message by their types, as they are; ``body`` is the size of what precedes
    them.

    One that is shorter than its own header, or longer than what is left of the message, ends it.
    """
    found: dict[int, bytes] = {}
    offset, size, unpack = 16 + body, len(message), _ATTRIBUTE.unpack_from
    last = size - 4
    length = kind = 0
    while offset <= last:
        length, kind = unpack(message, offset)
        if length < 4:
            return found
        kind &= 0x3FFF
        if kind in wanted:
            found[kind] = message[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    # Only the last one can run over; looking here costs a tenth of what looking at each would.
    if offset - (-length % 4) > size:
        found.pop(kind, None)
    return found


def each_attribute(message: bytes, body: int) -> Iterator[tuple[int, bytes]]:
    """Yield attributes one after the other, as a message may have several of a kind; see :func:`attributes`."""
    offset = 16 + body
    while offset + 4 <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < 4 or offset + length > len(message):
            break
        yield kind & 0x3FFF, message[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute as bytes (linux/netlink.h: struct nlattr)."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def unsigned(value: Optional[bytes]) -> Optional[int]:
    """Return a number of four bytes, or None where there is none."""
    return None if value is None else int(_NUMBER.unpack_from(value)[0])


def signed(value: Optional[bytes]) -> Optional[int]:
    """Return a number of four bytes that may be negative, or None where there is none."""
    return None if value is None else int(_SIGNED.unpack_from(value)[0])


def text(value: bytes) -> str:
    """Return a string; bytes that are not UTF-8 are kept as Python keeps those of file names, so that :func:`octets`
    gives them back.
    """
    return value.rstrip(b"\0").decode("utf-8", "surrogateescape")


def octets(value: str) -> bytes:
    """Return the bytes of a string that :func:`text` has made, or that somebody has written."""
    return value.encode("utf-8", "surrogateescape")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Codes: a value and the bytes that stand for it in an attribute of a netlink message, both ways. Pure. Private."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple


class Code(NamedTuple):
    """How a value is put into bytes, and taken out of them."""

    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


def _number(form: str) -> Code:
    packer = struct.Struct(form)
    return Code(packer.pack, lambda raw: packer.unpack_from(raw)[0])


#: Numbers of one, two and four bytes in the machine's order, or in the network's (BIG).
U8, U16, U32, S32 = (_number(form) for form in ("=B", "=H", "=I", "=i"))
U16_BIG, U32_BIG = _number(">H"), _number(">I")


def truth(code: Code) -> Code:
    """Return true or false as 1 or 0."""
    return Code(lambda value: code.pack(int(value)), lambda raw: bool(code.unpack(raw)))


def scaled(code: Code, factor: int) -> Code:
    """Return a number that the kernel counts in smaller units."""
    return Code(lambda value: code.pack(value * factor), lambda raw: code.unpack(raw) // factor)


def one_of(code: Code, numbers: Mapping[str, int]) -> Code:
    """Return one of some words, which stand for numbers; a number that has none stays one."""
    names = {number: word for word, number in numbers.items()}

    def unpack(raw: bytes) -> Any:
        number = code.unpack(raw)
        return names.get(number, number)

    return Code(lambda word: code.pack(numbers[word]), unpack)


def _unpack_address(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def _pack_address(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


#: An IPv4 or IPv6 address, in canonical form.
ADDRESS = Code(_pack_address, _unpack_address)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to name servers and their replies, as bytes (RFC 1035). Pure. Private.

A reply is somebody else's: whatever it says, it is read in a time that its size bounds.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple, Optional

#: RFC 1035, 3.2.2, and RFC 3596: the types of records with addresses, by the word for each.
TYPES = {"A": 1, "AAAA": 28}
_CNAME, _INTERNET = 5, 1
_FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
_SIZES = {"A": 4, "AAAA": 16}
#: RFC 1035, 4.1.1: the header, and what its flags say: a reply, cut short; that one is asked to find it out.
_HEADER, _QUESTION_END, _RECORD = struct.Struct("!HHHHHH"), struct.Struct("!HH"), struct.Struct("!HHIH")
_RESPONSE, _TRUNCATED, _RECURSION = 0x8000, 0x0200, 0x0100
NO_ERROR, NO_NAME = "NOERROR", "NXDOMAIN"
_STATUSES = (NO_ERROR, "FORMERR", "SERVFAIL", NO_NAME, "NOTIMP", "REFUSED")
#: What a reply is called whose header and question are right, and nothing else.
MALFORMED = "malformed"
#: How many records of a reply are read, and how many bytes a name has at most (RFC 1035, 2.3.4).
_MOST_RECORDS, _MOST_BYTES = 512, 255
#: A name as its labels, in small letters: that is how names are compared (RFC 1035, 2.3.3).
_Labels = tuple[bytes, ...]


class Reply(NamedTuple):
    """What a name server says: the word for its status, and the addresses of the name that was asked for.

    ``truncated``: all of it did not fit, and has to be asked for over TCP. ``server`` and ``transport`` are where it
    came from, and how.
    """

    status: str
    addresses: tuple[str, ...] = ()
    truncated: bool = False
    server: str = ""
    transport: str = ""


def query(identifier: int, name: str, kind: str) -> bytes:
    """Return a question for the addresses of a name, of type A or AAAA."""
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    header = _HEADER.pack(identifier, _RECURSION, 1, 0, 0, 0)
    return header + encoded + _QUESTION_END.pack(TYPES[kind], _INTERNET)


def read(data: bytes, asked: bytes, kind: str) -> Optional[Reply]:
    """Return what a reply to the question ``asked`` says; None for what is none to it: another number, another name."""
    if len(data) < _HEADER.size or data[:2] != asked[:2]:
        return None
    _identifier, flags, questions, answers, _authorities, _others = _HEADER.unpack_from(data)
    if not flags & _RESPONSE:
        return None
    code = flags & 15
    status = _STATUSES[code] if code < len(_STATUSES) else f"RCODE {code}"
    truncated = bool(flags & _TRUNCATED)
    # A server that did not understand the question need not repeat it.
    if not questions and code:
        return Reply(status, truncated=truncated)
    end = len(asked)
    if questions != 1 or data[_HEADER.size : end].lower() != asked[_HEADER.size :].lower():
        return None
    if truncated or code:
        return Reply(status, truncated=truncated)
    try:
        return Reply(status, _addresses(data, end, answers, kind))
    except ValueError:
        return Reply(MALFORMED)


def _addresses(data: bytes, offset: int, count: int, kind: str) -> tuple[str, ...]:
    """Return the addresses of the name in the question, under whatever other names it goes. Raises: ValueError."""
    if count > _MOST_RECORDS:
        raise ValueError("too many records")
    aliases: dict[_Labels, _Labels] = {}
    found: dict[_Labels, list[str]] = {}
    for _number in range(count):
        owner, offset = _name(data, offset)
        if offset + _RECORD.size > len(data):
            raise ValueError("a record that is cut off")
        number, space, _lifetime, size = _RECORD.unpack_from(data, offset)
        offset += _RECORD.size
        content = data[offset : offset + size]
        if len(content) != size:
            raise ValueError("a record that is cut off")
        if (number, space) == (_CNAME, _INTERNET):
            aliases[owner] = _name(data, offset)[0]
        elif (number, space) == (TYPES[kind], _INTERNET):
            if size != _SIZES[kind]:
                raise ValueError("an address of another size")
            found.setdefault(owner, []).append(socket.inet_ntop(_FAMILIES[kind], content))
        offset += size
    name = _name(data, _HEADER.size)[0]
    while name in aliases:
        # Each is followed once, so that two that are each other's have an end.
        name = aliases.pop(name)
    return tuple(found.get(name, ()))


def _name(data: bytes, offset: int) -> tuple[_Labels, int]:
    """Return the name that begins at an offset, and where what is behind it begins.

    A name may go on where a pointer says (RFC 1035, 4.1.4): what was written before it, so each pointer must lead
    further back than the one before, and none leads in a circle. Raises: ValueError, for what is no name.
    """
    labels: list[bytes] = []
    size, end, least = 0, 0, offset
    while True:
        if offset >= len(data):
            raise ValueError("a name that is cut off")
        length = data[offset]
        if length >= 0xC0:
            if offset + 1 >= len(data):
                raise ValueError("a pointer that is cut off")
            end = end or offset + 2
            offset = (length & 0x3F) << 8 | data[offset + 1]
            if offset >= least:
                raise ValueError("a pointer that does not lead back")
            least = offset
            continue
        size += length + 1
        if length > 63 or size > _MOST_BYTES or offset + 1 + length > len(data):
            raise ValueError("a label or a name that is too long, or cut off")
        if not length:
            return tuple(labels), end or offset + 1
        labels.append(data[offset + 1 : offset + 1 + length].lower())
        offset += 1 + length

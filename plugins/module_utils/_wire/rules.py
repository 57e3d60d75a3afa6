# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routing rules as the kernel reports them and is asked for them (linux/fib_rules.h). Pure. Private."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    each_attribute,
    number,
    octets,
    text,
    unsigned,
)

NEWRULE, DELRULE, _GETRULE = 32, 33, 34
#: struct fib_rule_hdr; its flag INVERT, beside which it tells whether interfaces are there.
_HEADER, _INVERT = struct.Struct("=BBBBBBBBI"), 2
_DST, _SRC, _IIF, _PRIORITY, _MARK, _SUPPRESS, _TABLE, _MASK, _OIF, _PROTOCOL = 1, 2, 3, 6, 10, 14, 15, 16, 17, 21
_READ = frozenset({_DST, _SRC, _IIF, _PRIORITY, _MARK, _SUPPRESS, _TABLE, _MASK, _OIF, _PROTOCOL})
#: FR_ACT_TO_TBL; and the number that says that no prefix length is suppressed, which is always reported.
TO_TABLE, _NONE = 1, 0xFFFFFFFF
_FAMILIES = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}
_VERSIONS = {family: version for version, family in _FAMILIES.items()}


class Rule(NamedTuple):
    """A routing rule.

    ``origin`` and ``destination`` have their prefix lengths and are empty for any, as are the names of interfaces.
    ``mask`` is 0 where no mark is compared. ``action`` is the kernel's number, ``table`` counts for :data:`TO_TABLE`.
    ``suppress`` is the prefix length of routes that are not taken, and of shorter ones; None: all are. ``rest`` is what
    else it compares or does: attributes that are not taken apart here.
    """

    version: int
    priority: int
    origin: str = ""
    destination: str = ""
    iif: str = ""
    oif: str = ""
    mark: int = 0
    mask: int = 0
    table: int = 0
    action: int = TO_TABLE
    inverted: bool = False
    suppress: Optional[int] = None
    tos: int = 0
    rest: tuple[tuple[int, bytes], ...] = ()
    protocol: int = 4


def dump() -> bytes:
    """Return the request for a dump of all rules, of each version of IP after the other."""
    return requests.dump(_GETRULE, bytes(_HEADER.size))


def rule(raw: bytes) -> Optional[Rule]:
    """Return a rule of a report; None for one that is neither of IPv4 nor of IPv6."""
    if raw[16] not in _VERSIONS:
        return None
    family, to_length, from_length, tos, table, _one, _two, action, flags = _HEADER.unpack_from(raw, 16)
    listed = list(each_attribute(raw, _HEADER.size))
    fields = dict(listed)
    suppress = unsigned(fields.get(_SUPPRESS))

    def prefix(kind: int, length: int) -> str:
        return f"{socket.inet_ntop(family, fields[kind])}/{length}" if kind in fields else ""

    return Rule(
        _VERSIONS[family],
        unsigned(fields.get(_PRIORITY)) or 0,
        prefix(_SRC, from_length),
        prefix(_DST, to_length),
        text(fields.get(_IIF, b"")),
        text(fields.get(_OIF, b"")),
        unsigned(fields.get(_MARK)) or 0,
        unsigned(fields.get(_MASK)) or 0,
        (unsigned(fields.get(_TABLE)) or table) if action == TO_TABLE else 0,
        action,
        bool(flags & _INVERT),
        None if suppress == _NONE else suppress,
        tos,
        tuple([(kind, value) for kind, value in listed if kind not in _READ]),
        fields[_PROTOCOL][0] if _PROTOCOL in fields else 0,
    )


def request(kind: int, flags: int, asked: Rule) -> bytes:
    """Return the request that makes or removes the rule that would be reported so."""
    origin, from_length = _prefix(asked.origin)
    destination, to_length = _prefix(asked.destination)
    fields = [
        _HEADER.pack(
            _FAMILIES[asked.version],
            to_length,
            from_length,
            asked.tos,
            asked.table if asked.table < 256 else 0,
            0,
            0,
            asked.action,
            _INVERT if asked.inverted else 0,
        ),
        attribute(_PRIORITY, number(asked.priority)),
        attribute(_TABLE, number(asked.table)),
        attribute(_PROTOCOL, bytes([asked.protocol])),
        attribute(_SRC, origin) if origin else b"",
        attribute(_DST, destination) if destination else b"",
        attribute(_IIF, _name(asked.iif)) if asked.iif else b"",
        attribute(_OIF, _name(asked.oif)) if asked.oif else b"",
        attribute(_MARK, number(asked.mark)) + attribute(_MASK, number(asked.mask)) if asked.mask else b"",
        attribute(_SUPPRESS, number(asked.suppress)) if asked.suppress is not None else b"",
        *(attribute(kind, value) for kind, value in asked.rest),
    ]
    return requests.change(kind, flags, b"".join(fields))


def _prefix(written: str) -> tuple[bytes, int]:
    return (address_bytes(written), int(written.partition("/")[2])) if written else (b"", 0)


def _name(interface: str) -> bytes:
    return octets(interface) + b"\0"

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generic netlink: requests to families that the kernel numbers as it loads them (linux/genetlink.h). Pure. Private."""

from __future__ import annotations

import struct
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import ACK, DUMP, REQUEST

#: linux/netlink.h: struct nlmsghdr; linux/genetlink.h: struct genlmsghdr.
_HEADER, _GENERIC = struct.Struct("=IHHII"), struct.Struct("=BBH")
#: linux/genetlink.h: GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME.
_CONTROL, _GET_FAMILY, _FAMILY_ID, _FAMILY_NAME = 0x10, 3, 1, 2
#: The bytes of what precedes the attributes, behind the header of a message.
BODY = _GENERIC.size


def family(name: str) -> bytes:
    """Return the question for the number of a family."""
    return _request(_CONTROL, 0, _GET_FAMILY, 1, attribute(_FAMILY_NAME, name.encode() + b"\0"))


def family_of(answer: bytes) -> Optional[int]:
    """Return the number in the answer."""
    fields = attributes(answer, BODY).get(_FAMILY_ID)
    return None if fields is None else int(struct.unpack_from("=H", fields)[0])


def dump(number: int, command: int, version: int, body: bytes) -> bytes:
    """Return the request for a dump of a family."""
    return _request(number, DUMP, command, version, body)


def change(number: int, command: int, version: int, body: bytes) -> bytes:
    """Return a request to a family that changes something."""
    return _request(number, ACK, command, version, body)


def _request(number: int, flags: int, command: int, version: int, body: bytes) -> bytes:
    size = _HEADER.size + _GENERIC.size + len(body)
    return _HEADER.pack(size, number, REQUEST | flags, 0, 0) + _GENERIC.pack(command, version, 0) + body

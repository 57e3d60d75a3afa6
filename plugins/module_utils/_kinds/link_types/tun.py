# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links whose other end is a program: packets of IP (tun), or Ethernet frames (tap)."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U8, U32, truth

#: linux/if_link.h: IFLA_TUN_….
_ID = Integer("an id", 0, 2**32 - 2)


def _type(name: str) -> LinkType:
    return LinkType(
        name,
        "tun",
        by_device=True,
        properties=[
            Property("user", _ID, "The user who may open it, by number.", 1, U32, fixed=True),
            Property("group", _ID, "The group who may open it, by number.", 2, U32, fixed=True),
            _flag("pi", "Each packet comes with its protocol before it.", 4),
            _flag("vnet_hdr", "Each packet comes with a header about offloads before it.", 5),
            _flag("multi_queue", "Several programs may open it.", 7),
        ],
    )


def _flag(name: str, description: str, number: int) -> Property:
    return Property(
        name,
        BOOLEAN,
        description,
        number,
        truth(U8),
        by_words=lambda value: [name] if value else [],
        fixed=True,
        usual=False,
    )


TUN, TAP = _type("tun"), _type("tap")

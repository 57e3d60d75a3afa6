# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""GENEVE tunnels: Ethernet over UDP (RFC 8926)."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import Address, LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import HOST_ADDRESS, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import ADDRESS, U8, U16_BIG, U32

#: linux/if_link.h: IFLA_GENEVE_….
TYPE = LinkType(
    "geneve",
    "geneve",
    named=("id", "remote"),
    moves=True,
    properties=[
        Property("id", Integer("a VNI", 0, 2**24 - 1), "The network (VNI).", 1, U32, required=True, fixed=True),
        Address("remote", HOST_ADDRESS, "The other end.", 2, ADDRESS, required=True, fixed=True, number6=7),
        Property("ttl", Integer("a TTL", 0, 255), "The TTL of what it sends; 0: the usual one.", 3, U8, usual=0),
        Property(
            "port",
            Integer("a UDP port", 1, 65535),
            "The UDP port of the other end.",
            5,
            U16_BIG,
            word="dstport",
            fixed=True,
            initial=6081,
        ),
    ],
)

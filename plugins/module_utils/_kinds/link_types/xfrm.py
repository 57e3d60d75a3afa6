# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces of IPsec: what policies with their id are for."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import POSSIBLE, LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U32

#: linux/if_link.h: IFLA_XFRM_….
TYPE = LinkType(
    "xfrm",
    "xfrm_interface",
    lower=POSSIBLE,
    moves=True,
    lower_number=1,
    properties=[
        Property("if_id", Integer("an id", 1, 2**32 - 1), "The id of its policies.", 2, U32, required=True, fixed=True)
    ],
)

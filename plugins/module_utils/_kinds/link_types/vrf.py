# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual routing: its ports use a routing table of their own."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U32

TYPE = LinkType(
    "vrf",
    "vrf",
    ports=(),
    restarts_ports=True,
    properties=[
        Property(
            "table",
            Integer("a routing table", 1, 2**32 - 1),
            "The routing table of its ports.",
            1,
            U32,
            required=True,
            fixed=True,
        )
    ],
)

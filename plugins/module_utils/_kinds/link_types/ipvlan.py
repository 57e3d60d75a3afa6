# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links that share the MAC address of another interface, and are told apart by their IP addresses."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import NEEDED, LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Choice
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U16, one_of

#: linux/if_link.h: IPVLAN_MODE_…, IPVLAN_F_….
_MODES = {"l2": 0, "l3": 1, "l3s": 2}
_FLAGS = {"bridge": 0, "private": 1, "vepa": 2}

TYPE = LinkType(
    "ipvlan",
    "ipvlan",
    lower=NEEDED,
    lower_word="link",
    properties=[
        Property(
            "mode",
            Choice(*_MODES),
            "The layer that it works on: l2 switches, l3 routes.",
            1,
            one_of(U16, _MODES),
            initial="l2",
        ),
        Property(
            "isolation",
            Choice(*_FLAGS),
            "Whether links upon the same interface reach each other.",
            2,
            one_of(U16, _FLAGS),
            by_words=lambda value: [value],
            initial="bridge",
        ),
    ],
)

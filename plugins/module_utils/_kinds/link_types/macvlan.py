# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links with MAC addresses of their own upon another interface; a macvtap is one that a program reads."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import NEEDED, LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Choice
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U32, one_of

#: linux/if_link.h: MACVLAN_MODE_….
_MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}


def _type(name: str) -> LinkType:
    mode = Property(
        "mode",
        Choice(*_MODES),
        "Whether links upon the same interface reach each other.",
        1,
        one_of(U32, _MODES),
        initial="bridge",
    )
    return LinkType(name, name, lower=NEEDED, lower_word="link", properties=[mode])


MACVLAN, MACVTAP = _type("macvlan"), _type("macvtap")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLANs: links that tag the frames of the interface below them (IEEE 802.1Q)."""

from __future__ import annotations

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    NEEDED,
    Bit,
    LinkType,
    Property,
    on_off,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN, Choice, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U16, U16_BIG, U32, one_of

#: linux/if_link.h: IFLA_VLAN_…; linux/if_vlan.h: VLAN_FLAG_…; linux/if_ether.h: ETH_P_8021Q, ETH_P_8021AD.
_PROTOCOLS = {"802.1Q": 0x8100, "802.1ad": 0x88A8}

TYPE = LinkType(
    "vlan",
    "8021q",
    lower=NEEDED,
    lower_word="link",
    properties=[
        Property(
            "protocol",
            Choice(*_PROTOCOLS),
            "The protocol of the tag.",
            5,
            one_of(U16_BIG, _PROTOCOLS),
            fixed=True,
            usual="802.1Q",
        ),
        Property("id", Integer("a VLAN id", 0, 4094), "The VLAN id.", 1, U16, required=True, fixed=True),
        Bit(
            "reorder_header",
            BOOLEAN,
            "Tags are taken off frames that arrive.",
            2,
            U32,
            by_words=on_off("reorder_hdr"),
            usual=True,
            bit=1,
        ),
        Bit("gvrp", BOOLEAN, "Registers the VLAN by GVRP.", 2, U32, by_words=on_off("gvrp"), usual=False, bit=2),
        Bit(
            "loose_binding",
            BOOLEAN,
            "The link state does not follow that of the interface below.",
            2,
            U32,
            by_words=on_off("loose_binding"),
            usual=False,
            bit=4,
        ),
        Bit("mvrp", BOOLEAN, "Registers the VLAN by MVRP.", 2, U32, by_words=on_off("mvrp"), usual=False, bit=8),
    ],
)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bonds: several interfaces as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Choice, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import S32, U8, U16, U32, one_of

#: linux/if_link.h: IFLA_BOND_…, IFLA_BOND_SLAVE_…; linux/if_bonding.h: BOND_MODE_…, BOND_XMIT_POLICY_….
_MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
_POLICIES = ("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac")


def _one_of(name: str, choices: Sequence[str], description: str, number: int, **more: Any) -> Property:
    numbers = {word: place for place, word in enumerate(choices)}
    # The kernel begins with the first of each.
    return Property(name, Choice(*choices), description, number, one_of(U8, numbers), usual=choices[0], **more)


def _milliseconds(name: str, description: str, number: int) -> Property:
    return Property(name, Integer("a time", 0, 10**6, "milliseconds"), description, number, U32, usual=0)


#: The kernel takes delays only with miimon, and a lacp_rate in mode 802.3ad alone, even where they are what is there.
TYPE = LinkType(
    "bond",
    "bonding",
    ports_down=True,
    properties=[
        _one_of("mode", _MODES, "How it spreads what it sends.", 1, fixed=True),
        _milliseconds("miimon", "How often carriers are looked at, in milliseconds; 0 is never.", 3),
        _milliseconds("updelay", "How long a carrier is mistrusted, in milliseconds.", 4),
        _milliseconds("downdelay", "How long a lost carrier is waited for, in milliseconds.", 5),
        _one_of(
            "fail_over_mac",
            ("none", "active", "follow"),
            "Which MAC addresses the bond and its ports have on a fail-over.",
            13,
            fixed=True,
        ),
        _one_of("xmit_hash_policy", _POLICIES, "What of a packet decides which port sends it.", 14),
        Property(
            "min_links",
            Integer("a number of ports", 0, 65535),
            "The number of ports that must be up for the bond to have a carrier.",
            18,
            U32,
            usual=0,
        ),
        _one_of(
            "lacp_rate",
            ("slow", "fast"),
            "How often the partner is to send LACP packets (802.3ad).",
            21,
            fixed=True,
        ),
        _one_of(
            "ad_select",
            ("stable", "bandwidth", "count"),
            "What decides which aggregator is used (802.3ad).",
            22,
            fixed=True,
        ),
    ],
    ports=[
        Property("queue_id", Integer("a queue", 0, 65535), "The transmit queue of this port.", 5, U16, usual=0),
        Property(
            "prio", Integer("a priority", -(2**31), 2**31 - 1), "Its priority as the active one.", 9, S32, usual=0
        ),
    ],
)

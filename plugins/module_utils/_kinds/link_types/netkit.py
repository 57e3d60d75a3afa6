# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netkit pairs: like veth pairs, but that BPF programs at both ends decide what passes (Linux 6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType, Property
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Choice
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import U32, one_of

#: linux/if_link.h: IFLA_NETKIT_PEER_INFO, IFLA_NETKIT_PRIMARY: one end is, and all is set of both through that one.
PEER_INFO, PRIMARY = 1, 2
_MODES, _POLICIES = {"l2": 0, "l3": 1}, {"forward": 0, "blackhole": 2}
_POLICY = one_of(U32, _POLICIES)
#: What the policies of the ends are called at the other end.
_OPPOSITE = {"policy": "peer_policy", "peer_policy": "policy"}


def _peer(value: Any) -> Sequence[str]:
    return ["peer", value]


def _alone(value: Any) -> Sequence[str]:
    return [value]


TYPE = LinkType(
    "netkit",
    "netkit",
    properties=[
        Property(
            "mode",
            Choice(*_MODES),
            "What passes: frames (l2), or packets without a header of Ethernet (l3, that of a new pair).",
            5,
            one_of(U32, _MODES),
            fixed=True,
            usual="l3",
        ),
        Property(
            "policy",
            Choice(*_POLICIES),
            "What becomes of what the first end sends, unless a program says otherwise.",
            3,
            _POLICY,
            by_words=_alone,
            usual="forward",
        ),
        Property(
            "peer_policy",
            Choice(*_POLICIES),
            "What becomes of what the second end sends.",
            4,
            _POLICY,
            by_words=_peer,
            usual="forward",
        ),
    ],
)


def swapped(values: Sequence[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Return the values of a pair as they are at its other end, in the order of the table."""
    there = {_OPPOSITE.get(name, name): value for name, value in values}
    return tuple([(one.name, there[one.name]) for one in TYPE.properties if one.name in there])

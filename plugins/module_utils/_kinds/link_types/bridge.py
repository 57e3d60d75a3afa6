# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges: switches in software."""

from __future__ import annotations

from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType, Property, on_off
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN, Choice, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import (
    U8,
    U16,
    U16_BIG,
    U32,
    Code,
    one_of,
    scaled,
    truth,
)

#: linux/if_link.h: IFLA_BR_…, IFLA_BRPORT_…. The kernel counts the times in hundredths of a second.
_PROTOCOLS = {"802.1Q": 0x8100, "802.1ad": 0x88A8}
_SECONDS = scaled(U32, 100)
#: What the kernel makes of the speed of a port (port_cost() in net/bridge/br_if.c).
_COSTS = frozenset({2, 4, 19, 100})


def _yes(name: str, description: str, number: int, word: str = "", size: Code = U8, *, usual: bool = False) -> Property:
    return Property(name, BOOLEAN, description, number, truth(size), word=word, usual=usual)


def _time(name: str, most: int, description: str, number: int, usual: int) -> Property:
    takes = Integer("a time", 0, most, "seconds")

    def hundredths(value: int) -> list[str]:
        return [name, str(100 * value)]

    return Property(name, takes, description, number, _SECONDS, by_words=hundredths, usual=usual)


def _on(name: str, description: str, number: int, word: str = "", *, usual: bool = False) -> Property:
    return Property(name, BOOLEAN, description, number, truth(U8), by_words=on_off(word or name), usual=usual)


def vlans_key() -> Key[Any]:
    """Return the key of what has VLANs."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _vlans

    return _vlans.key()


TYPE = LinkType(
    "bridge",
    "bridge",
    keys={"vlans": Later(vlans_key)},
    properties=[
        _yes("stp", "Speaks the spanning tree protocol.", 5, "stp_state", U32),
        Property(
            "priority",
            Integer("a bridge priority", 0, 65535),
            "Its priority in the spanning tree.",
            6,
            U16,
            usual=32768,
        ),
        _time("forward_delay", 30, "How long a port listens, and then learns, in seconds.", 1, 15),
        _time("hello_time", 10, "The time between hello packets, in seconds.", 2, 2),
        _time("max_age", 40, "How long a message about the tree counts, in seconds.", 3, 20),
        _time("ageing_time", 10**6, "How long an address that was learned counts, in seconds.", 4, 300),
        Property("vlan_filtering", BOOLEAN, "Heeds the VLANs of its ports.", 7, truth(U8), usual=False),
        Property(
            "vlan_protocol",
            Choice(*_PROTOCOLS),
            "The tag of its VLANs.",
            8,
            one_of(U16_BIG, _PROTOCOLS),
            usual="802.1Q",
        ),
        Property(
            "vlan_default_pvid", Integer("a VLAN id", 0, 4094), "The VLAN of what comes untagged.", 39, U16, usual=1
        ),
        _yes("multicast_snooping", "Sends multicast only where it is asked for.", 23, "mcast_snooping", usual=True),
        _yes("multicast_querier", "Asks who wants multicast.", 25, "mcast_querier"),
    ],
    ports=[
        Property("priority", Integer("a port priority", 0, 63), "Its priority in the spanning tree.", 2, U16, usual=32),
        Property("cost", Integer("a path cost", 1, 65535), "Its cost in the spanning tree.", 3, U32, usual=_COSTS),
        _on("hairpin", "What comes in may go out again here.", 4),
        _on("guard", "Takes no messages about the spanning tree.", 5),
        _on("root_block", "Never leads to the root of the spanning tree.", 6),
        _on("fastleave", "Stops sending multicast at once when one leaves.", 7),
        _on("learning", "Learns the addresses behind it.", 8, usual=True),
        _on("flood", "Sends out what is for addresses that are not known.", 9, usual=True),
        _on("proxy_arp", "Answers for its neighbours.", 10),
        _on("multicast_flood", "Sends out multicast that nobody asked for.", 27, "mcast_flood", usual=True),
        _on("vlan_tunnel", "Maps VLANs to tunnels.", 29),
        _on("broadcast_flood", "Sends out broadcast.", 30, "bcast_flood", usual=True),
        _on("neigh_suppress", "Keeps questions for neighbours that are known from the others.", 32),
        _on("isolated", "Reaches only ports that are not isolated.", 33),
        _on("locked", "Takes frames from known addresses alone.", 39),
    ],
)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tunnels of IP in IP, and of GRE: between two addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    POSSIBLE,
    Address,
    Data,
    LinkType,
    Property,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import IPV4_ADDRESS, IPV6_ADDRESS, Choice, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import ADDRESS, U8, U16_BIG, U32_BIG, one_of

#: linux/if_tunnel.h: IFLA_IPTUN_…, IFLA_GRE_…, GRE_KEY.
_GRE_KEY = 0x2000
_LEAST_TTL = Integer("a TTL", 0, 255)


@dataclass
class _Key(Property):
    """The key of a GRE tunnel: the same for both ways, with a flag each that there is one."""

    def encode(self, value: Any, into: dict[int, bytes]) -> None:
        for flags, key in ((2, 4), (3, 5)):
            before = U16_BIG.unpack(into[flags]) if flags in into else 0
            into[flags], into[key] = U16_BIG.pack(before | _GRE_KEY), U32_BIG.pack(value)

    def decode(self, data: Data) -> Any:
        keyed = 2 in data and 4 in data and U16_BIG.unpack(data[2]) & _GRE_KEY
        return U32_BIG.unpack(data[4]) if keyed else None


def _tunnel(name: str, module: str, numbers: tuple[int, int, int], version: int, *more: Property) -> LinkType:
    """Return a tunnel: ``numbers`` are the attributes of its local and remote address and of its TTL."""
    local, remote, ttl = numbers
    takes = IPV4_ADDRESS if version == 4 else IPV6_ADDRESS
    limit = ("ttl", "TTL", "ttl") if version == 4 else ("hop_limit", "hop limit", "hoplimit")
    return LinkType(
        name,
        module,
        lower=POSSIBLE,
        lower_number=1,
        restated=True,
        moves=True,
        properties=[
            Address("local", takes, "The address of this end.", local, ADDRESS, number6=local),
            Address("remote", takes, "The address of the other end.", remote, ADDRESS, number6=remote),
            Property(
                limit[0],
                Integer(f"a {limit[1]}", 0, 255),
                f"The {limit[1]} of what it sends; 0: that of what is inside.",
                ttl,
                U8,
                by_words=lambda value: [limit[2], str(value) if value or version == 6 else "inherit"],
                initial=None if version == 4 else 64,
                usual=0 if version == 4 else None,
            ),
            *more,
        ],
    )


def _key() -> Property:
    return _Key("key", Integer("a key", 0, 2**32 - 1), "The key, the same in both directions.", 4, U32_BIG, word="key")


def _encapsulation_limit(number: int) -> Property:
    takes = Integer("a limit", 0, 255)
    return Property(
        "encap_limit",
        takes,
        "How many more times packets may be encapsulated.",
        number,
        U8,
        word="encaplimit",
        initial=4,
    )


_IP, _GRE = (2, 3, 4), (6, 7, 8)
#: linux/in.h: IPPROTO_IPIP, IPPROTO_IPV6.
_MODES = {"any": 0, "ipip6": 4, "ip6ip6": 41}

IPIP = _tunnel("ipip", "ipip", _IP, 4)
SIT = _tunnel("sit", "sit", _IP, 4)
IP6TNL = _tunnel(
    "ip6tnl",
    "ip6_tunnel",
    _IP,
    6,
    Property(
        "mode",
        Choice(*_MODES),
        "What it carries: IPv4, IPv6, or any.",
        9,
        one_of(U8, _MODES),
        fixed=True,
        initial="ip6ip6",
    ),
    _encapsulation_limit(6),
)
GRE = _tunnel("gre", "ip_gre", _GRE, 4, _key())
GRETAP = _tunnel("gretap", "ip_gre", _GRE, 4, _key())
IP6GRE = _tunnel("ip6gre", "ip6_gre", _GRE, 6, _key(), _encapsulation_limit(11))
IP6GRETAP = _tunnel("ip6gretap", "ip6_gre", _GRE, 6, _key(), _encapsulation_limit(11))

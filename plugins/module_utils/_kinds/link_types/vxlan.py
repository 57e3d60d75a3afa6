# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VXLANs: Ethernet over UDP (RFC 7348)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    POSSIBLE,
    Address,
    LinkType,
    Property,
    with_no,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import ANY_ADDRESS, BOOLEAN, HOST_ADDRESS, Integer
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes, is_multicast
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import ADDRESS, U8, U16_BIG, U32, truth

#: linux/if_link.h: IFLA_VXLAN_….
_YES = truth(U8)


def _yes(name: str, description: str, number: int, *, usual: bool = False) -> Property:
    return Property(name, BOOLEAN, description, number, _YES, by_words=with_no(name), usual=usual)


def _remote(value: str) -> list[str]:
    return ["group" if is_multicast(address_bytes(value)) else "remote", value]


def _check(problems: Problems, path: str, values: Mapping[str, Any]) -> None:
    remote, local = values.get("remote"), values.get("local")
    if remote and local and (":" in remote) != (":" in local):
        problems.add(f"{path}.local", f"{local} is not of the same version of IP as the remote, {remote}")


TYPE = LinkType(
    "vxlan",
    "vxlan",
    lower=POSSIBLE,
    lower_number=3,
    check=_check,
    properties=[
        Property("id", Integer("a VNI", 0, 2**24 - 1), "The network (VNI).", 1, U32, required=True, fixed=True),
        Address(
            "remote",
            ANY_ADDRESS,
            "The other end: frames for addresses not yet learned go there. A multicast group reaches several.",
            2,
            ADDRESS,
            by_words=_remote,
            number6=16,
        ),
        Address("local", HOST_ADDRESS, "The address that it sends from.", 4, ADDRESS, number6=17),
        Property(
            "port",
            Integer("a UDP port", 1, 65535),
            "The UDP port, at its peers too.",
            15,
            U16_BIG,
            word="dstport",
            fixed=True,
            initial=4789,
        ),
        Property("ttl", Integer("a TTL", 0, 255), "The TTL of what it sends; 0: the usual one.", 5, U8, usual=0),
        _yes("learning", "Learns where addresses are from what arrives.", 7, usual=True),
        Property(
            "ageing", Integer("a time", 0, 2**32 - 1, "seconds"), "How long that counts, in seconds.", 8, U32, usual=300
        ),
        _yes("proxy", "Answers for neighbours that it knows.", 11),
        _yes("l2miss", "Tells of addresses that it does not know.", 13),
        _yes("l3miss", "Tells of neighbours that it does not know.", 14),
    ],
)

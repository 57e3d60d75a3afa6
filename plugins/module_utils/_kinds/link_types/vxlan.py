# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VXLANs: Ethernet over UDP (RFC 7348)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, List
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import forwarding
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import change, find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    NO_ADDRESS,
    POSSIBLE,
    UNSPECIFIED,
    Address,
    Data,
    LinkType,
    Property,
    with_no,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import BOOLEAN, HOST_ADDRESS, Integer, Scalar
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes, is_multicast, version_of
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import ADDRESS, U8, U16_BIG, U32, truth

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader

#: linux/if_link.h: IFLA_VXLAN_….
_GROUP, _LOCAL, _GROUP6, _LOCAL6 = 2, 4, 16, 17
_YES = truth(U8)


def _yes(name: str, description: str, number: int, *, usual: bool = False) -> Property:
    return Property(name, BOOLEAN, description, number, _YES, by_words=with_no(name), usual=usual)


class _Remote(Address):
    """The unicast address of the other end."""

    is_group = False

    def decode(self, data: Data) -> Any:
        """Return the address; None for one of the other sort, which shares the attribute."""
        address = super().decode(data)
        return address if address and is_multicast(address_bytes(address)) == self.is_group else None


class _Multicast(_Remote):
    """The multicast address of the other ends."""

    is_group = True


def _group(problems: Problems, path: str, written: Any) -> Optional[str]:
    address = problems.any_address(path, written)
    if address is not None and not is_multicast(address_bytes(address)):
        problems.add(path, f"{address} is not a multicast address: write one host's in remote, several in remotes")
        return None
    return address


def _unicast(problems: Problems, path: str, written: Any) -> Optional[str]:
    address = problems.any_address(path, written)
    if address is not None and is_multicast(address_bytes(address)):
        problems.add(path, f"{address} is a multicast address: write it in group")
        return None
    return address


def _check(problems: Problems, path: str, values: Mapping[str, Any]) -> None:
    """Note what does not go with another, and addresses of different versions of IP."""
    for name, other in (("group", "remote"), ("remotes", "group")):
        if values.get(name) and values.get(other):
            why = "a multicast group reaches all that have joined it"
            problems.add(f"{path}.{name}", f"it does not go with {other}: {why}; write one of the two")
    several = [(f"remotes[{number}]", one) for number, one in enumerate(values.get("remotes") or ())]
    others = [(name, values[name]) for name in ("group", "remote") if values.get(name)] + several
    for name, one in [*others[1:], *([("local", values["local"])] if values.get("local") else [])]:
        if others and (":" in one) != (":" in others[0][1]):
            first, _bracket, number = others[0][0].partition("[")
            called = f"the {first}" if not number else "the first of the remotes"
            problems.add(f"{path}.{name}", f"{one} is not of the same version of IP as {called}, {others[0][1]}")


def _implied(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return that a VXLAN with remotes has no other one, unless that is written, and the version of IP of these."""
    remotes = written.get("remotes")
    if remotes is None or written.get("remote") or written.get("group"):
        return {}
    return {"remote": UNSPECIFIED[version_of(remotes[0])] if remotes else "", "group": ""}


def _declare(path: str, end: Endpoint, written: Any) -> list[Declared]:
    """Return the forwarding entries of several remotes."""
    if written.remotes is None:
        return []
    return [forwarding.Remotes(path, *end, written.remotes, written.remote or "")]


def _beside(state: State, end: Endpoint) -> Mapping[str, Any]:
    """Return the remotes by forwarding entries."""
    remotes = forwarding.remotes(state, end)
    return {"remotes": remotes} if remotes else {}


def _read(state: State, reader: Reader, end: Endpoint) -> None:
    """Read the forwarding entries. Where these alone say that it sends over IPv6, note that. Raises: OSError."""
    forwarding.read(state, reader, end)
    found = find(state, end)
    over_ipv6 = any(":" in one.remote for one in forwarding.of(state, end))
    if found is not None and over_ipv6 and not {_GROUP, _GROUP6, _LOCAL, _LOCAL6} & attributes(found.data, -16).keys():
        change(state, end, data=found.data + attribute(_GROUP6, ADDRESS.pack(UNSPECIFIED[6])))


def _untold(data: Data) -> Mapping[str, Any]:
    """Return that a VXLAN without a remote sends over IPv6, where it does."""
    return {"remote": UNSPECIFIED[6]} if _GROUP6 in data and not any(data[_GROUP6]) else {}


TYPE = LinkType(
    "vxlan",
    "vxlan",
    lower=POSSIBLE,
    lower_number=3,
    keys={
        "remotes": Key(
            List(HOST_ADDRESS, once=True),
            "The other ends, where there are several, and no others: each is a forwarding entry for all addresses.",
        )
    },
    implied=_implied,
    declare=_declare,
    read=_read,
    beside=_beside,
    untold=_untold,
    check=_check,
    properties=[
        Property("id", Integer("a VNI", 0, 2**24 - 1), "The network (VNI).", 1, U32, required=True, fixed=True),
        _Remote(
            "remote",
            Scalar[str](_unicast, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"}),
            "The other end: frames for addresses not yet learned go there.",
            _GROUP,
            ADDRESS,
            unsaid=("", UNSPECIFIED[4]),
            number6=_GROUP6,
        ),
        _Multicast(
            "group",
            Scalar[str](_group, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+$"}),
            "A multicast group in its place, which reaches all that have joined it, through the interface in lower.",
            _GROUP,
            ADDRESS,
            by_words=lambda value: ["remote" if value in NO_ADDRESS else "group", value],
            unsaid=("",),
            with_lower=True,
            number6=_GROUP6,
        ),
        Address("local", HOST_ADDRESS, "The address that it sends from.", _LOCAL, ADDRESS, number6=_LOCAL6),
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

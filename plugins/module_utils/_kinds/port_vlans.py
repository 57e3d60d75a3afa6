# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VLANs that interfaces are in as ports of bridges (``bridge vlan``), which go when they leave their bridge.

A checkpoint remembers them. The options of single VLANs (``bridge vlan set``) are only compared.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import inside, names_by_index
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Key, Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    each_attribute,
    number,
    text,
    unsigned,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

#: linux/rtnetlink.h: DELLINK, GETLINK, SETLINK, GETVLAN (since Linux 5.6); RTEXT_FILTER_BRVLAN_COMPRESSED.
_DELLINK, _GETLINK, _SETLINK, _GETVLAN, _COMPRESSED = 17, 18, 19, 114, 4
#: linux/socket.h: AF_BRIDGE. linux/if_link.h: IFNAME, MASTER, AF_SPEC, EXT_MASK.
_AF_BRIDGE, _IFNAME, _MASTER, _AF_SPEC, _EXT_MASK = 7, 3, 10, 26, 29
#: linux/if_bridge.h: the attributes of AF_SPEC, VLAN_INFO (struct bridge_vlan_info) and VLAN_TUNNEL_INFO; its flags.
_VLAN_INFO, _TUNNEL_INFO, _INFO = 2, 3, struct.Struct("=HH")
PVID, UNTAGGED, _BEGIN, _END = 0x02, 0x04, 0x08, 0x10
#: linux/if_bridge.h: of an entry what is no option: TUNNEL_INFO, STATS, MCAST_N_GROUPS.
_NO_OPTIONS = frozenset({4, 5, 7})
#: What each port is in by itself, unless the bridge says otherwise (vlan_default_pvid).
_DEFAULT = {1: PVID | UNTAGGED}


class PortVlans(NamedTuple):
    """The VLANs that a port is in, with their flags; tunnels and options of VLANs, as the kernel has them."""

    ifindex: int
    members: Mapping[int, int]
    tunnels: tuple[bytes, ...] = ()
    options: tuple[object, ...] = ()


class PortVlanKind(Carried[PortVlans]):
    """The VLANs of the bridge ports of a namespace, by interface."""

    name = "port VLANs"
    plural = "port VLANs"
    order = 14

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[PortVlans]:
        return _PortVlans(state)

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        after = now.rows(self, netns)
        for name, port in was.rows(self, netns).items():
            if name in after:
                yield from ((f"the VLANs of {name}", request) for request in _requests(after[name], port))

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        after = now.rows(self, netns)
        for name, port in was.rows(self, netns).items():
            if name in after and (port.tunnels, port.options) != (after[name].tunnels, after[name].options):
                yield f"the options of the VLANs of {name}"

    def gone(self, was: State, now: State, netns: Netns, removed: Container[Key]) -> Iterator[str]:
        after, there = now.rows(self, netns), inside(now, netns)
        for name, port in was.rows(self, netns).items():
            left = after[name].members if name in after else {}
            lost = sorted(port.members.keys() - left.keys())
            if name in there and lost and port.members != _DEFAULT:
                yield f"VLAN{'s' if len(lost) > 1 else ''} {some(_told(lost))} of {name}"


PORT_VLANS = PortVlanKind()


class _PortVlans(Reading[PortVlans]):
    """One reading of the VLANs of bridge ports."""

    def inside(self, netns: Netns, route: Socket) -> None:
        reports = (one.report for one in inside(self._state, netns).values())
        if not any(one is not None and one.port_of == "bridge" for one in reports):
            return
        body = struct.pack("=BxHiII", _AF_BRIDGE, 0, 0, 0, 0) + attribute(_EXT_MASK, number(_COMPRESSED))
        rows, names = self._state.table(PORT_VLANS, netns), names_by_index(self._state, netns)
        for raw in route.dump(requests.dump(_GETLINK, body)):
            name, port = _port(raw)
            if port is not None:
                rows[name] = port
        for index, options in _options(route):
            name = names.get(index, "")
            if name in rows:
                rows[name] = rows[name]._replace(options=options)


def _port(raw: bytes) -> tuple[str, Optional[PortVlans]]:
    """Return the VLANs of a port by its name, from a report of the bridge's; None of what is no port."""
    fields = attributes(raw, 16, (_IFNAME, _MASTER, _AF_SPEC))
    (index,) = struct.unpack_from("=i", raw, 20)
    if unsigned(fields.get(_MASTER)) in (None, index):
        return "", None
    members: dict[int, int] = {}
    tunnels, first = [], 0
    for kind, value in each_attribute(fields.get(_AF_SPEC, b""), -16):
        if kind == _TUNNEL_INFO:
            tunnels.append(value)
        elif kind == _VLAN_INFO:
            flags, vid = _INFO.unpack_from(value)
            first = first if flags & _END else vid
            members.update(dict.fromkeys(range(first, vid + 1), flags & (PVID | UNTAGGED)))
    return text(fields[_IFNAME]), PortVlans(index, members, tuple(tunnels))


def _options(route: Socket) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield what is set of the VLANs of each port beside, by its index."""
    try:
        found = route.dump(requests.dump(_GETVLAN, struct.pack("=BBHI", _AF_BRIDGE, 0, 0, 0)))
    except NetlinkError as error:
        if not is_none(error):
            raise
        return  # a kernel before Linux 5.6, or without bridges
    for raw in found:
        entries = (attributes(entry, -16) for _kind, entry in each_attribute(raw, 8))
        yield (
            struct.unpack_from("=I", raw, 20)[0],
            tuple(tuple(sorted((kind, entry[kind]) for kind in entry if kind not in _NO_OPTIONS)) for entry in entries),
        )


def in_results(state: State, netns: Netns, name: str) -> list[dict[str, Any]]:
    """Return the VLANs that a port is in, as results have them."""
    port = state.row(PORT_VLANS, netns, name)
    members = {} if port is None else port.members
    return [
        {"id": vid, "pvid": bool(flags & PVID), "untagged": bool(flags & UNTAGGED)}
        for vid, flags in sorted(members.items())
    ]


def _requests(now: PortVlans, was: PortVlans) -> Iterator[bytes]:
    """Yield what makes the VLANs of a port as they were again."""
    gone = {vid: 0 for vid in now.members if vid not in was.members}
    back = {vid: flags for vid, flags in was.members.items() if now.members.get(vid) != flags}
    for kind, members in ((_DELLINK, gone), (_SETLINK, back)):
        if members:
            yield _request(kind, now.ifindex, [attribute(_VLAN_INFO, one) for one in _infos(members)])
    if was.tunnels != now.tunnels and was.tunnels:
        yield _request(_SETLINK, now.ifindex, [attribute(_TUNNEL_INFO, one) for one in was.tunnels])


def _request(kind: int, ifindex: int, infos: Iterable[bytes]) -> bytes:
    body = struct.pack("=BxHiII", _AF_BRIDGE, 0, ifindex, 0, 0)
    return requests.change(kind, 0, body + attribute(_AF_SPEC, b"".join(infos)))


def _infos(members: Mapping[int, int]) -> Iterator[bytes]:
    """Yield struct bridge_vlan_info: one for a VLAN, two for a range of them."""
    for first, last, flags in _ranges(members):
        if first == last:
            yield _INFO.pack(flags, first)
        else:
            yield from (_INFO.pack(flags | _BEGIN, first), _INFO.pack(flags | _END, last))


def _told(vids: Iterable[int]) -> Iterator[str]:
    """Yield VLANs as a sentence names them."""
    for first, last, _flags in _ranges(dict.fromkeys(vids, 0)):
        yield str(first) if first == last else f"{first}-{last}"


def _ranges(members: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Return the first and the last of VLANs that follow each other with the same flags, and these."""
    found: list[tuple[int, int, int]] = []
    for vid, flags in sorted(members.items()):
        if found and found[-1][1:] == (vid - 1, flags):
            found[-1] = (found[-1][0], vid, flags)
        else:
            found.append((vid, vid, flags))
    return found

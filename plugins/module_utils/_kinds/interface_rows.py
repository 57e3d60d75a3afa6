# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a state knows of an interface, and what may be asked of one. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes, unsigned

#: linux/if_link.h: IFLA_TUN_TYPE of a tun device, which is one or the other; IFLA_TUN_PERSIST. linux/if_tun.h: IFF_TAP.
_TUN_TYPE, _TUN_PERSIST, _TAP = 3, 6, b"\x02"
#: linux/if_link.h: IFLA_VXLAN_LINK: a VXLAN alone does not say by IFLA_LINK what it is built upon.
_VXLAN_LINK = 3
#: The types of link that go with the interface that they are built upon (NETDEV_UNREGISTER in the kernel's
#: vlan_device_event(), macvlan_device_event(), ipvlan_device_event(), vxlan_netdevice_event()); and those that are set
#: up and down with it (NETDEV_UP and NETDEV_DOWN in vlan_device_event()).
GO_ALONG = frozenset({"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "vxlan"})

#: The types of link that are pairs of two ends.
PAIRS = frozenset({"veth", "netkit"})


class Lower(NamedTuple):
    """What a link leads to: the other end of a pair, or what it is built upon.

    ``place`` is where that is: a namespace's name, None for the host's, or :data:`ELSEWHERE` where it is in none that
    has a name. Its ``interface`` is None where the kernel does not tell.
    """

    place: Netns
    interface: Optional[str]
    ifindex: int


#: A namespace without a name. No name has a slash.
ELSEWHERE = "/"


class Interface(NamedTuple):
    """An interface as the kernel reports it, or as steps would leave it.

    ``type`` is the type of link (``veth``, ``bridge`` …), ``loopback``, or empty for a physical device. ``ifindex``,
    ``carrier``, ``mac`` and ``mtu`` are None where only a real run will tell. ``peer`` is the other end of a veth pair,
    None where it is in no namespace that was looked at. ``promotes``: a secondary address takes its deleted primary's
    place. ``keeps_ipv6``: IPv6 addresses stay when the interface goes down. ``group`` is the kernel's group of
    interfaces that it is in (IFLA_GROUP), 0 unless somebody puts it into another. ``lower`` is what it leads to, and
    ``upper`` what is built upon it in other namespaces, where that was asked for (:class:`LowerOf`, :class:`UpperOf`),
    and ``report`` the kernel's report of it, where it was read. ``data`` are the kernel's attributes that are of its
    type alone (IFLA_INFO_DATA). ``follows``: its MAC is that of one of its ports, as a bridge or a bond has that was
    given none.
    """

    name: str
    type: str
    ifindex: Optional[int] = None
    up: bool = False
    carrier: Optional[bool] = False
    mac: Optional[str] = None
    mtu: Optional[int] = None
    peer: Optional[Endpoint] = None
    peer_ifindex: Optional[int] = None
    promotes: bool = False
    keeps_ipv6: bool = False
    group: int = 0
    lower: Optional[Lower] = None
    report: Optional[reports.LinkReport] = None
    alias: str = ""
    data: bytes = b""
    upper: tuple[Endpoint, ...] = ()
    follows: bool = False


class PeerOf(NamedTuple):
    """Asks for the peer of an interface, which probably is in one of these namespaces; else ``everywhere``."""

    interface: str
    probable: tuple[Netns, ...]
    everywhere: bool = False


class LowerOf(NamedTuple):
    """Asks for what an interface is built upon."""

    interface: str


class UpperOf(NamedTuple):
    """Asks for what is built upon an interface and its peer in other namespaces, unless its peer is ``right``.

    All namespaces of the host are looked through for it, so it is asked for only where they may have to be removed.
    """

    interface: str
    right: Optional[Endpoint] = None


class Promotes(NamedTuple):
    """Asks whether a secondary address takes its deleted primary's place, where addresses may go."""

    interface: str


class KeepsIpv6(NamedTuple):
    """Asks whether IPv6 addresses stay when an interface goes down, where it is up and shall be down."""

    interface: str


#: Asks for the peers of all interfaces of a namespace, whatever they are called; or for all that its links lead to.
ALL_PEERS, ALL_LOWER = "all peers", "all lower"


def of_report(link: reports.LinkReport) -> Interface:
    """Return the interface that a report of the kernel tells of."""
    return Interface(
        link.name,
        "tap" if link.kind == "tun" and attributes(link.data, -16).get(_TUN_TYPE) == _TAP else link.kind,
        ifindex=link.ifindex,
        up=bool(link.flags & requests.IFF_UP),
        carrier=bool(link.flags & requests.IFF_LOWER_UP),
        mac=link.mac,
        mtu=link.mtu,
        # What a macvlan or the like is built upon in another namespace has its index there.
        peer_ifindex=link.other if link.kind in PAIRS or link.netns_id is None else None,
        group=link.group,
        report=link,
        alias=link.alias,
        data=link.data,
    )


def lower_index(found: Interface) -> int:
    """Return the index of what a link is built upon, or 0; with it in another namespace, there."""
    if found.type == "vxlan":
        return unsigned(attributes(found.data, -16).get(_VXLAN_LINK)) or 0
    return (None if found.report is None else found.report.other) or 0


def is_kept(found: Interface) -> bool:
    """Tell whether an interface stays when no program has it open: all but some tun devices."""
    return found.type not in ("tun", "tap") or attributes(found.data, -16).get(_TUN_PERSIST) != b"\0"


def described(interface: Interface, maker: Optional[str] = None) -> str:
    """Return what an interface is, for a message; ``maker`` is the topology that made it, where that is known."""
    if interface.type in PAIRS:
        pair = f"another {interface.type} pair" if maker is None else f"a {interface.type} pair of topology {maker}"
        return f"one end of {pair}" + ("" if interface.peer is None else f", whose other end is {interface.peer}")
    if not interface.type:
        return "a physical device"
    return f"an interface of kind {interface.type}"

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of link that can be made, by name: a line for each, which is loaded when it is used. Private.

Imports stand in functions, so that Ansible packs every type and a task loads only those that it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType


def _bond() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import bond

    return bond.TYPE


def _bridge() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import bridge

    return bridge.TYPE


def _dummy() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import dummy

    return dummy.TYPE


def _geneve() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import geneve

    return geneve.TYPE


def _gre() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.GRE


def _gretap() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.GRETAP


def _ifb() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import ifb

    return ifb.TYPE


def _ip6gre() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.IP6GRE


def _ip6gretap() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.IP6GRETAP


def _ip6tnl() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.IP6TNL


def _ipip() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.IPIP


def _ipvlan() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import ipvlan

    return ipvlan.TYPE


def _macvlan() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import macvlan

    return macvlan.MACVLAN


def _macvtap() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import macvlan

    return macvlan.MACVTAP


def _sit() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tunnel

    return tunnel.SIT


def _tap() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tun

    return tun.TAP


def _tun() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import tun

    return tun.TUN


def _vlan() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import vlan

    return vlan.TYPE


def _vrf() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import vrf

    return vrf.TYPE


def _vxlan() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import vxlan

    return vxlan.TYPE


def _wireguard() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import wireguard

    return wireguard.TYPE


def _xfrm() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import xfrm

    return xfrm.TYPE


def _netkit() -> LinkType:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types import netkit

    return netkit.TYPE


#: What gives a type of one link, by its name, and a type of which there are pairs alone, each with two ends.
LOADERS: Mapping[str, Callable[[], LinkType]] = {
    "bond": _bond,
    "bridge": _bridge,
    "dummy": _dummy,
    "geneve": _geneve,
    "gre": _gre,
    "gretap": _gretap,
    "ifb": _ifb,
    "ip6gre": _ip6gre,
    "ip6gretap": _ip6gretap,
    "ip6tnl": _ip6tnl,
    "ipip": _ipip,
    "ipvlan": _ipvlan,
    "macvlan": _macvlan,
    "macvtap": _macvtap,
    "sit": _sit,
    "tap": _tap,
    "tun": _tun,
    "vlan": _vlan,
    "vrf": _vrf,
    "vxlan": _vxlan,
    "wireguard": _wireguard,
    "xfrm": _xfrm,
}
PAIRED: Mapping[str, Callable[[], LinkType]] = {"netkit": _netkit}


def get(name: str) -> LinkType:
    """Return the type of a name. Raises: KeyError."""
    return (LOADERS.get(name) or PAIRED[name])()


def find(name: str) -> Optional[LinkType]:
    """Return the type of a name, or None."""
    loader = LOADERS.get(name) or PAIRED.get(name)
    return None if loader is None else loader()


def as_result(name: str, data: bytes) -> dict[str, Any]:
    """Return the properties of a link of a type, by their names, of the kernel's attributes; none where it has no
    table.
    """
    return _decoded(find(name), data, of_port=False)


def as_result_of_port(master: str, data: bytes) -> dict[str, Any]:
    """Return the properties of a port of a master of a type."""
    return _decoded(find(master), data, of_port=True)


def _decoded(link_type: Optional[LinkType], data: bytes, *, of_port: bool) -> dict[str, Any]:
    if link_type is None or not data:
        return {}
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import decoded
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes

    properties = (link_type.ports or ()) if of_port else link_type.properties
    return decoded(properties, attributes(data, -16))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the kernel: namespaces, links with their peers, addresses, and the settings that decide what steps do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, only
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Address,
    Endpoint,
    Interface,
    Netns,
    Scope,
    State,
)

#: linux/if_link.h: ADDRESS, IFNAME, MTU, LINK, LINKINFO, LINK_NETNSID.
_LINK_ATTRIBUTES = frozenset({1, 3, 4, 5, 18, 37})
#: linux/if_addr.h: ADDRESS, LOCAL.
_ADDRESS_ATTRIBUTES = frozenset({1, 2})
_IFF_LOOPBACK, _IFA_SECONDARY = 0x8, 0x1


class Reader:
    """Reads namespaces with one codec; the calling thread is left in some namespace."""

    def __init__(self, codec: Codec, home: int) -> None:
        self._codec = codec
        self._home = home
        #: For each end of a veth pair that was read, the id of its peer's namespace (None: the same one).
        self._ids: dict[Endpoint, Optional[int]] = {}
        #: The first name of each namespace that was read, by its device and inode.
        self._known: dict[tuple[int, int], Netns] = {}
        self._links = requests.links(codec)
        self._addresses = requests.addresses(codec)

    def read(self, scope: Scope, state: State) -> None:
        """Read what the scope asks for into the state, whose ``names`` are there already.

        Raises: OSError.
        """
        for netns in sorted(scope.read, key=lambda netns: netns or ""):
            if state.has(netns):
                self._read(netns, state)
        self._find_peers(state, scope)
        for end in scope.settings:
            found = state.interface(*end)
            if found is not None and found.addresses:
                self._settings(end, state)

    def _read(self, netns: Netns, state: State) -> None:
        key = namespaces.enter(netns, self._home)
        known = self._known.setdefault(key, netns)
        if netns is not None and known != netns:
            state.aliases[netns] = known
        with RouteSocket() as route:
            links = route.dump(self._links)
            found = state.interfaces[netns] = {}
            by_index: dict[int, str] = {}
            for interface, peer_id in map(self._link, links):
                found[interface.name] = interface
                by_index[interface.ifindex or 0] = interface.name
                if interface.kind == "veth":
                    self._ids[Endpoint(netns, interface.name)] = peer_id
            for name, addresses in self._by_interface(route.dump(self._addresses), by_index).items():
                found[name] = found[name]._replace(addresses=tuple(addresses))

    def _link(self, raw: bytes) -> tuple[Interface, Optional[int]]:
        """An interface, and the id of its peer's namespace."""
        message = self._codec.ifinfmsg(only(raw, 16, _LINK_ATTRIBUTES))
        message.decode()
        attributes = dict(message["attrs"])
        flags = message["flags"]
        info = attributes.get("IFLA_LINKINFO")
        kind = (info.get_attr("IFLA_INFO_KIND") if info is not None else None) or ""
        name = attributes["IFLA_IFNAME"]
        interface = Interface(
            # pyroute2 leaves a name that is not UTF-8 as it is.
            name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name,
            "loopback" if flags & _IFF_LOOPBACK else kind,
            ifindex=message["index"],
            up=bool(flags & requests.IFF_UP),
            carrier=bool(flags & requests.IFF_LOWER_UP),
            mac=attributes.get("IFLA_ADDRESS"),
            mtu=attributes.get("IFLA_MTU"),
            peer_ifindex=attributes.get("IFLA_LINK"),
        )
        return interface, attributes.get("IFLA_LINK_NETNSID")

    def _by_interface(self, dump: Iterable[bytes], by_index: dict[int, str]) -> dict[str, list[Address]]:
        found: dict[str, list[Address]] = {}
        for raw in dump:
            message = self._codec.ifaddrmsg(only(raw, 8, _ADDRESS_ATTRIBUTES))
            message.decode()
            attributes = dict(message["attrs"])
            name = by_index.get(message["index"])
            peer = attributes.get("IFA_ADDRESS", "")
            host = attributes.get("IFA_LOCAL") or peer
            if name is None or not host:
                continue
            # The same bit means "temporary" to IPv6 (linux/if_addr.h).
            secondary = message["family"] == 2 and bool(message["flags"] & _IFA_SECONDARY)
            address = Address(f"{host}/{message['prefixlen']}", secondary, raw, "" if peer == host else peer)
            found.setdefault(name, []).append(address)
        return found

    def _find_peers(self, state: State, scope: Scope) -> None:
        wanted = dict(scope.ends)
        for name in scope.outward & set(state.interfaces):
            for interface in state.inside(name).values():
                if interface.kind == "veth":
                    wanted.setdefault(Endpoint(name, interface.name), [None])
        for end, probable in wanted.items():
            found = state.interface(*end)
            if found is None or found.kind != "veth" or found.peer is not None:
                continue
            if self._find_peer(end, found, probable, state):
                continue
            if end in scope.everywhere or end.netns in scope.outward:
                others = [name for name in namespaces.listed() if name not in probable]
                self._find_peer(end, found, [*others, None], state)

    def _find_peer(self, end: Endpoint, interface: Interface, probable: Iterable[Netns], state: State) -> bool:
        wanted = self._ids[end]
        if wanted is None:
            return self._join(end, interface, end.netns, state)
        namespaces.enter(end.netns, self._home)
        with RouteSocket() as route:
            for netns in probable:
                if netns != end.netns and self._id_of(netns, route, state) == wanted:
                    if netns not in state.interfaces:
                        self._read(netns, state)
                    return self._join(end, interface, netns, state)
        return False

    def _id_of(self, netns: Netns, route: RouteSocket, state: State) -> Optional[int]:
        """The id by which the socket's namespace knows another; None when it knows it by none."""
        if netns is not None and netns not in state.names:
            found = namespaces.what_is(netns)
            if found is not None:
                state.names[netns] = found
        if not state.has(netns):
            return None
        descriptor = self._home if netns is None else namespaces.open_namespace(netns)
        try:
            answer = self._codec.nsidmsg(route.ask(requests.nsid(self._codec, descriptor)))
            answer.decode()
            number = dict(answer["attrs"]).get("NETNSA_NSID")
            return None if number is None or number >= 1 << 31 else int(number)
        except NetlinkError:
            return None
        finally:
            if netns is not None:
                os.close(descriptor)

    @staticmethod
    def _join(end: Endpoint, interface: Interface, netns: Netns, state: State) -> bool:
        """Make the interface and the one of its peer's index in that namespace each other's peers."""
        for other in state.inside(netns).values():
            if (
                other.ifindex == interface.peer_ifindex
                and other.kind == "veth"
                and other.peer_ifindex == interface.ifindex
            ):
                state.change(end.netns, end.interface, peer=Endpoint(netns, other.name))
                state.change(netns, other.name, peer=end)
                return True
        return False

    def _settings(self, end: Endpoint, state: State) -> None:
        # /proc/sys/net shows the settings of the reading thread's namespace.
        namespaces.enter(end.netns, self._home)
        state.change(
            *end,
            promotes=any(_sysctl("ipv4", name, "promote_secondaries") for name in ("all", end.interface)),
            keeps_ipv6=any(_sysctl("ipv6", name, "keep_addr_on_down") for name in ("all", end.interface)),
        )


def _sysctl(family: str, interface: str, name: str) -> bool:
    try:
        with open(f"/proc/sys/net/{family}/conf/{interface}/{name}", encoding="ascii") as file:
            return int(file.read()) > 0
    except (OSError, ValueError):
        return False

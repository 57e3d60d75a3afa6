# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the kernel: namespaces, links with their peers, addresses, and the settings that decide what steps do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces, reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    NAMESPACE,
    Address,
    Endpoint,
    Interface,
    Netns,
    Scope,
    State,
)

#: linux/if_addr.h
_IFA_SECONDARY = 0x1


class Reader:
    """Reads namespaces; the calling thread is left in some namespace."""

    def __init__(self, home: int) -> None:
        self._home = home
        #: For each end of a veth pair that was read, the id of its peer's namespace (None: the same one).
        self._ids: dict[Endpoint, Optional[int]] = {}
        #: Ends that lead into a namespace which has not been read yet, by that one, their peer's index and their own.
        self._leading: dict[tuple[Netns, Optional[int], Optional[int]], Endpoint] = {}
        #: Where the ends that were read are, by their indexes, names and MACs.
        self._ends: dict[tuple[Optional[int], str, Optional[str]], list[Netns]] = {}
        #: The first name of each namespace that was read, by its device and inode.
        self._known: dict[tuple[int, int], Netns] = {}

    def read(self, scope: Scope, state: State) -> None:
        """Read what the scope asks for into the state, whose ``names`` are there already.

        Raises: OSError.
        """
        for netns in sorted(scope.read, key=lambda netns: netns or ""):
            if state.has(netns):
                self._read(netns, state, scope)
        self._find_peers(state, scope)
        for end in scope.settings:
            found = state.interface(*end)
            if found is not None and found.addresses:
                self._settings(end, state)

    def _enter(self, netns: Netns, state: State) -> Optional[tuple[int, int]]:
        """Enter a namespace; gives its device and inode, or None when somebody has removed it meanwhile.

        Raises: OSError.
        """
        try:
            return namespaces.enter(netns, self._home)
        except OSError:
            what = None if netns is None else namespaces.what_is(netns)
            if netns is None or what == NAMESPACE:
                raise
            state.interfaces.pop(netns, None)
            state.names.pop(netns, None)
            if what is not None:
                state.names[netns] = what
            return None

    def _read(self, netns: Netns, state: State, scope: Scope) -> None:
        key = self._enter(netns, state)
        if key is None:
            return
        known = self._known.setdefault(key, netns)
        if netns is not None and known != netns:
            state.aliases[netns] = known
        with RouteSocket() as route:
            links = [reports.link(raw) for raw in route.dump(requests.links())]
            addresses = self._addresses(route.dump(requests.addresses()))
            found = state.interfaces[netns] = {}
            for link in links:
                found[link.name] = self._interface(link, addresses.get(link.ifindex, ()))
                state.altnames.update((Endpoint(netns, other), link.name) for other in link.altnames)
            for link in links:
                if link.kind == "veth":
                    end = Endpoint(netns, link.name)
                    self._ids[end] = link.netns_id
                    self._lead(end, found[link.name], route, state, scope)

    def _lead(self, end: Endpoint, interface: Interface, route: RouteSocket, state: State, scope: Scope) -> None:
        """Find the peer of an end where it probably is, while the socket of its namespace is there to be asked."""
        leading = self._leading.pop((end.netns, interface.ifindex, interface.peer_ifindex), None)
        if leading is not None:
            self._pair(leading, end, state)
            return
        wanted = self._ids[end]
        for netns in scope.ends.get(end, ()):
            unread = netns in scope.read and netns not in state.interfaces
            if wanted is not None and unread and self._id_of(netns, route, state) == wanted:
                self._leading[netns, interface.peer_ifindex, interface.ifindex] = end
                return

    @staticmethod
    def _interface(link: reports.LinkReport, addresses: Iterable[Address]) -> Interface:
        return Interface(
            link.name,
            link.kind,
            ifindex=link.ifindex,
            up=bool(link.flags & requests.IFF_UP),
            carrier=bool(link.flags & requests.IFF_LOWER_UP),
            mac=link.mac,
            mtu=link.mtu,
            # What a macvlan or the like is built upon in another namespace has its index there.
            peer_ifindex=link.other if link.kind == "veth" or link.netns_id is None else None,
            addresses=tuple(addresses),
            group=link.group,
        )

    @staticmethod
    def _addresses(dump: Iterable[bytes]) -> dict[int, list[Address]]:
        """The addresses of reports, by the indexes of their interfaces."""
        found: dict[int, list[Address]] = {}
        for raw in dump:
            told = reports.address(raw)
            if told is not None:
                # The same bit means "temporary" to IPv6 (linux/if_addr.h).
                secondary = told.version == 4 and bool(told.flags & _IFA_SECONDARY)
                found.setdefault(told.ifindex, []).append(Address(told.text, secondary, raw, told.peer))
        return found

    def _find_peers(self, state: State, scope: Scope) -> None:
        wanted = dict(scope.ends)
        for name in scope.outward & set(state.interfaces):
            for interface in state.inside(name).values():
                if interface.kind == "veth":
                    wanted.setdefault(Endpoint(name, interface.name), {None: None})
        for end, probable in wanted.items():
            found = state.interface(*end)
            if found is None or found.kind != "veth" or found.peer is not None:
                continue
            if self._find_peer(end, found, probable, state, scope):
                continue
            if end in scope.everywhere or end.netns in scope.outward:
                if self._find_peer(end, found, self._alike(end, found, state), state, scope):
                    continue
                others = [name for name in namespaces.listed() if name not in probable]
                self._find_peer(end, found, [*others, None], state, scope)

    def _alike(self, end: Endpoint, interface: Interface, state: State) -> list[Netns]:
        """The namespaces that were read and have an interface like the peer of an end, as its own namespace sees it.

        In a thousand of them, where each pair has the same names and indexes, the MAC tells which it is; asking each
        whether it is the one would take a message for each pair and namespace.
        """
        wanted = self._ids[end]
        if wanted is None or interface.peer_ifindex is None or self._enter(end.netns, state) is None:
            return []
        if not self._ends:
            for netns, inside in state.interfaces.items():
                for one in inside.values():
                    if one.kind == "veth":
                        self._ends.setdefault((one.ifindex, one.name, one.mac), []).append(netns)
        with RouteSocket() as route:
            try:
                peer = reports.link(route.ask(requests.link_elsewhere(interface.peer_ifindex, wanted)))
            except NetlinkError:
                return []
        return self._ends.get((peer.ifindex, peer.name, peer.mac), [])

    def _find_peer(
        self, end: Endpoint, interface: Interface, probable: Iterable[Netns], state: State, scope: Scope
    ) -> bool:
        wanted = self._ids[end]
        if wanted is None:
            return self._join(end, interface, end.netns, state)
        if self._enter(end.netns, state) is None:
            return False
        with RouteSocket() as route:
            for netns in probable:
                if netns != end.netns and self._id_of(netns, route, state) == wanted:
                    if netns not in state.interfaces:
                        self._read(netns, state, scope)
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
        try:
            descriptor = self._home if netns is None else namespaces.open_namespace(netns)
        except OSError:
            return None
        try:
            number = requests.nsid_of(route.ask(requests.nsid(descriptor)))
            return None if number is None or number < 0 else number
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
                Reader._pair(end, Endpoint(netns, other.name), state)
                return True
        return False

    @staticmethod
    def _pair(end: Endpoint, other: Endpoint, state: State) -> None:
        """Make two ends each other's peers."""
        state.change(*end, peer=other)
        state.change(*other, peer=end)

    def _settings(self, end: Endpoint, state: State) -> None:
        # /proc/sys/net shows the settings of the reading thread's namespace.
        if self._enter(end.netns, state) is None:
            return
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

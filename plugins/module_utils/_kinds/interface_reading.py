# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading interfaces: those of a namespace, and what leads from them to others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    ALL_LOWER,
    ALL_PEERS,
    ELSEWHERE,
    GO_ALONG,
    PAIRS,
    Interface,
    Lower,
    LowerOf,
    PeerOf,
    Promotes,
    UpperOf,
    lower_index,
    of_report,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.peers import Peers
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket


class Tables(NamedTuple):
    """The kinds in whose tables interfaces are put, with their other names, and which of them are built upon others."""

    interface: Kind[Interface]
    other_name: Kind[str]
    upper: Kind[None]


class Links(Reading[Interface]):
    """One reading of interfaces, with their peers and settings."""

    def __init__(self, scope: Scope, state: State, reader: Reader, tables: Tables) -> None:
        super().__init__(state)
        self._tables = tables
        self._scope, self._reader = scope, reader
        self._peers = Peers(reader)
        self._wanted = scope.wants.get(tables.interface, {})
        self._names: dict[Netns, dict[Optional[int], str]] = {}

    def inside(self, netns: Netns, route: Socket) -> None:
        links = [reports.link(raw) for raw in route.dump(requests.links())]
        rows = self._state.table(self._tables.interface, netns)
        of_ports = {(link.master, link.mac) for link in links if link.master is not None}
        for link in links:
            rows[link.name] = of_report(link)
            if (link.ifindex, link.mac) in of_ports:
                rows[link.name] = rows[link.name]._replace(follows=True)
            if link.kind in GO_ALONG:
                self._state.put(self._tables.upper, netns, link.name, None)
            for other in link.altnames:
                self._state.put(self._tables.other_name, netns, other, link.name)
        probable: dict[str, Iterable[Netns]] = {}
        for detail in self._scope.details(self._tables.interface, netns):
            if isinstance(detail, PeerOf):
                probable[detail.interface] = (*probable.get(detail.interface, ()), *detail.probable)
        self._peers.add(netns, links, route, probable, self._wanted)

    def complete(self) -> None:
        state, peers = self._state, self._peers
        replaceable: list[tuple[Endpoint, UpperOf]] = []
        for netns, details in list(self._wanted.items()):
            rows = state.rows(self._tables.interface, netns)
            everywhere = ALL_PEERS in details
            for detail in details if rows else ():
                if detail == ALL_LOWER:
                    for found in list(rows.values()):
                        self._find_lower(netns, found)
                elif detail == ALL_PEERS:
                    for end in peers.ends(netns):
                        peers.find(end, (None,), True)
                elif detail.interface not in rows:
                    continue
                elif isinstance(detail, UpperOf):
                    replaceable.append((Endpoint(netns, detail.interface), detail))
                elif isinstance(detail, PeerOf):
                    peers.find(Endpoint(netns, detail.interface), detail.probable, detail.everywhere or everywhere)
                elif isinstance(detail, LowerOf):
                    if rows[detail.interface].type not in PAIRS:
                        self._find_rest(netns, rows[detail.interface])
                elif isinstance(detail, Promotes):
                    end = Endpoint(netns, detail.interface)
                    self._change(end, promotes=self._on(end, "ipv4", "promote_secondaries"))
                elif rows[detail.interface].up:
                    end = Endpoint(netns, detail.interface)
                    self._change(end, keeps_ipv6=self._on(end, "ipv6", "keep_addr_on_down"))
        for end, peer in peers.found().items():
            self._change(end, peer=peer)
        self._find_upper([end for end, detail in replaceable if not detail.right or peers.of(end) != detail.right])

    def _find_upper(self, ends: Sequence[Endpoint]) -> None:
        """Find what is built upon interfaces and their peers in other namespaces."""
        if not ends:
            return
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.uppers import uppers

        both = [one for end in ends for one in (end, self._peers.of(end)) if one is not None]
        lower = {one: found.ifindex for one in both for found in (self._found(one),) if found is not None}
        known = {
            netns: [one.report for one in rows.values() if one.report is not None]
            for netns, rows in self._state.tables.get(self._tables.interface, {}).items()
        }
        for end, upper in uppers(self._reader, lower, known).items():
            self._change(end, upper=tuple(upper))

    def _find_rest(self, netns: Netns, found: Interface) -> None:
        """Find what it takes to make a link anew: what it leads to, what there is beside that, and what it has."""
        self._find_lower(netns, found)
        lower = self._state.rows(self._tables.interface, netns)[found.name].lower
        place = netns if lower is None else lower.place
        if place != ELSEWHERE and not self._state.was_read(self._tables.interface, place):
            self._reader.visit(place)
        if self._reader.enter(netns) is not None:
            self._reader.kinds.read_rest(self._state, self._reader, Endpoint(netns, found.name))

    def _find_lower(self, netns: Netns, found: Interface) -> None:
        """Find what a link leads to."""
        link = found.report
        if link is None:
            return
        index = lower_index(found)
        if link.netns_id is None and index in (0, link.ifindex):
            return
        end = Endpoint(netns, found.name)
        if link.netns_id is None:
            lower = Lower(netns, self._name(netns, index), index)
        else:
            if link.kind in PAIRS:
                peer = self._peers.find(end, (), everywhere=True)
                place = None if peer is None else (peer.netns,)
            else:
                place = self._peers.place(netns, link.netns_id)
            seen = self._peers.seen(netns, link._replace(other=index))
            lower = Lower(ELSEWHERE if place is None else place[0], None if seen is None else seen.name, index)
        self._change(end, lower=lower)

    def _name(self, netns: Netns, index: int) -> Optional[str]:
        if netns not in self._names:
            rows = self._state.rows(self._tables.interface, netns)
            self._names[netns] = {one.ifindex: one.name for one in rows.values()}
        return self._names[netns].get(index)

    def _on(self, end: Endpoint, family: str, name: str) -> bool:
        """Tell whether a sysctl of an interface is on.

        To look costs the more, the more namespaces there are: the kernel keeps the names below /proc/sys of all
        namespaces in one list (with a thousand 0.25 ms each, with four thousand 2 ms, seen on Linux 6.18).
        """
        from ansible_collections.linuxnet.netns.plugins.module_utils._sysctl import is_on

        if self._reader.enter(end.netns) is None:
            return False
        # The kernel heeds either of the two.
        return any(is_on(self._reader.setting(f"{family}/conf/{one}/{name}")) for one in ("all", end.interface))

    def _found(self, end: Endpoint) -> Optional[Interface]:
        return self._state.row(self._tables.interface, end.netns, end.interface)

    def _change(self, end: Endpoint, **fields: Any) -> None:
        found = self._found(end)
        if found is not None:
            self._state.put(self._tables.interface, end.netns, end.interface, found._replace(**fields))

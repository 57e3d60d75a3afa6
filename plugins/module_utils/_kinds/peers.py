# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the other ends of veth pairs, which may be in any namespace that has a name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import PAIRS
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.reports import LinkReport

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

#: By what an end is known in another namespace: its index, name and MAC address.
_Likeness = tuple[int, str, Optional[str]]


class Peers:
    """The other ends of the veth pairs of namespaces that are read one after the other.

    A namespace knows another by an id of its own, which the report of an end has (None: the same namespace). To find
    out whose id that is, each namespace in question is asked for by its name.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        #: The veth ends of each namespace that was read, by their indexes.
        self._ends: dict[Netns, dict[int, LinkReport]] = {}
        #: Ends that lead into a namespace which has not been read yet, by that one, their peer's index and their own.
        self._leading: dict[tuple[Netns, Optional[int], int], Endpoint] = {}
        self._named: dict[Endpoint, LinkReport] = {}
        self._alike: dict[_Likeness, list[Netns]] = {}
        self._seen: dict[Endpoint, Optional[LinkReport]] = {}
        self._found: dict[Endpoint, Endpoint] = {}
        #: The ends whose peers were looked for everywhere in vain.
        self._nowhere: set[Endpoint] = set()

    def add(
        self,
        netns: Netns,
        links: Iterable[LinkReport],
        route: Socket,
        probable: Mapping[str, Iterable[Netns]],
        ahead: Collection[Netns],
    ) -> None:
        """Take in the links of a namespace, while its socket is there to be asked.

        ``probable``: the namespaces where the peers of its interfaces probably are, by their names; ``ahead``: those
        that will be read.
        """
        ends = self._ends[netns] = {}
        for link in links:
            if link.kind not in PAIRS:
                continue
            end = Endpoint(netns, link.name)
            ends[link.ifindex] = self._named[end] = link
            leading = self._leading.pop((netns, link.ifindex, link.other), None) if link.other else None
            if leading is not None:
                self._pair(leading, end)
                continue
            for other in probable.get(link.name, ()):
                unread = other in ahead and other not in self._ends
                if link.netns_id is not None and unread and self._reader.id_of(other, route) == link.netns_id:
                    self._leading[other, link.other, link.ifindex] = end
                    break

    def find(self, end: Endpoint, probable: Iterable[Netns], everywhere: bool) -> Optional[Endpoint]:
        """Return the peer of an end that was taken in: in its own namespace, a probable one, or wherever it is."""
        found = self._found.get(end)
        link = self._named.get(end)
        if found is not None or link is None or end in self._nowhere:
            return found
        probable = tuple(probable)
        if self._find(end.netns, link, probable) or not everywhere:
            return self._found.get(end)
        if not self._find(end.netns, link, self._likely(end.netns, link)):
            self._find(end.netns, link, [*(name for name in self._reader.all_names() if name not in probable), None])
        if end not in self._found:
            self._nowhere.add(end)
        return self._found.get(end)

    def ends(self, netns: Netns) -> Iterator[Endpoint]:
        """Yield the ends in a namespace."""
        return (Endpoint(netns, link.name) for link in self._ends.get(netns, {}).values())

    def _find(self, netns: Netns, link: LinkReport, probable: Iterable[Netns]) -> bool:
        wanted = link.netns_id
        if wanted is None:
            return self._join(netns, link, netns)
        if self._reader.enter(netns) is None:
            return False
        route: Any
        with self._reader.socket() as route:
            for other in probable:
                if other != netns and self._reader.id_of(other, route) == wanted:
                    known = other in self._ends or self._reader.visit(other)
                    return known and self._join(netns, link, other)
        return False

    def place(self, netns: Netns, netns_id: Optional[int]) -> Optional[tuple[Netns]]:
        """Return the namespace that another knows by an id, as a tuple of one; None where it is none that has a
        name.
        """
        if self._reader.enter(netns) is None:
            return None
        route: Any
        with self._reader.socket() as route:
            # What a VLAN or a macvlan is built upon does not know of it.
            for place in [*self._ends, *(name for name in self._reader.all_names() if name not in self._ends), None]:
                if place != netns and self._reader.id_of(place, route) == netns_id:
                    return (place,)
        return None

    def seen(self, netns: Netns, link: LinkReport) -> Optional[LinkReport]:
        """Return what a link leads to in another namespace, as its own namespace sees it; None where it may not."""
        if link.netns_id is None or link.netns_id < 0 or not link.other:
            return None
        end = Endpoint(netns, link.name)
        if end not in self._seen:
            self._seen[end] = None
            if self._reader.enter(netns) is not None:
                self._seen[end] = self._elsewhere(link.other, link.netns_id)
        return self._seen[end]

    def _elsewhere(self, index: int, netns_id: int) -> Optional[LinkReport]:
        """Return an interface of a namespace that is known by an id, where it may be looked at."""
        route: Any
        with self._reader.socket() as route:
            try:
                return reports.link(route.ask(requests.link_elsewhere(index, netns_id)))
            except NetlinkError as error:
                if not is_none(error):
                    raise
                return None

    def _likely(self, netns: Netns, link: LinkReport) -> list[Netns]:
        """Return the namespaces that were read and have an interface like the peer of an end, as its own namespace sees
        it.

        In a thousand of them, where each pair has the same names and indexes, the MAC tells which it is; asking each
        whether it is the one would take a message for each pair and namespace.
        """
        peer = self.seen(netns, link)
        if peer is None:
            return []
        if not self._alike:
            for place, ends in self._ends.items():
                for one in ends.values():
                    self._alike.setdefault((one.ifindex, one.name, one.mac), []).append(place)
        return self._alike.get((peer.ifindex, peer.name, peer.mac), [])

    def _join(self, netns: Netns, link: LinkReport, there: Netns) -> bool:
        """Make an end and the one of its peer's index in a namespace each other's peers, if that one leads back."""
        other = self._ends.get(there, {}).get(link.other or 0)
        if other is None or other.other != link.ifindex:
            return False
        self._pair(Endpoint(netns, link.name), Endpoint(there, other.name))
        return True

    def _pair(self, end: Endpoint, other: Endpoint) -> None:
        self._found[end], self._found[other] = other, end

    def of(self, end: Endpoint) -> Optional[Endpoint]:
        """Return the peer of an end, as far as it was found."""
        return self._found.get(end)

    def found(self) -> Mapping[Endpoint, Endpoint]:
        """Return the peers that were found, both ways."""
        return self._found

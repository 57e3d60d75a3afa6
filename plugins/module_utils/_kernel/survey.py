# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads all there is in many namespaces: links with their peers, addresses, routes, processes.

Every namespace is known by its device and inode, whatever it is called, and whether it has a name at all.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, NetlinkError, said
from ansible_collections.linuxnet.netns.plugins.module_utils._info import (
    Place,
    Seen,
    SeenAddress,
    SeenHop,
    SeenLink,
    SeenPeer,
    SeenProcess,
    SeenRoute,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces, syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import demand_capabilities
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._model import DANGLING, FOREIGN, NAMESPACE, STALE, shown
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests

_FAMILIES = {4: "ipv4", 6: "ipv6"}
#: linux/if_addr.h: the flag of an address that is still being looked for elsewhere.
_TENTATIVE = 0x40
#: linux/if.h, in the order in which ``ip`` writes them (print_link_flags() in its ipaddress.c).
_FLAGS = {
    0x8: "LOOPBACK",
    0x2: "BROADCAST",
    0x10: "POINTOPOINT",
    0x1000: "MULTICAST",
    0x80: "NOARP",
    0x200: "ALLMULTI",
    0x100: "PROMISC",
    0x400: "MASTER",
    0x800: "SLAVE",
    0x4: "DEBUG",
    0x8000: "DYNAMIC",
    0x4000: "AUTOMEDIA",
    0x2000: "PORTSEL",
    0x20: "NOTRAILERS",
    0x1: "UP",
    0x10000: "LOWER_UP",
    0x20000: "DORMANT",
    0x40000: "ECHO",
}
_UP, _RUNNING = 0x1, 0x40
#: linux/rtnetlink.h: types, scopes and protocols of routes, and scopes of addresses. ``ip`` has more protocols (its
#: rt_protos).
_TYPES = {1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast"}
_TYPES.update({6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"})
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_PROTOCOLS = {0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt"}
_PROTOCOLS.update({11: "zebra", 12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 18: "keepalived"})
_PROTOCOLS.update({42: "babel", 84: "ovn", 99: "openr", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp"})
_TABLE_LOCAL, _CLONED = 255, 0x200

#: A namespace that goes away while it is being read has no more devices, or its process or name is gone.
_GONE = (errno.ENOENT, errno.ESRCH, errno.EINVAL, errno.ENODEV, errno.ENOTDIR)

#: What a name stands for, as it is told.
_STATES = {NAMESPACE: "present", STALE: "stale", DANGLING: "stale", FOREIGN: "foreign"}
#: A namespace, whatever it is called: the device and the inode of its file.
_Key = tuple[int, int]
#: By what one end of a link is looked for: its index, its peer's index, its name, its MAC address.
_End = tuple[int, int, str, str]


class _Inside(NamedTuple):
    """What was read in one namespace; ``far`` are the name and the MAC address of other ends, by index of a link."""

    place: Place
    links: dict[int, reports.LinkReport]
    addresses: Sequence[SeenAddress] = ()
    routes: Sequence[SeenRoute] = ()
    far: Optional[dict[int, tuple[str, str]]] = None


class Survey:
    """Reads namespaces; the calling thread is brought back to its own."""

    def __init__(self) -> None:
        """Raises: KernelError, when the process lacks a capability."""
        demand_capabilities()
        self._home = namespaces.current()
        found = os.fstat(self._home)
        self._host = found.st_dev, found.st_ino
        self._inside: dict[_Key, _Inside] = {}
        self._ends: dict[_End, list[_Key]] = {}
        self._peers: dict[tuple[_Key, int], tuple[_Key, int]] = {}
        #: A path to each namespace that was come across, and its name where it has one.
        self._paths: dict[_Key, str] = {}
        self._names: dict[_Key, str] = {}
        self._looked_everywhere = False

    def close(self) -> None:
        """Let go of what was held."""
        os.close(self._home)

    def look(self, places: Optional[Mapping[Place, str]]) -> list[Seen]:
        """What there is at the places, which are given with the options that ask for them; None for all with a name.

        Raises: Invalid, naming the options of those that cannot be read. KernelError.
        """
        try:
            with namespaces.away(self._home):
                return self._look(places)
        except OSError as error:
            raise KernelError(f"The state of this host's network could not be read: {said(error)}.") from error

    def _look(self, places: Optional[Mapping[Place, str]]) -> list[Seen]:
        names = namespaces.listed()
        asked = {Place(name=name): "" for name in names} if places is None else places
        for name in names:
            with suppress(OSError):
                self._names.setdefault(_key(namespaces.path_of(name)), name)
        states: dict[Place, str] = {}
        keys: dict[Place, _Key] = {}
        problems = Problems()
        for place, option in asked.items():
            try:
                states[place] = self._state(place)
                if states[place] == "present":
                    keys[place] = self._read(place)
            except OSError as error:
                if error.errno in _GONE:
                    states[place] = "absent"
                else:
                    problems.add(option, f"{place} could not be read: {shown(said(error))}{_remedy(place, error)}")
        problems.check()
        # This process itself is to be found where it lives.
        syscalls.setns(self._home)
        processes = _processes(set(keys.values()))
        self._find_peers(list(dict.fromkeys(keys.values())))
        return [
            self._seen(place, states[place], keys.get(place), processes)
            for place in asked
            # What went away while all that is there was read was not asked for by name.
            if places is not None or states[place] != "absent"
        ]

    @staticmethod
    def _state(place: Place) -> str:
        if place.is_host:
            return "present"
        if place.pid is not None:
            # A process has one, unless it has ended.
            os.stat(_path(place))
            return "present"
        what = namespaces.what_is_at(_path(place))
        return "absent" if what is None else _STATES[what]

    def _read(self, place: Place, *, only_links: bool = False) -> _Key:
        descriptor = self._open(place)
        try:
            found = os.fstat(descriptor)
            key = found.st_dev, found.st_ino
            if key in self._inside:
                return key
            syscalls.setns(descriptor)
        finally:
            if descriptor != self._home:
                os.close(descriptor)
        self._paths[key] = _path(place)
        with RouteSocket() as route:
            links = {link.ifindex: link for link in map(reports.link, route.dump(requests.links()))}
            if only_links:
                inside = _Inside(place, links)
            else:
                addresses = [one for raw in route.dump(requests.addresses()) for one in _addresses(raw, links)]
                routes = [one for raw in route.dump(requests.routes()) for one in _routes(raw, links)]
                inside = _Inside(place, links, addresses, routes, self._far(links, route))
        self._inside[key] = inside
        for link in links.values():
            if link.other is not None:
                self._ends.setdefault((link.ifindex, link.other, link.name, link.mac or ""), []).append(key)
        return key

    def _open(self, place: Place) -> int:
        if place.is_host:
            return self._home
        if place.name is not None:
            return namespaces.open_namespace(place.name)
        # A path such as /proc/self/ns/net means where this process lives, not where it has gone to read.
        syscalls.setns(self._home)
        return os.open(_path(place), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def _open_again(self, key: _Key) -> int:
        """A descriptor of a namespace that was read. Raises: OSError."""
        if key == self._host:
            return os.dup(self._home)
        syscalls.setns(self._home)
        return os.open(self._paths[key], os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    @staticmethod
    def _far(links: dict[int, reports.LinkReport], route: RouteSocket) -> dict[int, tuple[str, str]]:
        """The name and the MAC address of the other ends that are in other namespaces."""
        found = {}
        for link in links.values():
            if link.netns_id is not None and link.netns_id >= 0 and link.other is not None:
                # Where the caller has no rights in the other namespace, it is not told.
                with suppress(NetlinkError):
                    other = reports.link(route.ask(requests.link_elsewhere(link.other, link.netns_id)))
                    found[link.ifindex] = other.name, other.mac or ""
        return found

    def _find_peers(self, keys: Sequence[_Key]) -> None:
        missing = [(key, link) for key in keys for link in self._inside[key].links.values() if self._is_far(key, link)]
        missing = [(key, link) for key, link in missing if not self._find_peer(key, link)]
        if missing and not self._looked_everywhere:
            self._looked_everywhere = True
            known = {self._names.get(key) for key in self._inside}
            for place in [Place(), *(Place(name=name) for name in namespaces.listed() if name not in known)]:
                with suppress(OSError):
                    if self._state(place) == "present":
                        self._read(place, only_links=True)
            for key, link in missing:
                self._find_peer(key, link)

    def _is_far(self, key: _Key, link: reports.LinkReport) -> bool:
        return link.ifindex in (self._inside[key].far or {})

    def _find_peer(self, key: _Key, link: reports.LinkReport) -> bool:
        if (key, link.ifindex) in self._peers:
            return True
        far = (self._inside[key].far or {})[link.ifindex]
        other = link.other or 0
        pair = self._ends.get((other, link.ifindex, *far), ())
        # What a vlan or a macvlan is built upon does not know of it.
        candidates = pair or [one for one, inside in self._inside.items() if _has(inside, other, *far)]
        for candidate in candidates:
            if candidate != key and self._id_of(candidate, key) == link.netns_id:
                self._peers[key, link.ifindex] = candidate, other
                if pair:
                    self._peers[candidate, other] = key, link.ifindex
                return True
        return False

    def _id_of(self, other: _Key, key: _Key) -> Optional[int]:
        """The id by which a namespace knows another."""
        try:
            descriptor = self._open_again(other)
        except OSError:
            return None
        try:
            self._enter(key)
            with RouteSocket() as route:
                return requests.nsid_of(route.ask(requests.nsid(descriptor)))
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _enter(self, key: _Key) -> None:
        descriptor = self._open_again(key)
        try:
            syscalls.setns(descriptor)
        finally:
            os.close(descriptor)

    def _seen(self, place: Place, state: str, key: Optional[_Key], processes: dict[_Key, list[SeenProcess]]) -> Seen:
        if key is None:
            return Seen(place, state, place.name)
        inside = self._inside[key]
        return Seen(
            place,
            state,
            place.name or self._names.get(key),
            key[1],
            [self._seen_link(key, link, inside) for link in inside.links.values()],
            inside.addresses,
            inside.routes,
            processes.get(key, ()),
        )

    def _seen_link(self, key: _Key, link: reports.LinkReport, inside: _Inside) -> SeenLink:
        master = inside.links.get(link.master or 0)
        return SeenLink(
            link.name,
            link.kind,
            link.ifindex,
            _flags(link, inside),
            link.mac,
            link.mtu,
            None if master is None else master.name,
            self._lower(key, link, inside),
        )

    def _lower(self, key: _Key, link: reports.LinkReport, inside: _Inside) -> Optional[SeenPeer]:
        if not link.other or (link.netns_id is None and link.other == link.ifindex):
            return None
        if link.netns_id is None:
            there: Optional[_Key] = key
            same = inside.links.get(link.other)
            name = None if same is None else same.name
        else:
            there = self._peers.get((key, link.ifindex), (None, 0))[0]
            far = (inside.far or {}).get(link.ifindex)
            name = None if far is None else far[0]
        if there is None or (there != self._host and there not in self._names):
            return SeenPeer("elsewhere" if there != key else "namespace", None, name, link.other)
        if there == self._host:
            return SeenPeer("host", None, name, link.other)
        return SeenPeer("namespace", self._names[there], name, link.other)


def _path(place: Place) -> str:
    if place.is_host:
        return f"/proc/{os.getpid()}/ns/net"
    if place.name is not None:
        return namespaces.path_of(place.name)
    return place.path if place.path is not None else f"/proc/{place.pid}/ns/net"


def _key(path: str) -> _Key:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _remedy(place: Place, error: OSError) -> str:
    # proc_ns_get_link() in fs/proc/namespaces.c.
    denied = place.pid is not None and error.errno == errno.EACCES
    return "; looking into another's process takes CAP_SYS_PTRACE" if denied else ""


def _flags(link: reports.LinkReport, inside: _Inside) -> tuple[str, ...]:
    """The flags of a link, as ``ip link`` writes them."""
    lower = inside.links.get(link.other or 0) if link.netns_id is None else None
    return (
        *(["NO-CARRIER"] if link.flags & _UP and not link.flags & _RUNNING else []),
        *(name for flag, name in _FLAGS.items() if link.flags & flag),
        *(["M-DOWN"] if lower is not None and not lower.flags & _UP else []),
    )


def _has(inside: _Inside, index: int, name: str, mac: str) -> bool:
    found = inside.links.get(index)
    return found is not None and (found.name, found.mac or "") == (name, mac)


def _processes(keys: set[_Key]) -> dict[_Key, list[SeenProcess]]:
    """The processes in each namespace; one that ends meanwhile is left out."""
    found: dict[_Key, list[SeenProcess]] = {}
    for pid in sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        with suppress(OSError):
            key = _key(f"/proc/{pid}/ns/net")
            if key in keys:
                with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                    found.setdefault(key, []).append(SeenProcess(pid, file.read().rstrip("\n")))
    return found


def _addresses(raw: bytes, links: Mapping[int, reports.LinkReport]) -> list[SeenAddress]:
    """The address of a report, unless its link has gone or it is of another family."""
    told = reports.address(raw)
    link = None if told is None else links.get(told.ifindex)
    if told is None or link is None:
        return []
    return [
        SeenAddress(
            link.name,
            told.text,
            _FAMILIES[told.version],
            _SCOPES.get(told.scope, str(told.scope)),
            told.peer or None,
            bool(told.flags & _TENTATIVE),
        )
    ]


def _routes(raw: bytes, links: Mapping[int, reports.LinkReport]) -> list[SeenRoute]:
    """The route of a report, unless the kernel keeps it by itself or it is of another family."""
    told = reports.route(raw)
    if told is None or told.table == _TABLE_LOCAL or told.flags & _CLONED:
        return []
    out = [links.get(hop.ifindex or 0) for hop in told.hops]
    hops = [SeenHop(hop.gateway, None if link is None else link.name, hop.weight) for hop, link in zip(told.hops, out)]
    return [
        SeenRoute(
            told.destination,
            _FAMILIES[told.version],
            _TYPES.get(told.kind, str(told.kind)),
            told.table,
            _PROTOCOLS.get(told.protocol, str(told.protocol)),
            _SCOPES.get(told.scope, str(told.scope)),
            told.source,
            told.metric,
            tuple(hops),
            told.origin,
            told.tos,
            told.object_id,
        )
    ]

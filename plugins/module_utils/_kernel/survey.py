# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads all there is in many namespaces: links with their peers, addresses, routes, processes.

Reports are taken apart by hand, of each the few attributes that are told. Decoding takes five to twenty times as long;
pyroute2 has no name for the id of a nexthop object (RTA_NH_ID), and gives names that are no UTF-8 as bytes.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Optional

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
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces, requests, syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import demand_capabilities
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, attributes
from ansible_collections.linuxnet.netns.plugins.module_utils._model import FOREIGN, NAMESPACE, STALE, shown
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

_LINK, _ADDRESS, _ROUTE = struct.Struct("=BxHiII"), struct.Struct("=BBBBi"), struct.Struct("=BBBBBBBBI")
_NUMBER, _SIGNED, _NEXT_HOP = struct.Struct("=I"), struct.Struct("=i"), struct.Struct("=HBBi")
_UNSPECIFIED = 0
_FAMILIES = {2: "ipv4", 10: "ipv6"}
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
_TABLE_LOCAL, _CLONED, _TENTATIVE = 255, 0x200, 0x40

#: A namespace that goes away while it is being read has no more devices, or its process or name is gone.
_GONE = (errno.ENOENT, errno.ESRCH, errno.EINVAL, errno.ENODEV, errno.ENOTDIR)

#: A namespace, whatever it is called: the device and the inode of its file.
_Key = tuple[int, int]
#: By what one end of a link is looked for: its index, its peer's index, its name, its MAC address.
_End = tuple[int, int, str, bytes]


class _Raw(NamedTuple):
    """A link as reported: ``other`` and ``netns_id`` are the index and the namespace of its other end."""

    name: str
    kind: str
    ifindex: int
    flags: int
    told: dict[int, bytes]
    other: Optional[int]
    netns_id: Optional[int]


class _Inside(NamedTuple):
    """What was read in one namespace; ``far`` are the name and the MAC address of other ends, by index of a link."""

    place: Place
    links: dict[int, _Raw]
    addresses: Sequence[SeenAddress] = ()
    routes: Sequence[SeenRoute] = ()
    far: Optional[dict[int, tuple[str, bytes]]] = None


class Survey:
    """Reads namespaces; the calling thread is brought back to its own."""

    def __init__(self) -> None:
        """Raises: KernelError, when the process lacks a capability. LibraryMissing."""
        demand_capabilities()
        self._codec = Codec()
        self._home = namespaces.current()
        found = os.fstat(self._home)
        self._host = found.st_dev, found.st_ino
        self._links = requests.links(self._codec)
        self._addresses = requests.addresses(self._codec)
        self._routes = requests.routes(self._codec, _UNSPECIFIED)
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
        return "absent" if what is None else {NAMESPACE: "present", STALE: "stale", FOREIGN: "foreign"}[what]

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
            links = {link.ifindex: link for link in map(_link, route.dump(self._links))}
            if only_links:
                inside = _Inside(place, links)
            else:
                addresses = [one for raw in route.dump(self._addresses) for one in _address(raw, links)]
                routes = [one for raw in route.dump(self._routes) for one in _route(raw, links)]
                inside = _Inside(place, links, addresses, routes, self._far(links, route))
        self._inside[key] = inside
        for link in links.values():
            if link.other is not None:
                self._ends.setdefault((link.ifindex, link.other, link.name, link.told.get(1, b"")), []).append(key)
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
    def _far(links: dict[int, _Raw], route: RouteSocket) -> dict[int, tuple[str, bytes]]:
        """The name and the MAC address of the other ends that are in other namespaces."""
        found = {}
        for link in links.values():
            if link.netns_id is not None and link.netns_id >= 0 and link.other is not None:
                # Where the caller has no rights in the other namespace, it is not told.
                with suppress(NetlinkError):
                    other = _link(route.ask(requests.link_elsewhere(link.other, link.netns_id)))
                    found[link.ifindex] = other.name, other.told.get(1, b"")
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

    def _is_far(self, key: _Key, link: _Raw) -> bool:
        return link.ifindex in (self._inside[key].far or {})

    def _find_peer(self, key: _Key, link: _Raw) -> bool:
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
                answer = attributes(route.ask(requests.nsid(self._codec, descriptor)), 4)
                return _integer(answer.get(1), _SIGNED)
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

    def _seen_link(self, key: _Key, link: _Raw, inside: _Inside) -> SeenLink:
        master = inside.links.get(_integer(link.told.get(10)) or 0)
        return SeenLink(
            link.name,
            link.kind,
            link.ifindex,
            _flags(link, inside),
            _mac(link.told.get(1)),
            _integer(link.told.get(4)),
            None if master is None else master.name,
            self._lower(key, link, inside),
        )

    def _lower(self, key: _Key, link: _Raw, inside: _Inside) -> Optional[SeenPeer]:
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


def _flags(link: _Raw, inside: _Inside) -> tuple[str, ...]:
    """The flags of a link, as ``ip link`` writes them."""
    lower = inside.links.get(link.other or 0) if link.netns_id is None else None
    return (
        *(["NO-CARRIER"] if link.flags & _UP and not link.flags & _RUNNING else []),
        *(name for flag, name in _FLAGS.items() if link.flags & flag),
        *(["M-DOWN"] if lower is not None and not lower.flags & _UP else []),
    )


def _has(inside: _Inside, index: int, name: str, mac: bytes) -> bool:
    found = inside.links.get(index)
    return found is not None and found.name == name and found.told.get(1, b"") == mac


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


def _link(raw: bytes) -> _Raw:
    told = attributes(raw, 16)
    _family, _type, index, flags, _change = _LINK.unpack_from(raw, 16)
    kind = attributes(told.get(18, b""), -16).get(1, b"")
    return _Raw(
        _text(told.get(3, b"")),
        "loopback" if flags & 0x8 else _text(kind),
        index,
        flags,
        told,
        _integer(told.get(5)),
        _integer(told.get(37), _SIGNED),
    )


def _address(raw: bytes, links: dict[int, _Raw]) -> list[SeenAddress]:
    family, length, _flags, scope, index = _ADDRESS.unpack_from(raw, 16)
    if family not in _FAMILIES or index not in links:
        return []
    told = attributes(raw, 8)
    remote = told.get(1, b"")
    own = told.get(2) or remote
    if not own:
        return []
    return [
        SeenAddress(
            links[index].name,
            f"{socket.inet_ntop(family, own)}/{length}",
            _FAMILIES[family],
            _SCOPES.get(scope, str(scope)),
            socket.inet_ntop(family, remote) if remote and remote != own else None,
            bool((_integer(told.get(8)) or 0) & _TENTATIVE),
        )
    ]


def _route(raw: bytes, links: dict[int, _Raw]) -> list[SeenRoute]:
    family, length, from_length, tos, table, protocol, scope, kind, flags = _ROUTE.unpack_from(raw, 16)
    if family not in _FAMILIES or table == _TABLE_LOCAL or flags & _CLONED:
        return []
    told = attributes(raw, 12)
    to = told.get(1)
    source, origin = told.get(7), told.get(2)
    return [
        SeenRoute(
            "default" if to is None or length == 0 else f"{socket.inet_ntop(family, to)}/{length}",
            _FAMILIES[family],
            _TYPES.get(kind, str(kind)),
            _integer(told.get(15)) or table,
            _PROTOCOLS.get(protocol, str(protocol)),
            _SCOPES.get(scope, str(scope)),
            None if source is None else socket.inet_ntop(family, source),
            _integer(told.get(6)),
            tuple(_hops(family, told, links)),
            None if origin is None else f"{socket.inet_ntop(family, origin)}/{from_length}",
            tos,
            _integer(told.get(30)),
        )
    ]


def _hops(family: int, told: dict[int, bytes], links: dict[int, _Raw]) -> list[SeenHop]:
    several = told.get(9)
    if several is None:
        return [_hop(family, told, _integer(told.get(4)), 1, links)]
    hops, offset = [], 0
    while offset + _NEXT_HOP.size <= len(several):
        length, _flags, weight, index = _NEXT_HOP.unpack_from(several, offset)
        if length < _NEXT_HOP.size:
            break
        own = attributes(several[offset : offset + length], _NEXT_HOP.size - 16)
        hops.append(_hop(family, own, index, weight + 1, links))
        offset += (length + 3) & ~3
    return hops


def _hop(family: int, told: dict[int, bytes], index: Optional[int], weight: int, links: dict[int, _Raw]) -> SeenHop:
    gateway = told.get(5)
    via = told.get(18)
    if gateway is not None:
        text: Optional[str] = socket.inet_ntop(family, gateway)
    elif via is not None and len(via) in (6, 18):
        # struct rtvia: a gateway of another family.
        text = socket.inet_ntop(struct.unpack_from("=H", via)[0], via[2:])
    else:
        text = None
    link: Any = links.get(index or 0)
    return SeenHop(text, None if link is None else link.name, weight)


def _integer(value: Optional[bytes], form: struct.Struct = _NUMBER) -> Optional[int]:
    return None if value is None else int(form.unpack_from(value)[0])


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")


def _mac(value: Optional[bytes]) -> Optional[str]:
    return value.hex(":") if value else None

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint of what interfaces have that nothing here manages, and that goes with them unnamed.

The bridge or other master that they are in, what is set of them as ports of a bridge, their alias, group, queue length,
flags and IPv4 settings, and their permanent neighbours can be put back. What cannot is told: interfaces that were built
upon them, queueing disciplines, IPv6 settings, and so on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import messages, namespaces, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, attributes, only
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, describe

#: linux/if_link.h: IFNAME, LINKINFO with its KIND; MASTER, TXQLEN, IFALIAS, GROUP, which can be set again.
_IFNAME, _LINKINFO, _KIND = 3, 18, 1
_SETTABLE = {10: "master", 13: "queue length", 20: "alias", 27: "group"}
_MASTER_OF = 10
#: linux/if_link.h: SLAVE_KIND and SLAVE_DATA of LINKINFO; of a bridge's port what people set (IFLA_BRPORT_…): priority,
#: cost, hairpin mode, BPDU guard, root block, fast leave, learning, flooding, proxy ARP, multicast router, flooding of
#: multicast, multicast to unicast, VLAN tunnel, flooding of broadcast, forwarding mask, neighbour suppression,
#: isolated, locked, MAB, neighbour suppression by VLAN.
_SLAVE_KIND, _SLAVE_DATA = 4, 5
_OF_PORT = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 25, 27, 28, 29, 30, 31, 32, 33, 39, 40, 42})
#: linux/if_link.h: MTU, PROP_LIST; AF_SPEC holds the sysctls: AF_INET with CONF, AF_INET6 with CONF and ADDR_GEN_MODE.
_MTU, _PROP_LIST, _AF_SPEC = 4, 52, 26
_AF_INET, _AF_INET6, _INET_CONF, _INET6_CONF, _ADDR_GEN_MODE = 2, 10, 1, 2, 8
#: linux/if.h: the flags that people set: NOARP, PROMISC, ALLMULTI.
_FLAGS = 0x80 | 0x100 | 0x200
#: linux/rtnetlink.h: GETQDISC; TCA_KIND and TCA_OPTIONS. linux/neighbour.h: AF_BRIDGE, NTF_PROXY.
_GETQDISC, _TCA_KIND, _TCA_OPTIONS = 38, 1, 2
_AF_BRIDGE, _PROXY = 7, 0x08
#: linux/neighbour.h: DST, LLADDR; MASTER, which the entries of bridge ports have; the states that people give.
_NEIGHBOUR_ATTRIBUTES, _MASTER = frozenset({1, 2}), 9
_PERMANENT, _NOARP = 0x80, 0x40


class _Link(NamedTuple):
    """An interface: what can be set again, and the rest, which can only be compared, by what it is called."""

    ifindex: int
    kind: str
    flags: int
    settable: dict[int, bytes]
    port: dict[int, bytes]
    settings: bytes
    rest: dict[str, object]


class _Inside(NamedTuple):
    """What there is in a namespace: the interfaces by name, and the permanent neighbours as requests for them."""

    links: dict[str, _Link]
    neighbours: list[bytes]


class Belongings:
    """What the interfaces of some namespaces have besides what is managed here, as it was."""

    def __init__(self, home: int, places: Sequence[Netns]) -> None:
        """Raises: OSError. The calling thread is left in one of the namespaces."""
        self._home = home
        self._were = {netns: self._read(netns) for netns in places}

    def _read(self, netns: Netns) -> _Inside:
        namespaces.enter(netns, self._home)
        with RouteSocket() as route:
            links = dict(map(_link, route.dump(requests.links())))
            by_index = {link.ifindex: link for link in links.values()}
            for what, index, told in [*_qdiscs(route), *_entries(route)]:
                if index in by_index:
                    known = by_index[index].rest.setdefault(what, [])
                    if isinstance(known, list):
                        known.append(told)
            return _Inside(links, list(_neighbours(route)))

    def revive(self) -> list[str]:
        """Put back what has gone; gives what could not be put back, in words."""
        return [f"{what} in {describe(netns)}" for netns in self._were for what in self._revive(netns)]

    def lost(self) -> list[str]:
        """The permanent neighbours that have gone from interfaces that are still there, in words."""
        return [f"{what} in {describe(netns)}" for netns in self._were for what in self._lost(netns)]

    def _lost(self, netns: Netns) -> Iterator[str]:
        try:
            now = self._read(netns)
        except OSError:
            return  # the namespace has gone, as it was to
        there = {link.ifindex: name for name, link in now.links.items()}
        for neighbour in self._were[netns].neighbours:
            (index,) = struct.unpack_from("=i", neighbour, 20)
            if neighbour not in now.neighbours and index in there:
                yield f"permanent neighbour of {there[index]}"
        called = {struct.pack("=I", link.ifindex): name for name, link in self._were[netns].links.items()}
        for name, was in self._were[netns].links.items():
            master = called.get(was.settable[_MASTER_OF])
            if master in now.links and name in now.links and not now.links[name].settable[_MASTER_OF]:
                yield f"{name} as a port of {master}, with what was set of it there,"

    def _revive(self, netns: Netns) -> list[str]:
        were = self._were[netns]
        left: list[str] = []
        try:
            for name, link in self._read(netns).links.items():
                for what, request in _requests(link, were.links.get(name, link)):
                    error = self._request(netns, request)
                    if error is not None:
                        left.append(f"the {what} of {name} ({error})")
            now = self._read(netns)
            missing = [one for one in were.neighbours if one not in now.neighbours]
            with RouteSocket() as route:
                errors = [error for one in missing for error in route.request([one]) if error is not None]
            left.extend(f"a permanent neighbour ({error})" for error in errors)
            left.extend(_differences(were.links, now.links))
        except OSError as error:
            left.append(f"what interfaces have ({error})")
        return left

    def _request(self, netns: Netns, request: bytes) -> Optional[NetlinkError]:
        namespaces.enter(netns, self._home)
        with RouteSocket() as route:
            return route.request([request])[0]


def _requests(link: _Link, was: _Link) -> Iterator[tuple[str, bytes]]:
    """What makes an interface as it was again, as far as it can be: what it is called, and the request."""
    for kind, value in was.settable.items():
        if value != link.settable[kind]:
            # What was not there before is set to nothing: no master, an empty alias.
            yield _SETTABLE[kind], requests.setting(link.ifindex, kind, value or bytes(4))
    if was.port and was.port != link.port:
        yield "port settings", requests.port(link.ifindex, was.port)
    if was.flags != link.flags:
        yield "flags", requests.flags(link.ifindex, was.flags, _FLAGS)
    if was.settings != link.settings and len(was.settings) == len(link.settings):
        # A list of numbers, which are set one by one (inet_set_link_af() in net/ipv4/devinet.c).
        count = len(was.settings) // 4
        numbers = zip(*(struct.unpack(f"={count}i", one) for one in (was.settings, link.settings)))
        changed = [
            requests.attribute(1 + place, requests.number(old & 0xFFFFFFFF))
            for place, (old, new) in enumerate(numbers)
            if old != new
        ]
        nested = requests.attribute(_AF_INET, requests.attribute(_INET_CONF, b"".join(changed)))
        yield "IPv4 settings", requests.setting(link.ifindex, _AF_SPEC, nested)


def _differences(were: dict[str, _Link], now: dict[str, _Link]) -> Iterator[str]:
    """What is no longer as it was, and can only be told."""
    for name, was in were.items():
        if name not in now:
            yield f"interface {name}" + (f" ({was.kind})" if was.kind else "")
            continue
        if was.settings != now[name].settings:
            yield f"the IPv4 settings of {name}"
        for what in {**was.rest, **now[name].rest}:
            if was.rest.get(what) != now[name].rest.get(what):
                yield f"the {what} of {name}"


def _link(raw: bytes) -> tuple[str, _Link]:
    """An interface, by its name."""
    told = attributes(raw, 16)
    index, flags = struct.unpack_from("=iI", raw, 20)
    info = attributes(told.get(_LINKINFO, b""), -16)
    kind = info.get(_KIND, b"").rstrip(b"\0").decode("utf-8", "replace")
    bridged = info.get(_SLAVE_KIND, b"").rstrip(b"\0") == b"bridge"
    port = attributes(info.get(_SLAVE_DATA, b""), -16, _OF_PORT) if bridged else {}
    families = attributes(told.get(_AF_SPEC, b""), -16)
    inet, inet6 = (attributes(families.get(family, b""), -16) for family in (_AF_INET, _AF_INET6))
    rest: dict[str, object] = {
        "MTU": told.get(_MTU),
        "other names": told.get(_PROP_LIST),
        "port settings": port,
        "IPv6 settings": (inet6.get(_INET6_CONF), inet6.get(_ADDR_GEN_MODE)),
    }
    name = told[_IFNAME].rstrip(b"\0").decode("utf-8", "backslashreplace")
    settable = {kind: told.get(kind, b"") for kind in _SETTABLE}
    return name, _Link(index, kind, flags & _FLAGS, settable, port, inet.get(_INET_CONF, b""), rest)


def _qdiscs(route: RouteSocket) -> Iterator[tuple[str, int, object]]:
    """The queueing disciplines, each with the index of its interface, without their counters (struct tcmsg).

    Those without a handle are the kernel's own, which an interface gets when it is up for the first time.
    """
    for raw in route.dump(requests.dump(_GETQDISC, bytes(20))):
        index, handle, parent = struct.unpack_from("=iII", raw, 20)
        told = attributes(raw, 20)
        if handle:
            yield "queueing disciplines", index, (handle, parent, told.get(_TCA_KIND), told.get(_TCA_OPTIONS))


def _entries(route: RouteSocket) -> Iterator[tuple[str, int, object]]:
    """The permanent forwarding entries of bridge ports and the proxy neighbours, each with its interface's index."""
    for what, family, flags in (("forwarding entries", _AF_BRIDGE, 0), ("proxy neighbours", 0, _PROXY)):
        try:
            found = route.dump(requests.dump(requests.GETNEIGH, struct.pack("=BxxxiHBB", family, 0, 0, flags, 0)))
        except NetlinkError:
            continue  # a kernel without bridges
        for raw in found:
            index, state = struct.unpack_from("=iH", raw, 20)
            told = attributes(raw, 12)
            if flags or (_MASTER in told and state & (_PERMANENT | _NOARP)):
                yield what, index, sorted((kind, told[kind]) for kind in _NEIGHBOUR_ATTRIBUTES if kind in told)


def _neighbours(route: RouteSocket) -> Iterator[bytes]:
    """The permanent neighbours, each as the request that puts it back."""
    for raw in route.dump(requests.dump(requests.GETNEIGH, bytes(12))):
        if struct.unpack_from("=H", raw, 24)[0] & _PERMANENT:
            yield messages.again(only(raw, 12, _NEIGHBOUR_ATTRIBUTES))

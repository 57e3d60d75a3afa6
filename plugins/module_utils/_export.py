# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topology of a state: what is there, as one would write it in the long form. Pure. Private.

What is of one kind alone that kind puts as it is written. What cannot be declared is left out, and named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _address, _address_details, _files, _route
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import (
    address,
    file,
    forwarding,
    link_types,
    neighbour,
    port,
    port_vlans,
    qdisc,
    route,
    rule,
    sysctl,
    wireguard,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    ALL_LOWER,
    PAIRS,
    Interface,
    described,
    is_kept,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import stated
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import FALLBACKS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import as_written as pair_as_written
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Endpoint,
    Netns,
    Scope,
    State,
    describe,
    shown,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import MTUS
from ansible_collections.linuxnet.netns.plugins.module_utils._sysctl import dotted
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, is_link_local
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import routes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes

#: What an Ethernet interface has of which nobody said an MTU.
_USUAL_MTU = 1500
#: linux/if_addr.h: IFAPROT_KERNEL_LL, who gave an address: the kernel, which makes link-local ones (since Linux 5.18).
_BY_KERNEL = 3
#: Why something is left out.
_NO_NAME, _NOWHERE = "its name is no UTF-8", "its other end is in a namespace without a name"


class Wanted(NamedTuple):
    """What is to be exported: namespaces by their names, and ``host``: what is the host's own too.

    ``macs``: with all MAC addresses. ``sysctls`` are those to be told of each, by their paths below ``net``.
    """

    names: Sequence[str]
    host: bool = False
    macs: bool = False
    sysctls: Sequence[str] = ()

    @property
    def places(self) -> list[Netns]:
        """The namespaces whose inside is exported."""
        return [*self.names, *([None] if self.host else [])]

    def scope(self) -> Scope:
        """Return what must be read for it; of the host always what ends of links have there."""
        scope = Scope()
        scope.identities = True
        on_interfaces = (port.PORT, port_vlans.PORT_VLANS, forwarding.FORWARDING, neighbour.NEIGHBOUR, qdisc.QDISC)
        kinds = (*on_interfaces, route.ROUTE, rule.RULE)
        for name in self.names:
            scope.want(file.FILE, None, file.OfNamespace(name))
        for netns in dict.fromkeys([*self.names, None]):
            scope.want(INTERFACE, netns, ALL_LOWER)
            scope.want(wireguard.WIREGUARD, netns, wireguard.ALL)
            for kind in kinds:
                scope.want(kind, netns)
            if self.sysctls:
                scope.want(sysctl.SYSCTL, netns, *(sysctl.Asked(path) for path in self.sysctls))
        return scope


class Secret(NamedTuple):
    """A key that is not exported: of what, which key of the topology is to say where it is, and in words."""

    end: Endpoint
    peer: Optional[str]
    text: str


class Export:
    """Makes the topology of a state; ``left_out`` is what could not be declared, ``secrets`` what is not told."""

    def __init__(self, state: State, wanted: Wanted) -> None:
        self.left_out: list[str] = []
        self.secrets: list[Secret] = []
        self._state = state
        self._wanted = wanted
        self._places = [one for one in wanted.places if one is None or self._is_one(one)]
        self._gone: set[Endpoint] = set()

    def _is_one(self, name: str) -> bool:
        """Tell whether a namespace is there, under a name that can be written, and under this one first."""
        other = self._state.aliases.get(name, name)
        if not self._state.was_read(INTERFACE, name):
            return False
        if other != name:
            self._leave(f"{shown(name)} is another name of {describe(other)}")
        elif _is_odd(name):
            self._leave(f"namespace {shown(name)} has a name that is no UTF-8")
        else:
            return True
        return False

    def _leave(self, what: str) -> None:
        self.left_out.append(what)

    def topology(self, name: str) -> dict[str, Any]:
        """Return the topology, under a name."""
        links = list(self._links())
        places = {netns: self._interfaces(netns) for netns in self._places}
        namespaces = [self._namespace(one, places[one]) for one in self._places if one is not None]
        found: dict[str, Any] = {"name": name, "namespaces": namespaces}
        if self._wanted.host:
            host = self._inside(None, places[None])
            if host:
                found["host"] = host
        return {**found, "links": links} if links else found

    def _rows(self, netns: Netns) -> list[Interface]:
        return sorted(self._state.rows(INTERFACE, netns).values(), key=lambda one: one.ifindex or 0)

    # ---- pairs

    def _links(self) -> Iterator[dict[str, Any]]:
        """Yield the pairs with an end in the namespaces."""
        seen: set[Endpoint] = set()
        for netns in self._places:
            for one in self._rows(netns):
                here = Endpoint(netns, one.name)
                if one.type not in PAIRS or here in seen:
                    continue
                there = self._other_end(one)
                if there is None or _is_odd(one.name + there.interface):
                    self._without(here, one, _NOWHERE if there is None else _NO_NAME)
                    continue
                seen.update((here, there))
                ends = [self._endpoint(end) for end in (here, there)]
                yield {"endpoints": ends, **pair_as_written(self._state, (here, there))}

    def _other_end(self, one: Interface) -> Optional[Endpoint]:
        lower = one.lower
        if lower is None or lower.interface is None or (lower.place is not None and "/" in lower.place):
            return None
        return Endpoint(lower.place, lower.interface)

    def _endpoint(self, end: Endpoint) -> Any:
        """Return an end of a pair; of one in a namespace that is not exported only where it is, and that it is down."""
        found = self._state.row(INTERFACE, end.netns, end.interface)
        place = {} if end.netns is None else {"netns": end.netns}
        if found is None:
            return end.short()
        known = end.netns is None or end.netns in self._places
        own = self._own(end, found) if known else {} if found.up else {"state": "down"}
        if end.netns is None and not self._wanted.host:
            master = port.of(self._state, end)
            if master is not None:
                self._leave(f"{end} is a port of {master.master}, which is the host's own: it takes host=true")
        return {**place, "interface": end.interface, **own} if own else end.short()

    # ---- what any interface has

    def _own(self, end: Endpoint, found: Interface) -> dict[str, Any]:
        """Return what is set of an interface, and what is on it."""
        own: dict[str, Any] = {
            "state": "" if found.up else "down",
            "mac": found.mac if self._wanted.macs and self._has_mac(end, found) else "",
            "mtu": found.mtu if self._has_mtu(end, found) else "",
            "addresses": self._addresses(end, found),
            "neighbours": self._neighbours(end),
            "shaping": self._shaping(end),
        }
        return {name: one for name, one in own.items() if one}

    def _has_mac(self, end: Endpoint, found: Interface) -> bool:
        """Tell whether an interface has a MAC address that may be set, and that is not one of its ports or of its
        lower.
        """
        below = [] if found.lower is None else [self._state.row(INTERFACE, end.netns, found.lower.interface or "")]
        others = [] if found.type in PAIRS else [*self._ports(end), *below]
        is_mac = found.mac is not None and len(found.mac) == len("02:00:00:00:00:01") and bool(found.mac.strip("0:"))
        return is_mac and found.mac not in {one.mac for one in others if one is not None}

    def _ports(self, master: Endpoint) -> list[Interface]:
        """Return the interfaces whose master this is."""
        rows = self._state.rows(port.PORT, master.netns)
        names = [name for name, one in rows.items() if one[0].master == master.interface]
        found = (self._state.row(INTERFACE, master.netns, name) for name in names)
        return [one for one in found if one is not None]

    def _has_mtu(self, end: Endpoint, found: Interface) -> bool:
        """Tell whether an interface has an MTU that has to be written: of a bridge not the one that its ports make."""
        if found.mtu in (None, _USUAL_MTU) or not MTUS[0] <= (found.mtu or 0) <= MTUS[1]:
            return False
        return found.type != "bridge" or found.mtu != min((one.mtu or 0 for one in self._ports(end)), default=0)

    def _addresses(self, end: Endpoint, found: Interface) -> list[Any]:
        there = address.of(self._state, end)
        # The kernel lists the newest IPv6 address first.
        ordered = [*(one for one in there if one.version == 4), *reversed([one for one in there if one.version == 6])]
        return [one for one in (self._address(end, found, one) for one in ordered) if one is not None]

    def _address(self, end: Endpoint, found: Interface, one: _address.Address) -> Any:
        if one.advertised or _is_given(end.interface, found, one):
            return None
        written = _address_details.as_written(one, end.interface)
        why = ""
        if one.duplicate:
            why = "it is a duplicate"
        elif "others" in written:
            why = f"it is {written['others']}"
        elif one.expires and not found.type and end.netns is None:
            why = "it has a lifetime, as one from DHCP"
        if why:
            self._leave(f"address {one.name} on {end}: {why}")
            return None
        return written if len(written) > 1 else one.text

    def _neighbours(self, end: Endpoint) -> list[dict[str, str]]:
        found = neighbour.in_results(self._state, end)
        for one in found:
            if not one["mac"]:
                self._leave(f"neighbour {one['address']} of {end}: it has no MAC address")
        return [one for one in found if one["mac"]]

    def _shaping(self, end: Endpoint) -> Optional[dict[str, Any]]:
        written, others = qdisc.as_written(self._state, end)
        for one in others:
            self._leave(f"{one} of {end}")
        return written

    # ---- interfaces beside pairs

    def _interfaces(self, netns: Netns) -> list[dict[str, Any]]:
        """Return the interfaces of a namespace beside the ends of pairs that can be declared."""
        found = []
        for one in self._rows(netns):
            end = Endpoint(netns, one.name)
            if one.type in (*PAIRS, "loopback") or (not one.type and netns is None):
                continue
            if one.name in FALLBACKS and not one.up:
                self._gone.add(end)
                continue
            why = "the kernel makes it by itself" if one.name in FALLBACKS else self._undeclarable(one)
            if why:
                self._without(end, one, why)
            else:
                found.append(self._interface(end, one))
        for master in found:
            self._add_ports(netns, master)
        return found

    def _undeclarable(self, one: Interface) -> str:
        """Return why an interface beside a pair cannot be declared; empty where it can."""
        if _is_odd(one.name):
            return _NO_NAME
        if not one.type:
            return "" if one.mac else "it has no MAC address to be found by"
        link_type = link_types.find(one.type)
        if link_type is None:
            return f"links of type {one.type} cannot be declared"
        if not is_kept(one):
            return "a program has made it, and it goes with that"
        lower = one.lower
        if lower is not None and lower.place is not None and "/" in lower.place:
            return "it is built upon an interface in a namespace without a name"
        if link_type.lower == "needed" and (lower is None or lower.interface is None):
            return "the kernel does not tell what it is built upon"
        return ""

    def _without(self, end: Endpoint, one: Interface, why: str) -> None:
        """Leave out an interface, with all that is on it."""
        self._gone.add(end)
        what = described(one)
        self._leave(f"interface {shown(one.name)} in {describe(end.netns)} ({what}), with what is on it: {why}")

    def _interface(self, end: Endpoint, one: Interface) -> dict[str, Any]:
        own = self._own(end, one)
        if not one.type:
            own = {key: value for key, value in own.items() if key not in ("mac", "mtu")}
            return {"name": one.name, "type": "device", "from": {"mac": one.mac}, **own}
        written: dict[str, Any] = {"name": one.name, "type": one.type}
        properties = self._properties(end, one)
        if properties:
            written[one.type] = properties
        lower = one.lower
        if lower is not None and lower.interface is not None:
            place = "host" if lower.place is None else lower.place
            written["lower"] = lower.interface if lower.place == end.netns else f"{place}:{lower.interface}"
        elif lower is not None and lower.place != end.netns:
            written["lower_netns"] = "host" if lower.place is None else lower.place
        if one.alias:
            written["alias"] = one.alias
        return {**written, **own}

    def _properties(self, end: Endpoint, one: Interface) -> dict[str, Any]:
        if one.type != "wireguard":
            link_type = link_types.LOADERS[one.type]()
            for entry in forwarding.unwritten(self._state, end):
                self._leave(f"forwarding entry {entry} of {end}")
            vlans = port_vlans.as_written(self._state, end) if one.type == "bridge" else None
            return {
                **stated(link_type.properties, attributes(one.data, -16)),
                **link_type.beside(self._state, end),
                **({} if vlans is None else {"vlans": vlans}),
            }
        there = self._state.row(wireguard.WIREGUARD, end.netns, end.interface)
        if there is None:
            return {}
        place = "" if end.netns is None else ", and lower_netns where its packets leave by another namespace"
        if wireguard.is_key(there.private_key):
            text = f"the path of a file on the host that has the private key of {end}{place}"
            self.secrets.append(Secret(end, None, text))
        for peer in there.peers:
            if wireguard.is_key(peer.preshared_key):
                text = f"the path of a file on the host that has the preshared key of {end} for peer {peer.public_key}"
                self.secrets.append(Secret(end, peer.public_key, text))
        return wireguard.as_written(there)

    def _add_ports(self, netns: Netns, master: dict[str, Any]) -> None:
        """Add what has an interface as its master to that."""
        written = []
        for name, rows in self._state.rows(port.PORT, netns).items():
            end = Endpoint(netns, name)
            if rows[0].master != master["name"] or end in self._gone:
                continue
            link_type = link_types.find(rows[0].type)
            properties = [] if link_type is None or link_type.ports is None else link_type.ports
            settings = stated(properties, attributes(rows[0].data, -16)) if rows[0].data else {}
            vlans = port_vlans.as_written(self._state, end)
            settings.update({} if vlans is None else {"vlans": vlans})
            written.append({"name": name, **settings} if settings else name)
        if written:
            master["ports"] = written

    # ---- what is in a namespace beside

    def _namespace(self, name: str, interfaces: Sequence[dict[str, Any]]) -> Any:
        lo = self._state.row(INTERFACE, name, "lo")
        inside = self._inside(name, interfaces)
        loopback = {} if lo is not None and lo.up else {"loopback": "down"}
        return {"name": name, **loopback, **inside} if loopback or inside else name

    def _inside(self, netns: Netns, interfaces: Sequence[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "interfaces": list(interfaces),
            "addresses": self._addresses_there(netns),
            "files": [] if netns is None else list(self._files(netns)),
            "sysctls": self._sysctls(netns),
            "routes": list(self._routes(netns)),
            "rules": list(self._rules(netns)),
        }
        return {name: one for name, one in found.items() if one}

    def _addresses_there(self, netns: Netns) -> dict[str, list[Any]]:
        """Return the addresses of interfaces that are there anyway: loopback, and on the host its own devices."""
        there = [one for one in self._rows(netns) if one.type == "loopback" or (not one.type and netns is None)]
        found = {one.name: self._addresses(Endpoint(netns, one.name), one) for one in there}
        for one in there:
            end = Endpoint(netns, one.name)
            if self._neighbours(end):
                self._leave(f"the neighbours of {end}")
            if self._shaping(end):
                self._leave(f"the shaping of {end}")
        return {name: some for name, some in found.items() if some}

    def _files(self, netns: str) -> Iterator[dict[str, Any]]:
        for name, one in file.of(self._state, netns).items():
            written, why = _files.as_written(name, one)
            if why:
                self._leave(f"file {shown(name)} of namespace {netns}: {why}")
            else:
                yield written

    def _sysctls(self, netns: Netns) -> dict[str, str]:
        found = {path: self._state.row(sysctl.SYSCTL, netns, path) for path in self._wanted.sysctls}
        return {dotted(path): one.value for path, one in found.items() if one is not None and one.value is not None}

    def _routes(self, netns: Netns) -> Iterator[dict[str, Any]]:
        rows = self._state.rows(route.ROUTE, netns).values()
        found = (one for there in rows for one in there if one.protocol in _route.BY_PEOPLE)
        for one in sorted(found, key=_in_order):
            why = _undeclarable_route(one) or self._leads_nowhere(netns, one)
            if why:
                self._leave(f"route {one} in {describe(netns)}: {why}")
            else:
                yield _route.as_written(one)

    def _leads_nowhere(self, netns: Netns, one: _route.Route) -> str:
        gone = [hop.interface for hop in one.hops if Endpoint(netns, hop.interface) in self._gone]
        return f"it leads through {gone[0]}" if gone else ""

    def _rules(self, netns: Netns) -> Iterator[dict[str, Any]]:
        for one in rule.by_people(self._state, netns):
            written = rule.as_written(one.rule)
            if "others" in written or one.rule.rest:
                others = written.get("others", "what is not known here")
                self._leave(f"rule {rule.name(one.rule)} in {describe(netns)}: it says {others}")
            else:
                yield written


def _is_odd(name: str) -> bool:
    """Tell whether a name is no UTF-8, so that a topology cannot have it."""
    return shown(name) != name


def _is_given(name: str, found: Interface, one: _address.Address) -> bool:
    """Tell whether the kernel gives an address by itself."""
    if not _address.given_by_kernel(name, one.text):
        return False
    if not is_link_local(one.text) or not one.raw:
        return True
    # One that people gave is told by who gave it, or where the kernel does not tell, by not being made of the MAC.
    return _address_details.details_of(one, name).protocol == _BY_KERNEL or one.text == _made_of_mac(found.mac)


def _made_of_mac(mac: Optional[str]) -> str:
    """Return the link-local address that the kernel makes of a MAC address (RFC 4291, appendix A)."""
    if mac is None or len(mac) != 17:
        return ""
    first, *rest = bytes.fromhex(mac.replace(":", ""))
    packed = bytes([0xFE, 0x80, 0, 0, 0, 0, 0, 0, first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    return InterfaceAddress.of(packed, 64).text


def _in_order(one: _route.Route) -> tuple[bool, tuple[int, int, bytes, str]]:
    """Gateways are reached by routes that come before."""
    return _route.has_gateways(one), _route.order(one)


def _undeclarable_route(one: _route.Route) -> str:
    """Return why a route cannot be declared; empty where it can."""
    if one.of_object:
        return "a nexthop object says where it leads"
    if one.slot.tos:
        return f"it has tos {one.slot.tos:#x}"
    if one.slot.origin:
        return f"it is for packets from {one.slot.origin}"
    others = routes.undeclared(one.raw)
    return f"it has {others}" if others else ""


def prune(topology: dict[str, Any], problems: Iterable[Problem]) -> list[str]:
    """Remove what some problems of a topology are about, with the item of a list that it is in.

    Gives what was removed and what is wrong with it, in words.
    """
    found: dict[tuple[Any, ...], list[str]] = {}
    for one in problems:
        found.setdefault(_place(topology, one.path), []).append(one.text)
    removed = []
    # The last first, so that all others keep their numbers.
    for keys in sorted(found, key=_behind, reverse=True):
        node: Any = topology
        for key in keys[:-1]:
            node = node[key]
        what = f"{_named(topology, keys)}: {cut(json.dumps(node.pop(keys[-1])), 4 * MOST_CHARACTERS)}" if keys else "it"
        removed.append(f"{what}: {'; '.join(found[keys])}")
    return removed


def _named(topology: dict[str, Any], keys: tuple[Any, ...]) -> str:
    """Return where something of a topology is, by names."""
    node: Any = topology
    words = []
    for key in keys:
        node = node[key]
        if isinstance(key, str):
            words.append(key)
        elif isinstance(node, dict) and "name" in node and len(keys) > len(words) + 1:
            words[-1:] = [words[-1].removesuffix("s"), str(node["name"])]
    return " ".join(words)


def _behind(keys: Iterable[Any]) -> list[tuple[bool, int, str]]:
    return [(isinstance(one, str), one if isinstance(one, int) else 0, str(one)) for one in keys]


#: What can be left out of what it is of.
_OPTIONAL = frozenset({"mtu", "mac", "alias", "shaping", "loopback"})


def _place(topology: dict[str, Any], path: str) -> tuple[Any, ...]:
    """Return the keys that lead to what is to be removed for a path: the item of a list that it is in, or a key of
    that.
    """
    keys: list[Any] = []
    node: Any = topology
    rest = path
    while rest:
        if isinstance(node, list) and rest.startswith("["):
            number, _bracket, rest = rest[1:].partition("]")
            key: Any = int(number)
        elif isinstance(node, dict):
            rest = rest.removeprefix(".")
            # A name may have dots.
            fitting = [one for one in node if rest == one or rest.startswith((f"{one}.", f"{one}["))]
            if not fitting:
                break
            key = max(fitting, key=len)
            rest = rest[len(key) :]
        else:
            break
        keys.append(key)
        node = node[key]
        if key in _OPTIONAL:
            return tuple(keys)
    while keys and (isinstance(keys[-1], str) or (len(keys) > 1 and keys[-2] == "endpoints")):
        keys.pop()
    return tuple(keys)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topology over several hosts: what each host has of it, and the cables between hosts. Pure. Private.

Each host is given a topology of its own, in which a cable is a VXLAN interface that is born on the host and lives in
the namespace. What a cable is called on the wire, its VNI, follows from its ends alone, so that all hosts call it the
same.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import DeclaredLink, InterfaceSection
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Integer

#: The variables of a host that cables need, and the MTU of its underlay where it says none.
UNDERLAY, UNDERLAY_MTU, USUAL_MTU = "fleet_topology_underlay", "fleet_topology_underlay_mtu", 1500
#: Bytes that a frame in a cable takes more than the packet in it: IP (20 or 40), UDP (8), VXLAN (8), Ethernet (14); RFC
#: 7348, section 5.
OVERHEAD = {4: 50, 6: 70}
#: The least MTU with which there is IPv4 and IPv6 (RFC 8200, section 5).
_LEAST_MTU = 1280
_VNI = Integer("a VNI", 1, 2**24 - 1)
#: What an end of a link may have that an interface of a namespace may have too.
_OF_AN_END = ("addresses", "neighbours", "shaping", "state", "mac")
#: What all ends have that say nothing else; addresses and their prefixes are given here.
_IN_COMMON = ("shaping", "state", "mtu")

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class Underlay(NamedTuple):
    """By which address a host sends and gets what goes through cables, and how many bytes a packet of it may have."""

    address: Address
    mtu: int


class End(NamedTuple):
    """An end of a link: on which host it is, as it was written, and as it is meant."""

    host: str
    written: Mapping[str, Any]
    meant: InterfaceSection


class Cable(NamedTuple):
    """A link between two hosts, with the address of each end's host, and how many bytes a packet in it may have."""

    path: str
    vni: int
    ends: tuple[End, End]
    addresses: tuple[Address, Address]
    mtu: int


class Bridge(NamedTuple):
    """A bridge with what is plugged into it, all on one host."""

    itself: End
    ends: tuple[End, ...]


class Fleet:
    """A topology over several hosts, of which all mistakes are told at once.

    ``variables`` are those of each host of the inventory. Raises: Invalid.
    """

    def __init__(self, written: Any, variables: Mapping[str, Any]) -> None:
        if not isinstance(written, Mapping):
            raise Invalid([Problem("", f"a topology is needed, not {kind(written)}")])
        self._written = written
        self._problems = Problems()
        self._variables = variables
        self._homes: dict[str, str] = {}
        self._underlays: dict[str, Optional[Underlay]] = {}
        self._read_hosts()
        form = self._form()
        self._topology = _topology.read(self._problems, form)
        self._problems.check()
        self._links = list(self._read_links())
        self._cables = list(self._read_cables())
        self._bridges = list(self._read_bridges())
        self._problems.check()

    # ---- reading

    def _read_hosts(self) -> None:
        """Note on which host each namespace is, and the mistakes of what is on the hosts themselves."""
        problems, written = self._problems, self._written
        if "host" in written:
            problems.add("host", "which host is not said; write hosts, and in it this under the name of the host")
        for path, one in _each(written, "namespaces"):
            name, host = (one.get("name"), one.get("host")) if isinstance(one, Mapping) else (None, None)
            if not isinstance(name, str) or not isinstance(host, str):
                problems.add(path, "a mapping with name and host, the host that it is on, is needed")
            else:
                self._homes[name] = self._known(f"{path}.host", host)
        hosts = written.get("hosts") or {}
        if not isinstance(hosts, Mapping):
            problems.add("hosts", f"a mapping with a key for each host is needed, not {kind(hosts)}")
            return
        for host, one in hosts.items():
            self._known(f"hosts.{host}", host)
            of_host = Problems()
            _topology.read(of_host, {"name": "of_host", "host": one})
            problems.found += [Problem(f"hosts.{host}{path[len('host') :]}", text) for path, text in of_host.found]

    def _known(self, path: str, host: str) -> str:
        if host not in self._variables:
            self._problems.add(path, f"there is no host {echo(host)} in the inventory")
        return host

    def _form(self) -> dict[str, Any]:
        """Return the topology as if all of it were on one host, in which it has all its mistakes."""
        form = {key: one for key, one in self._written.items() if key not in ("host", "hosts")}
        form["namespaces"] = [
            _without(one, "host") if isinstance(one, Mapping) else one for _path, one in _each(form, "namespaces")
        ]
        for key in ("links", "bridges"):
            if key in form:
                form[key] = [self._placed(path, one) for path, one in _each(form, key)]
        return form

    def _placed(self, path: str, written: Any) -> Any:
        """Return a link or a bridge in which what is on a host itself is in a namespace that stands for it."""
        if not isinstance(written, Mapping):
            return written
        placed = self._at_home(path, _without(written, "vni"))
        ends = written.get("endpoints")
        if isinstance(ends, Sequence) and not isinstance(ends, str):
            placed["endpoints"] = [
                self._at_home(f"{path}.endpoints[{number}]", _as_mapping(one)) for number, one in enumerate(ends)
            ]
        return placed

    def _at_home(self, path: str, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        host = written.get("host")
        is_end = "interface" in written or "name" in written
        if host is None:
            if is_end and written.get("netns") is None:
                self._problems.add(path, "it is in no namespace, so its host is to be said: a mapping with host")
            elif is_end and isinstance(written["netns"], str) and written["netns"] not in self._homes:
                self._problems.add(path, f"there is no namespace {echo(written['netns'])} in this topology")
            return dict(written)
        if not isinstance(host, str):
            self._problems.add(f"{path}.host", f"the name of a host is needed, not {kind(host)}")
        elif written.get("netns") is not None:
            self._problems.add(f"{path}.host", "it follows from the namespace; leave it out")
        else:
            self._known(f"{path}.host", host)
            place = f"host-{hashlib.sha256(host.encode()).hexdigest()[:16]}"
            self._homes[place] = host
            return {**_without(written, "host"), "netns": place}
        return _without(written, "host")

    def _read_links(self) -> Iterator[tuple[Mapping[str, Any], DeclaredLink, tuple[End, End]]]:
        """Yield the links as they were written and as they are meant, with their ends."""
        for (_path, written), meant in zip(_each(self._written, "links"), self._topology.links):
            first, second = (
                End(self._homes[end.netns or ""], _as_mapping(one), end)
                for one, end in zip(written["endpoints"], meant.endpoints)
            )
            yield written, meant, (first, second)

    def _read_cables(self) -> Iterator[Cable]:
        """Yield the links between hosts; their mistakes are noted."""
        taken: dict[int, str] = {}
        for written, meant, ends in self._links:
            path = meant.path
            if ends[0].host == ends[1].host:
                if "vni" in written:
                    self._problems.add(f"{path}.vni", "both ends are on one host, so it is no cable between hosts")
                continue
            if meant.type != "veth":
                self._problems.add(f"{path}.type", "the ends are on two hosts, so that it can be a VXLAN alone")
            vni = self._vni(f"{path}.vni", written, ends)
            if vni in taken:
                text = f"it is {vni}, as that of {taken[vni]}; write another number for one of the two"
                self._problems.add(f"{path}.vni", text)
            taken[vni] = path
            first, second = (self._underlay(path, one.host) for one in ends)
            if first is not None and second is not None:
                yield Cable(path, vni, ends, (first.address, second.address), self._mtu(path, ends, first, second))

    def _read_bridges(self) -> Iterator[Bridge]:
        """Yield the bridges; it is noted where what is plugged in is on another host."""
        for (path, written), meant in zip(_each(self._written, "bridges"), self._topology.bridges or ()):
            itself = End(self._homes[meant.netns or ""], written, meant)
            ends = [
                End(self._homes[end.netns or ""], _as_mapping(one), end)
                for one, end in zip(written["endpoints"], meant.endpoints)
            ]
            for number, one in enumerate(ends):
                if one.host != itself.host:
                    text = f"it is on host {one.host}, and the bridge on {itself.host}"
                    advice = "have a bridge on each, and a link between these"
                    self._problems.add(f"{path}.endpoints[{number}]", f"{text}; {advice}")
            yield Bridge(itself, tuple(ends))

    def _vni(self, path: str, written: Mapping[str, Any], ends: tuple[End, End]) -> int:
        if written.get("vni") is not None:
            return _VNI.read(self._problems, path, written["vni"]) or 0
        name = " ".join([self._topology.name, *sorted(f"{one.host}:{_place(one)}" for one in ends)])
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:3], "big") % (2**24 - 1) + 1

    def _mtu(self, path: str, ends: tuple[End, End], first: Underlay, second: Underlay) -> int:
        """Return the greatest MTU that a cable can have."""
        if first.address.version != second.address.version:
            text = f"{UNDERLAY} of its hosts are {first.address} and {second.address}, of two versions of IP"
            self._problems.add(path, text)
        carried = min(first.mtu, second.mtu)
        most = carried - OVERHEAD[first.address.version]
        for number, one in enumerate(ends):
            if one.meant.mtu is not None and one.meant.mtu > most:
                text = f"{one.meant.mtu} is more than {most}, for which the cable has room"
                why = f"the underlay carries {carried} ({UNDERLAY_MTU}), and VXLAN takes the rest"
                self._problems.add(f"{path}.endpoints[{number}].mtu", f"{text}: {why}")
        return most

    def _underlay(self, path: str, host: str) -> Optional[Underlay]:
        """Return the underlay of a host, None where it has none that can be used."""
        if host not in self._underlays:
            self._underlays[host] = self._read_underlay(path, host)
        return self._underlays[host]

    def _read_underlay(self, path: str, host: str) -> Optional[Underlay]:
        variables = self._variables.get(host) or {}
        written, mtu = variables.get(UNDERLAY), variables.get(UNDERLAY_MTU)
        if written is None:
            self._problems.add(path, f"host {host} needs the variable {UNDERLAY}, its address that other hosts reach")
            return None
        try:
            address = ipaddress.ip_address(str(written))
        except ValueError:
            self._problems.add(path, f"{UNDERLAY} of host {host} is {echo(written)}, and that is no address")
            return None
        if address.is_multicast or address.is_loopback or address.is_unspecified:
            self._problems.add(path, f"{UNDERLAY} of host {host} is {address}, which no other host reaches")
        for other, there in self._underlays.items():
            if there is not None and there.address == address:
                self._problems.add(path, f"{UNDERLAY} of the hosts {other} and {host} is the same, {address}")
        size = Integer("an MTU", _LEAST_MTU + OVERHEAD[address.version], 65535).read(
            self._problems, f"{UNDERLAY_MTU} of host {host}", USUAL_MTU if mtu is None else mtu
        )
        return None if size is None else Underlay(address, size)

    # ---- what a host has of it

    def part(self, host: str) -> dict[str, Any]:
        """Return the topology that a host has of it."""
        common = self._written.get("defaults") or {}
        topology = {
            **{key: one for key, one in self._written.items() if key in ("name", "purge", "persist", "wait")},
            "namespaces": [
                self._with_cables(_without(one, "host"), host, one["name"])
                for _path, one in _each(self._written, "namespaces")
                if one["host"] == host
            ],
            "links": [
                {**_without(written, "prefixes", "vni"), "endpoints": [_told(one) for one in ends]}
                for written, _meant, ends in self._links
                if ends[0].host == ends[1].host == host
            ],
            "bridges": [
                {**_without(_told(one.itself), "prefixes"), "endpoints": [_told(end) for end in one.ends]}
                for one in self._bridges
                if one.itself.host == host
            ],
            "defaults": {key: one for key, one in common.items() if key in _IN_COMMON},
            "host": self._with_cables(dict((self._written.get("hosts") or {}).get(host) or {}), host, None),
        }
        return {key: one for key, one in topology.items() if key in ("name", "namespaces") or one not in ([], {}, None)}

    def _with_cables(self, place: dict[str, Any], host: str, netns: Optional[str]) -> dict[str, Any]:
        """Return a namespace, or the host's own, with the ends of cables that are in it."""
        cables = [self._interface(one) for one in self._from(host) if one.ends[0].written.get("netns") == netns]
        return {**place, "interfaces": [*(place.get("interfaces") or []), *cables]} if cables else place

    def _from(self, host: str) -> Iterator[Cable]:
        """Yield the cables of a host as they are seen from there: its own end is the first."""
        for one in self._cables:
            if one.ends[0].host == host:
                yield one
            elif one.ends[1].host == host:
                yield one._replace(ends=one.ends[::-1], addresses=one.addresses[::-1])

    def _interface(self, cable: Cable) -> dict[str, Any]:
        """Return the first end of a cable as an interface of its namespace."""
        own = cable.ends[0]
        here, there = map(str, cable.addresses)
        common = self._written.get("defaults") or {}
        written = {**{key: common[key] for key in ("state", "shaping") if key in common}, **_told(own)}
        return {
            "name": own.meant.interface,
            "type": "vxlan",
            "vxlan": {"id": cable.vni, "local": here, "remote": there},
            **({} if own.written.get("netns") is None else {"lower_netns": "host"}),
            # What one end sends the other must take.
            "mtu": own.meant.mtu or cable.ends[1].meant.mtu or cable.mtu,
            **{key: written[key] for key in _OF_AN_END if key in written},
        }

    def cables(self, host: str) -> list[dict[str, Any]]:
        """Return the cables of a host, with what its ends are to reach."""
        return [
            {
                "vni": one.vni,
                "end": _place(one.ends[0]),
                "other_end": _place(one.ends[1]),
                "other_host": one.ends[1].host,
                "expect": list(_expected(*one.ends)),
            }
            for one in self._from(host)
        ]


def _each(written: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list, each with its path; none where it is no list, which is told elsewhere."""
    there = written.get(key)
    if isinstance(there, Sequence) and not isinstance(there, str):
        for number, one in enumerate(there):
            yield f"{key}[{number}]", one


def _without(written: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: one for key, one in written.items() if key not in keys}


def _as_mapping(written: Any) -> Any:
    """Return an endpoint that was written as NAMESPACE:INTERFACE as a mapping."""
    if not isinstance(written, str):
        return written
    netns, colon, interface = written.rpartition(":")
    return {"netns": netns, "interface": interface} if colon else {"interface": interface}


def _told(end: End) -> dict[str, Any]:
    """Return an end with the addresses that were chosen for it among those of all hosts."""
    written = _without(end.written, "host")
    if written.get("addresses", "auto") == "auto" and end.meant.addresses:
        written["addresses"] = [one.text for one in end.meant.addresses]
    return written


def _place(end: End) -> str:
    netns, name = end.written.get("netns"), end.meant.interface
    return name if netns is None else f"{netns}:{name}"


def _expected(own: End, other: End) -> Iterator[dict[str, Any]]:
    """Yield what an end is to reach: the addresses of the other, where both are up."""
    if not (own.meant.up and other.meant.up):
        return
    versions = {one.version for one in own.meant.addresses if not one.is_link_local}
    netns = own.written.get("netns")
    for one in other.meant.addresses:
        if one.version in versions and not one.is_link_local:
            yield {**({} if netns is None else {"from": netns}), "to": one.host}

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way out for namespaces: the topology by which they reach what their host reaches. Pure. Private.

The topology has all of it: a cable or a bridge, a default route, name servers, and of the host's own namespace the
sysctls of forwarding and a table of nftables for each version of IP. What those sysctls were before is written into the
table, in comments: so it goes and comes back with the topology, whatever becomes of a run, and after a reboot too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Protocol

from ansible_collections.linuxnet.netns.plugins.module_utils import _forward_chains, _name_servers, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._file import FileEntry, mark_of
from ansible_collections.linuxnet.netns.plugins.module_utils._ip_forwarding import Before, Forwarding, Settings
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    Prefix,
    version_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

VERSIONS = (4, 6)
#: What the names of our topologies and tables begin with, and those of our interfaces on the host.
OURS, ON_HOST = "internet_", "inet_"
#: The interface inside.
INSIDE = "internet"
#: What a table, a file and an interface can be named after, wherever they are written.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_DEVICE = re.compile(r"[A-Za-z0-9_.@:+-]{1,15}")
#: Where prefixes are looked for, networks that others seldom use; how long they are, for one namespace and for several.
_POOLS = ("10.223.0.0/16", "172.29.0.0/16", "198.18.0.0/16")
_ONE, _SEVERAL, _LENGTH6 = 30, 24, 64
#: linux/rtnetlink.h: RT_TABLE_MAIN.
_MAIN = 254
#: How many of a pool are tried.
_TRIED = 64
#: Routes that stand for all there is, or for a half of it, as VPNs have them.
_SHORTEST = {4: 2, 6: 8}


class Port(NamedTuple):
    """A port of the host that leads into a namespace."""

    port: int
    to_port: int
    protocol: str
    namespace: str


class Asked(NamedTuple):
    """What was asked for."""

    name: str
    namespaces: tuple[str, ...] = ()
    device: Optional[str] = None
    prefixes: Mapping[int, Prefix] = {}
    #: None: those of the host.
    servers: Optional[tuple[str, ...]] = None
    ports: tuple[Port, ...] = ()
    ignored: bool = False

    @property
    def topology(self) -> str:
        """The name of the topology, and of its tables."""
        return OURS + self.name

    @property
    def interface(self) -> str:
        """The interface on the host: the end of the cable, or the bridge."""
        name = ON_HOST + self.name
        return name if len(name) <= 15 else f"{name[:8]}_{zlib.crc32(self.name.encode()) & 0xFFFFFF:06x}"


class Way(NamedTuple):
    """The way out for a version of IP: the interfaces it leads by, and the prefix of the namespaces."""

    version: int
    devices: tuple[str, ...]
    prefix: Prefix
    forwarding: Forwarding


class Plan(NamedTuple):
    """The topology; the sysctls that are set before it; what is to be told."""

    topology: dict[str, Any]
    first: Settings
    ways: tuple[Way, ...]
    remarks: tuple[str, ...]


class Reader(Protocol):
    """How a host is looked at (``_kernel/internet.py``)."""

    def devices(self, version: int) -> tuple[str, ...]: ...
    def setting(self, path: str) -> Optional[str]: ...
    def interfaces_with(self, family: str) -> Sequence[str]: ...
    def resolvers(self) -> Mapping[str, str]: ...
    def file(self, netns: str, name: str) -> Optional[FileEntry]: ...
    def ruleset(self) -> list[dict[str, Any]]: ...
    def iptables(self, version: int) -> str: ...


class Seen(NamedTuple):
    """What ``netns_info`` tells of the host and of the namespaces, by their names, and how to see more."""

    host: Mapping[str, Any]
    inside: Mapping[str, Mapping[str, Any]]
    reader: Reader


# ---- what was asked for


def read(problems: Problems, params: Mapping[str, Any]) -> Asked:
    """Return what the options say; notes mistakes."""
    name = params["name"]
    namespaces = problems.namespaces("namespaces", params["namespaces"]) if params["namespaces"] is not None else []
    if not _NAME.fullmatch(name):
        problems.add(
            "name",
            f"{echo(name)} cannot name a table, a file and an interface: letters, digits, dots, dashes and underscores "
            "can, at most 100 of them, and not a dot or a dash first",
        )
    prefixes = {}
    for version, option in ((4, "prefix"), (6, "prefix6")):
        if params[option] is not None:
            prefix = _prefix(problems, option, params[option], version, len(namespaces))
            prefixes.update({} if prefix is None else {version: prefix})
    servers = params["nameservers"]
    for number, server in enumerate(servers or ()):
        problems.host_address(f"nameservers[{number}]", server)
    ports = tuple(_ports(problems, params["ports"] or (), namespaces))
    ignored = params["firewall"] == "ignored"
    return Asked(
        name,
        tuple(namespaces),
        params["device"],
        prefixes,
        None if servers is None else tuple(servers),
        ports,
        ignored,
    )


def _prefix(problems: Problems, option: str, written: str, version: int, count: int) -> Optional[Prefix]:
    text = problems.prefix(option, written)
    if text is None:
        return None
    if version_of(text) != version:
        problems.add(option, f"{echo(written)} is not one of IPv{version}")
        return None
    prefix = InterfaceAddress.read(text).network
    room = (1 << (8 * len(prefix.packed) - prefix.length)) - 2
    if room < count + 1:
        problems.add(option, f"{echo(written)} has too few addresses: the host needs one, and each namespace")
        return None
    return prefix


def _ports(problems: Problems, written: Sequence[Mapping[str, Any]], namespaces: Sequence[str]) -> Iterator[Port]:
    seen: set[tuple[str, int]] = set()
    for number, one in enumerate(written):
        path = f"ports[{number}]"
        port = problems.integer(f"{path}.port", one["port"], "a port", (1, 65535))
        inner = one.get("to_port")
        to_port = port if inner is None else problems.integer(f"{path}.to_port", inner, "a port", (1, 65535))
        protocol = one.get("protocol") or "tcp"
        netns = one.get("namespace") or (namespaces[0] if len(namespaces) == 1 else None)
        if netns not in namespaces:
            of = "it is missing: name one of namespaces" if netns is None else f"{echo(netns)} is none of namespaces"
            problems.add(f"{path}.namespace", of)
        elif port is not None and to_port is not None:
            if (protocol, port) in seen:
                problems.add(f"{path}.port", f"{protocol} port {port} is there already")
            seen.add((protocol, port))
            yield Port(port, to_port, protocol, str(netns))


# ---- the topology


def put_back(asked: Asked, reader: Reader) -> Settings:
    """Return the sysctls, by their paths below ``net``, that are to be set again when the topology has gone."""
    return Before.of(reader.ruleset(), asked.topology, OURS, reader).put_back()


def planned(problems: Problems, asked: Asked, seen: Seen) -> Plan:
    """Return the topology for what is there; notes what stands against it."""
    listed = seen.reader.ruleset()
    ways = tuple(_ways(problems, asked, seen, Before.of(listed, asked.topology, OURS, seen.reader)))
    if not ways and not problems.found:
        problems.add("device", f"{_no_way(asked)}; give the interface that leads out")
    _see_default_routes(problems, seen, ways)
    if not asked.ignored:
        _see_firewalls(problems, asked, ways, _chains(listed, ways, seen.reader))
    wanted = _wanted_resolver(problems, asked, ways, seen.reader)
    kept = () if wanted is None else tuple(_with_another(asked, seen, wanted))
    if kept and asked.servers is not None:
        problems.add(
            "nameservers",
            f"{_file(kept[0])} is somebody else's and says something else; remove it first, or leave nameservers out "
            "to have it stay",
        )
    if problems.found:
        return Plan({}, {}, ways, ())
    files = {} if wanted is None else {name: wanted for name in asked.namespaces if name not in kept}
    addresses = _addresses(problems, _form(asked, seen, ways, files))
    form = _form(asked, seen, ways, files, addresses)
    form["host"] = {
        "nftables": "".join(_table(asked, way, addresses) for way in ways),
        "sysctls": {f"net/{path}": value for way in ways for path, value in way.forwarding.wanted.items()},
    }
    first = {f"net/{path}": value for way in ways for path, value in way.forwarding.first.items()}
    return Plan(form, first, ways, tuple(f"{name} asks the name servers of its own {_file(name)}" for name in kept))


def _no_way(asked: Asked) -> str:
    if asked.device is not None:
        return f"{echo(asked.device)} has no address, or is not there"
    return "the host has no way out itself: no default route, of IPv4 or of IPv6"


def _ways(problems: Problems, asked: Asked, seen: Seen, before: Before) -> Iterator[Way]:
    for version in VERSIONS:
        devices = _devices(asked, version, seen)
        if not devices:
            continue
        odd = [one for one in devices if not _DEVICE.fullmatch(one)]
        if odd:
            problems.add("device", f"{echo(odd[0])}, by which the way out leads, has a name that no rule can have")
            continue
        prefix = _chosen(problems, asked, version, seen.host)
        if prefix is not None:
            forwarding = before.forwarding(version, devices, asked.interface, _with_ra(seen.host))
            yield Way(version, devices, prefix, forwarding)


def _devices(asked: Asked, version: int, seen: Seen) -> tuple[str, ...]:
    if asked.device is None:
        return seen.reader.devices(version)
    has = (one for one in seen.host["addresses"] if one["interface"] == asked.device and one["scope"] == "global")
    return (asked.device,) if any(version_of(one["address"]) == version for one in has) else ()


def _with_ra(host: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the interfaces that have routes of router advertisements, as the kernel itself makes them."""
    of_ra = (one["interface"] for one in host["routes"] if one["protocol"] == "ra" and one["interface"])
    return tuple(dict.fromkeys(of_ra))


def _chosen(problems: Problems, asked: Asked, version: int, host: Mapping[str, Any]) -> Optional[Prefix]:
    """Return the prefix of the namespaces: the one that is asked for, the one they have, or one that is free."""
    others = [_network(one) for one in host["routes"] if one["interface"] != asked.interface]
    taken = [one for one in others if one is not None and one.length >= _SHORTEST[version]]
    option = {4: "prefix", 6: "prefix6"}[version]
    given = asked.prefixes.get(version)
    if given is not None:
        both = next((one for one in taken if _overlap(one, given)), None)
        if both is not None:
            problems.add(option, f"{given.text} is in the way of the host's route to {both.text}: give another one")
        return given
    here = (
        InterfaceAddress.read(one["address"]).network
        for one in host["addresses"]
        if one["interface"] == asked.interface
    )
    candidates = list(_candidates(asked, version))
    there = [one for one in here if one in candidates]
    free = (one for one in (*there, *candidates) if not any(_overlap(one, other) for other in taken))
    found = next(free, None)
    if found is None:
        problems.add(option, "the host has routes to all networks that were thought of: give one that is free")
    return found


def _network(route: Mapping[str, Any]) -> Optional[Prefix]:
    return None if route["destination"] == "default" else InterfaceAddress.read(route["destination"]).network


def _overlap(one: Prefix, other: Prefix) -> bool:
    return one.has(other.packed) or other.has(one.packed)


def _candidates(asked: Asked, version: int) -> Iterator[Prefix]:
    """Yield the prefixes that are tried, the first of them made of the name."""
    number = zlib.crc32(asked.name.encode())
    if version == 6:
        # RFC 4193: fd, 40 bits that nobody else is likely to have, and the number of a network.
        for step in range(_TRIED):
            more = zlib.crc32(f"{OURS}{asked.name}".encode()) & 0xFF
            packed = bytes([0xFD, more]) + ((number + step) & 0xFFFFFFFF).to_bytes(4, "big") + bytes(10)
            yield Prefix(packed, _LENGTH6)
        return
    length = _ONE if len(asked.namespaces) == 1 else _SEVERAL
    for pool in _POOLS:
        base = InterfaceAddress.read(pool).network
        # A half for each, so that one that several have seldom meets those of others.
        count = 1 << (length - base.length - 1)
        offset = count if length == _ONE else 0
        for step in range(min(_TRIED, count)):
            place = (offset + (number + step) % count) << (32 - length)
            yield Prefix((int.from_bytes(base.packed, "big") + place).to_bytes(4, "big"), length)


def _see_default_routes(problems: Problems, seen: Seen, ways: Sequence[Way]) -> None:
    """Note default routes that namespaces have already."""
    families = {f"ipv{way.version}": f"IPv{way.version}" for way in ways}
    for name, there in seen.inside.items():
        for route in there["routes"]:
            other = route["destination"] == "default" and route["interface"] != INSIDE and route["table"] == _MAIN
            if other and route["family"] in families:
                by = f" by {route['interface']}" if route["interface"] else ""
                problems.add(
                    "namespaces",
                    f"namespace {name} has a default route of {families[route['family']]} already{by}: it has a way "
                    "out, or is kept from one; remove that route first",
                )


def _chains(listed: Sequence[Mapping[str, Any]], ways: Sequence[Way], reader: Reader) -> list[_forward_chains.Chain]:
    """Return the chains of the host's firewall, of nftables and of what was before it."""
    legacy = [_forward_chains.of_iptables(reader.iptables(way.version), way.version) for way in ways]
    return [*_forward_chains.of_nftables(listed), *(chain for some in legacy for chain in some)]


def _see_firewalls(
    problems: Problems, asked: Asked, ways: Sequence[Way], chains: Sequence[_forward_chains.Chain]
) -> None:
    """Note each chain of the host that would not let pass what is forwarded."""
    found = {
        one.chain: one for way in ways for one in _forward_chains.obstacles(chains, way.version, asked.interface, OURS)
    }
    for one in found.values():
        remedies = " and ".join(f"'{remedy}'" for remedy in one.remedies)
        problems.add(
            "firewall",
            f"{one}, so nothing that is forwarded for {asked.interface} would pass: run {remedies}, and have the host "
            "do so at each boot; or ignore it (firewall=ignored, of the role internet_access_firewall), where it is "
            "known to pass all the same",
        )


def _wanted_resolver(
    problems: Problems, asked: Asked, ways: Sequence[Way], reader: Reader
) -> Optional[_name_servers.NameServers]:
    """Return the name servers that namespaces are to have; None, where nothing is to be written of them."""
    if asked.servers is not None:
        return _name_servers.NameServers(asked.servers) if asked.servers else None
    return _name_servers.of_host(problems, reader.resolvers(), {way.version for way in ways}) if ways else None


def _with_another(asked: Asked, seen: Seen, wanted: _name_servers.NameServers) -> Iterator[str]:
    """Yield the namespaces that have another resolv.conf already, of somebody else's."""
    for name in asked.namespaces:
        there = seen.reader.file(name, _name_servers.FILE)
        other = there is not None and there.content != octets(wanted.text)
        if there is not None and other and there.mark != mark_of(asked.topology, name, _name_servers.FILE):
            yield name


def _file(netns: str) -> str:
    return f"/etc/netns/{netns}/{_name_servers.FILE}"


def _form(
    asked: Asked,
    seen: Seen,
    ways: Sequence[Way],
    files: Mapping[str, _name_servers.NameServers],
    addresses: Optional[Mapping[str, Sequence[InterfaceAddress]]] = None,
) -> dict[str, Any]:
    """Return the topology but for what is of the host alone; without ``addresses``, those of namespaces are to be
    chosen.
    """
    gateways = [_first(way.prefix) for way in ways]
    namespaces = [
        {
            "name": name,
            "loopback": _loopback(seen.inside[name]),
            "routes": [{"to": "default", "via": one.host} for one in gateways],
            **({"files": [{"name": _name_servers.FILE, **files[name].as_form()}]} if name in files else {}),
        }
        for name in asked.namespaces
    ]
    ends = [
        {"netns": name, "interface": INSIDE, **({} if addresses is None else {"addresses": _written(addresses[name])})}
        for name in asked.namespaces
    ]
    form: dict[str, Any] = {"name": asked.topology, "namespaces": namespaces}
    prefixes = {} if addresses is not None else {"prefixes": [way.prefix.text for way in ways]}
    if len(asked.namespaces) == 1:
        own = {"interface": asked.interface, "addresses": _written(gateways)}
        form["links"] = [{"endpoints": [own, *ends], **prefixes}]
    else:
        bridge = {"name": asked.interface, "addresses": _written(gateways), "endpoints": ends}
        form["bridges"] = [{**bridge, **prefixes}]
    return form


def _first(prefix: Prefix) -> InterfaceAddress:
    """Return the first address of a network, which is the host's."""
    number = int.from_bytes(prefix.packed, "big") + 1
    return InterfaceAddress.of(number.to_bytes(len(prefix.packed), "big"), prefix.length)


def _loopback(there: Mapping[str, Any]) -> str:
    """Return the state of lo: that of a namespace that is there already stays."""
    states = [one["state"] for one in there["links"] if one["interface"] == "lo"]
    return str(states[0]) if states else "up"


def _written(addresses: Iterable[InterfaceAddress]) -> list[Any]:
    # Nobody else is on this link, so there is nothing to wait for.
    return [one.text if one.version == 4 else {"address": one.text, "nodad": True} for one in addresses]


def _addresses(problems: Problems, form: Mapping[str, Any]) -> dict[str, tuple[InterfaceAddress, ...]]:
    """Return the addresses of each namespace, as a topology chooses them."""
    topology = _topology.read(problems, form)
    problems.check()
    ends = (end for link in topology.links for end in link.endpoints if end.interface == INSIDE)
    return {str(end.netns): tuple(InterfaceAddress.read(one.text) for one in end.addresses) for end in ends}


# ---- the tables


def _table(asked: Asked, way: Way, addresses: Mapping[str, Sequence[InterfaceAddress]]) -> str:
    """Return the table of a version of IP, as ``nft -f`` takes it."""
    family, interface = {4: "ip", 6: "ip6"}[way.version], asked.interface
    chains = [
        ("before", [f'continue comment "{text}"' for text in way.forwarding.comments]),
        ("forward", ["type filter hook forward priority 0; policy accept;", *_forward(interface, way)]),
        (
            "postrouting",
            [
                "type nat hook postrouting priority 100; policy accept;",
                f'{family} saddr {way.prefix.text} oifname != "{interface}" masquerade',
            ],
        ),
    ]
    if asked.ports:
        of_loopback = {4: "ip daddr 127.0.0.0/8", 6: "ip6 daddr ::1"}[way.version]
        inward = [_inward(one, way.version, addresses[one.namespace]) for one in asked.ports]
        own = f'iifname "{interface}" accept'
        chains.append(("prerouting", ["type nat hook prerouting priority -100; policy accept;", own, *inward]))
        chains.append(
            ("output", ["type nat hook output priority -100; policy accept;", f"{of_loopback} accept", *inward])
        )
    body = "".join(
        f"\tchain {name} {{\n" + "".join(f"\t\t{one}\n" for one in rules) + "\t}\n" for name, rules in chains
    )
    return f"table {family} {asked.topology} {{\n{body}}}\n"


def _forward(interface: str, way: Way) -> Iterator[str]:
    """Yield the rules of what is forwarded: to a namespace only what it asked for or what a port leads there, and
    nothing else that was not forwarded before.
    """
    yield "ct state established,related accept"
    yield "ct status dnat accept"
    # Where br_netfilter is, what a bridge switches comes by here too.
    yield f'iifname != "{interface}" oifname "{interface}" drop'
    for enters in way.forwarding.guarded:
        match = f'iifname "{enters}" ' if enters else f'iifname != "{ON_HOST}*" '
        yield f'{match}oifname != "{ON_HOST}*" drop comment "as before: forwarding was off"'


def _inward(port: Port, version: int, addresses: Sequence[InterfaceAddress]) -> str:
    host = next(one.host for one in addresses if one.version == version)
    target = f"[{host}]" if version == 6 else host
    return f"fib daddr type local {port.protocol} dport {port.port} dnat to {target}:{port.to_port}"


def sentences(asked: Asked, plan: Plan) -> list[str]:
    """Return what a person wants to know of the way out."""
    names = ", ".join(asked.namespaces)
    has = "reaches" if len(asked.namespaces) == 1 else "reach"
    told = [f"{names} {has} IPv{way.version} by {', '.join(way.devices)}, from {way.prefix.text}" for way in plan.ways]
    return [*told, *plan.remarks]

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topologies as graphs: interfaces in namespaces, and what connects them. Pure. Private.

One that is declared is read as the module reads it, so what is written in short is drawn as it will be. One that is
there is what ``netns_info`` tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._topology import addresses_there, interfaces_of, read
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_link_local

#: What a line is: a pair of veth ends, a link and what it is built upon, a port and its master.
CABLE, UPON, PORT = "cable", "upon", "port"
MISSING, UNDECLARED, DIFFERS = "missing", "undeclared", "differs"
#: What a task says of a topology that is not of its form.
_OF_TASK = ("probe", "state")
#: What every namespace has on lo.
_USUAL = {"127.0.0.1/8", "::1/128"}


LineKey = tuple[str, frozenset[Endpoint]]


class Interface(NamedTuple):
    """An interface: its type where it is no end of a pair, its addresses, its link state, how it drifted."""

    type: str = ""
    addresses: tuple[str, ...] = ()
    up: bool = True
    drift: str = ""


class Line(NamedTuple):
    """What connects two interfaces."""

    what: str
    first: Endpoint
    second: Endpoint
    drift: str = ""

    @property
    def key(self) -> LineKey:
        """By what it is known: its ends, whichever comes first."""
        return self.what, frozenset({self.first, self.second})


class Graph:
    """Interfaces by namespace, in the order in which they are drawn, and lines between them."""

    def __init__(self) -> None:
        self.namespaces: dict[Netns, dict[str, Interface]] = {}
        self.drifted: dict[Netns, str] = {}
        self._lines: dict[LineKey, Line] = {}

    @property
    def lines(self) -> Collection[Line]:
        """The lines, in the order in which they are drawn."""
        return self._lines.values()

    def add(self, endpoint: Endpoint, interface: Optional[Interface] = None) -> None:
        """Add an interface; one of which nothing is known does not replace another."""
        inside = self.namespaces.setdefault(endpoint.netns, {})
        if interface is not None:
            inside[endpoint.interface] = interface
        else:
            inside.setdefault(endpoint.interface, Interface())

    def find(self, endpoint: Endpoint) -> Optional[Interface]:
        """Return an interface, None where there is none."""
        return self.namespaces.get(endpoint.netns, {}).get(endpoint.interface)

    def connect(self, what: str, first: Endpoint, second: Endpoint) -> None:
        """Add a line, once, and its ends where they are not there."""
        self.add(first)
        self.add(second)
        self.draw(Line(what, first, second))

    def draw(self, line: Line) -> None:
        """Add a line between interfaces that are there, unless there is one."""
        self._lines.setdefault(line.key, line)

    def has(self, line: Line) -> bool:
        """Tell whether there is such a line, whichever of its ends comes first."""
        return line.key in self._lines


def of_topology(form: Mapping[str, Any]) -> Graph:
    """Return the graph of a topology in the form that ``netns_topology`` takes. Raises: Invalid, with all mistakes."""
    problems = Problems()
    topology = read(problems, {key: value for key, value in form.items() if key not in _OF_TASK})
    problems.check()
    graph = Graph()
    for namespace in topology.namespaces:
        graph.namespaces[namespace.name] = {}
    for one in interfaces_of(topology):
        graph.add(one.endpoint, Interface(one.type, tuple(address.text for address in one.addresses), one.up))
    for end in (end for link in topology.links for end in link.endpoints):
        graph.add(end.endpoint, Interface("", tuple(address.text for address in end.addresses), end.up))
    for endpoint, there in addresses_there(topology):
        graph.add(endpoint, Interface("", tuple(address.text for address in there.addresses)))
    for link in topology.links:
        graph.connect(CABLE, *(end.endpoint for end in link.endpoints))
    for one in interfaces_of(topology):
        if one.lower is not None:
            graph.connect(UPON, one.endpoint, Endpoint(one.birth, one.lower.interface))
        for port in one.ports:
            graph.connect(PORT, Endpoint(one.netns, port.name), one.endpoint)
    return graph


def of_found(namespaces: Iterable[Mapping[str, Any]]) -> Graph:
    """Return the graph of what ``netns_info`` found. Raises: KeyError, TypeError, for what is no result of it."""
    graph = Graph()
    for one in namespaces:
        if one["state"] == "present":
            _add_found(graph, None if one.get("host") else _name(one), one)
    return graph


def _name(one: Mapping[str, Any]) -> str:
    """Return by what a namespace is called that may have no name."""
    return str(one["name"] or one.get("path") or f"process {one.get('pid')}")


def _add_found(graph: Graph, netns: Netns, one: Mapping[str, Any]) -> None:
    graph.namespaces.setdefault(netns, {})
    addresses: dict[str, list[str]] = {}
    for address in one["addresses"]:
        if not is_link_local(address["address"]):
            addresses.setdefault(address["interface"], []).append(address["address"])
    for link in one["links"]:
        name, there = link["interface"], addresses.get(link["interface"], [])
        if name == "lo" and not set(there) - _USUAL:
            continue
        endpoint = Endpoint(netns, name)
        kind = "" if link["kind"] == "veth" else link["kind"] or "physical"
        graph.add(endpoint, Interface(kind, tuple(there), link["state"] == "up"))
        for what, other in ((CABLE, link.get("peer")), (UPON, link.get("parent"))):
            if other and other["place"] != "elsewhere" and other["interface"]:
                graph.connect(what, endpoint, Endpoint(other["netns"], other["interface"]))
        if link.get("master"):
            graph.connect(PORT, endpoint, Endpoint(netns, link["master"]))


def compared(declared: Graph, found: Graph) -> Graph:
    """Return the graph of both: what is declared, with how it drifted, and what is there beside it.

    What is on the host and is not declared has nothing to do with it; what is there in the namespaces that are declared
    has.
    """
    graph = Graph()
    for netns, inside in declared.namespaces.items():
        graph.namespaces[netns] = {}
        if netns not in found.namespaces:
            graph.drifted[netns] = MISSING
        for name, interface in inside.items():
            graph.add(Endpoint(netns, name), _drift(interface, found.find(Endpoint(netns, name))))
        for name, other in found.namespaces.get(netns, {}).items():
            if netns is not None and name not in inside and name != "lo":
                graph.add(Endpoint(netns, name), other._replace(drift=UNDECLARED))
    for line in declared.lines:
        graph.draw(line if found.has(line) else line._replace(drift=MISSING))
    for line in found.lines:
        if not declared.has(line) and None not in (graph.find(line.first), graph.find(line.second)):
            graph.draw(line._replace(drift=UNDECLARED))
    return graph


def _drift(declared: Interface, found: Optional[Interface]) -> Interface:
    if found is None:
        return declared._replace(drift=MISSING)
    right = declared.up == found.up and set(declared.addresses) <= set(found.addresses)
    return declared if right else Interface(declared.type, found.addresses, found.up, DIFFERS)


def lines_of(name: str, interface: Interface) -> Sequence[str]:
    """Return what is written in the box of an interface."""
    title = f"{name} ({interface.type})" if interface.type else name
    words = {"": [], MISSING: ["missing"], UNDECLARED: ["not declared"], DIFFERS: ["differs"]}[interface.drift]
    return [title, *interface.addresses, *([] if interface.up else ["down"]), *words]

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form of a topology, as a task or a file has it, and the declared objects that are made of it. Pure. Private.

The sections below are all there is to say of the form: the JSON schema for editors is made of them too
(``tools/make_schema.py``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._addresses import Auto
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, List, Owner, Section, Text
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import (
    DeclaredEndpoint,
    DeclaredLink,
    InterfaceSection,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import Namespace
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import Ownership
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import Veth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import EARLY, LATE, Declared, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    BOOLEAN,
    LINK_STATE,
    NAMESPACE,
    SECONDS,
    TOPOLOGY,
)


def _by_name(problems: Problems, path: str, text: str) -> Optional[dict[str, Any]]:
    """Return a namespace by its name alone."""
    name = problems.namespace(path, text)
    return None if name is None else {"name": name}


def _interfaces() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._interface_form import place_key

    return place_key()


def _sysctls() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.sysctl import place_key

    return place_key()


def _addresses() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._addresses import place_key

    return place_key()


def _routes() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._routes import key

    return key()


def _bridges() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._bridge_form import topology_key

    return topology_key()


def _defaults() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._defaults import topology_key

    return topology_key()


def _rules() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._rules import key

    return key()


def _nftables() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.nftables import place_key

    return place_key()


def _files() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._files import key

    return key()


class DeclaredPlace(Section, what="place"):
    """What namespaces of a topology have, and the host's too: what is in them beside the ends of links."""

    sysctls = Later(_sysctls)
    interface = ""
    interfaces = Later(_interfaces)
    addresses = Later(_addresses)
    routes = Later(_routes)
    rules = Later(_rules)
    nftables = Later(_nftables)

    @property
    def netns(self) -> Netns:
        """The namespace, which its keys are about."""
        return None


class DeclaredHost(DeclaredPlace, what="host"):
    """What a topology has in the host's own namespace."""


class DeclaredNamespace(
    DeclaredPlace, what="namespace", needs="a name", text=Text("a name", _by_name, NAMESPACE.schema, numbers=True)
):
    """A namespace of a topology."""

    name = Key(NAMESPACE, "The name of the namespace.", required=True)
    loopback = Key(LINK_STATE, "The link state of lo.", default="up")
    files = Later(_files)

    @property
    def netns(self) -> Netns:
        """The namespace itself."""
        return self.name


class Topology(Section, what="topology", needs="name, namespaces and links"):
    """A whole topology."""

    name = Key(TOPOLOGY, "The name of the topology, unique on a host.", required=True)
    namespaces = Key(List(DeclaredNamespace), "The namespaces.", default=())
    links = Key(List(DeclaredLink), "The pairs, veth or netkit.", default=())
    bridges = Later(_bridges, {"type": "list", "elements": "raw"})
    defaults = Later(_defaults, {"type": "raw"})
    host = Key(DeclaredHost, "What is to be in the host's own namespace.")
    purge = Key(
        BOOLEAN,
        "Also remove what was made for this topology earlier and is no longer named in it.",
        default=False,
    )
    persist = Key(
        BOOLEAN,
        "Whether all of it is to be there after a reboot too, without Ansible; when not written, what is kept for that "
        "stays as it is.",
    )
    wait = Key(
        SECONDS,
        "How many seconds to wait at most until no declared IPv6 address is tentative; 0 does not wait.",
        default=0.0,
    )
    netns, interface = None, ""
    #: It as it was written.
    form: Mapping[str, Any] = {}


def read(problems: Problems, form: Mapping[str, Any]) -> Topology:
    """Return the topology of a form; every mistake is noted, and what has mistakes is left out."""
    topology = Topology("", {"name": ""})
    topology.form = form
    topology.take(problems, form)
    _expand(problems, topology)
    _once(problems, "namespace", [(one.path, one.name) for one in topology.namespaces])
    ends = [(end.path, end.endpoint) for link in topology.links for end in link.endpoints]
    others = interfaces_of(topology)
    _once(problems, "interface", [*ends, *((one.path, one.endpoint) for one in others)])
    _once(problems, "port", [(port.path, Endpoint(one.netns, port.name)) for one in others for port in one.ports])
    there = addresses_there(topology)
    if there:
        declared = {**{one.endpoint: one.path for one in others}, **{end: path for path, end in ends}}
        for end, one in there:
            if end in declared:
                problems.add(one.path, f"interface {end} is declared, in {declared[end]}; write its addresses there")
    return topology


def _expand(problems: Problems, topology: Topology) -> None:
    """Put what is written in short into the long form."""
    links, bridges, defaults = topology.links, topology.bridges or (), topology.defaults
    if defaults is not None:
        from ansible_collections.linuxnet.netns.plugins.module_utils._defaults import apply

        apply(defaults, links, bridges)
    if bridges or defaults is not None or _has_prefixes(links):
        from ansible_collections.linuxnet.netns.plugins.module_utils._auto_addresses import give

        give(problems, () if defaults is None else defaults.prefixes, links, bridges, _written_addresses(topology))
    if bridges:
        from ansible_collections.linuxnet.netns.plugins.module_utils._bridge_form import expand

        if topology.host is None:
            topology.host = DeclaredHost("host", {})
        places = {place.netns: place for place in _places(topology)}
        topology.links = (*links, *expand(problems, bridges, places))


def _has_prefixes(links: Sequence[DeclaredLink]) -> bool:
    """Tell whether addresses are taken from prefixes; asked of every topology, so it has to be quick."""
    for one in links:
        first, second = one.endpoints
        if one.prefixes or first.addresses.__class__ is Auto or second.addresses.__class__ is Auto:
            return True
    return False


def _written_addresses(topology: Topology) -> Iterator[Any]:
    """Yield all addresses that are written, wherever they are."""
    networks = [*(link.endpoints for link in topology.links), *(one.interfaces for one in topology.bridges or ())]
    ends = [end for interfaces in networks for end in interfaces]
    for one in (*ends, *interfaces_of(topology), *(one for _end, one in addresses_there(topology))):
        yield from one.addresses


def _places(topology: Topology) -> list[DeclaredPlace]:
    return [*topology.namespaces, *([] if topology.host is None else [topology.host])]


def addresses_there(topology: Topology) -> list[tuple[Endpoint, Any]]:
    """Return the addresses of interfaces that are there already, as they were written, each with its interface."""
    return [(Endpoint(place.netns, one.interface), one) for place in _places(topology) for one in place.addresses or ()]


def interfaces_of(topology: Topology) -> list[Any]:
    """Return the interfaces of a topology beside the ends of its links, in the order written."""
    places = _places(topology)
    for place in places:
        for one in place.interfaces or ():
            one.netns = place.netns
    return [one for place in places for one in place.interfaces or ()]


def _once(problems: Problems, what: str, written: Sequence[tuple[str, Hashable]]) -> None:
    first: dict[Hashable, str] = {}
    for path, one in written:
        if one in first:
            problems.add(path, f"{what} {cut(str(one), 2 * MOST_CHARACTERS)} is declared already, in {first[one]}")
        else:
            first[one] = path


def declare(topology: Topology, present: bool, purge: bool, shown: bool = False) -> list[Declared]:
    """Return the declared objects of a topology: what is to be there, or to be gone.

    What belongs to one namespace stands together, so that it can be sent to the kernel together. Removals come last.
    ``shown``: what goes with a namespace is looked at, so that it can be shown.
    """
    declared = _present(topology, purge) if present else _absent(topology, purge, shown)
    if present and topology.persist is None:
        return declared
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.persistence import Persistence

    path = "persist" if present else "state"
    if not present or not topology.persist:
        return [*declared, Persistence(path, topology.name, None)]
    return [*declared, Persistence(path, topology.name, tuple(declared), _as_json(topology.form))]


def _as_json(form: Mapping[str, Any]) -> str:
    """Return what is declared of a topology in one line of JSON, in one order, in which Ansible need not keep it."""
    import json

    said = {key: value for key, value in form.items() if value is not None and key not in ("persist", "purge", "wait")}
    return json.dumps(said, sort_keys=True)


def settling(topology: Topology) -> list[Declared]:
    """Return that the IPv6 addresses of a topology can be used before its time to wait is over.

    Left out are those of interfaces that are to be down, or whose peer is: nobody looks for them elsewhere.
    """
    if not topology.wait:
        return []
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.settled import settling

    pairs = [link.endpoints for link in topology.links if all(end.up for end in link.endpoints)]
    ends = [*(end for pair in pairs for end in pair), *(one for one in interfaces_of(topology) if one.up)]
    written = [
        *((f"{one.path}.addresses", one.endpoint, one.addresses) for one in ends),
        *((one.path, end, one.addresses) for end, one in addresses_there(topology)),
    ]
    return [declared for one in written for declared in settling(*one, topology.wait)]


def reachability(topology: Topology, timeout: float) -> list[Declared]:
    """Return that each end of a link between two namespaces reaches the addresses of the other end, where both are up.

    On a bridge each reaches the next.

    ``timeout`` is in seconds. Left out are link-local addresses, and those of a version of IP of which the end that is
    to reach them has no other address.
    """
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import Reachability
    from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe

    found: list[Declared] = []
    for pair in [*(link.endpoints for link in topology.links), *_across(topology)]:
        if not all(end.up for end in pair) or pair[0].netns == pair[1].netns:
            continue
        places = frozenset(end.endpoint for end in pair)
        for end, other in (pair, pair[::-1]):
            versions = {one.version for one in end.addresses if not one.is_link_local}
            found += [
                Reachability(end.path, Probe(end.netns, other.endpoint, timeout, one.host, end.path), places)
                for one in other.addresses
                if one.version in versions and not one.is_link_local
            ]
    return found


def _across(topology: Topology) -> Iterator[tuple[InterfaceSection, InterfaceSection]]:
    """Yield the pairs of interfaces that must reach each other across a bridge: each and the next one, in a ring."""
    for bridge in topology.bridges or ():
        ends = [one for one in bridge.interfaces if one.up and one.addresses] if bridge.up else []
        yield from zip(ends, ends[1:] + ends[:1] if len(ends) > 2 else ends[1:])


def _present(topology: Topology, purge: bool) -> list[Declared]:
    ends = [end for link in topology.links for end in link.endpoints]
    host = [] if topology.host is None else [topology.host]
    written = [*(one.name for one in topology.namespaces), *(end.netns for end in ends), *(one.netns for one in host)]
    inside: dict[Netns, list[Declared]] = {netns: [] for netns in _visited(written, interfaces_of(topology))}
    order = {netns: number for number, netns in enumerate(inside)}
    places = frozenset(end.endpoint for end in ends)
    for link in topology.links:
        # A pair is created when the first of its ends' namespaces is visited, for it is sent from inside that one.
        first, second = link.endpoints
        values = _values_of(link)
        if order[second.netns] < order[first.netns]:
            first, second = second, first
            values = _at_the_other_end(values)
        own: dict[str, Any] = {"record": topology.name, "type": link.type, "values": values}
        veth = Veth(link.path, _veth_end(first), _veth_end(second), others=places, **own)
        inside[first.netns].append(veth)
    owner = Owner(topology.name, purge)
    for one in topology.namespaces:
        loopback = LinkState(f"{one.path}.loopback", one.name, "lo", one.loopback == "up")
        inside[one.name] += [loopback, *one.declared(one, owner)]
    for place in host:
        inside[None] += place.declared(place, owner)
    for end in ends:
        inside[end.netns] += end.brought_about(owner)
    ordered = [one for objects in inside.values() for one in sorted(objects, key=lambda one: one.stage)]
    declared = [
        *(Namespace(one.path, one.name) for one in topology.namespaces),
        *(one for one in ordered if one.stage == EARLY),
        *(one for one in ordered if one.stage != EARLY),
        *topology.declared(topology, owner),
    ]
    things = frozenset([thing for one in declared for thing in one.things()])
    late = tuple([one for one in declared if one.stage == LATE])
    return [*declared, Ownership("purge", topology.name, things, purge, late)]


def _visited(written: Sequence[Netns], interfaces: Sequence[Any]) -> list[Netns]:
    """Return the namespaces in the order in which they are visited: one comes after those that its interfaces are
    born in.
    """
    born: dict[Netns, list[Netns]] = {}
    for one in interfaces:
        if one.birth != one.netns:
            born.setdefault(one.netns, []).append(one.birth)
    if not born:
        return list(written)
    visited: dict[Netns, None] = {}

    def visit(netns: Netns, under_way: frozenset[Netns]) -> None:
        for other in born.get(netns, ()):
            if other in written and other not in under_way:
                visit(other, under_way | {other})
        visited[netns] = None

    for netns in written:
        visit(netns, frozenset({netns}))
    return list(visited)


def _absent(topology: Topology, purge: bool, shown: bool) -> list[Declared]:
    gone = {one.name for one in topology.namespaces}
    declared: list[Declared] = []
    if topology.host is not None:
        declared += topology.host.declared(topology.host, Owner(topology.name, purge, present=False))
    # A device goes home before its namespace goes: of those that are not physical, the kernel would not send it there.
    devices = [one for one in interfaces_of(topology) if one.origin is not None and one.netns is not None]
    declared += [one.object(topology.name, present=False) for one in devices]
    for link in topology.links:
        first, second = (_veth_end(end) for end in link.endpoints)
        removed: dict[str, Any] = {"present": False, "record": topology.name, "type": link.type}
        if {first.netns, second.netns} <= gone:
            # It goes with its namespaces, unless both its ends have been left on the host.
            first, second = (VethEnd(None, end.interface) for end in link.endpoints)
            if first.endpoint != second.endpoint:
                declared.append(Veth(link.path, first, second, only_pair=True, **removed))
        else:
            declared.append(Veth(link.path, first, second, **removed))
    if gone:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.leading_in import NothingLeadsIn

        declared.append(NothingLeadsIn("namespaces", topology.name, frozenset(gone)))
    declared += [Namespace(one.path, one.name, present=False, shown=shown) for one in topology.namespaces]
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import NoFilesOf

    for one in topology.namespaces:
        declared += [file.object(one.name, present=False) for file in one.files or ()]
        declared.append(NoFilesOf(one.path, topology.name, one.name))
    declared.append(Ownership("purge", topology.name, frozenset(), purge))
    return declared


def _values_of(link: DeclaredLink) -> tuple[tuple[str, Any], ...]:
    """Return the properties of a pair that are written."""
    if link.netkit is None:
        return ()
    from ansible_collections.linuxnet.netns.plugins.module_utils._properties_section import values_of

    return values_of(link.netkit)


def _at_the_other_end(values: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    if not values:
        return ()
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types.netkit import swapped

    return swapped(values)


def _veth_end(end: DeclaredEndpoint) -> VethEnd:
    mac = None if end.mac is None else end.mac.text
    return VethEnd(end.netns, end.interface, mac, end.mtu, up=end.up, path=end.path)

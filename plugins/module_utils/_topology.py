# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form of a topology, as a task or a file has it: read into a model of its own, then into declared objects. Pure.

Private. The same form is described by ``plugins/plugin_utils/topology.schema.json`` for editors; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import (
    MOST_CHARACTERS,
    MOST_LINES,
    Secret,
    alike,
    cut,
    echo,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS, Addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import NAMESPACES, Namespace
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import Ownership
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import Veth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns, Thing
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_name, kind

#: The keys of each mapping in the form.
KEYS = {
    "topology": ("name", "namespaces", "links", "purge"),
    "namespace": ("name", "loopback"),
    "link": ("endpoints", "mtu"),
    "endpoint": ("netns", "interface", "addresses", "state", "mac", "mtu"),
}
EVERY_KEY = frozenset(key for keys in KEYS.values() for key in keys)


class DeclaredNamespace(NamedTuple):
    """A namespace of a topology, and whether its loopback interface is up."""

    path: str
    name: str
    loopback: bool = True


class DeclaredEndpoint(NamedTuple):
    """One end of a link of a topology."""

    path: str
    netns: Netns
    interface: str
    addresses: tuple[str, ...] = ()
    up: bool = True
    mac: Optional[str] = None
    mtu: Optional[int] = None

    @property
    def endpoint(self) -> Endpoint:
        """Where it belongs."""
        return Endpoint(self.netns, self.interface)


class DeclaredLink(NamedTuple):
    """A link of a topology."""

    path: str
    endpoints: tuple[DeclaredEndpoint, DeclaredEndpoint]


class Topology(NamedTuple):
    """A whole topology."""

    name: str
    namespaces: tuple[DeclaredNamespace, ...]
    links: tuple[DeclaredLink, ...]


def read(problems: Problems, form: Mapping[str, Any]) -> Topology:
    """The topology of a form; every mistake is noted, and what has mistakes is left out."""
    _keys(problems, "", form, "topology")
    name = problems.topology("name", as_name(form.get("name")))
    namespaces = [
        one
        for number, written in enumerate(_list(problems, "namespaces", form.get("namespaces")))
        for one in _namespace(problems, f"namespaces[{number}]", written)
    ]
    links = [
        one
        for number, written in enumerate(_list(problems, "links", form.get("links")))
        for one in _link(problems, f"links[{number}]", written)
    ]
    _once(problems, "namespace", [(one.path, one.name) for one in namespaces])
    _once(problems, "interface", [(end.path, end.endpoint) for link in links for end in link.endpoints])
    return Topology(name or "", tuple(namespaces), tuple(links))


def _namespace(problems: Problems, path: str, written: Any) -> list[DeclaredNamespace]:
    if isinstance(as_name(written), str):
        name = problems.namespace(path, as_name(written))
        return [] if name is None else [DeclaredNamespace(path, name)]
    if not isinstance(written, Mapping):
        problems.add(path, f"a name or a mapping with a name is needed, not {kind(written)}{_hint(written)}")
        return []
    _keys(problems, path, written, "namespace")
    name = problems.namespace(f"{path}.name", as_name(written.get("name")))
    loopback = problems.choice(f"{path}.loopback", written.get("loopback", "up"), ("up", "down"))
    return [] if name is None or loopback is None else [DeclaredNamespace(path, name, loopback == "up")]


def _link(problems: Problems, path: str, written: Any) -> list[DeclaredLink]:
    if not isinstance(written, Mapping):
        problems.add(path, f"a mapping with endpoints is needed, not {kind(written)}")
        return []
    _keys(problems, path, written, "link")
    mtu = problems.mtu(f"{path}.mtu", written.get("mtu"))
    endpoints = written.get("endpoints")
    if not isinstance(endpoints, Sequence) or isinstance(endpoints, str) or len(endpoints) != 2:
        count = f", not {len(endpoints)}" if isinstance(endpoints, list) else ""
        problems.add(f"{path}.endpoints", f"a list of two endpoints is needed{count}")
        return []
    ends = [_endpoint(problems, f"{path}.endpoints[{number}]", end, mtu) for number, end in enumerate(endpoints)]
    first, second = ends
    return [] if first is None or second is None else [DeclaredLink(path, (first, second))]


def _endpoint(problems: Problems, path: str, written: Any, mtu: Optional[int]) -> Optional[DeclaredEndpoint]:
    noted = len(problems.found)
    if isinstance(written, str):
        netns, colon, interface = written.rpartition(":")
        end = DeclaredEndpoint(
            path,
            problems.namespace(path, alike(written, netns)) if colon else None,
            problems.veth_name(path, alike(written, interface)) or "",
            mtu=mtu,
        )
    elif isinstance(written, Mapping):
        _keys(problems, path, written, "endpoint")
        state = problems.choice(f"{path}.state", written.get("state", "up"), ("up", "down"))
        end = DeclaredEndpoint(
            path,
            problems.optional_namespace(f"{path}.netns", as_name(written.get("netns"))),
            problems.veth_name(f"{path}.interface", as_name(written.get("interface"))) or "",
            tuple(
                dict.fromkeys(
                    text
                    for number, address in enumerate(_list(problems, f"{path}.addresses", written.get("addresses")))
                    for text in [problems.address(f"{path}.addresses[{number}]", address)]
                    if text is not None
                )
            ),
            state != "down",
            problems.mac(f"{path}.mac", written.get("mac")),
            problems.mtu(f"{path}.mtu", written.get("mtu", mtu)),
        )
    else:
        problems.add(
            path, f"'NAMESPACE:INTERFACE' or a mapping with an interface is needed, not {kind(written)}{_hint(written)}"
        )
        return None
    return end if len(problems.found) == noted else None


def _hint(written: Any) -> str:
    """What YAML has made of NAMESPACE:INTERFACE where both are digits: a number to the base of 60."""
    return " (write it in quotes)" if isinstance(written, (int, float)) and not isinstance(written, bool) else ""


def _list(problems: Problems, path: str, written: Any) -> Sequence[Any]:
    if written is None:
        return ()
    if isinstance(written, (list, tuple)):
        return written
    problems.add(path, f"a list is needed, not {kind(written)}")
    return ()


def _keys(problems: Problems, path: str, written: Mapping[str, Any], what: str) -> None:
    for key in written:
        if key not in KEYS[what]:
            name = as_key(key)
            problems.add(f"{path}.{name}" if path else name, f"there is no such key{_meant(problems, name, what)}")


def as_key(key: Any) -> str:
    """A key as paths have it."""
    plain = isinstance(key, str) and key.isprintable() and not isinstance(key, Secret)
    return cut(key, MOST_CHARACTERS) if plain else echo(key)


def _meant(problems: Problems, name: str, what: str) -> str:
    """Which key may be meant, or which there are; looked for where it will be shown."""
    if len(problems.found) > MOST_LINES:
        return ""
    import difflib

    close = difflib.get_close_matches(name, KEYS[what], 1)
    return f"; did you mean {close[0]}?" if close else f"; a {what} has {', '.join(KEYS[what])}"


def _once(problems: Problems, what: str, written: Sequence[tuple[str, Hashable]]) -> None:
    first: dict[Hashable, str] = {}
    for path, one in written:
        if one in first:
            problems.add(path, f"{what} {cut(str(one), 2 * MOST_CHARACTERS)} is declared already, in {first[one]}")
        else:
            first[one] = path


def declare(topology: Topology, present: bool, purge: bool, shown: bool = False) -> list[Declared]:
    """The declared objects of a topology: what is to be there, or to be gone.

    What belongs to one namespace stands together, so that it can be sent to the kernel together. Removals come last.
    ``shown``: what goes with a namespace is looked at, so that it can be shown.
    """
    return _present(topology, purge) if present else _absent(topology, purge, shown)


def reachability(topology: Topology, timeout: float) -> list[Declared]:
    """Return that each end of a link between two namespaces reaches the addresses of the other end, where both are up.

    ``timeout`` is in seconds. Left out are link-local addresses, and those of a version of IP of which the end that is
    to reach them has no other address.
    """
    from ansible_collections.linuxnet.netns.plugins.module_utils._addresses import version_of
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import Reachability, worth_probing
    from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe

    ways = [way for link in topology.links for way in (link.endpoints, link.endpoints[::-1])]
    return [
        Reachability(
            end.path,
            Probe(end.netns, other.endpoint, timeout, address, end.path),
            frozenset({end.endpoint, other.endpoint}),
        )
        for end, other in ways
        if end.up and other.up and end.netns != other.netns
        for versions in [{version_of(own) for own in worth_probing(end.addresses, from_elsewhere=False)}]
        for address in worth_probing(other.addresses, from_elsewhere=False)
        if version_of(address) in versions
    ]


def _present(topology: Topology, purge: bool) -> list[Declared]:
    ends = [end for link in topology.links for end in link.endpoints]
    visited = [*(one.name for one in topology.namespaces), *(end.netns for end in ends)]
    inside: dict[Netns, list[Declared]] = {netns: [] for netns in visited}
    order = {netns: number for number, netns in enumerate(inside)}
    places = frozenset(end.endpoint for end in ends)
    for link in topology.links:
        # A pair is created when the first of its ends' namespaces is visited, for it is sent from inside that one.
        first, second = sorted(link.endpoints, key=lambda end: order[end.netns])
        veth = Veth(link.path, _veth_end(first), _veth_end(second), record=topology.name, others=places)
        inside[first.netns].append(veth)
    for one in topology.namespaces:
        inside[one.name].append(LinkState(_below(one.path, "loopback"), one.name, "lo", one.loopback))
    for end in ends:
        state = LinkState(end.path, end.netns, end.interface, end.up)
        objects: list[Declared] = [state]
        if end.addresses:
            addresses = Addresses(end.path, *end.endpoint, end.addresses, record=topology.name, purge=purge)
            # Going down takes IPv6 addresses away, so that comes before they are added.
            objects = [addresses, state] if end.up else [state, addresses]
        inside[end.netns].extend(objects)
    return [
        *(Namespace(one.path, one.name) for one in topology.namespaces),
        *(one for objects in inside.values() for one in objects),
        Ownership("purge", topology.name, frozenset(_things(topology)), purge),
    ]


def _absent(topology: Topology, purge: bool, shown: bool) -> list[Declared]:
    gone = {one.name for one in topology.namespaces}
    declared: list[Declared] = []
    for link in topology.links:
        first, second = (_veth_end(end) for end in link.endpoints)
        if {first.netns, second.netns} <= gone:
            # It goes with its namespaces, unless both its ends have been left on the host.
            first, second = (VethEnd(None, end.interface) for end in link.endpoints)
            if first.endpoint != second.endpoint:
                declared.append(Veth(link.path, first, second, present=False, record=topology.name, only_pair=True))
        else:
            declared.append(Veth(link.path, first, second, present=False, record=topology.name))
    declared += [Namespace(one.path, one.name, present=False, shown=shown) for one in topology.namespaces]
    declared.append(Ownership("purge", topology.name, frozenset(), purge))
    return declared


def _veth_end(end: DeclaredEndpoint) -> VethEnd:
    return VethEnd(end.netns, end.interface, end.mac, end.mtu, up=end.up, path=end.path)


def _things(topology: Topology) -> list[Thing]:
    """All that the topology names, as keys of an ownership record."""
    things = [Thing(NAMESPACES, one.name, ()) for one in topology.namespaces]
    for link in topology.links:
        for end in link.endpoints:
            things.append(Thing(INTERFACE, end.netns, (end.interface,)))
            things.extend(Thing(ADDRESS, end.netns, (end.interface, address)) for address in end.addresses)
    return things


def _below(path: str, key: str) -> str:
    return f"{path}.{key}"

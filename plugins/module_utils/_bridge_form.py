# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges with all that is plugged into them, as a topology writes them in short. Pure. Private.

Each is put into the long form: an interface of type bridge, and a link for each endpoint, whose other end is a port.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import Secret
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, List, Section, Text
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_form import (
    DeclaredInterface,
    DeclaredPort,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import (
    BY_PLACE,
    DeclaredEndpoint,
    DeclaredLink,
    InterfaceSection,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types.bridge import TYPE
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import MOST_INTERFACE_BYTES, Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._properties_section import (
    port_section,
    properties_section,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import NAMESPACE, PREFIX, VETH_NAME


def _by_name(problems: Problems, path: str, text: str) -> Optional[dict[str, Any]]:
    """Return a port by its name alone."""
    name = problems.veth_name(path, text)
    return None if name is None else {"interface": name}


class Port(Section, what="port of a bridge", text=Text("a name", _by_name, VETH_NAME.schema, numbers=True)):
    """The end of a link that is in a bridge, with what is set of it there."""

    interface = Key(VETH_NAME, "The name of the interface; made of the other end's when omitted.")


for _name in (*(one.name for one in TYPE.ports or ()), "vlans"):
    Port.add(_name, port_section().keys[_name])


class Plugged(DeclaredEndpoint, what="endpoint of a bridge", needs="an interface", text=BY_PLACE):
    """An endpoint that is plugged into a bridge."""

    port = Key(Port, "The other end of its link, in the bridge.")

    def other_end(self, bridge: DeclaredBridge) -> DeclaredEndpoint:
        """Return the end that is in the bridge."""
        name = None if self.port is None else self.port.interface
        values = {"netns": bridge.netns, "interface": name or _port_name(self), "mtu": self.mtu}
        return DeclaredEndpoint(f"{self.path}.port", values)

    def settings(self, name: str) -> DeclaredPort:
        """Return what is set of that end as a port, whose name is given."""
        written = {} if self.port is None else {one: getattr(self.port, one) for one in Port.keys if one != "interface"}
        return DeclaredPort(f"{self.path}.port", {"name": name, **written})


def _port_name(end: DeclaredEndpoint) -> str:
    """Return a name for the other end of a link: that of its namespace and its own, as far as there is room for them.

    It is made of the two alone, so that it stays when others are plugged in.
    """
    # Names that were encrypted cannot be formatted.
    whole = (end.netns or "host") + "_" + end.interface
    plain = "".join([letter if letter.isascii() and letter not in "/:%" else "_" for letter in whole])
    if plain != whole or len(whole) > MOST_INTERFACE_BYTES:
        plain = f"{plain[:6]}_{zlib.crc32(whole.encode('utf-8', 'surrogateescape')):08x}"
    return Secret(plain) if any(isinstance(one, Secret) for one in (end.netns, end.interface)) else plain


class DeclaredBridge(InterfaceSection, what="bridge of a network", needs="a name and endpoints"):
    """A bridge with all that is plugged into it. Its MTU is that of its endpoints which say none."""

    name = Key(VETH_NAME, "The name of the bridge, an interface.", required=True)
    netns = Key(NAMESPACE, "The namespace that the bridge is in; the host's when omitted.")
    endpoints = Key(List(Plugged), "What is plugged in: each has a link to a port of the bridge.", required=True)
    ports = Key(List(DeclaredPort), "Other ports of the bridge, such as a link to another one.", default=())
    prefixes = Key(
        List(PREFIX, once=True),
        "Where addresses: auto comes from, which its endpoints have that say nothing of addresses.",
        default=(),
    )
    bridge = Key(properties_section("bridge"), "The properties of the bridge.")
    addresses = Key(
        _addresses.LIST_OR_AUTO,
        "IPv4 and IPv6 addresses of the bridge itself; auto: one of each of its prefixes.",
        default=(),
        declare=_addresses.declare,
    )

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        self.interface = self.name if complete else ""
        if complete and self.mtu is not None:
            for end in self.endpoints:
                vars(end).setdefault("mtu", self.mtu)
        return complete

    @property
    def interfaces(self) -> list[InterfaceSection]:
        """What shares the network: the bridge itself, and what is plugged in."""
        return [self, *self.endpoints]

    def links(self) -> list[DeclaredLink]:
        """Return the links to the endpoints."""
        return [DeclaredLink(one.path, {"endpoints": (one, one.other_end(self))}) for one in self.endpoints]

    def long(self, links: Sequence[DeclaredLink]) -> DeclaredInterface:
        """Return the interface that is the bridge."""
        ports = [one.settings(link.endpoints[1].interface) for one, link in zip(self.endpoints, links)]
        own = {name: value for name, value in vars(self).items() if name in InterfaceSection.keys or name == "bridge"}
        made = DeclaredInterface(
            self.path, {**own, "name": self.name, "type": "bridge", "ports": (*ports, *self.ports)}
        )
        made.interface, made.origin = self.name, None
        return made


def expand(
    problems: Problems, bridges: Sequence[DeclaredBridge], places: Mapping[Netns, Any]
) -> Iterator[DeclaredLink]:
    """Put bridges among the interfaces of their places, and give their links."""
    for one in bridges:
        place = places.get(one.netns)
        if place is None:
            where = f"there is no {one.netns} among namespaces; a bridge is in one of them, or on the host"
            problems.add(f"{one.path}.netns", where)
            continue
        links = one.links()
        place.interfaces = (*(place.interfaces or ()), one.long(links))
        yield from links


def topology_key() -> Key[Any]:
    """Return the key of a topology."""
    return Key(List(DeclaredBridge), "Bridges, each with all that is plugged into it.", default=())

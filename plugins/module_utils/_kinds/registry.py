# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of kinds: a line for each, which is loaded when it is used. Private.

Imports stand in functions, so that Ansible packs every kind and a task loads only those that it uses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import PAIRS, Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns, Scope, State, Step

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader


def _namespace() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import NAMESPACES

    return NAMESPACES


def _interface() -> Kind[Any]:
    return interface.INTERFACE


def _address() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS

    return ADDRESS


def _neighbour() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import NEIGHBOUR

    return NEIGHBOUR


def _qdisc() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import QDISC

    return QDISC


def _route() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE

    return ROUTE


def _rule() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import RULE

    return RULE


def _forwarding() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.forwarding import FORWARDING

    return FORWARDING


def _port_vlans() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port_vlans import PORT_VLANS

    return PORT_VLANS


def _device() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.device import DEVICE

    return DEVICE


def _port() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import PORT

    return PORT


def _nftables() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.nftables import NFTABLES

    return NFTABLES


def _file() -> Kind[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import FILE

    return FILE


def _again(before: State, found: Interface, netns: Netns) -> Sequence[Step]:
    """Return what makes a deleted interface anew, by its type."""
    if found.type in PAIRS:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import again
    else:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link import again
    return again(before, found, netns)


class Registry:
    """The kinds whose things are recorded, by their names in records."""

    LOADERS: ClassVar[dict[str, Callable[[], Kind[Any]]]] = {
        "namespace": _namespace,
        "interface": _interface,
        "address": _address,
        "neighbour": _neighbour,
        "port": _port,
        "device": _device,
        "port VLANs": _port_vlans,
        "forwarding entry": _forwarding,
        "queueing discipline": _qdisc,
        "route": _route,
        "rule": _rule,
        "nftables table": _nftables,
        "file": _file,
    }

    def __getitem__(self, name: str) -> Kind[Any]:
        """Return the kind of a name. Raises: KeyError."""
        return self.LOADERS[name]()

    def to_be_read(self, scope: Scope) -> Mapping[Kind[Any], Collection[Netns]]:
        """Return the kinds that a scope asks for, with what is always read with them, and where; in their order."""
        wanted = {kind: set(places) for kind, places in scope.wants.items() if kind.in_namespace}
        around = {netns for kind, places in wanted.items() if kind.on_interface for netns in places}
        if around:
            # Steps take addresses away with interfaces, and put them back.
            for kind in (interface.INTERFACE, self["address"]):
                wanted.setdefault(kind, set()).update(around)
        return {kind: wanted[kind] for kind in sorted(wanted, key=lambda kind: kind.order)}

    def carried(self) -> Sequence[Carried[Any]]:
        """Return the kinds that steps may take away without naming them, in the order in which they are put back."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.compared import COMPARED
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.forwarding import FORWARDING
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import NEIGHBOUR
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port_vlans import PORT_VLANS
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import QDISC
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.settings import SETTINGS

        return [SETTINGS, PORT_VLANS, FORWARDING, COMPARED, QDISC, NEIGHBOUR, ROUTE]

    def read_rest(self, state: State, reader: Reader, end: Endpoint) -> None:
        """Read what a link has beside its properties, in the namespace that was entered. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types

        found = interface.find(state, end)
        link_type = None if found is None else link_types.find(found.type)
        if link_type is not None and link_type.read is not None:
            link_type.read(state, reader, end)

    def index_of(self, state: State, end: Endpoint) -> Optional[int]:
        """Return the index of an interface, as far as a state knows it."""
        found = interface.find(state, end)
        return None if found is None else found.ifindex

    def note_index(self, state: State, end: Endpoint, index: int) -> None:
        """Note the index of an interface in a state, if that has it."""
        interface.change(state, end, ifindex=index)


KINDS = Registry()
interface.AGAIN = _again

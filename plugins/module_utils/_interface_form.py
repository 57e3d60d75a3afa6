# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form of interfaces beside the ends of links, of any type: in a topology, and as the options of netns_link. Pure.

Private. What is of one type alone comes from that type's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, List, Owner, Section, Text
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import InterfaceSection
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.device import Device
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link import Link, shown
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import NEEDED, NONE, Values
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import Member
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._properties_section import (
    port_section,
    properties_section,
    values_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    BOOLEAN,
    MAC,
    MTU,
    NAMESPACE,
    Choice,
    Scalar,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import Mac

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Site

#: What is no type of link: a device that is there already, and is moved.
DEVICE = "device"
#: The word for the host's own namespace, where a name is needed.
HOST = "host"


class Below(NamedTuple):
    """What a link is built upon, as it was written: ``netns`` is a tuple of one where a namespace was written."""

    netns: Optional[tuple[Netns]]
    interface: str


def read_place(problems: Problems, path: str, text: Any) -> Optional[tuple[Netns]]:
    """Return the name of a namespace, or ``host``, as a tuple of one."""
    if text == HOST:
        return (None,)
    name = problems.namespace(path, text)
    return None if name is None else (name,)


def read_below(problems: Problems, path: str, written: Any) -> Optional[Below]:
    """Read ``INTERFACE`` or ``NAMESPACE:INTERFACE``, where the namespace may be ``host``."""
    netns, colon, name = written.rpartition(":") if isinstance(written, str) else ("", "", written)
    place = read_place(problems, path, netns) if colon else None
    interface = problems.interface(path, name)
    return None if interface is None or (colon and place is None) else Below(place, interface)


INTERFACE_NAME = Scalar(Problems.interface, "str", {"type": "string"})
PLACE = Scalar[tuple[Netns]](read_place, "str", {"type": "string"})
BELOW = Scalar[Below](read_below, "str", {"type": "string"})
ALIAS = Scalar[str](Problems.alias, "str", {"type": "string", "maxLength": 255})


def _in_vlans(path: str, end: Endpoint, vlans: Optional[Sequence[Any]]) -> list[Declared]:
    """Return what is declared of the VLANs of a port, or of a bridge itself; nothing where none are written."""
    if vlans is None:
        return []
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port_vlans import PVID, UNTAGGED, Vlans

    members = [(one.first, one.last, PVID * one.pvid | UNTAGGED * one.untagged) for one in vlans]
    return [Vlans(path, *end, tuple(sorted(members)))]


def _port_values(section: Optional[Section]) -> Values:
    """Return what is set of a port as a property; its VLANs are no property."""
    return tuple([(name, value) for name, value in values_of(section) if name not in ("name", "vlans")])


def _port_key() -> Key[Any]:
    return Key(port_section(), "What is set of it as a port of its master.")


def _master(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return the name of a master; an empty one says that there is to be none."""
    return "" if written == "" else problems.interface(path, written)


def _type_key(name: str) -> Key[Any]:
    return Key(properties_section(name), f"The properties of a link of type {name}.")


class LinkSection(Section, what="interface", needs="a name and a type"):
    """A link of any type, as a task or a topology has it."""

    name = Key(INTERFACE_NAME, "The name of the interface.", required=True)
    type = Key(
        Choice(*link_types.LOADERS, DEVICE),
        "The type of link; device: one that is there already, and is moved here.",
        required=True,
    )
    lower = Key(
        BELOW,
        "What it is built upon: INTERFACE, or NAMESPACE:INTERFACE, host is the namespace of the host.",
    )
    lower_netns = Key(PLACE, "The namespace in which it is created, though it lives here; host is that of the host.")
    alias = Key(ALIAS, "A text that is shown with it.")
    mac: Optional[Mac]
    mtu: Optional[int]
    netns: Netns = None

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        if not super().take(problems, written):
            return False
        before = f"{self.path}." if self.path else ""
        for name in link_types.LOADERS:
            if name != self.type and written.get(name) is not None:
                problems.add(f"{before}{name}", f"it goes with type {name}, and the type is {self.type}")
        return self._fits_device(problems, before) if self.type == DEVICE else self._fits(problems, before, written)

    def _fits_device(self, problems: Problems, before: str) -> bool:
        """Note what is not said of a device that is there already."""
        for name in ("lower", "lower_netns"):
            if getattr(self, name) is not None:
                problems.add(f"{before}{name}", "it goes with links that are made, and a device is there already")
        return True

    def _fits(self, problems: Problems, before: str, written: Mapping[str, Any]) -> bool:
        """Note what does not go with the type, and tell whether what that needs is there."""
        link_type = link_types.LOADERS[self.type]()
        needed = [one.name for one in link_type.properties if one.required]
        if needed and getattr(self, self.type) is None:
            if written.get(self.type) is None:
                problems.add(f"{before}{self.type}", f"it is missing: a {self.type} needs {' and '.join(needed)}")
            return False
        link_type.check(problems, f"{before}{self.type}", dict(values_of(getattr(self, self.type))))
        if link_type.lower == NONE and self.lower is not None:
            problems.add(f"{before}lower", f"a {self.type} is not built upon another interface")
        if link_type.lower == NONE and self.lower_netns is not None and not link_type.keeps_birth:
            problems.add(f"{before}lower_netns", f"where a {self.type} was created makes no difference")
        if link_type.lower == NEEDED and self.lower is None:
            if written.get("lower") is None:
                problems.add(f"{before}lower", f"it is missing: a {self.type} is built upon another interface")
            return False
        there = None if self.lower is None else self.lower.netns
        if None not in (there, self.lower_netns) and there != self.lower_netns:
            problems.add(f"{before}lower_netns", "it is not the namespace that lower names")
        return True

    @property
    def endpoint(self) -> Endpoint:
        """Where it belongs."""
        return Endpoint(self.netns, self.name)

    @property
    def values(self) -> Values:
        """The values of the properties of its type that are written, or that go with what is written."""
        link_type = link_types.find(self.type)
        if link_type is None:
            return ()
        written = dict(values_of(getattr(self, self.type)))
        values = {**link_type.implied(written), **written}
        return tuple([(one.name, values[one.name]) for one in link_type.properties if one.name in values])

    def more(self, path: str) -> Sequence[Declared]:
        """Make the declared objects of what is set of it beside the link itself."""
        link_type, written = link_types.find(self.type), getattr(self, self.type, None)
        if link_type is None or written is None:
            return ()
        own = () if link_type.declare is None else link_type.declare(path, self.endpoint, written)
        before = f"{path}." if path else ""
        return [*own, *_in_vlans(f"{before}{self.type}.vlans", self.endpoint, getattr(written, "vlans", None))]

    @property
    def born(self) -> Optional[tuple[Netns]]:
        """The namespace in which it is created, as a tuple of one, where that is written."""
        return (None if self.lower is None else self.lower.netns) or self.lower_netns

    @property
    def birth(self) -> Netns:
        """The namespace in which it is created."""
        return self.netns if self.born is None else self.born[0]

    def link(self, path: str, record: str = "", *, present: bool = True) -> Link:
        """Make the declared object."""
        return Link(
            path,
            *self.endpoint,
            self.type,
            self.values,
            None if self.lower is None else Endpoint(self.birth, self.lower.interface),
            self.born,
            None if self.mac is None else self.mac.text,
            self.mtu,
            self.alias,
            present,
            record,
        )


for _name in link_types.LOADERS:
    LinkSection.add(_name, Later(partial(_type_key, _name)))


class ModuleLink(LinkSection, what="link"):
    """A link as the options of netns_link have it."""

    netns = Key(NAMESPACE, "The namespace that it is in; the host's when omitted.")
    mac = Key(MAC, "The MAC address.")
    mtu = Key(MTU, "The MTU in bytes.")
    master = Key(Scalar[str](_master, "str", {}), "The interface whose port it is; empty for none.")
    port = Later(_port_key)
    up = Key(BOOLEAN, "Whether it is up.")
    from_netns = Key(NAMESPACE, "The namespace that a device comes from; the host's when omitted.")

    def objects(self, problems: Problems, written: Mapping[str, Any], *, present: bool) -> list[Declared]:
        """Read the options, and make the declared objects; of what is to be gone, only what names it counts."""
        if not present:
            named = {name: written[name] for name in ("name", "netns", "type") if name in written}
            self.name = problems.interface("name", named.get("name")) or ""
            self.netns = problems.optional_namespace("netns", named.get("netns"))
            if named.get("type") == DEVICE:
                origin = problems.optional_namespace("from_netns", written.get("from_netns"))
                return [Device("", *self.endpoint, origin, present=False)]
            return [Link("", *self.endpoint, named.get("type", ""), present=False)]
        if not self.take(problems, written):
            return []
        values = _port_values(self.port)
        vlans = None if self.port is None else self.port.vlans
        if (values or vlans is not None) and not self.master:
            problems.add("port", "it says what is set of a port of a master; name that in master")
        if self.from_netns is not None and self.type != DEVICE:
            problems.add("from_netns", f"it goes with type {DEVICE}, and the type is {self.type}")
        return [
            self._device() if self.type == DEVICE else self.link(""),
            *self.more(""),
            *([] if self.master is None else [Member("", *self.endpoint, self.master, values)]),
            *_in_vlans("port.vlans", self.endpoint, vlans),
            *([] if self.up is None else [LinkState("up", *self.endpoint, self.up)]),
        ]

    def shown(self, state: State) -> dict[str, Any]:
        """Return it as a module's result has it, with its VLANs where some are written."""
        found = shown(state, self.endpoint)
        sections = [getattr(self, name, None) for name in ("port", self.type) if name]
        if not found or all(getattr(one, "vlans", None) is None for one in sections):
            return found
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import port_vlans

        return {**found, "vlans": port_vlans.in_results(state, *self.endpoint)}

    def _device(self) -> Device:
        """Return a device that is found by its MAC address, where that is written."""
        if self.mac is not None:
            return Device("", *self.endpoint, self.from_netns, mac=self.mac.text)
        return Device("", *self.endpoint, self.from_netns, self.name)


def _by_name(problems: Problems, path: str, text: str) -> Optional[dict[str, Any]]:
    """Return a port by its name alone."""
    name = problems.interface(path, text)
    return None if name is None else {"name": name}


class DeclaredPort(
    Section, what="port", needs="a name", text=Text("a name", _by_name, INTERFACE_NAME.schema, numbers=True)
):
    """A port of a link of a topology, with what is set of it there."""

    name = Key(INTERFACE_NAME, "The name of the interface.", required=True)
    vlans: Optional[Sequence[Any]]


for _name, _key in port_section().keys.items():
    DeclaredPort.add(_name, _key)


class WrittenOrigin(Section, what="origin", needs="a name or a mac"):
    """Where a device comes from, as it is written."""

    name = Key(INTERFACE_NAME, "Its name there, an alternative name included.")
    mac = Key(MAC, "Its MAC address, by which it is found whatever it is called.")
    netns = Key(NAMESPACE, "The namespace that it is in; the host's when omitted.")

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        if complete and (self.name is None) == (self.mac is None) and not problems.found:
            problems.add(self.path, "either name or mac is needed")
        return complete


class DeclaredInterface(LinkSection, InterfaceSection, what="interface", needs="a name and a type"):
    """An interface of a topology beside the ends of its links."""

    origin: Optional[WrittenOrigin]
    ports = Key(List(DeclaredPort), "The interfaces that have it as their master.", default=())

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        self.interface = self.name or ""
        self.origin = getattr(self, "from")
        if complete and self.type == DEVICE and self.origin is None and written.get("from") is None:
            problems.add(f"{self.path}.from", "it is missing: a device is found by the name or mac that it has outside")
            return False
        if complete:
            self._without_secrets(problems)
        if self.origin is not None and self.type != DEVICE:
            problems.add(f"{self.path}.from", f"it goes with type {DEVICE}, and the type is {self.type}")
        return complete

    def _without_secrets(self, problems: Problems) -> None:
        """Note the secrets that are values: the arguments of a task are logged on the host, and this is one of them."""
        link_type = link_types.find(self.type)
        for path in link_type.secrets(getattr(self, self.type)) if link_type is not None and link_type.secrets else ():
            problems.add(path, f"Ansible logs a topology on the host: name a file there that holds it, in {path}_file")

    def object(self, record: str, *, present: bool = True) -> Declared:
        """Make the declared object."""
        if self.origin is None:
            return self.link(self.path, record, present=present)
        found_by = self.origin.mac
        mac = None if found_by is None else found_by.text
        return Device(self.path, *self.endpoint, self.origin.netns, self.origin.name or "", mac, present, record)

    def members(self) -> Iterable[Declared]:
        """Make the declared objects of its ports."""
        for one in self.ports:
            yield Member(one.path, self.netns, one.name, self.name, _port_values(one))
            yield from _in_vlans(f"{one.path}.vlans", Endpoint(self.netns, one.name), one.vlans)


# A word of Python's.
DeclaredInterface.add("from", Key(WrittenOrigin, "Where a device of type device comes from."))


def _declare(site: Site, interfaces: Sequence[DeclaredInterface], owner: Owner) -> list[Declared]:
    for one in interfaces:
        one.netns = site.netns
    ordered = _lowest_first(interfaces)
    if not owner.present:
        return [one.object(owner.record, present=False) for one in reversed(ordered)]
    return [
        *(one.object(owner.record) for one in ordered),
        *(more for one in ordered for more in one.more(one.path)),
        *(member for one in ordered for member in one.members()),
        *(declared for one in ordered for declared in one.brought_about(owner, late=True)),
    ]


def _lowest_first(interfaces: Sequence[DeclaredInterface]) -> list[DeclaredInterface]:
    """Return the interfaces in an order in which each comes after what it is built upon."""
    by_name = {one.endpoint: one for one in interfaces}
    ordered: dict[Endpoint, DeclaredInterface] = {}

    def visit(one: DeclaredInterface) -> None:
        below = None if one.lower is None else by_name.pop(Endpoint(one.birth, one.lower.interface), None)
        if below is not None:
            visit(below)
        ordered[one.endpoint] = one

    for one in interfaces:
        if by_name.pop(one.endpoint, None) is not None:
            visit(one)
    return list(ordered.values())


def place_key() -> Key[Any]:
    """Return the key of a namespace, or of the host, as a topology has it."""
    return Key(List(DeclaredInterface), "Interfaces beside the ends of links.", default=(), declare=_declare)

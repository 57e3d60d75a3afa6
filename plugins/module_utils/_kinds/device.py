# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that are there already and are moved into a namespace: a NIC, a tunnel of somebody else's; and back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    OTHER_NAME,
    MoveInterface,
    demand_namespace,
    find,
    free_name,
    identity_on,
    inside,
    joined,
    known_as,
    missing_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface, described
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import OWNERSHIP, record_of
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LINKS,
    Declared,
    Endpoint,
    Key,
    Netns,
    Scope,
    ShellWord,
    State,
    Step,
    Thing,
    describe,
    immutable,
    of_interface,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script


class DeviceKind(Kind[None]):
    """The devices that were moved into namespaces.

    A thing is one of them, by its name inside, and by the name and namespace that it came from ("": the host's).
    """

    name = "device"
    plural = "devices"
    order = 14
    on_interface = True
    outlives_namespace = True

    def exists(self, state: State, thing: Thing) -> bool:
        return find(state, Endpoint(thing.netns, thing.key[0])) is not None

    def called(self, thing: Thing) -> str:
        return f"Device {Endpoint(thing.netns, thing.key[0])}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 3 and all(map(is_name, key[:2]))

    def declared_as(self, thing: Thing) -> Thing:
        # Whatever it was called outside.
        return thing._replace(key=thing.key[:1])

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(INTERFACE, thing.key[2] or None)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                name, outside, origin = thing.key
                yield home(state, Endpoint(thing.netns, name), origin or None, outside)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return of_interface(thing.netns, thing.key[0], {"from": Endpoint(thing.key[2] or None, thing.key[1]).short()})


DEVICE = DeviceKind()


def home(state: State, end: Endpoint, origin: Netns, outside: str) -> Step:
    """Return the step that moves a device back to where it came from: under a free name, where its own is taken."""
    target = origin if state.has(origin) else None
    own = known_as(state, Endpoint(end.netns, outside))
    # An alternative name of its own cannot be its name.
    name = free_name(state, target, end.interface if own is not None and own.name == end.interface else outside)
    return SendHome(*end, target, name=None if name == end.interface else name)


@immutable
class SendHome(MoveInterface):
    """Move a device back to where it came from."""

    def removes(self) -> Sequence[Thing]:
        return ()


@immutable
class Device(Declared):
    """A device that is there already lives in a namespace, under a name; or it is back where it came from.

    It is found in the namespace ``origin`` by its name there, ``outside``, an alternative name included, or by its
    ``mac``. ``record`` names an ownership record, which says where it came from.
    """

    stage = LINKS
    path: str
    netns: Netns
    interface: str
    origin: Netns = None
    outside: str = ""
    mac: Optional[str] = None
    present: bool = True
    record: str = ""

    @property
    def end(self) -> Endpoint:
        """Where it is to live."""
        return Endpoint(self.netns, self.interface)

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(INTERFACE, self.origin)
        if self.record:
            scope.want(OWNERSHIP, None, self.record)

    def steps(self, state: State) -> Iterator[Step]:
        there = find(state, self.end)
        if not self.present:
            if there is not None and self._is_it(there):
                yield home(state, self.end, *self._came_from(state))
            return
        demand_namespace(state, joined(self.path, "netns"), self.netns)
        demand_namespace(state, joined(self.path, "from_netns"), self.origin)
        found = self._found(state)
        if there is not None:
            self._settled(there, found)
        elif found is None:
            raise Impossible(joined(self.path, "from"), self._missing(state))
        else:
            name = None if found.name == self.interface else self.interface
            yield TakeIn(self.origin, found.name, self.netns, name=name)

    def _came_from(self, state: State) -> tuple[Netns, str]:
        """Return where it came from, and what it was called there: as the record has it, or else as it is written."""
        record = record_of(state, self.record)
        for thing in () if record is None else record.things:
            if thing.kind is DEVICE and thing.netns == self.netns and thing.key[0] == self.interface:
                return thing.key[2] or None, thing.key[1]
        return self.origin, self.outside or self.interface

    def _is_it(self, interface: Interface) -> bool:
        return self.mac is None or interface.mac == self.mac

    def _settled(self, there: Interface, found: Optional[Interface]) -> None:
        """Make sure that what has the name is the device. Raises: Impossible."""
        if not self._is_it(there) or found is not None:
            raise Impossible(
                joined(self.path, "name"),
                f"the name {self.interface} in {describe(self.netns)} is taken by {described(there)}, and the device "
                f"is still in {describe(self.origin)} or gone; nothing was touched: choose another name, or remove "
                "that interface first",
            )

    def _found(self, state: State) -> Optional[Interface]:
        if self.mac is not None:
            alike = [one for one in inside(state, self.origin).values() if one.mac == self.mac]
            # What is upon a device often has its MAC address too: a VLAN, a bridge.
            return next((one for one in alike if one.type == ""), alike[0] if len(alike) == 1 else None)
        end = Endpoint(self.origin, self.outside)
        return find(state, end) or known_as(state, end)

    def _missing(self, state: State) -> str:
        if self.mac is None:
            return missing_interface(Endpoint(self.origin, self.outside), state)
        alike = sorted(one.name for one in inside(state, self.origin).values() if one.mac == self.mac)
        if alike:
            return f"several interfaces in {describe(self.origin)} have the MAC address {self.mac}: {', '.join(alike)}"
        return f"no interface in {describe(self.origin)} has the MAC address {self.mac}"

    def view(self, state: State) -> dict[str, Any]:
        there = find(state, self.end)
        if there is None or not self._is_it(there):
            found = self._found(state)
            return {} if found is None else of_interface(self.origin, found.name, {"type": found.type or "device"})
        return of_interface(*self.end, {"type": there.type or "device"})

    def counts_on(self) -> Iterable[tuple[Kind[Any], Netns, Any, Any]]:
        # What it is called then is found out by the script.
        by = ("name", self.outside) if self.mac is None else ("mac", self.mac)
        from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script

        name = NameAtBoot(f'"${Script.variable_of(self.end)}"')
        name.found_by = by
        yield INTERFACE, self.origin, name, Interface(name, "", mac=self.mac, mtu=1500)
        if self.mac is None:
            yield OTHER_NAME, self.origin, self.outside, name

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [Thing(DEVICE, self.netns, (self.interface,))]


class NameAtBoot(ShellWord):
    """The name that a device has before it is moved, as the script knows it; ``found_by`` is how it finds it."""

    __slots__ = ("found_by",)
    found_by: tuple[str, str]


@immutable
class TakeIn(MoveInterface):
    """Move a device that is there already into a namespace."""

    def at_boot(self, script: Script) -> None:
        end, found_by = self.arrives, getattr(self.interface, "found_by", ("name", self.interface))
        script.line("take_in", self.netns or "", *found_by, end.netns or "", end.interface)
        script.assign(script.variable_of(end), ShellWord("$taken"))
        script.makes(end)

    def makes(self) -> Sequence[Thing]:
        arrives = self.arrives
        return [Thing(DEVICE, arrives.netns, (arrives.interface, self.interface, self.netns or ""))]

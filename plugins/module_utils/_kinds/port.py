# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports: interfaces that have a bridge, a bond or a VRF as their master, and what is set of them there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    DOWN,
    GONE,
    LEFT,
    MOVED,
    Event,
    OnInterface,
    Reading,
    happen,
    restored,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    SetInterface,
    change,
    find,
    identity_on,
    inside,
    joined,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    LinkType,
    Property,
    decoded,
    encoded,
    known,
    nest,
    worded,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LINKS,
    Declared,
    Endpoint,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    ip,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes, number

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/if_link.h: IFLA_MASTER.
_MASTER = 10


class Port(NamedTuple):
    """That an interface is a port: of which master, the type of that, and what is set of it (IFLA_INFO_SLAVE_DATA)."""

    master: str
    type: str
    data: bytes = b""


class PortKind(OnInterface[Port]):
    """The ports of a namespace, by interface, which is the port of one master at most."""

    name = "port"
    plural = "ports"
    order = 15

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Port, ...]]:
        return _Ports(state)

    def named(self, row: Port) -> str:
        return row.master

    def again(self, end: Endpoint, rows: Sequence[Port]) -> Iterable[Step]:
        return [step for one in rows for step in as_it_was(end, one)]

    def happens(self, state: State, event: Event) -> None:
        super().happens(state, event)
        if event.what in (MOVED, GONE):
            for name, _port in _ports_of(state, event):
                state.drop(self, event.netns, name)

    def restored(self, before: State, event: Event) -> Iterator[Step]:
        yield from super().restored(before, event)
        if event.what in (MOVED, GONE):
            for name, one in _ports_of(before, event):
                yield from as_it_was(Endpoint(event.netns, name), one)

    # ---- ownership

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                found = of(state, Endpoint(thing.netns, thing.key[0]))
                yield SetMaster(thing.netns, thing.key[0], "", **_leaving(found))

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        found = of(state, Endpoint(thing.netns, thing.key[0]))
        return of_interface(thing.netns, thing.key[0], {"master": None if found is None else found.master})


PORT = PortKind()


class _Ports(Reading[tuple[Port, ...]]):
    """One reading of ports, out of the reports of the interfaces."""

    def inside(self, netns: Netns, route: Socket) -> None:
        rows, names = self._state.table(PORT, netns), names_by_index(self._state, netns)
        for name, found in inside(self._state, netns).items():
            link = found.report
            master = None if link is None or link.master is None else names.get(link.master)
            if link is not None and master is not None:
                rows[name] = (Port(master, link.port_of, link.port),)


def _ports_of(state: State, event: Event) -> list[tuple[str, Port]]:
    rows = state.rows(PORT, event.netns)
    return [(name, one) for name, ports in rows.items() for one in ports if one.master == event.interface]


def of(state: State, end: Endpoint) -> Optional[Port]:
    """Return what an interface is a port of, or None."""
    found: tuple[Port, ...] = state.row(PORT, end.netns, end.interface) or ()
    return found[0] if found else None


def as_it_was(end: Endpoint, port: Port) -> Iterator[Step]:
    """Yield the steps that make an interface the port again that it was."""
    yield SetMaster(*end, port.master, port.type)
    link_type = link_types.find(port.type)
    values = {} if link_type is None else decoded(link_type.ports or (), attributes(port.data, -16))
    if values:
        yield SetPort(*end, port.type, tuple(values.items()))


def _leaving(port: Optional[Port]) -> dict[str, str]:
    """Return what a step says of the master that an interface leaves."""
    return {} if port is None else {"was": port.type, "left": port.master}


@immutable
class Member(Declared):
    """An interface is a port of a master, with values that are set of it there; or, ``master`` being empty, of none.

    ``values`` are by the names of the properties that ports of that type of master have.
    """

    stage = LINKS
    path: str
    netns: Netns
    interface: str
    master: str
    values: tuple[tuple[str, Any], ...] = ()
    option: str = "master"

    @property
    def end(self) -> Endpoint:
        """Where the port is."""
        return Endpoint(self.netns, self.interface)

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(PORT, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        found, now = require(state, self.path, self.end), of(state, self.end)
        if not self.master:
            if now is not None:
                yield SetMaster(*self.end, "", **_leaving(now))
            return
        master = require(state, self.path, Endpoint(self.netns, self.master), self.option)
        link_type = link_types.find(master.type)
        if link_type is None or link_type.ports is None:
            raise Impossible(
                joined(self.path, self.option), f"{self.master} is of type {master.type}, which has no ports"
            )
        if now is None or now.master != self.master:
            was_up = found.up
            if was_up and link_type.ports_down:
                yield SetInterface(*self.end, "state", "down")
            yield SetMaster(*self.end, self.master, master.type, **_leaving(now))
        self._check(link_type)
        differing = self._differing(state, link_type.ports)
        if differing:
            yield SetPort(*self.end, master.type, tuple(differing.items()))

    def _check(self, link_type: LinkType) -> None:
        properties = [one.name for one in link_type.ports or ()]
        for name, _value in self.values:
            if name not in properties:
                has = f"; it has {', '.join(properties)}" if properties else ""
                raise Impossible(joined(self.path, name), f"a port of a {link_type.name} has no such property{has}")

    def _differing(self, state: State, properties: Sequence[Property]) -> dict[str, Any]:
        now = of(state, self.end)
        there = decoded(properties, attributes(b"" if now is None else now.data, -16))
        return {name: wanted for name, wanted in self.values if wanted != there.get(name)}

    def view(self, state: State) -> dict[str, Any]:
        if find(state, self.end) is None:
            return {}
        now = of(state, self.end)
        leaf: dict[str, Any] = {"master": None if now is None else now.master}
        link_type = None if now is None else link_types.find(now.type)
        if now is not None and link_type is not None and self.values:
            there = decoded(link_type.ports or (), attributes(now.data, -16))
            leaf["port"] = {name: there.get(name) for name, _wanted in self.values}
        return of_interface(*self.end, leaf)

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [Thing(PORT, self.netns, (self.interface, self.master))] if self.master else []


@immutable
class SetMaster(Request):
    """Make an interface a port of a master, whose type is ``type``; or, ``master`` being empty, of none.

    ``left`` is the master that it leaves, ``was`` the type of that.
    """

    netns: Netns
    interface: str
    master: str
    type: str = ""
    was: str = ""
    left: str = ""

    @property
    def end(self) -> Endpoint:
        """Where the port is."""
        return Endpoint(self.netns, self.interface)

    def command(self) -> Sequence[str]:
        words = ["master", self.master] if self.master else ["nomaster"]
        return ip(self.netns, "link", "set", "dev", self.interface, *words)

    def at_boot(self, script: Script) -> None:
        script.needs(Endpoint(self.netns, self.interface))
        script.run(self.command())

    def message(self, codec: Codec, sender: Sender) -> bytes:
        master = sender.index(self.netns, self.master) if self.master else 0
        return requests.setting(sender.index(self.netns, self.interface), _MASTER, number(master))

    def makes(self) -> Sequence[Thing]:
        return [Thing(PORT, self.netns, (self.interface, self.master))] if self.master else []

    def removes(self) -> Sequence[Thing]:
        return [Thing(PORT, self.netns, (self.interface, self.left))] if self.left else []

    def _masters(self) -> list[LinkType]:
        """Return the types of the masters that the interface leaves and gets."""
        return [one for one in map(link_types.find, (self.was, self.type)) if one is not None]

    def _events(self, state: State) -> list[Event]:
        """Return what the kernel does to the interface besides: a VRF sets it down and up again (cycle_netdev())."""
        found = find(state, self.end)
        restarted = found is not None and found.up and any(one.restarts_ports for one in self._masters())
        left = [] if of(state, self.end) is None else [Event(LEFT, *self.end)]
        return [*([Event(DOWN, *self.end)] if restarted else []), *left]

    def effect(self, state: State) -> None:
        for event in self._events(state):
            happen(state, event)
        if find(state, self.end) is None:
            return
        if not self.master:
            state.drop(PORT, *self.end)
            return
        state.put(PORT, *self.end, (Port(self.master, self.type),))
        if self.type == "bridge":
            # It takes the lowest of its ports' (br_stp_recalculate_bridge_id()), unless one was set.
            change(state, Endpoint(self.netns, self.master), mac=None)
        if any(one.ports_down for one in self._masters()):
            change(state, self.end, up=True, carrier=None)

    def undo(self, before: State) -> Iterator[Step]:
        found, was = find(before, self.end), of(before, self.end)
        if was is None:
            yield SetMaster(*self.end, "", was=self.type)
        else:
            yield from as_it_was(self.end, was)
        yield from self._mac_again(before)
        if found is not None and not found.up and any(one.ports_down for one in self._masters()):
            yield SetInterface(*self.end, "state", "down")
        for event in self._events(before):
            yield from restored(before, event)

    def _mac_again(self, before: State) -> Iterator[Step]:
        """Give a bridge that had no ports its MAC address again, for it would be left with none."""
        master = find(before, Endpoint(self.netns, self.master))
        ports = (one for ports in before.rows(PORT, self.netns).values() for one in ports)
        if (
            master is not None
            and master.mac
            and self.type == "bridge"
            and self.master not in {one.master for one in ports}
        ):
            yield SetInterface(self.netns, self.master, "mac", master.mac)

    def disruptive(self) -> bool:
        # With its bridge a port leaves its VLANs and forwarding entries.
        return self.was == "bridge" or any(one.restarts_ports for one in self._masters())


@immutable
class SetPort(Request):
    """Set properties that an interface has as a port of a master of a type."""

    netns: Netns
    interface: str
    type: str
    values: tuple[tuple[str, Any], ...]

    @property
    def properties(self) -> Sequence[Property]:
        """The table of what ports have."""
        return link_types.LOADERS[self.type]().ports or ()

    def command(self) -> Sequence[str]:
        words = worded(self.properties, dict(self.values), new=False)
        return ip(self.netns, "link", "set", "dev", self.interface, "type", f"{self.type}_slave", *words)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return requests.port(sender.index(self.netns, self.interface), self._data({}), self.type)

    def _data(self, upon: Mapping[int, bytes]) -> dict[int, bytes]:
        return encoded(self.properties, dict(self.values), upon, new=False)

    def effect(self, state: State) -> None:
        now = state.row(PORT, self.netns, self.interface)
        if now:
            data = self._data(known(self.properties, attributes(now[0].data, -16)))
            state.put(PORT, self.netns, self.interface, (now[0]._replace(data=nest(data)),))

    def undo(self, before: State) -> Iterable[Step]:
        was = before.row(PORT, self.netns, self.interface)
        there = decoded(self.properties, attributes(was[0].data, -16)) if was else {}
        values = tuple((name, there[name]) for name, _value in self.values if name in there)
        return [SetPort(self.netns, self.interface, self.type, values)] if values else []

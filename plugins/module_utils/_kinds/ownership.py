# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ownership: what a topology made, recorded, so that it alone may be removed when it is no longer declared."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import MOVED, NEW_MAC, Event, Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, group_of
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import LowerOf, PeerOf
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Action,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    in_order,
    merge,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Kinds, Reader
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script

#: Identity of what is made in the same run and can only be told when it is there.
NEW = ""
#: What the identity of an interface, or of an address on it, begins with that is in the topology's group.
_IN_GROUP = "group "
#: Version 1 had no identity by group, which this reads as well.
_VERSION, _READ = 2, (1, 2)


class Record:
    """What a topology made: each thing with its identity, by which it is told from another of the same name."""

    def __init__(self, topology: str, things: Mapping[Thing, str]) -> None:
        self.topology = topology
        self.things = dict(things)
        self._number = group_of(topology)
        self.group = f"{_IN_GROUP}{self._number}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (self.topology, self.things) == (other.topology, other.things)

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Record:
        """Return a record of its own, to be changed."""
        return Record(self.topology, self.things)

    def owns(self, state: State, thing: Thing) -> bool:
        """Tell whether the thing that is there under this name is the one that the topology made."""
        identity = self.things.get(thing)
        if identity is None or not thing.kind.exists(state, thing):
            return False
        if identity.startswith(_IN_GROUP):
            return identity == self.group and self.in_group(state, thing)
        now = thing.kind.identity(state, thing)
        return identity == NEW or (
            now is not None and (identity == now or (now.endswith("/") and identity.startswith(now)))
        )

    def in_group(self, state: State, thing: Thing) -> bool:
        """Tell whether it is an interface in the topology's group, or on one."""
        found = state.row(INTERFACE, thing.netns, thing.key[0]) if thing.kind.on_interface else None
        return found is not None and found.group == self._number

    def move(self, state: State, end: Endpoint, target: Endpoint) -> None:
        """Note that an interface is moved, before it is: owned as it was, in its new place."""
        was = Thing(INTERFACE, end.netns, (end.interface,))
        if self.owns(state, was):
            identity = self.things.pop(was)
            self.things[Thing(INTERFACE, target.netns, (target.interface,))] = (
                identity if identity.startswith(_IN_GROUP) else NEW
            )

    def renew(self, state: State, end: Endpoint) -> None:
        """Note that an interface gets another MAC, before it does: what is owned of it gets an identity to be told."""
        for thing, identity in list(self.things.items()):
            on_it = thing.kind.on_interface and thing.netns == end.netns and thing.key[0] == end.interface
            if on_it and not identity.startswith(_IN_GROUP) and self.owns(state, thing):
                self.things[thing] = NEW


class Kept(NamedTuple):
    """A record as steps leave it, and as it is kept on the host; None: there is none."""

    record: Optional[Record]
    written: Optional[Record]


class OwnershipKind(Kind[Kept]):
    """The records of the host, by topology; they are in no namespace."""

    name = "record"
    plural = "records"
    order = 100
    in_namespace = False

    def copied(self, rows: dict[Any, Kept]) -> dict[Any, Kept]:
        return {
            name: Kept(None if kept.record is None else kept.record.copy(), kept.written) for name, kept in rows.items()
        }

    def prepare(self, scope: Scope, state: State, reader: Reader) -> None:
        surplus: dict[str, AbstractSet[Thing]] = {}
        leading: dict[str, LeadingIn] = {}
        own: set[str] = set()
        for detail in scope.details(self, None):
            if isinstance(detail, Surplus):
                surplus[detail.topology] = detail.declared
            elif isinstance(detail, LeadingIn):
                leading[detail.topology] = detail
            else:
                own.add(detail)
        for topology in sorted({*own, *surplus, *leading, *reader.records()}):
            record, void = read(topology, reader)
            mine = topology in own or topology in surplus or topology in leading
            if void is not None and mine:
                state.notes.append(void)
            if record is not None:
                state.put(self, None, topology, Kept(record, record.copy()))
                if mine:
                    _ask(record, scope, surplus.get(topology))
                if topology in leading:
                    leading[topology].ask(record, scope)

    def happens(self, state: State, event: Event) -> None:
        if event.what not in (MOVED, NEW_MAC):
            return
        end = Endpoint(event.netns, event.interface)
        for kept in state.rows(self, None).values():
            if kept.record is not None and event.what == MOVED:
                kept.record.move(state, end, event.arrives)
            elif kept.record is not None:
                kept.record.renew(state, end)

    def unseen(self, state: State) -> Any:
        return {topology: kept.written for topology, kept in state.rows(self, None).items()}


OWNERSHIP = OwnershipKind()


class Surplus(NamedTuple):
    """Asks for the record of a topology, and for all that removing what is not declared needs."""

    topology: str
    declared: AbstractSet[Thing]


class LeadingIn(NamedTuple):
    """Asks for the record of a topology, which of its interfaces lead into namespaces that are to go, and what came
    into them.
    """

    topology: str
    namespaces: AbstractSet[str]

    def among(self, record: Record) -> list[Thing]:
        """Return the recorded interfaces outside of the namespaces."""
        outside = [one for one in record.things if one.kind is INTERFACE and one.netns not in self.namespaces]
        return sorted(outside, key=in_order)

    def come_in(self, record: Record) -> list[Thing]:
        """Return what came into the namespaces from elsewhere."""
        came = [one for one in record.things if one.kind.outlives_namespace and one.netns in self.namespaces]
        return sorted(came, key=in_order)

    def ask(self, record: Record, scope: Scope) -> None:
        """Ask for where they lead, and for where that came from."""
        for thing in self.come_in(record):
            scope.want(INTERFACE, thing.netns)
            thing.kind.surplus(scope, thing)
        for thing in self.among(record):
            name = thing.key[0]
            scope.want(INTERFACE, thing.netns, PeerOf(name, tuple(sorted(self.namespaces)), True), LowerOf(name))


def record_of(state: State, topology: str) -> Optional[Record]:
    """Return the record of a topology, or None."""
    kept = state.row(OWNERSHIP, None, topology)
    return None if kept is None else kept.record


def _ask(record: Record, scope: Scope, declared: Optional[AbstractSet[Thing]]) -> None:
    """Ask for what must be known to tell whether the recorded things are still there.

    Where those that are not ``declared`` are to be removed (None: they are not), also for what that needs.
    """
    scope.identities = True
    for thing in record.things:
        if thing.netns is not None:
            scope.names.add(thing.netns)
        if not thing.kind.in_namespace:
            thing.kind.recorded(scope, thing)
        if declared is not None and thing.kind.declared_as(thing) not in declared:
            scope.want(INTERFACE, thing.netns)
            thing.kind.surplus(scope, thing)


def read(topology: str, reader: Reader) -> tuple[Optional[Record], Optional[str]]:
    """Return the record of a topology, or None; and why a record that is there counts for nothing, or None.

    Raises: OSError, when it cannot be read now; that does not make it one that counts for nothing.
    """
    path, content, why = reader.record(topology)
    if content is not None:
        try:
            if content["topology"] != topology:
                raise ValueError("it is of another topology")
            if content["version"] in _READ:
                return Record(topology, dict(_things(reader.kinds, content["things"]))), None
            why = f"it has version {content['version']}"
        except (ValueError, KeyError, TypeError) as error:
            why = f"it is damaged ({error!r})"
    if why is None:
        return None, None
    return None, f"The record {path} of what this topology made counts for nothing: {why}. What it made is left alone."


def _things(kinds: Kinds, listed: Iterable[Any]) -> Iterator[tuple[Thing, str]]:
    """Yield what a record lists. Raises: ValueError, KeyError or TypeError, when it is damaged."""
    loaded: dict[str, Kind[Any]] = {}
    for (name, netns, *key), identity in listed:
        kind = loaded.get(name) or loaded.setdefault(name, kinds[name])
        parts = tuple(key)
        # The host's namespace has no name; but it is no namespace that a topology makes.
        placed = _is_name(netns) if netns or not kind.in_namespace else netns == ""
        if not (placed and kind.is_key(parts, _is_name)):
            raise ValueError(f"{[name, netns, *key]!r} is no thing")
        if not isinstance(identity, str) or not identity:
            raise ValueError(f"{identity!r} is no identity")
        yield Thing(kind, netns or None, parts), identity


@cache
def _is_name(written: object) -> bool:
    """Tell whether a namespace or an interface can have the name."""
    return Problems().namespace("", written) is not None


@immutable
class Ownership(Declared):
    """The record of a topology names what it made; with ``purge``, what it made and no longer names is removed.

    ``late`` are the declared objects that the kernel may take away with what is removed, such as a route through an
    interface: they are brought about again.
    """

    path: str
    topology: str
    declared: frozenset[Thing]
    purge: bool
    late: tuple[Declared, ...] = ()

    def scope(self, scope: Scope) -> None:
        scope.want(OWNERSHIP, None, Surplus(self.topology, self.declared) if self.purge else self.topology)

    def steps(self, state: State) -> Iterator[Step]:
        record = record_of(state, self.topology)
        if self.purge and record is not None:
            yield from self._removals(state)
            for one in self.late:
                yield from one.steps(state)
        record = record_of(state, self.topology) or Record(self.topology, {})
        was = record.things
        made = {
            thing: record.group
            if record.in_group(state, thing)
            else thing.kind.marked(state, thing, self.topology) or NEW
            for thing in state.made
            if thing.kind.exists(state, thing)
        }
        # The key of a namespace itself is empty.
        fresh = {thing.netns for thing in state.made if not thing.key}
        kept = [thing for thing in was if thing not in made and self._keeps(state, record, thing, fresh)]
        state.notes.extend(self._lost(state, was.keys() - kept - made.keys()))
        now = {**self._unrecorded(state, record), **{thing: was[thing] for thing in kept}, **made}
        state.notes.extend(self._strayed(state, now))
        there = state.row(OWNERSHIP, None, self.topology)
        written = None if there is None else there.written
        if now != (written.things if written is not None else {}) or NEW in now.values():
            yield WriteRecord(self.topology, tuple((thing, now[thing]) for thing in sorted(now, key=in_order)))

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        # The record was written in one piece; what another one would hold need not be looked for, where there was none.
        return record_of(before, self.topology) is None and all(one.netns in created for one in self.declared)

    @staticmethod
    def _keeps(state: State, record: Record, thing: Thing, fresh: Container[Netns]) -> bool:
        # What is inside a namespace that was not read stays recorded as long as the namespace itself does.
        if record.owns(state, thing) or thing.kind.half_removed(state, thing):
            return True
        if not thing.kind.in_namespace or not state.has(thing.netns) or state.was_read(thing.kind, thing.netns):
            return False
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import NAMESPACES

        around = Thing(NAMESPACES, thing.netns, ())
        return thing.netns not in fresh and (around not in record.things or record.owns(state, around))

    def _lost(self, state: State, things: AbstractSet[Thing]) -> Iterator[str]:
        """Yield what is to be said of what has the name of something recorded, and is not that."""
        lost = {(thing.netns, thing.key) for thing in things}
        for thing in sorted(things, key=in_order):
            # What is inside of something else that is lost goes without saying.
            around = any((thing.netns, thing.key[:length]) in lost for length in range(len(thing.key)))
            if thing.kind.exists(state, thing) and not around:
                yield (
                    f"{thing.kind.called(thing)} is not the one that topology {self.topology} made: "
                    f"{thing.kind.lost}. It is left alone, and no longer counts as the topology's."
                )

    def _unrecorded(self, state: State, record: Record) -> dict[Thing, str]:
        """Return what is declared and carries the topology's mark, and is in no record: of a run that was killed, or
        from before a reboot.
        """
        found: dict[Thing, str] = {}
        for thing in self.declared:
            if thing in record.things:
                continue
            if thing.kind is INTERFACE:
                mark = record.group if record.in_group(state, thing) else ""
            else:
                mark = thing.kind.marked(state, thing, self.topology)
            if mark:
                found[thing] = mark
        return found

    def _strayed(self, state: State, known: Mapping[Thing, str]) -> Iterator[str]:
        """Yield what is to be said of interfaces that the topology made, and that are not where they are recorded."""
        group = group_of(self.topology)
        for netns, inside in state.tables.get(INTERFACE, {}).items():
            for name, interface in inside.items():
                if interface.group == group and Thing(INTERFACE, netns, (name,)) not in known:
                    yield (
                        f"Interface {Endpoint(netns, name)} is of topology {self.topology}, which does not know it by "
                        "this name and place: it was renamed or moved, or the record was lost. It is left alone."
                    )

    def _removals(self, state: State) -> Iterator[Step]:
        record = record_of(state, self.topology)
        surplus: dict[Kind[Any], list[Thing]] = {}
        for thing in sorted(() if record is None else record.things, key=in_order):
            if thing.kind.declared_as(thing) not in self.declared:
                surplus.setdefault(thing.kind, []).append(thing)

        def mine(thing: Thing) -> bool:
            now = record_of(state, self.topology)
            return now is not None and now.owns(state, thing)

        for kind in sorted(surplus, key=lambda kind: kind.order, reverse=True):
            yield from kind.removals(state, self.path, surplus[kind], mine, self.topology)

    def view(self, state: State) -> dict[str, Any]:
        record = record_of(state, self.topology)
        shown: dict[str, Any] = {}
        if not self.purge or record is None:
            return shown
        for thing in sorted(record.things, key=in_order):
            if thing.kind.declared_as(thing) not in self.declared and (
                record.owns(state, thing) or thing.kind.half_removed(state, thing)
            ):
                merge(shown, thing.kind.view(state, thing))
        return shown


@immutable
class WriteRecord(Action):
    """Write the record of a topology; with nothing in it, remove it. It is no work on the network, so no command."""

    topology: str
    things: tuple[tuple[Thing, str], ...]
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return []

    def at_boot(self, script: Script) -> None:
        script.record(self.topology, _VERSION, self.things)

    def perform(self, host: Host) -> None:
        things = dict(self.things)
        new: dict[Netns, list[Thing]] = {}
        for thing, identity in self.things:
            if identity == NEW:
                new.setdefault(thing.netns, []).append(thing)
        for netns, made in new.items():
            own = "host" if netns is None else host.identity(netns)
            names = {thing.key[0] for thing in made if thing.kind.on_interface}
            known = host.hardware(netns, names) if names else {}
            for thing in made:
                # As the identity of each kind will read it.
                index, mac = known[thing.key[0]] if thing.kind.on_interface else (0, "")
                things[thing] = f"{own}/{index}/{mac}" if thing.kind.on_interface else thing.kind.made(host, thing, own)
        listed = [[[one.kind.name, one.netns or "", *one.key], identity] for one, identity in things.items()]
        content = {"version": _VERSION, "topology": self.topology, "things": listed}
        host.write_record(self.topology, content if listed else None)

    def effect(self, state: State) -> None:
        if self.things:
            record = Record(self.topology, dict(self.things))
            state.put(OWNERSHIP, None, self.topology, Kept(record, record.copy()))
        else:
            state.drop(OWNERSHIP, None, self.topology)

    def undo(self, before: State) -> Iterable[Step]:
        kept = before.row(OWNERSHIP, None, self.topology)
        written = None if kept is None or kept.written is None else kept.written.things
        listed = () if written is None else tuple((thing, written[thing]) for thing in sorted(written, key=in_order))
        return [WriteRecord(self.topology, listed)]

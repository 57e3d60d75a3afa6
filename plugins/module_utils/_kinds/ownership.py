# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ownership: what a topology made, recorded, so that it alone may be removed when it is no longer declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import Addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    DeleteInterface,
    built_upon,
    group_of,
    strange_end,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import (
    EVERYWHERE,
    DeleteStaleFile,
    Namespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    STALE,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    branch,
    merge,
    of_interface,
    tree,
    value,
)

#: Identity of what is made in the same run and can only be told when it is there.
NEW = ""
#: What the identity of an interface, or of an address on it, begins with that is in the topology's group.
_IN_GROUP = "group "


@value
class Record:
    """What a topology made: each thing with its identity, by which it is told from another of the same name."""

    topology: str
    things: Mapping[Thing, str]

    def owns(self, state: State, thing: Thing) -> bool:
        """Whether the thing that is there under this name is the one that the topology made."""
        identity = self.things.get(thing)
        if identity is None or not exists(state, thing):
            return False
        if identity.startswith(_IN_GROUP):
            return identity == in_group(self.topology, state, thing)
        now = identity_of(state, thing)
        return identity == NEW or (
            now is not None and (identity == now or (now.endswith("/") and identity.startswith(now)))
        )

    def moved(self, state: State, old: Endpoint, new: Endpoint) -> Record:
        """The record after an interface is moved, before which it is called: owned as it was, in its new place."""
        was, will = (("interface", end.netns or "", end.interface) for end in (old, new))
        if not self.owns(state, was):
            return self
        identity = self.things[was] if self.things[was].startswith(_IN_GROUP) else NEW
        things = {**self.things, will: identity}
        del things[was]
        return Record(self.topology, things)

    def renewed(self, state: State, end: Endpoint) -> Record:
        """The record after an interface gets another MAC, before which it is called.

        What is owned of it is owned still, under an identity to be told.
        """
        found = state.interface(*end)
        place = (end.netns or "", end.interface)
        things: list[Thing] = [("interface", *place)]
        things.extend(("address", *place, one.text) for one in (() if found is None else found.addresses))
        new = [one for one in things if not self.things.get(one, _IN_GROUP).startswith(_IN_GROUP)]
        new = [one for one in new if self.owns(state, one)]
        return Record(self.topology, {**self.things, **dict.fromkeys(new, NEW)}) if new else self

    def owns_interface(self, state: State, end: Endpoint) -> bool:
        """The same for an interface."""
        return self.owns(state, ("interface", end.netns or "", end.interface))

    def extend(self, scope: Scope, declared: Optional[AbstractSet[Thing]]) -> None:
        """Ask for what must be known to tell whether the recorded things are still there.

        Where those that are not ``declared`` are to be removed (None: they are not), also for what that needs.
        """
        scope.identities = True
        for thing in self.things:
            name = thing[1] or None
            if name is not None:
                scope.names.add(name)
            if declared is None or thing in declared:
                continue
            scope.inside(name)
            if thing[0] == "namespace":
                scope.processes.add(thing[1])
                scope.outward.add(thing[1])
            elif thing[0] == "interface":
                scope.peer(Endpoint(name, thing[2]), None)
                scope.everywhere.add(Endpoint(name, thing[2]))
            else:
                scope.settings.add(Endpoint(name, thing[2]))


def in_group(topology: str, state: State, thing: Thing) -> Optional[str]:
    """The identity of an interface, or of an address on it, that is in the topology's group; else None."""
    found = None if thing[0] == "namespace" else state.interface(thing[1] or None, thing[2])
    group = group_of(topology)
    return f"{_IN_GROUP}{group}" if found is not None and found.group == group else None


def identity_of(state: State, thing: Thing) -> Optional[str]:
    """What tells a thing that is in no group of a topology from another of its name; None: there is none of that name.

    A namespace is told by what ``_kernel/namespaces.identity`` says of it; an interface by its namespace's identity and
    its index and MAC, for an index alone may be given to the next one; an address by its interface's. Where the MAC is
    not known yet, the identity ends without it, as it does on the host: there udev changes it, and the kernel counts
    indexes on.
    """
    if thing[0] == "namespace":
        return state.identities.get(thing[1]) if state.has(thing[1]) else None
    netns: Netns = thing[1] or None
    found = state.interface(netns, thing[2])
    if found is None or (thing[0] == "address" and found.address(thing[3]) is None):
        return None
    place = "host" if netns is None else state.identities.get(netns)
    if place is None or found.ifindex is None:
        return None
    return f"{place}/{found.ifindex}/{(netns and found.mac) or ''}"


@value
class Ownership(Declared):
    """The record of a topology names what it made; with ``purge``, what it made and no longer names is removed."""

    path: str
    topology: str
    declared: frozenset[Thing]
    purge: bool

    def scope(self, scope: Scope) -> None:
        scope.records.add(self.topology)
        if self.purge:
            scope.purged[self.topology] = self.declared

    def steps(self, state: State) -> Iterator[Step]:
        record = state.records.get(self.topology)
        if self.purge and record is not None:
            yield from self._removals(state, record)
        record = record or Record(self.topology, {})
        was = record.things
        made = {thing: in_group(self.topology, state, thing) or NEW for thing in state.made if exists(state, thing)}
        kept = [thing for thing in was if thing not in made and self._keeps(state, record, thing)]
        state.notes.extend(self._lost(state, was.keys() - kept - made.keys()))
        now = {**self._unrecorded(state, was), **{thing: was[thing] for thing in kept}, **made}
        state.notes.extend(self._strayed(state, now))
        written = state.written.get(self.topology)
        if now != (written.things if written is not None else {}) or NEW in now.values():
            yield WriteRecord(self.topology, tuple(sorted(now.items())))

    def _keeps(self, state: State, record: Record, thing: Thing) -> bool:
        if thing[0] == "namespace" and state.names.get(thing[1]) == STALE:
            return True  # a run that was removing it was killed
        # What is inside a namespace that was not read stays recorded as long as the namespace itself does.
        netns = None if thing[0] == "namespace" else thing[1] or None
        if thing[0] != "namespace" and state.has(netns) and netns not in state.interfaces:
            return True
        return record.owns(state, thing)

    def _lost(self, state: State, things: AbstractSet[Thing]) -> Iterator[str]:
        """What is to be said of what has the name of something recorded, and is not that."""
        for thing in sorted(things):
            # What is inside of something else that is lost goes without saying.
            around = {("namespace", thing[1]), ("interface", *thing[1:3])} - {thing}
            if exists(state, thing) and not around & things:
                yield (
                    f"{_called(thing)} is not the one that topology {self.topology} made: it was replaced, or its "
                    "group changed. It is left alone, and no longer counts as the topology's."
                )

    def _unrecorded(self, state: State, recorded: Mapping[Thing, str]) -> dict[Thing, str]:
        """The declared interfaces that the topology made and a run that was killed has not recorded."""
        new = (one for one in self.declared if one[0] == "interface" and one not in recorded)
        found = {one: in_group(self.topology, state, one) for one in new}
        return {thing: identity for thing, identity in found.items() if identity is not None}

    def _strayed(self, state: State, known: Mapping[Thing, str]) -> Iterator[str]:
        """What is to be said of interfaces that the topology made, and that are not where they are recorded."""
        group = group_of(self.topology)
        for netns, inside in state.interfaces.items():
            for name, interface in inside.items():
                if interface.group == group and ("interface", netns or "", name) not in known:
                    yield (
                        f"Interface {Endpoint(netns, name)} is of topology {self.topology}, which does not know it by "
                        "this name and place: it was renamed or moved, or the record was lost. It is left alone."
                    )

    def _removals(self, state: State, record: Record) -> Iterator[Step]:
        surplus = [thing for thing in sorted(record.things) if thing not in self.declared]
        addresses: dict[Endpoint, list[str]] = {}
        for thing in surplus:
            if thing[0] == "address" and record.owns(state, thing):
                addresses.setdefault(Endpoint(thing[1] or None, thing[2]), []).append(thing[3])
        for end, texts in addresses.items():
            yield from Addresses(self.path, end.netns, end.interface, tuple(texts), present=False).steps(state)
        for thing in surplus:
            if thing[0] == "interface" and record.owns(state, thing):
                end = Endpoint(thing[1] or None, thing[2])
                found = state.interface(*end)
                peer = None if found is None else found.peer
                upon = [*built_upon(state, end), *([] if peer is None else built_upon(state, peer))]
                strange = strange_end(state, end, group_of(self.topology))
                if strange is not None:
                    state.notes.append(
                        f"Interface {end} was made for topology {self.topology}, which no longer names it. It stays, "
                        f"for its other end, {strange}, is not the topology's any longer."
                    )
                elif upon:
                    state.notes.append(
                        f"Interface {end} was made for topology {self.topology}, which no longer names it. It stays, "
                        f"for {some(upon)} is built upon it."
                    )
                else:
                    yield DeleteInterface(*end, peer)
        for thing in surplus:
            if thing[0] == "namespace" and state.names.get(thing[1]) == STALE:
                yield DeleteStaleFile(thing[1])
            elif thing[0] == "namespace" and record.owns(state, thing):
                inside = sorted(set(state.inside(thing[1])) - EVERYWHERE)
                if inside:
                    state.notes.append(
                        f"Namespace {thing[1]} was made for topology {self.topology}, which no longer names it. It "
                        f"stays, for it has {some(inside)}."
                    )
                else:
                    yield from Namespace(self.path, thing[1], present=False, inspect=True).steps(state)

    def view(self, state: State) -> dict[str, Any]:
        record = state.records.get(self.topology)
        shown: dict[str, Any] = {}
        if not self.purge or record is None:
            return shown
        for thing in sorted(record.things):
            if thing not in self.declared and thing[0] == "namespace" and state.names.get(thing[1]) == STALE:
                merge(shown, Namespace(self.path, thing[1]).view(state))
            if thing in self.declared or not record.owns(state, thing):
                continue
            if thing[0] == "namespace":
                merge(shown, tree(branch(thing[1]), {}))
            else:
                merge(shown, of_interface(thing[1] or None, thing[2], self._leaf(state, thing)))
        return shown

    @staticmethod
    def _leaf(state: State, thing: Thing) -> dict[str, Any]:
        if thing[0] == "address":
            return {"addresses": [thing[3]]}
        found = state.interface(thing[1] or None, thing[2])
        return {} if found is None or found.peer is None else {"peer": found.peer.short()}


def _called(thing: Thing) -> str:
    """A thing as a sentence begins with it."""
    if thing[0] == "namespace":
        return f"Namespace {thing[1]}"
    end = Endpoint(thing[1] or None, thing[2])
    return f"Interface {end}" if thing[0] == "interface" else f"Address {thing[3]} of {end}"


def exists(state: State, thing: Thing) -> bool:
    """Whether there is something of that name, whoever made it."""
    if thing[0] == "namespace":
        return state.has(thing[1])
    found = state.interface(thing[1] or None, thing[2])
    return found is not None and (thing[0] != "address" or found.address(thing[3]) is not None)


@value
class WriteRecord(Step):
    """Write the record of a topology; with nothing in it, remove it. It is no work on the network, so no command."""

    topology: str
    things: tuple[tuple[Thing, str], ...]
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return []

    def effect(self, state: State) -> None:
        if self.things:
            state.records[self.topology] = state.written[self.topology] = Record(self.topology, dict(self.things))
        else:
            state.records.pop(self.topology, None)
            state.written.pop(self.topology, None)

    def undo(self, before: State) -> Iterable[Step]:
        record = before.written.get(self.topology)
        return [WriteRecord(self.topology, () if record is None else tuple(sorted(record.things.items())))]

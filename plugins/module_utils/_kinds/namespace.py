# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces: what is below /run/netns."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    DeleteInterface,
    MoveInterface,
    free_name,
    inside,
    vanish,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import ALL_PEERS, PAIRS, Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    DANGLING,
    FOREIGN,
    NAMESPACE,
    OWN_PID,
    RUN_DIR,
    STALE,
    Action,
    Declared,
    Endpoint,
    Key,
    Name,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    branch,
    immutable,
    merge,
    tree,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script

#: The fallback devices of tunnels, which nobody can make or remove: the kernel puts them into every namespace where
#: their modules are loaded (fb_tunnels_only_for_init_net in the kernel's admin-guide/sysctl/net.rst).
FALLBACKS = frozenset({"tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "sit0", "ip6tnl0", "ip6gre0", "ip6_vti0"})
#: The interfaces that the kernel itself puts into every namespace.
EVERYWHERE = {"lo", *FALLBACKS}


#: Why a namespace cannot be made where nobody else would see it.
_SECLUDED = (
    "what is mounted here is not seen by the rest of the host, so that namespace {name} would be an empty file to all "
    "others: run the task without the become plugin linuxnet.netns.netns, or outside of a service with PrivateTmp= or "
    "PrivateMounts= that it runs in"
)


class NamespaceKind(Kind[None]):
    """Namespaces, which are no table of a state but where all tables are; a thing is one by its name."""

    name = "namespace"
    plural = "namespaces"
    order = 0
    in_namespace = False

    def exists(self, state: State, thing: Thing) -> bool:
        return state.has(thing.netns)

    def called(self, thing: Thing) -> str:
        return f"Namespace {thing.netns}"

    def identity(self, state: State, thing: Thing) -> str:
        # What _kernel/namespaces.identity says of it.
        found = state.names.get(thing.netns or "")
        return "" if found is None else found.identity

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return not key

    def surplus(self, scope: Scope, thing: Thing) -> None:
        if thing.netns is not None:
            scope.users.add(thing.netns)
            scope.want(INTERFACE, thing.netns, ALL_PEERS)

    def half_removed(self, state: State, thing: Thing) -> bool:
        return state.what(thing.netns or "") == STALE

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            name = thing.netns or ""
            if self.half_removed(state, thing):
                yield DeleteStaleFile(name)
            elif mine(thing):
                left = sorted(set(inside(state, name)) - EVERYWHERE)
                if left:
                    state.notes.append(
                        f"Namespace {name} was made for topology {topology}, which no longer names it. It "
                        f"stays, for it has {some(left)}."
                    )
                else:
                    yield from Namespace(path, name, present=False, inspect=True).steps(state)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return Namespace("", thing.netns or "").view(state)


NAMESPACES = NamespaceKind()


@immutable
class Namespace(Declared):
    """A namespace of that name exists, or none does.

    ``inspect``: before it is removed, look inside, so that physical devices go back to the host first and the links
    that lead out of it are gone when the removal is done. ``shown``: only look, so that the diff shows what goes too.
    """

    path: str
    name: str
    present: bool = True
    inspect: bool = False
    shown: bool = False

    def scope(self, scope: Scope) -> None:
        scope.names.add(self.name)
        if not self.present:
            scope.users.add(self.name)
            if self.inspect or self.shown:
                scope.want(INTERFACE, self.name, ALL_PEERS)
            if self.inspect:
                # Where a physical device goes back to.
                scope.want(INTERFACE, None)

    def steps(self, state: State) -> Iterator[Step]:
        found = state.what(self.name)
        if found == FOREIGN:
            raise Impossible(
                self.path,
                f"{RUN_DIR}/{self.name} is neither a namespace nor an empty file left by one; it was not touched: "
                "look at it, and move it away or choose another name",
            )
        if self.present:
            if found != NAMESPACE and state.secluded:
                raise Impossible(self.path, _SECLUDED.format(name=self.name))
            if found in (STALE, DANGLING):
                yield DeleteStaleFile(self.name)
            if found != NAMESPACE:
                yield AddNamespace(self.name)
        elif found in (STALE, DANGLING):
            yield DeleteStaleFile(self.name)
        elif found == NAMESPACE:
            if f"{RUN_DIR}/{self.name}" in state.names[self.name].mounts:
                raise Impossible(
                    self.path,
                    f"several mounts lie upon each other on {RUN_DIR}/{self.name}, so that the name would stay for "
                    "another namespace; nothing was touched: unmount them with umount until one is left, then run this "
                    "again",
                )
            if self.inspect and not lives_on(state, self.name):
                yield from self._emptied(state)
            yield DeleteNamespace(self.name)

    def _emptied(self, state: State) -> Iterator[Step]:
        # The kernel destroys a namespace's devices some time after its last user has gone; a veth end on the host
        # is then still in the way of a new one of its name. A namespace that lives on loses nothing but its name.
        for interface in list(inside(state, self.name).values()):
            if interface.type == "" and interface.name != "lo":
                name = free_name(state, None, interface.name)
                yield MoveInterface(self.name, interface.name, None, name=None if name == interface.name else name)
            elif interface.type in PAIRS and interface.peer is not None and interface.peer.netns != self.name:
                yield DeleteInterface(self.name, interface.name, interface.peer)

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.name, "")}

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        return self.present and self.name in created

    def things(self) -> Iterable[Thing]:
        return [Thing(NAMESPACES, self.name, ())]

    def view(self, state: State) -> dict[str, Any]:
        found = state.what(self.name)
        if found is None:
            return {}
        if found != NAMESPACE:
            return tree(branch(self.name), "not a namespace" if found == FOREIGN else "a stale file, not a namespace")
        if self.present or lives_on(state, self.name):
            return tree(branch(self.name), {})
        content = {
            name: everything_of(state, self.name, one)
            for name, one in sorted(inside(state, self.name).items())
            if name != "lo"
        }
        return tree(branch(self.name), {"interfaces": content} if content else {})


def lives_on(state: State, name: str) -> bool:
    """Tell whether a namespace lives on when it loses this name, as far as was asked."""
    found = state.names.get(name)
    return found is not None and bool(found.processes or found.mounts)


def everything_of(state: State, netns: str, interface: Interface) -> dict[str, Any]:
    """Return all that a view tells of an interface which goes with its namespace."""
    shown: dict[str, Any] = {"kind": interface.type or "physical"}
    if interface.peer is not None:
        shown["peer"] = str(interface.peer)
    for kind in sorted(state.tables, key=lambda kind: kind.order):
        merge(shown, kind.leaf(state, Endpoint(netns, interface.name)))
    return shown


@immutable
class AddNamespace(Action):
    """Create a namespace and give it a name."""

    name: str
    netns: Netns = None
    independent = True

    def command(self) -> Sequence[str]:
        return ["ip", "netns", "add", self.name]

    def makes(self) -> Sequence[Thing]:
        return [Thing(NAMESPACES, self.name, ())]

    def at_boot(self, script: Script) -> None:
        script.namespace(Thing(NAMESPACES, self.name, ()))

    def perform(self, host: Host) -> None:
        host.create_namespace(self.name)

    def advice(self, error: int) -> str:
        if error != errno.ENOSPC:
            return ""
        return (
            "there may be no more namespaces (sysctl user.max_net_namespaces), no more mounts (sysctl fs.mount-max), "
            f"or no more files in {RUN_DIR}"
        )

    def effect(self, state: State) -> None:
        state.names[self.name] = Name(NAMESPACE, created=True)
        state.forget(self.name)
        state.put(INTERFACE, self.name, "lo", Interface("lo", "loopback", ifindex=1))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteNamespace(self.name)]

    def namespaces(self) -> set[Netns]:
        return {self.name}


@immutable
class DeleteNamespace(Action):
    """Take a namespace's name away; the namespace itself goes when nothing uses it any longer."""

    name: str
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["ip", "netns", "delete", self.name]

    def removes(self) -> Sequence[Thing]:
        return [Thing(NAMESPACES, self.name, ())]

    def perform(self, host: Host) -> None:
        host.delete_namespace(self.name)

    def effect(self, state: State) -> None:
        if not lives_on(state, self.name):
            for name in list(inside(state, self.name)):
                vanish(state, Endpoint(self.name, name))
        state.names.pop(self.name, None)
        state.forget(self.name)

    def undo(self, before: State) -> Iterable[Step]:
        return [RestoreNamespace(self.name)]

    def ends(self) -> Optional[str]:
        return self.name

    def namespaces(self) -> set[Netns]:
        return {self.name}


@immutable
class RestoreNamespace(Action):
    """Give a deleted namespace its name back: the run that deleted it holds it open until it ends."""

    name: str
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["ip", "netns", "attach", self.name, OWN_PID]

    def perform(self, host: Host) -> None:
        host.restore_namespace(self.name)

    def effect(self, state: State) -> None:
        state.names[self.name] = Name(NAMESPACE)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteNamespace(self.name)]


@immutable
class DeleteStaleFile(Action):
    """Remove a file that a namespace left behind."""

    name: str
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["ip", "netns", "delete", self.name]

    def perform(self, host: Host) -> None:
        host.delete_file(self.name)

    def effect(self, state: State) -> None:
        state.names.pop(self.name, None)

    def undo(self, before: State) -> Iterable[Step]:
        return [LeaveStaleFile(self.name)]


@immutable
class LeaveStaleFile(Action):
    """Put back the empty file that was there before a run which failed."""

    name: str
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["touch", f"{RUN_DIR}/{self.name}"]

    def perform(self, host: Host) -> None:
        host.leave_file(self.name)

    def effect(self, state: State) -> None:
        state.names[self.name] = Name(STALE)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteStaleFile(self.name)]

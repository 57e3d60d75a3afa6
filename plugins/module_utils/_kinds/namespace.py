# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces: what is below /run/netns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import DeleteInterface, MoveInterface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    DANGLING,
    FOREIGN,
    NAMESPACE,
    OWN_PID,
    STALE,
    Declared,
    Endpoint,
    Interface,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    branch,
    tree,
    value,
)

RUN_DIR = "/run/netns"
#: The interfaces that the kernel itself puts into every namespace: ``lo``, and where their modules are loaded the
#: fallback devices of tunnels (fb_tunnels_only_for_init_net in the kernel's admin-guide/sysctl/net.rst).
EVERYWHERE = {"lo", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "sit0", "ip6tnl0", "ip6gre0", "ip6_vti0"}


@value
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
            scope.processes.add(self.name)
            if self.inspect or self.shown:
                scope.inside(self.name)
                scope.outward.add(self.name)

    def steps(self, state: State) -> Iterator[Step]:
        found = state.names.get(self.name)
        if found == FOREIGN:
            raise Impossible(
                self.path,
                f"{RUN_DIR}/{self.name} is neither a namespace nor an empty file left by one; it was not touched: "
                "look at it, and move it away or choose another name",
            )
        if self.present:
            if found in (STALE, DANGLING):
                yield DeleteStaleFile(self.name)
            if found != NAMESPACE:
                yield AddNamespace(self.name)
        elif found in (STALE, DANGLING):
            yield DeleteStaleFile(self.name)
        elif found == NAMESPACE:
            if f"{RUN_DIR}/{self.name}" in state.mounts.get(self.name, ()):
                raise Impossible(
                    self.path,
                    f"several mounts lie upon each other on {RUN_DIR}/{self.name}, so that the name would stay for "
                    "another namespace; nothing was touched: unmount them with umount until one is left, then run this "
                    "again",
                )
            if self.inspect and not state.lives_on(self.name):
                yield from self._emptied(state)
            yield DeleteNamespace(self.name)

    def _emptied(self, state: State) -> Iterator[Step]:
        # The kernel destroys a namespace's devices some time after its last user has gone; a veth end on the host
        # is then still in the way of a new one of its name. A namespace that lives on loses nothing but its name.
        for interface in list(state.inside(self.name).values()):
            if interface.kind == "" and interface.name != "lo":
                yield MoveInterface(self.name, interface.name, None)
            elif interface.kind == "veth" and interface.peer is not None and interface.peer.netns != self.name:
                yield DeleteInterface(self.name, interface.name, interface.peer)

    def places(self) -> set[Endpoint]:
        return {Endpoint(self.name, "")}

    def view(self, state: State) -> dict[str, Any]:
        found = state.names.get(self.name)
        if found is None:
            return {}
        if found != NAMESPACE:
            return tree(branch(self.name), "not a namespace" if found == FOREIGN else "a stale file, not a namespace")
        if self.present or state.lives_on(self.name):
            return tree(branch(self.name), {})
        content = {
            name: whole(interface) for name, interface in sorted(state.inside(self.name).items()) if name != "lo"
        }
        return tree(branch(self.name), {"interfaces": content} if content else {})


def whole(interface: Interface) -> dict[str, Any]:
    """All that a view tells of an interface which goes with its namespace."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import listed

    shown: dict[str, Any] = {"kind": interface.kind or "physical"}
    if interface.peer is not None:
        shown["peer"] = str(interface.peer)
    addresses = listed(interface)
    if addresses:
        shown["addresses"] = addresses
    return shown


@value
class AddNamespace(Step):
    """Create a namespace and give it a name."""

    name: str
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return ["ip", "netns", "add", self.name]

    def makes(self) -> Sequence[Thing]:
        return [("namespace", self.name)]

    def relocates(self) -> bool:
        return True

    def effect(self, state: State) -> None:
        state.names[self.name] = NAMESPACE
        state.interfaces[self.name] = {"lo": Interface("lo", "loopback", ifindex=1)}
        state.fresh.add(self.name)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteNamespace(self.name)]

    def places(self) -> set[Netns]:
        return {self.name}


@value
class DeleteNamespace(Step):
    """Take a namespace's name away; the namespace itself goes when nothing uses it any longer."""

    name: str
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return ["ip", "netns", "delete", self.name]

    def removes(self) -> Sequence[Thing]:
        return [("namespace", self.name)]

    def relocates(self) -> bool:
        return True

    def effect(self, state: State) -> None:
        if not state.lives_on(self.name):
            for name in list(state.inside(self.name)):
                state.drop_pair(self.name, name)
        state.names.pop(self.name, None)
        state.interfaces.pop(self.name, None)

    def undo(self, before: State) -> Iterable[Step]:
        return [RestoreNamespace(self.name)]

    def ends(self) -> Optional[str]:
        return self.name

    def places(self) -> set[Netns]:
        return {self.name}


@value
class RestoreNamespace(Step):
    """Give a deleted namespace its name back: the run that deleted it holds it open until it ends."""

    name: str
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return ["ip", "netns", "attach", self.name, OWN_PID]

    def effect(self, state: State) -> None:
        state.names[self.name] = NAMESPACE

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteNamespace(self.name)]


@value
class DeleteStaleFile(Step):
    """Remove a file that a namespace left behind."""

    name: str
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return ["ip", "netns", "delete", self.name]

    def effect(self, state: State) -> None:
        state.names.pop(self.name, None)

    def undo(self, before: State) -> Iterable[Step]:
        return [LeaveStaleFile(self.name)]


@value
class LeaveStaleFile(Step):
    """Put back the empty file that was there before a run which failed."""

    name: str
    netns: Netns = None

    def words(self) -> Sequence[str]:
        return ["touch", f"{RUN_DIR}/{self.name}"]

    def effect(self, state: State) -> None:
        state.names[self.name] = STALE

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteStaleFile(self.name)]

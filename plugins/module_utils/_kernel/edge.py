# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel edge of a Linux host, as the engine uses it (``_run.Kernel``)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, explained
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import lock, namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    NAMESPACE,
    Condition,
    Name,
    Netns,
    Scope,
    State,
    Step,
    Thing,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kinds
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import Executor
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.checkpoint import Checkpoint
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.host import RunProgram
    from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/capability.h: what entering namespaces and changing links needs.
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}


class LinuxKernel:
    """The kernel of the host that the module runs on; the calling thread is always brought back to its namespace."""

    def __init__(self, kinds: Kinds, run_program: Optional[RunProgram] = None) -> None:
        """Open the host, whose programs ``run_program`` runs.

        Raises: KernelError, when the process lacks a capability, or its own namespace cannot be looked at.
        """
        try:
            require_capabilities()
            self._home = namespaces.current()
        except OSError as error:
            text = f"The task could not find out where it is and what it may do: {explained(error)}."
            raise KernelError(f"{text} Nothing was changed.") from error
        self._kinds = kinds
        self._run_program = run_program
        self._seen = State()
        self._used_executor: Optional[Executor] = None
        self._kept: Optional[Checkpoint] = None
        self._loaded: Optional[Codec] = None

    def close(self) -> None:
        """Let go of the namespaces that were held open, and put the limit of descriptors back."""
        if self._used_executor is not None:
            self._used_executor.close()
        os.close(self._home)

    def locked(self, *, shared: bool) -> AbstractContextManager[None]:
        """Keep other runs out: while this lasts, none changes the host; with ``shared``, nor does this run.

        Entering raises: KernelError, when another run does not end.
        """
        return lock.held(shared=shared)

    # What a task needs not should cost it nothing: most find nothing to do.

    @property
    def _executor(self) -> Executor:
        if self._used_executor is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import Executor

            self._used_executor = Executor(self._home, self._kinds, self._codec, self._run_program)
        return self._used_executor

    def _codec(self) -> Codec:
        if self._loaded is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

            self._loaded = Codec()
        return self._loaded

    def observe(self, scope: Scope) -> State:
        """Return what the kernel has of what the scope asks for.

        Raises: KernelError, LibraryMissing.
        """
        try:
            state = self._read(scope.copy())
        except OSError as error:
            raise KernelError(f"The state of this host's network could not be read: {explained(error)}.") from error
        state.only_lo = self._used_executor is None or self._used_executor.only_lo
        self._seen = state.copy()
        return state

    def _read(self, scope: Scope) -> State:
        """Return what the kernel has; the scope is extended by what that asks for. Raises: OSError, LibraryMissing."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.reader import LinuxReader

        state = State()
        reader = LinuxReader(self._home, self._kinds, state)
        if scope.everything is not None:
            for name in namespaces.all_names():
                scope.want(scope.everything, name)
        prepared: set[Kind[Any]] = set()
        while prepared != scope.wants.keys():
            # What is made after others may ask for those.
            kind = max(scope.wants.keys() - prepared, key=lambda kind: kind.order)
            kind.prepare(scope, state, reader)
            prepared.add(kind)
        state.names = self._names(scope)
        state.secluded = not scope.names <= state.names.keys() and namespaces.secluded()
        if any(state.has(netns) for places in scope.wants.values() for netns in places):
            with namespaces.away(self._home):
                reader.read(scope)
        return state

    @staticmethod
    def _names(scope: Scope) -> dict[str, Name]:
        """Return what the scope asks for of names below /run/netns. Raises: OSError."""
        found = {name: Name(what) for name, what in namespaces.what_are(scope.names).items()}
        there = [name for name, one in found.items() if one.what == NAMESPACE]
        if scope.identities:
            for name, identity in namespaces.identities(there).items():
                found[name] = found[name]._replace(identity=identity)
        users = [name for name in there if name in scope.users]
        if users:
            processes, mounts = namespaces.processes(users), namespaces.mounts(users)
            for name in users:
                inside, others = processes.get(name, ()), mounts.get(name, ())
                found[name] = found[name]._replace(processes=inside, mounts=others)
        return found

    @staticmethod
    def all_names() -> Sequence[str]:
        """Return every name below /run/netns."""
        return namespaces.all_names()

    @staticmethod
    def what_is(netns: str) -> Optional[str]:
        """Return what a name or a path stands for, as the model says it; None: there is nothing. Raises: OSError."""
        return namespaces.what_is(netns)

    @staticmethod
    def names() -> Mapping[int, str]:
        """Return the first name of each namespace that has one, by its inode."""
        return namespaces.names_by_inode()

    @staticmethod
    def inhabitants(places: Sequence[Netns]) -> Mapping[Netns, tuple[int, Sequence[tuple[int, str]]]]:
        """Return the inode of each namespace, and the processes in it with their commands; without those that have
        gone.
        """
        return namespaces.inhabitants(places)

    def check_capabilities(self, steps: Sequence[Step], conditions: Sequence[Condition]) -> None:
        """Make sure that all that the steps and the conditions need is there. Raises: LibraryMissing, KernelError."""
        if steps:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import acted

            if not acted(steps):
                self._codec()
        for needed in {one.capability() for one in conditions}:
            if needed is not None:
                require_capabilities({needed.name: needed.number}, needed.without)

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps in order, in batches.

        Raises: StepFailed, with the first step that the kernel refused. LibraryMissing.
        """
        if steps:
            self._executor.apply(steps, self._seen)

    def wait(self, conditions: Sequence[Condition]) -> list[Any]:
        """Return what is found of each of the conditions, when it has come true or its time is over.

        Raises: KernelError, LibraryMissing.
        """
        if not conditions:
            return []
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import waiting

        return waiting.wait(conditions, self._home)

    def checkpoint(self, places: Sequence[Netns]) -> None:
        """Remember what interfaces of these namespaces have that goes unnamed when they go, or go down.

        Raises: KernelError.
        """
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.checkpoint import Checkpoint

        kinds = self._kinds.carried()

        def look(places: Sequence[Netns]) -> State:
            scope = Scope()
            for netns in places:
                for kind in kinds:
                    scope.want(kind, netns)
            return self._read(scope)

        try:
            self._kept = Checkpoint(self._home, kinds, look, places)
        except OSError as error:
            raise KernelError(f"The links and routes of this host could not be read: {explained(error)}.") from error

    def put_back(self) -> list[str]:
        """Put back what has gone since the checkpoint; gives what could not be, in words."""
        with namespaces.away(self._home):
            return [] if self._kept is None else self._kept.put_back()

    def carried_away(self, removed: Collection[Thing]) -> list[str]:
        """Return what has gone since the checkpoint though the interface that it belongs to is still there, in words.

        Left out is what was ``removed`` by name.
        """
        return [] if self._kept is None else self._kept.carried_away(removed)


def require_capabilities(
    needed: Optional[Mapping[str, int]] = None, without: str = "network namespaces cannot be managed"
) -> None:
    """Make sure that the process has capabilities; unless said otherwise, those to change the network.

    ``needed`` gives their numbers by name; ``without`` says what is not possible without them.

    Raises: KernelError, naming the capabilities that are missing and what to do. OSError.
    """
    effective = 0
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("CapEff:"):
                effective = int(line.split()[1], 16)
    needed = _CAPABILITIES if needed is None else needed
    missing = [name for name, bit in needed.items() if not effective >> bit & 1]
    if missing:
        raise KernelError(
            f"This user (uid {os.geteuid()}) lacks {' and '.join(missing)}, without which {without}: run the task as "
            "root (become: true)."
        )

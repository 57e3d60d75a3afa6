# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel edge of a Linux host, as the engine uses it (``_run.Kernel``)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, said
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import lock, namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Condition, Netns, Scope, State, Step

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import Applier
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.belongings import Belongings
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.routes import Routes

#: linux/capability.h: what entering namespaces and changing links needs.
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}


class LinuxKernel:
    """The kernel of the host that the module runs on; the calling thread is always brought back to its namespace."""

    def __init__(self) -> None:
        """Raises: KernelError, when the process lacks a capability."""
        demand_capabilities()
        self._home = namespaces.current()
        self._seen = State()
        self._used_applier: Optional[Applier] = None
        self._kept: list[Union[Belongings, Routes]] = []
        self._loaded: Optional[Codec] = None

    def close(self) -> None:
        """Let go of the namespaces that were held open, and put the limit of descriptors back."""
        if self._used_applier is not None:
            self._used_applier.close()
        os.close(self._home)

    def locked(self, *, shared: bool) -> AbstractContextManager[None]:
        """While this lasts, nothing else of this collection changes the host; with ``shared``, nor does this run.

        Entering raises: KernelError, when another run does not end.
        """
        return lock.held(shared=shared)

    # What a task needs not should cost it nothing: most find nothing to do.

    @property
    def _applier(self) -> Applier:
        if self._used_applier is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import Applier

            self._used_applier = Applier(self._home, self._codec)
        return self._used_applier

    def _codec(self) -> Codec:
        if self._loaded is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec

            self._loaded = Codec()
        return self._loaded

    def observe(self, scope: Scope) -> State:
        """What the kernel has of what the scope asks for.

        Raises: KernelError, LibraryMissing.
        """
        state = State()
        try:
            if scope.everything:
                scope = scope.copy()
                scope.inside(*namespaces.listed())
            if scope.records:
                scope = self._with_records(scope, state)
            state.names = namespaces.what_are(scope.names)
            if scope.identities:
                state.identities = namespaces.identities(name for name in state.names if state.has(name))
            if any(state.has(name) for name in scope.processes):
                there = [name for name in scope.processes if state.has(name)]
                state.processes, state.mounts = namespaces.processes(there), namespaces.mounts(there)
            if any(state.has(netns) for netns in scope.read):
                from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.observe import Reader

                with namespaces.away(self._home):
                    Reader(self._home).read(scope, state)
        except OSError as error:
            raise KernelError(f"The state of this host's network could not be read: {said(error)}.") from error
        state.crowded = self._used_applier is not None and self._used_applier.crowded
        self._seen = state.copy()
        return state

    @staticmethod
    def _with_records(scope: Scope, state: State) -> Scope:
        """Read the ownership records into the state; gives the scope with what they ask for."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

        scope = scope.copy()
        for topology in sorted(scope.records | records.listed()):
            record, void = records.read(topology)
            own = topology in scope.records
            if void is not None and own:
                state.notes.append(void)
            if record is not None:
                state.records[topology] = state.written[topology] = record
                if own:
                    record.extend(scope, scope.purged.get(topology))
        return scope

    def demand(self, steps: Sequence[Step], conditions: Sequence[Condition]) -> None:
        """Make sure that all that the steps and the conditions need is there. Raises: LibraryMissing, KernelError."""
        if steps:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.apply import acted

            if not acted(steps):
                self._codec()
        if conditions:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import waiting

            waiting.demand(conditions)

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps in order, in batches.

        Raises: StepFailed, with the first step that the kernel refused. LibraryMissing.
        """
        if steps:
            self._applier.apply(steps, self._seen)

    def wait(self, conditions: Sequence[Condition]) -> list[Any]:
        """What is found of each of the conditions, when it has come true or its time is over.

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
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.belongings import Belongings
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.routes import Routes

        try:
            with namespaces.away(self._home):
                there = [netns for netns in places if self._seen.has(netns)]
                self._kept = [kind(self._home, there) for kind in (Belongings, Routes)]
        except OSError as error:
            raise KernelError(f"The links and routes of this host could not be read: {said(error)}.") from error

    def revive(self) -> list[str]:
        """Put back what has gone since the checkpoint; gives what could not be, in words."""
        with namespaces.away(self._home):
            return [words for kept in self._kept for words in kept.revive()]

    def lost(self) -> list[str]:
        """What has gone since the checkpoint though the interface that it belongs to is still there, in words."""
        with namespaces.away(self._home):
            return [words for kept in self._kept for words in kept.lost()]


def demand_capabilities(
    needed: Optional[Mapping[str, int]] = None, without: str = "network namespaces cannot be managed"
) -> None:
    """Make sure that the process has capabilities; unless said otherwise, those to change the network.

    ``needed`` gives their numbers by name; ``without`` says what is not possible without them.

    Raises: KernelError, naming the capabilities that are missing and what to do.
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

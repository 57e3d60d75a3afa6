# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel edge of a Linux host, as the engine uses it (``_run.Kernel``)."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import actions, namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Carrier, Netns, Scope, State, Step

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.routes import Routes

#: linux/capability.h: what entering namespaces and changing links needs.
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
#: Descriptors that a run may need at once, beside those of the namespaces that it deletes.
_DESCRIPTORS = 512
#: From how many steps on threads are worth their start.
_MANY = 50


class LinuxKernel:
    """The kernel of the host that the module runs on; the calling thread is always brought back to its namespace."""

    def __init__(self) -> None:
        """Raises: KernelError, when the process lacks a capability."""
        demand_capabilities()
        self._home = namespaces.current()
        self._seen = State()
        self._place = actions.Workplace(self._home)
        self._limits: Optional[tuple[int, int]] = None
        self._routes: Optional[Routes] = None
        self._loaded: Optional[Codec] = None

    def close(self) -> None:
        """Let go of the namespaces that were held open, and put the limit of descriptors back."""
        self._place.close()
        os.close(self._home)
        if self._limits is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)

    @property
    def _codec(self) -> Codec:
        # Loaded when there is something to encode or decode: what a task needs not should cost it nothing.
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
            if scope.records:
                scope = self._with_records(scope, state)
            state.names = namespaces.what_are(scope.names)
            if scope.identities:
                state.identities = {name: namespaces.identity(name) for name in state.names if state.has(name)}
            if any(state.has(name) for name in scope.processes):
                state.processes = namespaces.processes(name for name in scope.processes if state.has(name))
            if any(state.has(netns) for netns in scope.read):
                from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.observe import Reader

                with namespaces.away(self._home):
                    Reader(self._codec, self._home).read(scope, state)
        except OSError as error:
            raise KernelError(f"The state of this host's network could not be read: {said(error)}.") from error
        state.crowded = self._place.crowded
        self._seen = state.copy()
        return state

    @staticmethod
    def _with_records(scope: Scope, state: State) -> Scope:
        """Read the ownership records into the state; gives the scope with what they ask for."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

        scope = scope.copy()
        for topology in sorted(scope.records):
            record, void = records.read(topology)
            if void is not None:
                state.notes.append(void)
            if record is not None:
                state.records[topology] = record
                record.extend(scope, scope.purged.get(topology))
        return scope

    def demand(self, steps: Sequence[Step]) -> None:
        """Make sure that all that the steps need is there. Raises: LibraryMissing."""
        if not all(actions.performed(step) for step in steps):
            self._codec  # noqa: B018 (loads it)

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps in order, in batches.

        Raises: StepFailed, with the first step that the kernel refused. LibraryMissing.
        """
        done: list[Step] = []
        if not steps:
            return
        self._make_room(steps)
        with namespaces.away(self._home):
            for in_batches, group in groupby(
                steps, key=lambda step: None if actions.performed(step) else step.netns or ""
            ):
                if in_batches is None:
                    self._perform(list(group), done)
                else:
                    self._send(in_batches or None, list(group), done)

    def _perform(self, steps: Sequence[Step], done: list[Step]) -> None:
        for sort, group in groupby(steps, key=type):
            alike = list(group)
            # The first one alone: it prepares what the others share.
            self._perform_some(alike[:1], done)
            if issubclass(sort, actions.INDEPENDENT) and len(alike) > _MANY:
                self._perform_side_by_side(alike[1:], done)
            else:
                self._perform_some(alike[1:], done)

    def _perform_side_by_side(self, steps: Sequence[Step], done: list[Step]) -> None:
        """Creating namespaces is the kernel's work, which it does for two threads at once nearly twice as fast."""
        failures: list[StepFailed] = []

        def perform(some: Sequence[Step]) -> None:
            try:
                self._perform_some(some, done)
            except StepFailed as failed:
                failures.append(failed)

        threads = [threading.Thread(target=perform, args=[steps[start::2]]) for start in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise StepFailed(failures[0].step, failures[0].words, done)

    def _perform_some(self, steps: Sequence[Step], done: list[Step]) -> None:
        for step in steps:
            try:
                actions.perform(step, self._place)
            except OSError as error:
                raise StepFailed(step, said(error), done) from error
            if step.relocates():
                step.effect(self._seen)
            done.append(step)

    def _send(self, netns: Netns, steps: Sequence[Step], done: list[Step]) -> None:
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.messenger import Messenger

        self._seen.crowded = self._place.crowded
        try:
            namespaces.enter(netns, self._home)
            messenger = Messenger(self._codec, self._home, self._seen)
        except OSError as error:
            raise StepFailed(steps[0], said(error), done) from error
        with messenger:
            messenger.send(steps, done)

    def _make_room(self, steps: Sequence[Step]) -> None:
        """Raise the soft limit of descriptors where the steps may need more; :meth:`close` puts it back."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = _DESCRIPTORS + sum(1 for step in steps if step.ends())
        if self._limits is None and soft != resource.RLIM_INFINITY and needed > soft and soft != hard:
            self._limits = (soft, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def wait(self, condition: Carrier) -> bool:
        """Whether the interface has a carrier before its time is over. Raises: KernelError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import messages
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket

        end, until = condition.end, time.monotonic() + condition.seconds
        try:
            with namespaces.away(self._home):
                namespaces.enter(end.netns, self._home)
                with RouteSocket() as route:
                    while True:
                        found = self._codec.ifinfmsg(route.ask(messages.link(self._codec, end.interface)))
                        found.decode()
                        if found["flags"] & messages.IFF_LOWER_UP:
                            return True
                        if time.monotonic() >= until:
                            return False
                        time.sleep(0.02)
        except OSError as error:
            raise KernelError(f"The carrier of {end} could not be waited for: {said(error)}.") from error

    def checkpoint(self, places: Sequence[Netns]) -> None:
        """Remember the routes of these namespaces, which go unnamed when an interface goes down.

        Raises: KernelError.
        """
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.routes import Routes

        try:
            with namespaces.away(self._home):
                self._routes = Routes(self._codec, self._home, [netns for netns in places if self._seen.has(netns)])
        except OSError as error:
            raise KernelError(f"The routes of this host could not be read: {said(error)}.") from error

    def revive(self) -> list[str]:
        """Put back the routes that have gone since the checkpoint; gives those that could not be, in words."""
        if self._routes is None:
            return []
        with namespaces.away(self._home):
            return self._routes.revive()


def demand_capabilities() -> None:
    """Make sure that the process may change the network.

    Raises: KernelError, naming the capabilities that are missing and what to do.
    """
    effective = 0
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("CapEff:"):
                effective = int(line.split()[1], 16)
    missing = [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]
    if missing:
        raise KernelError(
            f"This user (uid {os.geteuid()}) lacks {' and '.join(missing)}, without which network namespaces cannot be "
            "managed: run the task as root (become: true)."
        )


def said(error: OSError) -> str:
    """An error in the kernel's words."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import NetlinkError, words

    if isinstance(error, NetlinkError):
        return str(error)
    if error.errno is None:
        return str(error)
    about = f"{error.filename}: " if error.filename else ""
    return about + words(error.errno)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The link state of interfaces: up or down, and the carrier that may be waited for. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, explained
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    SetInterface,
    joined,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import KeepsIpv6, PeerOf
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LATE,
    Condition,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    describe,
    immutable,
    of_interface,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import WaitingHost


@immutable
class LinkState(Declared):
    """An interface is set up, or down (the administrative state, IFF_UP; not whether it has a carrier).

    ``wait``: once it is up, so many seconds at most for a carrier. ``alone``: nothing else declared asks for its peer,
    by which the carrier is predicted.
    """

    path: str
    netns: Netns
    interface: str
    up: bool
    wait: float = 0
    alone: bool = False

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        if self.alone:
            scope.want(INTERFACE, self.netns, PeerOf(self.interface, (self.netns, None), everywhere=True))
        if not self.up:
            scope.want(INTERFACE, self.netns, KeepsIpv6(self.interface))

    def steps(self, state: State) -> Iterator[Step]:
        found = require(state, self.path, Endpoint(self.netns, self.interface))
        if found.up != self.up:
            yield SetInterface(self.netns, self.interface, "state", "up" if self.up else "down")

    def view(self, state: State) -> dict[str, Any]:
        found = state.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return {}
        return of_interface(self.netns, self.interface, {"state": "up" if found.up else "down"})

    def conditions(self, state: State) -> Sequence[Condition]:
        if not (self.up and self.wait):
            return ()
        return [Carrier(joined(self.path, "wait"), Endpoint(self.netns, self.interface), self.wait)]

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


@immutable
class LateLinkState(LinkState):
    """A link state that is set when all else of a namespace is there."""

    stage = LATE


@immutable
class Carrier(Condition):
    """An interface has a carrier within so many seconds; waiting finds whether it has."""

    path: str
    end: Endpoint
    seconds: float
    plural = "carriers"

    @classmethod
    def wait(cls, conditions: Sequence[Carrier], host: WaitingHost) -> list[bool]:
        found = [False] * len(conditions)
        pending = dict(enumerate(conditions))
        begun = time.monotonic()
        while pending:
            # Each is looked at once more when its time is over.
            elapsed = time.monotonic() - begun
            for place, one in list(pending.items()):
                found[place] = one.is_there(host)
                if found[place] or elapsed >= one.seconds:
                    del pending[place]
            if pending:
                time.sleep(0.02)
        return found

    def is_there(self, host: WaitingHost) -> bool:
        """Return whether the interface has a carrier now. Raises: KernelError."""
        try:
            return host.has_carrier(self.end)
        except OSError as error:
            raise KernelError(f"The carrier of {self.end} could not be waited for: {explained(error)}.") from error

    def faults(self, found: Any) -> list[str]:
        if found:
            return []
        return [
            f"{self.path}: interface {self.end.interface} in {describe(self.end.netns)} is up, and stays up, but has "
            f"no carrier after {self.seconds:g} s: is its peer up too?"
        ]

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reachability: what reaches what. No step brings it about; it is proven by probes once all else is in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _probe
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import of
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    inside,
    joined,
    missing_interface,
    missing_namespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Condition,
    Declared,
    Endpoint,
    Scope,
    State,
    Step,
    value,
)


@value
class Reply(Condition):
    """A probe becomes of what is expected within so many seconds; waiting finds its :class:`_probe.Answer`."""

    probe: _probe.Probe
    timeout: float
    plural = "probes"

    def faults(self, found: Any) -> list[str]:
        return _probe.faults(self.probe, found, self.timeout)


@value
class Reachability(Declared):
    """One way is open, or not, as expected.

    ``about`` are the interfaces that it is about, where they are declared too.
    """

    path: str
    expectation: _probe.Expectation
    timeout: float
    about: frozenset[Endpoint] = frozenset()

    def scope(self, scope: Scope) -> None:
        wanted = self.expectation
        if wanted.sender is not None:
            scope.names.add(wanted.sender)
        if isinstance(wanted.to, Endpoint):
            scope.want(INTERFACE, wanted.to.netns)
        elif "%" in wanted.to:
            scope.want(INTERFACE, wanted.sender)

    def steps(self, state: State) -> Iterator[Step]:
        sender = self.expectation.sender
        if not state.has(sender):
            # What was not written one by one has no option of its own.
            where = joined(self.path, "from") if self.expectation.path else self.path
            raise Impossible(where, missing_namespace(str(sender), state))
        self._addresses(state)
        return iter(())

    def _addresses(self, state: State) -> Sequence[str]:
        """Where the probes go: to the address, or to all those of the interface. Raises: Impossible."""
        end, path = self.expectation.to, joined(self.path, "to")
        if isinstance(end, str):
            self._zone(end, path, state)
            return [end]
        if not state.has(end.netns):
            raise Impossible(path, missing_namespace(str(end.netns), state))
        if find(state, end) is None:
            raise Impossible(path, missing_interface(end, state))
        addresses = _worth(state, end, elsewhere=self.expectation.leaves)
        if not addresses:
            whence = " from elsewhere" if self.expectation.leaves else ""
            raise Impossible(path, f"interface {end} has no address to be reached by{whence}")
        return addresses

    def _zone(self, address: str, path: str, state: State) -> None:
        """The zone of an address is an interface of the sender, or its index. Raises: Impossible."""
        zone = address.partition("%")[2]
        sender = self.expectation.sender
        if not zone or find(state, Endpoint(sender, zone)) is not None:
            return
        if zone not in {str(one.ifindex) for one in inside(state, sender).values()}:
            raise Impossible(path, missing_interface(Endpoint(sender, zone), state))

    def view(self, state: State) -> dict[str, Any]:
        return {}

    def conditions(self, state: State) -> Sequence[Condition]:
        return [Reply(_probe.Probe(self.expectation, address), self.timeout) for address in self._addresses(state)]

    def places(self) -> set[Endpoint]:
        return set(self.about)


@value
class FullReachability(Declared):
    """Every namespace on the host that has a name reaches every address of the others."""

    path: str
    timeout: float

    def scope(self, scope: Scope) -> None:
        scope.everything = INTERFACE

    def steps(self, state: State) -> Iterator[Step]:
        self._expectations(state)
        return iter(())

    def _expectations(self, state: State) -> list[_probe.Expectation]:
        places = sorted(state.tables.get(INTERFACE, {}), key=str)
        targets = [
            (Endpoint(netns, interface.name), address)
            for netns in places
            for interface in inside(state, netns).values()
            if interface.type != "loopback"
            for address in _worth(state, Endpoint(netns, interface.name), elsewhere=True)
        ]
        found = _probe.matrix(places, targets)
        if isinstance(found, str):
            raise Impossible(self.path, found)
        return found

    def view(self, state: State) -> dict[str, Any]:
        return {}

    def conditions(self, state: State) -> Sequence[Condition]:
        return [Reply(_probe.Probe(one, str(one.to)), self.timeout) for one in self._expectations(state)]


def _worth(state: State, end: Endpoint, *, elsewhere: bool) -> list[str]:
    """The addresses by which an interface can be reached."""
    return _probe.worth([one.text for one in of(state, end)], elsewhere=elsewhere)


def told(found: Iterable[tuple[Condition, Any]]) -> list[dict[str, Any]]:
    """What a module's result tells of the probes among what was found."""
    return [_probe.told(one.probe, answer, one.timeout) for one, answer in found if isinstance(one, Reply)]

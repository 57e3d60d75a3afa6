# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leads into namespaces that go, and what came into them: the kernel takes it away with them, some time after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import DeleteInterface, find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import GO_ALONG
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import lives_on
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import (
    OWNERSHIP,
    LeadingIn,
    Record,
    record_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    merge,
)


@immutable
class NothingLeadsIn(Declared):
    """No interface that a topology made leads into namespaces that are to go, and what it moved into them is back where
    it came from.

    The one would go with them, but some time after: until then its name is taken. The other would be left on the host
    with the name that it has inside.
    """

    path: str
    topology: str
    namespaces: frozenset[str]

    def scope(self, scope: Scope) -> None:
        scope.want(OWNERSHIP, None, LeadingIn(self.topology, self.namespaces))

    def steps(self, state: State) -> Iterator[Step]:
        for thing in self._come_in(state):
            yield from thing.kind.removals(state, self.path, [thing], lambda _thing: True, self.topology)
        for thing in self._leading(state):
            found = find(state, Endpoint(thing.netns, thing.key[0]))
            if found is not None:
                yield DeleteInterface(thing.netns, found.name, found.peer)

    def _come_in(self, state: State) -> list[Thing]:
        came = self._owned(state, LeadingIn.come_in)
        return [one for one in came if not lives_on(state, one.netns or "")]

    def _leading(self, state: State) -> list[Thing]:
        return [one for one in self._owned(state, LeadingIn.among) if self._goes(state, one)]

    def _owned(self, state: State, chosen: Callable[[LeadingIn, Record], list[Thing]]) -> list[Thing]:
        """Return the things of the record that are chosen, as far as they are still the topology's."""
        record = record_of(state, self.topology)
        if record is None:
            return []
        return [one for one in chosen(LeadingIn(self.topology, self.namespaces), record) if record.owns(state, one)]

    def _goes(self, state: State, thing: Thing) -> bool:
        found = find(state, Endpoint(thing.netns, thing.key[0]))
        place: Netns = None
        if found is not None and found.peer is not None:
            place = found.peer.netns
        elif found is not None and found.lower is not None and found.type in GO_ALONG:
            place = found.lower.place
        return place in self.namespaces and state.has(place) and not lives_on(state, place or "")

    def view(self, state: State) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for thing in [*self._come_in(state), *self._leading(state)]:
            merge(shown, thing.kind.view(state, thing))
        return shown

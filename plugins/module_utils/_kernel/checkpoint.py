# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint of what steps may take away without naming it, so that it can be put back when they are undone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Callable

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Key, Netns, State, Thing, describe

#: What namespaces have of the kinds that are carried, and their interfaces. Raises: OSError.
Look = Callable[[Sequence[Netns]], State]


class Checkpoint:
    """What some namespaces had; ``home`` is a descriptor of the host's namespace."""

    def __init__(self, home: int, kinds: Sequence[Carried[Any]], look: Look, places: Sequence[Netns]) -> None:
        """Look at the namespaces. Raises: OSError."""
        self._home, self._kinds, self._look = home, kinds, look
        self._was = look(places)
        self._places = [netns for netns in places if self._was.has(netns)]

    def put_back(self) -> list[str]:
        """Put back what has gone; gives what could not be put back, in words."""
        return [f"{what} in {describe(netns)}" for netns in self._places for what in self._put_back_inside(netns)]

    def carried_away(self, removed: Collection[Thing]) -> list[str]:
        """Return what has gone though the interface that it belongs to is still there, in words; but what was
        ``removed``.
        """
        keys: dict[Netns, set[Key]] = {}
        for thing in removed:
            keys.setdefault(thing.netns, set()).add(thing.key)
        try:
            now = self._look(self._places)
        except OSError:
            return []
        return [
            f"{what} in {describe(netns)}"
            for netns in self._places
            if now.has(netns)
            for kind in self._kinds
            for what in kind.gone(self._was, now, netns, keys.get(netns, set()))
        ]

    def _put_back_inside(self, netns: Netns) -> Iterator[str]:
        try:
            for kind in self._kinds:
                yield from self._put_back(kind, netns)
            now = self._look([netns])
        except OSError as error:
            yield f"what interfaces have ({os_error_text(error)})"
            return
        for kind in self._kinds:
            yield from kind.differences(self._was, now, netns)

    def _put_back(self, kind: Carried[Any], netns: Netns) -> list[str]:
        """Put back what has gone of a kind; gives what is refused, in words. Raises: OSError."""
        missing = list(kind.requests(self._was, self._look([netns]), netns))
        while missing:
            namespaces.enter(netns, self._home)
            with RouteSocket() as route:
                answers = [route.request([request])[0] for _what, request in missing]
            refused = [(one, error) for one, error in zip(missing, answers) if error is not None]
            # What needs another may have been sent before it: as long as some get through, try the rest.
            if len(refused) == len(missing):
                return [f"{what} ({error})" for (what, _request), error in refused]
            missing = [one for one, _error in refused]
        return []

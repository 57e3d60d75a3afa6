# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permanent forwarding entries of bridge ports and proxy neighbours, which a checkpoint can only compare."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import inside, names_by_index
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

#: linux/neighbour.h: AF_BRIDGE, NTF_PROXY.
_AF_BRIDGE, _PROXY = 7, 0x08
#: linux/neighbour.h: DST, LLADDR; MASTER, which the entries of bridge ports have; the states that people give.
_ATTRIBUTES, _MASTER = frozenset({1, 2}), 9
_PERMANENT, _NOARP = 0x80, 0x40


class Compared(Carried[Any]):
    """What an interface has of something that is only compared: rows are by interface and what it is called."""

    name = "compared"
    plural = "compared"
    order = 13

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Any]:
        return _Compared(state)

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        before, after = was.rows(self, netns), now.rows(self, netns)
        there = inside(now, netns)
        for name, what in {**before, **after}:
            if name in there and before.get((name, what)) != after.get((name, what)):
                yield f"the {what} of {name}"


COMPARED = Compared()


class _Compared(Reading[Any]):
    """One reading of what is only compared."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        rows = self._state.table(COMPARED, netns)
        for what, index, found in _entries(route):
            if index in names:
                key = names[index], what
                rows[key] = (*rows.get(key, ()), found)


def _entries(route: Socket) -> Iterable[tuple[str, int, object]]:
    """Return the permanent forwarding entries of bridge ports and the proxy neighbours, each with its interface's
    index.
    """
    for what, family, flags in (("forwarding entries", _AF_BRIDGE, 0), ("proxy neighbours", 0, _PROXY)):
        try:
            found = route.dump(requests.dump(requests.GETNEIGH, struct.pack("=BxxxiHBB", family, 0, 0, flags, 0)))
        except NetlinkError as error:
            if not is_none(error):
                raise
            continue  # a kernel without bridges
        for raw in found:
            index, state = struct.unpack_from("=iH", raw, 20)
            fields = attributes(raw, 12)
            if flags or (_MASTER in fields and state & (_PERMANENT | _NOARP)):
                yield what, index, sorted((kind, fields[kind]) for kind in _ATTRIBUTES if kind in fields)

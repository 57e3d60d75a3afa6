# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint of what interfaces have that nothing here manages, and that goes with them unnamed: the bridge or other
master that they are in, their alias, group and queue length, and their permanent neighbours.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import messages, namespaces, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, attributes, only
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, describe

#: linux/if_link.h: IFNAME; MASTER, TXQLEN, IFALIAS, GROUP with their names for people.
_IFNAME = 3
_PROPERTIES = {10: "master", 13: "queue length", 20: "alias", 27: "group"}
#: linux/neighbour.h: DST, LLADDR, and the state that people give.
_NEIGHBOUR_ATTRIBUTES = frozenset({1, 2})
_PERMANENT = 0x80


class Belongings:
    """What the interfaces of some namespaces have besides what is managed here, as it was."""

    def __init__(self, codec: Codec, home: int, places: Sequence[Netns]) -> None:
        """Raises: OSError. The calling thread is left in one of the namespaces."""
        self._codec = codec
        self._home = home
        self._were = {netns: (self._links(netns), self._neighbours(netns)) for netns in places}

    def _links(self, netns: Netns) -> dict[str, tuple[int, dict[int, bytes]]]:
        """The index and the properties of each interface, by its name."""
        namespaces.enter(netns, self._home)
        found: dict[str, tuple[int, dict[int, bytes]]] = {}
        with RouteSocket() as route:
            for raw in route.dump(requests.links(self._codec)):
                told = attributes(raw, 16)
                properties = {kind: told.get(kind, b"") for kind in _PROPERTIES}
                (index,) = struct.unpack_from("=i", raw, 20)
                found[told[_IFNAME].rstrip(b"\0").decode("utf-8", "surrogateescape")] = (index, properties)
        return found

    def _neighbours(self, netns: Netns) -> list[bytes]:
        """The permanent neighbours, each as the request that puts it back."""
        namespaces.enter(netns, self._home)
        with RouteSocket() as route:
            return [
                messages.again(only(raw, 12, _NEIGHBOUR_ATTRIBUTES))
                for raw in route.dump(requests.neighbours())
                if struct.unpack_from("=H", raw, 24)[0] & _PERMANENT
            ]

    def revive(self) -> list[str]:
        """Put back what has gone; gives what could not be put back, in words."""
        return [f"{what} in {describe(netns)}" for netns in self._were for what in self._revive(netns)]

    def _revive(self, netns: Netns) -> list[str]:
        links, neighbours = self._were[netns]
        left: list[str] = []
        try:
            for name, (index, now) in self._links(netns).items():
                was = links.get(name, (index, now))[1]
                changed = {kind: value for kind, value in was.items() if value != now[kind]}
                for kind, value in changed.items():
                    error = self._set(netns, index, kind, value)
                    if error is not None:
                        left.append(f"the {_PROPERTIES[kind]} of {name} ({error})")
            there = self._neighbours(netns)
            missing = [one for one in neighbours if one not in there]
            with RouteSocket() as route:
                errors = [error for one in missing for error in route.request([one]) if error is not None]
            left.extend(f"a permanent neighbour ({error})" for error in errors)
        except OSError as error:
            left.append(f"what interfaces have ({error})")
        return left

    def _set(self, netns: Netns, index: int, kind: int, value: bytes) -> object:
        namespaces.enter(netns, self._home)
        with RouteSocket() as route:
            # What was not there before is set to nothing: no master, an empty alias.
            return route.request([requests.setting(index, kind, value or bytes(4))])[0]

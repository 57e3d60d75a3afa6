# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for conditions, each class of which knows how; here is what they wait with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Condition, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests


def wait(conditions: Sequence[Condition], home: int) -> list[Any]:
    """Return what is found of each of the conditions; those of a class are waited for together.

    ``home`` is a descriptor of the host's namespace, where the calling thread is left.

    Raises: KernelError, OSError.
    """
    host = _Host(home)
    by_class: dict[type[Condition], list[Condition]] = {}
    for condition in conditions:
        by_class.setdefault(type(condition), []).append(condition)
    found: dict[int, Any] = {}
    for one, alike in by_class.items():
        found.update(zip(map(id, alike), one.wait(alike, host)))
    return [found[id(condition)] for condition in conditions]


class _Host:
    """The host that conditions are waited for on (``_contracts.WaitingHost``)."""

    def __init__(self, home: int) -> None:
        self._home = home

    def has_carrier(self, end: Endpoint) -> bool:
        """Return whether an interface has a carrier now. Raises: OSError."""
        with namespaces.away(self._home):
            namespaces.enter(end.netns, self._home)
            with RouteSocket() as route:
                return bool(reports.link(route.ask(requests.link(end.interface))).flags & requests.IFF_LOWER_UP)

    def inside(self, netns: Netns) -> tuple[list[reports.LinkReport], list[reports.AddressReport]]:
        """Return the links of a namespace and their addresses, as they are now. Raises: OSError."""
        with namespaces.away(self._home):
            namespaces.enter(netns, self._home)
            with RouteSocket() as route:
                links = [reports.link(raw) for raw in route.dump(requests.links())]
                addresses = [reports.address(raw) for raw in route.dump(requests.addresses())]
        return links, [one for one in addresses if one is not None]

    def probe(self, probes: Sequence[Any]) -> list[Any]:
        """Send probes all at once; return their answers, in their order. Raises: KernelError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import probing

        return probing.send(probes, self._home)

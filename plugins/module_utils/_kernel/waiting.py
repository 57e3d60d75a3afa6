# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each kind of condition is waited for. A new kind of object registers its conditions here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Callable

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, said
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import Carrier
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import Reply
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Condition
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Answer
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests


def demand(conditions: Sequence[Condition]) -> None:
    """Make sure that the conditions can be waited for. Raises: KernelError."""
    if any(isinstance(one, Reply) and one.probe.expectation.protocol == "icmp" for one in conditions):
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import demand_capabilities

        demand_capabilities({"CAP_NET_RAW": 13}, "echo requests cannot be sent")


def wait(conditions: Sequence[Condition], home: int) -> list[Any]:
    """What is found of each of the conditions; those of a kind are waited for together.

    ``home`` is a descriptor of the host's namespace, where the calling thread is left.

    Raises: KernelError.
    """
    by_kind: dict[type[Condition], list[Condition]] = {}
    for condition in conditions:
        by_kind.setdefault(type(condition), []).append(condition)
    found: dict[int, Any] = {}
    for kind, alike in by_kind.items():
        found.update(zip(map(id, alike), _WAITS[kind](alike, home)))
    return [found[id(condition)] for condition in conditions]


def _carriers(conditions: Sequence[Carrier], home: int) -> list[bool]:
    """Whether each of the interfaces has got a carrier in its time."""
    return [_has_carrier(condition, home) for condition in conditions]


def _has_carrier(condition: Carrier, home: int) -> bool:
    end, until = condition.end, time.monotonic() + condition.seconds
    try:
        with namespaces.away(home):
            namespaces.enter(end.netns, home)
            with RouteSocket() as route:
                while True:
                    if reports.link(route.ask(requests.link(end.interface))).flags & requests.IFF_LOWER_UP:
                        return True
                    if time.monotonic() >= until:
                        return False
                    time.sleep(0.02)
    except OSError as error:
        raise KernelError(f"The carrier of {end} could not be waited for: {said(error)}.") from error


def _replies(conditions: Sequence[Reply], _home: int) -> list[Answer]:
    """What has become of the probes, which are sent all at once."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.probing import Prober

    prober = Prober()
    try:
        return prober.send([(condition.probe, condition.timeout) for condition in conditions])
    finally:
        prober.close()


_WAITS: dict[type[Condition], Callable[..., list[Any]]] = {Carrier: _carriers, Reply: _replies}

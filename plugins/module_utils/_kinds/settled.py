# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that can be used: duplicate address detection of IPv6 has ended.

No step brings it about; it is waited for once all else is in place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, explained
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Condition,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    describe,
    immutable,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import WaitingHost
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports

#: linux/if_addr.h: the flags of an address that is looked for elsewhere, that is used meanwhile all the same
#: (ipv6_chk_addr_and_flags() in net/ipv6/addrconf.c), and that was found elsewhere.
_TENTATIVE, _OPTIMISTIC, _DADFAILED = 0x40, 0x04, 0x08


class Found(NamedTuple):
    """What was found of the addresses of an interface, by their text; and of the interface itself."""

    tentative: tuple[str, ...] = ()
    duplicate: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    up: bool = True
    carrier: bool = True

    @property
    def over(self) -> bool:
        """Whether waiting for longer changes nothing: the kernel looks only where an interface is up."""
        return not self.tentative or not self.up


@immutable
class Settled(Condition):
    """Some IPv6 addresses of an interface are not tentative within so many seconds; waiting gives :class:`Found`."""

    path: str
    end: Endpoint
    addresses: tuple[str, ...]
    seconds: float
    plural = "interfaces"

    @classmethod
    def wait(cls, conditions: Sequence[Settled], host: WaitingHost) -> list[Found]:
        found = [Found()] * len(conditions)
        pending = dict(enumerate(conditions))
        begun = time.monotonic()
        while pending:
            # Each is looked at once more when its time is over.
            elapsed = time.monotonic() - begun
            seen = {netns: _look(host, netns) for netns in {one.end.netns for one in pending.values()}}
            for place, one in list(pending.items()):
                found[place] = one.of(*seen[one.end.netns])
                if found[place].over or elapsed >= one.seconds:
                    del pending[place]
            if pending:
                time.sleep(0.02)
        return found

    def of(self, links: Sequence[reports.LinkReport], addresses: Sequence[reports.AddressReport]) -> Found:
        """Return what the links and addresses of its namespace tell of it."""
        link = next((one for one in links if one.name == self.end.interface), None)
        if link is None:
            return Found(gone=self.addresses)
        flags = {one.text: one.flags for one in addresses if one.ifindex == link.ifindex}
        there = {text: flags[text] for text in self.addresses if text in flags}
        duplicate = tuple([text for text, one in there.items() if one & _DADFAILED])
        return Found(
            tuple([text for text, one in there.items() if one & (_TENTATIVE | _OPTIMISTIC | _DADFAILED) == _TENTATIVE]),
            duplicate,
            tuple([text for text in self.addresses if text not in flags]),
            bool(link.flags & requests.IFF_UP),
            bool(link.flags & requests.IFF_LOWER_UP),
        )

    def faults(self, found: Any) -> list[str]:
        return [f"{self.path}: {text} on {self.end} {fault}" for text, fault in self._faults(found)]

    def _faults(self, found: Found) -> Iterator[tuple[str, str]]:
        for text in found.duplicate:
            yield (
                text,
                "is a duplicate (dadfailed): another interface on its link has this address; give one of the two "
                "another address, and run the task again",
            )
        for text in found.gone:
            yield text, "is not there any longer: something removed it meanwhile"
        if not found.up:
            why = "the interface is down, so it cannot be used; set it up first"
        elif not found.carrier:
            why = f"the interface has no carrier after {self.seconds:g} s: is its peer up too?"
        else:
            why = (
                f"duplicate address detection has not ended after {self.seconds:g} s; wait for longer, or declare the "
                "address with nodad"
            )
        for text in found.tentative:
            yield text, f"is tentative: {why}"


def _look(host: WaitingHost, netns: Netns) -> tuple[list[reports.LinkReport], list[reports.AddressReport]]:
    try:
        return host.inside(netns)
    except OSError as error:
        raise KernelError(f"The addresses of {describe(netns)} could not be waited for: {explained(error)}.") from error


@immutable
class Settling(Declared):
    """Some IPv6 addresses of an interface can be used within so many seconds, once all else is as declared."""

    path: str
    netns: Netns
    interface: str
    addresses: tuple[str, ...]
    seconds: float

    def scope(self, scope: Scope) -> None:
        """Ask for nothing."""

    def steps(self, state: State) -> Iterator[Step]:
        return iter(())

    def view(self, state: State) -> dict[str, Any]:
        return {}

    def conditions(self, state: State) -> Sequence[Condition]:
        return [Settled(self.path, Endpoint(self.netns, self.interface), self.addresses, self.seconds)]

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


def settling(path: str, end: Endpoint, addresses: Sequence[Any], seconds: float) -> list[Declared]:
    """Return that the IPv6 addresses among those that were written can be used; nothing, where there is none."""
    texts = tuple([one.text for one in addresses if one.version == 6])
    return [Settling(path, *end, texts, seconds)] if texts and seconds else []

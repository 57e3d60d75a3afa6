# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that a topology leaves to be chosen from the prefixes that it gives. Pure. Private.

Loaded where prefixes are written only. What is chosen depends on names, and on what is written before: so what is added
at the end of a network changes nothing, and what is added between hardly ever does.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._addresses import Auto
from ansible_collections.linuxnet.netns.plugins.module_utils._interface_section import DeclaredLink, InterfaceSection
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    DetailedAddress,
    InterfaceAddress,
    Prefix,
    address_bytes,
    is_nobodys,
)

#: How long the prefix of a link is that is cut from a larger one: of IPv4, and of IPv6 where there is room for it, and
#: where there is not.
_LINK, _LINK6, _NARROW6 = 30, 64, 126
#: The shortest prefix in which there is none.
_ROOMY6 = 56


def give(
    problems: Problems,
    pools: Sequence[str],
    links: Sequence[DeclaredLink],
    bridges: Sequence[Any],
    written: Iterable[Any],
) -> None:
    """Give addresses to the interfaces of links and bridges that are to have one of each of their prefixes.

    ``pools`` are the prefixes from which links get theirs that have none; ``written`` are all addresses that are.
    """
    chosen = _Chosen(problems, frozenset(_packed(written)))
    ports = frozenset(Endpoint(one.netns, port.name) for one in bridges for port in one.ports)
    from_pools: list[tuple[DeclaredLink, list[InterfaceSection]]] = []
    for link in links:
        ends = _waiting(link.endpoints, bool(link.prefixes or pools), ports)
        if ends and not link.prefixes:
            from_pools.append((link, ends))
        else:
            chosen.of_network(link.path, link.prefixes, ends)
    for bridge in bridges:
        itself = [bridge] if isinstance(bridge.addresses, Auto) else []
        ends = [*itself, *_waiting(bridge.endpoints, bool(bridge.prefixes), ports)]
        if ends and not bridge.prefixes:
            problems.add(f"{bridge.path}.prefixes", "it is missing: addresses: auto takes one address of each")
        chosen.of_bridge(bridge.path, bridge.prefixes, ends)
    if from_pools and not pools:
        for link, _ends in from_pools:
            where = f"{link.path}.prefixes"
            problems.add(where, "it is missing, here or in defaults: addresses: auto takes one address of each")
    for number, pool in enumerate(pools):
        chosen.of_pool(f"defaults.prefixes[{number}]", _prefix(pool), from_pools)


def _waiting(ends: Sequence[InterfaceSection], implied: bool, ports: AbstractSet[Endpoint]) -> list[InterfaceSection]:
    """Return those that are to be given addresses: that say so, or, where it is ``implied``, that say nothing of them.

    A port of a bridge must say so.
    """
    found = []
    for one in ends:
        if isinstance(one.addresses, Auto) or (implied and "addresses" not in vars(one) and one.endpoint not in ports):
            one.addresses = Auto()
            found.append(one)
    return found


def _packed(written: Iterable[Any]) -> Iterator[bytes]:
    for one in written:
        yield (one.address if isinstance(one, DetailedAddress) else one).packed
        if isinstance(one, DetailedAddress) and one.peer:
            yield address_bytes(one.peer)


def _prefix(text: str) -> Prefix:
    return InterfaceAddress.read(text).network


class _Chosen:
    """Chooses addresses that nobody else has: ``written`` are those that are taken, packed."""

    def __init__(self, problems: Problems, written: frozenset[bytes]) -> None:
        self._problems = problems
        self._written = written
        self._of_bridges: dict[Prefix, set[bytes]] = {}

    def of_bridge(self, path: str, prefixes: Sequence[str], ends: Sequence[InterfaceSection]) -> None:
        """Give each end an address of each prefix, which bridges share that have the same: they may be connected."""
        self.of_network(path, prefixes, ends, self._of_bridges)

    def of_network(
        self,
        path: str,
        prefixes: Sequence[str],
        ends: Sequence[InterfaceSection],
        shared: Optional[dict[Prefix, set[bytes]]] = None,
    ) -> None:
        """Give each end an address of each prefix; where a prefix is too small, that is a mistake."""
        for number, text in enumerate(prefixes):
            prefix = _prefix(text)
            least, most = _bounds(prefix)
            if self._is_nobodys(f"{path}.prefixes[{number}]", prefix):
                continue
            taken = {one for one in self._written if prefix.has(one)}
            taken = taken if shared is None else shared.setdefault(prefix, taken)
            if len(taken) + len(ends) > most - least + 1:
                self._too_small(f"{path}.prefixes[{number}]", most - least + 1, "address", len(taken) + len(ends))
                continue
            for end in ends:
                _add(end, _free(prefix, end.netns, end.interface, taken))

    def of_pool(
        self, path: str, pool: Prefix, links: Sequence[tuple[DeclaredLink, Sequence[InterfaceSection]]]
    ) -> None:
        """Cut a prefix for each link from a larger one, and give its ends addresses of it."""
        if self._is_nobodys(path, pool):
            return
        length = _length(pool)
        count = 1 << (length - pool.length)
        taken = {Prefix.around(one, length).packed for one in self._written if pool.has(one)}
        if len(taken) + len(links) > count:
            self._too_small(path, count, "link", len(taken) + len(links))
            return
        size = 8 * len(pool.packed)
        for link, ends in links:
            names = sorted(_name(end.netns, end.interface) for end in link.endpoints)
            first = _hash(" ".join(names)) % count
            for step in range(count):
                offset = (first + step) % count << size - length
                packed = (int.from_bytes(pool.packed, "big") + offset).to_bytes(size // 8, "big")
                if packed not in taken:
                    break
            taken.add(packed)
            inside: set[bytes] = set()
            for end in ends:
                _add(end, _free(Prefix(packed, length), end.netns, end.interface, inside))

    def _is_nobodys(self, path: str, prefix: Prefix) -> bool:
        """Note it of a prefix whose addresses can be no interface's own."""
        last = int.from_bytes(prefix.packed, "big") + _bounds(prefix)[1]
        found = is_nobodys(last.to_bytes(len(prefix.packed), "big"))
        if found:
            self._problems.add(path, "it has no addresses that can be an interface's own")
        return found

    def _too_small(self, path: str, room: int, what: str, needed: int) -> None:
        several = f"{what}es" if what.endswith("s") else f"{what}s"
        there = f"{room} {what if room == 1 else several}"
        self._problems.add(
            path, f"it has room for {there}, and {needed} are needed: give one with a shorter prefix length"
        )


def _length(pool: Prefix) -> int:
    """Return how long the prefixes are that are cut from a larger one."""
    usual = _LINK if len(pool.packed) == 4 else _LINK6 if pool.length <= _ROOMY6 else _NARROW6
    return max(usual, pool.length)


def _bounds(prefix: Prefix) -> tuple[int, int]:
    """Return the first and the last number of a host: not that of the network itself, nor the broadcast address of
    IPv4.

    Where there are but two, both are a host's (RFC 3021, RFC 6164).
    """
    bits = 8 * len(prefix.packed) - prefix.length
    most = (1 << bits) - 1
    return (0, most) if bits < 2 else (1, most - (len(prefix.packed) == 4))


def _free(prefix: Prefix, netns: Netns, interface: str, taken: set[bytes]) -> InterfaceAddress:
    """Return the address of an interface in a prefix that has one left, which is noted in ``taken``."""
    network, size = int.from_bytes(prefix.packed, "big"), len(prefix.packed)
    for number in _numbers(_bounds(prefix), netns, interface):
        packed = (network + number).to_bytes(size, "big")
        if packed not in taken:
            break
    taken.add(packed)
    return InterfaceAddress.of(packed, prefix.length)


def _numbers(bounds: tuple[int, int], netns: Netns, interface: str) -> Iterator[int]:
    """Yield the numbers that an interface may have in a network, the one that it has if that is free first.

    That is the number with which the name of its namespace ends, or else one that is made of the names.
    """
    least, most = bounds
    digits = re.search("[0-9]{1,9}$", netns or "", re.ASCII)
    if digits is not None and least <= int(digits[0]) <= most:
        yield int(digits[0])
    count = most - least + 1
    first = _hash(_name(netns, interface))
    yield from (least + (first + step) % count for step in range(count))


def _name(netns: Netns, interface: str) -> str:
    """Return what a number is made of; of names that were encrypted too, which cannot be formatted."""
    return (netns or "") + ":" + interface


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogateescape"))


def _add(end: InterfaceSection, address: Optional[InterfaceAddress]) -> None:
    if address is not None:
        there = () if isinstance(end.addresses, Auto) else end.addresses
        end.addresses = (*there, address)

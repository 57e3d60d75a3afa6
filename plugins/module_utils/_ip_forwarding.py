# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sysctls by which a host forwards packets for some interfaces: what is set, and what was there before. Pure.

Private.

IPv4 is forwarded when the interface that a packet comes in by has ``forwarding`` (ip_route_input_slow() in
net/ipv4/route.c). IPv6 is when it has ``force_forwarding``, since Linux 6.17, or when ``all`` has ``forwarding``
(ip6_forward() in net/ipv6/ip6_output.c). That sets it for each interface, and one that has it takes router
advertisements only with ``accept_ra=2``, and loses the default routes that it has from them
(addrconf_fixup_forwarding(), rt6_purge_dflt_routers()); so that is set first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Protocol

#: Sysctls by their paths below ``net``.
Settings = Mapping[str, str]
#: The chain of a table that says what there was before, by comments: of what is set, and of what is only looked at.
_CHAIN = "before"
_COMMENT = re.compile(r"(beside )?net/([^ =]+)=(\S*)")
_ALL4, _ALL6 = "ipv4/conf/all/forwarding", "ipv6/conf/all/forwarding"


class Forwarding(NamedTuple):
    """What is set; what is set before anything else; what it was.

    ``guarded`` are the interfaces that did not forward: what comes in by them goes nowhere but to us; an empty name
    stands for all.
    """

    wanted: Settings
    first: Settings
    was: Settings
    beside: Settings
    guarded: tuple[str, ...]

    @property
    def comments(self) -> list[str]:
        """What there was before, as :class:`Before` reads it."""
        own = [f"net/{path}={value}" for path, value in self.was.items()]
        return own + [f"beside net/{path}={value}" for path, value in self.beside.items()]


class Reader(Protocol):
    """How sysctls are looked at."""

    def setting(self, path: str) -> Optional[str]: ...
    def interfaces_with(self, family: str) -> Sequence[str]: ...


class Before:
    """What sysctls were before they were set for anybody, as our tables say it."""

    def __init__(self, own: Mapping[str, str], others: Mapping[str, str], reader: Reader) -> None:
        self._own, self._others, self._reader = own, others, reader

    @classmethod
    def of(cls, listed: Iterable[Mapping[str, Any]], topology: str, ours: str, reader: Reader) -> Before:
        """Read it of what ``nft -j list ruleset`` lists; ``ours`` is what the names of our tables begin with."""
        own: dict[str, str] = {}
        others: dict[str, str] = {}
        for one in listed:
            rule = one.get("rule", {})
            found = _COMMENT.fullmatch(rule.get("comment", ""))
            if found is None or rule["chain"] != _CHAIN or not rule["table"].startswith(ours):
                continue
            of = own if rule["table"] == topology else others
            of[(found[1] or "") + found[2]] = found[3]
        return cls(own, others, reader)

    def _was(self, path: str, beside: str = "") -> Optional[str]:
        """Return what a sysctl was; where nobody has noted it, what it is."""
        key = beside + path
        known = self._own.get(key, self._others.get(key))
        return self._reader.setting(path) if known is None else known

    # ---- to be set

    def forwarding(self, version: int, devices: Sequence[str], interface: str, with_ra: Sequence[str]) -> Forwarding:
        """Return what is to be set so that packets pass between devices and an interface of ours.

        ``with_ra`` are the interfaces that have routes from router advertisements.
        """
        if version == 4:
            return self._by_interface("ipv4", "forwarding", devices, interface, _ALL4)
        if self._reader.setting("ipv6/conf/default/force_forwarding") is not None:
            return self._by_interface("ipv6", "force_forwarding", devices, interface, _ALL6)
        return self._by_all(devices, with_ra)

    def _by_interface(self, family: str, name: str, devices: Sequence[str], interface: str, above: str) -> Forwarding:
        paths = [f"{family}/conf/{one}/{name}" for one in devices]
        noted = [path for path in self._own if path.startswith(f"{family}/conf/")]
        was = self._those({*paths, *noted})
        beside = self._was(above, "beside ") or "0"
        now = self._reader.setting(above)
        guarded = tuple(one for one, path in zip(devices, paths) if was.get(path) == "0" and now == beside)
        if family == "ipv6" and now != "0":
            guarded = ()
        wanted = dict.fromkeys([*paths, f"{family}/conf/{interface}/{name}"], "1")
        return Forwarding(wanted, {}, was, {above: beside}, guarded)

    def _by_all(self, devices: Sequence[str], with_ra: Sequence[str]) -> Forwarding:
        if self._was(_ALL6) != "0":
            return Forwarding({_ALL6: "1"}, {}, {}, {}, ())
        names = [one for one in self._reader.interfaces_with("ipv6") if one != "all"]
        others = {f"ipv6/conf/{one}/forwarding" for one in names}
        # While they are not yet set along.
        exceptions = {path for path in others if self._reader.setting(_ALL6) == "0" and self._was(path) != "0"}
        noted = {path for path in {**self._own, **self._others} if path.startswith("ipv6/conf/")}
        ra = {
            f"ipv6/conf/{one}/accept_ra"
            for one in {*devices, *with_ra}
            if self._reader.setting(f"ipv6/conf/{one}/accept_ra") == "1"
        }
        was = self._those({_ALL6, *exceptions, *noted, *ra})
        first = {path: "2" for path in was if path.endswith("/accept_ra")}
        return Forwarding({**first, _ALL6: "1"}, first, was, {}, ("",))

    def _those(self, paths: Iterable[str]) -> dict[str, str]:
        found = {path: self._was(path) for path in sorted(paths)}
        return {path: value for path, value in found.items() if value is not None}

    # ---- to be put back

    def put_back(self) -> dict[str, str]:
        """Return what is to be set again when this topology goes: what nobody else of ours has set, and is there."""
        found = {}
        for path, value in self._own.items():
            if path.startswith("beside ") or path in self._others or self._reader.setting(path) is None:
                continue
            beside = self._own.get(f"beside {_ALL4}") if path.startswith("ipv4/") else None
            # Somebody has since made the host a router: that is not ours to undo.
            if beside is None or self._reader.setting(_ALL4) == beside:
                found[path] = value
        return found

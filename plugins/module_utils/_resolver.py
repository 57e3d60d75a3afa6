# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What resolv.conf(5) tells the C library to ask, and whom. Pure. Private."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes

#: A name of a host or a domain: RFC 1123 and, as people have it, the underscore.
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
DOMAIN = re.compile(rf"(?=.{{1,254}}$)({_LABEL}(\.{_LABEL})*\.?|\.)")
#: The C library asks the first three name servers alone (MAXNS), and the one of this machine where none is named.
MOST_SERVERS = 3
_OWN = "127.0.0.1"
#: How many domains are tried, and of how many dots it can be said that a name with them is whole (RES_MAXNDOTS).
_MOST_DOMAINS, _MOST_DOTS = 32, 15
_NDOTS = re.compile(r"ndots:([0-9]{1,3})")


class Resolver(NamedTuple):
    """Whom the C library asks: servers by their addresses; over TCP, where ``tcp``.

    ``search`` are the domains in which names are looked for; one with at least ``ndots`` dots is first tried as it is.
    """

    servers: tuple[str, ...]
    search: tuple[str, ...]
    ndots: int
    tcp: bool

    def names(self, name: str) -> Sequence[str]:
        """Return the names that are asked for one after the other, until there is one."""
        if name.endswith("."):
            return [name]
        longer = [f"{name}.{domain}".rstrip(".") for domain in self.search]
        every = [name, *longer] if name.count(".") >= self.ndots else [*longer, name]
        return [one for one in every if DOMAIN.fullmatch(one)] or [name]


def read(text: str, machine: str) -> Resolver:
    """Return what a resolv.conf says; what of it nobody can use is left out, as the C library does.

    ``machine`` is the name of the host: without a word on it, names are looked for in its domain.
    """
    servers: list[str] = []
    search, ndots, tcp = [machine.partition(".")[2]], 1, False
    for line in text.splitlines():
        # A keyword stands at the beginning of its line.
        words = line.split() if line[:1].isalpha() else []
        keyword, values = (words[0], words[1:]) if words else ("", [])
        if keyword == "nameserver" and values and _is_address(values[0]):
            servers.append(values[0])
        elif keyword in ("search", "domain"):
            search = values if keyword == "search" else values[:1]
        elif keyword == "options":
            matched = [one for one in map(_NDOTS.fullmatch, values) if one is not None]
            ndots = min(int(matched[-1].group(1)), _MOST_DOTS) if matched else ndots
            tcp = tcp or "use-vc" in values
    domains = [one for one in search if DOMAIN.fullmatch(one)][:_MOST_DOMAINS]
    return Resolver(tuple(servers[:MOST_SERVERS]) or (_OWN,), tuple(domains), ndots, tcp)


def _is_address(text: str) -> bool:
    try:
        return "/" not in text and (len(address_bytes(text)) == 16 or "%" not in text)
    except (OSError, ValueError):
        return False

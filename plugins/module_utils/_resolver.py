# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name servers of a host, as far as a namespace can ask them: resolv.conf(5). Pure. Private."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    LINK_LOCAL,
    LOOPBACK,
    address_bytes,
    canonical,
    version_of,
)

FILE = "resolv.conf"
#: resolv.conf(5): MAXNS of glibc, which asks no more name servers than this.
_MOST = 3


class Resolver(NamedTuple):
    """Name servers, and the domains in which names are looked for."""

    servers: tuple[str, ...]
    search: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The file."""
        search = f"search {' '.join(self.search)}\n" if self.search else ""
        return search + "".join(f"nameserver {one}\n" for one in self.servers)

    def as_form(self) -> dict[str, Any]:
        """Return it as a topology has it."""
        return {"nameservers": list(self.servers), **({"search": list(self.search)} if self.search else {})}


def of_host(problems: Problems, files: Mapping[str, str], versions: Collection[int]) -> Optional[Resolver]:
    """Return the host's name servers that can be reached from elsewhere, of the first file that has some.

    ``versions`` are those of IP by which something can be reached. None where the host has none at all.
    """
    found = [(path, *_read(text)) for path, text in files.items()]
    for _path, servers, search in found:
        reached = [one for one in servers if _is_reached(one, versions)]
        if reached:
            return Resolver(tuple(reached[:_MOST]), search)
    asked = [f"{', '.join(servers)} ({path})" for path, servers, _search in found if servers]
    if asked:
        problems.add(
            "nameservers",
            f"the host asks {'; '.join(asked)}, which a namespace cannot reach: give name servers that it can, or [] "
            "to leave its resolver alone",
        )
    return None


def _read(text: str) -> tuple[list[str], tuple[str, ...]]:
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1:
            servers.append(words[1])
        elif words[:1] in (["search"], ["domain"]):
            search = tuple(word for word in words[1:] if word != ".")
    return list(dict.fromkeys(servers)), search


def _is_reached(server: str, versions: Collection[int]) -> bool:
    try:
        packed = address_bytes(server)
    except (OSError, ValueError):
        return False
    nobodys = not any(packed) or LINK_LOCAL.has(packed) or any(one.has(packed) for one in LOOPBACK)
    return not nobodys and version_of(canonical(packed)) in versions

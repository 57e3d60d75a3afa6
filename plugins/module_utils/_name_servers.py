# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name servers of a host, as far as a namespace can ask them: resolv.conf(5). Pure. Private."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._resolver import read
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    LINK_LOCAL,
    LOOPBACK,
    address_bytes,
    canonical,
    version_of,
)

FILE = "resolv.conf"


class NameServers(NamedTuple):
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


def of_host(problems: Problems, files: Mapping[str, str], versions: Collection[int]) -> Optional[NameServers]:
    """Return the host's name servers that can be reached from elsewhere, of the first file that has some.

    ``versions`` are those of IP by which something can be reached. None where the host has none at all.
    """
    found = {path: read(text, "") for path, text in files.items() if _names_some(text)}
    for one in found.values():
        reached = [server for server in dict.fromkeys(one.servers) if _is_reached(server, versions)]
        if reached:
            return NameServers(tuple(reached), one.search)
    if found:
        asked = "; ".join(f"{', '.join(one.servers)} ({path})" for path, one in found.items())
        problems.add(
            "nameservers",
            f"the host asks {asked}, which a namespace cannot reach: give name servers that it can, or [] "
            "to leave its resolver alone",
        )
    return None


def _names_some(text: str) -> bool:
    return any(line.startswith("nameserver") for line in text.splitlines())


def _is_reached(server: str, versions: Collection[int]) -> bool:
    try:
        packed = address_bytes(server)
    except (OSError, ValueError):
        return False
    nobodys = not any(packed) or LINK_LOCAL.has(packed) or any(one.has(packed) for one in LOOPBACK)
    return not nobodys and version_of(canonical(packed)) in versions

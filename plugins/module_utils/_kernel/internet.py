# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the host that the calling thread is on reaches what is outside: its way out, its name servers, its firewall."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._file import FileEntry
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files, nftables, sysctls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.host import RunProgram

#: Addresses in the midst of those of the internet that nobody has a route to but a default one, or one half of it; they
#: are only looked up, and nothing is sent.
_OUTSIDE = {4: "223.255.255.254", 6: "2000::1"}
#: linux/rtnetlink.h: RTN_UNICAST.
_UNICAST = 1
#: Where name servers stand; systemd-resolved keeps those that it asks itself in the second.
RESOLVERS = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
#: Bytes of such a file that are read at most.
_MOST = 1 << 16
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


class InternetReader:
    """How the host reaches the internet (``_way_out.Reader``); ``run_program`` runs its programs."""

    def __init__(self, run_program: RunProgram) -> None:
        self._run_program = run_program

    @staticmethod
    def devices(version: int) -> tuple[str, ...]:
        """Return the interfaces by which packets to the internet leave, if there is a way. Raises: OSError."""
        with RouteSocket() as route:
            try:
                answer = route.ask(requests.route_to(address_bytes(_OUTSIDE[version])))
            except NetlinkError as error:
                if not is_none(error):
                    raise
                return ()
        found = reports.route(answer)
        if found is None or found.kind != _UNICAST:
            return ()
        return tuple(dict.fromkeys(socket.if_indextoname(hop.ifindex) for hop in found.hops if hop.ifindex))

    @staticmethod
    def setting(path: str) -> Optional[str]:
        """Return a sysctl by its path below ``net``; None, where there is no such one. Raises: OSError."""
        shown = sysctls.read(path)
        return None if shown is None else shown.strip()

    @staticmethod
    def interfaces_with(family: str) -> Sequence[str]:
        """Return for what there are sysctls of a family: interfaces, ``all`` and ``default``. Raises: OSError."""
        return sysctls.names_in(f"{family}/conf")

    @staticmethod
    def resolvers() -> Mapping[str, str]:
        """Return the files that name the host's name servers, by their paths. Raises: OSError."""
        return {path: text for path in RESOLVERS for text in [_text(path)] if text is not None}

    @staticmethod
    def file(netns: str, name: str) -> Optional[FileEntry]:
        """Return what there is in a namespace's directory under a name; None: nothing. Raises: OSError."""
        return files.look(netns, name)

    @staticmethod
    def ruleset() -> list[dict[str, Any]]:
        """Return all tables of nftables. Raises: NetlinkError, KernelError."""
        return nftables.listed()

    def iptables(self, version: int) -> str:
        """Return the rules of the table ``filter`` of the iptables that were before nftables; empty, where it is not in
        use, or where there is no program to ask. Raises: OSError.
        """
        names = _text({4: "/proc/net/ip_tables_names", 6: "/proc/net/ip6_tables_names"}[version])
        if "filter" not in (names or "").split():
            return ""
        name = {4: "iptables", 6: "ip6tables"}[version]
        path = f"{os.environ.get('PATH', '')}:{_SBIN}"
        program = shutil.which(f"{name}-legacy", path=path) or shutil.which(name, path=path)
        if program is None:
            return ""
        status, printed, _said = self._run_program([program, "-w", "-S"])
        return "" if status else printed


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ELOOP):
            raise
        return None

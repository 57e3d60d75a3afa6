# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What steps do to a host by system calls: below /run/netns, and the records."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, generic_socket
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import KeptFile
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import number, octets

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._file import FileEntry

#: linux/sockios.h
_SIOCGIFHWADDR, _SIOCGIFINDEX = 0x8927, 0x8933
#: linux/if_link.h: IFLA_GROUP.
_GROUP = 27
#: linux/if_tun.h
_TUNSETIFF, _TUNSETPERSIST, _TUNSETOWNER, _TUNSETGROUP = 0x400454CA, 0x400454CB, 0x400454CC, 0x400454CE
_TUNSETIFINDEX, _IFF_TUN_EXCL = 0x400454DA, 0x8000
#: Runs a program by its words; gives its exit status and what it printed and said.
RunProgram = Callable[[Sequence[str]], tuple[int, str, str]]


class LinuxHost:
    """The host, as the actions of one run use it (``_contracts.Host``).

    ``home`` is a descriptor of the host's namespace, and ``run_program`` runs programs (``AnsibleModule.run_command``).
    Deleted namespaces are held open until the run ends, which keeps them restorable; ``room`` is how many of them there
    may be. ``only_lo``: as a state has it.
    """

    def __init__(self, home: int, run_program: Optional[RunProgram] = None) -> None:
        self.home = home
        self._run_program = run_program
        self.room = 0
        self.only_lo = True
        self._held: dict[str, int] = {}
        self._prepared = False

    def close(self) -> None:
        """Let the deleted namespaces go."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def create_namespace(self, name: str) -> None:
        """Create a namespace and give it a name; the calling thread is left in it. Raises: OSError."""
        if self._prepared:
            namespaces.create(name)
            return
        namespaces.prepare()
        namespaces.create(name)
        self._prepared = True
        try:
            self.only_lo = len(socket.if_nameindex()) <= 1
        except OSError:
            self.only_lo = False  # it is there, whatever is in it

    def delete_namespace(self, name: str) -> None:
        """Take a namespace's name away, and hold it open as far as there is room. Raises: OSError."""
        if name in self._held:  # the same run has removed another of this name
            os.close(self._held.pop(name))
        if len(self._held) < self.room:
            self._held[name] = namespaces.open_namespace(name)
        namespaces.delete(name, self._held.get(name))

    def restore_namespace(self, name: str) -> None:
        """Give a namespace that this run has deleted its name back. Raises: OSError."""
        if name not in self._held:
            raise OSError(errno.ENOENT, f"namespace {name} was not held open")
        descriptor = self._held.pop(name)
        try:
            namespaces.attach(name, descriptor)
        finally:
            os.close(descriptor)

    def delete_file(self, name: str) -> None:
        """Remove what is no namespace from /run/netns. Raises: OSError."""
        namespaces.delete(name)

    def leave_file(self, name: str) -> None:
        """Leave an empty file in /run/netns, as a crash does. Raises: OSError."""
        namespaces.leave_stale_file(name)

    def identity(self, name: str) -> str:
        """Return what tells a namespace from another of the same name. Raises: OSError."""
        return namespaces.identity(name)

    def hardware(self, netns: Netns, interfaces: Iterable[str]) -> Mapping[str, tuple[int, str]]:
        """Return the index and the MAC address of each of some interfaces, by name. Raises: OSError."""
        namespaces.enter(netns, self.home)
        found = {}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asked:
            for name in interfaces:
                request = struct.pack("16s24x", octets(name))
                (index,) = struct.unpack_from("=i", fcntl.ioctl(asked, _SIOCGIFINDEX, request), 16)
                found[name] = index, fcntl.ioctl(asked, _SIOCGIFHWADDR, request)[18:24].hex(":")
        return found

    def generic(self, netns: Netns, family: str, command: int, version: int, body: bytes) -> None:
        """Send a request of a family of generic netlink from inside a namespace. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._wire import generic

        namespaces.enter(netns, self.home)
        with generic_socket(family) as (asked, number):
            (refusal,) = asked.request([generic.change(number, command, version, body)])
        if refusal is not None:
            raise refusal

    def create_tun(
        self,
        netns: Netns,
        name: str,
        flags: int,
        owners: tuple[Optional[int], Optional[int]],
        *,
        group: int,
        index: int,
    ) -> None:
        """Create a tun device that stays, of these flags, which the owners may open. Raises: OSError."""
        namespaces.enter(netns, self.home)
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        try:
            if index:
                fcntl.ioctl(device, _TUNSETIFINDEX, struct.pack("=I", index))
            # With IFF_TUN_EXCL, a device that somebody has made meanwhile is not taken for ours.
            fcntl.ioctl(device, _TUNSETIFF, struct.pack("=16sH22x", octets(name), flags | _IFF_TUN_EXCL))
            for request, owner in zip((_TUNSETOWNER, _TUNSETGROUP), owners):
                if owner is not None:
                    fcntl.ioctl(device, request, owner)
            if group:
                self._set_group(name, group)
            fcntl.ioctl(device, _TUNSETPERSIST, 1)
        finally:
            os.close(device)

    def write_setting(self, netns: Netns, path: str, value: str) -> tuple[Optional[str], Optional[str]]:
        """Set a sysctl by its path below ``net``; return what the kernel showed of it before, and shows then.

        Raises: OSError, with a file name where there is no such sysctl, or none to be set.
        """
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import sysctls

        namespaces.enter(netns, self.home)
        was = sysctls.read(path)
        sysctls.write(path, value)
        return was, sysctls.read(path)

    def load_ruleset(self, netns: Netns, text: str) -> None:
        """Carry out commands in the language of ``nft`` in a namespace, all of them or none. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import nftables

        namespaces.enter(netns, self.home)
        nftables.load(text)

    def table(self, netns: Netns, table: tuple[str, ...]) -> str:
        """Return what a table of nftables says, by family and name. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import nftables

        namespaces.enter(netns, self.home)
        try:
            return nftables.tables([table])[table][0]
        except KeyError:
            raise OSError(errno.ENOENT, f"there is no table {' '.join(table)}") from None

    @staticmethod
    def _set_group(name: str, group: int) -> None:
        """Put an interface into a group. Raises: OSError."""
        with RouteSocket() as route:
            (refusal,) = route.request([requests.setting(socket.if_nametoindex(name), _GROUP, number(group))])
        if refusal is not None:
            raise refusal

    def write_file(self, netns: str, name: str, entry: FileEntry) -> None:
        """Write a file of a namespace, in one piece. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        files.write(netns, name, entry)

    def remove_file(self, netns: str, name: str) -> None:
        """Remove a file of a namespace. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        files.remove(netns, name)

    def make_directory(self, netns: str, entry: FileEntry) -> None:
        """Make the directory of a namespace's files. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        files.make_directory(netns, entry)

    def remove_directory(self, netns: str, *, whole: bool) -> None:
        """Remove the directory of a namespace's files, if it is empty. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        files.remove_directory(netns, whole=whole)

    def write_record(self, name: str, content: Optional[Mapping[str, Any]]) -> None:
        """Keep a record of this name until the next boot, in one piece; None: remove it. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

        records.write(name, content)

    def keep_file(self, path: str, file: Optional[KeptFile]) -> None:
        """Put a file or a symbolic link at a path, in one piece; None: remove what is there. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import persistent

        persistent.write(path, file)

    def run(self, words: Sequence[str]) -> None:
        """Run a program of the host. Raises: OSError, with what it said where it fails."""
        namespaces.enter(None, self.home)
        if self._run_program is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), words[0])
        status, printed, said = self._run_program(list(words))
        if status:
            raise NetlinkError(errno.ECANCELED, f"{words[0]} says: {' '.join((said or printed).split())[:300]}")

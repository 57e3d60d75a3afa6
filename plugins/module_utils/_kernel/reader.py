# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the kernel: each namespace that is asked for is entered once, and each kind that is wanted there reads it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket, generic_socket
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import KeptFile, Reading, Stored
from ansible_collections.linuxnet.netns.plugins.module_utils._model import NAMESPACE, Name, Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kinds
    from ansible_collections.linuxnet.netns.plugins.module_utils._file import FileEntry

#: Characters of a text file that are read at most.
_SMALL = 4096


class LinuxReader:
    """Reads what a scope asks for into a state; the calling thread is left in some namespace."""

    def __init__(self, home: int, kinds: Kinds, state: State) -> None:
        self._home = home
        self.kinds = kinds
        self._state = state
        #: The first name of each namespace that was read, by its device and inode.
        self._known: dict[tuple[int, int], Netns] = {}
        self._usual: list[Reading[Any]] = []

    def read(self, scope: Scope) -> None:
        """Read what the scope asks for, of the namespaces whose names the state has. Raises: OSError."""
        state = self._state
        wanted = self.kinds.to_be_read(scope)
        readings = [(kind.reading(scope, state, self), places) for kind, places in wanted.items()]
        self._usual = [reading for kind, (reading, _places) in zip(wanted, readings) if kind.read_elsewhere]
        for netns in sorted({netns for places in wanted.values() for netns in places}, key=lambda one: one or ""):
            if state.has(netns):
                self._inside(netns, [reading for reading, places in readings if netns in places])
        for reading, _places in readings:
            reading.complete()

    def _inside(self, netns: Netns, readings: Iterable[Reading[Any]]) -> bool:
        key = self.enter(netns)
        if key is None:
            return False
        known = self._known.setdefault(key, netns)
        if netns is not None and known != netns:
            self._state.aliases[netns] = known
        with RouteSocket() as route:
            for reading in readings:
                reading.inside(netns, route)
        return True

    def visit(self, netns: Netns) -> bool:
        """Read a namespace that the scope did not ask for; whether it could be. Raises: OSError."""
        return self._inside(netns, self._usual)

    def enter(self, netns: Netns) -> Optional[tuple[int, int]]:
        """Enter a namespace; gives its device and inode, or None when somebody has removed it. Raises: OSError."""
        try:
            return namespaces.enter(netns, self._home)
        except OSError:
            what = None if netns is None else namespaces.what_is(netns)
            if netns is None or what == NAMESPACE:
                raise
            self._state.forget(netns)
            self._state.names.pop(netns, None)
            if what is not None:
                self._state.names[netns] = Name(what)
            return None

    @staticmethod
    def socket() -> RouteSocket:
        """Return a routing socket of the namespace that was entered."""
        return RouteSocket()

    def id_of(self, netns: Netns, route: Any) -> Optional[int]:
        """Return the id by which the socket's namespace knows another; None when it knows it by none."""
        if netns is not None and netns not in self._state.names:
            found = namespaces.what_is(netns)
            if found is not None:
                self._state.names[netns] = Name(found)
        if not self._state.has(netns):
            return None
        try:
            descriptor = namespaces.descriptor_of(netns, self._home)
        except OSError as error:
            if not is_none(error):
                raise
            return None
        try:
            number = requests.nsid_of(route.ask(requests.nsid(descriptor)))
            return None if number is None or number < 0 else number
        except NetlinkError as error:
            if not is_none(error):
                raise
            return None
        finally:
            if netns is not None:
                os.close(descriptor)

    @staticmethod
    def all_names() -> Sequence[str]:
        """Return every name below /run/netns."""
        return namespaces.all_names()

    def unnamed(self) -> Sequence[str]:
        """Return the namespaces that processes are in and that have no name, by a path of each."""
        return namespaces.unnamed(self._home)

    @staticmethod
    def generic(family: str) -> Any:
        """Return a generic netlink socket of the namespace that was entered, and the number of a family. Raises:
        OSError.
        """
        return generic_socket(family)

    @staticmethod
    def text(path: str) -> str:
        """Return what a small text file of the host holds. Raises: OSError, ValueError."""
        with open(path, encoding="ascii") as file:
            return file.read(_SMALL)

    @staticmethod
    def setting(path: str) -> Optional[str]:
        """Return a sysctl of the namespace that was entered, by its path below ``net``; None: there is none."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import sysctls

        return sysctls.read(path)

    @staticmethod
    def setting_mode(path: str) -> Optional[int]:
        """Return who may read and write such a sysctl, as the mode of a file; None: there is none."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import sysctls

        return sysctls.mode(path)

    @staticmethod
    def settings_in(path: str) -> Sequence[str]:
        """Return what there is in a directory of sysctls, by its path below ``net``; nothing, where there is none."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import sysctls

        return sysctls.names_in(path)

    def ruleset(self, text: str, devices: Iterable[str]) -> Mapping[tuple[str, ...], str]:
        """Return the tables that a ruleset of nftables makes, by family and name. Raises: OSError, KernelError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import nftables

        return nftables.tried(text, devices, self._home)

    @staticmethod
    def tables(wanted: Iterable[tuple[str, ...]]) -> Mapping[tuple[str, ...], tuple[str, str]]:
        """Return those of the tables of nftables that are in the namespace that was entered. Raises: NetlinkError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import nftables

        return nftables.tables(wanted)

    @staticmethod
    def file(netns: str = "", name: str = "") -> Optional[FileEntry]:
        """Return what there is in the directory of a namespace's files under a name. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        return files.look(netns, name)

    @staticmethod
    def files(netns: str = "") -> Sequence[str]:
        """Return the names of what there is in such a directory. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        return files.names(netns)

    @staticmethod
    def stands_in_etc(name: str) -> bool:
        """Tell whether the host has a file of this name in /etc."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import files

        return files.stands_in_etc(name)

    @staticmethod
    def records() -> Iterable[str]:
        """Return the names of all records. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

        return records.names()

    @staticmethod
    def record(name: str) -> Stored:
        """Return the record of a name. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

        return records.read(name)

    @staticmethod
    def kept_file(path: str) -> Optional[KeptFile]:
        """Return what there is at a path; None: nothing. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import persistent

        return persistent.read(path)

    @staticmethod
    def entries(directory: str) -> Sequence[str]:
        """Return the names of what there is in a directory; none where there is no such one. Raises: OSError."""
        try:
            return os.listdir(directory)
        except (FileNotFoundError, NotADirectoryError):
            return []

    @staticmethod
    def unwritable(directory: str) -> str:
        """Return why root cannot make files in a directory, or nothing. Raises: OSError."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import persistent

        return persistent.unwritable(directory)

    @staticmethod
    def is_directory(path: str) -> bool:
        """Tell whether there is a directory at a path."""
        return os.path.isdir(path)

    @staticmethod
    def has_program(name: str, path: str) -> bool:
        """Tell whether a program is in one of the directories of a path (PATH)."""
        return any(os.access(f"{one}/{name}", os.X_OK) for one in path.split(os.pathsep))

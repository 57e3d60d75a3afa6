# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pure parts use of the kernel edge, as protocols: for mypy and for readers, never loaded. Private."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Optional, Protocol

from ansible_collections.linuxnet.netns.plugins.module_utils._file import FileEntry
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, KeptFile, Kind, Stored
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Condition,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    Thing,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.reports import AddressReport, LinkReport


class Kernel(Protocol):
    """The kernel edge, as the engine uses it."""

    def locked(self, *, shared: bool) -> AbstractContextManager[None]:
        """Keep other runs out: while this lasts, none changes the host; with ``shared``, nor does this one.

        Raises: KernelError.
        """

    def observe(self, scope: Scope) -> State:
        """Return what the kernel has. Raises: KernelError."""

    def check_capabilities(self, steps: Sequence[Step], conditions: Sequence[Condition]) -> None:
        """Make sure that what carrying out the steps and waiting need is there. Raises: LibraryMissing, KernelError."""

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps, in order. Raises: StepFailed, KernelError."""

    def wait(self, conditions: Sequence[Condition]) -> list[Any]:
        """Return what is found of each condition, when it has come true or its time is over. Raises: KernelError."""

    def checkpoint(self, namespaces: Sequence[Netns]) -> None:
        """Remember what steps may take away without naming it, so that :meth:`put_back` can put it back."""

    def put_back(self) -> list[str]:
        """Put back what has gone since the checkpoint; gives what could not be put back, in words."""

    def carried_away(self, removed: Collection[Thing]) -> list[str]:
        """Return what has gone since the checkpoint though the interface that it belongs to is still there, in words.

        Left out is what was ``removed`` by name.
        """

    def close(self) -> None:
        """Let go of all that was held."""


class Kinds(Protocol):
    """The registry, as the kernel edge uses it: it loads a kind when it is asked for."""

    def __getitem__(self, name: str) -> Kind[Any]:
        """Return the kind of a name. Raises: KeyError."""

    def carried(self) -> Sequence[Carried[Any]]:
        """Return the kinds that steps may take away without naming them, in the order in which they are put back."""

    def to_be_read(self, scope: Scope) -> Mapping[Kind[Any], Collection[Netns]]:
        """Return the kinds that a scope asks for, with what is always read with them, and where; in their order."""

    def read_rest(self, state: State, reader: Reader, end: Endpoint) -> None:
        """Read what a link has beside its properties, in the namespace that was entered. Raises: OSError."""

    def index_of(self, state: State, end: Endpoint) -> Optional[int]:
        """Return the index of an interface, as far as a state knows it."""

    def note_index(self, state: State, end: Endpoint, index: int) -> None:
        """Note the index of an interface in a state, if that has it."""


class Reader(Protocol):
    """What reads the kernel, as kinds use it."""

    @property
    def kinds(self) -> Kinds:
        """All kinds."""

    def enter(self, netns: Netns) -> Optional[tuple[int, int]]:
        """Enter a namespace; gives its device and inode, or None when somebody has removed it. Raises: OSError."""

    def visit(self, netns: Netns) -> bool:
        """Read a namespace that the scope did not ask for; whether it could be. Raises: OSError."""

    def socket(self) -> Any:
        """Return a routing socket of the namespace that was entered: a context manager that gives a :class:`Socket`."""

    def id_of(self, netns: Netns, route: Socket) -> Optional[int]:
        """Return the id by which the socket's namespace knows another; None when it knows it by none."""

    def all_names(self) -> Sequence[str]:
        """Return every name below /run/netns."""

    def unnamed(self) -> Sequence[str]:
        """Return the namespaces that processes are in and that have no name, by a path of each."""

    def generic(self, family: str) -> AbstractContextManager[tuple[Socket, int]]:
        """Return a generic netlink socket of the namespace that was entered, and the number of a family. Raises:
        OSError.
        """

    def text(self, path: str) -> str:
        """Return what a small text file of the host holds. Raises: OSError, ValueError."""

    def setting(self, path: str) -> Optional[str]:
        """Return a sysctl of the namespace that was entered, by its path below ``net``; None: there is none."""

    def setting_mode(self, path: str) -> Optional[int]:
        """Return who may read and write such a sysctl, as the mode of a file; None: there is none."""

    def settings_in(self, path: str) -> Sequence[str]:
        """Return what there is in a directory of sysctls, by its path below ``net``; nothing, where there is none."""

    def ruleset(self, text: str, devices: Iterable[str]) -> Mapping[tuple[str, ...], str]:
        """Return the tables that a ruleset of nftables makes, by family and name; ``devices`` are the interfaces that
        it names. Raises: OSError, of which NetlinkError tells its mistakes; KernelError.
        """

    def tables(self, wanted: Iterable[tuple[str, ...]]) -> Mapping[tuple[str, ...], tuple[str, str]]:
        """Return those of the tables of nftables that are in the namespace that was entered, by family and name.

        Of each what it says, and the same with what it counts. Raises: NetlinkError, KernelError.
        """

    def file(self, netns: str = "", name: str = "") -> Optional[FileEntry]:
        """Return what there is in the directory of a namespace's files under a name; without one, the directory itself,
        and without a namespace that of all; None: there is nothing. Raises: OSError.
        """

    def files(self, netns: str = "") -> Sequence[str]:
        """Return the names of what there is in such a directory. Raises: OSError."""

    def stands_in_etc(self, name: str) -> bool:
        """Tell whether the host has a file of this name in /etc, in whose place a namespace's can be put."""

    def records(self) -> Iterable[str]:
        """Return the names of all records. Raises: OSError."""

    def record(self, name: str) -> Stored:
        """Return the record of a name. Raises: OSError."""

    def kept_file(self, path: str) -> Optional[KeptFile]:
        """Return what there is at a path; None: nothing. Raises: OSError."""

    def entries(self, directory: str) -> Sequence[str]:
        """Return the names of what there is in a directory; none where there is no such one. Raises: OSError."""

    def unwritable(self, directory: str) -> str:
        """Return why root cannot make files in a directory, or nothing. Raises: OSError."""

    def is_directory(self, path: str) -> bool:
        """Tell whether there is a directory at a path."""

    def has_program(self, name: str, path: str) -> bool:
        """Tell whether a program is in one of the directories of a path (PATH)."""


class Socket(Protocol):
    """A routing socket, as reading uses it."""

    def ask(self, message: bytes) -> bytes:
        """Return the answer to a question. Raises: NetlinkError."""

    def dump(self, message: bytes) -> list[bytes]:
        """Return the answers to a dump request. Raises: NetlinkError."""


class Sender(Protocol):
    """What a message needs to know of the host."""

    def descriptor(self, netns: Netns) -> int:
        """Return an open descriptor of the namespace, valid until the message has been sent. Raises: OSError."""

    def index(self, netns: Netns, interface: str) -> int:
        """Return the index of an interface. Raises: OSError, when there is no such interface."""


class Host(Protocol):
    """What the kernel edge does by system calls. Each method raises OSError."""

    def create_namespace(self, name: str) -> None:
        """Create a namespace and give it a name."""

    def delete_namespace(self, name: str) -> None:
        """Take a namespace's name away, and hold it open as far as possible, so that it can be restored."""

    def restore_namespace(self, name: str) -> None:
        """Give a namespace that this run has deleted its name back."""

    def delete_file(self, name: str) -> None:
        """Remove what is no namespace from /run/netns."""

    def leave_file(self, name: str) -> None:
        """Leave an empty file in /run/netns, as a crash does."""

    def identity(self, name: str) -> str:
        """Return what tells a namespace from another of the same name."""

    def hardware(self, netns: Netns, interfaces: Iterable[str]) -> Mapping[str, tuple[int, str]]:
        """Return the index and the MAC address of each of some interfaces, by name."""

    def generic(self, netns: Netns, family: str, command: int, version: int, body: bytes) -> None:
        """Send a request of a family of generic netlink from inside a namespace."""

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
        """Create a tun device that stays, of these flags (linux/if_tun.h), in a group of interfaces.

        ``owners`` are the user and the group who may open it, by their numbers; ``index`` is its own, 0 for any.
        """

    def write_setting(self, netns: Netns, path: str, value: str) -> tuple[Optional[str], Optional[str]]:
        """Set a sysctl by its path below ``net``; return what the kernel showed of it before, and shows then."""

    def load_ruleset(self, netns: Netns, text: str) -> None:
        """Carry out commands in the language of ``nft`` in a namespace, all of them or none."""

    def table(self, netns: Netns, table: tuple[str, ...]) -> str:
        """Return what a table of nftables says, by family and name."""

    def write_file(self, netns: str, name: str, entry: FileEntry) -> None:
        """Write a file of a namespace, in one piece."""

    def remove_file(self, netns: str, name: str) -> None:
        """Remove a file of a namespace."""

    def make_directory(self, netns: str, entry: FileEntry) -> None:
        """Make the directory of a namespace's files, and that of all where it is not there."""

    def remove_directory(self, netns: str, *, whole: bool) -> None:
        """Remove the directory of a namespace's files, if it is empty; ``whole``: then that of all, too."""

    def write_record(self, name: str, content: Optional[Mapping[str, Any]]) -> None:
        """Keep a record of this name until the next boot, in one piece; None: remove it."""

    def keep_file(self, path: str, file: Optional[KeptFile]) -> None:
        """Put a file or a symbolic link at a path, in one piece; None: remove what is there."""

    def run(self, words: Sequence[str]) -> None:
        """Run a program of the host; raises OSError with what it said where it fails."""


class WaitingHost(Protocol):
    """What the kernel edge gives conditions to wait with (``_kernel/waiting.py``)."""

    def has_carrier(self, end: Endpoint) -> bool:
        """Return whether an interface has a carrier now. Raises: OSError."""

    def inside(self, netns: Netns) -> tuple[list[LinkReport], list[AddressReport]]:
        """Return the links of a namespace and their addresses, as they are now. Raises: OSError."""

    def probe(self, probes: Sequence[Any]) -> list[Any]:
        """Send probes (``_probe.Probe``) all at once; return their answers, in their order. Raises: KernelError."""

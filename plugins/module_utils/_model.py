# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model: what a kernel has, and the contracts of what is declared and of the steps between. Pure. Private.

A :class:`State` is what a kernel has, or would have after some steps: tables, one for each kind of object. A
:class:`Declared` object is what the user wants of one thing; it compares itself with a state and gives the
:class:`Step` objects that are missing. The kinds live one file each in ``_kinds``; what all have in common is in
``_kind.py``. Nothing here knows any of them.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Optional, TypeVar

from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Sender, WaitingHost
    from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_kwargs: Any) -> Any:
        """Return what only mypy needs to know of :func:`immutable`."""
        return lambda decorator: decorator


_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True)
def immutable(cls: type[_Class]) -> type[_Class]:
    """Return a dataclass whose objects are compared by what they hold, and never changed.

    mypy sees to the latter. Frozen dataclasses would see to it themselves, but every task would take 0.2 ms longer for
    each class, and for an object two to three times as long (docs/performance.md).
    """
    return dataclass(unsafe_hash=True)(cls)


#: A namespace's name; None is the host's: the namespace the module itself runs in.
Netns = Optional[str]
#: What names a row in its table, and with it a thing in its namespace: an interface's name, then what is on it.
Key = tuple[str, ...]


class Thing(NamedTuple):
    """Something that a step makes or removes: its kind, the namespace that it is in, and what names it there."""

    kind: Kind[Any]
    netns: Netns
    key: Key


def in_order(thing: Thing) -> tuple[int, str, Key]:
    """Return the order of things: a thing comes after what it is made upon; so their removal goes the other way."""
    return thing.kind.order, thing.netns or "", thing.key


class Endpoint(NamedTuple):
    """Where something is that interfaces are named by: a namespace (None: the host's), and a name there.

    Without a name it is the whole namespace.
    """

    netns: Netns
    interface: str

    def __str__(self) -> str:
        return f"{self.interface} in {describe(self.netns)}"

    def short(self) -> str:
        """Return the short form of a topology: ``NAMESPACE:INTERFACE``, or the interface alone on the host."""
        return self.interface if self.netns is None else f"{self.netns}:{self.interface}"


def describe(netns: Netns) -> str:
    """Return a namespace as a message names it."""
    return "the host's namespace" if netns is None else f"namespace {netns}"


def shown(name: str) -> str:
    """Return a name of a file or an interface as it can be told: with escapes for bytes that are no UTF-8.

    Ansible takes a result with such bytes for broken.
    """
    try:
        return octets(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a character, as YAML and JSON can say it, which is no byte of anything
        return name.encode("utf-8", "backslashreplace").decode("utf-8")


#: Where namespaces have their names.
RUN_DIR = "/run/netns"
#: What this collection keeps on a host until the next boot.
RECORDS_DIR = "/run/linuxnet.netns"
#: What a name below it stands for.
NAMESPACE, STALE, DANGLING, FOREIGN = "namespace", "stale", "dangling", "foreign"


class Name(NamedTuple):
    """A name below ``/run/netns``.

    ``what`` it stands for is :data:`NAMESPACE`, :data:`STALE` (an empty plain file, left by a crash),
    :data:`DANGLING` (a link to nothing) or :data:`FOREIGN` (anything else). ``created``: by a step of this run.
    ``identity`` tells the namespace from another of the same name. ``processes`` are those inside, and ``mounts`` the
    other places where it is mounted. What was not asked for is empty.
    """

    what: str
    created: bool = False
    identity: str = ""
    processes: tuple[int, ...] = ()
    mounts: tuple[str, ...] = ()


_Row = TypeVar("_Row")
_NOTHING: Mapping[Any, Any] = {}


class State:
    """What a kernel has of what was looked at, or would have after some steps.

    ``names`` are the names below ``/run/netns`` that were asked about; ``aliases`` maps a name to another name of the
    same namespace. ``tables`` hold all that is in namespaces, by kind, namespace and key; a namespace that is not in
    a table was not read. ``only_lo``: new namespaces have no other interface, as they have where modules such as sit or
    ipip are loaded. ``secluded``: those that are made here would be seen by nobody else. ``assumes``: what is not there
    is assumed where an earlier task of a play would have made it, and a note says so (check mode). ``made`` is what
    steps made, and ``just_made`` what they made before this was read, which may not have settled yet; ``notes`` are
    sentences that the user should read.
    """

    def __init__(self) -> None:
        self.names: dict[str, Name] = {}
        self.aliases: dict[str, Netns] = {}
        self.tables: dict[Kind[Any], dict[Netns, dict[Any, Any]]] = {}
        self.only_lo = True
        self.secluded = False
        self.assumes = False
        self.made: list[Thing] = []
        self.just_made: AbstractSet[Thing] = frozenset()
        self.notes: list[str] = []

    def copy(self) -> State:
        """Return a state of its own, to apply steps to."""
        other = State()
        other.names = dict(self.names)
        other.aliases = dict(self.aliases)
        for kind, table in self.tables.items():
            other.tables[kind] = {netns: kind.copied(rows) for netns, rows in table.items()}
        other.only_lo, other.secluded, other.assumes = self.only_lo, self.secluded, self.assumes
        other.made = list(self.made)
        other.just_made = self.just_made
        other.notes = list(self.notes)
        return other

    def what(self, name: str) -> Optional[str]:
        """Return what a name below ``/run/netns`` stands for; None: there is none."""
        found = self.names.get(name)
        return None if found is None else found.what

    def has(self, netns: Netns) -> bool:
        """Tell whether the namespace exists; the host's always does."""
        return netns is None or self.what(netns) == NAMESPACE

    def identity_of(self, netns: Netns) -> str:
        """Return what tells a namespace from another of its name; empty where that was not asked for."""
        named = None if netns is None else self.names.get(netns)
        return "host" if netns is None else "" if named is None else named.identity

    def created(self, netns: Netns) -> bool:
        """Tell whether a step of this run made the namespace, where therefore nobody else is yet."""
        found = None if netns is None else self.names.get(netns)
        return found is not None and found.created

    def all_created(self) -> frozenset[str]:
        """Return the namespaces that steps of this run made."""
        return frozenset(name for name, found in self.names.items() if found.created)

    def rows(self, kind: Kind[_Row], netns: Netns) -> Mapping[Any, _Row]:
        """Return what there is of a kind in a namespace, by key; nothing where it was not read."""
        table = self.tables.get(kind)
        return _NOTHING if table is None else table.get(netns, _NOTHING)

    def row(self, kind: Kind[_Row], netns: Netns, key: Any) -> Optional[_Row]:
        """Return one row, or None."""
        table = self.tables.get(kind)
        rows = None if table is None else table.get(netns)
        return None if rows is None else rows.get(key)

    def was_read(self, kind: Kind[Any], netns: Netns) -> bool:
        """Tell whether what there is of a kind in a namespace is known."""
        return netns in self.tables.get(kind, {})

    def put(self, kind: Kind[_Row], netns: Netns, key: Any, row: _Row) -> None:
        """Put a row there, or in the place of the one of its key."""
        self.table(kind, netns)[key] = row

    def table(self, kind: Kind[_Row], netns: Netns) -> dict[Any, _Row]:
        """Return the rows of a kind in a namespace, to be changed; made where there are none yet."""
        return self.tables.setdefault(kind, {}).setdefault(netns, {})

    def drop(self, kind: Kind[_Row], netns: Netns, key: Any) -> Optional[_Row]:
        """Take a row away and give it, or None."""
        found: Optional[_Row] = self.tables.get(kind, {}).get(netns, {}).pop(key, None)
        return found

    def forget(self, netns: Netns) -> None:
        """Take away all that is in a namespace."""
        for table in list(self.tables.values()):
            table.pop(netns, None)

    def copy_namespaces(self, other: State, namespaces: Iterable[str]) -> None:
        """Take over what another state says of some namespaces: their inside, and their names where it has none."""
        for name in namespaces:
            self.names.setdefault(name, other.names[name])
        for kind, table in other.tables.items():
            own = self.tables.setdefault(kind, {})
            own.update({netns: kind.copied(table[netns]) for netns in namespaces if netns in table})


class Scope:
    """What must be read from the kernel before a plan can be made.

    - ``names``: namespaces whose existence matters; ``identities``: whether what tells them apart does too.
    - ``users``: namespaces of which it matters what keeps them alive: processes, and other mounts.
    - ``everything``: all namespaces that have a name, and what is inside them.
    - ``wants``: the kinds that matter, and in which namespaces; those that do not exist are left out. What else a kind
      is to find out there are details of its own, in the order in which they were asked for.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.identities = False
        self.users: set[str] = set()
        self.everything: Optional[Kind[Any]] = None
        self.wants: dict[Kind[Any], dict[Netns, dict[Any, None]]] = {}

    def want(self, kind: Kind[Any], netns: Netns, *details: Hashable) -> None:
        """Ask for what there is of a kind in a namespace, and so for its existence too."""
        if netns is not None:
            self.names.add(netns)
        self.wants.setdefault(kind, {}).setdefault(netns, {}).update(dict.fromkeys(details))

    def details(self, kind: Kind[Any], netns: Netns) -> Iterable[Any]:
        """Return what else a kind is to find out in a namespace."""
        return self.wants.get(kind, {}).get(netns, ())

    def without(self, namespaces: AbstractSet[str]) -> Scope:
        """Return the same, but for the inside of some namespaces."""
        other = Scope()
        other.names, other.users = set(self.names), set(self.users)
        other.identities, other.everything = self.identities, self.everything
        for kind, wanted in self.wants.items():
            other.wants[kind] = {netns: dict(one) for netns, one in wanted.items() if netns not in namespaces}
        return other

    def copy(self) -> Scope:
        """Return a scope of its own, to add to."""
        return self.without(frozenset())


class Capability(NamedTuple):
    """A capability of a process (capabilities(7)): its name, its number, and what is not possible without it."""

    name: str
    number: int
    without: str


class Condition(ABC):
    """Something that must come true once the steps are done, and may take a while; no step brings it about.

    A kind of object defines its conditions with :func:`immutable`.
    """

    #: What several of them are called in a message.
    plural: ClassVar[str]

    @classmethod
    @abstractmethod
    def wait(cls, conditions: Sequence[Any], host: WaitingHost) -> list[Any]:
        """Wait for several conditions of this class together; return what is found of each, in their order.

        Raises: KernelError, OSError.
        """

    def capability(self) -> Optional[Capability]:
        """Return what waiting for it takes beside what every run needs."""
        return None

    @abstractmethod
    def faults(self, found: Any) -> list[str]:
        """Return what is not as it must be, in words that begin with a path; ``found`` is what waiting for it has
        found.
        """


class Step(ABC):
    """One change of the kernel's state, as small as one ``ip`` command.

    A kind of object defines its steps with :func:`immutable`: each is a :class:`Request` or an :class:`Action`.
    """

    #: Where it is sent from (None: the host's namespace).
    netns: Netns

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the same work as an ``ip`` command; empty for what is no work on the network."""

    @abstractmethod
    def effect(self, state: State) -> None:
        """Do to the state what the kernel will do, with all that it does by itself then (``_kind.happen``)."""

    @abstractmethod
    def undo(self, before: State) -> Iterable[Step]:
        """Return the steps that put things back, seen from the state before this step."""

    def confirm(self, seen: State) -> None:
        """Do to what was seen of the kernel what is certain once it has accepted the step."""
        self.effect(seen)

    def irreversible(self, before: State) -> Optional[str]:
        """Return what no step can put back, in words, seen from the state before; None when all can be."""
        return None

    def namespaces(self) -> set[Netns]:
        """Return the namespaces whose content it changes."""
        return {self.netns}

    def makes(self) -> Sequence[Thing]:
        """Return what it makes that was not there."""
        return ()

    def removes(self) -> Sequence[Thing]:
        """Return what it removes."""
        return ()

    def achieved(self, error: int) -> bool:
        """Tell whether an error (errno) says that what the step is for is so already."""
        return False

    def advice(self, error: int) -> str:
        """Return what to do when the kernel refuses it with an error (errno), to follow its words; or nothing."""
        return ""

    def relocates(self) -> Collection[str]:
        """Return the names of the interfaces that appear or go with it, or get another index."""
        return ()

    def seems_done(self, now: State) -> bool:
        """Tell whether it may have been done, as the state afterwards tells: else there is nothing of it to be
        undone.
        """
        return True

    def disruptive(self) -> bool:
        """Tell whether the kernel takes more away with it than it names, such as the routes through an interface."""
        return False

    def ends(self) -> Optional[str]:
        """Return the namespace that goes with it, so that nothing inside it need be taken back first; or None."""
        return None

    def at_boot(self, script: Script) -> None:
        """Add to a script what does the same after a boot, and does nothing where it has been done."""
        words = self.command()
        if words:
            script.run(words)

    def __str__(self) -> str:
        return command(self.command())


class Request(Step):
    """A step that the routing socket carries, from inside the namespace ``netns``."""

    @abstractmethod
    def message(self, codec: Codec, sender: Sender) -> bytes:
        """Return the message, which asks for an acknowledgement; ``codec`` gives pyroute2's classes. Raises:
        OSError.
        """

    def foreseen(self) -> bool:
        """Tell whether it states the index of each interface that appears in the namespace it is sent from."""
        return False

    def otherwise(self, error: int) -> Optional[Request]:
        """Return what does the same where the kernel refuses this one with an error (errno); None: there is nothing."""
        return None


class Action(Step):
    """A step that system calls carry out."""

    #: Whether such steps need nothing of each other, so that they may be carried out side by side.
    independent: ClassVar[bool] = False

    @abstractmethod
    def perform(self, host: Host) -> None:
        """Carry it out; the calling thread may be left in another namespace. Raises: OSError."""


#: When an object of a topology is brought about: before any link; of those of a namespace, links, then what is set of
#: them, then what is on them, and last what needs them to be there and up.
EARLY, LINKS, TUNING, INSIDE, LATE = range(5)


class Declared(ABC):
    """One thing that the user declares. A kind of object is a :func:`immutable` with these four methods."""

    #: When it is brought about, of what a topology declares in one namespace (:data:`EARLY` and the others).
    stage: ClassVar[int] = INSIDE

    #: Where it was written, for messages: an option, or a path such as ``links[2]``.
    path: str

    @abstractmethod
    def scope(self, scope: Scope) -> None:
        """Add to the scope what must be known to make a plan for this object."""

    @abstractmethod
    def steps(self, state: State) -> Iterator[Step]:
        """Yield the steps from the state to what is declared.

        The planner carries out each step on the state before it asks for the next one, so the code after a ``yield``
        sees the state that the step leaves. What was looked up before it may have gone, or have changed: look again.

        Raises: Impossible, when the state does not allow it.
        """

    @abstractmethod
    def view(self, state: State) -> dict[str, Any]:
        """Return what the state has of what this object manages, as a tree of mappings, lists and scalars, for the
        diff.
        """

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        """Tell whether the kernel's acknowledgements prove it: all it is about is inside of namespaces that were
        created.

        ``before`` is the state before the first step.
        """
        places = self.endpoints()
        for netns, interface in places:
            if not interface or netns not in created:
                return False
        return bool(places)

    def things(self) -> Iterable[Thing]:
        """Return what it names that is to be there; of a topology that made it, it stays."""
        return ()

    def counts_on(self) -> Iterable[tuple[Kind[Any], Netns, Any, Any]]:
        """Return what it is about and nothing that is declared makes: a row each, with its kind, namespace and key."""
        return ()

    def conditions(self, state: State) -> Sequence[Condition]:
        """Return what must come true once the steps are done; ``state`` is the one that they leave."""
        return ()

    def endpoints(self) -> set[Endpoint]:
        """Return what it is about.

        When one object about them is impossible, later ones are not reported too.
        """
        return set()

    def blocks(self) -> set[Endpoint]:
        """Return of what later objects are not reported when this one is impossible."""
        return self.endpoints()


class ShellWord(str):
    """A word that the shell is to expand."""

    __slots__ = ()


#: The shell's own process id: a process of the host's namespace; and what joins two commands.
OWN_PID, PIPE = ShellWord("$$"), ShellWord("|")


def command(words: Sequence[str]) -> str:
    """Return words as a shell command line."""
    return " ".join([word if isinstance(word, ShellWord) else _quoted(word) for word in words])


@cache
def _quoted(word: str) -> str:
    """Return a word for a shell; what is no UTF-8 as bash, and POSIX since 2024, reads it: escaped after a ``$``."""
    if shown(word) == word:
        return shlex.quote(word)
    plain = (chr(one) if 0x20 <= one < 0x7F and one not in b"'\\" else f"\\x{one:02x}" for one in octets(word))
    return f"$'{''.join(plain)}'"


def tool(program: str, netns: Netns, *words: str) -> list[str]:
    """Return the words of a command of iproute2 (``ip``, ``tc``, ``bridge``) inside a namespace."""
    return [program, *(["-n", netns] if netns is not None else []), *words]


def ip(netns: Netns, *words: str) -> list[str]:
    """Return the words of an ``ip`` command inside a namespace."""
    return tool("ip", netns, *words)


def executed(netns: Netns, *words: str) -> list[str]:
    """Return the words of a command of another program, which ``ip`` runs inside a namespace."""
    return [*([] if netns is None else ["ip", "netns", "exec", netns]), *words]


def branch(netns: Netns) -> list[str]:
    """Return the path to a namespace in a view."""
    return ["host"] if netns is None else ["namespaces", netns]


def tree(path: Sequence[str], leaf: Any) -> dict[str, Any]:
    """Return a view with one leaf at the end of the path."""
    node = leaf
    for key in reversed(path):
        node = {key: node}
    return dict(node)


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add a view to another, branch by branch; gives the first."""
    for key, value in more.items():
        present = into.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            merge(present, value)
        elif isinstance(value, list) and isinstance(present, list):
            present.extend(one for one in value if one not in present)
        else:
            into[key] = value
    return into


def of_interface(netns: Netns, name: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    """Return a view of one interface."""
    return tree([*branch(netns), "interfaces", name], dict(leaf))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model: what a kernel has, and the contracts of what is declared and of the steps between. Pure. Private.

A :class:`State` is what a kernel has, or would have after some steps. A :class:`Declared` object is what the user
wants of one thing; it compares itself with a state and gives the :class:`Step` objects that are missing. The kinds of
declared object, with their steps, live one file each in ``_kinds``.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Optional, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_kwargs: Any) -> Any:
        """What only mypy needs to know of :func:`value`."""
        return lambda decorator: decorator


_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True)
def value(cls: type[_Class]) -> type[_Class]:
    """A dataclass whose objects are compared by what they hold, and never changed.

    mypy sees to the latter. Frozen dataclasses would see to it themselves, but every task would take 0.2 ms longer for
    each class, and for an object two to three times as long (docs/performance.md).
    """
    return dataclass(unsafe_hash=True)(cls)


#: A namespace's name; None is the host's: the namespace the module itself runs in.
Netns = Optional[str]


#: Something that a step makes or removes: its sort, then what names it; ``("namespace", NAME)``,
#: ``("interface", NETNS, NAME)`` or ``("address", NETNS, INTERFACE, TEXT)``, where NETNS is empty for the host's.
Thing = tuple[str, ...]


class Endpoint(NamedTuple):
    """Where an interface is: its namespace (None: the host's) and its name."""

    netns: Netns
    interface: str

    def __str__(self) -> str:
        return f"{self.interface} in {describe(self.netns)}"

    def short(self) -> str:
        """The short form of a topology: ``NAMESPACE:INTERFACE``, or the interface alone on the host."""
        return self.interface if self.netns is None else f"{self.netns}:{self.interface}"


def describe(netns: Netns) -> str:
    """A namespace as a message names it."""
    return "the host's namespace" if netns is None else f"namespace {netns}"


def shown(name: str) -> str:
    """A name of a file or an interface as it can be told: with escapes for bytes that are no UTF-8.

    Ansible takes a result with such bytes for broken.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Address(NamedTuple):
    """An address of an interface.

    ``text`` is canonical, with the prefix length: ``10.0.0.1/24``, ``fd00::1/64``. ``secondary`` is the kernel's flag
    of the same name: this IPv4 address goes when its subnet's primary goes, unless the interface promotes secondaries.
    ``raw`` is the kernel's own report of it, by which it can be put back exactly as it was. ``peer`` is the address at
    the other end, where the kernel has one (``ip address add ADDRESS peer PEER``).
    """

    text: str
    secondary: bool = False
    raw: bytes = b""
    peer: str = ""

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.text else 4


class Interface(NamedTuple):
    """An interface as the kernel reports it, or as steps would leave it.

    ``kind`` is the link kind (``veth``, ``bridge`` …), ``loopback``, or empty for a physical device. ``ifindex``,
    ``carrier``, ``mac`` and ``mtu`` are None where only a real run will tell. ``peer`` is the other end of a veth pair,
    None where it is in no namespace that was looked at. ``promotes``: a secondary address takes its deleted primary's
    place. ``keeps_ipv6``: IPv6 addresses stay when the interface goes down. ``group`` is the kernel's group of
    interfaces that it is in (IFLA_GROUP), 0 unless somebody puts it into another.
    """

    name: str
    kind: str
    ifindex: Optional[int] = None
    up: bool = False
    carrier: Optional[bool] = False
    mac: Optional[str] = None
    mtu: Optional[int] = None
    peer: Optional[Endpoint] = None
    peer_ifindex: Optional[int] = None
    addresses: tuple[Address, ...] = ()
    promotes: bool = False
    keeps_ipv6: bool = False
    group: int = 0

    def address(self, text: str) -> Optional[Address]:
        """The address of this interface that reads so, or None."""
        for address in self.addresses:
            if address.text == text:
                return address
        return None


#: What a name below /run/netns stands for.
NAMESPACE, STALE, DANGLING, FOREIGN = "namespace", "stale", "dangling", "foreign"


class State:
    """What a kernel has of what was looked at.

    ``names`` maps the names below ``/run/netns`` that were asked about to :data:`NAMESPACE`, :data:`STALE` (an empty
    plain file, left by a crash), :data:`DANGLING` (a link to nothing) or :data:`FOREIGN` (anything else);
    ``interfaces`` maps each namespace that was read to its interfaces by name; ``fresh`` are the namespaces that steps
    created, where every interface index is therefore known, unless they are ``crowded``: new namespaces have more
    interfaces than ``lo`` where modules such as sit or ipip are loaded; ``processes`` are the processes by namespace,
    and ``mounts`` the other places where it is mounted, where they were asked for; ``identities`` tell one namespace
    from another of the same name; ``aliases`` maps a name to another name of the same namespace; ``altnames`` maps the
    alternative names of interfaces, which nothing else may have, to their names; ``records`` are the ownership records,
    by topology, as steps leave them, and ``written`` as they are kept on the host; ``made`` is what steps made;
    ``notes`` are sentences that the user should read.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.interfaces: dict[Netns, dict[str, Interface]] = {}
        self.fresh: set[str] = set()
        self.crowded = False
        self.processes: dict[str, tuple[int, ...]] = {}
        self.mounts: dict[str, tuple[str, ...]] = {}
        self.identities: dict[str, str] = {}
        self.aliases: dict[str, Netns] = {}
        self.altnames: dict[Endpoint, str] = {}
        self.records: dict[str, Any] = {}
        self.written: dict[str, Any] = {}
        self.made: list[Thing] = []
        self.notes: list[str] = []

    def copy(self) -> State:
        """A state of its own, to apply steps to."""
        other = State()
        other.names = dict(self.names)
        other.interfaces = {netns: dict(found) for netns, found in self.interfaces.items()}
        other.fresh = set(self.fresh)
        other.crowded = self.crowded
        other.processes = dict(self.processes)
        other.mounts = dict(self.mounts)
        other.identities = dict(self.identities)
        other.aliases = dict(self.aliases)
        other.altnames = dict(self.altnames)
        other.records = dict(self.records)
        other.written = dict(self.written)
        other.made = list(self.made)
        other.notes = list(self.notes)
        return other

    def has(self, netns: Netns) -> bool:
        """Whether the namespace exists; the host's always does."""
        return netns is None or self.names.get(netns) == NAMESPACE

    def lives_on(self, name: str) -> bool:
        """Whether a namespace lives on when it loses this name, as far as was asked."""
        return bool(self.processes.get(name) or self.mounts.get(name))

    def interface(self, netns: Netns, name: str) -> Optional[Interface]:
        """The interface, or None."""
        return self.interfaces.get(netns, {}).get(name)

    def known_as(self, end: Endpoint) -> Optional[Interface]:
        """The interface whose alternative name this is, or None."""
        name = self.altnames.get(end)
        return None if name is None else self.interface(end.netns, name)

    def inside(self, netns: Netns) -> Mapping[str, Interface]:
        """The namespace's interfaces, by name."""
        return self.interfaces.get(netns, {})

    def put(self, netns: Netns, interface: Interface) -> None:
        """Put an interface there, or in the place of the one of its name."""
        self.interfaces.setdefault(netns, {})[interface.name] = interface

    def change(self, netns: Netns, name: str, **fields: Any) -> None:
        """Change fields of an interface, if it is there."""
        found = self.interface(netns, name)
        if found is not None:
            self.put(netns, found._replace(**fields))

    def drop(self, netns: Netns, name: str) -> Optional[Interface]:
        """Take an interface away and give it, or None."""
        return self.interfaces.get(netns, {}).pop(name, None)

    def drop_pair(self, netns: Netns, name: str) -> None:
        """Take an interface away, and with one end of a veth pair the other."""
        gone = self.drop(netns, name)
        if gone is not None and gone.peer is not None:
            self.drop(*gone.peer)

    def adopt(self, other: State, namespaces: Iterable[str]) -> None:
        """Take over what another state says of the inside of some namespaces."""
        for netns in namespaces:
            if netns in other.interfaces:
                self.interfaces[netns] = dict(other.interfaces[netns])

    def next_index(self, netns: Netns) -> Optional[int]:
        """The index the next interface can be given: known where steps created the namespace, None elsewhere."""
        if netns is None or netns not in self.fresh or self.crowded:
            return None
        taken = [found.ifindex for found in self.inside(netns).values()]
        return None if None in taken else 1 + max((index or 0 for index in taken), default=0)


class Scope:
    """What must be read from the kernel before a plan can be made.

    - ``names``: namespaces whose existence matters; ``identities``: whether what tells them apart does too.
    - ``everything``: all namespaces that have a name, and what is inside them.
    - ``read``: namespaces whose interfaces and addresses matter; those that do not exist are left out.
    - ``ends``: interfaces whose peer matters, with the namespaces where it probably is as keys, in the order to look;
      ``everywhere``: those of them whose peer is then looked for in every namespace.
    - ``outward``: namespaces whose links' peers are looked for, whatever they are called.
    - ``settings``: interfaces whose sysctls matter.
    - ``processes``: namespaces of which it matters what keeps them alive: processes, and other mounts.
    - ``records``: the ownership records that matter; ``purged``: of those whose surplus is to be removed, the things
      that are no surplus.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.read: set[Netns] = set()
        self.ends: dict[Endpoint, dict[Netns, None]] = {}
        self.everywhere: set[Endpoint] = set()
        self.processes: set[str] = set()
        self.identities = False
        self.everything = False
        self.outward: set[str] = set()
        self.settings: set[Endpoint] = set()
        self.records: set[str] = set()
        self.purged: dict[str, AbstractSet[Thing]] = {}

    def inside(self, *namespaces: Netns) -> None:
        """Ask for the existence of the namespaces and for what is inside them."""
        for netns in namespaces:
            self.read.add(netns)
            if netns is not None:
                self.names.add(netns)

    def without(self, namespaces: AbstractSet[str]) -> Scope:
        """The same, but for the inside of some namespaces."""
        other = Scope()
        other.names, other.processes, other.outward = self.names, self.processes, self.outward - namespaces
        other.identities, other.records, other.purged = self.identities, self.records, self.purged
        other.everything = self.everything
        other.read = {netns for netns in self.read if netns not in namespaces}
        other.ends = {end: dict(probable) for end, probable in self.ends.items() if end.netns not in namespaces}
        other.everywhere = {end for end in self.everywhere if end.netns not in namespaces}
        other.settings = {end for end in self.settings if end.netns not in namespaces}
        return other

    def copy(self) -> Scope:
        """A scope of its own, to add to."""
        other = self.without(frozenset())
        other.names, other.processes, other.records = set(self.names), set(self.processes), set(self.records)
        return other

    def peer(self, end: Endpoint, *probable: Netns) -> None:
        """Ask for the peer of an interface, saying where it probably is."""
        self.ends.setdefault(end, {}).update(dict.fromkeys(probable))


class Condition(ABC):
    """Something that must come true once the steps are done, and may take a while; no step brings it about.

    A kind of object defines its conditions with :func:`value`; how one is waited for stands in
    ``_kernel/waiting.py``.
    """

    #: What several of them are called in a message.
    plural: ClassVar[str]

    @abstractmethod
    def faults(self, found: Any) -> list[str]:
        """What is not as it must be, in words that begin with a path; ``found`` is what waiting for it has found."""


class Step(ABC):
    """One change of the kernel's state, as small as one ``ip`` command.

    A kind of object defines its steps with :func:`value`; how one is sent stands in ``_kernel/messages.py``.
    """

    #: Where it is sent from (None: the host's namespace).
    netns: Netns

    @abstractmethod
    def words(self) -> Sequence[str]:
        """The same work as an ``ip`` command; empty for what is no work on the network."""

    @abstractmethod
    def effect(self, state: State) -> None:
        """Do to the state what the kernel will do."""

    @abstractmethod
    def undo(self, before: State) -> Iterable[Step]:
        """The steps that put things back, seen from the state before this step."""

    def lost(self, before: State) -> Optional[str]:
        """What no step can put back, in words, seen from the state before; None when all can be."""
        return None

    def places(self) -> set[Netns]:
        """The namespaces whose content it changes."""
        return {self.netns}

    def makes(self) -> Sequence[Thing]:
        """What it makes that was not there."""
        return ()

    def removes(self) -> Sequence[Thing]:
        """What it removes."""
        return ()

    def achieved(self, error: int) -> bool:
        """Whether an error (errno) says that what the step is for is so already."""
        return False

    def relocates(self) -> bool:
        """Whether interfaces appear or go with it, or get another index."""
        return False

    def interfaces(self) -> set[str]:
        """The names of the interfaces that appear or go with it, or get another index."""
        return {thing[2] for thing in (*self.makes(), *self.removes()) if thing[0] == "interface"}

    def foreseen(self) -> bool:
        """Whether it states the index of each interface that appears in the namespace it is sent from."""
        return False

    def seems_done(self, now: State) -> bool:
        """Whether it may have been done, as the state afterwards tells: else there is nothing of it to be undone."""
        return True

    def otherwise(self, error: int) -> Optional[Step]:
        """The step that does the same where the kernel refuses this one with an error (errno); None: there is none."""
        return None

    def disruptive(self) -> bool:
        """Whether the kernel takes more away with it than it names, such as the routes through an interface."""
        return False

    def ends(self) -> Optional[str]:
        """The namespace that goes with it, so that nothing inside it need be taken back first; or None."""
        return None

    def __str__(self) -> str:
        return command(self.words())


class Declared(ABC):
    """One thing that the user declares. A kind of object is a :func:`value` with these four methods."""

    #: Where it was written, for messages: an option, or a path such as ``links[2]``.
    path: str

    @abstractmethod
    def scope(self, scope: Scope) -> None:
        """Add to the scope what must be known to make a plan for this object."""

    @abstractmethod
    def steps(self, state: State) -> Iterator[Step]:
        """The steps from the state to what is declared.

        The planner carries out each step on the state before it asks for the next one, so the code after a ``yield``
        sees the state that the step leaves.

        Raises: Impossible, when the state does not allow it.
        """

    @abstractmethod
    def view(self, state: State) -> dict[str, Any]:
        """What the state has of what this object manages, as a tree of mappings, lists and scalars, for the diff."""

    def conditions(self, state: State) -> Sequence[Condition]:
        """What must come true once the steps are done; ``state`` is the one that they leave."""
        return ()

    def places(self) -> set[Endpoint]:
        """The interfaces it is about (no name: a whole namespace).

        When one object about them is impossible, later ones are not reported too.
        """
        return set()


class _ShellWord(str):
    """A word that the shell is to expand."""

    __slots__ = ()


#: The shell's own process id: a process of the host's namespace.
OWN_PID = _ShellWord("$$")


def command(words: Sequence[str]) -> str:
    """Words as a shell command line."""
    return " ".join([word if word is OWN_PID else _quoted(word) for word in words])


_quoted = lru_cache(maxsize=None)(shlex.quote)


def ip(netns: Netns, *words: str) -> list[str]:
    """The words of an ``ip`` command inside a namespace."""
    return ["ip", *(["-n", netns] if netns is not None else []), *words]


def branch(netns: Netns) -> list[str]:
    """The path to a namespace in a view."""
    return ["host"] if netns is None else ["namespaces", netns]


def tree(path: Sequence[str], leaf: Any) -> dict[str, Any]:
    """A view with one leaf at the end of the path."""
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
    """A view of one interface."""
    return tree([*branch(netns), "interfaces", name], dict(leaf))

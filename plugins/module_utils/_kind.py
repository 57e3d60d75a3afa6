# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all kinds of object have in common: a table in a state, what the kernel does to it by itself, ownership. Pure.

A kind is one file in ``_kinds``, with one object of a subclass of :class:`Kind`. It says how it is read, what of it
goes when something happens to the interface that it is on, and how what a topology made of it is shown and removed.
Nothing here knows any of them. Private.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Generic, NamedTuple, Optional, TypeVar

from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Endpoint,
    Key,
    Netns,
    Scope,
    State,
    Step,
    Thing,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader, Socket

Row = TypeVar("Row")

#: What can happen to an interface, upon which the kernel does more than it was asked for: it is set up or down, moved
#: to another namespace, gone, has another MAC, an MTU that is too small for IPv6, or fewer addresses, what is of its
#: type alone is changed, or it leaves its master.
UP, DOWN, MOVED, GONE, NEW_MAC, NO_IPV6 = "up", "down", "moved", "gone", "new MAC", "no IPv6"
FEWER_ADDRESSES, CHANGED, LEFT = "fewer addresses", "changed", "left"


class Event(NamedTuple):
    """Something that happens to an interface.

    ``target`` is where it is moved to, ``renamed`` its name there, and ``addresses`` are those that it loses, with
    their prefix lengths. ``changes`` are the properties that get other values, with these.
    """

    what: str
    netns: Netns
    interface: str
    target: Netns = None
    renamed: Optional[str] = None
    addresses: tuple[str, ...] = ()
    changes: tuple[tuple[str, Any], ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The values that properties get, by name."""
        return dict(self.changes)

    @property
    def arrives(self) -> Endpoint:
        """Where what is moved is afterwards."""
        return Endpoint(self.target, self.renamed or self.interface)


def happen(state: State, event: Event) -> None:
    """Do to the state what the kernel does by itself upon an event; called before the interface itself is changed.

    What is made upon other things goes before them, and so can still see them.
    """
    for kind in sorted(state.tables, key=_order, reverse=True):
        kind.happens(state, event)


def _order(kind: Kind[Any]) -> int:
    return kind.order


def restored(before: State, event: Event) -> list[Step]:
    """Return the steps that put back what an event has taken away, seen from the state before it.

    They are carried out when the interface is back, and as it was; upon :data:`UP` before it is set down, to take back
    what the kernel has given.
    """
    kinds = sorted(before.tables, key=_order)
    return [step for kind in kinds for step in kind.restored(before, event)]


class Stored(NamedTuple):
    """A record: its path, its content where it counts, and why it is there and does not."""

    path: str
    content: Optional[Mapping[str, Any]]
    why: Optional[str] = None


class KeptFile(NamedTuple):
    """A file of the host: its content and mode, or where it leads as a symbolic link; ``why`` it is neither."""

    content: str = ""
    mode: int = 0o644
    link: str = ""
    why: str = ""


class Reading(Generic[Row]):
    """One reading of a kind: of each namespace that the scope asks for, and then of what leads from one to another."""

    def __init__(self, state: State) -> None:
        self._state = state

    def inside(self, netns: Netns, route: Socket) -> None:
        """Read what there is of the kind in a namespace, which was entered. Raises: OSError."""

    def complete(self) -> None:
        """Find out what takes more than one namespace to be known. Raises: OSError."""


class Kind(Generic[Row]):
    """A kind of object; ``Row`` is what a state knows of one, or of those that one key stands for."""

    #: What it is called in records and by the registry.
    name: ClassVar[str]
    #: What several of them are called.
    plural: ClassVar[str]
    #: Its place among the others: it is made after those with a lower number, and removed before them.
    order: ClassVar[int]
    #: Whether a key begins with the name of an interface, which its things are on.
    on_interface: ClassVar[bool] = False
    #: Whether it is read in namespaces too that are only come across.
    read_elsewhere: ClassVar[bool] = False
    #: How one that a topology made may have ceased to be the one, in words.
    lost: ClassVar[str] = "it was replaced, or its group changed"
    #: Whether its things are inside of a namespace.
    in_namespace: ClassVar[bool] = True
    #: Whether what came into a namespace is still there when that has gone.
    outlives_namespace: ClassVar[bool] = False
    #: Whether what there is of it is there after a boot too.
    outlasts_boot: ClassVar[bool] = False

    # ---- its table in a state

    def copied(self, rows: dict[Any, Row]) -> dict[Any, Row]:
        """Return rows of their own; what a row holds is never changed."""
        return dict(rows)

    def exists(self, state: State, thing: Thing) -> bool:
        """Tell whether there is something of that name, whoever made it."""
        return thing.key in state.rows(self, thing.netns)

    # ---- how it is read

    def prepare(self, scope: Scope, state: State, reader: Reader) -> None:
        """Read what is not in a namespace, and add to the scope what that asks for. Raises: OSError."""

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Row]:
        """Return a reading of what the scope asks for, into the state."""
        return Reading(state)

    def unseen(self, state: State) -> Any:
        """Return what no view shows of it, to be compared after a rollback."""
        return None

    # ---- what the kernel does by itself

    def happens(self, state: State, event: Event) -> None:
        """Do to the rows of this kind what an event does to them."""

    def restored(self, before: State, event: Event) -> Iterable[Step]:
        """Return the steps that undo what the event did to the rows of this kind, seen from the state before."""
        return ()

    # ---- what is shown

    def leaf(self, state: State, end: Endpoint) -> dict[str, Any]:
        """Return what a view shows of this kind on an interface that goes with its namespace."""
        return {}

    # ---- ownership: what a topology made

    def called(self, thing: Thing) -> str:
        """Return the thing as a sentence begins with it."""
        place = Endpoint(thing.netns, thing.key[0])
        return f"{self.name.capitalize()} {' of '.join([*thing.key[1:], str(place)])}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        """Return what tells the thing from another of its name; None: there is none of that name."""
        return None

    def made(self, host: Host, thing: Thing, around: str) -> str:
        """Return the identity of a thing that was just made; ``around`` is that of its namespace. Raises: OSError."""
        return around

    def marked(self, state: State, thing: Thing, topology: str) -> str:
        """Return the identity of what carries the mark of a topology, by which it is known without a record too; empty
        where it carries none.
        """
        return ""

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        """Tell whether a key that was read from a record can be one."""
        return False

    def recorded(self, scope: Scope, thing: Thing) -> None:
        """Ask for what must be known to tell whether a recorded thing that is in no namespace is still there."""

    def declared_as(self, thing: Thing) -> Thing:
        """Return the thing as what declares it names it."""
        return thing

    def surplus(self, scope: Scope, thing: Thing) -> None:
        """Ask for what must be known to remove a recorded thing, beside the interfaces of its namespace."""

    def half_removed(self, state: State, thing: Thing) -> bool:
        """Tell whether what is left of a recorded thing is what a run leaves that was killed while it removed it."""
        return False

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        """Yield the steps that remove those of the things that are a topology's own (``mine``), and that may go.

        What has to stay is said in the state's notes.
        """
        return iter(())

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        """Return what a diff shows of a thing that a topology made and no longer names."""
        return {}


class OnInterface(Kind[tuple[Row, ...]]):
    """A kind of which interfaces have some: its rows are by interface, each all of one, in the kernel's order."""

    on_interface = True

    def named(self, row: Row) -> str:
        """Return what names one among those of its interface."""
        return str(row)

    def exists(self, state: State, thing: Thing) -> bool:
        interface, name = thing.key
        return any(self.named(one) == name for one in state.row(self, thing.netns, interface) or ())

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 2 and is_name(key[0]) and isinstance(key[1], str)

    def taken(self, state: State, event: Event) -> Sequence[Row]:
        """Return what the kernel takes away upon an event, of what the interface has: all, when the interface goes."""
        there: Optional[tuple[Row, ...]] = state.row(self, event.netns, event.interface)
        return there or () if event.what in (MOVED, GONE) else ()

    def again(self, end: Endpoint, rows: Sequence[Row]) -> Iterable[Step]:
        """Return the steps that give an interface what was taken away from it."""
        return ()

    def happens(self, state: State, event: Event) -> None:
        there = state.row(self, event.netns, event.interface)
        if event.what in (MOVED, GONE):
            state.drop(self, event.netns, event.interface)
        elif there:
            taken = self.taken(state, event)
            if taken:
                left = tuple(one for one in there if one not in taken)
                state.put(self, event.netns, event.interface, left)

    def restored(self, before: State, event: Event) -> Iterable[Step]:
        return self.again(Endpoint(event.netns, event.interface), self.taken(before, event))


class Carried(Kind[Row]):
    """A kind of which steps may take something away without naming it, and which a checkpoint therefore remembers.

    All is said of one namespace: what it had at the checkpoint, ``was``, and what it has ``now``. Both states have the
    interfaces and the kinds that are carried.
    """

    def requests(self, was: State, now: State, netns: Netns) -> Iterable[tuple[str, bytes]]:
        """Return what puts back what has gone, in order: what it is called, and the request for it."""
        return ()

    def differences(self, was: State, now: State, netns: Netns) -> Iterable[str]:
        """Return what is not as it was and can only be told, in words."""
        return ()

    def gone(self, was: State, now: State, netns: Netns, removed: Collection[Key]) -> Iterable[str]:
        """Return what has gone though the interface that it belongs to is still there, in words.

        What has one of the keys ``removed``, which are those of all kinds, was to go.
        """
        return ()

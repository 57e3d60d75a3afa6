# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queueing disciplines of interfaces, with their classes: what shapes what is sent."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._disciplines import (
    CLASSES,
    DISCIPLINES,
    arguments,
    asked_again,
    changeable,
    changes,
    decoded,
    leaf,
    options_of,
    same,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, OnInterface, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    identity_on,
    inside,
    joined,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Declared,
    Endpoint,
    Key,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    of_interface,
    tool,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    octets,
    text,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import CREATE, REPLACE

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/rtnetlink.h: struct tcmsg (family, ifindex, handle, parent, info); TCA_KIND, TCA_OPTIONS.
_TCMSG = struct.Struct("=BxxxiIII")
_KIND, _OPTIONS = 1, 2
_NEWQDISC, _DELQDISC, _GETQDISC, _NEWTCLASS, _DELTCLASS, _GETTCLASS, _GETTFILTER = 36, 37, 38, 40, 41, 42, 46
#: linux/pkt_sched.h: the places of disciplines (TC_H_ROOT, TC_H_INGRESS), by what ``tc`` calls them.
PLACES = {"root": 0xFFFFFFFF, "ingress": 0xFFFFFFF1}
_INGRESS, _MAJOR = 0xFFFF0000, 0xFFFF0000
#: The handles of those that are made here, by which they are known: nobody else is likely to choose them. Two, so that
#: one can take the place of the other.
_OURS = (0x6E650000, 0x6E660000)
#: The class of ours that all goes to, of a discipline with classes.
_CLASS = 1
#: Disciplines with classes that people add, and those that filters can be put on.
_CLASSFUL = frozenset({"htb", "hfsc", "drr", "qfq"})
_FILTERED = _CLASSFUL | {"prio", "ets", "multiq", "ingress", "clsact", "cake", "fq_codel", "sfq"}
#: The bytes of an Ethernet header (ETH_HLEN).
_HEADER = 14
#: What takes part of a second, where nothing is said: as a burst, and to wait.
_BURSTS, _WAITING = 100, 20
#: The distributions' packages with the modules of disciplines.
_PACKAGES = "Debian: linux-image-amd64; Ubuntu: linux-modules-extra; Fedora, Enterprise Linux: kernel-modules-extra"


class Entry(NamedTuple):
    """A discipline or a class of an interface, or how many filters there are at a place (``sort``).

    ``handle`` names it, ``parent`` says where it is: at one of the :data:`PLACES`, or below a class. ``options`` are
    the kernel's own (TCA_OPTIONS).
    """

    sort: str
    handle: int
    parent: int
    kind: str
    options: bytes = b""

    @property
    def place(self) -> str:
        """The place that it is in itself; empty below another."""
        return next((name for name, number in PLACES.items() if number == self.parent and self.sort == "qdisc"), "")

    @property
    def is_incoming(self) -> bool:
        """Whether it belongs to the place ``ingress``, whose discipline has this handle always."""
        return (self.parent if self.sort == "filters" else self.handle) & _MAJOR == _INGRESS

    def request(self, index: int) -> bytes:
        """Return the request that puts it there, in the place of what is there."""
        kind = _NEWQDISC if self.sort == "qdisc" else _NEWTCLASS
        fields = attribute(_KIND, octets(self.kind) + b"\0") + (
            attribute(_OPTIONS, self.options) if self.options else b""
        )
        return requests.change(kind, CREATE | REPLACE, _TCMSG.pack(0, index, self.handle, self.parent, 0) + fields)

    def again(self, index: int, changed: bool = False) -> bytes:
        """Return the request that puts back what was reported; ``changed``: it is there, with other options."""
        options = asked_again(self.kind, self.options, changed) if self.sort == "qdisc" else self.options
        return self._replace(options=options).request(index)


def _number(handle: int) -> str:
    """Write a handle as ``tc`` does."""
    major, minor = divmod(handle, 0x10000)
    return f"{major:x}:{minor:x}" if minor else f"{major:x}:"


class QdiscKind(OnInterface[Entry], Carried[tuple[Entry, ...]]):
    """The queueing disciplines that people gave the interfaces of a namespace, each after what it is below.

    The kernel's own have no handle, and are no rows. A thing is one by its interface and its place.
    """

    name = "queueing discipline"
    plural = "queueing disciplines"
    order = 28

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Entry, ...]]:
        return _Disciplines(state)

    def again(self, end: Endpoint, rows: Sequence[Entry]) -> Iterable[Step]:
        return [PutBack(*end, one) for one in rows if one.sort != "filters"]

    def named(self, row: Entry) -> str:
        return row.place if row.handle in _OURS or row.kind == "ingress" else ""

    # ---- ownership

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return super().is_key(key, is_name) and key[1] in PLACES

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            end, place = Endpoint(thing.netns, thing.key[0]), thing.key[1]
            if not mine(thing):
                continue
            if others(state, end, place):
                state.notes.append(f"{self.called(thing)} stays, for others have put filters or classes on it.")
            else:
                yield DeleteDiscipline(*end, place)

    def called(self, thing: Thing) -> str:
        end = Endpoint(thing.netns, thing.key[0])
        return f"The shaping of {end}" if thing.key[1] == "root" else f"Queueing discipline ingress of {end}"

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        end = Endpoint(thing.netns, thing.key[0])
        return of_interface(*end, _leaf(state, end, at(state, end, thing.key[1])))

    def leaf(self, state: State, end: Endpoint) -> dict[str, Any]:
        return _leaf(state, end, at(state, end, "root"))

    # ---- the checkpoint

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        indexes = {one.name: one.ifindex for one in inside(now, netns).values()}
        for name, before in was.rows(self, netns).items():
            index, there = indexes.get(name), of(now, Endpoint(netns, name))
            for one in before if index is not None else ():
                if one not in there and one.sort != "filters":
                    yield f"queueing discipline {one.kind} of {name}", one.again(index or 0)

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        before, after = was.rows(self, netns), now.rows(self, netns)
        for name in {**before, **after}:
            if name in inside(now, netns) and before.get(name, ()) != after.get(name, ()):
                yield f"the queueing disciplines of {name}"


QDISC = QdiscKind()


class _Disciplines(Reading[tuple[Entry, ...]]):
    """One reading of queueing disciplines."""

    def inside(self, netns: Netns, route: Socket) -> None:
        names = names_by_index(self._state, netns)
        found: dict[int, list[Entry]] = {}
        for raw in route.dump(requests.dump(_GETQDISC, bytes(_TCMSG.size))):
            index, one = _entry("qdisc", raw)
            if one.handle and index in names:
                found.setdefault(index, []).append(one)
        rows = self._state.table(QDISC, netns)
        for index, some in found.items():
            rows[names[index]] = tuple(_ordered([*some, *_upon(index, some, route)]))


def _upon(index: int, disciplines: Sequence[Entry], route: Socket) -> Iterator[Entry]:
    """Read the classes of disciplines of an interface, and how many filters they have."""
    if any(one.kind in _CLASSFUL for one in disciplines):
        for raw in route.dump(requests.dump(_GETTCLASS, _TCMSG.pack(0, index, 0, 0, 0))):
            one = _entry("class", raw)[1]
            if one.kind in _CLASSFUL and one.handle & ~_MAJOR:
                yield one
    for one in disciplines:
        if one.kind in _FILTERED:
            # Of clsact they are at what comes in (TC_H_MIN_INGRESS) and what goes out (TC_H_MIN_EGRESS).
            for parent in (one.handle | 0xFFF2, one.handle | 0xFFF3) if one.kind == "clsact" else (one.handle,):
                filters = route.dump(requests.dump(_GETTFILTER, _TCMSG.pack(0, index, 0, parent, 0)))
                if filters:
                    yield Entry("filters", 0, parent, str(len(filters)))


def _entry(sort: str, raw: bytes) -> tuple[int, Entry]:
    """Return the index of the interface of a report, and what it reports."""
    _family, index, handle, parent, _info = _TCMSG.unpack_from(raw, 16)
    fields = attributes(raw, _TCMSG.size, (_KIND, _OPTIONS))
    kind, options = text(fields.get(_KIND, b"")), fields.get(_OPTIONS, b"")
    return index, Entry(sort, handle, parent, kind, _settable(kind, options) if sort == "qdisc" else options)


def _settable(kind: str, options: bytes) -> bytes:
    """Return the options of a report as the kernel takes them.

    Of htb it counts packets there, and tells a longer version than the one that it wants (htb_dump(), htb_init() in
    net/sched/sch_htb.c; struct tc_htb_glob: version, rate2quantum, defcls, debug, direct_pkts; TCA_HTB_INIT).
    """
    if kind != "htb":
        return options
    fields = attributes(options, -16)
    version, *rest, _counted = struct.unpack("=5I", fields[2])
    fields[2] = struct.pack("=5I", version >> 16 or version, *rest, 0)
    return b"".join(attribute(code, one) for code, one in fields.items())


def _ordered(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Put each after what it is below: the discipline of a class, the class that holds it."""
    left = list(entries)
    known: set[int] = set(PLACES.values())
    while left:
        ready = [one for one in left if one.parent in known and (one.sort == "qdisc" or one.handle & _MAJOR in known)]
        # What is in a circle, or below what nobody tells, comes as it is.
        for one in ready or left:
            known.add(one.handle)
            yield one
        left = [one for one in left if one not in (ready or left)]


def of(state: State, end: Endpoint) -> tuple[Entry, ...]:
    """Return the disciplines of an interface."""
    return state.row(QDISC, end.netns, end.interface) or ()


def at(state: State, end: Endpoint, place: str) -> Optional[Entry]:
    """Return the discipline that is at a place of an interface, or None."""
    return next((one for one in of(state, end) if one.place == place), None)


def tree(state: State, end: Endpoint, place: str) -> list[Entry]:
    """Return the discipline at a place of an interface, with all that is below it and upon it."""
    return [one for one in of(state, end) if one.is_incoming == (place == "ingress")]


def default_class(state: State, end: Endpoint, found: Entry) -> Optional[Entry]:
    """Return the class that a discipline has for what nothing else is said of, if it is below no other; or None."""
    number = (decoded(found.kind, found.options) or {}).get("default", 0)
    handle = (found.handle & _MAJOR) | number
    classes = (one for one in of(state, end) if one.sort == "class" and one.handle == handle)
    return next((one for one in classes if one.parent == PLACES["root"]), None) if number else None


def others(state: State, end: Endpoint, place: str) -> list[Entry]:
    """Return what others have put below or upon the discipline at a place of an interface."""
    found = at(state, end, place)
    own = None if found is None else default_class(state, end, found)
    return [one for one in tree(state, end, place) if one not in (found, own)]


def options_there(state: State, end: Endpoint, found: Entry) -> Optional[dict[str, int]]:
    """Return the options of a discipline that people say; None where they cannot all be said here."""
    if found.kind not in CLASSES:
        return decoded(found.kind, found.options)
    one = default_class(state, end, found)
    several = any(other.sort == "class" for other in others(state, end, found.place))
    return None if one is None or several else decoded(one.kind, one.options, CLASSES)


def _leaf(state: State, end: Endpoint, found: Optional[Entry]) -> dict[str, Any]:
    """Return what a view shows of the discipline of an interface."""
    return {} if found is None else {"shaping": leaf(found.kind, options_there(state, end, found))}


def as_result(state: State, end: Endpoint, place: str = "root") -> Optional[dict[str, Any]]:
    """Return the discipline at a place of an interface, as results have it; None: it has the kernel's own."""
    found = at(state, end, place)
    return None if found is None else leaf(found.kind, options_there(state, end, found))


def as_written(state: State, end: Endpoint) -> tuple[Optional[dict[str, Any]], list[str]]:
    """Return the shaping of an interface as one would write it, and what of it cannot be written, in words."""
    written: Optional[dict[str, Any]] = None
    unsaid = []
    for place in PLACES:
        found = at(state, end, place)
        said = None if found is None or others(state, end, place) or written else _said(state, end, found)
        if said:
            written = said
        elif found is not None:
            unsaid.append(f"queueing discipline {found.kind} ({place}), with what is on it,")
    return written, unsaid


def _said(state: State, end: Endpoint, found: Entry) -> Optional[dict[str, Any]]:
    """Return a discipline as one would write it; None: it cannot be written."""
    said = options_there(state, end, found)
    if found.kind not in DISCIPLINES or said is None:
        return None
    kind = found.kind
    stated = {name: one for name, one in leaf(kind, said).items() if name != "qdisc"}
    if kind in ("netem", "tbf"):
        return stated
    return {"qdisc": kind, **({kind: stated} if stated else {})}


@immutable
class Shaping(Declared):
    """An interface has this queueing discipline at a place, or none.

    Of one with classes, the options are those of its only one.
    """

    path: str
    netns: Netns
    interface: str
    kind: str
    options: tuple[tuple[str, int], ...] = ()
    present: bool = True

    @property
    def place(self) -> str:
        """Where it is."""
        return "ingress" if self.kind == "ingress" else "root"

    @property
    def end(self) -> Endpoint:
        """The interface."""
        return Endpoint(self.netns, self.interface)

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(QDISC, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if not self.present:
            if at(state, self.end, self.place) is not None:
                yield DeleteDiscipline(*self.end, self.place)
            return
        found = require(state, self.path, self.end)
        asked = self._asked(found.mtu or 1500)
        there = at(state, self.end, self.place)
        if there is not None and self._is_right(state, there, asked):
            return
        if self.kind not in CLASSES:
            yield self._set(state, there, asked)
            return
        if there is None or there.kind != self.kind or not self._has_place(state, there):
            yield self._set(state, None, {"default": _CLASS})
        yield self._class(state, asked)

    def _has_place(self, state: State, there: Entry) -> bool:
        """Tell whether the class is there, or can be made."""
        ours = there.handle in _OURS and decoded(there.kind, there.options) == {"default": _CLASS}
        taken = any(one.handle == there.handle | _CLASS for one in of(state, self.end))
        return default_class(state, self.end, there) is not None or (ours and not taken)

    def _class(self, state: State, asked: dict[str, int]) -> Step:
        """Return the step that makes the class of the discipline, or changes it."""
        there = at(state, self.end, self.place)
        now = None if there is None else default_class(state, self.end, there)
        handle = now.handle if now is not None else (0 if there is None else there.handle) | _CLASS
        return SetClass(*self.end, handle, self.kind, tuple(asked.items()))

    def _asked(self, mtu: int) -> dict[str, int]:
        """Return all the options that are not to be left alone, on an interface with an MTU. Raises: Impossible."""
        options = {name: one.default for name, one in options_of(self.kind).items() if one.default is not None}
        options.update(self.options)
        packet = mtu + _HEADER
        if self.kind == "htb":
            options.setdefault("ceil", options["rate"])
            for name, limit in (("burst", "rate"), ("cburst", "ceil")):
                options.setdefault(name, max(options[limit] // _BURSTS, 2 * packet))
        if self.kind == "tbf":
            rate = options["rate"]
            options.setdefault("burst", max(rate // _BURSTS, 2 * packet))
            options.setdefault("limit", options["burst"] + rate // _WAITING)
            for name in ("burst", "limit"):
                if options[name] < packet:
                    raise Impossible(
                        joined(self.path, name),
                        f"{options[name]} bytes are less than a packet of {self.interface} has, whose MTU is {mtu}: "
                        f"the kernel would drop it; {packet} or more are needed",
                    )
        return options

    def _is_right(self, state: State, there: Entry, asked: dict[str, int]) -> bool:
        if there.kind == "clsact" and self.kind == "ingress":
            return True  # it is that, and more
        shown = options_there(state, self.end, there)
        return there.kind == self.kind and shown is not None and same(self.kind, asked, shown)

    def _set(self, state: State, there: Optional[Entry], asked: dict[str, int]) -> Step:
        """Return the step that changes what is there, if the kernel can, or else takes its place."""
        was = decoded(there.kind, there.options) if there is not None and there.kind == self.kind else None
        if there is not None and was is not None and changeable(self.kind, was, asked):
            fields = tuple(changes(self.kind, asked).items())
            return SetDiscipline(*self.end, self.place, there.handle, self.kind, fields, tuple(was.items()))
        taken = {one.handle & _MAJOR for one in of(state, self.end)}
        handle = _INGRESS if self.place == "ingress" else next(one for one in _OURS if one not in taken)
        return SetDiscipline(*self.end, self.place, handle, self.kind, tuple(asked.items()))

    def view(self, state: State) -> dict[str, Any]:
        found = find(state, self.end)
        there = at(state, self.end, self.place)
        if found is None or there is None:
            return {}
        asked = dict(self.options)
        if self.present:
            try:
                asked = self._asked(found.mtu or 1500)
            except Impossible:
                return of_interface(*self.end, _leaf(state, self.end, there))
            if self._is_right(state, there, asked):
                return of_interface(*self.end, {"shaping": leaf(there.kind, asked)})
        shown = options_there(state, self.end, there)
        if there.kind == self.kind and self.present and shown is not None:
            # What is left alone is not shown.
            shown = {name: one for name, one in shown.items() if name in asked}
        return of_interface(*self.end, {"shaping": leaf(there.kind, shown)})

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [Thing(QDISC, self.netns, (self.interface, self.place))] if self.present else []


def endpoint_key() -> _form.Key[Any]:
    """Return the key of an endpoint, as a topology has it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form, _shaping

    def declare(site: _form.Site, written: _shaping.Shaping, _owner: _form.Owner) -> Sequence[Declared]:
        kind, options = written.written
        return [Shaping(written.path, site.netns, site.interface, kind, tuple(options.items()))]

    return _form.Key(_shaping.Shaping, "How what the interface sends is held back, or lost.", declare=declare)


class _OfDiscipline(Request):
    """A step that puts a discipline, or a class of one, on an interface."""

    kind: str

    def advice(self, error: int) -> str:
        if error != errno.ENOENT:
            return ""
        return f"this kernel has no {self.kind} now: load the module sch_{self.kind} ({_PACKAGES})"


@immutable
class SetDiscipline(_OfDiscipline):
    """Put a queueing discipline at a place of an interface; one of the same handle and kind is changed where it is.

    ``was`` are the options of the one that is changed.
    """

    netns: Netns
    interface: str
    place: str
    handle: int
    kind: str
    options: tuple[tuple[str, int], ...]
    was: Optional[tuple[tuple[str, int], ...]] = None

    def command(self) -> Sequence[str]:
        said = arguments(self.kind, dict(self.options), dict(self.was or ()))
        if self.place == "ingress":
            return tool("tc", self.netns, "qdisc", "replace", "dev", self.interface, "ingress")
        where = ["root", "handle", _number(self.handle)]
        return tool("tc", self.netns, "qdisc", "replace", "dev", self.interface, *where, *said)

    def at_boot(self, script: Script) -> None:
        end = Endpoint(self.netns, self.interface)
        script.needs(end)
        # Some options cannot be stated again of the same one.
        script.run(self.command(), unless=script.shaped(end, f"qdisc {self.kind} {_number(self.handle)} "))

    def _entry(self) -> Entry:
        fields = DISCIPLINES[self.kind].encode(dict(self.options))
        return Entry("qdisc", self.handle, PLACES[self.place], self.kind, fields)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return self._entry().request(sender.index(self.netns, self.interface))

    def makes(self) -> Sequence[Thing]:
        return [Thing(QDISC, self.netns, (self.interface, self.place))] if self.was is None else []

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is None:
            return
        if self.was is None:
            gone = tree(state, end, self.place)
            state.put(QDISC, *end, (self._entry(), *(one for one in of(state, end) if one not in gone)))
            return
        options = {**dict(self.was), **dict(self.options)}
        now = self._entry()._replace(options=DISCIPLINES[self.kind].encode(options))
        changed = (now if one.place == self.place else one for one in of(state, end))
        state.put(QDISC, *end, tuple(changed))

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        there = at(before, end, self.place)
        if there is None:
            return [DeleteDiscipline(*end, self.place)]
        if self.was is not None:
            return [PutBack(*end, there, changes=True)]
        return QDISC.again(end, tree(before, end, self.place))

    def irreversible(self, before: State) -> Optional[str]:
        return None if self.was is not None else _lost(before, Endpoint(self.netns, self.interface), self.place)


@immutable
class SetClass(_OfDiscipline):
    """Make a class of a discipline that is below no other, or change it where it is."""

    netns: Netns
    interface: str
    handle: int
    kind: str
    options: tuple[tuple[str, int], ...]

    @property
    def _entry(self) -> Entry:
        return Entry("class", self.handle, PLACES["root"], self.kind, CLASSES[self.kind].encode(dict(self.options)))

    def command(self) -> Sequence[str]:
        said = arguments(self.kind, dict(self.options), {}, CLASSES)
        where = ["parent", _number(self.handle & _MAJOR), "classid", _number(self.handle)]
        return tool("tc", self.netns, "class", "replace", "dev", self.interface, *where, *said)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return self._entry.request(sender.index(self.netns, self.interface))

    def _was(self, state: State) -> Optional[Entry]:
        there = of(state, Endpoint(self.netns, self.interface))
        return next((one for one in there if one[:2] == ("class", self.handle)), None)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is not None:
            was, there = self._was(state), of(state, end)
            new = (*there, self._entry) if was is None else (self._entry if one == was else one for one in there)
            state.put(QDISC, *end, tuple(new))

    def undo(self, before: State) -> Iterable[Step]:
        was = self._was(before)
        if was is None:
            return [DeleteClass(self.netns, self.interface, self.handle)]
        return [PutBack(self.netns, self.interface, was, changes=True)]


@immutable
class DeleteClass(Request):
    """Delete a class of a discipline."""

    netns: Netns
    interface: str
    handle: int

    def command(self) -> Sequence[str]:
        return tool("tc", self.netns, "class", "delete", "dev", self.interface, "classid", _number(self.handle))

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        return requests.change(_DELTCLASS, 0, _TCMSG.pack(0, index, self.handle, 0, 0))

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.ENOENT)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        state.put(QDISC, *end, tuple(one for one in of(state, end) if one[:2] != ("class", self.handle)))

    def undo(self, before: State) -> Iterable[Step]:
        return []


@immutable
class DeleteDiscipline(Request):
    """Delete the queueing discipline at a place of an interface: it gets the kernel's own again."""

    netns: Netns
    interface: str
    place: str

    def command(self) -> Sequence[str]:
        return tool("tc", self.netns, "qdisc", "delete", "dev", self.interface, self.place)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        index = sender.index(self.netns, self.interface)
        return requests.change(_DELQDISC, 0, _TCMSG.pack(0, index, 0, PLACES[self.place], 0))

    def removes(self) -> Sequence[Thing]:
        return [Thing(QDISC, self.netns, (self.interface, self.place))]

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.ENOENT)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        gone = tree(state, end, self.place)
        left = tuple(one for one in of(state, end) if one not in gone)
        if left:
            state.put(QDISC, *end, left)
        else:
            state.drop(QDISC, *end)

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        return QDISC.again(end, tree(before, end, self.place))

    def irreversible(self, before: State) -> Optional[str]:
        return _lost(before, Endpoint(self.netns, self.interface), self.place)


def _lost(before: State, end: Endpoint, place: str) -> Optional[str]:
    """Return what goes with the discipline at a place and cannot be put back, in words; None: nothing does."""
    filters = any(one.sort == "filters" for one in tree(before, end, place))
    return f"the filters of the queueing disciplines of {end}" if filters else None


@immutable
class PutBack(_OfDiscipline):
    """Put back a discipline or a class that was there before, as the kernel reported it.

    ``changes``: it is there, with other options.
    """

    netns: Netns
    interface: str
    entry: Entry
    changes: bool = False

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Its kind."""
        return self.entry.kind

    def command(self) -> Sequence[str]:
        one = self.entry
        # A class that is below no other is one of the discipline's own.
        parent = one.handle & _MAJOR if one.parent == PLACES["root"] else one.parent
        where = [one.place] if one.place else ["parent", _number(parent)]
        named = "handle" if one.sort == "qdisc" else "classid"
        return tool(
            "tc", self.netns, one.sort, "replace", "dev", self.interface, *where, named, _number(one.handle), one.kind
        )

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return self.entry.again(sender.index(self.netns, self.interface), self.changes)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is None:
            return
        one = self.entry
        root = at(state, end, one.place) if one.place else None
        gone = [] if root is None or root.handle == one.handle else tree(state, end, one.place)
        kept = (each for each in of(state, end) if each not in gone and each[:2] != one[:2])
        state.put(QDISC, *end, (*kept, one))

    def undo(self, before: State) -> Iterable[Step]:
        return []

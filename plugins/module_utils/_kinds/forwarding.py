# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarding entries that stay (``bridge fdb``): those by which a VXLAN has several remotes, and those of bridge ports.

A VXLAN sends what it has no other entry for to each remote of the entries for 00:00:00:00:00:00. The one for its
``remote`` or ``group`` the kernel makes by itself.
"""

from __future__ import annotations

import errno
import struct
import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    CHANGED,
    GONE,
    MOVED,
    Carried,
    Event,
    OnInterface,
    Reading,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    identity_on,
    inside,
    joined,
    names_by_index,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import lower_index
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    TUNING,
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
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes, canonical, version_of
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    number,
    unsigned,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import APPEND, CREATE, DELNEIGH, NEWNEIGH

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/socket.h: AF_BRIDGE. linux/neighbour.h: struct ndmsg; the states that people give; flags: of the device itself,
#: of its master, and those of an entry that can be said again (EXT_LEARNED, STICKY).
_AF_BRIDGE, _NDMSG = 7, struct.Struct("=BxxxiHBB")
_PERMANENT, _NOARP = 0x80, 0x40
_SELF, _OF_MASTER, _LEARNED, _SAID = 0x02, 0x04, 0x10, 0x10 | 0x40
#: linux/neighbour.h: DST, LLADDR, MASTER; what else tells one entry from another, by what ``bridge`` calls it: VLAN,
#: PORT (in the network's order), VNI, IFINDEX, SRC_VNI, NH_ID.
_DST, _LLADDR, _MASTER = 1, 2, 9
_PORT, _VIA, _SRC_VNI = 6, 8, 11
_DETAILS = {5: "vlan", _PORT: "port", 7: "vni", _VIA: "via", _SRC_VNI: "src_vni", 13: "nhid"}
#: linux/if_link.h: IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6.
_REMOTE, _REMOTE6 = 2, 16
#: What a VXLAN has remotes for: all that it has no other entry for.
ALL = "00:00:00:00:00:00"


class Entry(NamedTuple):
    """A forwarding entry: for which MAC address, and to which remote (empty: to none).

    ``details`` are what else tells it from others, by the kernel's attributes, and ``via`` the name of the interface
    among them. ``state`` and ``flags`` are the kernel's.
    """

    mac: str
    remote: str = ""
    details: tuple[tuple[int, bytes], ...] = ()
    via: str = ""
    state: int = _PERMANENT | _NOARP
    flags: int = _SELF

    @property
    def name(self) -> str:
        """What tells it from the others of its interface, as ``bridge fdb`` takes it."""
        return " ".join([self.mac, *self.words()])

    def words(self) -> list[str]:
        """Return what follows the interface in a command."""
        told = [] if not self.remote else ["dst", self.remote]
        for code, raw in self.details:
            told += [_DETAILS[code], self._detail(code, raw)]
        return told

    def _detail(self, code: int, raw: bytes) -> str:
        if code == _VIA:
            return self.via or f"if{unsigned(raw)}"
        return str(int.from_bytes(raw, "big" if code == _PORT else sys.byteorder))

    @property
    def is_own(self) -> bool:
        """Whether it is one of the interface itself, not of the bridge whose port that is."""
        return bool(self.flags & _SELF)

    @property
    def is_remote(self) -> bool:
        """Whether it makes a VXLAN have one remote more: one that people gave, for all VLANs and VNIs that come in."""
        return self.is_own and self.mac == ALL and bool(self.remote) and not self.flags & _LEARNED and not self._special

    @property
    def _special(self) -> bool:
        return any(code == _SRC_VNI for code, _raw in self.details)

    def request(self, kind: int, flags: int, index: int) -> bytes:
        """Return the request that makes it an entry of an interface, or removes it."""
        mac = bytes.fromhex(self.mac.replace(":", ""))
        fields = [(_LLADDR, mac), *([(_DST, address_bytes(self.remote))] if self.remote else []), *self.details]
        body = _NDMSG.pack(_AF_BRIDGE, index, self.state, self.flags, 0)
        return requests.change(kind, flags, body + b"".join(attribute(code, raw) for code, raw in fields))


class ForwardingKind(OnInterface[Entry], Carried[tuple[Entry, ...]]):
    """The forwarding entries of a namespace that stay, by interface."""

    name = "forwarding entry"
    plural = "forwarding entries"
    order = 18

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[Entry, ...]]:
        return _Entries(state)

    def named(self, row: Entry) -> str:
        return row.name

    def happens(self, state: State, event: Event) -> None:
        end = Endpoint(event.netns, event.interface)
        if event.what == MOVED:
            # A VXLAN keeps its own; a port loses those of its bridge.
            kept = tuple(one for one in of(state, end) if one.is_own)
            state.drop(self, *end)
            if kept:
                state.put(self, *event.arrives, kept)
        elif event.what == CHANGED:
            # The entry for its remote may become another's.
            state.put(self, *end, tuple(given(state, end)))
        else:
            super().happens(state, event)

    def restored(self, before: State, event: Event) -> Iterable[Step]:
        end = Endpoint(event.netns, event.interface)
        if event.what not in (GONE, CHANGED):
            return ()
        return [AppendEntry(*end, one) for one in given(before, end) if one.is_own]

    # ---- ownership

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            end = Endpoint(thing.netns, thing.key[0])
            for one in given(state, end) if mine(thing) else ():
                if one.name == thing.key[1]:
                    yield DeleteEntry(*end, one)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        end = Endpoint(thing.netns, thing.key[0])
        return _view(end, [one.remote for one in given(state, end) if one.name == thing.key[1]])

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return super().is_key(key, is_name) and key[1].startswith(f"{ALL} dst ")

    # ---- the checkpoint

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        for name, found in inside(now, netns).items():
            # What a bridge has itself the kernel has given it.
            if name not in inside(was, netns) or found.type == "bridge":
                continue
            before, after = of(was, Endpoint(netns, name)), of(now, Endpoint(netns, name))
            for kind, flags, entries in (
                # What a VXLAN was made anew with, of a remote that had been replaced.
                (DELNEIGH, 0, [one for one in after if one.is_own and one not in before]),
                (NEWNEIGH, CREATE | APPEND, [one for one in before if one not in after]),
            ):
                for one in entries:
                    yield f"forwarding entry {one.name} of {name}", one.request(kind, flags, found.ifindex or 0)

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        before, after = was.rows(self, netns), now.rows(self, netns)
        for name in {**before, **after}:
            if name in inside(now, netns) and set(before.get(name, ())) != set(after.get(name, ())):
                yield f"the forwarding entries of {name}"

    def gone(self, was: State, now: State, netns: Netns, removed: Container[Key]) -> Iterator[str]:
        for name in was.rows(self, netns):
            end = Endpoint(netns, name)
            for one in given(was, end) if name in inside(now, netns) else ():
                if one.is_own and one not in of(now, end) and (name, one.name) not in removed:
                    yield f"forwarding entry {one.name} of {name}"


FORWARDING = ForwardingKind()


class _Entries(Reading[tuple[Entry, ...]]):
    """One reading of forwarding entries."""

    def inside(self, netns: Netns, route: Socket) -> None:
        rows, interfaces = self._state.table(FORWARDING, netns), inside(self._state, netns)
        names = names_by_index(self._state, netns)
        # The kernel has an entry for each of these, at a port of its choice (br_fdb_add_local()).
        local = {one.mac for one in interfaces.values()}
        for raw in _reports(route):
            _family, index, state, flags, _type = _NDMSG.unpack_from(raw, 16)
            fields = attributes(raw, _NDMSG.size)
            name, mac = names.get(index), fields.get(_LLADDR, b"").hex(":")
            own = _MASTER not in fields
            # All else that is said of interfaces themselves is what they listen to.
            if name is None or not state & (_PERMANENT | _NOARP) or (own and interfaces[name].type != "vxlan"):
                continue
            if not own and state & _PERMANENT and mac in local:
                continue
            details = tuple((code, fields[code]) for code in _DETAILS if code in fields)
            one = Entry(
                mac,
                canonical(fields[_DST]) if _DST in fields else "",
                details,
                names.get(unsigned(fields.get(_VIA)), "") if _VIA in fields else "",
                state & (_PERMANENT | _NOARP),
                (_SELF if own else _OF_MASTER) | (flags & _SAID),
            )
            rows[name] = (*rows.get(name, ()), one)


def _reports(route: Socket) -> Iterable[bytes]:
    try:
        return route.dump(requests.dump(requests.GETNEIGH, _NDMSG.pack(_AF_BRIDGE, 0, 0, 0, 0)))
    except NetlinkError as error:
        if not is_none(error):
            raise
        return ()  # a kernel without bridges


def read(state: State, reader: Reader, end: Endpoint) -> None:
    """Read the forwarding entries of the namespace that was entered, unless they are known. Raises: OSError."""
    if not state.was_read(FORWARDING, end.netns):
        route: Any
        with reader.socket() as route:
            _Entries(state).inside(end.netns, route)


def of(state: State, end: Endpoint) -> tuple[Entry, ...]:
    """Return the forwarding entries of an interface."""
    return state.row(FORWARDING, end.netns, end.interface) or ()


def remote_of(state: State, end: Endpoint) -> str:
    """Return the remote, or the group, that a VXLAN has itself; empty where it has none."""
    found = find(state, end)
    fields = {} if found is None or found.type != "vxlan" else attributes(found.data, -16)
    address = fields.get(_REMOTE) or fields.get(_REMOTE6) or b""
    return canonical(address) if any(address) else ""


def given(state: State, end: Endpoint) -> list[Entry]:
    """Return the forwarding entries of an interface that somebody gave it: without that for its remote."""
    found, remote = find(state, end), remote_of(state, end)
    if found is None or not remote:
        return list(of(state, end))
    lower = lower_index(found)
    own = ((_VIA, number(lower)),) if lower else ()
    return [one for one in of(state, end) if one[:3] != (ALL, remote, own) or not one.is_own]


def remotes(state: State, end: Endpoint) -> list[str]:
    """Return the remotes that a VXLAN has by forwarding entries, in order, as one would write them."""
    return _in_order(one.remote for one in given(state, end) if one.is_remote and not one.details)


def unwritten(state: State, end: Endpoint) -> list[str]:
    """Return the forwarding entries of an interface that nobody can write as its remotes, in words."""
    # A port's own address is one that is permanent.
    others = (one for one in given(state, end) if one.is_own or not one.state & _PERMANENT)
    return [one.name for one in others if not one.is_remote or one.details]


def _in_order(addresses: Iterable[str]) -> list[str]:
    return sorted(addresses, key=lambda one: (version_of(one), address_bytes(one)))


def _view(end: Endpoint, addresses: Iterable[str]) -> dict[str, Any]:
    return of_interface(*end, {"vxlan": {"remotes": _in_order(addresses)}})


@immutable
class Remotes(Declared):
    """A VXLAN has these remotes beside its own, ``remote``, by forwarding entries, and no others."""

    stage = TUNING
    path: str
    netns: Netns
    interface: str
    remotes: tuple[str, ...]
    remote: str = ""

    @property
    def end(self) -> Endpoint:
        """The VXLAN."""
        return Endpoint(self.netns, self.interface)

    @property
    def entries(self) -> list[Entry]:
        """The entries that it needs."""
        return [Entry(ALL, one) for one in self.remotes if one != self.remote]

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(FORWARDING, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if find(state, self.end) is None:
            return
        wanted = self.entries
        # In an order of its own: the kernel's changes when one is put back.
        there = sorted((one for one in given(state, self.end) if one.is_remote), key=lambda one: one.name)
        self._check([one.remote for one in there])
        for one in there:
            if one.name not in {other.name for other in wanted}:
                yield DeleteEntry(*self.end, one)
        for one in wanted:
            if one.name not in {other.name for other in there}:
                yield AppendEntry(*self.end, one)

    def _check(self, there: Sequence[str]) -> None:
        """Make sure that the remotes are of the version of IP that the VXLAN sends over. Raises: Impossible."""
        for one in self.remotes[:1]:
            for other in there[:1]:
                if version_of(one) != version_of(other):
                    raise Impossible(
                        joined(self.path, "vxlan.remotes"),
                        f"{self.end} has the remote {other}, and the kernel does not change the version of IP on a "
                        "living link; remove it first, with state=absent",
                    )

    def view(self, state: State) -> dict[str, Any]:
        if find(state, self.end) is None:
            return {}
        return _view(self.end, (one.remote for one in given(state, self.end) if one.is_remote))

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [Thing(FORWARDING, self.netns, (self.interface, one.name)) for one in self.entries]


@immutable
class AppendEntry(Request):
    """Make a forwarding entry one of an interface, beside others for the same address."""

    netns: Netns
    interface: str
    entry: Entry

    def command(self) -> Sequence[str]:
        return tool("bridge", self.netns, "fdb", "append", self.entry.mac, "dev", self.interface, *self.entry.words())

    def at_boot(self, script: Script) -> None:
        script.needs(Endpoint(self.netns, self.interface))
        # One that is there the kernel takes again without a word (vxlan_fdb_append()).
        super().at_boot(script)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return self.entry.request(NEWNEIGH, CREATE | APPEND, sender.index(self.netns, self.interface))

    def advice(self, error: int) -> str:
        if error != errno.EAFNOSUPPORT:
            return ""
        version = version_of(self.entry.remote)
        return f"{self.interface} does not send over IPv{version}, and the kernel does not change that on a living link"

    def makes(self) -> Sequence[Thing]:
        return [Thing(FORWARDING, self.netns, (self.interface, self.entry.name))]

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        if find(state, end) is not None and self.entry not in of(state, end):
            state.put(FORWARDING, *end, (*of(state, end), self.entry))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteEntry(self.netns, self.interface, self.entry)]


@immutable
class DeleteEntry(Request):
    """Remove a forwarding entry of an interface."""

    netns: Netns
    interface: str
    entry: Entry

    def command(self) -> Sequence[str]:
        return tool("bridge", self.netns, "fdb", "delete", self.entry.mac, "dev", self.interface, *self.entry.words())

    def at_boot(self, script: Script) -> None:
        script.run(self.command(), by="gone")

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return self.entry.request(DELNEIGH, 0, sender.index(self.netns, self.interface))

    def removes(self) -> Sequence[Thing]:
        return [Thing(FORWARDING, self.netns, (self.interface, self.entry.name))]

    def achieved(self, error: int) -> bool:
        return error in (errno.ENODEV, errno.ENOENT)

    def effect(self, state: State) -> None:
        end = Endpoint(self.netns, self.interface)
        state.put(FORWARDING, *end, tuple(one for one in of(state, end) if one != self.entry))

    def undo(self, before: State) -> Iterable[Step]:
        end = Endpoint(self.netns, self.interface)
        return [AppendEntry(*end, self.entry)] if self.entry in of(before, end) else []

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VLANs that bridges and their ports are in (``bridge vlan``), which go when a port leaves its bridge.

A checkpoint remembers them. The options of single VLANs (``bridge vlan set``) are only compared.
"""

from __future__ import annotations

import errno
import re
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    CHANGED,
    GONE,
    LEFT,
    MOVED,
    Carried,
    Event,
    Reading,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    identity_on,
    inside,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import PORT
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import of as port_of
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
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    each_attribute,
    number,
    text,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/rtnetlink.h: DELLINK, GETLINK, SETLINK, GETVLAN (since Linux 5.6); RTEXT_FILTER_BRVLAN_COMPRESSED.
_DELLINK, _GETLINK, _SETLINK, _GETVLAN, _COMPRESSED = 17, 18, 19, 114, 4
#: linux/socket.h: AF_BRIDGE. linux/if_link.h: IFNAME, MASTER, AF_SPEC, EXT_MASK.
_AF_BRIDGE, _IFNAME, _MASTER, _AF_SPEC, _EXT_MASK = 7, 3, 10, 26, 29
#: linux/if_bridge.h: the attributes of AF_SPEC: FLAGS (of which SELF asks for the interface itself), VLAN_INFO (struct
#: bridge_vlan_info) and VLAN_TUNNEL_INFO; its flags.
_FLAGS, _SELF, _VLAN_INFO, _TUNNEL_INFO, _INFO = 0, struct.pack("=H", 2), 2, 3, struct.Struct("=HH")
PVID, UNTAGGED, _BEGIN, _END = 0x02, 0x04, 0x08, 0x10
#: linux/if_bridge.h: of an entry what is no option: TUNNEL_INFO, STATS, MCAST_N_GROUPS.
_NO_OPTIONS = frozenset({4, 5, 7})
#: linux/if_link.h: of a bridge, whether it heeds VLANs (IFLA_BR_VLAN_FILTERING), and the one that new ports are in by
#: themselves (IFLA_BR_VLAN_DEFAULT_PVID), 1 unless another is said.
_FILTERING, _DEFAULT_PVID, _USUAL = 7, 39, 1
#: What a thing of this kind is called: VLANs, as a step has put an interface into them.
_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")

Members = Mapping[int, int]


class PortVlans(NamedTuple):
    """The VLANs that a port, or a bridge itself, is in, with their flags; tunnels and options of VLANs, as the kernel
    has them.
    """

    ifindex: int
    members: Members
    tunnels: tuple[bytes, ...] = ()
    options: tuple[object, ...] = ()


class PortVlanKind(Carried[PortVlans]):
    """The VLANs of the bridges of a namespace and of their ports, by interface.

    A thing is what one step has put an interface into: a VLAN, or a range of them, of which some are left.
    """

    name = "port VLANs"
    plural = "port VLANs"
    order = 19
    on_interface = True

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[PortVlans]:
        return _PortVlans(state)

    def exists(self, state: State, thing: Thing) -> bool:
        row = state.row(self, thing.netns, thing.key[0])
        return row is not None and bool(_within(row.members, thing.key[1]))

    # ---- what the kernel does by itself

    def happens(self, state: State, event: Event) -> None:
        if event.what in (MOVED, GONE, LEFT):
            for end in _affected(state, event):
                state.drop(self, *end)
        elif event.what == CHANGED and _NEW_DEFAULT in event.values:
            new = event.values[_NEW_DEFAULT]
            for end in _affected(state, event):
                row = state.row(self, *end)
                if row is not None:
                    state.put(self, *end, row._replace(members=_with_default(state, end, row.members, new)))

    def restored(self, before: State, event: Event) -> Iterator[Step]:
        changed = event.what == CHANGED and _NEW_DEFAULT in event.values
        for end in _affected(before, event) if event.what in (MOVED, GONE, LEFT) or changed else ():
            row = before.row(self, *end)
            if row is not None:
                own = _is_bridge(before, end)
                now = default_members(before, end)
                yield from (DeleteVlans(*end, *one, own) for one in spans(now.keys() - row.members.keys()))
                yield from (AddVlans(*end, *one, own) for one in ranges(row.members))

    # ---- ownership

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 2 and is_name(key[0]) and bool(_RANGE.fullmatch(str(key[1])))

    def declared_as(self, thing: Thing) -> Thing:
        # Whoever declares some VLANs of an interface declares all of them.
        return _declared(thing.netns, thing.key[0])

    def called(self, thing: Thing) -> str:
        return f"VLAN {thing.key[1]} of {Endpoint(thing.netns, thing.key[0])}"

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(PORT, thing.netns)
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        """Yield what takes the interfaces out of the VLANs; one that is left in none gets what a new one has."""
        own = [thing for thing in things if mine(thing)]
        for thing in own:
            end = Endpoint(thing.netns, thing.key[0])
            for span in spans(_within(members(state, end), thing.key[1])):
                yield DeleteVlans(*end, *span, _is_bridge(state, end))
        for end in dict.fromkeys(Endpoint(thing.netns, thing.key[0]) for thing in own):
            if not members(state, end):
                for one in ranges(default_members(state, end)):
                    yield AddVlans(*end, *one, _is_bridge(state, end), given_back=True)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        end = Endpoint(thing.netns, thing.key[0])
        return _view(state, end, _within(members(state, end), thing.key[1]))

    # ---- the checkpoint

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        after = now.rows(self, netns)
        for name, port in was.rows(self, netns).items():
            if name in after:
                own = _is_bridge(now, Endpoint(netns, name))
                yield from ((f"the VLANs of {name}", request) for request in _requests(after[name], port, own))

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        after = now.rows(self, netns)
        for name, port in was.rows(self, netns).items():
            if name in after and (port.tunnels, port.options) != (after[name].tunnels, after[name].options):
                yield f"the options of the VLANs of {name}"

    def gone(self, was: State, now: State, netns: Netns, removed: Collection[Key]) -> Iterator[str]:
        after, there = now.rows(self, netns), inside(now, netns)
        for name, port in was.rows(self, netns).items():
            left = after[name].members if name in after else {}
            lost = port.members.keys() - left.keys() - _removed(port.members, name, removed)
            leaves = (name, _master_of(was, netns, name)) in removed
            if name in there and lost and not leaves and port.members != {_USUAL: PVID | UNTAGGED}:
                yield f"VLAN{'s' if len(lost) > 1 else ''} {some(_told(lost))} of {name}"


PORT_VLANS = PortVlanKind()
#: The property of a bridge by which its ports are in another VLAN.
_NEW_DEFAULT = "vlan_default_pvid"


class _PortVlans(Reading[PortVlans]):
    """One reading of the VLANs of bridges and their ports."""

    def inside(self, netns: Netns, route: Socket) -> None:
        self._state.table(PORT_VLANS, netns)
        if not any(one.type == "bridge" for one in inside(self._state, netns).values()):
            return
        body = struct.pack("=BxHiII", _AF_BRIDGE, 0, 0, 0, 0) + attribute(_EXT_MASK, number(_COMPRESSED))
        rows, names = self._state.table(PORT_VLANS, netns), names_by_index(self._state, netns)
        for raw in route.dump(requests.dump(_GETLINK, body)):
            name, port = _port(raw)
            if port is not None:
                rows[name] = port
        for index, options in _options(route):
            name = names.get(index, "")
            if name in rows:
                rows[name] = rows[name]._replace(options=options)


def _port(raw: bytes) -> tuple[str, Optional[PortVlans]]:
    """Return the VLANs of a port, or of a bridge itself, by its name, from a report of the bridge's; None of what is
    neither.
    """
    fields = attributes(raw, 16, (_IFNAME, _MASTER, _AF_SPEC))
    (index,) = struct.unpack_from("=i", raw, 20)
    if _MASTER not in fields:
        return "", None
    members: dict[int, int] = {}
    tunnels, first = [], 0
    for kind, value in each_attribute(fields.get(_AF_SPEC, b""), -16):
        if kind == _TUNNEL_INFO:
            tunnels.append(value)
        elif kind == _VLAN_INFO:
            flags, vid = _INFO.unpack_from(value)
            first = first if flags & _END else vid
            members.update(dict.fromkeys(range(first, vid + 1), flags & (PVID | UNTAGGED)))
    return text(fields[_IFNAME]), PortVlans(index, members, tuple(tunnels))


def _options(route: Socket) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield what is set of the VLANs of each port beside, by its index."""
    try:
        found = route.dump(requests.dump(_GETVLAN, struct.pack("=BBHI", _AF_BRIDGE, 0, 0, 0)))
    except NetlinkError as error:
        if not is_none(error):
            raise
        return  # a kernel before Linux 5.6, or without bridges
    for raw in found:
        entries = (attributes(entry, -16) for _kind, entry in each_attribute(raw, 8))
        yield (
            struct.unpack_from("=I", raw, 20)[0],
            tuple(tuple(sorted((kind, entry[kind]) for kind in entry if kind not in _NO_OPTIONS)) for entry in entries),
        )


def in_results(state: State, netns: Netns, name: str) -> list[dict[str, Any]]:
    """Return the VLANs that a port or a bridge is in, as results have them."""
    return [
        {"id": vid, "pvid": bool(flags & PVID), "untagged": bool(flags & UNTAGGED)}
        for vid, flags in sorted(members(state, Endpoint(netns, name)).items())
    ]


def as_written(state: State, end: Endpoint) -> Optional[list[Any]]:
    """Return the VLANs of a port or a bridge as one would write them; None: it has what a new one has, or there are no
    VLANs here.
    """
    from ansible_collections.linuxnet.netns.plugins.module_utils import _vlans

    row = state.row(PORT_VLANS, *end)
    if row is None or row.members == default_members(state, end) or not _has_vlans(state, end):
        return None
    return [
        _vlans.as_written(_vlans.Vlans(first, last, bool(flags & PVID), bool(flags & UNTAGGED)))
        for first, last, flags in ranges(row.members)
    ]


def _has_vlans(state: State, end: Endpoint) -> bool:
    bridge = _bridge_of(state, end)
    return bridge is not None and _DEFAULT_PVID in attributes(bridge, -16)


def _bridge_of(state: State, end: Endpoint) -> Optional[bytes]:
    """Return what the kernel has of the bridge whose port an interface is, or of a bridge itself; None: of neither."""
    found, port = find(state, end), port_of(state, end)
    if found is not None and found.type != "bridge" and port is not None:
        found = find(state, Endpoint(end.netns, port.master))
    return None if found is None or found.type != "bridge" else found.data


def _is_bridge(state: State, end: Endpoint) -> bool:
    found = find(state, end)
    return found is not None and found.type == "bridge"


def default_members(state: State, end: Endpoint) -> Members:
    """Return the VLANs that a new port, or a new bridge, is in by itself."""
    bridge = _bridge_of(state, end)
    raw = None if bridge is None else attributes(bridge, -16).get(_DEFAULT_PVID)
    pvid = _USUAL if raw is None else struct.unpack_from("=H", raw)[0]
    return {pvid: PVID | UNTAGGED} if bridge is not None and pvid else {}


def members(state: State, end: Endpoint) -> Members:
    """Return the VLANs that a port or a bridge is in; one that was just made is in those of a new one."""
    row = state.row(PORT_VLANS, *end)
    return default_members(state, end) if row is None else row.members


def _affected(state: State, event: Event) -> list[Endpoint]:
    """Return the interface that something happens to, and the ports of one that is a bridge."""
    rows = state.rows(PORT, event.netns) if event.what != LEFT else {}
    ports = [name for name, there in rows.items() if there[0].master == event.interface]
    return [Endpoint(event.netns, name) for name in (event.interface, *ports)]


def _with_default(state: State, end: Endpoint, there: Members, new: int) -> Members:
    """Return the VLANs of a port when its bridge gives new ones another (br_vlan_set_default_pvid() in
    net/bridge/br_vlan.c).
    """
    now = dict(there)
    had = default_members(state, end)
    if all(there.get(vid) == flags for vid, flags in had.items()) and new not in there:
        now = {vid: flags for vid, flags in now.items() if vid not in had}
        now.update({new: PVID | UNTAGGED} if new else {})
    return now


def _master_of(state: State, netns: Netns, name: str) -> str:
    """Return the name of the master that an interface was reported with, or nothing."""
    found = inside(state, netns).get(name)
    master = None if found is None or found.report is None else found.report.master
    return "" if master is None else names_by_index(state, netns).get(master, "")


def _within(there: Members, span: str) -> dict[int, int]:
    """Return those of some VLANs that are in a range."""
    first, _dash, last = span.partition("-")
    return {vid: flags for vid, flags in there.items() if int(first) <= vid <= int(last or first)}


def _removed(there: Members, name: str, removed: Collection[Key]) -> set[int]:
    """Return those of the VLANs of an interface that are in a range which was to go."""
    keys = (key[1] for key in removed if key[0:1] == (name,) and len(key) == 2 and _RANGE.fullmatch(key[1]))
    return {vid for span in keys for vid in _within(there, span)}


def _requests(now: PortVlans, was: PortVlans, own: bool) -> Iterator[bytes]:
    """Yield what makes the VLANs of a port as they were again."""
    gone = {vid: 0 for vid in now.members if vid not in was.members}
    back = {vid: flags for vid, flags in was.members.items() if now.members.get(vid) != flags}
    for kind, members in ((_DELLINK, gone), (_SETLINK, back)):
        if members:
            yield _request(kind, now.ifindex, [attribute(_VLAN_INFO, one) for one in _infos(members)], own)
    if was.tunnels != now.tunnels and was.tunnels:
        yield _request(_SETLINK, now.ifindex, [attribute(_TUNNEL_INFO, one) for one in was.tunnels])


def _request(kind: int, ifindex: int, infos: Iterable[bytes], own: bool = False) -> bytes:
    body = struct.pack("=BxHiII", _AF_BRIDGE, 0, ifindex, 0, 0)
    to_itself = attribute(_FLAGS, _SELF) if own else b""
    return requests.change(kind, 0, body + attribute(_AF_SPEC, to_itself + b"".join(infos)))


def _infos(members: Members) -> Iterator[bytes]:
    """Yield struct bridge_vlan_info: one for a VLAN, two for a range of them."""
    for first, last, flags in ranges(members):
        if first == last:
            yield _INFO.pack(flags, first)
        else:
            yield from (_INFO.pack(flags | _BEGIN, first), _INFO.pack(flags | _END, last))


def _told(vids: Iterable[int]) -> Iterator[str]:
    """Yield VLANs as a sentence names them."""
    for first, last in spans(vids):
        yield _span(first, last)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def spans(vids: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and the last of VLANs that follow each other."""
    return [(first, last) for first, last, _flags in ranges(dict.fromkeys(vids, 0))]


def ranges(members: Members) -> list[tuple[int, int, int]]:
    """Return the first and the last of VLANs that follow each other with the same flags, and these."""
    found: list[tuple[int, int, int]] = []
    for vid, flags in sorted(members.items()):
        # The kernel takes no range of which one is the pvid.
        if found and found[-1][1:] == (vid - 1, flags) and not flags & PVID:
            found[-1] = (found[-1][0], vid, flags)
        else:
            found.append((vid, vid, flags))
    return found


def _declared(netns: Netns, interface: str) -> Thing:
    """Return what stands for all VLANs of an interface."""
    return Thing(PORT_VLANS, netns, (interface, "vlans"))


def _view(state: State, end: Endpoint, there: Members) -> dict[str, Any]:
    told = [" ".join([_span(first, last), *_words(flags)]) for first, last, flags in ranges(there)]
    return of_interface(*end, {"bridge" if _is_bridge(state, end) else "port": {"vlans": told}})


def _words(flags: int) -> list[str]:
    return [word for flag, word in ((PVID, "pvid"), (UNTAGGED, "untagged")) if flags & flag]


@immutable
class Vlans(Declared):
    """A port of a bridge, or a bridge itself, is in these VLANs, and in no others."""

    stage = TUNING
    path: str
    netns: Netns
    interface: str
    vlans: tuple[tuple[int, int, int], ...]

    @property
    def end(self) -> Endpoint:
        """The port, or the bridge."""
        return Endpoint(self.netns, self.interface)

    @property
    def wanted(self) -> dict[int, int]:
        """The VLANs, with their flags."""
        return {vid: flags for first, last, flags in self.vlans for vid in range(first, last + 1)}

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(PORT, self.netns)
        scope.want(PORT_VLANS, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        require(state, self.path, self.end)
        bridge = _bridge_of(state, self.end)
        if bridge is None:
            raise Impossible(self.path, f"{self.end} is no port of a bridge, and only these have VLANs")
        if not any(attributes(bridge, -16).get(_FILTERING, b"")):
            state.notes.append(f"{self.end} is in VLANs, but its bridge does not heed them: its vlan_filtering is off.")
        own, wanted = _is_bridge(state, self.end), self.wanted
        while True:
            there = members(state, self.end)
            differing = ranges({vid: flags for vid, flags in wanted.items() if there.get(vid) != flags})
            if not differing:
                break
            # First the one that takes pvid from another, which is then as it is to be, or is changed itself.
            yield AddVlans(*self.end, *min(differing, key=lambda one: not one[2] & PVID), own)
        for span in spans(members(state, self.end).keys() - wanted.keys()):
            yield DeleteVlans(*self.end, *span, own)

    def view(self, state: State) -> dict[str, Any]:
        if find(state, self.end) is None or _bridge_of(state, self.end) is None:
            return {}
        return _view(state, self.end, members(state, self.end))

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [_declared(self.netns, self.interface)]


class _OfVlans(Request):
    """A step that puts a port, or a bridge itself (``own``), into VLANs, or takes it out."""

    netns: Netns
    interface: str
    first: int
    last: int

    @property
    def end(self) -> Endpoint:
        """The port, or the bridge."""
        return Endpoint(self.netns, self.interface)

    @property
    def thing(self) -> Thing:
        """What it makes, or removes."""
        return Thing(PORT_VLANS, self.netns, (self.interface, _span(self.first, self.last)))

    def words(self, what: str, *words: str) -> list[str]:
        """Return the command."""
        vid = ["vid", _span(self.first, self.last)]
        return tool("bridge", self.netns, "vlan", what, "dev", self.interface, *vid, *words)

    def advice(self, error: int) -> str:
        if error != errno.EOPNOTSUPP:
            return ""
        return "this kernel's bridges have no VLANs (CONFIG_BRIDGE_VLAN_FILTERING); those of the distributions have"

    def change(self, state: State, now: Members) -> None:
        """Put other VLANs in the place of those that the interface is in."""
        row = state.row(PORT_VLANS, *self.end)
        state.put(PORT_VLANS, *self.end, PortVlans(0, now) if row is None else row._replace(members=now))


@immutable
class AddVlans(_OfVlans):
    """Put a port of a bridge, or a bridge itself (``own``), into VLANs; in some it may be with other flags.

    ``given_back``: they are those of a new one, which are nobody's.
    """

    netns: Netns
    interface: str
    first: int
    last: int
    flags: int = 0
    own: bool = False
    given_back: bool = False

    def command(self) -> Sequence[str]:
        return self.words("add", *_words(self.flags), *(["self"] if self.own else []))

    def message(self, codec: Codec, sender: Sender) -> bytes:
        vlans = dict.fromkeys(range(self.first, self.last + 1), self.flags)
        infos = [attribute(_VLAN_INFO, one) for one in _infos(vlans)]
        return _request(_SETLINK, sender.index(self.netns, self.interface), infos, self.own)

    def makes(self) -> Sequence[Thing]:
        return [] if self.given_back else [self.thing]

    def effect(self, state: State) -> None:
        if find(state, self.end) is None:
            return
        there = members(state, self.end)
        if self.flags & PVID:
            there = {vid: flags & ~PVID for vid, flags in there.items()}
        self.change(state, {**there, **dict.fromkeys(range(self.first, self.last + 1), self.flags)})

    def undo(self, before: State) -> Iterator[Step]:
        was = members(before, self.end)
        vids = set(range(self.first, self.last + 1))
        for span in spans(vids - was.keys()):
            yield DeleteVlans(self.netns, self.interface, *span, self.own)
        back = {vid: flags for vid, flags in was.items() if vid in vids or (flags & PVID and self.flags & PVID)}
        for one in ranges(back):
            yield AddVlans(self.netns, self.interface, *one, self.own)


@immutable
class DeleteVlans(_OfVlans):
    """Take a port of a bridge, or a bridge itself (``own``), out of VLANs."""

    netns: Netns
    interface: str
    first: int
    last: int
    own: bool = False

    def command(self) -> Sequence[str]:
        return self.words("delete", *(["self"] if self.own else []))

    def at_boot(self, script: Script) -> None:
        script.run(self.command(), by="gone")

    def message(self, codec: Codec, sender: Sender) -> bytes:
        infos = [attribute(_VLAN_INFO, one) for one in _infos(dict.fromkeys(range(self.first, self.last + 1), 0))]
        return _request(_DELLINK, sender.index(self.netns, self.interface), infos, self.own)

    def removes(self) -> Sequence[Thing]:
        return [self.thing]

    def effect(self, state: State) -> None:
        if find(state, self.end) is not None:
            gone = range(self.first, self.last + 1)
            self.change(state, {vid: one for vid, one in members(state, self.end).items() if vid not in gone})

    def undo(self, before: State) -> Iterator[Step]:
        was = _within(members(before, self.end), _span(self.first, self.last))
        for one in ranges(was):
            yield AddVlans(self.netns, self.interface, *one, self.own)

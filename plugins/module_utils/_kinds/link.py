# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of the types in ``link_types``, each made, changed in place, or made anew where that cannot be."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import some
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import CHANGED, Event, happen, restored
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    UPPER,
    DeleteInterface,
    MoveInterface,
    SetInterface,
    as_result,
    built_upon,
    demand_namespace,
    find,
    free_name,
    group_of,
    joined,
    known_as,
    names_by_index,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    GO_ALONG,
    Interface,
    Lower,
    LowerOf,
    PeerOf,
    described,
    is_kept,
    lower_index,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import (
    Data,
    LinkType,
    Values,
    decoded,
    known,
    nest,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import OWNERSHIP, record_of
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import PORT
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import of as port_of
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LINKS,
    OWN_PID,
    Action,
    Declared,
    Endpoint,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    describe,
    immutable,
    ip,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import (
    attribute,
    attributes,
    number,
    octets,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Sender
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/if_link.h: IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_GROUP.
_ADDRESS, _IFNAME, _MTU, _LINK, _GROUP = 1, 3, 4, 5, 27
#: linux/if_tun.h: IFF_TUN, IFF_TAP, IFF_MULTI_QUEUE, IFF_VNET_HDR, IFF_NO_PI.
_TUN_MODES, _TUN_FLAGS, _NO_PI = {"tun": 1, "tap": 2}, {"multi_queue": 0x100, "vnet_hdr": 0x4000}, 0x1000


@immutable
class Link(Declared):
    """A link of a type exists in a namespace, with what is declared of it, or does not exist.

    ``lower`` is what it is built upon; where that is in another namespace, the link is created there and lives here
    (``born`` says so where it is built upon nothing). ``record`` names an ownership record: what that owns may be made
    anew. What is None, and a property that ``values`` do not have, is not managed.
    """

    stage = LINKS
    path: str
    netns: Netns
    interface: str
    type: str
    values: Values = ()
    lower: Optional[Endpoint] = None
    born: Optional[tuple[Netns]] = None
    mac: Optional[str] = None
    mtu: Optional[int] = None
    alias: Optional[str] = None
    present: bool = True
    record: str = ""

    @property
    def end(self) -> Endpoint:
        """Where it lives."""
        return Endpoint(self.netns, self.interface)

    @property
    def link_type(self) -> LinkType:
        """The table of its type."""
        return link_types.get(self.type)

    @property
    def birth(self) -> Netns:
        """The namespace in which it is created, and in which what it is built upon is."""
        if self.lower is not None:
            return self.lower.netns
        return self.netns if self.born is None else self.born[0]

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns, LowerOf(self.interface))
        scope.want(INTERFACE, self.birth)
        if not self.present:
            scope.want(INTERFACE, self.netns, PeerOf(self.interface, (None,), everywhere=True))
        if self.record:
            scope.want(OWNERSHIP, None, self.record)

    def steps(self, state: State) -> Iterator[Step]:
        yield from self._present(state) if self.present else self._absent(state)

    def _absent(self, state: State) -> Iterator[Step]:
        found = find(state, self.end)
        if found is None:
            return
        if self.type and found.type != self.type and not self._owns(state):
            raise Impossible(
                joined(self.path, "name"),
                f"{self.end} is {described(found)}, not of type {self.type}; it was not touched",
            )
        yield DeleteInterface(*self.end, found.peer)

    def _present(self, state: State) -> Iterator[Step]:
        demand_namespace(state, joined(self.path, "netns"), self.netns)
        demand_namespace(state, joined(self.path, "lower_netns"), self.birth)
        if self.lower is not None:
            require(state, self.path, self.lower, "lower")
        found = find(state, self.end)
        if found is not None and not self._suits(found):
            yield self._removed(state, found)
            found = None
        if found is None:
            yield from self._made(state)
        else:
            yield from self._changed(found)
        now = find(state, self.end)
        for what, wanted in (("mac", self.mac), ("mtu", self.mtu), ("alias", self.alias)):
            if now is not None and wanted is not None and getattr(now, what) != wanted:
                yield SetInterface(*self.end, what, wanted)

    def _suits(self, found: Interface) -> bool:
        """Tell whether what is there can become what is declared."""
        return found.type == self.type and not self._differing(found, fixed=True) and self._is_upon(found)

    def _is_upon(self, found: Interface) -> bool:
        lower = found.lower
        if self.lower is not None:
            return lower is not None and (lower.place, lower.interface) == self.lower
        if self.born is None or self.link_type.keeps_birth:
            return True
        return self.born[0] == (self.netns if lower is None else lower.place)

    def _differing(self, found: Interface, *, fixed: bool) -> dict[str, Any]:
        """Return the declared values that a link does not have, of properties that are fixed or not."""
        wanted, there = dict(self.values), self._there(found)
        differing: dict[str, Any] = {}
        for one in self.link_type.properties:
            if one.name in wanted:
                want, has = wanted[one.name], there.get(one.name)
                if not one.alike(want, has) and one.stays(want, has) == fixed:
                    differing[one.name] = want or one.without(has) or want
        return differing

    def _there(self, found: Interface) -> dict[str, Any]:
        return decoded(self.link_type.properties, attributes(found.data, -16))

    def _removed(self, state: State, found: Interface) -> Step:
        """Remove what is in its place, where that is the topology's own. Raises: Impossible."""
        upon = built_upon(state, self.end)
        if self._owns(state) and not upon:
            return DeleteInterface(*self.end, found.peer)
        remedy = "remove it first, with state=absent" if not upon else f"first remove {some(upon)}, built upon it"
        if found.type != self.type:
            raise Impossible(
                joined(self.path, "name"),
                f"the name {self.interface} in {describe(self.netns)} is taken by {described(found)}; it was not "
                "touched: choose another name, or remove that interface first",
            )
        differing = self._differing(found, fixed=True)
        there = self._there(found)
        for name, wanted in differing.items():
            raise Impossible(
                joined(self.path, f"{self.type}.{name}"),
                f"it is {there.get(name)}, and the kernel does not change it to {wanted} on a living link; {remedy}",
            )
        upon_now = "nothing" if found.lower is None else Endpoint(found.lower.place, found.lower.interface or "?")
        raise Impossible(
            joined(self.path, "lower"), f"{self.end} is built upon {upon_now}, which cannot be changed; {remedy}"
        )

    def _unoccupied(self, state: State) -> None:
        other = known_as(state, self.end)
        if other is not None:
            raise Impossible(
                joined(self.path, "name"),
                f"the name {self.interface} in {describe(self.netns)} is taken by {other.name}, whose alternative name "
                "it is; it was not touched: choose another name, or remove that interface first",
            )

    def _made(self, state: State) -> Iterator[Step]:
        self._unoccupied(state)
        if self.link_type.by_device:
            yield AddTun(*self.end, self.type, self.values, group_of(self.record) if self.record else 0)
            return
        add = AddLink(
            self.birth,
            self.interface,
            self.netns,
            self.type,
            self.values,
            None if self.lower is None else self.lower.interface,
            self.mac,
            self.mtu,
            group=group_of(self.record) if self.record else 0,
        )
        yield from _brought(state, add)

    def _changed(self, found: Interface) -> Iterator[Step]:
        differing = self._differing(found, fixed=False)
        if differing:
            there = self._there(found)
            values = {**{name: there[name] for name in self.link_type.named}, **differing}
            again = _named_again(self.link_type, found), _lower_word(found, self.netns)
            yield ChangeLink(*self.end, self.type, tuple(values.items()), *again)

    def _owns(self, state: State) -> bool:
        record = record_of(state, self.record)
        return record is not None and record.owns(state, Thing(INTERFACE, self.netns, (self.interface,)))

    def view(self, state: State) -> dict[str, Any]:
        found = find(state, self.end)
        if found is None:
            return {}
        leaf: dict[str, Any] = {"type": found.type}
        if found.type == self.type and self.values:
            there = self._there(found)
            properties = {one.name: one for one in self.link_type.properties}
            leaf[self.type] = {
                name: there.get(name)
                for name, wanted in self.values
                # What is only to be none goes without saying where there is none.
                if name in there or not properties[name].alike(wanted, None)
            }
        if self.lower is not None and found.lower is not None:
            leaf["lower"] = Endpoint(found.lower.place, found.lower.interface or "?").short()
        for what in ("mac", "mtu", "alias"):
            if getattr(self, what) is not None:
                leaf[what] = getattr(found, what)
        return of_interface(*self.end, leaf)

    def endpoints(self) -> set[Endpoint]:
        return {self.end}

    def things(self) -> Iterable[Thing]:
        return [Thing(INTERFACE, self.netns, (self.interface,))]


def shown(state: State, end: Endpoint) -> dict[str, Any]:
    """Return a link as a module's result has it."""
    found = find(state, end)
    if found is None:
        return {}
    link_type, port = link_types.find(found.type), port_of(state, end)
    properties: dict[str, Any] = {}
    if link_type is not None:
        properties = {**decoded(link_type.properties, attributes(found.data, -16)), **link_type.beside(state, end)}
    return {
        **as_result(state, *end),
        "type": found.type,
        "properties": properties,
        "alias": found.alias,
        **({} if not state.was_read(PORT, end.netns) else {"master": None if port is None else port.master}),
    }


def _named_again(link_type: LinkType, found: Interface) -> bytes:
    """Return what a change of a link must name, lest it be reset."""
    if not link_type.restated:
        return b""
    data = attributes(found.data, -16)
    lower = {one: raw for one, raw in data.items() if one == link_type.lower_number}
    return nest({**lower, **known(link_type.properties, data)})


def _lower_word(found: Interface, netns: Netns) -> str:
    """Return what ``ip`` calls what a link is built upon, in the namespace that the link is in; empty for nothing."""
    lower, index = found.lower, lower_index(found)
    if lower is not None and lower.interface is not None and lower.place == netns:
        return lower.interface
    return f"if{index}" if index else ""


def _rest(add: AddLink) -> tuple[Any, ...]:
    return add.type, add.values, add.lower, add.mac, add.mtu, add.group


def _beside(before: State, found: Interface, netns: Netns) -> Optional[Lower]:
    """Return what a link is built upon in its own namespace."""
    if found.report is None or found.report.netns_id is not None:
        return None
    index = lower_index(found)
    name = names_by_index(before, netns).get(index)
    return None if name is None else Lower(netns, name, index)


def again(before: State, found: Interface, netns: Netns) -> Sequence[Step]:
    """Return the steps that make a deleted link anew, seen from the state before; none where that cannot be."""
    link_type = link_types.find(found.type)
    lower = found.lower or _beside(before, found, netns)
    if link_type is None or (lower is None and lower_index(found)):
        return ()
    data = attributes(found.data, -16)
    values = {**decoded(link_type.properties, data), **link_type.untold(data)}
    usual = {one.name: one.usual for one in link_type.properties}
    wanted = tuple((name, one) for name, one in values.items() if one != usual[name])
    if link_type.by_device:
        mac = [] if found.mac is None else [SetInterface(netns, found.name, "mac", found.mac)]
        return (
            [AddTun(netns, found.name, found.type, wanted, found.group, found.ifindex), *mac] if is_kept(found) else ()
        )
    below = None if lower is None else lower.interface
    birth = netns if lower is None else lower.place
    # One that was given its MAC would no longer follow its ports (br_stp_recalculate_bridge_id() in
    # net/bridge/br_stp_if.c, bond_enslave() in drivers/net/bonding/bond_main.c).
    own = (None if found.follows else found.mac, found.mtu, found.group, found.ifindex)
    return list(_brought(before, AddLink(birth, found.name, netns, found.type, wanted, below, *own)))


def _brought(state: State, add: AddLink) -> Iterator[Step]:
    """Yield the steps that create a link where it is born, and bring it to where it lives."""
    passing = free_name(state, add.netns, add.interface)
    taken = add.index is not None and add.index in names_by_index(state, add.netns)
    if add.netns == add.target or (passing == add.interface and not taken and not add.link_type.moves):
        yield add
        return
    # Kernels up to 6.12 at least look for name and index in the namespace of birth too (net/core/rtnetlink.c).
    yield AddLink(add.netns, passing, add.netns, *_rest(add))
    yield MoveInterface(add.netns, passing, add.target, add.index, None if passing == add.interface else add.interface)


@immutable
class AddLink(Request):
    """Create a link of a type in a namespace, sent from inside the one where what it is built upon is.

    ``index`` asks for an interface index.
    """

    netns: Netns
    interface: str
    target: Netns
    type: str
    values: Values = ()
    lower: Optional[str] = None
    mac: Optional[str] = None
    mtu: Optional[int] = None
    group: int = 0
    index: Optional[int] = None

    @property
    def end(self) -> Endpoint:
        """Where it lives."""
        return Endpoint(self.target, self.interface)

    @property
    def link_type(self) -> LinkType:
        """The table of its type."""
        return link_types.get(self.type)

    def command(self) -> Sequence[str]:
        return self._words()

    def at_boot(self, script: Script) -> None:
        place = script.moved.get(self.end, self.end)
        there = script.there(self.type, place)
        if self.lower is not None:
            script.needs(Endpoint(self.netns, self.lower))
        if place.netns == self.netns:
            script.run(self._words(grouped=True), unless=there)
        else:
            # What the name is taken by where it is born is known by then only.
            born = replace(self, interface=script.passing_name(place), target=self.netns)
            script.run(born._words(grouped=True), unless=f"{there} || {script.there(self.type, born.end)}")
            script.run(MoveInterface(*born.end, place.netns, name=place.interface).command(), unless=there)
        script.makes(place)

    def _words(self, *, grouped: bool = False) -> Sequence[str]:
        link_type = self.link_type
        inner = link_type.lower_number is not None
        words = ["link", "add"]
        if self.lower is not None and not inner:
            words += ["link", self.lower]
        words += ["name", self.interface]
        if grouped:
            words += ["group", str(self.group)]
        if self.mac is not None:
            words += ["address", self.mac]
        if self.mtu is not None:
            words += ["mtu", str(self.mtu)]
        if self.target != self.netns:
            words += ["netns", OWN_PID if self.target is None else self.target]
        words += ["type", self.type, *link_type.arguments(dict(self.values), new=True)]
        if self.lower is not None and inner:
            words += [link_type.lower_word, self.lower]
        return ip(self.netns, *words)

    def _data(self, lower: int) -> dict[int, bytes]:
        link_type = self.link_type
        data = link_type.data(dict(self.values), new=True)
        if link_type.lower_number is not None and lower:
            data[link_type.lower_number] = number(lower)
        return data

    def message(self, codec: Codec, sender: Sender) -> bytes:
        lower = 0 if self.lower is None else sender.index(self.netns, self.lower)
        parts = [attribute(_IFNAME, octets(self.interface) + b"\0")]
        if self.mac is not None:
            parts.append(attribute(_ADDRESS, bytes.fromhex(self.mac.replace(":", ""))))
        if self.mtu is not None:
            parts.append(attribute(_MTU, number(self.mtu)))
        if self.group:
            parts.append(attribute(_GROUP, number(self.group)))
        if lower and self.link_type.lower_number is None:
            parts.append(attribute(_LINK, number(lower)))
        where = None if self.target == self.netns else sender.descriptor(self.target)
        return requests.create(where, b"".join(parts), self.type, nest(self._data(lower)), index=self.index or 0)

    def advice(self, error: int) -> str:
        if error != errno.EOPNOTSUPP:
            return ""
        module = self.link_type.module
        return (
            f"where this kernel has no links of type {self.type}, load its module (modprobe {module}); where that is "
            "missing, Debian has it in linux-image-amd64 (not the cloud kernels), Fedora and its kin in kernel-modules "
            "or kernel-modules-extra"
        )

    def makes(self) -> Sequence[Thing]:
        return [Thing(INTERFACE, self.target, (self.interface,))]

    def relocates(self) -> Collection[str]:
        return (self.interface,)

    def otherwise(self, error: int) -> Optional[Request]:
        if error not in (errno.EEXIST, errno.EBUSY) or self.index is None:
            return None
        return AddLink(self.netns, self.interface, self.target, *_rest(self))

    def seems_done(self, now: State) -> bool:
        found = find(now, self.end)
        return found is not None and (found.type, found.group) == (self.type, self.group)

    def effect(self, state: State) -> None:
        below = None if self.lower is None else find(state, Endpoint(self.netns, self.lower))
        index = 0 if below is None else below.ifindex or 0
        lower = None
        if self.lower is not None or self.netns != self.target:
            lower = Lower(self.netns, self.lower, index)
        made = Interface(
            self.interface,
            self.type,
            ifindex=self.index,
            mac=self.mac,
            mtu=self.mtu,
            peer_ifindex=index or None,
            group=self.group,
            lower=lower,
            data=nest(self._data(index)),
        )
        state.put(INTERFACE, *self.end, made)
        if self.type in GO_ALONG:
            state.put(UPPER, *self.end, None)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteInterface(*self.end)]

    def namespaces(self) -> set[Netns]:
        return {self.netns, self.target}


@immutable
class ChangeLink(Request):
    """Change properties of a link that are of its type alone, in place; ``upon`` is named again, as it is.

    ``lower`` is what ``ip`` calls what it is built upon.
    """

    netns: Netns
    interface: str
    type: str
    values: Values
    upon: bytes = b""
    lower: str = ""

    @property
    def link_type(self) -> LinkType:
        """The table of its type."""
        return link_types.get(self.type)

    def command(self) -> Sequence[str]:
        link_type, values = self.link_type, dict(self.values)
        words = link_type.arguments(values)
        if self.lower and any(one.with_lower and one.name in values for one in link_type.properties):
            words += [link_type.lower_word, self.lower]
        return ip(self.netns, "link", "set", "dev", self.interface, "type", self.type, *words)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        data = self._data(attributes(self.upon, -16))
        return requests.reshape(sender.index(self.netns, self.interface), self.type, nest(data))

    def _data(self, upon: Data) -> dict[int, bytes]:
        return self.link_type.data(dict(self.values), upon)

    @property
    def _event(self) -> Event:
        return Event(CHANGED, self.netns, self.interface, changes=self.values)

    def effect(self, state: State) -> None:
        found = state.row(INTERFACE, self.netns, self.interface)
        if found is not None:
            happen(state, self._event)
            data = self._data(attributes(found.data, -16))
            state.put(INTERFACE, self.netns, self.interface, found._replace(data=nest(data)))

    def undo(self, before: State) -> Iterable[Step]:
        found = before.row(INTERFACE, self.netns, self.interface)
        if found is None:
            return []
        there = decoded(self.link_type.properties, attributes(found.data, -16))
        wanted, was = dict(self.values), dict[str, Any]()
        for one in self.link_type.properties:
            if one.name in wanted:
                # Several may share an attribute.
                sharing = [other.name for other in self.link_type.properties if other.number == one.number]
                before_it = {name: there[name] for name in sharing if name in there}
                nothing = one.without(wanted[one.name])
                was.update(before_it or ({} if nothing is None else {one.name: nothing}))
        again = tuple(was.items()), _named_again(self.link_type, found), self.lower
        back = ChangeLink(self.netns, self.interface, self.type, *again)
        return [back, *restored(before, self._event)]


@immutable
class AddTun(Action):
    """Create a tun or tap device that stays when no program has it open."""

    netns: Netns
    interface: str
    type: str
    values: Values
    group: int = 0
    index: Optional[int] = None

    def command(self) -> Sequence[str]:
        words = link_types.get(self.type).arguments(dict(self.values), new=True)
        return ip(self.netns, "tuntap", "add", "dev", self.interface, "mode", self.type, *words)

    def at_boot(self, script: Script) -> None:
        # It cannot be made in a group, so it gets its name when it is in it.
        end = Endpoint(self.netns, self.interface)
        there, passing = script.there("tun", end), script.passing_name(end)
        born = script.there("tun", Endpoint(self.netns, passing))
        script.run(replace(self, interface=passing).command(), unless=f"{there} || {born}")
        words = ["link", "set", "dev", passing, "group", str(self.group), "name", self.interface]
        script.run(ip(self.netns, *words), unless=there)
        script.makes(end)

    def makes(self) -> Sequence[Thing]:
        return [Thing(INTERFACE, self.netns, (self.interface,))]

    def perform(self, host: Host) -> None:
        values = dict(self.values)
        flags = sum(flag for name, flag in _TUN_FLAGS.items() if values.get(name)) | _TUN_MODES[self.type]
        without_pi = 0 if values.get("pi") else _NO_PI
        owners = (values.get("user"), values.get("group"))
        host.create_tun(self.netns, self.interface, flags | without_pi, owners, group=self.group, index=self.index or 0)

    def effect(self, state: State) -> None:
        data = link_types.get(self.type).data(
            {"pi": False, "vnet_hdr": False, "multi_queue": False, **dict(self.values)}
        )
        made = Interface(self.interface, self.type, ifindex=self.index, mtu=1500, group=self.group, data=nest(data))
        state.put(INTERFACE, self.netns, self.interface, made)

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteInterface(self.netns, self.interface)]

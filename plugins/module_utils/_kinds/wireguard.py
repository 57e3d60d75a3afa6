# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is set of WireGuard devices: their key, their port, their peers. No key is shown anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import GONE, Event, Kind, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, find, inside, joined
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    TUNING,
    Action,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    executed,
    immutable,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import generic, wireguard
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.wireguard import Configuration, Key, Peer

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader, Socket

#: What stands in a command for a key that was given as a value: a file that has it.
_NOT_SHOWN = "/dev/stdin"


class ConfigurationOf(NamedTuple):
    """Asks for the configuration of a device, and for the keys in some files."""

    interface: str
    files: tuple[str, ...] = ()


#: Asks for the configurations of all devices.
ALL = ConfigurationOf("")


class KeyFile(NamedTuple):
    """A key file of the host: the key, or why there is none."""

    key: Optional[Key]
    why: str = ""


class WireguardKind(Kind[Configuration]):
    """The configurations of WireGuard devices, by interface."""

    name = "wireguard"
    plural = "wireguard"
    order = 16

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Configuration]:
        return _Configurations(scope, state, reader)

    def happens(self, state: State, event: Event) -> None:
        # A device that is moved keeps it.
        if event.what == GONE:
            state.drop(self, event.netns, event.interface)

    def restored(self, before: State, event: Event) -> Iterable[Step]:
        was = before.row(self, event.netns, event.interface)
        return again(Endpoint(event.netns, event.interface), was) if was is not None and event.what == GONE else ()


class KeyFileKind(Kind[KeyFile]):
    """The key files of the host, by path."""

    name = "key file"
    plural = "key files"
    order = 17
    outlasts_boot = True


WIREGUARD, KEY_FILE = WireguardKind(), KeyFileKind()


class _Configurations(Reading[Configuration]):
    """One reading of configurations, of those devices that are asked for."""

    def __init__(self, scope: Scope, state: State, reader: Reader) -> None:
        super().__init__(state)
        self._scope, self._reader = scope, reader

    def inside(self, netns: Netns, route: Socket) -> None:
        self._state.table(WIREGUARD, netns)
        for detail in self._scope.details(WIREGUARD, netns):
            devices = [one.name for one in inside(self._state, netns).values() if one.type == "wireguard"]
            for device in devices if detail == ALL else set(devices) & {detail.interface}:
                read(self._state, self._reader, Endpoint(netns, device))

    def complete(self) -> None:
        # A device and its namespace may be still to be made, and their keys are there already.
        places = self._scope.wants.get(WIREGUARD, {}).values()
        for file in {file: None for details in places for detail in details for file in detail.files}:
            self._state.put(KEY_FILE, None, file, self._key(file))

    def _key(self, file: str) -> KeyFile:
        try:
            return KeyFile(Key(wireguard.bytes_of(self._reader.text(file).strip())))
        except OSError as error:
            return KeyFile(None, os_error_text(error))
        except ValueError:
            return KeyFile(None, f"{file} does not hold a key: 32 bytes in base64 are needed")


def as_written(now: Configuration) -> dict[str, Any]:
    """Return a configuration as one would write it, without its keys."""
    peers = [
        {
            "public_key": one.public_key,
            **({"endpoint": one.endpoint} if one.endpoint else {}),
            **({"keepalive": one.keepalive} if one.keepalive else {}),
            "allowed_ips": sorted(one.allowed),
        }
        for one in now.peers
    ]
    own = {"listen_port": now.listen_port, "fwmark": now.fwmark}
    return {**{name: one for name, one in own.items() if one}, "peers": peers}


def as_result(now: Configuration) -> dict[str, Any]:
    """Return a configuration as results have it: of its keys, whether there are any."""
    written = as_written(now)
    peers = [
        {"endpoint": None, "keepalive": 0, **peer, "has_preshared_key": is_key(one.preshared_key)}
        for peer, one in zip(written["peers"], now.peers)
    ]
    return {"listen_port": 0, "fwmark": 0, **written, "has_private_key": is_key(now.private_key), "peers": peers}


def is_key(key: Key) -> bool:
    """Tell whether there is a key."""
    return key != Key(wireguard.NO_KEY)


def read(state: State, reader: Reader, end: Endpoint) -> None:
    """Read the configuration of a device, in the namespace that was entered. Raises: OSError."""
    with reader.generic(wireguard.FAMILY) as (asked, number):
        request = generic.dump(number, wireguard.GET, wireguard.VERSION, wireguard.asked(end.interface))
        state.put(WIREGUARD, *end, wireguard.read(asked.dump(request)))


@immutable
class WantedPeer:
    """A peer as declared; what is None is not managed. ``preshared_key_file`` is a file of the host with that key."""

    path: str
    public_key: str
    preshared_key: Optional[Key] = None
    preshared_key_file: Optional[str] = None
    endpoint: Optional[str] = None
    keepalive: Optional[int] = None
    allowed: Optional[tuple[str, ...]] = None

    def upon(self, was: Optional[Peer], state: State) -> Peer:
        """Return the peer as it is to be. Raises: Impossible, when a key file cannot be used."""
        now = was or Peer(self.public_key)
        key = self.preshared_key
        if self.preshared_key_file is not None:
            key = key_in(state, joined(self.path, "preshared_key_file"), self.preshared_key_file)
        wanted: dict[str, Any] = {
            "preshared_key": key,
            "endpoint": self.endpoint,
            "keepalive": self.keepalive,
            "allowed": self.allowed,
        }
        return now._replace(**{name: one for name, one in wanted.items() if one is not None})


def key_in(state: State, path: str, file: str) -> Key:
    """Return the key in a file of the host. Raises: Impossible."""
    found = state.row(KEY_FILE, None, file)
    if found is None or found.key is None:
        raise Impossible(path, "it was not read" if found is None else found.why)
    return found.key


@immutable
class Tunnel(Declared):
    """A WireGuard device has a key, a port and a mark, and where ``peers`` are declared, these and no others."""

    stage = TUNING
    path: str
    netns: Netns
    interface: str
    private_key: Optional[Key] = None
    private_key_file: Optional[str] = None
    listen_port: Optional[int] = None
    fwmark: Optional[int] = None
    peers: Optional[tuple[WantedPeer, ...]] = None

    @property
    def end(self) -> Endpoint:
        """The device."""
        return Endpoint(self.netns, self.interface)

    def scope(self, scope: Scope) -> None:
        files = [self.private_key_file, *(one.preshared_key_file for one in self.peers or ())]
        scope.want(INTERFACE, self.netns)
        scope.want(WIREGUARD, self.netns, ConfigurationOf(self.interface, tuple(file for file in files if file)))

    def steps(self, state: State) -> Iterator[Step]:
        if find(state, self.end) is None:
            return
        yield from self._of_device(state)
        if self.peers is None:
            return
        wanted = {one.public_key: one for one in self.peers}
        for peer in of(state, self.end).peers:
            if peer.public_key not in wanted:
                yield RemovePeer(*self.end, peer.public_key)
        for one in self.peers:
            was = peer_of(state, self.end, one.public_key)
            now = one.upon(was, state)
            if was is None or _ordered(was) != _ordered(now):
                yield SetPeer(*self.end, now, one.preshared_key_file)

    def _of_device(self, state: State) -> Iterator[Step]:
        key = self.private_key
        if self.private_key_file is not None:
            key = key_in(state, joined(self.path, "wireguard.private_key_file"), self.private_key_file)
        now = of(state, self.end)
        wanted: dict[str, Any] = {"private_key": key, "listen_port": self.listen_port, "fwmark": self.fwmark}
        differing = {name: one for name, one in wanted.items() if one is not None and one != getattr(now, name)}
        if differing:
            yield SetDevice(*self.end, **differing, private_key_file=self.private_key_file)

    def view(self, state: State) -> dict[str, Any]:
        found = find(state, self.end)
        if found is None:
            return {}
        now = of(state, self.end)
        leaf: dict[str, Any] = {}
        if self.private_key is not None or self.private_key_file is not None:
            leaf["private_key"] = self._told(state, now.private_key, self.private_key, self.private_key_file)
        if self.listen_port is not None:
            leaf["listen_port"] = now.listen_port
        if self.fwmark is not None:
            leaf["fwmark"] = now.fwmark
        if self.peers is not None:
            wanted = {one.public_key: one for one in self.peers}
            leaf["peers"] = {one.public_key: self._peer(state, one, wanted.get(one.public_key)) for one in now.peers}
        return of_interface(*self.end, {"wireguard": leaf}) if leaf else {}

    def _peer(self, state: State, now: Peer, wanted: Optional[WantedPeer]) -> dict[str, Any]:
        leaf = {"endpoint": now.endpoint, "keepalive": now.keepalive, "allowed_ips": sorted(now.allowed)}
        if wanted is not None and (wanted.preshared_key is not None or wanted.preshared_key_file is not None):
            leaf["preshared_key"] = self._told(
                state, now.preshared_key, wanted.preshared_key, wanted.preshared_key_file
            )
        return leaf

    @staticmethod
    def _told(state: State, now: Key, wanted: Optional[Key], file: Optional[str]) -> str:
        """Return what a diff says of a key that it does not show."""
        if file is not None:
            found = state.row(KEY_FILE, None, file)
            wanted = None if found is None else found.key
        return "none" if now == Key(wireguard.NO_KEY) else "as declared" if now == wanted else "another"

    def endpoints(self) -> set[Endpoint]:
        return {self.end}


def _ordered(peer: Peer) -> Peer:
    """Return a peer to be compared: the kernel keeps allowed addresses in an order of its own."""
    return peer._replace(allowed=tuple(sorted(peer.allowed)))


def of(state: State, end: Endpoint) -> Configuration:
    """Return what is set of a device."""
    return state.row(WIREGUARD, end.netns, end.interface) or Configuration()


def peer_of(state: State, end: Endpoint, public_key: str) -> Optional[Peer]:
    """Return a peer of a device, or None."""
    return next((one for one in of(state, end).peers if one.public_key == public_key), None)


def again(end: Endpoint, was: Configuration) -> list[Step]:
    """Return the steps that configure a device that was made anew."""
    device = SetDevice(*end, was.private_key, was.listen_port or None, was.fwmark or None)
    return [device, *(SetPeer(*end, one) for one in was.peers)]


class _Setting(Action, ABC):
    """A step that sets something of a device by generic netlink."""

    netns: Netns
    interface: str

    @property
    def end(self) -> Endpoint:
        """The device."""
        return Endpoint(self.netns, self.interface)

    @abstractmethod
    def body(self) -> bytes:
        """Return the body of the request."""

    @abstractmethod
    def wg(self) -> Sequence[str]:
        """Return what follows the interface in a ``wg set`` command."""

    def perform(self, host: Host) -> None:
        host.generic(self.netns, wireguard.FAMILY, wireguard.SET, wireguard.VERSION, self.body())

    def command(self) -> Sequence[str]:
        return executed(self.netns, "wg", "set", self.interface, *self.wg())


@immutable
class SetDevice(_Setting):
    """Set the key, the port or the mark of a device; what is None stays."""

    netns: Netns
    interface: str
    private_key: Optional[Key] = None
    listen_port: Optional[int] = None
    fwmark: Optional[int] = None
    private_key_file: Optional[str] = None

    def wg(self) -> Sequence[str]:
        words: list[str] = []
        if self.private_key is not None:
            words += ["private-key", self.private_key_file or _NOT_SHOWN]
        if self.listen_port is not None:
            words += ["listen-port", str(self.listen_port)]
        if self.fwmark is not None:
            words += ["fwmark", str(self.fwmark)]
        return words

    def body(self) -> bytes:
        return wireguard.device(self.interface, self.private_key, self.listen_port, self.fwmark)

    def effect(self, state: State) -> None:
        wanted: dict[str, Any] = {
            "private_key": self.private_key,
            "listen_port": self.listen_port,
            "fwmark": self.fwmark,
        }
        now = of(state, self.end)._replace(**{name: one for name, one in wanted.items() if one is not None})
        state.put(WIREGUARD, self.netns, self.interface, now)

    def undo(self, before: State) -> Iterable[Step]:
        was = of(before, self.end)
        return [
            SetDevice(
                self.netns,
                self.interface,
                None if self.private_key is None else was.private_key,
                None if self.listen_port is None else was.listen_port,
                None if self.fwmark is None else was.fwmark,
            )
        ]


@immutable
class SetPeer(_Setting):
    """Set a peer of a device, with just its allowed addresses, which others then have no longer."""

    netns: Netns
    interface: str
    peer: Peer
    preshared_key_file: Optional[str] = None

    def wg(self) -> Sequence[str]:
        peer = self.peer
        words = ["peer", peer.public_key]
        if peer.preshared_key != Key(wireguard.NO_KEY):
            words += ["preshared-key", self.preshared_key_file or _NOT_SHOWN]
        if peer.endpoint:
            words += ["endpoint", peer.endpoint]
        return [*words, "persistent-keepalive", str(peer.keepalive), "allowed-ips", ",".join(peer.allowed)]

    def body(self) -> bytes:
        return wireguard.peer(self.interface, self.peer)

    def effect(self, state: State) -> None:
        now = of(state, self.end)
        others = [
            one._replace(allowed=tuple(prefix for prefix in one.allowed if prefix not in self.peer.allowed))
            for one in now.peers
            if one.public_key != self.peer.public_key
        ]
        state.put(WIREGUARD, self.netns, self.interface, now._replace(peers=(*others, self.peer)))

    def undo(self, before: State) -> Iterable[Step]:
        was = peer_of(before, self.end, self.peer.public_key)
        robbed = [one for one in of(before, self.end).peers if set(one.allowed) & set(self.peer.allowed)]
        back: Step = RemovePeer(*self.end, self.peer.public_key) if was is None else SetPeer(*self.end, was)
        return [back, *(SetPeer(*self.end, one) for one in robbed if one.public_key != self.peer.public_key)]


@immutable
class RemovePeer(_Setting):
    """Remove a peer of a device."""

    netns: Netns
    interface: str
    public_key: str

    def wg(self) -> Sequence[str]:
        return ["peer", self.public_key, "remove"]

    def body(self) -> bytes:
        return wireguard.no_peer(self.interface, self.public_key)

    def effect(self, state: State) -> None:
        now = of(state, self.end)
        left = tuple(one for one in now.peers if one.public_key != self.public_key)
        state.put(WIREGUARD, self.netns, self.interface, now._replace(peers=left))

    def undo(self, before: State) -> Iterable[Step]:
        was = peer_of(before, self.end, self.public_key)
        return [] if was is None else [SetPeer(*self.end, was)]

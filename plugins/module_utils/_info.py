# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked about namespaces, and what is told of them. Pure. Private."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._model import shown
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems


class Place(NamedTuple):
    """A namespace as it was asked for: by name, by path or by process; by none of them, the host's own."""

    name: Optional[str] = None
    path: Optional[str] = None
    pid: Optional[int] = None

    @property
    def is_host(self) -> bool:
        """Whether it is the namespace that the module runs in."""
        return self == Place()

    def __str__(self) -> str:
        if self.is_host:
            return "the host's namespace"
        if self.pid is not None:
            return f"the namespace of process {self.pid}"
        return cut(shown(self.path or f"namespace {self.name}"), 4 * MOST_CHARACTERS)


class SeenPeer(NamedTuple):
    """The other end of a link: where it is (``namespace``, ``host`` or ``elsewhere``), its name and index."""

    place: str
    netns: Optional[str]
    interface: Optional[str]
    ifindex: int


class SeenLink(NamedTuple):
    """A link. ``lower`` is the other end of a pair, or what the link is built upon."""

    interface: str
    kind: str
    ifindex: int
    flags: tuple[str, ...]
    mac: Optional[str]
    mtu: Optional[int]
    master: Optional[str] = None
    lower: Optional[SeenPeer] = None


class SeenAddress(NamedTuple):
    """An address of a link."""

    interface: str
    address: str
    family: str
    scope: str
    peer: Optional[str]
    tentative: bool


class SeenHop(NamedTuple):
    """A next hop of a route."""

    gateway: Optional[str]
    interface: Optional[str]
    weight: int = 1


class SeenRoute(NamedTuple):
    """A route of any table but the local one, which the kernel keeps by itself."""

    destination: str
    family: str
    kind: str
    table: int
    protocol: str
    scope: str
    source: Optional[str]
    metric: Optional[int]
    hops: tuple[SeenHop, ...]
    origin: Optional[str] = None
    tos: int = 0
    nexthop_id: Optional[int] = None


class SeenProcess(NamedTuple):
    """A process."""

    pid: int
    command: str


class Seen(NamedTuple):
    """What there is of a place. ``state``: ``present``, ``absent``, ``stale`` or ``foreign``."""

    place: Place
    state: str
    name: Optional[str] = None
    inode: Optional[int] = None
    links: Sequence[SeenLink] = ()
    addresses: Sequence[SeenAddress] = ()
    routes: Sequence[SeenRoute] = ()
    processes: Sequence[SeenProcess] = ()


def read(problems: Problems, params: Mapping[str, Any]) -> Optional[dict[Place, str]]:
    """The places that the parameters ask for, in the order written, each with its option; None for all with a name."""
    places: list[tuple[Place, str]] = []
    for number, name in enumerate(params["names"] or ()):
        known = problems.namespace(f"names[{number}]", name)
        places.append((Place(name=known), f"names[{number}]"))
    for number, path in enumerate(params["paths"] or ()):
        if not path.startswith("/"):
            problems.add(f"paths[{number}]", f"{echo(path)} is not an absolute path")
        elif not _is_possible(path):
            problems.add(f"paths[{number}]", f"{echo(path)} cannot be the path of a file")
        places.append((Place(path=path), f"paths[{number}]"))
    for number, pid in enumerate(params["pids"] or ()):
        if pid < 1:
            problems.add(f"pids[{number}]", f"{echo(pid)} is not the id of a process")
        places.append((Place(pid=pid), f"pids[{number}]"))
    if params["host"]:
        places.append((Place(), "host"))
    asked = any(params[key] is not None for key in ("names", "paths", "pids")) or params["host"]
    return dict(places) if asked else None


def _is_possible(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def told(seen: Seen) -> dict[str, Any]:
    """What a result says of a namespace."""
    return {
        "name": seen.name and shown(seen.name),
        "path": seen.place.path and shown(seen.place.path),
        "pid": seen.place.pid,
        "host": seen.place.is_host,
        "state": seen.state,
        "inode": seen.inode,
        "links": [_link(link) for link in seen.links],
        "addresses": [address._asdict() for address in seen.addresses],
        "routes": [_route(route) for route in seen.routes],
        "processes": [process._asdict() for process in seen.processes],
    }


def _link(link: SeenLink) -> dict[str, Any]:
    paired = link.kind in ("veth", "netkit")
    lower = None if link.lower is None else _peer(link.lower)
    return {
        "interface": link.interface,
        "kind": link.kind,
        "index": link.ifindex,
        "state": "up" if "UP" in link.flags else "down",
        "carrier": "LOWER_UP" in link.flags,
        "flags": list(link.flags),
        "mac": link.mac,
        "mtu": link.mtu,
        "master": link.master,
        "peer": lower if paired else None,
        "parent": None if paired else lower,
    }


def _peer(peer: SeenPeer) -> dict[str, Any]:
    netns = peer.netns and shown(peer.netns)
    return {"place": peer.place, "netns": netns, "interface": peer.interface, "index": peer.ifindex}


def _route(route: SeenRoute) -> dict[str, Any]:
    single = route.hops[0] if len(route.hops) == 1 else SeenHop(None, None)
    return {
        "destination": route.destination,
        "from": route.origin,
        "tos": route.tos,
        "family": route.family,
        "type": route.kind,
        "gateway": single.gateway,
        "interface": single.interface,
        "nexthops": [hop._asdict() for hop in route.hops] if len(route.hops) > 1 else [],
        "nexthop_id": route.nexthop_id,
        "source": route.source,
        "metric": route.metric,
        "table": route.table,
        "protocol": route.protocol,
        "scope": route.scope,
    }

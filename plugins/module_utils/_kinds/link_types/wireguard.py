# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""WireGuard tunnels: what is set of them does not come with the link, and is a declared object of its own."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, List, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import LinkType
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.wireguard import Tunnel, WantedPeer, read
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import PREFIX, Integer, Scalar
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import wireguard

#: A key in base64.
_PATTERN = {"type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$"}
_NO_KEY = "it is not a key: 32 bytes in base64 are needed"


class _Named(Scalar[str]):
    """A text whose name looks like that of a secret, and that is none."""

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str", "no_log": False}


class _Secret(Scalar[wireguard.Key]):
    """A key, which nothing may show."""

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str", "no_log": True}


def _public_key(problems: Problems, path: str, written: Any) -> Optional[str]:
    key = _secret_key(problems, path, written)
    return None if key is None else wireguard.text_of(bytes(key))


def _secret_key(problems: Problems, path: str, written: Any) -> Optional[wireguard.Key]:
    try:
        return wireguard.Key(wireguard.bytes_of(written.strip()))
    except (AttributeError, ValueError):
        problems.add(path, _NO_KEY)
        return None


def _file(problems: Problems, path: str, written: Any) -> Optional[str]:
    if isinstance(written, str) and written.startswith("/") and written.isprintable():
        return written
    problems.add(path, "the absolute path of a file on the host is needed")
    return None


def _endpoint(problems: Problems, path: str, written: Any) -> Optional[str]:
    text = written if isinstance(written, str) else ""
    host, _colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        if port.isascii() and port.isdecimal() and 0 < int(port) < 65536 and (":" in bare) == host.startswith("["):
            address = problems.host_address(path, bare)
            return None if address is None else f"[{address}]:{int(port)}" if ":" in bare else f"{address}:{int(port)}"
    except ValueError:
        pass
    what = text or kind(written)
    problems.add(path, f"{what} is not an endpoint: ADDRESS:PORT is needed, or [ADDRESS]:PORT with an IPv6 address")
    return None


_KEY_FILE = _Named(_file, "str", {"type": "string", "pattern": "^/"})


class WrittenPeer(Section, what="peer", needs="a public_key"):
    """A peer of a WireGuard device, as it is written."""

    public_key = Key(_Named(_public_key, "str", _PATTERN), "Its public key, by which it is known.", required=True)
    preshared_key = Key(_Secret(_secret_key, "str", _PATTERN), "A key that both have beside, which nothing shows.")
    preshared_key_file = Key(_KEY_FILE, "A file on the host that holds that key.")
    endpoint = Key(
        Scalar[str](_endpoint, "str", {"type": "string"}),
        "Where it is: ADDRESS:PORT. The kernel changes it when the peer is heard from elsewhere.",
    )
    keepalive = Key(Integer("a time", 0, 65535, "seconds"), "How often it hears of us, in seconds; 0 is never.")
    allowed_ips = Key(List(PREFIX, once=True), "The prefixes that are behind it, and no others.")

    @classmethod
    def option(cls) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "dict", "options": cls.arguments()}

    def wanted(self) -> WantedPeer:
        """Return the peer as it is declared."""
        return WantedPeer(
            self.path,
            self.public_key,
            self.preshared_key,
            self.preshared_key_file,
            self.endpoint,
            self.keepalive,
            self.allowed_ips,
        )


class WrittenWireguard(Section, what="wireguard"):
    """What is set of a WireGuard device, as it is written."""

    private_key = Key(_Secret(_secret_key, "str", _PATTERN), "Its private key, which nothing shows.")
    private_key_file = Key(_KEY_FILE, "A file on the host that holds its private key.")
    listen_port = Key(Integer("a UDP port", 0, 65535), "The UDP port that it listens on; 0: one that is free.")
    fwmark = Key(Integer("a mark", 0, 2**32 - 1), "The mark of the packets that it sends; 0: none.")
    peers = Key(List(WrittenPeer), "Its peers; others are removed.")

    @classmethod
    def option(cls) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "dict", "options": cls.arguments()}


def logged(written: Any) -> list[str]:
    """Return the paths of keys that are values: of a topology, what a task is given is logged on the host as a
    whole.
    """
    if written is None:
        return []
    peers = [f"{one.path}.preshared_key" for one in written.peers or () if one.preshared_key is not None]
    return [*([f"{written.path}.private_key"] if written.private_key is not None else []), *peers]


def _declare(path: str, end: Endpoint, written: Any) -> list[Declared]:
    """Return the configuration of a device."""
    peers = None if written.peers is None else tuple([one.wanted() for one in written.peers])
    own = (written.private_key, written.private_key_file, written.listen_port, written.fwmark)
    return [Tunnel(path, *end, *own, peers)]


TYPE = LinkType(
    "wireguard",
    "wireguard",
    section=WrittenWireguard,
    declare=_declare,
    secrets=logged,
    read=read,
    keeps_birth=True,
)

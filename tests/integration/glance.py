# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A glance at a host, by which it is told in some milliseconds that nothing has changed: the kernel's own reports.

What changes by itself is left out. Where two glances differ, a dump tells whether the host does (``dump.py``).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Container
from pathlib import Path
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces, syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes
from ansible_collections.linuxnet.netns.tests.integration import dump

#: linux/rtnetlink.h: what is asked for, with the body of the request; and the size of the body of its answers.
_ASKED = {
    "links": (18, bytes(16) + struct.pack("=HHI", 8, 29, 8), 16),
    "addresses": (22, bytes(8), 8),
    "IPv4 routes": (26, struct.pack("=B11x", 2), 12),
    "IPv6 routes": (26, struct.pack("=B11x", 10), 12),
    "rules": (34, bytes(12), 12),
    "neighbours": (30, bytes(12), 12),
    "disciplines": (38, bytes(20), 20),
    "IPv4 settings": (82, struct.pack("=B3x", 2), 4),
    "IPv6 settings": (82, struct.pack("=B3x", 10), 4),
}
#: linux/if_link.h: what stands of a link, of a bridge and of a bridge's port.
_OF_LINK = frozenset({1, 2, 3, 4, 5, 10, 13, 18, 20, 27, 30, 31, 32, 37, 52})
_OF_BRIDGE = frozenset(range(1, 8))
_OF_PORT = frozenset({*range(2, 12), 24, *range(26, 34)})
#: Flags: IFF_RUNNING and IFF_LOWER_UP; IFA_F_TENTATIVE and IFA_F_DADFAILED; RTNH_F_DEAD and RTNH_F_LINKDOWN.
_LOWER_UP, _TENTATIVE, _LINKDOWN = 0x10040, 0x48, 0x11
_PERMANENT, _OF_KERNEL, _LINK_LOCAL = 0x80, 2, b"\xfe\x80"


def glance() -> dict[str, Any]:
    """Return what there is on the host of the calling thread, to be compared with another glance."""
    home = namespaces.current()
    try:
        return {**_names(), **{name: _inside(name, home) for name in ["", *namespaces.all_names()]}}
    finally:
        syscalls.setns(home)
        os.close(home)


def mounts() -> list[str]:
    """Return what is mounted below /run/netns."""
    lines = (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return sorted(words[4] for words in lines if words[4].startswith("/run/netns"))


def _names() -> dict[str, Any]:
    """Return what is below /run and /etc/netns: names of namespaces with what they stand for, records, files."""
    records = sorted(Path("/run/linuxnet.netns").glob("*"))
    there = [(name, namespaces.what_is(name)) for name in namespaces.all_names()]
    inodes = {name: os.lstat(f"/run/netns/{name}").st_ino for name, _what in there}
    kept = [(one, one.read_bytes()) for one in records]
    files = {str(one): dump.kept(one) for one in sorted(Path("/etc/netns").rglob("*"))}
    return {"names": there, "inodes": inodes, "mounts": mounts(), "records": kept, "files": files}


def _inside(name: str, home: int) -> Any:
    try:
        namespaces.enter(name or None, home)
    except OSError as error:
        return error.errno
    found: dict[str, list[Any]] = {}
    with RouteSocket() as route:
        for what, (kind, body, size) in _ASKED.items():
            told = (_told(what, raw, size) for raw in route.dump(requests.dump(kind, body)))
            found[what] = [one for one in told if one is not None]
    return found


def _told(what: str, raw: bytes, size: int) -> Any:
    """Return what stands of a report; None where all of it may come and go by itself."""
    body, told = raw[16 : 16 + size], attributes(raw, size)
    if what == "links":
        _family, kind, index, flags = struct.unpack_from("=BxHiI", body)
        about = {key: value for key, value in told.items() if key in _OF_LINK}
        about[18] = _linkinfo(told.get(18, b""))
        return kind, index, flags & ~_LOWER_UP, about
    if what == "addresses":
        flags = int.from_bytes(told.pop(8), "little") & ~_TENTATIVE
        lives = told.pop(6)[:8] == b"\xff" * 8
        return None if told[1].startswith(_LINK_LOCAL) else (body[:2], body[3:], flags, lives, told)
    if what.endswith("routes"):
        told.pop(12, None)
        if "6" in what and body[5] == _OF_KERNEL:
            return None
        return body[:8], struct.unpack_from("=I", body, 8)[0] & ~_LINKDOWN, told
    if what == "neighbours":
        return (body, told.get(1), told.get(2)) if struct.unpack_from("=H", body, 8)[0] & _PERMANENT else None
    if what == "disciplines":
        return body[:16], told.get(1), told.get(2)
    return raw[16:]


def _linkinfo(info: bytes) -> Any:
    told = attributes(info, -16)
    if told.get(1, b"").startswith(b"bridge"):
        told[2] = _some(told.get(2, b""), _OF_BRIDGE)
    if told.get(4, b"").startswith(b"bridge"):
        told[5] = _some(told.get(5, b""), _OF_PORT)
    told.pop(3, None)
    return sorted(told.items())


def _some(nested: bytes, wanted: Container[int]) -> bytes:
    return repr(sorted(attributes(nested, -16, wanted).items())).encode()

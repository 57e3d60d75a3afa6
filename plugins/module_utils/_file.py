# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of a namespace as a value: what it is, whether it is a topology's, how views and commands put it. Pure.

Private.

``ip netns exec NAME`` and the become plugin put each file in ``/etc/netns/NAME`` in the place of the one in ``/etc``
(ip-netns(8)).
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

#: Where namespaces have their files.
ETC_DIR = "/etc/netns"
#: What there can be under a name.
PLAIN, LINK, DIRECTORY, OTHER = "file", "link", "directory", "other"
#: Bytes of a file that are read at most, and that a task writes; bytes that a command shows.
MOST_BYTES, MOST_SHOWN = 1 << 20, 4096
#: What the names of files that are being written begin with.
UNFINISHED = ".linuxnet-"
#: The mode of a directory that we make: it has the sticky bit, by which we know it again, and which makes no difference
#: where root alone may write.
OWN_MODE = 0o1755
_NANOSECONDS = 10**9


class FileEntry(NamedTuple):
    """What there is under a name: its sort, its permissions, and the numbers of its user and group.

    ``content`` is that of a file, None where it is too large; ``target`` where a link leads, with ``reaches``: to
    something. ``stamp`` is the time of the last change in nanoseconds: what is to be written has 0, for now, or only
    the part below a second.
    """

    what: str
    content: Optional[bytes] = None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    stamp: int = 0
    target: str = ""
    reaches: bool = True

    @property
    def mark(self) -> int:
        """The nanoseconds of its time, by which what a topology has made is known."""
        return self.stamp % _NANOSECONDS

    @property
    def is_open(self) -> bool:
        """Whether everybody on the host may read it, and so whoever reads messages and logs."""
        return bool(self.mode & 0o004)

    def same(self, other: FileEntry) -> bool:
        """Tell whether two files say the same, and may be used by the same."""
        return self[:5] == other[:5]


def path_of(netns: str, name: str = "") -> str:
    """Return the path of a file of a namespace, or of the directory that has them."""
    return f"{ETC_DIR}/{netns}/{name}".rstrip("/")


def mark_of(topology: str, netns: str, name: str) -> int:
    """Return the mark of a file that a topology makes.

    Times are kept to the nanosecond by ext4, XFS, Btrfs and tmpfs. Nobody who writes a file gives it a time of his own
    but by copying it from elsewhere, where the mark is another one.
    """
    digest = hashlib.sha256(octets("\0".join((topology, netns, name)))).digest()
    return 1 + int.from_bytes(digest[:8], "big") % (_NANOSECONDS - 1)


def viewed(entry: FileEntry) -> dict[str, Any]:
    """Return what a diff shows of a file: its lines, unless not everybody may read them."""
    shown: dict[str, Any] = {"content": _lines(entry), "mode": f"{entry.mode:04o}"}
    shown.update({key: one for key, one in (("owner", entry.uid), ("group", entry.gid)) if one})
    return shown


def _lines(entry: FileEntry) -> Any:
    content = entry.content
    if content is None:
        return f"more than {MOST_BYTES} bytes"
    # Enough to tell two apart, too little to tell which content of some is the one.
    digest = f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:4]}…"
    if not entry.is_open:
        return f"not shown, for not everybody may read it: {digest}"
    text = as_text(content)
    if text is None:
        return f"no text: {digest}"
    if not text:
        return "empty"
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else [*lines, "\\ No newline at end of file"]


def as_text(content: Optional[bytes]) -> Optional[str]:
    """Return a content as text; None, where it is none."""
    try:
        text = None if content is None else content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if text is None or "\0" in text else text


def printed(entry: FileEntry) -> Optional[str]:
    """Return the format with which printf(1) prints the content; None, where that is not to be shown, or too long."""
    content = entry.content
    if content is None or not entry.is_open or len(content) > MOST_SHOWN:
        return None
    text = "".join(map(_escaped, content))
    # What begins with a dash would be an option.
    return f"\\055{text[1:]}" if text.startswith("-") else text


def _escaped(byte: int) -> str:
    if byte in (0x25, 0x5C):  # % and backslash
        return chr(byte) * 2
    named = {0x0A: "\\n", 0x09: "\\t"}.get(byte)
    return named or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")

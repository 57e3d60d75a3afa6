# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request for a page and its response, as bytes (RFC 9112). Pure. Private.

A response is somebody else's: of one that never ends, so much is kept and no more, and each byte is looked at once.
"""

from __future__ import annotations

import re
from typing import Optional

#: How many bytes of a page are kept; how many are read for them, with all that is around; how many its headers have at
#: most, and a line that says how long a chunk is.
MOST_BYTES = 1 << 16
_MOST_READ, _MOST_HEAD, _MOST_LINE = 1 << 20, 1 << 15, 1 << 10
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2})(?: [^\r\n]*)?")
_LENGTH, _CHUNK = re.compile(rb"[0-9]{1,18}"), re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_SWITCHING = 101


def request(path: str, host: str) -> bytes:
    """Return a request for a path of a host, after whose response the connection is closed."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: linuxnet.netns",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


class Response:
    """What has come of a response so far.

    ``status`` is its number as soon as its headers are there, ``body`` the beginning of the page. ``fault`` is why it
    is no response, in words.
    """

    def __init__(self) -> None:
        self.status: Optional[int] = None
        self.body = bytearray()
        self.fault = ""
        self._is_whole = False
        self._head = bytearray()
        self._read = self._skipped = 0
        #: What is left of the page, or of its chunk: None where its end is that of the connection.
        self._left: Optional[int] = None
        self._chunked = False
        self._line = bytearray()

    @property
    def ended(self) -> bool:
        """Whether no more of it is needed: it is whole or no response, or enough of it is there."""
        return bool(self.fault) or self._is_whole or len(self.body) >= MOST_BYTES or self._read >= _MOST_READ

    def feed(self, data: bytes) -> None:
        """Take what has come; nothing is the end of the connection."""
        self._read += len(data)
        if not data:
            self._is_whole = True
            if self.status is None and self._head:
                self.fault = self.fault or "it ends within its headers"
        elif not self.ended and self.status is None:
            self._read_head(data)
        elif not self.ended:
            self._read_body(data)

    def _read_head(self, data: bytes) -> None:
        begin = max(0, len(self._head) - 3)
        self._head += data
        if not b"HTTP/1.".startswith(bytes(self._head[:7])):
            self.fault = f"it begins with {bytes(self._head[:20])!r}"
        while not self.fault and self.status is None:
            end = self._head.find(b"\r\n\r\n", begin)
            if self._skipped + (end if end >= 0 else len(self._head)) > _MOST_HEAD:
                self.fault = f"its headers have more than {_MOST_HEAD} bytes"
            if end < 0 or self.fault:
                return
            first, *headers = bytes(self._head[:end]).split(b"\r\n")
            rest = bytes(self._head[end + 4 :])
            matched = _STATUS_LINE.fullmatch(first)
            if matched is None:
                self.fault = f"it begins with {first[:20]!r}"
            elif int(matched.group(1)) < 200 and int(matched.group(1)) != _SWITCHING:
                # A word in between (RFC 9110, 15.2): the response is still to come.
                self._skipped += end + 4
                self._head, begin = bytearray(rest), 0
            else:
                self.status = int(matched.group(1))
                self._read_headers(headers)
                if rest and not self.ended:
                    self._read_body(rest)

    def _read_headers(self, headers: list[bytes]) -> None:
        """Find out where the page ends (RFC 9112, 6.3)."""
        named = {
            name.strip().lower(): value.strip() for name, _colon, value in (line.partition(b":") for line in headers)
        }
        length = named.get(b"content-length", b"")
        if self.status in (_SWITCHING, 204, 304):
            self._is_whole = True
        elif named.get(b"transfer-encoding", b"").lower().split(b",")[-1].strip() == b"chunked":
            self._chunked, self._left = True, 0
        elif _LENGTH.fullmatch(length):
            self._left = int(length)
            self._is_whole = self._left == 0

    def _read_body(self, data: bytes) -> None:
        if self._chunked:
            self._read_chunks(data)
            return
        self._keep(data if self._left is None else data[: self._left])
        if self._left is not None:
            self._left = max(0, self._left - len(data))
            self._is_whole = self._left == 0

    def _keep(self, data: bytes) -> None:
        self.body += data[: MOST_BYTES - len(self.body)]

    def _read_chunks(self, data: bytes) -> None:
        """Read chunks (RFC 9112, 7.1): a line with the size of one, so many bytes, the end of a line."""
        offset = 0
        while offset < len(data) and not self.ended:
            if self._left:
                part = data[offset : offset + self._left]
                self._keep(part)
                self._left -= len(part)
                offset += len(part)
                continue
            end = data.find(b"\n", offset)
            self._line += data[offset : end + 1 if end >= 0 else len(data)]
            offset = end + 1 if end >= 0 else len(data)
            if len(self._line) > _MOST_LINE:
                self.fault = "the size of a chunk is no number"
            elif end >= 0:
                self._begin_chunk(bytes(self._line).strip())
                self._line.clear()

    def _begin_chunk(self, line: bytes) -> None:
        if not line:  # the end of the chunk before
            return
        matched = _CHUNK.fullmatch(line)
        if matched is None:
            self.fault = "the size of a chunk is no number"
        else:
            self._left = int(matched.group(1), 16)
            self._is_whole = self._left == 0

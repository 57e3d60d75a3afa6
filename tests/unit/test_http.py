# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses are read as RFC 9112 has them, in whatever pieces they come, and no more of them than is needed."""

from __future__ import annotations

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import http
from hypothesis import given, settings
from hypothesis import strategies as st


def read(*pieces: bytes) -> http.Response:
    response = http.Response()
    for piece in pieces:
        response.feed(piece)
    return response


def told(response: http.Response) -> tuple[int | None, bytes, bool, bool]:
    return response.status, bytes(response.body), response.ended, bool(response.fault)


HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\n"
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n"
CHUNKS = CHUNK + b"003\r\ncde\r\n0\r\nX: y\r\n\r\n"


def test_a_request_is_as_the_rfc_has_it() -> None:
    assert http.request("/x?y=%20", "web.example:8080").split(b"\r\n") == [
        b"GET /x?y=%20 HTTP/1.1",
        b"Host: web.example:8080",
        b"User-Agent: linuxnet.netns",
        b"Accept: */*",
        b"Accept-Encoding: identity",
        b"Connection: close",
        b"",
        b"",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HEAD + b"Content-Length: 3\r\n\r\nabcdef", (200, b"abc", True, False)),
        (HEAD + b"content-length:3\r\n\r\nab", (200, b"ab", False, False)),
        (HEAD + b"Content-Length: 0\r\n\r\n", (200, b"", True, False)),
        (HEAD + b"\r\nabcdef", (200, b"abcdef", False, False)),
        (HEAD, (None, b"", False, False)),
        (b"HTTP/1.0 404\r\n\r\nno", (404, b"no", False, False)),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: y\r\n\r\n" + HEAD + b"\r\na",
            (200, b"a", False, False),
        ),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", (204, b"", True, False)),
        (b"HTTP/1.1 101 Switching\r\n\r\nxyz", (101, b"", True, False)),
        (CHUNKS, (200, b"abcde", True, False)),
        (CHUNK + b"-3\r\ncde", (200, b"ab", True, True)),
        (b"SSH-2.0-x\r\n", (None, b"", True, True)),
        (b"HTTP/2.0 200 OK\r\n\r\n", (None, b"", True, True)),
        (b"HTTP/1.1 777 OK\r\n\r\n", (None, b"", True, True)),
        (HEAD * 2000, (None, b"", True, True)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, (None, b"", True, True)),
        (CHUNK + b"0" * 2000, (200, b"ab", True, True)),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_response_is_the_same_in_whatever_pieces_it_comes(
    data: bytes, expected: tuple[int | None, bytes, bool, bool]
) -> None:
    assert told(read(data)) == told(read(*(data[number : number + 1] for number in range(len(data))))) == expected


def test_a_connection_that_ends_is_the_end_of_a_page_and_not_of_headers() -> None:
    assert told(read(HEAD + b"\r\nabc", b"")) == (200, b"abc", True, False)
    assert told(read(HEAD, b"")) == (None, b"", True, True)
    assert told(read(b"")) == (None, b"", True, False)


def test_of_what_never_ends_so_much_is_kept_and_no_more() -> None:
    endless = read(HEAD + b"\r\n", *[b"x" * 1000] * 200)
    assert (len(endless.body), endless.ended) == (http.MOST_BYTES, True)
    # Chunks with nothing in them, and lines between chunks.
    for filler in (b"1;" + b"y" * 1000 + b"\r\nx\r\n", b"\r\n" * 500):
        endless = read(CHUNK, *[filler] * 2000)
        assert endless.ended
        assert len(endless.body) <= http.MOST_BYTES


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_nothing_is_too_much(junk: bytes, cut: int) -> None:
    for begin in (b"", b"HTTP/1.1 200 OK\r\n", HEAD + b"\r\n", CHUNK):
        data = begin + junk
        assert told(read(data)) == told(read(data[:cut], data[cut:])) or not (data[:cut] and data[cut:])
        read(data, b"")

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to name servers and their replies are read as RFC 1035 has them, whatever a server sends."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _resolver
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import dns
from hypothesis import given, settings
from hypothesis import strategies as st

#: A question for the addresses of web.example, byte by byte.
ASKED = bytes.fromhex("abcd 0100 0001 0000 0000 0000 03") + b"web" + b"\x07example" + bytes.fromhex("00 0001 0001")
#: Where the name of the question stands, as a pointer.
WEB = b"\xc0\x0c"


def record(owner: bytes, kind: int, content: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 60, len(content)) + content


def reply(*records: bytes, flags: int = 0x8180, asked: bytes = ASKED, count: int | None = None) -> bytes:
    header = struct.pack("!HHHHH", flags, 1, len(records) if count is None else count, 0, 0)
    return asked[:2] + header + asked[12:] + b"".join(records)


def read(data: bytes, kind: str = "A") -> dns.Reply | None:
    return dns.read(data, ASKED, kind)


def test_a_question_is_as_the_rfc_has_it() -> None:
    assert dns.query(0xABCD, "web.example", "A") == dns.query(0xABCD, "web.example.", "A") == ASKED
    assert dns.query(0xABCD, "web.example", "AAAA") == ASKED[:-4] + b"\0\x1c\0\1"
    assert dns.query(0, ".", "A")[12:] == b"\0\0\1\0\1"


def test_the_addresses_are_those_of_the_name_and_of_what_it_is_an_alias_of() -> None:
    alias = b"\3www\7example\0"
    found = read(
        reply(
            record(WEB, 5, alias),
            record(alias.upper(), 1, bytes([10, 0, 0, 2])),
            record(WEB[:1] + b"\x10", 1, bytes([9, 9, 9, 9])),  # of example, which was not asked for
            record(alias, 28, bytes(15) + b"\1"),
            record(alias, 1, bytes([10, 0, 0, 3])),
        )
    )
    assert found == ("NOERROR", ("10.0.0.2", "10.0.0.3"), False, "", "")
    assert dns.read(reply(record(WEB, 28, bytes(15) + b"\1")), ASKED, "AAAA") == dns.Reply("NOERROR", ("::1",))
    assert read(reply()) == dns.Reply("NOERROR")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x8183, dns.Reply("NXDOMAIN")),
        (0x8182, dns.Reply("SERVFAIL")),
        (0x8185, dns.Reply("REFUSED")),
        (0x818F, dns.Reply("RCODE 15")),
        (0x8380, dns.Reply("NOERROR", truncated=True)),
    ],
)
def test_the_status_is_told_by_its_word(flags: int, expected: dns.Reply) -> None:
    assert read(reply(flags=flags)) == expected


def test_what_is_no_reply_to_the_question_is_none() -> None:
    right = reply(record(WEB, 1, bytes([10, 0, 0, 2])))
    assert read(right) is not None
    assert read(b"\xab\xce" + right[2:]) is None  # another number
    assert read(right[:2] + b"\1\x80" + right[4:]) is None  # a question
    assert read(right.replace(b"web", b"wen")) is None  # of another name
    assert read(right[:25] + b"\0\x1c" + right[27:]) is None  # of another type
    assert read(right[:11]) is None
    assert read(right[:4] + b"\0\0" + right[6:]) is None  # without a question
    assert read(right[:2] + b"\x81\x81\0\0" + right[6:12]) == dns.Reply("FORMERR")  # which one may be
    assert read(right.replace(b"web", b"WEB")) == read(right)


@pytest.mark.parametrize(
    "records",
    [
        [b"\xc0\x1d" + bytes(10)],  # a pointer to itself
        [b"\xc0\x1f\xc0\x1d" + bytes(10)],  # two that lead to each other
        [record(WEB, 5, b"\xc0\x29")],  # an alias that is a pointer to itself
        [record(b"\xff\xff", 1, bytes(4))],
        [record(b"\x3f" + b"x" * 63 + b"\x3f" + b"x" * 63 + b"\x3f" + b"x" * 63 + b"\x3f" + b"x" * 63, 1, bytes(4))],
        [record(WEB, 1, bytes(5))],
        [record(WEB, 1, bytes(4))[:-1]],
        [WEB],
        [b"\x80"],
        [b""],
    ],
)
def test_a_reply_that_cannot_be_read_is_told_to_be_so(records: list[bytes]) -> None:
    assert read(reply(*records)) == dns.Reply(dns.MALFORMED)


def test_aliases_of_each_other_have_an_end() -> None:
    other = b"\3www\7example\0"
    assert read(reply(record(WEB, 5, other), record(other, 5, WEB))) == dns.Reply("NOERROR")


def test_of_the_longest_replies_not_all_is_read() -> None:
    labels = b"".join(b"\1" + bytes([97 + number % 26]) for number in range(120))
    chain = record(labels + b"\0", 16, b"")
    many = [record(b"\xc0\x1d", 1, bytes(4))] * 511
    assert read(reply(chain, *many)) == dns.Reply("NOERROR")
    assert read(reply(chain, *many * 9)) == dns.Reply(dns.MALFORMED)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_nothing_that_is_behind_the_question_is_too_much(junk: bytes) -> None:
    for count in (1, 3, 65535):
        found = read(reply(junk, count=count))
        assert found is not None
        assert found.status in ("NOERROR", dns.MALFORMED)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_nothing_at_all_is_too_much(junk: bytes) -> None:
    assert read(junk) is None or junk[:2] == ASKED[:2]
    read(ASKED[:2] + junk)


def test_a_resolv_conf_is_read_as_the_c_library_reads_it() -> None:
    text = """
# a remark
nameserver 10.0.0.53
 nameserver 10.0.0.1
nameserver fe80::1%eth0
nameserver junk
nameserver
domain old.example
search lab.example example -wrong
options ndots:2 use-vc ndots:junk
nameserver fd00::53
nameserver 10.0.0.54
"""
    found = _resolver.read(text, "machine.home.example")
    assert found == (("10.0.0.53", "fe80::1%eth0", "fd00::53"), ("lab.example", "example"), 2, True)
    assert _resolver.read("", "machine.home.example") == (("127.0.0.1",), ("home.example",), 1, False)
    assert _resolver.read("domain lab.example other", "machine").search == ("lab.example",)


def test_a_name_is_looked_for_where_the_c_library_looks() -> None:
    found = _resolver.read("search a.example b.example", "machine")
    assert found.names("web") == ["web.a.example", "web.b.example", "web"]
    assert found.names("web.other") == ["web.other", "web.other.a.example", "web.other.b.example"]
    assert found.names("web.") == ["web."]
    assert _resolver.read("", "machine").names("web") == ["web"]
    assert found.names("x" * 63 + ".") == ["x" * 63 + "."]
    long = ".".join(["x" * 62] * 4)
    assert found.names(long) == [long]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_resolv_conf_is_too_much(text: str) -> None:
    assert _resolver.read(text, text).servers
    assert _resolver.read(f"options {text}\nnameserver {text}\nsearch {text}", "").names("web")

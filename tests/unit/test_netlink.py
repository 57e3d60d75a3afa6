# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The framing of netlink messages, without a kernel."""

from __future__ import annotations

import errno
import struct
import sys

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import codec, netlink


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def test_only_the_wanted_attributes_are_kept() -> None:
    body = bytes(range(8))
    parts = [attribute(1, b"abc"), attribute(2, b"defgh"), attribute(3 | 0x8000, b"i"), attribute(4, b"")]
    message = struct.pack("=IHHII", 0, 16, 0, 7, 0) + body + b"".join(parts)
    kept = netlink.only(message, 8, frozenset({1, 3}))
    assert kept[16:] == body + parts[0] + parts[2]
    assert struct.unpack_from("=I", kept) == (len(kept),)
    assert kept[4:16] == message[4:16]


def test_a_broken_attribute_ends_the_message() -> None:
    message = struct.pack("=IHHII", 0, 16, 0, 7, 0) + attribute(1, b"abcd") + struct.pack("=HH", 0, 2) + b"rest"
    assert netlink.only(message, 0, frozenset({1, 2}))[16:] == attribute(1, b"abcd")


def test_an_error_has_the_kernels_explanation() -> None:
    explanation = attribute(1, b"Attribute failed policy validation\0")
    capped = struct.pack("=i", -errno.EINVAL) + bytes(16) + explanation
    error = netlink._error(capped, 0x200 | 0x100)
    assert str(error) == "Invalid argument (EINVAL), Attribute failed policy validation"
    whole = struct.pack("=iI", -errno.EPERM, 24) + bytes(20) + attribute(2, bytes(4)) + explanation
    assert str(netlink._error(whole, 0x200)) == "Operation not permitted (EPERM), Attribute failed policy validation"


def test_an_acknowledgement_is_no_error() -> None:
    assert netlink._error(struct.pack("=i", 0) + bytes(16), 0x100) is None


def test_the_codec_leaves_no_half_imported_package_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyroute2"]:
        monkeypatch.delitem(sys.modules, name)
    loaded = codec.Codec()
    message = loaded.ifaddrmsg()
    message["attrs"] = [("IFA_LOCAL", "10.0.0.1")]
    message.encode()
    assert b"\x0a\x00\x00\x01" in bytes(message.data)
    assert not [name for name in sys.modules if name.split(".")[0] == "pyroute2"]
    import pyroute2

    assert pyroute2.IPRoute


def test_a_missing_library_is_told_with_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyroute2"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda *_arguments: None)
    with pytest.raises(LibraryMissing) as caught:
        codec.Codec()
    assert caught.value.library == "pyroute2"
    assert "ModuleNotFoundError" in caught.value.trace

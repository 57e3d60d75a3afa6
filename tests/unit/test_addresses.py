# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""There is one definition of what sort of address one is, and it goes by the address, not by how it reads."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._address import Address
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS, Addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import NAMESPACE, Name, State
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_link_local, is_loopback

IPV6 = ("fe80::1", "fe90::1", "febf:ffff::1", "fe8::1", "fec0::1", "fe7f::1", "fd00::fe80", "::fe80", "::1", "::")
IPV4 = ("169.254.0.1", "127.0.0.1", "127.255.255.254", "128.0.0.1", "12.7.0.1")


@pytest.mark.parametrize("text", [*IPV6, *IPV4])
def test_the_standard_library_says_the_same(text: str) -> None:
    known = ipaddress.ip_address(text)
    for written in (text, f"{text}/64" if known.version == 6 else f"{text}/8"):
        assert is_link_local(written) == (known.version == 6 and known.is_link_local)
        assert is_loopback(written) == known.is_loopback
    if known.version == 6:
        assert is_link_local(f"{text}%eth0") == known.is_link_local


def test_exclusive_leaves_link_local_addresses_and_no_others_that_read_so() -> None:
    state = State()
    state.names["a"] = Name(NAMESPACE)
    state.put(INTERFACE, "a", "eth0", Interface("eth0", "veth", up=True))
    state.put(ADDRESS, "a", "eth0", tuple(Address(f"{text}/64") for text in ("fe80::1", "fe90::1", "fe8::1")))
    planned = _plan.make([Addresses("", "a", "eth0", (), exclusive=True)], state)
    assert planned.commands() == ["ip -n a address delete fe8::1/64 dev eth0"]

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, prefixes and MACs as values agree with the standard library's."""

from __future__ import annotations

import ipaddress
import random

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    Mac,
    Prefix,
    is_nobodys,
)

EDGES = ["0.0.0.1/0", "127.0.0.1/8", "169.254.1.1/16", "255.255.255.254/31", "10.0.0.1/32"]
EDGES += ["::1/128", "fe80::1/64", "febf::1/10", "fec0::1/10", "fe7f::1/64", "fd00::1/0", "::ffff:10.0.0.1/127"]
CHANCE = random.Random(1)
SOME = [f"{ipaddress.ip_address(CHANCE.randbytes(size))}/{CHANCE.randint(0, 8 * size)}" for size in (4, 16) * 50]


@pytest.mark.parametrize("text", [*EDGES, *SOME])
def test_an_address_is_what_the_standard_library_says(text: str) -> None:
    expected = ipaddress.ip_interface(text)
    address = InterfaceAddress.of(expected.packed, expected.network.prefixlen)
    again = InterfaceAddress.of(expected.packed, expected.network.prefixlen)
    assert ipaddress.ip_interface(address.text) == expected
    assert (address.version, ipaddress.ip_address(address.host)) == (expected.version, expected.ip)
    assert ipaddress.ip_network(address.network.text) == expected.network
    assert address.is_link_local == (expected.version == 6 and expected.ip.is_link_local)
    assert (address, hash(address)) == (again, hash(again))
    assert address.network.has(expected.packed)
    assert not address.network.has(bytes(20 - len(expected.packed)))


@pytest.mark.parametrize("text", ["0.0.0.0", "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "ff02::1"])
def test_some_addresses_are_nobodys(text: str) -> None:
    assert is_nobodys(ipaddress.ip_address(text).packed)


@pytest.mark.parametrize("text", ["0.0.0.1", "223.255.255.255", "240.0.0.1", "255.255.255.254", "::1", "fe80::", "1::"])
def test_all_others_are_possible(text: str) -> None:
    assert not is_nobodys(ipaddress.ip_address(text).packed)


def test_a_prefix_has_what_begins_with_it() -> None:
    prefix = Prefix(b"\x0a\x01\x00\x00", 16)
    assert prefix.text == "10.1.0.0/16"
    assert [prefix.has(bytes(one)) for one in ((10, 1, 255, 255), (10, 2, 0, 0), (10, 1))] == [True, False, False]


def test_a_mac_is_its_bytes() -> None:
    assert Mac(b"\x02\x00\x00\x00\x00\x0a").text == "02:00:00:00:00:0a"

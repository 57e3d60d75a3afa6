# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""There is one definition of what sort of address one is, and it goes by the address, not by how it reads."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._address import Address, of_name
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS, Addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import NAMESPACE, Name, State
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, is_link_local, is_loopback
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import Details, body, details
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import NEWADDR

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


FULL = Details("10.0.0.255", 253, "eth0:x", 3600, 600, noprefixroute=True, metric=7, flags=0x400, protocol=5)
FULL6 = Details(lifetime=3600, preferred=0, nodad=True, metric=2**32 - 1, flags=0x10)


@pytest.mark.parametrize(
    ("text", "peer", "one", "attributes"),
    [
        ("10.0.0.1/24", "", Details(), {"IFA_LOCAL": "10.0.0.1", "IFA_ADDRESS": "10.0.0.1"}),
        (
            "10.0.0.1/24",
            "10.0.0.2",
            FULL,
            {
                "IFA_LOCAL": "10.0.0.1",
                "IFA_ADDRESS": "10.0.0.2",
                "IFA_BROADCAST": "10.0.0.255",
                "IFA_LABEL": "eth0:x",
                "IFA_FLAGS": 0x600,
                "IFA_RT_PRIORITY": 7,
                "IFA_CACHEINFO": {"ifa_preferred": 600, "ifa_valid": 3600, "cstamp": 0, "tstamp": 0},
                "IFA_PROTO": 5,
            },
        ),
        (
            "fd00::1/128",
            "fd00::2",
            FULL6,
            {
                "IFA_LOCAL": "fd00::1",
                "IFA_ADDRESS": "fd00::2",
                "IFA_FLAGS": 0x12,
                "IFA_RT_PRIORITY": 2**32 - 1,
                "IFA_CACHEINFO": {"ifa_preferred": 0, "ifa_valid": 3600, "cstamp": 0, "tstamp": 0},
            },
        ),
    ],
    ids=["nothing", "IPv4", "IPv6"],
)
def test_what_is_set_is_what_pyroute2_reads_and_what_is_read_back(
    text: str, peer: str, one: Details, attributes: dict[str, Any]
) -> None:
    raw = requests.change(NEWADDR, 0, body(7, InterfaceAddress.read(text), peer, one))
    message = Codec().ifaddrmsg(raw)
    message.decode()
    assert (message["index"], message["prefixlen"], message["scope"]) == (7, int(text.partition("/")[2]), one.scope)
    # The oldest version knows no protocol of an address.
    told = {name: value for name, value in message["attrs"] if name in attributes}
    assert told == {name: value for name, value in attributes.items() if name in told}
    assert len(told) >= len(attributes) - 1
    assert details(raw, "eth0") == one
    told_by_us = reports.address(raw)
    assert told_by_us is not None
    assert (told_by_us.text, told_by_us.peer) == (text, peer)


def test_a_label_that_is_the_interfaces_name_is_none() -> None:
    raw = requests.change(NEWADDR, 0, body(7, InterfaceAddress.read("10.0.0.1/24"), "", Details(label="eth0")))
    assert details(raw, "eth0") == Details()


@pytest.mark.parametrize("peer", ["", "10.0.0.2"])
def test_an_address_is_known_by_its_name(peer: str) -> None:
    one = Address("10.0.0.1/32", peer=peer)
    assert of_name(one.name) == one

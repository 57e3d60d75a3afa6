# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLANs of bridge ports: reports taken apart, and the requests that put back what has gone.

Whether the kernel heeds them is tried where its bridges have VLANs (tests/integration/test_surroundings.py).
"""

from __future__ import annotations

import struct

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import port_vlans
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port_vlans import (
    PORT_VLANS,
    PVID,
    UNTAGGED,
    PortVlans,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes, number

ACCESS = PVID | UNTAGGED


def info(flags: int, vid: int) -> bytes:
    return attribute(2, struct.pack("=HH", flags, vid))


def state(**ports: PortVlans) -> State:
    """Return a state in which the host has these ports."""
    made = State()
    for name, port in ports.items():
        made.put(INTERFACE, None, name, Interface(name, "veth"))
        made.put(PORT_VLANS, None, name, port)
    return made


def asked(was: PortVlans, now: PortVlans) -> list[tuple[int, list[tuple[int, int]]]]:
    """Return what is asked of the kernel, by the type of message: flags and VLANs."""
    found = []
    for what, request in PORT_VLANS.requests(state(hub=was), state(hub=now), None):
        assert what == "the VLANs of hub"
        family, index = struct.unpack_from("=BxHi", request, 16)[0], struct.unpack_from("=i", request, 20)[0]
        assert (family, index) == (7, now.ifindex)
        spec = attributes(request, 16)[26]
        assert len(spec) % 8 == 0
        words = [struct.unpack_from("=HHHH", spec, offset) for offset in range(0, len(spec), 8)]
        assert all(word[:2] == (8, 2) for word in words)
        found.append((struct.unpack_from("=H", request, 4)[0], [word[2:] for word in words]))
    return found


def test_a_report_is_taken_apart() -> None:
    spec = b"".join([info(0, 10), info(8, 20), info(16, 22), info(ACCESS, 40), attribute(3, b"tunnel")])
    body = struct.pack("=IHHII", 0, 16, 0, 0, 0) + struct.pack("=BxHiII", 7, 0, 5, 0, 0)
    raw = body + attribute(3, b"hub\0") + attribute(10, number(9)) + attribute(26, spec)
    members = {10: 0, 20: 0, 21: 0, 22: 0, 40: ACCESS}
    assert port_vlans._port(raw) == ("hub", PortVlans(5, members, (b"tunnel",)))
    # The bridge itself is its own master.
    assert port_vlans._port(body + attribute(3, b"br0\0") + attribute(10, number(5)))[1] is None


@pytest.mark.parametrize(
    ("was", "now", "requests"),
    [
        ({1: ACCESS}, {1: ACCESS}, []),
        ({}, {1: ACCESS}, [(17, [(0, 1)])]),
        (
            {5: 0, 6: 0, 7: UNTAGGED, 9: ACCESS},
            {1: ACCESS},
            [(17, [(0, 1)]), (19, [(8, 5), (16, 6), (4, 7), (6, 9)])],
        ),
        ({1: ACCESS, 2: 0}, {1: 0, 2: 0, 3: 0, 4: 0}, [(17, [(8, 3), (16, 4)]), (19, [(6, 1)])]),
    ],
    ids=["none", "the default one", "ranges", "others"],
)
def test_what_has_gone_is_asked_for_and_what_has_come_is_taken_back(
    was: dict[int, int], now: dict[int, int], requests: list[tuple[int, list[tuple[int, int]]]]
) -> None:
    assert asked(PortVlans(3, was), PortVlans(4, now)) == requests


def test_what_goes_with_a_success_is_named() -> None:
    was = state(
        hub=PortVlans(3, {10: 0, 11: 0, 40: ACCESS}), plain=PortVlans(4, {1: ACCESS}), gone=PortVlans(5, {7: 0})
    )
    now = state(hub=PortVlans(3, {40: ACCESS}), plain=PortVlans(4, {}))
    assert list(PORT_VLANS.gone(was, now, None, ())) == ["VLANs 10-11 of hub"]

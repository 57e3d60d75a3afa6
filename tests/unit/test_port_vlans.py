# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""VLANs of bridge ports: reports taken apart, and the requests that put back what has gone.

Whether the kernel heeds them is tried where its bridges have VLANs (tests/integration/test_surroundings.py).
"""

from __future__ import annotations

import struct
from typing import Any, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _vlans
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_type, link_types, port_vlans
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, DeleteInterface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link import ChangeLink
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port import PORT, Port, SetMaster
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.port_vlans import (
    PORT_VLANS,
    PVID,
    UNTAGGED,
    AddVlans,
    DeleteVlans,
    PortVlans,
    Vlans,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes, number
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

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
    # The bridge itself is its own master; others have none.
    bridge = body + attribute(3, b"br0\0") + attribute(10, number(5)) + attribute(26, info(ACCESS, 1))
    assert port_vlans._port(bridge) == ("br0", PortVlans(5, {1: ACCESS}))
    assert port_vlans._port(body + attribute(3, b"eth0\0"))[1] is None


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


def bridged(row: Optional[dict[int, int]], **bridge: Any) -> State:
    """Return a state in which hub is a port of a bridge, in these VLANs (None: it has just become one)."""
    made = State()
    data = link_type.nest(link_types.LOADERS["bridge"]().data({"vlan_filtering": True, **bridge}))
    made.put(INTERFACE, None, "br0", Interface("br0", "bridge", ifindex=2, data=data))
    made.put(INTERFACE, None, "hub", Interface("hub", "veth", ifindex=3))
    made.put(PORT, None, "hub", (Port("br0", "bridge"),))
    if row is not None:
        made.put(PORT_VLANS, None, "hub", PortVlans(3, row))
    return made


WANTED = Vlans("", None, "hub", ((10, 10, ACCESS), (20, 20, 0), (30, 40, UNTAGGED)))
HUB = Endpoint(None, "hub")


def planned(declared: Vlans, state: State) -> list[tuple[Any, State]]:
    """Return the steps of a plan, each with the state before it, and carry them out."""
    found = []
    for step in declared.steps(state):
        found.append((step, state.copy()))
        step.effect(state)
    return found


@pytest.mark.parametrize(
    ("there", "commands"),
    [
        (
            None,
            [
                "add dev hub vid 10 pvid untagged",
                "add dev hub vid 20",
                "add dev hub vid 30-40 untagged",
                "delete dev hub vid 1",
            ],
        ),
        (WANTED.wanted, []),
        ({**WANTED.wanted, 10: UNTAGGED, 20: ACCESS}, ["add dev hub vid 10 pvid untagged", "add dev hub vid 20"]),
        ({**WANTED.wanted, 10: 0, 5: PVID}, ["add dev hub vid 10 pvid untagged", "delete dev hub vid 5"]),
        ({**WANTED.wanted, 35: 0, 50: 0, 51: UNTAGGED}, ["add dev hub vid 35 untagged", "delete dev hub vid 50-51"]),
    ],
    ids=["new", "right", "the other pvid", "no longer pvid", "some"],
)
def test_plans_reach_the_vlans_that_are_declared_and_can_be_undone(
    there: Optional[dict[int, int]], commands: list[str]
) -> None:
    state = bridged(there)
    before = dict(port_vlans.members(state, HUB))
    steps = planned(WANTED, state)
    assert [str(step).removeprefix("bridge vlan ") for step, _before in steps] == commands
    assert port_vlans.members(state, HUB) == WANTED.wanted
    assert not planned(WANTED, state)
    for step, was in reversed(steps):
        for back in step.undo(was):
            back.effect(state)
    assert port_vlans.members(state, HUB) == before


def test_a_port_that_leaves_its_bridge_leaves_its_vlans_and_has_them_again_with_it() -> None:
    before = bridged(WANTED.wanted)
    for step in (SetMaster(*HUB, "", was="bridge", left="br0"), DeleteInterface(None, "br0"), DeleteInterface(*HUB)):
        now = before.copy()
        step.effect(now)
        assert now.row(PORT_VLANS, *HUB) is None
        if isinstance(step, SetMaster):
            for back in step.undo(before):
                back.effect(now)
            assert port_vlans.members(now, HUB) == WANTED.wanted


def test_another_default_of_a_bridge_is_taken_over_as_the_kernel_does() -> None:
    before = bridged({1: ACCESS, 7: 0})
    step = ChangeLink(None, "br0", "bridge", (("vlan_default_pvid", 5),))
    now = before.copy()
    step.effect(now)
    assert port_vlans.members(now, HUB) == {5: ACCESS, 7: 0}
    kept = bridged({1: 0, 9: ACCESS})
    step.effect(kept)
    assert port_vlans.members(kept, HUB) == {1: 0, 9: ACCESS}
    assert port_vlans.members(bridged(None, vlan_default_pvid=5), HUB) == {5: ACCESS}
    assert port_vlans.members(bridged(None, vlan_default_pvid=0), HUB) == {}


class Sender:
    """Knows the index of the port."""

    def index(self, netns: Any, interface: str) -> int:
        return 3


@pytest.mark.parametrize(
    ("step", "kind", "expected"),
    [
        (AddVlans(*HUB, 10, 10, ACCESS), 19, [{"vid": 10, "flags": ACCESS}]),
        (AddVlans(*HUB, 30, 40, UNTAGGED), 19, [{"vid": 30, "flags": 8 | 4}, {"vid": 40, "flags": 16 | 4}]),
        (DeleteVlans(None, "br0", 1, 1, True), 17, [{"vid": 1, "flags": 0}]),
    ],
    ids=str,
)
def test_pyroute2_reads_what_is_sent(step: Any, kind: int, expected: list[dict[str, int]]) -> None:
    message = ifinfmsg(step.message(None, Sender()))
    message.decode()
    assert (message["header"]["type"], message["family"], message["index"]) == (kind, 7, 3)
    spec = message.get_attr("IFLA_AF_SPEC")["attrs"]
    told = [{name: value[name] for name in ("vid", "flags")} for key, value in spec if key == "IFLA_BRIDGE_VLAN_INFO"]
    assert told == expected
    assert [value for key, value in spec if key.endswith("_FLAGS")] == ([2] if step.own else [])


def test_vlans_are_for_ports_of_bridges_and_who_does_not_heed_them_is_named() -> None:
    state = bridged(None, vlan_filtering=False)
    planned(WANTED, state)
    assert state.notes == [
        "hub in the host's namespace is in VLANs, but its bridge does not heed them: its vlan_filtering is off."
    ]
    state.drop(PORT, *HUB)
    with pytest.raises(
        Impossible, match="hub in the host's namespace is no port of a bridge, and only these have VLANs"
    ):
        planned(WANTED, state)


def test_vlans_are_written_as_they_may_be_read() -> None:
    written = port_vlans.as_written(bridged({10: ACCESS, 20: 0, 30: UNTAGGED, 31: UNTAGGED}, vlan_default_pvid=1), HUB)
    assert written == [{"id": 10, "pvid": True, "untagged": True}, 20, {"id": "30-31", "untagged": True}]
    problems = Problems()
    assert _vlans.key().read(problems, "vlans", written) == (
        _vlans.Vlans(10, 10, True, True),
        _vlans.Vlans(20, 20),
        _vlans.Vlans(30, 31, False, True),
    )
    # What a new port has goes without saying, and where the kernel has no VLANs there are none.
    assert port_vlans.as_written(bridged({1: ACCESS}, vlan_default_pvid=1), HUB) is None
    assert port_vlans.as_written(bridged({}), HUB) is None

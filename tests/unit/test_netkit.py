# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netkit pairs: what is sent, and that policies stay with their ends whichever end is the primary one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import netkit
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import DeleteInterface, find
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link import ChangeLink
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import AddVeth, Veth, VethEnd, pair
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes, text, unsigned
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

FIRST, SECOND = Endpoint("a", "n1"), Endpoint("b", "n2")


class Sender:
    """Knows a descriptor of namespace b."""

    def descriptor(self, netns: Any) -> int:
        assert netns == "b"
        return 7


def made(**values: str) -> State:
    """Return a state with a pair whose primary end is the first."""
    state = empty("a", "b")
    pair(VethEnd(*FIRST), VethEnd(*SECOND), "netkit", tuple(values.items())).effect(state)
    return state


def declared(ends: tuple[Endpoint, Endpoint], **values: str) -> Veth:
    return Veth("links[0]", VethEnd(*ends[0]), VethEnd(*ends[1]), type="netkit", values=tuple(values.items()))


def test_what_is_sent_is_what_the_kernel_calls_it() -> None:
    values = (("mode", "l2"), ("policy", "blackhole"), ("peer_policy", "forward"))
    first = VethEnd("a", "n1", "02:00:00:00:00:01", 1400, 5, up=True, group=9)
    step = pair(first, VethEnd("b", "n2", index=6, group=9), "netkit", values)
    raw = step.message(None, Sender())  # type: ignore[arg-type]
    message = ifinfmsg(raw)
    message.decode()
    assert (message["index"], message["flags"], message["change"]) == (5, 1, 1)
    told = {name: message.get_attr(f"IFLA_{name}") for name in ("IFNAME", "ADDRESS", "MTU", "GROUP")}
    assert told == {"IFNAME": "n1", "ADDRESS": "02:00:00:00:00:01", "MTU": 1400, "GROUP": 9}
    info = attributes(attributes(raw, 16)[18], -16)
    assert text(info[1]) == "netkit"
    # linux/if_link.h: IFLA_NETKIT_PEER_INFO, POLICY, PEER_POLICY, MODE.
    data = attributes(info[2], -16)
    assert {code: unsigned(data[code]) for code in (3, 4, 5)} == {3: 2, 4: 0, 5: 0}
    peer = attributes(data[1], 0)
    assert (unsigned(data[1][4:8]), text(peer[3]), unsigned(peer[27]), unsigned(peer[28])) == (6, "n2", 9, 7)
    assert str(step).endswith(
        "link add name n1 up address 02:00:00:00:00:01 mtu 1400 type netkit mode l2 blackhole peer forward name n2 "
        "netns b"
    )


def test_which_end_comes_first_makes_no_difference_to_its_policy() -> None:
    # The index of the second end is known, and heeded only where that of the first is stated too.
    step = pair(VethEnd(*FIRST), VethEnd(*SECOND, index=2), "netkit", (("policy", "blackhole"),))
    assert (step.first.endpoint, step.values) == (SECOND, (("peer_policy", "blackhole"),))
    state = empty("a", "b")
    step.effect(state)
    assert netkit.properties(state, (FIRST, SECOND))["policy"] == "blackhole"
    assert netkit.properties(state, (SECOND, FIRST))["peer_policy"] == "blackhole"


@pytest.mark.parametrize("ends", [(FIRST, SECOND), (SECOND, FIRST)], ids=["primary first", "primary second"])
def test_policies_are_changed_through_the_primary_end_and_can_be_undone(ends: tuple[Endpoint, Endpoint]) -> None:
    state = made(policy="blackhole")
    own = "policy" if ends[0] == FIRST else "peer_policy"
    wanted = declared(ends, **{own: "forward"})
    plan = _plan.make([wanted], state)
    assert plan.commands() == ["ip -n a link set dev n1 type netkit forward"]
    assert netkit.properties(plan.after, ends)[own] == "forward"
    assert not _plan.make([wanted], plan.after.copy()).steps
    (change,) = plan.steps
    assert isinstance(change, ChangeLink)
    after = plan.after.copy()
    for step in change.undo(plan.before):
        step.effect(after)
    assert netkit.properties(after, ends) == netkit.properties(state, ends)


def test_a_deleted_pair_is_made_anew_with_the_same_primary_end() -> None:
    before = made(mode="l2", peer_policy="blackhole")
    now = before.copy()
    delete = DeleteInterface(*SECOND, FIRST)
    delete.effect(now)
    assert find(now, FIRST) is None
    (add, *_rest) = delete.undo(before)
    assert isinstance(add, AddVeth)
    assert (add.first.endpoint, dict(add.values)) == (
        FIRST,
        {"mode": "l2", "policy": "forward", "peer_policy": "blackhole"},
    )


def test_another_mode_of_somebody_elses_pair_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        _plan.make([declared((FIRST, SECOND), mode="l2")], made())
    assert [str(one) for one in caught.value.problems] == [
        "links[0].netkit.mode: it is l3, and the kernel does not change it to l2 on a living pair; remove that first"
    ]


def test_a_pair_of_the_other_type_is_not_taken_for_it() -> None:
    with pytest.raises(Invalid) as caught:
        _plan.make([Veth("links[0]", VethEnd(*FIRST), VethEnd(*SECOND))], made())
    assert "the name n1 in namespace a is taken by one end of another netkit pair" in str(caught.value.problems[0])

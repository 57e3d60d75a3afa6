# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of every module, on a simulated kernel: check mode, failures at each step, what is said."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import AddAddress, Addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import change
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import Carrier, LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import Namespace
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.veth import Veth, VethEnd
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.tests.unit.simulated import SimulatedKernel, empty, result_of

COMMANDS = [
    "ip netns add b",
    "ip -n b link add name eb type veth peer name ea netns a",
    "ip -n a address add 10.0.0.1/24 dev ea",
    "ip -n a link set dev ea up",
]


def lab(_problems: Problems, _params: Mapping[str, Any]) -> list[Declared]:
    return [
        Namespace("namespaces[0]", "a"),
        Namespace("namespaces[1]", "b"),
        Veth("links[0]", VethEnd("a", "ea"), VethEnd("b", "eb")),
        Addresses("links[0].endpoints[0]", "a", "ea", ("10.0.0.1/24",)),
        LinkState("links[0].endpoints[0]", "a", "ea", True),
    ]


def content(state: State) -> Any:
    tables = {
        kind: {netns: rows for netns, rows in table.items() if rows}
        for kind, table in state.tables.items()
        if any(table.values())
    }
    return tables, {name: one._replace(created=False) for name, one in state.names.items()}


def test_check_mode_plans_and_applies_nothing() -> None:
    kernel = SimulatedKernel(empty("a"))
    result = result_of(lab, kernel, check=True)
    assert (result["changed"], result["commands"], result["told"]) == (True, COMMANDS, ["a", "b"])
    assert kernel.applied == []
    assert kernel.closed


def test_the_run_does_what_check_mode_says() -> None:
    predicted = result_of(lab, SimulatedKernel(empty("a")), check=True)
    kernel = SimulatedKernel(empty("a"))
    assert result_of(lab, kernel) == predicted
    assert kernel.applied == COMMANDS
    again = result_of(lab, kernel)
    assert (again["changed"], again["commands"]) == (False, [])
    assert again["diff"] == []


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_a_refused_step_is_named_and_what_came_before_is_undone(number: int) -> None:
    kernel = SimulatedKernel(empty("a"), refuse=COMMANDS[number])
    result = result_of(lab, kernel)
    undone = "All that was done before was undone." if number else "Nothing had been changed before."
    path = ["namespaces[1]", "links[0]", "links[0].endpoints[0]", "links[0].endpoints[0]"][number]
    assert result["msg"] == (
        f"{path}: {COMMANDS[number]} failed: No buffer space available (ENOBUFS). {undone} The host is as it was."
    )
    assert (result["failed"], result["changed"], result["commands"]) == (True, False, [])
    assert content(kernel.state) == content(empty("a"))
    assert kernel.closed


def test_what_cannot_be_undone_is_named() -> None:
    kernel = SimulatedKernel(empty("a"), refuse=COMMANDS[2], undo_fails="ip netns delete b")
    result = result_of(lab, kernel)
    assert result["msg"] == (
        f"links[0].endpoints[0]: {COMMANDS[2]} failed: No buffer space available (ENOBUFS). What was done before was "
        "undone, except for this: ip netns delete b failed: No buffer space available (ENOBUFS); what is there now "
        "differs from what was there before, in namespaces.b."
    )
    assert (result["changed"], result["commands"]) == (True, COMMANDS[:2])


def test_a_failure_that_passes_is_tried_again() -> None:
    class Busy(SimulatedKernel):
        def observe(self, scope: Any) -> State:
            if self.undoing:
                self.refuse = ""
            return super().observe(scope)

    kernel = Busy(empty("a"), refuse=COMMANDS[1])
    assert result_of(lab, kernel)["commands"] == COMMANDS


def test_what_the_kernel_accepts_and_does_not_do_is_a_failure() -> None:
    class Deaf(SimulatedKernel):
        def apply(self, steps: Any) -> None:
            super().apply([step for step in steps if not isinstance(step, AddAddress)])

    result = result_of(lab, Deaf(connected()))
    assert result["msg"].startswith("This was still to be done after the kernel had accepted every step")
    assert "ip -n a address add 10.0.0.1/24 dev ea" in result["msg"]


def connected() -> State:
    kernel = SimulatedKernel(empty("a"))
    result_of(lambda problems, params: lab(problems, params)[:3], kernel)
    return kernel.state


def test_all_mistakes_come_before_the_kernel_is_asked() -> None:
    def declare(problems: Problems, _params: Mapping[str, Any]) -> list[Declared]:
        problems.namespace("name[0]", "a/b")
        problems.namespace("name[1]", "")
        return []

    class Untouchable(SimulatedKernel):
        def observe(self, scope: Any) -> State:
            raise AssertionError("the kernel was asked")

    result = result_of(declare, Untouchable(empty()))
    assert result["msg"].splitlines()[0] == "2 mistakes, and nothing was changed:"
    assert (result["changed"], result["commands"]) == (False, [])


def test_what_did_not_come_true_is_told_beside_what_was_done() -> None:
    def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
        return [*lab(problems, params), LinkState("", "a", "ea", True, 0.01)]

    result = result_of(declare, SimulatedKernel(empty("a")))
    assert result["msg"] == (
        "wait: interface ea in namespace a is up, and stays up, but has no carrier after 0.01 s: is its peer up too?"
    )
    assert (result["failed"], result["changed"], result["commands"]) == (True, True, COMMANDS)
    assert result["told"] == ["a", "b"]


def test_conditions_of_a_class_are_waited_for_together() -> None:
    ends = [Endpoint("a", name) for name in ("first", "second", "third")]
    looks: list[Endpoint] = []

    class Later(SimulatedKernel):
        def has_carrier(self, end: Endpoint) -> bool:
            # The first two have a carrier when all have been looked at twice; the third never has.
            looks.append(end)
            return end != ends[2] and len(looks) > 6

    carriers = [Carrier("wait", end, seconds) for end, seconds in zip(ends, (60, 60, 0))]
    assert Carrier.wait(carriers, Later(empty())) == [True, True, False]
    assert looks[:5] == [*ends, *ends[:2]]


def test_check_mode_waits_only_for_what_is_there_already() -> None:
    def declare(_problems: Problems, _params: Mapping[str, Any]) -> list[Declared]:
        return [LinkState("", "a", "ea", True, 0.01)]

    state = connected()
    assert "failed" not in result_of(declare, SimulatedKernel(state), check=True)
    change(state, Endpoint("a", "ea"), up=True)
    assert result_of(declare, SimulatedKernel(state), check=True)["failed"] is True


def test_when_the_kernel_can_no_longer_be_asked_what_was_done_is_undone() -> None:
    class Silent(SimulatedKernel):
        def observe(self, scope: Any) -> State:
            if len(self.applied) == len(COMMANDS):
                raise KernelError("The state of this host's network could not be read: Too many open files (EMFILE).")
            return super().observe(scope)

    kernel = Silent(empty("a"))
    result = result_of(lab, kernel)
    assert result["msg"] == (
        "The state of this host's network could not be read: Too many open files (EMFILE). All that was done was "
        "undone. The host is as it was."
    )
    assert (result["failed"], result["changed"], result["commands"]) == (True, False, [])
    assert content(kernel.state) == content(empty("a"))


def test_a_process_that_goes_on_finds_its_garbage_collector_as_it_was() -> None:
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            assert result_of(lab, SimulatedKernel(empty("a")))["changed"] is True
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
            gc.unfreeze()

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module promises for every kind of object: prediction, idempotence, true commands, rollback."""

from __future__ import annotations

import re

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import CASES, Case
from ansible_collections.linuxnet.netns.tests.integration.host import Host, Refuse

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def prepare(host: Host, case: Case) -> None:
    host.sh(case.before)
    for module, options in case.earlier:
        host.done(module, **options)


@every_case
def test_check_mode_predicts_the_run_and_changes_nothing(host: Host, case: Case) -> None:
    prepare(host, case)
    before = host.dump()
    predicted = host.done(case.module, check=True, **case.options)
    assert host.dump() == before

    result = host.done(case.module, **case.options)

    assert result["commands"] == case.commands
    assert result["changed"] is True
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])
    assert predicted["changed"] is True
    assert result["diff"]["before"] != result["diff"]["after"]
    assert host.dump() != before


@every_case
def test_the_second_run_changes_nothing(host: Host, case: Case) -> None:
    prepare(host, case)
    first = host.done(case.module, **case.options)
    after = host.dump()

    second = host.done(case.module, **case.options)

    assert (second["changed"], second["commands"]) == (False, [])
    assert second["diff"]["before"] == second["diff"]["after"] == first["diff"]["after"]
    assert host.dump() == after


@every_case
def test_the_commands_do_the_same_work(host: Host, case: Case) -> None:
    prepare(host, case)
    planned = host.done(case.module, check=True, **case.options)["commands"]
    host.sh("; ".join(planned))
    by_hand = host.dump(without_random=True)

    again = host.done(case.module, **case.options)

    assert again["commands"] == []
    assert host.dump(without_random=True) == by_hand


@pytest.mark.parametrize(
    ("case", "number"),
    [pytest.param(case, number, id=f"{case}, step {number}") for case in CASES for number in range(len(case.commands))],
)
def test_when_a_step_fails_the_host_is_as_before(host: Host, refuse: Refuse, case: Case, number: int) -> None:
    prepare(host, case)
    before = host.dump()
    refused = case.commands[number]
    refuse(refused, number)
    result = host.run(case.module, **case.options)

    assert result["failed"] is True
    assert f"{refused} failed: Operation not permitted (EPERM)." in result["msg"]
    assert re.search(r"The host is as it was\.$", result["msg"]), result["msg"]
    assert (result["changed"], result["commands"]) == (False, [])
    assert host.dump() == before

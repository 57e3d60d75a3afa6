# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module promises for every kind of object: prediction, idempotence, true commands, rollback."""

from __future__ import annotations

import errno
import re
import shutil

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import CASES, Case
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

#: The modules that keep a record of what they made.
RECORDED = {"netns_topology"}
WORDS = "Operation not permitted (EPERM)"
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def skip(host: Host, case: Case) -> None:
    """Skip a case that this machine cannot have."""
    if case.needs and not host.has_discipline(case.needs):
        pytest.skip(f"this kernel has no {case.needs} (sch_{case.needs})")
    script, lack = case.tries
    if script and not host.tried(script):
        pytest.skip(lack)
    if case.tables and shutil.which("nft") is None:
        pytest.skip("there is no nft (package nftables)")


def prepare(host: Host, case: Case) -> None:
    skip(host, case)
    host.sysctls, host.tables = case.sysctls, case.tables
    host.sh(case.before)
    for module, options in case.earlier:
        host.done(module, **options)


@every_case
def test_check_mode_predicts_the_run_and_the_second_run_changes_nothing(host: Host, case: Case) -> None:
    prepare(host, case)
    before = host.dump()
    predicted = host.done(case.module, check=True, **case.options)
    assert not difference(before, host.dump())

    result = host.done(case.module, **case.options)

    assert result["commands"] == case.commands
    assert result["changed"] is True
    assert (predicted["commands"], predicted["diff"]) == (result["commands"], result["diff"])
    assert predicted["changed"] is True
    assert result["diff"]
    assert all(one["before"] != one["after"] for one in result["diff"])
    after = host.dump()
    assert difference(before, after)

    second = host.done(case.module, **case.options)

    assert (second["changed"], second["commands"]) == (False, [])
    assert second["diff"] == []
    assert not difference(after, host.dump())


@every_case
def test_the_commands_do_the_same_work(host: Host, case: Case) -> None:
    prepare(host, case)
    planned = host.done(case.module, check=True, **case.options)["commands"]
    host.sh("; ".join(planned))
    by_hand = host.dump(records=False)

    again = host.done(case.module, **case.options)

    assert again["commands"] == []
    assert not difference(by_hand, host.dump(records=False))


@every_case
def test_when_any_change_is_refused_the_host_is_as_before(host: Host, refuse: Refuse, case: Case) -> None:
    """Each message of a batch, each name of a namespace, and the record; what only passes is got over."""
    prepare(host, case)
    before = host.dump()

    def fails(what: str) -> None:
        result = host.run(case.module, **case.options)
        assert refuse.refused == 1
        assert result["failed"] is True
        assert f"{what} failed: {WORDS}." in result["msg"]
        assert re.search(r"The host is as it was\.$", result["msg"]), result["msg"]
        assert (result["changed"], result["commands"]) == (False, [])
        assert not difference(before, host.dump()), what

    for number, command in enumerate(case.commands):
        refuse(number)
        fails(command)
    if case.module in RECORDED:
        refuse.record(errno.EPERM)
        fails("the record of the topology")

    refuse(len(case.commands) // 2, errno.EBUSY)
    result = host.done(case.module, **case.options)
    assert (refuse.refused, result["commands"]) == (1, case.commands)
    assert host.done(case.module, **case.options)["commands"] == []

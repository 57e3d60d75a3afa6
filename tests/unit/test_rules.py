# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routing rules as bytes and as steps: what is encoded by hand is what pyroute2 reads, and undoing restores."""

from __future__ import annotations

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import RULE, AddRule, DeleteRule, RuleRow, name
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import rules
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.rules import Rule
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

RULES = [
    Rule(4, 1000, "10.0.0.9/32", table=100),
    Rule(4, 1000, destination="10.0.0.1/8", iif="lo", oif="eth0", table=1000, inverted=True, suppress=0, tos=16),
    Rule(6, 1000, "fd00::1/64", mark=1, mask=0xFF, action=8, protocol=12),
    Rule(4, 1001, table=254, rest=((22, b"\x06"),)),
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=name)


@each_rule
def test_what_is_encoded_is_read_back_as_it_was_meant(rule: Rule) -> None:
    assert rules.rule(rules.request(rules.NEWRULE, 0, rule)) == rule
    assert rules.rule(bytes(16) + bytes([128]) + bytes(11)) is None


@each_rule
def test_pyroute2_reads_the_same(rule: Rule) -> None:
    from pyroute2.netlink.rtnl.fibmsg import fibmsg

    message = fibmsg(rules.request(rules.NEWRULE, 0, rule))
    message.decode()
    prefixes = {"FRA_SRC": (rule.origin, "src_len"), "FRA_DST": (rule.destination, "dst_len")}
    for attribute, (written, length) in prefixes.items():
        address = message.get_attr(attribute)
        assert (f"{address}/{message[length]}" if address else "") == written
    assert message.get_attr("FRA_PRIORITY") == rule.priority
    assert message.get_attr("FRA_TABLE") == rule.table
    assert (message.get_attr("FRA_IIFNAME") or "", message.get_attr("FRA_OIFNAME") or "") == (rule.iif, rule.oif)
    assert (message.get_attr("FRA_FWMARK") or 0, message.get_attr("FRA_FWMASK") or 0) == (rule.mark, rule.mask)
    assert message.get_attr("FRA_SUPPRESS_PREFIXLEN") == rule.suppress
    assert (message["action"], message["tos"], message["flags"]) == (rule.action, rule.tos, 2 * rule.inverted)


def test_what_undoes_a_step_restores_the_rules_in_their_order() -> None:
    before = empty("a")
    for rule in RULES:
        AddRule("a", RuleRow(rule)).effect(before)
    new = RuleRow(Rule(4, 1000, iif="eth1", table=7))
    for step in [AddRule("a", new), *(DeleteRule("a", RuleRow(rule)) for rule in RULES)]:
        after = before.copy()
        step.effect(after)
        assert after.rows(RULE, "a") != before.rows(RULE, "a")
        for back in step.undo(before):
            back.effect(after)
        assert _by_priority(after.rows(RULE, "a")) == _by_priority(before.rows(RULE, "a")), str(step)


def _by_priority(rows: object) -> list[str]:
    """Return the names of the rules, as the kernel has them: those of one priority in the order in which they were
    added.
    """
    assert isinstance(rows, dict)
    return sorted(rows, key=lambda key: (rows[key][0].rule.version, rows[key][0].rule.priority))

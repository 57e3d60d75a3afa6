# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routing rules: the kernel's own stay, what is there is right however it is written, a topology's are known again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.cases import RULED
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference


@pytest.mark.kernel
def test_what_is_there_is_right_however_it_is_written(host: Host) -> None:
    host.sh(RULED)
    before = host.dump()
    written = [
        {"priority": "1000", "from": "10.0.0.0/8", "to": "0.0.0.0/0", "table": "100"},
        {"priority": 1000, "to": "10.9.0.0/16", "iif": "lo", "oif": "e1", "table": 100, "action": "lookup"},
        {"priority": 1000, "fwmark": "1/255", "action": "prohibit"},
        {"priority": 1000, "family": "ipv6", "from": "FD00::1/64", "table": 100},
        {"priority": 32766, "table": 254},
    ]
    result = host.done("netns_rule", netns="a", rules=written)
    assert (result["changed"], result["commands"]) == (False, [])
    assert not difference(before, host.dump())
    told = result["rules"]
    assert {"priority": 1000, "family": "ipv4", "fwmark": "0x1/0xff", "action": "prohibit"} in told
    assert [one.pop("others") for one in told if "others" in one] == [
        "tos 0x10 goto 32766 uidrange 0-5 sport 22-22 dport 80-90 ipproto 6"
    ]
    again = host.done("netns_rule", netns="a", rules=[one for one in told if one["priority"] != 1002])
    assert again["commands"] == []


@pytest.mark.kernel
def test_the_rules_that_each_namespace_has_are_never_removed(host: Host) -> None:
    host.sh(RULED)
    assert host.refused("netns_rule", netns="a", state="absent", rules=[{"priority": 32766}, {"priority": 1000}]) == (
        "rules[0]: 32766: table main is the kernel's own rule, which is never removed"
    )
    host.done("netns_rule", netns="a", rules=[], exclusive=True)
    assert [one["priority"] for one in host.ip("-n", "a", "rule")] == [0, 1001, 32766, 32767]
    assert [one["priority"] for one in host.ip("-n", "a", "-6", "rule")] == [0, 32766]


def test_only_rules_that_a_topology_made_are_purged(host: Host) -> None:
    def lab(*priorities: int) -> dict[str, Any]:
        rules = [{"priority": priority, "iif": "lo", "table": 100} for priority in priorities]
        return {"name": "lab", "namespaces": [{"name": "a", "rules": rules}], "purge": True}

    host.sh("ip netns add a; ip -n a rule add iif lo priority 5 table 100")
    assert host.done("netns_topology", **lab(5, 6, 7))["topology"]["made"]["rules"] == 2
    host.sh("ip -n a rule del priority 7; ip -n a rule add iif lo priority 7 table 100")
    result = host.done("netns_topology", **lab())
    assert result["commands"] == ["ip -n a rule delete iif lo priority 6 protocol static table 100"]
    assert result["warnings"] == [
        "Rule 7: iif lo table 100 in namespace a is not the one that topology lab made: it was replaced, or its group "
        "changed. It is left alone, and no longer counts as the topology's."
    ]


def test_what_is_not_there_is_told_once_or_assumed(host: Host) -> None:
    rules = [{"priority": 5, "iif": "lo", "table": 100}, {"priority": 6, "iif": "lo", "table": 100}]
    result = host.run("netns_rule", netns="a", rules=rules)
    assert result["msg"] == "netns: there is no namespace a; create it first, with linuxnet.netns.netns"
    assert len(host.done("netns_rule", netns="a", rules=rules, check=True)["commands"]) == 2
    assert host.done("netns_rule", netns="a", rules=rules, state="absent")["commands"] == []

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of interfaces and aliases that are no UTF-8, which the kernel takes, are kept to the byte, and told escaped."""

from __future__ import annotations

import json
import subprocess

from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

# A pair, a bridge with the first end as its port, and what is on them.
MADE = rb"""
ip netns add a; ip netns add b
ip link add $'\xff\xfe' netns a type veth peer name $'\xe9' netns b
ip -n a link add $'br\xff' type bridge; ip -n a link set $'\xff\xfe' master $'br\xff'
ip -n a link set $'\xff\xfe' alias $'\xf0x' up; ip -n a link set $'br\xff' up
ip -n a address add 10.0.0.1/24 dev $'br\xff' label $'br\xff'; ip -n a route add 10.9.0.0/16 via 10.0.0.2
ip -n a rule add iif $'\xff\xfe' priority 7 table 9; ip -n a neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev $'br\xff'
tc -n a qdisc add dev $'\xff\xfe' root tbf rate 1mbit burst 10kb limit 20kb
"""


def bash(script: bytes) -> bytes:
    return subprocess.run(["bash", "-ec", script], check=True, capture_output=True).stdout


def test_a_failed_run_gives_them_back_to_the_byte(host: Host, refuse: Refuse) -> None:
    bash(MADE)
    before = host.dump()
    predicted = host.done("netns", check=True, name=["a", "b"], state="absent")["commands"]
    assert predicted[0] == r"ip -n a link delete dev $'\xff\xfe'"
    for number in range(1, len(predicted)):
        refuse(number)
        result = host.run("netns", name=["a", "b"], state="absent")
        assert refuse.refused == 1
        assert result["msg"].endswith("The host is as it was."), result["msg"]
        assert not difference(before, host.dump())
    bash("; ".join(predicted).encode())
    assert host.namespaces() == []


def test_they_are_told_with_escapes(host: Host) -> None:
    bash(MADE)
    a, b = host.done("netns_info", names=["a", "b"])["namespaces"]
    assert sorted(one["interface"] for one in a["links"]) == [r"\xff\xfe", r"br\xff", "lo"]
    assert [one["alias"] for one in a["links"] if one["interface"] == r"\xff\xfe"] == [r"\xf0x"]
    assert b["links"][1]["peer"]["interface"] == r"\xff\xfe"
    told = host.run("netns_link_state", netns="a", interface="eth0", state="up")
    assert told["failed"]
    told = host.done("netns_addr", netns="a", interface="lo", addresses=["127.0.0.1/8"], exclusive=True)
    export = host.done("netns_export", name="copy", namespaces=["a"])
    assert any("its name is no UTF-8" in one for one in export["left_out"])
    json.dumps([a, b, told, export], ensure_ascii=False).encode()

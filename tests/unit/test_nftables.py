# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found out of rulesets without the kernel."""

from __future__ import annotations

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import nftables


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("table x { }", [("ip", "x")]),
        (
            "table inet x {\n}\n  add table ip6 y\ncreate table netdev z;",
            [("inet", "x"), ("ip6", "y"), ("netdev", "z")],
        ),
        ("table inet x\ndelete table inet x\ntable inet x { chain c { }; }", [("inet", "x")]),
        ("# table inet no { }\ndelete table ip gone\nflush ruleset", []),
        ("table inet filter { # table arp no\n set table { type ipv4_addr; }\n}", [("inet", "filter")]),
    ],
)
def test_the_tables_of_a_ruleset_are_known_by_its_text(text: str, tables: list[tuple[str, str]]) -> None:
    assert list(nftables.tables_of(text)) == tables


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ('iif "eth0" accept; oif != eth1 drop', ["eth0", "eth1"]),
        ("iifname eth0 oifname eth1 meta iifname e2", []),
        ("iif lo accept; meta oif { eth0, eth0.10 } drop", ["eth0", "eth0.10"]),
        ('define wan = "eth0"\ndefine lan = { br0, br1 }\nfoo iif $wan oif $lan', ["eth0", "br0", "br1"]),
        ("type filter hook ingress device eth0 priority 0; devices = { a, b };", ["eth0", "a", "b"]),
        ("# iif eth0\n", []),
    ],
)
def test_interfaces_that_must_be_there_are_known_by_the_text(text: str, devices: list[str]) -> None:
    assert nftables._devices(text) == devices


def test_what_packets_add_to_a_set_is_not_what_a_table_says() -> None:
    own = "\tset own {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n\t}\n"
    seen = "\tset seen {\n\t\ttype ipv4_addr\n\t\tflags dynamic,timeout\n"
    added = "\t\telements = { 192.0.2.7 expires 2s,\n\t\t\t     192.0.2.8 expires 3s }\n"
    assert nftables.lasting(f"table ip t {{\n{own}{seen}{added}\t}}\n{own}}}\n") == (
        f"table ip t {{\n{own}{seen}\t}}\n{own}}}\n"
    )

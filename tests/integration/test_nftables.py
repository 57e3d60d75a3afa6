# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of nftables: what passes, what is a difference, whose they are, and what is said of mistakes."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration.cases import WALLED
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child, difference

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(shutil.which("nft") is None, reason="there is no nft (package nftables)"),
]
CLONE_NEWNS = 0x20000
CLOSED = (
    "table inet filter { chain input { type filter hook input priority 0; policy drop;"
    " ct state established accept; }; }"
)


def listed(host: Host, netns: str) -> list[str]:
    """Return the tables that nft itself lists in a namespace."""
    return host.sh(f"ip netns exec {netns} nft list tables").split("\n")[:-1]


def test_what_a_ruleset_drops_does_not_pass(host: Host) -> None:
    def lab(**more: Any) -> dict[str, Any]:
        ends = [
            {"netns": netns, "interface": "e", "addresses": [f"10.0.0.{at}/24"]} for at, netns in ((1, "a"), (2, "b"))
        ]
        return {
            "name": "lab",
            "namespaces": [{"name": "a", **more}, "b"],
            "links": [{"endpoints": ends}],
            "purge": True,
        }

    host.done("netns_topology", **lab())
    expected = [{"from": "b", "to": "10.0.0.1"}, {"from": "a", "to": "10.0.0.2"}]
    reach: dict[str, Any] = {"expect": expected, "timeout": 0.3}
    assert not host.run("netns_probe", **reach).get("failed")
    host.done("netns_topology", **lab(nftables=CLOSED))
    # What is answered to comes back in.
    assert [one["reachable"] for one in host.run("netns_probe", **reach)["probes"]] == [False, True]
    assert host.done("netns_topology", **lab())["commands"] == ["ip netns exec a nft 'delete table inet filter'"]
    assert not host.run("netns_probe", **reach).get("failed")


def test_what_packets_have_counted_and_added_is_no_difference(host: Host) -> None:
    host.sh("ip netns add a; ip -n a link set lo up")
    ruleset = """
    table ip seen {
      set hosts { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 64; }
      chain input { type filter hook input priority 0; counter; update @hosts { ip saddr }; }
    }
    """
    host.done("netns_nftables", netns="a", ruleset=ruleset)
    host.sh("ip netns exec a ping -c 1 127.0.0.1 >/dev/null")
    found = host.sh("ip netns exec a nft list table ip seen")
    assert "127.0.0.1" in found
    assert "packets 0" not in found
    again = host.done("netns_nftables", netns="a", ruleset=ruleset)
    assert (again["changed"], again["commands"], again["diff"]) == (False, [], [])


def test_a_rule_that_somebody_adds_is_taken_away_again(host: Host) -> None:
    host.sh(WALLED)
    host.done("netns_nftables", netns="a", ruleset=CLOSED)
    host.sh("ip netns exec a nft add rule inet filter input tcp dport 23 accept")
    result = host.done("netns_nftables", netns="a", ruleset=CLOSED)
    (diff,) = result["diff"]
    assert '-       - "  tcp dport 23 accept"' in difference_of(diff)
    assert "dport 23" not in host.sh("ip netns exec a nft list ruleset")
    assert listed(host, "a") == ["table ip6 theirs", "table inet filter"]


def difference_of(diff: dict[str, str]) -> str:
    """Return the lines that a diff takes away."""
    after = diff["after"].splitlines()
    return "\n".join(f"- {line}" for line in diff["before"].splitlines() if line not in after)


def test_a_table_that_somebody_made_in_the_place_of_ours_is_not_purged(host: Host) -> None:
    def lab(**more: Any) -> dict[str, Any]:
        return {"name": "lab", "namespaces": [{"name": "a", **more}], "purge": True}

    both = "table ip one { chain x { }; }\ntable ip two { chain x { }; }"
    made = host.done("netns_topology", **lab(nftables=both))
    assert made["topology"]["made"]["tables"] == 2
    assert host.done("netns_topology", **lab(nftables=both))["commands"] == []
    host.sh("ip netns exec a nft 'delete table ip two; table ip two { chain theirs { }; }'")
    result = host.done("netns_topology", **lab())
    assert result["commands"] == ["ip netns exec a nft 'delete table ip one'"]
    assert result["warnings"] == [
        "Table ip two in namespace a is not the one that topology lab made: it was replaced, or its group changed. It "
        "is left alone, and no longer counts as the topology's."
    ]
    assert listed(host, "a") == ["table ip two"]


def test_a_file_that_begins_as_those_of_debian_does_not_flush_what_others_have(host: Host, tmp_path: Path) -> None:
    host.sh(WALLED)
    file = tmp_path / "nftables.conf"
    file.write_text(f"#!/usr/sbin/nft -f\n\nflush ruleset\n\n{CLOSED}\n")
    result = host.done("netns_nftables", netns="a", file=str(file))
    assert [(one["family"], one["name"]) for one in result["tables"]] == [("inet", "filter")]
    assert listed(host, "a") == ["table ip6 theirs", "table inet filter"]


def test_of_a_file_that_is_too_large_no_part_is_loaded(host: Host, tmp_path: Path) -> None:
    host.sh("ip netns add a")
    file = tmp_path / "large.nft"
    file.write_text(f"{CLOSED}\n" + "# more\n" * (3 << 20))
    assert (
        host.refused("netns_nftables", netns="a", file=str(file)) == f"file: {file} has more than 16777216 characters"
    )
    assert listed(host, "a") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"ruleset": "table ip x {\n  chain y { foo accept; }\n  chain z { type filter hook bar priority 0; }\n}"},
            "ruleset: nftables refuses it: line 2: syntax error, unexpected accept in 'chain y { foo accept; }'; "
            "line 3: unknown chain hook in 'chain z { type filter hook bar priority 0; }'",
        ),
        (
            {"ruleset": "# table ip x { }"},
            "ruleset: it has no table: a ruleset is one or more of 'table FAMILY NAME { … }'",
        ),
        (
            {"ruleset": "table ip x { }; table ip hidden { }"},
            "ruleset: it makes table ip hidden, which must be written as 'table ip hidden { … }'",
        ),
        ({"file": "/none"}, "file: /none could not be read: [Errno 2] No such file or directory: '/none'"),
        (
            {"tables": ["inet", "ipx y", "ip a;b", "a b c"], "state": "absent"},
            "3 mistakes, and nothing was changed:\n"
            "- tables[1]: 'FAMILY NAME' is needed, where the family is one of ip, ip6, inet, arp, bridge, netdev\n"
            "- tables[2]: 'FAMILY NAME' is needed, where the family is one of ip, ip6, inet, arp, bridge, netdev\n"
            "- tables[3]: 'FAMILY NAME' is needed, where the family is one of ip, ip6, inet, arp, bridge, netdev",
        ),
    ],
    ids=["mistakes of the language", "no table", "a hidden table", "no file", "no tables"],
)
def test_mistakes_are_told_before_anything_is_changed(host: Host, options: dict[str, Any], message: str) -> None:
    host.sh("ip netns add a")
    before = host.dump()
    host.tables = True
    assert host.refused("netns_nftables", **{"netns": "a", **options}).startswith(message)
    assert not difference(before, {key: one for key, one in host.dump().items() if key != "tables"})
    assert listed(host, "a") == []


def test_what_an_earlier_task_would_have_made_is_assumed_in_check_mode(host: Host) -> None:
    named: dict[str, Any] = {"netns": "a", "ruleset": "table ip x { chain y { iif { lo, e7 } accept; }; }"}
    missing = {"true": "netns: there is no namespace a", "ip netns add a": "ruleset: there is no interface e7"}
    for deed, message in missing.items():
        host.sh(deed)
        predicted = host.done("netns_nftables", check=True, **named)
        assert [one.partition("{")[0] for one in predicted["commands"]] == ["ip netns exec a nft 'table ip x "]
        assert predicted["warnings"]
        assert host.run("netns_nftables", **named)["msg"].startswith(message)
    host.sh("ip -n a link add e7 type bridge")
    assert host.done("netns_nftables", **named)["commands"] == predicted["commands"]


def test_where_there_is_no_nftables_it_is_said_what_to_install(host: Host) -> None:
    host.sh("ip netns add a")
    library = subprocess.run(
        ["sh", "-c", "ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p'"], check=True, capture_output=True, text=True
    ).stdout.split()[0]

    def hide() -> None:
        ctypes.CDLL(None).unshare(CLONE_NEWNS)
        syscalls.mount("", "/", syscalls.MS_REC | syscalls.MS_PRIVATE)
        syscalls.mount("/dev/null", library, syscalls.MS_BIND)

    result = json.loads(child("netns_nftables", {"netns": "a", "ruleset": CLOSED}, preexec=hide).stdout)
    assert result["failed"] is True
    assert result["msg"] == (
        "There is no nftables on this host (its library libnftables.so.1): install the package nftables, and run this "
        "again. Nothing was changed."
    )

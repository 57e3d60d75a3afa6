# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees of a topology, beside the contract that all modules keep (test_contract.py)."""

from __future__ import annotations

import copy
import json
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.tests.integration.cases import KNOWN, LAB, link
from ansible_collections.linuxnet.netns.tests.integration.host import Host, child, difference, shown

TRIANGLE: dict[str, Any] = {
    "name": "triangle",
    "namespaces": ["a", "b", "c"],
    "links": [
        link(
            {"netns": "a", "interface": "to_b", "addresses": ["10.0.1.1/24", "fd00:1::1/64"]},
            {"netns": "b", "interface": "to_a", "addresses": ["10.0.1.2/24"]},
        ),
        link(
            {"netns": "b", "interface": "to_c", "addresses": ["10.0.2.1/24"]},
            {"netns": "c", "interface": "to_b", "addresses": ["10.0.2.2/24"]},
        ),
        link(
            {"netns": "c", "interface": "to_a", "addresses": ["10.0.3.1/24"]},
            {"netns": "a", "interface": "to_c", "addresses": ["10.0.3.2/24"]},
        ),
    ],
    "purge": True,
}


def indexes(host: Host) -> dict[str, int]:
    """Return the index of each interface in each namespace."""
    return {
        f"{name}:{one['ifname']}": one["ifindex"]
        for name in host.namespaces()
        for one in host.ip("-n", name, "link", "show")
    }


DRIFTS = {
    "an address is gone": (
        "ip -n a address delete 10.0.1.1/24 dev to_b",
        ["ip -n a address add 10.0.1.1/24 dev to_b"],
        set(),
    ),
    "an IPv6 address is gone": (
        "ip -n a address delete fd00:1::1/64 dev to_b",
        ["ip -n a address add fd00:1::1/64 dev to_b"],
        set(),
    ),
    "an end is down, and with that has lost its IPv6 address": (
        "ip -n a link set to_b down",
        ["ip -n a address add fd00:1::1/64 dev to_b", "ip -n a link set dev to_b up"],
        set(),
    ),
    "loopback is down": ("ip -n c link set lo down", ["ip -n c link set dev lo up"], set()),
    "an end is on the host": (
        "ip -n b link set to_c netns $$",
        [
            "ip link set dev to_c netns b",
            "ip -n b address add 10.0.2.1/24 dev to_c",
            "ip -n b link set dev to_c up",
        ],
        set(),
    ),
    "an end is in someone else's namespace": (
        "ip -n b link set to_c netns theirs",
        [
            "ip -n theirs link set dev to_c netns b",
            "ip -n b address add 10.0.2.1/24 dev to_c",
            "ip -n b link set dev to_c up",
        ],
        set(),
    ),
    "both ends are on the host": (
        "ip -n b link set to_c netns $$; ip -n c link set to_b netns $$",
        [
            "ip link set dev to_c netns b",
            "ip link set dev to_b netns c",
            "ip -n b address add 10.0.2.1/24 dev to_c",
            "ip -n b link set dev to_c up",
            "ip -n c address add 10.0.2.2/24 dev to_b",
            "ip -n c link set dev to_b up",
        ],
        set(),
    ),
    "a pair is gone": (
        "ip -n c link delete to_a",
        [
            "ip -n a link add name to_c up type veth peer name to_a netns c",
            "ip -n a address add 10.0.3.2/24 dev to_c",
            "ip -n c address add 10.0.3.1/24 dev to_a",
            "ip -n c link set dev to_a up",
        ],
        {"a:to_c", "c:to_a"},
    ),
    "a namespace was deleted and made again by hand": (
        "ip -n c link delete to_a; ip -n c link delete to_b; ip netns delete c; ip netns add c",
        [
            "ip -n a link add name to_c up type veth peer name to_a netns c",
            "ip -n a address add 10.0.3.2/24 dev to_c",
            "ip -n b link add name to_c up type veth peer name to_b netns c",
            "ip -n b address add 10.0.2.1/24 dev to_c",
            "ip -n c link set dev lo up",
            "ip -n c address add 10.0.2.2/24 dev to_b",
            "ip -n c link set dev to_b up",
            "ip -n c address add 10.0.3.1/24 dev to_a",
            "ip -n c link set dev to_a up",
        ],
        {"a:to_c", "b:to_c", "c:to_a", "c:to_b"},
    ),
}


@pytest.mark.kernel
@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_repaired_and_nothing_more(host: Host, drift: str) -> None:
    script, commands, renumbered = DRIFTS[drift]
    host.sh("ip netns add theirs")
    host.done("netns_topology", **TRIANGLE)
    before = indexes(host)
    host.sh(script)

    predicted = host.done("netns_topology", check=True, **TRIANGLE)
    repaired = host.done("netns_topology", **TRIANGLE)

    assert repaired["commands"] == commands
    assert (predicted["commands"], predicted["diff"]) == (commands, repaired["diff"])
    assert {name for name, index in indexes(host).items() if before[name] != index} <= renumbered
    for netns, address in (("a", "10.0.1.2"), ("b", "10.0.2.2"), ("c", "10.0.3.2")):
        assert host.pings(netns, address)
    assert host.done("netns_topology", **TRIANGLE)["changed"] is False


def test_the_diff_of_a_repair_shows_the_repair_alone(host: Host) -> None:
    host.done("netns_topology", **TRIANGLE)
    host.sh("ip -n a address delete 10.0.1.1/24 dev to_b")
    (diff,) = host.done("netns_topology", **TRIANGLE)["diff"]
    where = "topology triangle, namespace a, interface to_b"
    assert diff == {
        "before_header": where,
        "after_header": where,
        "before": 'to_b:\n  addresses:\n    - fd00:1::1/64\n  peer: "b:to_a"\n  state: up\n',
        "after": 'to_b:\n  addresses:\n    - 10.0.1.1/24\n    - fd00:1::1/64\n  peer: "b:to_a"\n  state: up\n',
    }


@pytest.mark.kernel
def test_what_someone_put_in_the_place_of_an_end_is_left_alone(host: Host) -> None:
    host.sh("ip netns add theirs")
    host.done("netns_topology", **TRIANGLE)
    host.sh("ip -n c link delete to_a; ip link add to_a netns c type veth peer name other netns theirs")
    message = host.refused("netns_topology", **TRIANGLE)
    assert message == (
        "links[2].endpoints[0].interface: the name to_a in namespace c is taken by one end of another veth pair, whose "
        "other end is other in namespace theirs; it was not touched: choose another name, or remove that interface "
        "first"
    )


@pytest.mark.kernel
def test_a_ping_through_an_unaffected_link_loses_nothing(host: Host) -> None:
    host.done("netns_topology", **TRIANGLE)
    words = ["ip", "netns", "exec", "a", "ping", "-i", "0.02", "-c", "100", "10.0.1.2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as ping:
        links = [TRIANGLE["links"][0], link("b:to_d", "d:to_b")]
        smaller = {**TRIANGLE, "namespaces": ["a", "b", "d"], "links": links}
        for form in (smaller, TRIANGLE, smaller):
            assert host.done("netns_topology", **form)["changed"] is True
        said, _nothing = ping.communicate()
    assert " 0% packet loss" in said, said
    assert host.namespaces() == ["a", "b", "d"]


def test_purge_removes_what_the_topology_made_and_nothing_else(host: Host) -> None:
    host.sh("ip netns add theirs; ip netns add b; ip -n b link add br0 type bridge")
    host.sh("ip link add their_end type veth peer name their_other netns theirs")
    host.done("netns_topology", **LAB)
    host.sh("ip -n a address add 10.5.0.1/24 dev ea; ip -n a link add br1 type bridge")

    host.done("netns_topology", name="lab", namespaces=["a"], links=[], purge=True)

    # b was there before, and what is in it, and the address on ea went with its link alone.
    assert host.namespaces() == ["a", "b", "theirs"]
    assert [one["ifname"] for one in host.ip("-n", "a", "link", "show")] == ["lo", "br1"]
    assert [one["ifname"] for one in host.ip("-n", "b", "link", "show")] == ["lo", "br0"]
    assert [one["ifname"] for one in host.ip("link", "show")] == ["lo", "their_end"]


def test_purge_removes_addresses_that_the_topology_made_and_no_others(host: Host) -> None:
    host.done("netns_topology", **TRIANGLE)
    host.sh("ip -n a address add 10.5.0.1/24 dev to_b")
    changed = copy.deepcopy(TRIANGLE)
    changed["links"][0]["endpoints"][0]["addresses"] = ["10.0.1.9/24"]
    result = host.done("netns_topology", **changed)
    assert "ip -n a address delete fd00:1::1/64 dev to_b" in result["commands"]
    addresses = {one["local"] for one in host.ip("-n", "a", "-4", "address", "show", "to_b")[0]["addr_info"]}
    assert addresses == {"10.0.1.9", "10.5.0.1"}
    assert host.done("netns_topology", **changed)["changed"] is False


def test_without_purge_what_is_no_longer_named_stays(host: Host) -> None:
    host.done("netns_topology", **LAB)
    before = host.dump()
    assert host.done("netns_topology", name="lab", namespaces=["a"])["changed"] is False
    assert host.dump() == before
    host.done("netns_topology", name="lab", namespaces=["a"], purge=True)
    assert host.namespaces() == ["a"]


RECORD = Path("/run/linuxnet.netns/lab.json")


@pytest.mark.parametrize(
    "damage",
    [
        RECORD.unlink,
        lambda: RECORD.write_text(""),
        lambda: RECORD.write_text('{"version": 1, "things": [[["namespace"], ""]]}'),
        lambda: RECORD.write_text(RECORD.read_text().replace('["namespace","b"]', "[]")),
        lambda: RECORD.write_text(RECORD.read_text().replace('["namespace","b"]', '["namespace",{}]')),
        lambda: RECORD.write_text(RECORD.read_text().replace('"version":2', '"version":7')),
        lambda: RECORD.write_text(RECORD.read_text().replace('"boot":"', '"boot":"f')),
        lambda: RECORD.chmod(0o666),
        lambda: RECORD.write_text(re.sub(r'"(host|[0-9]+:)[^"]*"\]', '""]', RECORD.read_text())),
        lambda: RECORD.write_text("[" * 100000),
        lambda: RECORD.write_bytes(b"\xff\xfe"),
        lambda: RECORD.write_text(RECORD.read_text()[:-20]),
    ],
    ids=[
        "lost",
        "empty",
        "of another form",
        "with nothing for a thing",
        "with no name for a thing",
        "of another version",
        "of another boot",
        "writable by others",
        "without identities",
        "deep",
        "not text",
        "cut off",
    ],
)
def test_with_a_lost_or_damaged_record_nothing_is_removed(host: Host, damage: Any) -> None:
    host.done("netns_topology", **LAB)
    damage()
    before = host.dump()
    result = host.done("netns_topology", name="lab", namespaces=["a"], purge=True)
    assert (result["changed"], result["commands"]) == (False, [])
    after = host.dump()
    assert {name: after[name] for name in after if name != "records"} == {
        name: before[name] for name in before if name != "records"
    }


def test_an_interface_that_got_another_mac_is_still_the_topologys(host: Host) -> None:
    host.done("netns_topology", **LAB)
    changed = copy.deepcopy(LAB)
    changed["links"][0]["endpoints"][0]["mac"] = "02:00:00:00:00:0a"
    host.done("netns_topology", **changed)
    result = host.done("netns_topology", name="lab", namespaces=["a", "b"], purge=True)
    assert "ip -n a link delete dev ea" in result["commands"]


def test_a_namespace_of_the_same_name_made_by_someone_else_is_not_purged(host: Host) -> None:
    host.done("netns_topology", **LAB)
    host.sh("ip netns delete b; ip netns add b")
    host.done("netns_topology", name="lab", namespaces=["a"], purge=True)
    assert host.namespaces() == ["a", "b"]


def test_the_record_is_written_in_one_piece_and_for_root_alone(host: Host) -> None:
    host.done("netns_topology", **LAB)
    assert RECORD.parent.stat().st_mode & 0o777 == 0o700
    assert RECORD.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in RECORD.parent.iterdir()] == ["lab.json"]
    assert json.loads(RECORD.read_text())["topology"] == "lab"
    host.done("netns_topology", **{**LAB, "state": "absent"})
    assert list(RECORD.parent.iterdir()) == []


def test_all_mistakes_of_a_topology_are_told_with_their_paths(host: Host) -> None:
    message = host.refused(
        "netns_topology",
        name="lab",
        namespaces=["a", {"name": "b", "loopback": True}, "a", False, {"nam": "c"}],
        links=[
            link("a:e0", {"netns": "b", "interface": "e1", "addresses": ["10.0.0.1/24", "10.0.0.256/24"]}),
            {"endpoints": ["a:e1"]},
            link("a:e0", {"interface": "lo", "adresses": []}, mtu=9),
        ],
    )
    assert message.splitlines() == [
        "10 mistakes, and nothing was changed:",
        "- namespaces[1].loopback: True is not one of up and down",
        "- namespaces[3]: a name or a mapping with a name is needed, not a boolean",
        "- namespaces[4].nam: there is no such key; did you mean name?",
        "- namespaces[4].name: None is not a name for a namespace: a string is needed, not nothing",
        "- links[0].endpoints[1].addresses[1]: '10.0.0.256/24' is not an interface address: '10.0.0.256' is not an "
        "IPv4 or IPv6 address",
        "- links[1].endpoints: a list of two endpoints is needed, not 1",
        "- links[2].endpoints[1].adresses: there is no such key; did you mean addresses?",
        "- links[2].endpoints[1].interface: 'lo' is the loopback interface that every namespace has; name the veth end "
        "otherwise",
        "- links[2].mtu: 9 is not an MTU: a number of bytes from 68 to 65535 is needed",
        "- namespaces[2]: namespace a is declared already, in namespaces[0]",
    ]


def test_what_the_host_does_not_allow_is_told_at_once_too(host: Host) -> None:
    host.sh("ip link add taken type bridge; mkdir -p /run/netns/folder")
    message = host.refused(
        "netns_topology",
        name="lab",
        namespaces=["a", "folder"],
        links=[
            link("taken", "a:e0"),
            link("nowhere:e1", {"netns": "a", "interface": "e1", "addresses": ["10.0.0.1/8"]}),
        ],
    )
    assert message.splitlines() == [
        "3 mistakes, and nothing was changed:",
        "- namespaces[1]: /run/netns/folder is neither a namespace nor an empty file left by one; it was not touched: "
        "look at it, and move it away or choose another name",
        "- links[0].endpoints[0].interface: the name taken in the host's namespace is taken by an interface of kind "
        "bridge; it was not touched: choose another name, or remove that interface first",
        "- links[1].endpoints[0].netns: there is no namespace nowhere; create it first, with linuxnet.netns.netns",
    ]


def test_the_result_tells_how_much_was_made(host: Host) -> None:
    topology = host.done("netns_topology", **LAB)["topology"]
    assert topology.pop("seconds") > 0
    assert topology == {
        "name": "lab",
        "state": "present",
        "namespaces": ["a", "b"],
        "links": [["a:ea", "b:eb"], ["a:twin", "b:twin"], ["to_a", "a:uplink"], ["a:loop1", "a:loop2"]],
        "made": {"namespaces": 2, "interfaces": 8, "addresses": 3},
        "removed": {"namespaces": 0, "interfaces": 0, "addresses": 0},
    }


def test_a_pair_that_was_left_on_the_host_is_removed_with_the_topology(host: Host) -> None:
    host.sh("ip netns add a; ip link add ea type veth peer name eb")
    result = host.done("netns_topology", name="t", namespaces=["a", "b"], links=[link("a:ea", "b:eb")], state="absent")
    assert result["commands"] == ["ip link delete dev ea", "ip netns delete a"]


def test_runs_at_the_same_time_wait_for_each_other(host: Host) -> None:
    names = [f"n{number}" for number in range(40)]
    links = [link(f"{names[number]}:right", f"{names[number + 1]}:left") for number in range(39)]
    form = {"name": "many", "namespaces": names, "links": links}
    with ThreadPoolExecutor() as pool:
        results = [json.loads(one.stdout) for one in pool.map(lambda _run: child("netns_topology", form), range(4))]
    assert sorted(result["changed"] for result in results) == [False, False, False, True]
    assert host.done("netns_topology", **form)["changed"] is False


@pytest.mark.parametrize(
    ("number", "by"),
    [(0, signal.SIGTERM), (1, signal.SIGINT), (5, signal.SIGHUP), (13, signal.SIGTERM)],
    ids=str,
)
def test_a_run_that_is_told_to_end_at_a_step_ends_when_all_is_made(host: Host, number: int, by: signal.Signals) -> None:
    before = host.dump()
    assert child("netns_topology", LAB, stop_at=number, stop_by=by).returncode == -by
    assert host.done("netns_topology", **LAB)["commands"] == []
    # What was made is known as the topology's.
    host.done("netns_topology", name="lab", purge=True)
    assert not difference(before, host.dump())


@pytest.mark.parametrize("number", [1, 5, 13])
def test_what_a_run_that_was_killed_at_a_step_has_left_to_do_is_done_by_the_next(host: Host, number: int) -> None:
    commands = host.done("netns_topology", check=True, **LAB)["commands"]
    assert child("netns_topology", LAB, stop_at=number, stop_by=signal.SIGKILL).returncode == -signal.SIGKILL
    assert len(host.done("netns_topology", **LAB)["commands"]) == len(commands) - number
    assert host.done("netns_topology", **LAB)["commands"] == []


@pytest.mark.kernel
def test_what_was_made_is_proven(host: Host) -> None:
    result = host.done("netns_topology", **TRIANGLE, probe=True)
    ways = [(probe["from"], probe["to"], probe["address"], probe["ok"]) for probe in result["probes"]]
    assert ways == [
        ("a", "b:to_a", "10.0.1.2", True),
        ("b", "a:to_b", "10.0.1.1", True),
        ("b", "c:to_b", "10.0.2.2", True),
        ("c", "b:to_c", "10.0.2.1", True),
        ("c", "a:to_c", "10.0.3.2", True),
        ("a", "c:to_a", "10.0.3.1", True),
    ]
    for check in (True, False):
        again = host.done("netns_topology", check=check, **TRIANGLE, probe=True)
        assert (again["changed"], len(again["probes"])) == (False, 6)


def test_what_cannot_be_proven_fails_and_stays(host: Host) -> None:
    host.done("netns_topology", **TRIANGLE)
    host.sh("ip netns exec b sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'")
    changed = copy.deepcopy(TRIANGLE)
    changed["namespaces"].append("d")
    predicted = host.done("netns_topology", check=True, **changed, probe=True)
    assert predicted["probes"] == []
    result = host.run("netns_topology", **changed, probe=True)
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["commands"] == predicted["commands"] == ["ip netns add d", "ip -n d link set dev lo up"]
    assert result["msg"].splitlines() == [
        "2 of 6 probes are not as expected:",
        "- links[0].endpoints[0]: a to b:to_a (10.0.1.2), icmp: no reply in 10 s",
        "- links[1].endpoints[1]: c to b:to_c (10.0.2.1), icmp: no reply in 10 s",
    ]
    assert "d" in host.namespaces()


def test_many_namespaces_need_few_descriptors(host: Host) -> None:
    import resource

    names = [f"n{number}" for number in range(300)]
    links = [link(f"{names[number]}:right", f"{names[number + 1]}:left") for number in range(299)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
    try:
        for state in ("present", "absent"):
            result = host.run("netns_topology", name="many", namespaces=names, links=links, state=state)
            assert not result.get("failed"), result["msg"]
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert host.namespaces() == []


def test_what_goes_is_shown_at_a_cost_that_grows_with_the_topology_alone(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(count: int) -> int:
        names = [f"n{number}" for number in range(count)]
        ring = [link(f"{name}:e0", f"{names[number - 1]}:e1") for number, name in enumerate(names)]
        form: dict[str, Any] = {"name": "ring", "namespaces": names, "links": ring}
        host.done("netns_topology", **form)
        questions.clear()
        gone = host.done("netns_topology", **form, state="absent")
        assert shown(gone, "before").count("peer: ") == 2 * count
        return len(questions)

    questions: list[bytes] = []
    real = RouteSocket.ask

    def ask(route: RouteSocket, message: bytes) -> bytes:
        questions.append(message)
        return real(route, message)

    monkeypatch.setattr(RouteSocket, "ask", ask)
    assert asked(40) <= 2 * asked(20)


def test_an_end_that_goes_down_keeps_its_declared_neighbours(host: Host) -> None:
    end = {**KNOWN["links"][0]["endpoints"][0], "state": "down"}
    changed = {**KNOWN, "links": [link(end, "b:eb")]}
    host.done("netns_topology", **KNOWN)
    predicted = host.done("netns_topology", check=True, **changed)
    result = host.done("netns_topology", **changed)
    assert (
        predicted["commands"]
        == result["commands"]
        == [
            "ip -n a link set dev ea down",
            "ip -n a neighbour replace 10.0.0.9 lladdr 02:00:00:00:00:09 nud permanent dev ea",
        ]
    )
    assert [one["dst"] for one in host.ip("-n", "a", "neighbour", "show", "nud", "permanent")] == ["10.0.0.9"]
    assert host.done("netns_topology", **changed)["changed"] is False

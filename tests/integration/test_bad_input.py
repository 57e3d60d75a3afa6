# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input gets one clear sentence that names the option and the value, and changes nothing."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host, child, difference, shown

PAIR = {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"}
END = {"netns": "a", "interface": "ea"}
#: What each module needs to have something to do, and an expectation of probes.
NEEDED: dict[str, dict[str, Any]] = {
    "netns": {"name": "a"},
    "veth": {"name": "ea", "peer": "eb", "state": "absent"},
    "netns_addr": {"interface": "eth7", "addresses": "10.0.0.1/24"},
    "netns_link_state": {"interface": "eth7", "state": "up"},
    "netns_topology": {"name": "lab"},
    "netns_info": {"names": ["a"]},
    "netns_probe": {"timeout": 0.01},
}
EXPECTED = {"to": "127.0.0.1"}
THERE = "ip netns add a; ip netns add b; ip link add ea netns a type veth peer name eb netns b"


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (
            "netns",
            {"name": "../x"},
            "name: '../x' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'",
        ),
        (
            "netns",
            {"name": "a/b"},
            "name: 'a/b' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'",
        ),
        ("netns", {"name": ""}, "name: '' is not a name for a namespace: it is empty"),
        (
            "netns",
            {"name": "-x"},
            "name: '-x' is not a name for a namespace: a leading '-' would be read as an option",
        ),
        ("netns", {"name": []}, "name: the list is empty; name at least one namespace"),
        (
            "netns",
            {"name": "x" * 256},
            f"name: '{'x' * 80}…' (256 characters) is not a name for a namespace: it has 256 bytes, and at most 255 "
            "are possible",
        ),
        (
            "veth",
            {**PAIR, "name": "sixteen_bytes_ab"},
            "name: 'sixteen_bytes_ab' is not a name for an interface: it has 16 bytes, and at most 15 are possible",
        ),
        (
            "veth",
            {**PAIR, "peer": "lo"},
            "peer: 'lo' is the loopback interface that every namespace has; name the veth end otherwise",
        ),
        (
            "veth",
            {**PAIR, "peer_netns": "../b"},
            "peer_netns: '../b' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'",
        ),
        (
            "veth",
            {**PAIR, "peer": "ea", "peer_netns": "a"},
            "peer: both ends are ea in namespace a; they must differ in name or in namespace",
        ),
        (
            "veth",
            {**PAIR, "mac": "02:00:00:00:01"},
            "mac: '02:00:00:00:01' is not a MAC address for an interface: six bytes in hexadecimal are needed, as in "
            "02:00:00:00:00:01 (in YAML, in quotes)",
        ),
        ("veth", {**PAIR, "mtu": 67}, "mtu: 67 is not an MTU: a number of bytes from 68 to 65535 is needed"),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.256/24"},
            "addresses: '10.0.0.256/24' is not an interface address: '10.0.0.256' is not an IPv4 or IPv6 address",
        ),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.1"},
            "addresses: '10.0.0.1' is not an interface address: the prefix length is missing (as in 10.0.0.1/24)",
        ),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.0/33"},
            "addresses: '10.0.0.0/33' is not an interface address: the prefix length is a number from 0 to 32",
        ),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.1/24/24"},
            "addresses: '10.0.0.1/24/24' is not an interface address: one '/' is needed, with a number from 0 to 32 "
            "after it",
        ),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.1/" + "9" * 5000},
            f"addresses: '10.0.0.1/{'9' * 71}…' (5009 characters) is not an interface address: the prefix length is a "
            "number from 0 to 32",
        ),
        (
            "netns_probe",
            {"expect": [{"to": "::1"}, {"to": "::1", "max_rtt": 16**3000}]},
            "expect[1].max_rtt: a number of about 3613 digits is too large",
        ),
        ("netns_info", {"pids": [1, float("inf")]}, "pids[1]: inf is no whole number"),
        ("netns_info", {"paths": ["/\0"]}, "paths[0]: '/\\x00' cannot be the path of a file"),
        (
            "netns_probe",
            {"expect": [{"to": "fe80::1%l\0o"}]},
            "expect[0].to: 'l\\x00o' is not a name for an interface: white space and control characters are not "
            "possible",
        ),
        (
            "netns_addr",
            {**END, "addresses": "fd00:::1/64"},
            "addresses: 'fd00:::1/64' is not an interface address: 'fd00:::1' is not an IPv4 or IPv6 address",
        ),
        (
            "netns_addr",
            {**END, "addresses": "10.0.0.1/24", "state": "absent", "exclusive": True},
            "exclusive: it goes with state=present; with state=absent, name the addresses to remove",
        ),
        (
            "netns_link_state",
            {**END, "state": "up", "wait": -1},
            "wait: -1.0 is not a time to wait: a number of seconds from 0 is needed",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_told_in_a_sentence(host: Host, module: str, options: dict[str, Any], message: str) -> None:
    host.sh(THERE)
    assert host.refused(module, **options) == message


@pytest.mark.parametrize(
    ("module", "options", "message", "assumed"),
    [
        (
            "netns_addr",
            {"netns": "nowhere", "interface": "ea", "addresses": "10.0.0.1/24"},
            "netns: there is no namespace nowhere; create it first, with linuxnet.netns.netns",
            ["Namespace nowhere", "Interface ea in namespace nowhere"],
        ),
        (
            "netns_addr",
            {"netns": "a", "interface": "eth7", "addresses": "10.0.0.1/24"},
            "interface: there is no interface eth7 in namespace a; it has ea, lo",
            ["Interface eth7 in namespace a"],
        ),
        (
            "netns_link_state",
            {"interface": "eth7", "state": "up"},
            "interface: there is no interface eth7 in the host's namespace; it has lo",
            ["Interface eth7 in the host's namespace"],
        ),
        (
            "veth",
            {"name": "new", "netns": "nowhere", "peer": "other"},
            "netns: there is no namespace nowhere; create it first, with linuxnet.netns.netns",
            ["Namespace nowhere"],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_missing_is_an_error_but_for_check_mode_which_assumes_it(
    host: Host, module: str, options: dict[str, Any], message: str, assumed: list[str]
) -> None:
    host.sh(THERE)
    before = host.dump()
    result = host.run(module, **options)
    assert (result["failed"], result["changed"], result["msg"]) == (True, False, message)
    predicted = host.done(module, check=True, **options)
    assert predicted["changed"] is True
    assert predicted["warnings"] == [
        f"{what} is not there: check mode assumes that an earlier task makes it." for what in assumed
    ]
    assert not difference(before, host.dump())


def test_check_mode_of_a_play_on_a_fresh_host_predicts_what_the_play_does(host: Host) -> None:
    end = {"netns": "a", "interface": "x"}
    play: list[tuple[str, dict[str, Any]]] = [
        ("netns", {"name": ["a", "b"], "loopback": "up"}),
        ("veth", {"name": "x", "netns": "a", "peer": "y", "peer_netns": "b", "mac": "02:00:00:00:00:01"}),
        ("netns_addr", {**end, "addresses": ["10.0.0.1/24", "fd00::1/64"]}),
        ("netns_link_state", {**end, "state": "up"}),
        ("netns_link_state", {"netns": "b", "interface": "y", "state": "up"}),
        ("netns_neighbour", {**end, "neighbours": [{"address": "10.0.0.9", "mac": "02:00:00:00:00:09"}]}),
    ]
    predicted = [host.done(module, check=True, **options) for module, options in play]
    assert host.namespaces() == []
    done = [host.done(module, **options) for module, options in play]
    assert [one["commands"] for one in predicted] == [one["commands"] for one in done]
    assert [shown(one, "after") for one in predicted[2:]] == [shown(one, "after") for one in done[2:]]
    assert host.done("netns_probe", check=True, expect=[{"from": "c", "to": "a:x"}])["warnings"] == [
        "This is not probed in check mode, for it cannot be yet: expect[0].from: there is no namespace c; create it "
        "first, with linuxnet.netns.netns."
    ]


def test_all_mistakes_are_told_at_once(host: Host) -> None:
    message = host.refused("netns_addr", netns="a/b", interface="", addresses=["10.0.0.1/24", "x", "10.0.0.1/64"])
    assert message == (
        "4 mistakes, and nothing was changed:\n"
        "- netns: 'a/b' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'\n"
        "- interface: '' is not a name for an interface: it is empty\n"
        "- addresses[1]: 'x' is not an interface address: 'x' is not an IPv4 or IPv6 address\n"
        "- addresses[2]: '10.0.0.1/64' is not an interface address: the prefix length is a number from 0 to 32"
    )


LONG = "x" * 100_000
VALUES: dict[str, Any] = {"text": LONG, "number": 16**3000, "list": [[LONG]], "mapping": {LONG: {LONG: LONG}}}


def options_of(module: str) -> list[str]:
    imported = importlib.import_module(f"{MODULES}.{module}")
    inside = [f"{name}.{one}" for name, about in imported.ARGUMENTS.items() for one in (about.get("options") or ())]
    return [*imported.ARGUMENTS, *inside, "unknown"]


ALL = [(module, option) for module in sorted(NEEDED) for option in options_of(module)]


@pytest.mark.parametrize(("module", "option"), ALL, ids=str)
def test_no_message_repeats_a_long_value(host: Host, module: str, option: str) -> None:
    outer, _dot, inner = option.partition(".")
    for value in VALUES.values():
        options = {**NEEDED[module], outer: [{**EXPECTED, inner: value}] if inner else value}
        result = host.run(module, **options)
        assert len(result.get("msg", "")) < 500, result["msg"][:1000]
        assert LONG[:320] not in result.get("msg", "")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in VALUES for value in VALUES])
def test_no_message_of_a_topology_repeats_a_long_value(host: Host, key: str, value: str) -> None:
    bad = VALUES[value]
    unknown = LONG if key == "text" else "unknown"
    ends = [{"interface": bad, "netns": bad, "mac": bad, "addresses": [bad], "state": bad, "mtu": bad, unknown: 1}, bad]
    links = [{"endpoints": ends, "mtu": bad, unknown: bad}, bad, {"endpoints": bad}]
    form = {"name": bad, "namespaces": [bad, {"name": bad, "loopback": bad, unknown: bad}], "links": links}
    for message in (
        host.refused("netns_topology", **{**form, "name": "lab"}),
        host.refused("netns_probe", topology=form),
    ):
        lines = message.splitlines()
        assert lines[0].endswith("mistakes, and nothing was changed:")
        assert all(len(line) < 400 for line in lines), message[:1000]


def test_of_very_many_mistakes_the_first_are_told(host: Host) -> None:
    message = host.refused("netns_topology", name="lab", namespaces=["a/b"] * 30_000)
    first, *lines = message.splitlines()
    assert first == "30000 mistakes, and nothing was changed:"
    assert (len(lines), lines[-1]) == (21, "- and 29980 more")
    assert message.count("'a/b'") == 20


def test_of_very_many_interfaces_some_are_told(host: Host) -> None:
    host.sh("".join(f"ip link add x{number} type veth peer name y{number}; " for number in range(10)))
    assert host.refused_by_the_kernel("netns_link_state", interface="eth7", state="up") == (
        "interface: there is no interface eth7 in the host's namespace; it has "
        "lo, x0, x1, x2, x3, x4, x5, x6, x7, x8 and 11 more"
    )


def test_what_no_file_and_no_interface_can_be_called_is_told(host: Host) -> None:
    result = json.loads(child("netns_info", {"paths": ["/run/\ud800"]}).stdout)
    assert result["msg"] == "paths[0]: '/run/\\ud800' cannot be the path of a file"
    result = json.loads(child("netns_probe", {"expect": [{"to": "fe80::1%lo\ud800"}]}).stdout)
    assert result["msg"] == (
        "expect[0].to: 'lo\\ud800' is not a name for an interface: white space and control characters are not possible"
    )


def test_a_name_that_another_kind_of_interface_has_is_not_taken_over(host: Host) -> None:
    host.sh(f"{THERE}; ip -n a link add br0 type bridge")
    assert host.refused("veth", name="br0", netns="a", peer="new") == (
        "name: the name br0 in namespace a is taken by an interface of kind bridge; it was not touched: choose another "
        "name, or remove that interface first"
    )
    assert "br0 in namespace a is taken" in host.refused("veth", name="br0", netns="a", state="absent")


def test_an_alternative_name_is_not_taken_over_and_not_used(host: Host) -> None:
    host.sh(
        f"{THERE}; ip -n a link add br0 type bridge; ip -n a link property add dev br0 altname bridge altname other"
    )
    for name in ("bridge", "other"):
        assert host.refused("veth", name=name, netns="a", peer="new") == (
            f"name: the name {name} in namespace a is taken by br0, whose alternative name it is; it was not touched: "
            "choose another name, or remove that interface first"
        )
    assert host.refused("netns_link_state", netns="a", interface="bridge", state="up") == (
        "interface: bridge is an alternative name in namespace a; use the name br0"
    )
    # It goes with its interface.
    host.sh("ip -n a link delete br0")
    assert host.done("veth", name="bridge", netns="a", peer="new")["changed"] is True


def test_one_end_of_another_pair_is_not_taken_over(host: Host) -> None:
    host.sh(THERE)
    assert host.refused("veth", name="ea", netns="a", peer="other") == (
        "name: the name ea in namespace a is taken by one end of another veth pair, whose other end is eb in namespace "
        "b; it was not touched: choose another name, or remove that interface first"
    )


def test_what_is_no_namespace_is_left_alone(host: Host) -> None:
    host.sh("mkdir -p /run/netns/folder; echo precious >/run/netns/file; touch /run/netns/stale")
    for name in ("folder", "file"):
        for state in ("present", "absent"):
            assert host.refused("netns", name=name, state=state) == (
                f"name: /run/netns/{name} is neither a namespace nor an empty file left by one; it was not touched: "
                "look at it, and move it away or choose another name"
            )
    assert Path("/run/netns/file").read_text() == "precious\n"
    assert host.refused_by_the_kernel("netns_link_state", netns="stale", interface="lo", state="up") == (
        "netns: /run/netns/stale is not a namespace; make it one with linuxnet.netns.netns, state=present"
    )


def test_without_privileges_the_missing_capability_is_named(host: Host) -> None:
    def drop() -> None:
        # PR_CAPBSET_DROP: after the exec that follows, CAP_NET_ADMIN and CAP_SYS_ADMIN are gone (capabilities(7)).
        prctl = ctypes.CDLL(None).prctl
        for capability in (12, 21):
            prctl(24, capability, 0, 0, 0)

    result = json.loads(child("netns", {"name": "a"}, preexec=drop).stdout)
    assert result["msg"] == (
        f"This user (uid {os.geteuid()}) lacks CAP_NET_ADMIN and CAP_SYS_ADMIN, without which network namespaces "
        "cannot be managed: run the task as root (become: true)."
    )
    assert (result["failed"], result["changed"], host.namespaces()) == (True, False, [])


def test_without_pyroute2_the_library_is_named(host: Host) -> None:
    host.sh(THERE)
    before = host.dump()
    finished = child("veth", {"name": "x", "peer": "y"}, hide="pyroute2")
    result = json.loads(finished.stdout)
    assert result["msg"].startswith("Failed to import the required Python library (pyroute2) on ")
    assert (result["failed"], result["changed"]) == (True, False)
    assert b"Traceback" not in finished.stderr
    assert host.dump() == before


def test_without_pyroute2_what_is_right_is_seen_to_be_right(host: Host) -> None:
    host.sh(f"{THERE}; ip -n a link set ea up; ip -n a address add 10.0.0.1/24 dev ea")
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("veth", PAIR),
        ("netns_addr", {**END, "addresses": "10.0.0.1/24"}),
        ("netns_link_state", {**END, "state": "up"}),
    ]
    for module, options in tasks:
        assert json.loads(child(module, options, hide="pyroute2").stdout)["changed"] is False


def test_without_pyroute2_namespaces_can_still_be_made(host: Host) -> None:
    assert json.loads(child("netns", {"name": "a"}, hide="pyroute2").stdout)["changed"] is True
    assert host.namespaces() == ["a"]


def test_a_kernel_that_refuses_is_quoted_and_leaves_nothing_behind(host: Host) -> None:
    host.sh(f"{THERE}; ip netns exec a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/ea/disable_ipv6'")
    message = host.refused_by_the_kernel("netns_addr", **END, addresses=["10.0.0.1/24", "2001:db8::1/64"])
    assert message.startswith("ip -n a address add 2001:db8::1/64 dev ea failed: Permission denied (EACCES)")
    assert message.endswith(". All that was done before was undone. The host is as it was.")


def test_a_file_system_that_refuses_is_quoted(host: Host) -> None:
    host.sh("mount -o remount,bind,ro /run")
    assert host.refused_by_the_kernel("netns", name=["a", "b"]) == (
        "name: ip netns add a failed: /run/netns: Read-only file system (EROFS). Nothing had been changed before. The "
        "host is as it was."
    )

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of namespaces: what is ours of them, what is in the way, and what is never shown."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, shown
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
from ansible_collections.linuxnet.netns.tests.integration.test_export import changes_nothing, exported

ETC = Path("/etc/netns")
OWN: dict[str, Any] = {"name": "resolv.conf", "nameservers": ["10.0.0.53"]}


def named(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a topology of a namespace with files."""
    return {"name": "named", "namespaces": [{"name": "a", "files": list(files)}], **more}


def files(*some: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the options of the module."""
    return {"netns": "a", "files": list(some), **more}


def test_programs_inside_have_them(host: Host) -> None:
    """In a namespace whose name a careless shell would run, and whatever the name."""
    name = "a'b;touch${IFS}landed;\"c\\d"
    host.done("netns_topology", name="odd", namespaces=[{"name": name, "files": [OWN]}])
    assert host.sh(f"ip netns exec {shlex.quote(name)} cat /etc/resolv.conf") == "nameserver 10.0.0.53\n"
    host.done("netns_topology", name="odd", namespaces=[name], state="absent")
    assert list(ETC.iterdir()) == []


def test_what_a_topology_made_goes_with_the_namespace_and_nothing_else_does(host: Host) -> None:
    host.done("netns_topology", **named(OWN, {"name": "hosts", "content": "x"}))
    host.sh("cp -a /etc/netns/a/hosts /etc/netns/a/theirs; mkdir /etc/netns/b; echo x >/etc/netns/b/hosts")
    # A reboot takes the namespaces and the records; the files stay.
    host.sh("ip netns delete a; rm -r /run/linuxnet.netns")
    result = host.done("netns_topology", name="named", namespaces=["a", "b"], state="absent")
    assert result["commands"] == ["rm /etc/netns/a/hosts", "rm /etc/netns/a/resolv.conf"]
    assert sorted(map(str, ETC.rglob("*"))) == [
        "/etc/netns/a",
        "/etc/netns/a/theirs",
        "/etc/netns/b",
        "/etc/netns/b/hosts",
    ]


def test_after_a_reboot_files_are_still_the_topologys(host: Host) -> None:
    host.done("netns_topology", **named(OWN))
    host.sh("ip netns delete a; rm -r /run/linuxnet.netns")
    again = host.done("netns_topology", **named(OWN))
    assert again["commands"] == ["ip netns add a", "ip -n a link set dev lo up"]
    assert host.done("netns_topology", **named(purge=True))["commands"] == [
        "rm /etc/netns/a/resolv.conf",
        "rmdir /etc/netns/a",
    ]


def test_what_somebody_else_has_put_there_is_not_ours(host: Host) -> None:
    """Neither what was there before and is declared, nor what takes the place of ours."""
    host.sh("mkdir /etc/netns/a; echo theirs >/etc/netns/a/hosts")
    host.done("netns_topology", **named(OWN, {"name": "hosts", "content": "ours"}))
    (ETC / "a" / "resolv.conf").write_text("nameserver 10.9.9.9\n")
    told = host.done("netns_topology", **named(purge=True))
    assert (told["commands"], told["warnings"]) == (
        [],
        [
            "File /etc/netns/a/resolv.conf is not the one that topology named made: it was replaced or changed. "
            "It is left alone, and no longer counts as the topology's."
        ],
    )
    host.done("netns_topology", **named(state="absent"))
    assert sorted(os.listdir(ETC / "a")) == ["hosts", "resolv.conf"]


def test_links_are_neither_followed_nor_replaced(host: Host, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "theirs").write_text("theirs")
    host.sh(f"mkdir /etc/netns/a; ln -s {tmp_path}/theirs /etc/netns/a/resolv.conf; mkdir /etc/netns/a/hosts")
    host.sh("ln -s /nowhere /etc/netns/a/passwd; ln -s a /etc/netns/b; echo x >/etc/netns/c; mkfifo /etc/netns/a/gone")
    look = "and was not touched: look at it, and remove it if it is not needed"
    some = [
        {**OWN},
        {"name": "hosts", "content": "x"},
        {"name": "passwd", "content": "x"},
        {"name": "gone", "content": ""},
    ]
    for more in ({}, {"state": "absent"}):
        assert host.refused("netns_files", **files(*some, **more)).splitlines()[1:] == [
            f"- files[0]: /etc/netns/a/resolv.conf is a symbolic link to {tmp_path}/theirs, {look}",
            f"- files[1]: /etc/netns/a/hosts is a directory, {look}",
            f"- files[2]: /etc/netns/a/passwd is a symbolic link to /nowhere, where nothing is, {look}",
            f"- files[3]: /etc/netns/a/gone is no file, {look}",
        ]
    assert host.refused("netns_files", **{**files(OWN), "netns": "b"}) == (
        f"files[0]: /etc/netns/b is a symbolic link to a, {look}"
    )
    assert (
        host.refused("netns_files", **{**files(OWN), "netns": "c"}) == f"files[0]: /etc/netns/c is no directory, {look}"
    )
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_a_link_that_comes_between_the_look_and_the_step_is_not_followed(
    host: Host, refuse: Refuse, tmp_path: Path
) -> None:
    host.sh("mkdir /etc/netns/a")
    refuse.disturb(0, lambda: host.sh(f"rmdir /etc/netns/a; ln -s {tmp_path} /etc/netns/a"))
    result = host.run("netns_files", **files(OWN))
    assert "/etc/netns/a: " in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_dangling_links_and_files_without_a_place_are_told(host: Host) -> None:
    host.sh("mkdir /etc/netns/a; ln -s /nowhere /etc/netns/a/resolv.conf; ip netns add a")
    told = host.done("netns_files", check=True, **files({"name": "no-such-file", "content": "x"}))
    assert told["warnings"] == [
        "This host has no /etc/no-such-file, in whose place /etc/netns/a/no-such-file could be put: ip netns exec "
        "warns of it, and programs inside do not have the file. Make one, an empty one will do.",
        "/etc/netns/a/resolv.conf is a symbolic link to /nowhere, where nothing is: what runs in namespace a has the "
        "host's /etc/resolv.conf.",
    ]
    (info,) = host.done("netns_info", names=["a"])["namespaces"]
    assert [(one["name"], one["type"], one["target"], one["dangling"]) for one in info["files"]] == [
        ("resolv.conf", "link", "/nowhere", True)
    ]


def test_without_the_directory_of_all_it_is_made_and_goes_again_when_the_run_fails(host: Host, refuse: Refuse) -> None:
    host.sh("mount -t tmpfs -o mode=755 host /etc; touch /etc/resolv.conf")
    try:
        refuse(1)
        assert "The host is as it was." in host.run("netns_files", **files(OWN))["msg"]
        assert os.listdir("/etc") == ["resolv.conf"]
        host.done("netns_files", **files(OWN))
        assert host.sh("stat -c %a /etc/netns /etc/netns/a /etc/netns/a/resolv.conf").split() == ["755", "1755", "644"]
        host.sh("rm -r /etc/netns; ln -s /run /etc/netns")
        assert "files[0]: /etc/netns is a symbolic link to /run" in host.refused("netns_files", **files(OWN))
    finally:
        syscalls.unmount("/etc", syscalls.MNT_DETACH)


def test_a_failed_run_gives_files_back_with_owner_mode_and_time(host: Host, refuse: Refuse) -> None:
    if Path("/proc/self/uid_map").read_text().split()[2] != "4294967295":
        pytest.skip("only real root can give files to others")
    content = bytes(range(256))
    (ETC / "a").mkdir()
    (ETC / "a" / "resolv.conf").write_bytes(content)
    host.sh("cd /etc/netns/a; chown 1:2 resolv.conf . ; chmod 4754 resolv.conf; touch -d @7.000000001 resolv.conf")
    before = host.dump()
    refuse(1)
    changed = {**OWN, "owner": "daemon", "mode": "0600"}
    assert (
        "The host is as it was." in host.run("netns_files", **files(changed, {"name": "hosts", "content": ""}))["msg"]
    )
    assert not difference(before, host.dump())
    told = host.done("netns_files", **files(changed))
    assert [told["files"][0][key] for key in ("mode", "owner", "group", "content")] == ["0600", 1, 2, None]
    assert "no text: 256 bytes" in shown(told, "before")


def test_what_not_everybody_may_read_is_not_shown(host: Host) -> None:
    host.sh("ip netns add a")
    secret = {"name": "passwd", "content": "swordfish\n", "mode": "0600"}
    told = [host.run("netns_files", check=check, **files(secret)) for check in (True, False, False)]
    told.append(host.done("netns_files", **files({**secret, "content": "swordfist\n"})))
    told.append(host.done("netns_info", names=["a"]))
    export = host.done("netns_export", name="copy", namespaces=["a"])
    assert export["left_out"] == ["file passwd of namespace a: not everybody may read it"]
    assert "swordfis" not in json.dumps([*told, export])
    assert told[3]["diff"]
    assert [one["changed"] for one in told[:4]] == [True, True, False, True]


def test_what_a_killed_run_was_writing_is_removed_by_the_next(host: Host) -> None:
    host.sh("mkdir /etc/netns/a; echo half >/etc/netns/a/.linuxnet-0123")
    host.done("netns_files", **files(OWN))
    assert os.listdir(ETC / "a") == ["resolv.conf"]


def test_a_file_that_is_too_large_is_told(host: Host) -> None:
    host.sh("mkdir /etc/netns/a; truncate -s 2M /etc/netns/a/resolv.conf")
    assert "has more than 1048576 bytes, and was not touched" in host.refused("netns_files", **files(OWN))
    large = host.refused("netns_files", **files({"name": "hosts", "content": "x" * (1 << 20) + "é"}))
    assert large == "files[0].content: the text has 1048578 bytes, and at most 1048576 are possible"


def test_an_export_has_them_as_one_writes_them(host: Host) -> None:
    written: list[dict[str, Any]] = [
        {"name": "gai.conf", "content": "x"},
        {"name": "resolv.conf", "nameservers": ["10.0.0.53"], "search": ["lab"], "options": ["ndots:2"]},
    ]
    host.done("netns_topology", **named(*written))
    host.sh("mkdir -p /etc/netns/b; printf 'nameserver 10.0.0.1' >/etc/netns/b/resolv.conf; ip netns add b")
    topology = exported(host, host=False)["topology"]
    assert [one["files"] for one in topology["namespaces"]] == [
        written,
        [{"name": "resolv.conf", "content": "nameserver 10.0.0.1"}],
    ]
    changes_nothing(host, topology)

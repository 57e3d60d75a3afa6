# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a topology declares is there again after a boot, by a script that needs nothing of this collection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
import yaml
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import persistence
from ansible_collections.linuxnet.netns.tests.integration import test_contract
from ansible_collections.linuxnet.netns.tests.integration.cases import CASES, NIC, SWITCHED, WAYS, Case, link
from ansible_collections.linuxnet.netns.tests.integration.dump import _without as without
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference, own_host, shown
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, ROOT, done, written
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

FILES, UNITS = Path("/etc/linuxnet.netns"), Path("/etc/systemd/system")
TOPOLOGIES = [case for case in CASES if case.module == "netns_topology" and case.options.get("state") != "absent"]
#: A topology with one of everything that is not there twice.
RICH: dict[str, Any] = {
    **SWITCHED,
    "namespaces": [
        *SWITCHED["namespaces"],
        {
            "name": "c",
            "interfaces": [
                {"name": "tap0", "type": "tap", "tap": {"multi_queue": True}, "mac": "02:00:00:00:00:0a"},
                # Its name is one that the host has too, where it is born.
                {"name": "to_b", "type": "macvlan", "lower": "host:to_b"},
            ],
            "addresses": {"lo": ["10.255.0.1/32"]},
            "rules": [{"priority": 1000, "from": "10.255.0.1", "table": 100}],
            "routes": [{"to": "10.8.0.0/16", "type": "blackhole"}],
            "sysctls": {"net.ipv4.ip_forward": True},
        },
    ],
    "host": {**SWITCHED["host"], "rules": [{"priority": 2000, "fwmark": 7, "table": "main"}]},
    "persist": True,
}
SMALL: dict[str, Any] = {"name": "small", "namespaces": ["a", "b"], "links": [link("a:ea", "b:eb")], "persist": True}
WRITTEN = "install -D -m 0755 /dev/stdin /etc/linuxnet.netns/small.sh"
CONTRACT = [
    Case(
        "a topology that is there after a boot too",
        "netns_topology",
        SMALL,
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "ip -n b link set dev lo up",
            "ip -n b link set dev eb up",
            WRITTEN,
        ],
    ),
    Case(
        "another topology after a boot",
        "netns_topology",
        {**SMALL, "namespaces": ["b"], "links": [], "purge": True},
        ["ip -n a link delete dev ea", "ip netns delete a", WRITTEN],
        earlier=[("netns_topology", SMALL)],
    ),
    Case(
        "a topology that is not there after a boot any more",
        "netns_topology",
        {**SMALL, "persist": False},
        ["rm /etc/linuxnet.netns/small.sh"],
        earlier=[("netns_topology", SMALL)],
    ),
    Case(
        "no topology, nor after a boot",
        "netns_topology",
        {"name": "small", "namespaces": ["a", "b"], "state": "absent"},
        ["ip netns delete a", "ip netns delete b", "rm /etc/linuxnet.netns/small.sh"],
        earlier=[("netns_topology", SMALL)],
    ),
]
CHANGED = "it was changed by hand, or is not this collection's"
contract = pytest.mark.parametrize("case", CONTRACT, ids=str)


def script_of(topology: str) -> str:
    """Return the script of a topology."""
    return (FILES / f"{topology}.sh").read_text()


def boot(script: str, *shell: str) -> subprocess.CompletedProcess[str]:
    """Run a script as systemd runs it at boot: with no settings of anybody's."""
    words = [*(shell or ["/bin/sh"]), "-c", script]
    return subprocess.run(words, check=False, capture_output=True, text=True, env={})


def booted(script: str, *shell: str) -> None:
    """Run a script, which must do all that it is for."""
    run = boot(script, *shell)
    # The kernel has its opinion of some rates (sch_htb).
    said = [line for line in run.stderr.splitlines() if not line.startswith("Warning: ")]
    assert (run.returncode, run.stdout, said) == (0, "", [])


def of_another_host(
    options: dict[str, Any], before: str = "true", files: Optional[Path] = None
) -> tuple[str, Any, list[list[str]]]:
    """Return the script of a topology that was declared on another host, what there was then, and what was recorded.

    The files of its namespaces, which outlast a boot, are copied to ``files``.
    """
    with own_host() as host:
        host.sh(before)
        host.done("netns_topology", **options)
        if files is not None:
            host.sh(f"cp -a /etc/netns/. {files}")
        return script_of(options["name"]), alike(host.dump()), recorded(options["name"])


def recorded(topology: str) -> list[list[str]]:
    """Return the things that are recorded of a topology."""
    things = json.loads(Path(f"/run/linuxnet.netns/{topology}.json").read_text())["things"]
    return sorted(thing for thing, _identity in things)


def alike(dump: dict[str, Any]) -> dict[str, Any]:
    """Return what is the same of two hosts that are alike."""
    dump = {name: one for name, one in dump.items() if not name.startswith("/")}
    for one in dump.values():
        one["links"].sort(key=lambda link: str(link["ifname"]))
    dump = without(dump, frozenset({"address", "mac", "ifindex", "link_index", "link_netnsid"}))
    for one in dump.values():
        one["bridges"].sort(key=json.dumps)
    return {"": dump}


def prepared(case: Case) -> str:
    """Return what makes the devices of a case, which are no topology's; namespaces are not there after a boot."""
    return case.before if case.before == NIC else "true"


@pytest.mark.parametrize("case", TOPOLOGIES, ids=str)
def test_the_script_alone_makes_on_another_host_what_was_declared(case: Case, tmp_path: Path) -> None:
    with own_host() as host:
        test_contract.skip(host, case)
    options = {**case.options, "persist": True}
    script, made, things = of_another_host(options, prepared(case), tmp_path)
    with own_host() as host:
        host.sh(prepared(case))
        host.sh(f"cp -a {tmp_path}/. /etc/netns")
        booted(script)
        assert not difference(made, alike(host.dump()))
        assert recorded(options["name"]) == things
        unchanged(host, script, options)


def unchanged(host: Host, script: str, options: dict[str, Any]) -> None:
    """See that neither the script nor the module has anything to do, and that the module knows what is its own."""
    before = host.dump()
    booted(script)
    assert not difference(before, host.dump())
    (FILES / f"{options['name']}.sh").write_text(script)
    (FILES / f"{options['name']}.sh").chmod(0o755)
    again = host.done("netns_topology", **options)
    assert (again["commands"], again.get("warnings", [])) == ([], [])
    assert host.dump()["/run/linuxnet.netns"] == before["/run/linuxnet.netns"]


@contract
def test_check_mode_predicts_what_is_kept(host: Host, case: Case) -> None:
    test_contract.test_check_mode_predicts_the_run_and_the_second_run_changes_nothing(host, case)


@pytest.mark.parametrize("case", [case for case in CONTRACT if case.options.get("persist", True)], ids=str)
def test_when_a_file_is_refused_the_host_is_as_before(host: Host, refuse: Refuse, case: Case) -> None:
    test_contract.test_when_any_change_is_refused_the_host_is_as_before(host, refuse, case)


SHELLS = [("dash",), ("bash", "--posix"), ("busybox", "ash")]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: str(words[0]))
def test_a_script_that_was_ended_half_way_does_the_rest_the_next_time(shell: Sequence[str]) -> None:
    path = shutil.which(shell[0])
    if path is None:
        pytest.skip(f"{shell[0]} is not here")
    script, made, things = of_another_host(RICH)
    lines = script.splitlines()
    first, last = (next(n for n, one in enumerate(lines) if one.startswith(word)) for word in ("namespace a", "boot="))
    # Each shell is ended after other lines.
    place = SHELLS.index(tuple(shell))
    for count in range(first + 2 + 8 * place, last, 8 * len(SHELLS)):
        with own_host() as host:
            boot("\n".join(lines[:count]), path, *shell[1:])
            booted(script, path, *shell[1:])
            assert not difference(made, alike(host.dump())), lines[count - 1]
            # What was there, and is no interface, may have been somebody else's.
            missing = [one for one in things if one not in recorded(RICH["name"])]
            assert {one[0] for one in missing} <= {"namespace", "rule"}
    with own_host() as host:
        booted(script, path, *shell[1:])
        unchanged(host, script, RICH)


def test_what_is_somebody_elses_is_not_recorded() -> None:
    """Namespaces, links, addresses, routes and rules that are there before the script is run."""
    options = {
        "name": "ours",
        "namespaces": ["a", "b"],
        "links": [link("h1", "h2"), link("h3", "h4")],
        "host": {
            "addresses": {"nic": ["192.0.2.7/24", "192.0.2.8/24"]},
            "routes": [{"to": "10.1.0.0/16", "via": "192.0.2.9"}, {"to": "10.2.0.0/16", "via": "192.0.2.9"}],
            "rules": [{"priority": 2000, "fwmark": 7, "table": "main"}, {"priority": 2001, "fwmark": 8, "table": 9}],
        },
        "persist": True,
    }
    script, _made, _things = of_another_host(options, NIC)
    with own_host() as host:
        host.sh(NIC)
        host.sh("ip netns add a; ip address add 192.0.2.7/24 dev nic; ip route add 10.1.0.0/16 via 192.0.2.9")
        host.sh("ip rule add priority 2000 fwmark 7 table main protocol static; ip link add h1 type veth peer name h2")
        booted(script)
        assert recorded("ours") == [
            ["address", "", "nic", "192.0.2.8/24"],
            ["interface", "", "h3"],
            ["interface", "", "h4"],
            ["namespace", "b"],
            ["route", "", "10.2.0.0/16"],
            ["rule", "", "2001: fwmark 0x8 table 9"],
        ]
        purged = host.done("netns_topology", name="ours", namespaces=[], purge=True, persist=False)
        assert purged["commands"] == [
            "ip rule delete fwmark 0x8 priority 2001 protocol static table 9",
            "ip route delete 10.2.0.0/16 via 192.0.2.9 dev nic proto static",
            "ip address delete 192.0.2.8/24 dev nic",
            "ip link delete dev h3",
            "ip netns delete b",
        ]
        assert "warnings" not in purged


def test_all_that_can_be_made_is_made_when_something_cannot_be() -> None:
    script, _made, things = of_another_host(WAYS | {"persist": True})
    with own_host() as host:
        # A reboot with /run on a disk leaves the first; the second is nobody's to remove.
        host.sh("mkdir -p /run/netns; touch /run/netns/a; mkdir /run/netns/b")
        run = boot(script)
        assert run.returncode == 1
        failed = [line for line in run.stderr.splitlines() if line.startswith("linuxnet.netns: failed: ")]
        assert failed[0] == "linuxnet.netns: failed: ip netns add b"
        there = [one for one in recorded("ways") if one[0] in ("namespace", "interface", "address")]
        assert there == [["namespace", "a"]]
        assert host.ip("-n", "a", "rule", "show", "priority", "1000")
        host.sh("rmdir /run/netns/b")
        booted(script)
        assert recorded("ways") == things
        unchanged(host, script, {**WAYS, "persist": True})


def test_a_device_is_found_by_its_mac_address_and_known_by_the_name_that_it_has_then() -> None:
    one = {"name": "wan", "type": "device", "from": {"mac": "02:00:00:00:00:99"}, "addresses": ["192.0.2.9/24"]}
    options = {"name": "managed", "namespaces": [{"name": "a", "interfaces": [one]}], "persist": True}
    script, _made, _things = of_another_host(options, NIC)
    with own_host() as host:
        host.sh(re.sub(r"\bnic\b", "'odd*nic'", NIC))
        booted(script)
        assert ["device", "a", "wan", "odd*nic", ""] in recorded("managed")
        unchanged(host, script, options)
        gone = host.done("netns_topology", **{**options, "state": "absent"})["commands"]
        assert gone[0] == "ip -n a link set dev wan netns $$ name 'odd*nic'"


# ---- systemd


@pytest.fixture
def systemd(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host that says that it runs systemd; gives the file that has what systemctl was called for."""
    Path("/run/systemd/system").mkdir(parents=True)
    calls = tmp_path / "calls"
    calls.touch()
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" >>{calls}\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return calls


ODD = 'my-lab_1.2%h$HOME"\\ü'
ESCAPED = "my\\x2dlab_1.2\\x25h\\x24HOME\\x22\\x5c\\xc3\\xbc"


def test_a_unit_runs_the_script_and_is_taken_away_with_it(host: Host, systemd: Path) -> None:
    options = {**SMALL, "name": ODD}
    before = host.dump()
    result = host.done("netns_topology", **options)
    unit = f"linuxnet-netns-{ESCAPED}.service"
    assert "warnings" not in result
    assert result["topology"]["persisted"] == {"script": f"/etc/linuxnet.netns/{ODD}.sh", "unit": unit}
    assert (UNITS / "multi-user.target.wants" / unit).resolve() == UNITS / unit
    assert systemd.read_text() == "daemon-reload\n"
    escape = shutil.which("systemd-escape")
    if escape is not None:
        words = [escape, "--template=linuxnet-netns-@.service", ODD]
        said = subprocess.run(words, check=True, capture_output=True, text=True)
        assert said.stdout.replace("@", "") == f"{unit}\n"
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        found = subprocess.run([verify, "verify", UNITS / unit], check=False, capture_output=True, text=True)
        assert (found.returncode, found.stderr) == (0, ""), found.stderr
    assert host.done("netns_topology", **options)["changed"] is False
    host.done("netns_topology", name=ODD, namespaces=["a", "b"], state="absent")
    assert systemd.read_text() == "daemon-reload\n" * 2
    assert {**host.dump(), "/run/netns": {}} == {**before, "/run/linuxnet.netns": {}}


def test_a_disabled_unit_is_enabled_again_and_nothing_else_is_done(host: Host, systemd: Path) -> None:
    host.done("netns_topology", **SMALL)
    wants = UNITS / "multi-user.target.wants" / "linuxnet-netns-small.service"
    wants.unlink()
    assert host.done("netns_topology", **SMALL)["commands"] == [f"ln -s ../linuxnet-netns-small.service {wants}"]
    assert systemd.read_text() == "daemon-reload\n"


def test_units_are_started_before_the_network_unless_they_need_that_of_the_host(host: Host, systemd: Path) -> None:
    def order(options: dict[str, Any]) -> str:
        host.done("netns_topology", **options, persist=True)
        unit = (UNITS / f"linuxnet-netns-{options['name']}.service").read_text()
        return next(line for line in unit.splitlines() if line.startswith("Wants="))

    early = {
        "name": "early",
        "namespaces": ["a"],
        "links": [link({"interface": "h", "addresses": ["10.0.0.1/30"]}, "a:x")],
    }
    assert order(early) == "Wants=network-pre.target"
    assert order(WAYS) == "Wants=network-online.target"


def test_when_systemd_does_not_answer_nothing_is_kept(host: Host, systemd: Path) -> None:
    systemctl = systemd.parent / "systemctl"
    systemctl.write_text("#!/bin/sh\necho Failed to connect to bus: Host is down >&2\nexit 1\n")
    message = host.refused_by_the_kernel("netns_topology", **SMALL)
    path = "/etc/systemd/system/linuxnet-netns-small.service"
    assert message.startswith(f"persist: install -D -m 0644 /dev/stdin {path} && systemctl daemon-reload failed: ")
    assert "systemctl says: Failed to connect to bus: Host is down" in message


# ---- what cannot be, and what was changed by hand


def test_without_systemd_it_is_said_that_somebody_has_to_run_the_script(host: Host) -> None:
    result = host.done("netns_topology", **SMALL)
    assert result["topology"]["persisted"] == {"script": "/etc/linuxnet.netns/small.sh", "unit": None}
    (warning,) = result["warnings"]
    assert warning.startswith(
        "This host runs no systemd, so that nothing runs /etc/linuxnet.netns/small.sh after a boot"
    )
    assert "warnings" not in host.done("netns_topology", **SMALL)


def test_what_is_kept_stays_when_nothing_is_said_of_it(host: Host) -> None:
    host.done("netns_topology", **SMALL)
    script = script_of("small")
    changed = {**SMALL, "namespaces": ["a", "b", "c"]}
    del changed["persist"]
    host.done("netns_topology", **changed)
    assert script_of("small") == script
    # What is live and what is kept differ: check mode tells.
    told = host.done("netns_topology", **changed, persist=True, check=True)
    assert told["commands"] == [WRITTEN]
    assert [one["after_header"] for one in told["diff"]] == ["topology small, /etc/linuxnet.netns/small.sh"]
    assert "\nnamespace c\n" in shown(told, "after")
    assert "\nnamespace c\n" not in shown(told, "before")


def spoil(change: Callable[[Path], Any]) -> Callable[[], Any]:
    return lambda: change(FILES / "small.sh")


def in_its_place(make: Callable[[Path], Any]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


def read_only() -> None:
    syscalls._LIBC.mount(b"", str(FILES).encode(), None, 32 | 4096 | 1, None)


SPOILED: list[tuple[str, Callable[[], Any], str]] = [
    (
        "changed",
        spoil(lambda path: path.write_text(path.read_text() + "ip link set dev ea mtu 1400\n")),
        "persist: /etc/linuxnet.netns/small.sh: it was changed by hand, or is not this collection's. It was not "
        "touched: look at it, and move it away or remove it to have it written anew",
    ),
    (
        "somebody else's",
        spoil(lambda path: path.write_text("#!/bin/sh\n")),
        "persist: /etc/linuxnet.netns/small.sh: it was changed by hand, or is not this collection's. ",
    ),
    (
        "a link",
        spoil(in_its_place(lambda path: path.symlink_to("/etc/passwd"))),
        "persist: /etc/linuxnet.netns/small.sh: it is a symbolic link to /etc/passwd, which is not followed. ",
    ),
    (
        "a directory",
        spoil(in_its_place(Path.mkdir)),
        "persist: /etc/linuxnet.netns/small.sh: it is not a file. ",
    ),
    (
        "open to others",
        spoil(lambda path: path.chmod(0o777)),
        "persist: /etc/linuxnet.netns/small.sh: others than root could have written it. ",
    ),
    (
        "read-only",
        read_only,
        "persist: /etc/linuxnet.netns cannot be written: Read-only file system (EROFS); nothing was touched: make it "
        "writable, or leave persist out",
    ),
    (
        "a directory open to others",
        lambda: FILES.chmod(0o777),
        "persist: /etc/linuxnet.netns can be written by others than root; nothing was touched",
    ),
]


@pytest.mark.parametrize(("change", "message"), [one[1:] for one in SPOILED], ids=[one[0] for one in SPOILED])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_is_not_as_it_was_written_is_told_and_left(
    host: Host, change: Callable[[], Any], message: str, state: str
) -> None:
    host.done("netns_topology", **SMALL)
    change()
    other = {**SMALL, "namespaces": ["a", "b", "c"]} if state == "present" else {**SMALL, "state": "absent"}
    told = host.refused("netns_topology", **other)
    expected = message if state == "present" else message.replace("persist:", "state:").replace("written anew", "gone")
    assert told.startswith(expected)


def test_a_program_that_will_be_needed_is_missed_before_anything_is_done(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "PATH", "/nowhere")
    assert host.refused("netns_topology", **SMALL) == (
        "persist: after a boot the program ip is needed, which this host lacks: install it"
    )


def test_a_mistake_is_told_once(host: Host) -> None:
    wrong = {**SMALL, "host": {"addresses": {"nowhere": ["10.0.0.1/24"]}}}
    assert host.refused("netns_topology", **wrong).count("there is no interface") == 1


def test_what_is_kept_is_compared_with_what_is_live(host: Host) -> None:
    def told() -> list[dict[str, Any]]:
        return list(host.done("netns_info", persisted=True)["persisted"])

    assert told() == []
    assert "persisted" not in host.done("netns_info")
    host.done("netns_topology", **RICH)
    host.done("netns_topology", **SMALL)
    usual: dict[str, Any] = {"unit": None, "is_live": True, "commands": [], "problems": []}
    right = [dict(usual), dict(usual)]
    rich, small = right
    rich.update(topology=RICH["name"], script=f"/etc/linuxnet.netns/{RICH['name']}.sh")
    small.update(topology="small", script="/etc/linuxnet.netns/small.sh")
    assert told() == sorted(right, key=lambda one: str(one["topology"]))
    # What else a later task or a hand has made is no matter; what it has changed is.
    host.sh("ip netns add else; ip -n a link set ea down; ip netns exec c sysctl -q net.ipv4.ip_forward=0")
    small.update(is_live=False, commands=["ip -n a link set dev ea up"])
    rich.update(is_live=False, commands=["ip netns exec c sysctl -w net.ipv4.ip_forward=1"])
    assert told() == sorted(right, key=lambda one: str(one["topology"]))
    (FILES / "small.sh").write_text(script_of("small").replace(" ea ", " ec "))
    small.update(is_live=None, commands=[], problems=[f"{FILES}/small.sh: {CHANGED}"])
    rich.update(is_live=None, commands=[], problems=[f"{FILES}/{RICH['name']}.sh: it is not a file"])
    (FILES / f"{RICH['name']}.sh").unlink()
    (FILES / f"{RICH['name']}.sh").mkdir()
    assert told() == sorted(right, key=lambda one: str(one["topology"]))


def test_the_page_shows_the_script(host: Host) -> None:
    page = (ROOT / "docs" / "boot.md").read_text()
    (play,) = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    options = play["tasks"][0]["linuxnet.netns.netns_topology"]
    host.done("netns_topology", **options)
    (told,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    assert f"\n\n{told}\n" in script_of("mgmt")


def test_what_modules_made_is_kept_by_the_role(tmp_path: Path) -> None:
    page = (ROOT / "roles" / "persistent" / "README.md").read_text()
    (play,) = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    tasks = play["tasks"]
    inventory = written(tmp_path, "inventory.yml", {"all": {"hosts": {"here": LOCAL}}})
    role = tasks[-1]
    gone = {**role, "vars": {**role["vars"], "persistent_state": "absent"}}
    book = written(tmp_path, "playbook.yml", [{"hosts": "all", "gather_facts": False, "tasks": tasks}])
    other = written(tmp_path, "gone.yml", [{"hosts": "all", "gather_facts": False, "tasks": [gone]}])
    with own_host() as host:
        done(tmp_path, "ansible-playbook", "-i", inventory, book)
        script, made = script_of("two"), alike(host.dump())
        # Also on this host, when a service is bound to the unit: what is there is not the script's.
        booted(script)
        assert not difference(made, alike(host.dump()))
        assert recorded("two") == []
        assert "changed=0 " in done(tmp_path, "ansible-playbook", "-i", inventory, book)
        done(tmp_path, "ansible-playbook", "-i", inventory, other)
        assert (FILES.exists() and list(FILES.iterdir()), host.namespaces()) == ([], ["left", "right"])
    with own_host() as host:
        booted(script)
        assert [one["linkinfo"]["info_kind"] for one in host.ip("-n", "left", "-d", "link", "show", "dev", "to_right")]
        assert recorded("two") != []
        assert "changed=1 " in done(tmp_path, "ansible-playbook", "-i", inventory, book)  # the file
        assert script_of("two") == script

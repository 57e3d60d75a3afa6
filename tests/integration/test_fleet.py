# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of hosts over real ssh: as root, and as users with sudo; some of them lost.

``make test`` has three of them, ``make fleet N=20`` more. What many playbooks would show is in few of them, for a
program of Ansible takes its time.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from ansible_collections.linuxnet.netns.tests.integration.test_versions import LIBRARIES, oldest_python

from tools.fleet.fleet import NOBODY, Fleet
from tools.fleet.machine import lacks_for_ssh
from tools.fleet.playbooks import ROOT, Outcome, program

LACKS = lacks_for_ssh()
#: What takes longer than `make test` has time for.
whole = pytest.mark.skipif("config.getoption('hosts') is None", reason="make fleet tries it, with all other hosts")
pytestmark = pytest.mark.skipif(bool(LACKS), reason=f"hosts over ssh: {LACKS}")

PAGE = ROOT / "docs" / "fleet.md"
#: One that is unaffected, one that is turned off and one whose network is lost.
FEWEST = 3
ROLE = {"ansible.builtin.import_role": {"name": "linuxnet.netns.two_containers"}}
#: What the role's task is called.
LAB = "linuxnet.netns.two_containers : The two containers and the cable between them are present"


def cabled(name: str) -> dict[str, Any]:
    """Return a topology of a namespace with a cable to the host."""
    ends = [
        {"interface": f"to_{name}", "addresses": ["203.0.113.1/30"]},
        {"netns": name, "interface": "uplink", "addresses": ["203.0.113.2/30"]},
    ]
    return {"name": name, "namespaces": [name], "links": [{"endpoints": ends}]}


@pytest.fixture(scope="module")
def fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """As many hosts as are asked for."""
    with Fleet(request.config.getoption("hosts") or FEWEST) as made:
        yield made


def play(name: str, *tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "hosts": "all", "gather_facts": False, "tasks": list(tasks), **more}


def topology(name: str, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "linuxnet.netns.netns_topology": options, **more}


@pytest.fixture(scope="module")
def course(fleet: Fleet) -> list[Outcome]:
    """What becomes of plays one after the other, with a host that was never there, and drift on the first one."""
    drift = "ip -n my_container_a address delete 10.0.0.1/24 dev my_veth_end_a"
    told = [{"name": "told", "ansible.builtin.command": "true"}]
    edge = topology("edge", cabled("edge"), notify="told")
    plays = [
        play("reached", {"name": "ping", "ansible.builtin.ping": {}}, ignore_unreachable=True),
        play("predicted", ROLE, check_mode=True),
        play("first", ROLE, {**edge, "async": 60, "poll": 1}, handlers=told),
        play("second", ROLE, edge, handlers=told, strategy="free"),
        play("drift", {"name": "drift", "ansible.builtin.command": drift}, hosts="host1"),
        play("repaired", ROLE, serial=2),
    ]
    fleet.inventory["gone"] = {**fleet.inventory["host1"], "ansible_host": NOBODY}
    try:
        return fleet.play(plays, ANSIBLE_SSH_ARGS="-C -o ControlMaster=auto -o ControlPersist=60s -o ConnectTimeout=4")
    finally:
        del fleet.inventory["gone"]


def of(course: list[Outcome], play: str, task: str = LAB) -> dict[str, Any]:
    """Return what a task of a play says of each host: whether it has changed it, or why not."""
    found = {each.host: each for each in course if each.play == play and each.task == task}
    return {
        host: each.result.get("changed") if each.status == "ok" else (each.status, each.said)
        for host, each in found.items()
    }


def host_that_was_never_there_is_told_and_the_others_go_on(fleet: Fleet, course: list[Outcome]) -> None:
    for name, task in (("reached", "ping"), ("predicted", LAB)):
        told = of(course, name, task)
        status, said = told.pop("gone")
        assert status == "unreachable"
        assert "ssh" in said.lower()
        assert sorted(told) == sorted(fleet.hosts)
    assert {each.play for each in course if each.host == "gone"} == {"reached", "predicted"}


def what_is_predicted_is_done_and_then_nothing(fleet: Fleet, course: list[Outcome]) -> None:
    def done(name: str) -> dict[str, Any]:
        those = [each for each in course if (each.play, each.task) == (name, LAB) and each.host != "gone"]
        return {each.host: (each.result["changed"], each.result["commands"]) for each in those}

    assert done("predicted") == done("first")
    assert {host for host, (changed, commands) in done("first").items() if changed and commands} == set(fleet.hosts)
    assert done("second") == dict.fromkeys(fleet.hosts, (False, []))


def what_runs_on_its_own_tells_its_handlers_of_a_change_alone(fleet: Fleet, course: list[Outcome]) -> None:
    assert of(course, "first", "edge") == dict.fromkeys(fleet.hosts, True)
    assert of(course, "first", "told") == dict.fromkeys(fleet.hosts, True)
    assert of(course, "second", "edge") == dict.fromkeys(fleet.hosts, False)
    assert of(course, "second", "told") == {}


def drift_is_repaired_where_it_is(fleet: Fleet, course: list[Outcome]) -> None:
    assert of(course, "repaired") == {name: name == "host1" for name in fleet.hosts}
    (repair,) = [each.result["commands"] for each in course if each.play == "repaired" and each.result.get("commands")]
    assert repair == ["ip -n my_container_a address add 10.0.0.1/24 dev my_veth_end_a"]


def hosts_are_served_so_many_at_a_time(fleet: Fleet, course: list[Outcome]) -> None:
    """Before the next two have their first task, the two before have had their last."""
    order = [each.host for each in course if each.play == "repaired"]
    names = list(fleet.hosts)
    batches = [set(names[at : at + 2]) for at in range(0, len(names), 2)]
    size = len(order) // len(names)
    for batch in batches:
        served, order = order[: size * len(batch)], order[size * len(batch) :]
        assert set(served) == batch


def test_playbooks_do_over_ssh_what_they_do_here(fleet: Fleet, course: list[Outcome]) -> None:
    """In one test, for where the tests are dealt out, a second one would have the course run twice."""
    host_that_was_never_there_is_told_and_the_others_go_on(fleet, course)
    what_is_predicted_is_done_and_then_nothing(fleet, course)
    what_runs_on_its_own_tells_its_handlers_of_a_change_alone(fleet, course)
    drift_is_repaired_where_it_is(fleet, course)
    hosts_are_served_so_many_at_a_time(fleet, course)


def settings_shown() -> dict[str, str]:
    """Return the settings that the page for operators shows, as environment variables; ssh notices sooner."""
    (shown,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    parser = ConfigParser(interpolation=None)
    parser.read_string(shown)
    assert set(parser.sections()) == {"defaults", "ssh_connection"}
    ssh = dict(parser["ssh_connection"])
    sooner = re.sub("(ServerAliveInterval)=[0-9]+", r"\1=1", ssh.pop("ssh_args"))
    plain = {f"ANSIBLE_{key.upper()}": value for key, value in parser["defaults"].items()}
    return {**plain, **{f"ANSIBLE_SSH_{key.upper()}": value for key, value in ssh.items()}, "ANSIBLE_SSH_ARGS": sooner}


def test_hosts_that_are_lost_in_the_middle_converge_when_they_are_back(fleet: Fleet) -> None:
    """One is turned off and one has no network any more, while a task runs there."""
    dead, cut = list(fleet.hosts)[1:3]
    here = [fleet.hosts[name] for name in (dead, cut)]
    wait = {"ansible.builtin.shell": "touch /run/waits; exec sleep 100", "when": f"inventory_hostname in {[dead, cut]}"}
    tasks = [
        topology("before", {"name": "before", "namespaces": ["before"]}),
        {"name": "lost", "tags": "lost", **wait},
        topology("after", {"name": "after", "namespaces": ["after"]}),
    ]
    kept = fleet.controller.directory / "retry"
    # Of connections that are there already the settings are those that they began with.
    own = {"ANSIBLE_RETRY_FILES_SAVE_PATH": str(kept), "ANSIBLE_SSH_CONTROL_PATH_DIR": "/run/cp_lost"}
    environment = {**settings_shown(), **own}
    with ThreadPoolExecutor() as pool:
        running = pool.submit(fleet.play, [play("lost", *tasks)], **environment)
        for host in here:
            host.sh("for _ in $(seq 300); do [ ! -e /run/waits ] || exit 0; sleep 0.2; done; exit 1")
        fleet.hosts[dead].stop()
        fleet.cable(cut, "down")
        first = running.result()
    assert of(first, "lost", "before") == dict.fromkeys(fleet.hosts, True)
    assert of(first, "lost", "after") == {name: True for name in fleet.hosts if name not in (dead, cut)}
    lost = of(first, "lost", "lost")
    assert {name for name, told in lost.items() if told and told[0] == "unreachable"} == {dead, cut}

    fleet.start(dead)
    fleet.cable(cut, "up")
    (retry,) = kept.iterdir()
    assert sorted(retry.read_text().split()) == sorted([dead, cut])
    again = fleet.play([play("again", *tasks)], "--skip-tags", "lost", "--limit", f"@{retry}", **environment)
    # What was turned off has lost all; of the other nothing was lost but the way to it.
    assert of(again, "again", "before") == {dead: True, cut: False}
    assert of(again, "again", "after") == {dead: True, cut: True}


@pytest.fixture(scope="module")
def archive(fleet: Fleet) -> str:
    """The directory on the controller in which the collection is, installed from its archive."""
    built, place = fleet.controller.directory / "built", fleet.controller.directory / "installed"
    galaxy = str(program("ansible-galaxy"))
    subprocess.run([galaxy, "collection", "build", "--output-path", built, ROOT], check=True, capture_output=True)
    (file,) = built.iterdir()
    # The checkout is where Ansible looks for collections, so it would find that there is nothing to do.
    words = [galaxy, "collection", "install", "--offline", "--force", "--collections-path"]
    subprocess.run([*words, str(place), str(file)], check=True, capture_output=True)
    assert (place / "ansible_collections" / "linuxnet" / "netns" / "MANIFEST.json").exists()
    return str(place)


@whole
def test_tasks_run_in_every_namespace_of_every_host_with_the_collection_from_its_archive(
    fleet: Fleet, archive: str
) -> None:
    """With what the inventory plugin tells of hosts that it asks, of which some need a password for sudo."""
    names = ["blue", "red"]
    made = fleet.play([play("made", topology("both", {"name": "both", "namespaces": names, "purge": True}))])
    assert of(made, "made", "both") == dict.fromkeys(fleet.hosts, True)
    here = {"name": "here", "ansible.builtin.command": "readlink /proc/self/ns/net"}
    (shown,) = re.findall(r"```yaml\n(# fleet.netns.yml\n.*?)```", PAGE.read_text(), re.DOTALL)
    source = fleet.controller.directory / "fleet.netns.yml"
    source.write_text(shown.replace("[routers]", str([*fleet.hosts])))
    told = fleet.play(
        [play("inside", here, hosts="netns:!*/my_*"), play("outside", here, hosts=",".join(fleet.hosts))],
        *("--inventory", str(source)),
        ANSIBLE_COLLECTIONS_PATH=archive,
    )
    inside = {each.host: each.result["stdout"] for each in told if each.play == "inside"}
    there = {
        f"{host}/{netns}": machine.sh(f"ip netns exec {netns} readlink /proc/self/ns/net").strip()
        for host, machine in fleet.hosts.items()
        for netns in machine.sh("ls /run/netns").split()
        if not netns.startswith("my_")
    }
    assert inside == there
    assert {f"{host}/{netns}" for host in fleet.hosts for netns in names} <= set(there)
    outside = {each.host: each.result["stdout"] for each in told if each.play == "outside"}
    assert set(outside) == set(fleet.hosts)
    assert not set(outside.values()) & set(inside.values())


@whole
def test_an_old_python_without_pyroute2_is_made_ready_and_does_the_same(fleet: Fleet) -> None:
    """Python 3.9, with pyroute2 0.7.2 from a wheel that is made here of what was installed: there is no index."""
    python, library = oldest_python(), LIBRARIES.get("0.7.2")
    if python is None or library is None:
        pytest.skip("this machine has no Python 3.9, or no pyroute2 0.7.2 below .cache/pyroute2")
    wheels = fleet.controller.directory / "wheels"
    wheels.mkdir()
    with ZipFile(wheels / "pyroute2-0.7.2-py3-none-any.whl", "w") as wheel:
        for path in (path for path in library.rglob("*") if path.suffix != ".pyc"):
            wheel.write(path, path.relative_to(library))
    old = list(fleet.hosts)[-1]
    # A virtual environment of its own, for the Python is the machine's.
    fleet.hosts[old].sh(f"{python} -m venv --without-pip /opt/old")
    kept = fleet.inventory[old]["ansible_python_interpreter"]
    fleet.inventory[old]["ansible_python_interpreter"] = "/opt/old/bin/python"
    wanted = {"name": "linuxnet.netns.prerequisites"}
    copied = {"src": str(wheels), "dest": "/opt/", "mode": "preserve"}
    plays = [
        play(
            "ready",
            {"name": "wheels", "ansible.builtin.copy": copied},
            {"ansible.builtin.import_role": wanted, "vars": {"prerequisites_pyroute2_from": "pip"}},
            environment={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/opt/wheels"},
            hosts=old,
        ),
        *(play(name, topology("aged", cabled("aged"))) for name in ("both", "again")),
        play("gone", topology("aged", {**cabled("aged"), "state": "absent"})),
    ]
    try:
        told = fleet.play(plays)
    finally:
        fleet.inventory[old]["ansible_python_interpreter"] = kept
    assert [each for each in told if each.status not in ("ok", "skipped")] == []
    version = fleet.hosts[old].sh(
        "/opt/old/bin/python -c 'import pyroute2, sys; print(sys.version[:4], pyroute2.__file__)'"
    )
    assert version.startswith("3.9.")
    assert "/opt/linuxnet.netns/" in version
    results = {(each.play, each.host): each.result["commands"] for each in told if each.task == "aged"}
    for name in ("both", "again", "gone"):
        assert len({tuple(results[name, host]) for host in fleet.hosts}) == 1
    assert results["again", old] == []


@whole
def test_hosts_can_come_for_their_playbook_themselves(fleet: Fleet, archive: str) -> None:
    """As the page for operators shows it, from a repository that is on the host."""
    (command,) = re.findall(r"^# (ansible-pull .*)$", PAGE.read_text(), re.MULTILINE)
    python = {"ansible_python_interpreter": sys.executable}
    site = [play("site", topology("pulled", {"name": "pulled", "namespaces": ["pulled"]}), vars=python)]
    host = fleet.hosts["host1"]
    host.sh(f"""
        mkdir /run/site /run/own
        cd /run/site
        printf '%s' '{json.dumps(site)}' > site.yml
        export GIT_CONFIG_GLOBAL=/run/gitconfig
        git config --global user.name operator
        git config --global user.email operator@example.com
        git init --quiet
        git add site.yml
        git commit --quiet --message site
    """)
    packed = subprocess.run(["tar", "-C", archive, "-c", "."], check=True, capture_output=True).stdout
    subprocess.run(host.command("tar", "-C", "/run/own", "-x"), check=True, input=packed)
    path = f"{program('ansible').parent}:/usr/sbin:/usr/bin:/sbin:/bin"
    own = ["ANSIBLE_COLLECTIONS_PATH=/run/own", "ANSIBLE_HOME=/run/root/.ansible", "LC_ALL=C.UTF-8"]
    words = ["env", f"PATH={path}", *own, "sh", "-c"]
    words.append(command.replace("https://git.example.com/site.git", "/run/site"))
    first, again = (
        subprocess.run(host.command(*words), check=True, capture_output=True, text=True).stdout for _time in range(2)
    )
    assert "pulled" in host.sh("ls /run/netns").split()
    recaps = [re.findall("ok=1 +changed=([0-9])", said)[-1] for said in (first, again)]
    assert recaps == ["1", "0"]


def descendants(pid: int) -> dict[int, str]:
    """Return the processes that a process has started, by theirs too: their numbers and names."""
    above, names = {}, {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = status.read_text()
        except OSError:
            continue  # it has just ended
        (parent,) = re.findall(r"^PPid:\t([0-9]+)$", told, re.MULTILINE)
        above[int(status.parent.name)] = int(parent)
        names[int(status.parent.name)] = told.split()[1]
    found = {pid}
    while more := {one for one, parent in above.items() if parent in found} - found:
        found |= more
    return {one: names[one] for one in found - {pid}}


@whole
def test_a_fleet_whose_harness_is_killed_leaves_nothing_behind() -> None:
    """And the next one starts."""
    said = "echo $PWD; exec sleep 1000"
    words = [sys.executable, "-m", "tools.fleet", "--hosts", "1", "sh", "-c", said]
    for _time in range(2):
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as harness:
            assert harness.stdout
            up, place = harness.stdout.readline(), Path(harness.stdout.readline().strip())
            assert up.startswith("• 1 hosts are up")
            assert place.is_dir()
            ours = descendants(harness.pid)
            assert {"sshd", "cat", "sleep"} <= set(ours.values())
            harness.send_signal(signal.SIGKILL)
        until = time.monotonic() + 20
        while place.exists() or any(Path(f"/proc/{pid}").exists() for pid in ours):
            assert time.monotonic() < until, (place, ours)
            time.sleep(0.05)

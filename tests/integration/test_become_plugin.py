# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks run inside the namespace, as the user asked for, or they fail and say why; they never run on the host.

Each case is a host of an inventory, so that many of them are one run of a playbook.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration import programs

from tools.fleet.machine import PASSWORD, SYSTEM_PYTHON, Machine, join, lacks_for_ssh
from tools.fleet.playbooks import Outcome

LACKS = lacks_for_ssh()
needs_ssh = pytest.mark.skipif(bool(LACKS), reason=f"hosts over ssh: {LACKS}")
ROOT = Path(__file__).resolve().parents[2]
PYTHON = SYSTEM_PYTHON if os.access(SYSTEM_PYTHON, os.X_OK) else os.path.realpath("/proc/self/exe")
#: A name that a careless command line would run.
ODD = "a'b;touch${IFS}landed_odd;\"c\\d"
CONNECTIONS = ["local", pytest.param("ssh", marks=needs_ssh)]
#: Where a task is: its namespace, its user and home, the interfaces it sees in /sys and the name server in /etc.
WHERE = "readlink /proc/self/ns/net; id -un; cd; pwd; echo /sys/class/net/*; cat /etc/resolv.conf"
#: Runs a command as an ordinary user who may read the files of the interpreter, which can be below root's home.
AS_USER = ["setpriv", "--reuid={0}", "--regid={0}", "--init-groups", "--inh-caps=+dac_read_search"]


@pytest.fixture(scope="module")
def web() -> Iterator[Machine]:
    """A host with the namespaces blue and red joined, one with an odd name, and a stale file."""
    with Machine("web") as machine:
        if not LACKS:
            machine.add_users()
        machine.sh(f"""
            ip netns add blue; ip netns add red; ip netns add {shlex.quote(ODD)}
            touch /run/netns/stale
            ip link add eth1 netns blue type veth peer name eth1 netns red
            ip -n blue address add 10.0.0.1/24 dev eth1; ip -n red address add 10.0.0.2/24 dev eth1
            for name in blue red; do ip -n $name link set lo up; ip -n $name link set eth1 up; done
            printf '%s\\n' '#!/bin/sh' 'while [ "$1" != /bin/sh ]; do shift; done; exec "$@"' > /run/no_sudo
            chmod 755 /run/no_sudo
            mkdir -p /etc/netns/blue
            rm -f /etc/resolv.conf
            echo nameserver of the host > /etc/resolv.conf
            echo nameserver of blue > /etc/netns/blue/resolv.conf
            ip netns add leaky; ip netns add lost; mkdir /etc/netns/leaky
            ln -s /nowhere /etc/netns/leaky/resolv.conf; ln -s /nowhere /etc/netns/lost
        """)
        yield machine


@pytest.fixture(scope="module")
def controller(web: Machine) -> Iterator[Machine]:
    """A controller that reaches the host over ssh."""
    if LACKS:
        yield web
        return
    with Machine("controller") as machine:
        join(machine, web)
        web.serve_ssh(machine)
        yield machine


def inode(machine: Machine, netns: str) -> str:
    """Return the namespace's identity, as the kernel tells it to what runs inside."""
    return machine.sh(f"ip netns exec {shlex.quote(netns)} readlink /proc/self/ns/net").strip()


def case(connection: str, web: Machine, *, pipelining: bool = True, **more: Any) -> dict[str, Any]:
    """Return the variables of a host that is a case; those that are None are left out."""
    variables = {
        "ansible_connection": connection,
        "ansible_host": web.address or "localhost",
        "ansible_user": "root",
        "ansible_pipelining": pipelining,
        "ansible_python_interpreter": PYTHON,
        "ansible_shell_allow_world_readable_temp": True,
        "ansible_netns": "blue",
        **more,
    }
    return {name: value for name, value in variables.items() if value is not None}


def play(*tasks: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return a playbook of tasks that are to run inside."""
    return [
        {
            "hosts": "all",
            "gather_facts": False,
            "strategy": "free",
            "become": True,
            "become_method": "linuxnet.netns.netns",
            "tasks": list(tasks),
            **more,
        }
    ]


def run(
    connection: str, controller: Machine, web: Machine, playbook: Any, cases: dict[str, Any], *arguments: str
) -> dict[str, list[Outcome]]:
    """Return what became of each case, in the order of the tasks."""
    machine = web if connection == "local" else controller
    outcomes = machine.play(playbook, cases, *arguments)
    assert {outcome.host for outcome in outcomes} == set(cases)
    return {name: [outcome for outcome in outcomes if outcome.host == name] for name in cases}


def told(outcome: Outcome) -> list[str]:
    """Return the lines that a task wrote."""
    assert outcome.status == "ok", outcome
    return [line.strip() for line in str(outcome.result["stdout"]).strip().splitlines()]


TASKS = (
    {"name": "module", "ansible.builtin.command": {"argv": ["sh", "-c", WHERE]}},
    {"name": "raw", "ansible.builtin.raw": WHERE},
)


def assert_inside(
    machine: Machine, outcomes: list[Outcome], user: str, *, netns: str = "blue", full: bool = True
) -> None:
    """Both tasks of a case were inside, as the user, and saw what the view shows."""
    host_interfaces = machine.sh("echo /sys/class/net/*").strip()
    blue_interfaces = "/sys/class/net/eth1 /sys/class/net/lo"
    home = f"/run/{'' if user == 'root' else 'home/'}{user}"
    view = [blue_interfaces, "nameserver of blue"] if full else [host_interfaces, "nameserver of the host"]
    assert [outcome.task for outcome in outcomes] == ["module", "raw"], outcomes
    for outcome in outcomes:
        assert told(outcome) == [inode(machine, netns), user, home, *view], outcome


@needs_ssh
def test_each_user_over_ssh_lands_inside(controller: Machine, web: Machine) -> None:
    cases, users = {}, {}
    passwords = {"root": None, "carol": None, "alice": PASSWORD}
    for (user, password), wanted, pipelining in product(
        passwords.items(), (None, "root", "same", "bob"), (True, False)
    ):
        become_user = user if wanted == "same" else wanted
        name = f"{user}-{wanted}-{pipelining}"
        users[name] = become_user or "root"
        cases[name] = case(
            "ssh",
            web,
            pipelining=pipelining,
            ansible_user=user,
            ansible_become_user=become_user,
            ansible_become_password=password,
        )
    for name, outcomes in run("ssh", controller, web, play(*TASKS), cases).items():
        assert_inside(web, outcomes, users[name])


@needs_ssh
def test_a_password_that_is_not_needed_and_a_user_that_is_not_named(controller: Machine, web: Machine) -> None:
    cases = {
        "root-password": case("ssh", web, ansible_become_password="not needed"),
        "carol-password": case(
            "ssh", web, ansible_user="carol", ansible_become_password="not needed", pipelining=False
        ),
        "unnamed": case("ssh", web, ansible_user=None, ansible_become_user="root"),
        "no-tty": case("ssh", web, ansible_ssh_use_tty=False, pipelining=False),
        "bash": case("ssh", web, ansible_shell_executable="/bin/bash"),
    }
    for outcomes in run("ssh", controller, web, play(*TASKS), cases).values():
        assert_inside(web, outcomes, "root")


def test_root_on_its_own_machine_lands_inside(controller: Machine, web: Machine) -> None:
    cases, wanted = {}, {}
    users = (None, "root") if LACKS else (None, "root", "bob")
    for user, view, pipelining in product(users, ("full", "network"), (True, False)):
        name = f"{user}-{view}-{pipelining}"
        wanted[name] = (user or "root", view == "full")
        cases[name] = case(
            "local", web, pipelining=pipelining, ansible_become_user=user, ansible_netns_view=view, ansible_user=None
        )
    wanted["password"] = ("root", True)
    cases["password"] = case("local", web, ansible_become_password="not needed")
    for name, outcomes in run("local", controller, web, play(*TASKS), cases).items():
        user, full = wanted[name]
        assert_inside(web, outcomes, user, full=full)


@needs_ssh
@pytest.mark.parametrize("user", ["alice", "carol"])
def test_an_ordinary_user_on_the_own_machine_lands_inside(web: Machine, user: str) -> None:
    password = PASSWORD if user == "alice" else None
    wanted = {"unset": None, "same": user, "other": "bob"}
    cases = {
        f"{name}-{pipelining}": case(
            "local",
            web,
            pipelining=pipelining,
            ansible_user=None,
            ansible_become_user=become_user,
            ansible_become_password=password,
        )
        for (name, become_user), pipelining in product(wanted.items(), (True, False))
    }
    wrap = [word.format(user) for word in AS_USER] + ["--ambient-caps=+dac_read_search"]
    outcomes = web.play(
        play(*TASKS), cases, wrap=[*wrap, "env", f"HOME=/run/home/{user}", f"USER={user}", f"LOGNAME={user}"]
    )
    for name in cases:
        assert_inside(web, [one for one in outcomes if one.host == name], wanted[name.split("-")[0]] or "root")


@needs_ssh
def test_the_password_can_come_from_the_command_line(controller: Machine, web: Machine) -> None:
    controller.sh(f"printf '%s' {shlex.quote(PASSWORD)} > /run/password")
    cases = {"alice": case("ssh", web, ansible_user="alice", ansible_become_user="alice")}
    outcomes = run("ssh", controller, web, play(*TASKS), cases, "--become-password-file", "/run/password")
    assert_inside(web, outcomes["alice"], "alice")


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_without_the_plugin_a_task_is_on_the_host(connection: str, controller: Machine, web: Machine) -> None:
    """What these tests look at does tell the host from the namespace."""
    cases = {"host": case(connection, web)}
    outcomes = run(connection, controller, web, play(*TASKS, become=False), cases)["host"]
    for outcome in outcomes:
        assert told(outcome)[0] == web.sh("readlink /proc/self/ns/net").strip() != inode(web, "blue")


def refusals(connection: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Cases that cannot be entered: their variables, and what the message says."""
    there: dict[str, tuple[dict[str, Any], str]] = {
        "missing": ({"ansible_netns": "missing"}, "namespace 'missing' as root: there is no such namespace"),
        "stale": ({"ansible_netns": "stale"}, "/run/netns/stale is not a namespace but a file left behind"),
        "stale-network": ({"ansible_netns": "stale", "ansible_netns_view": "network"}, "Invalid argument"),
        "missing-network": (
            {"ansible_netns": "missing", "ansible_netns_view": "network"},
            "there is no such namespace",
        ),
        "leaky": (
            {"ansible_netns": "leaky"},
            "/etc/netns/leaky/resolv.conf is a link to nothing, so that the task would",
        ),
        "lost": ({"ansible_netns": "lost"}, "/etc/netns/lost is a link to nothing, so that the task would"),
        "empty": ({"ansible_netns": ""}, "ansible_netns: '' is not a name for a namespace: it is empty"),
        "unset": ({"ansible_netns": None}, "ansible_netns: there is no name"),
        "undefined": ({"ansible_netns": "{{ nowhere_defined }}"}, "nowhere_defined"),
        "above": ({"ansible_netns": "../../proc/1/ns/net"}, "it is a file name: no '/'"),
        "dots": ({"ansible_netns": ".."}, "it is a file name"),
        "option": ({"ansible_netns": "--help"}, "would be read as an option"),
        "spaces": ({"ansible_netns": "blue touch"}, "white space"),
        "quotes": ({"ansible_netns": "x'\";touch${IFS}landed_quotes;'"}, "there is no such namespace"),
        "expansion": ({"ansible_netns": "$(touch${IFS}landed_x)`:`"}, "there is no such namespace"),
        "long": ({"ansible_netns": "n" * 256}, "it has 256 bytes"),
        "user-option": ({"ansible_become_user": "-l"}, "become_user: '-l'"),
    }
    if not LACKS:
        there["user"] = ({"ansible_become_user": "nobody.here"}, "nobody.here does not exist")
        there["user-quotes"] = ({"ansible_become_user": "x';touch /run/landed_user;'"}, "does not exist")
    there["root-password"] = (
        {"ansible_netns": "missing", "ansible_become_password": "not needed"},
        "there is no such namespace",
    )
    if connection == "ssh":
        there["no-sudo"] = (
            {"ansible_user": "dave"},
            "dave is not root, and sudo refused: sudo: a password is required",
        )
        there["no-password"] = ({"ansible_user": "alice"}, "alice is not root, and sudo refused: sudo: a password is")
        there["wrong-password"] = (
            {"ansible_user": "alice", "ansible_become_password": "wrong"},
            "Incorrect linuxnet.netns.netns password",
        )
        there["no-sudoer"] = (
            {"ansible_user": "dave", "ansible_become_password": PASSWORD},
            "sudo refused: dave is not in the sudoers file",
        )
        there["no-program"] = (
            {"ansible_user": "carol", "ansible_become_exe": "/nowhere/sudo"},
            "carol is not root, and there is no /nowhere/sudo",
        )
        there["not-root"] = (
            {"ansible_user": "carol", "ansible_become_exe": "/run/no_sudo"},
            "/run/no_sudo did not make the user root but carol",
        )
        there["carol-missing"] = (
            {"ansible_user": "carol", "ansible_netns": "missing", "ansible_become_user": "carol"},
            "namespace 'missing' as carol: there is no such namespace",
        )
        there["alice-stale"] = (
            {"ansible_user": "alice", "ansible_netns": "stale", "ansible_become_password": PASSWORD},
            "not a namespace but a file left behind",
        )
        there["no-tty"] = ({"ansible_netns": "missing", "ansible_ssh_use_tty": False}, "there is no such namespace")
    return there


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_what_cannot_be_entered_is_told_and_nothing_runs(connection: str, controller: Machine, web: Machine) -> None:
    cases, expected = {}, {}
    for (name, (variables, text)), pipelining in product(refusals(connection).items(), (True, False)):
        cases[f"{name}-{pipelining}"] = case(connection, web, pipelining=pipelining, **variables)
        # Without pipelining Ansible itself looks the user up, for the rights of the temporary files, and fails first.
        expected[f"{name}-{pipelining}"] = "" if name.startswith("user") and not pipelining else text
    touch = "touch /run/landed_{{ inventory_hostname }}"
    tasks = (
        {"name": "module", "ansible.builtin.command": touch, "ignore_errors": True},
        {"name": "raw", "ansible.builtin.raw": touch, "ignore_errors": True},
    )
    for name, outcomes in run(connection, controller, web, play(*tasks), cases).items():
        assert len(outcomes) == 2, outcomes
        for outcome in outcomes:
            assert outcome.status == "failed", outcome
            assert expected[name] in outcome.said, outcome
            for noise in ("Traceback", "Premature end of stream", "deserialization failed", "MODULE FAILURE"):
                assert noise not in outcome.said, outcome
        assert expected[name] in outcomes[0].result["msg"], outcomes[0]
    assert web.find("landed*") == []


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_an_odd_name_lands_inside(connection: str, controller: Machine, web: Machine) -> None:
    cases = {
        f"{view}-{pipelining}": case(connection, web, pipelining=pipelining, ansible_netns=ODD, ansible_netns_view=view)
        for view, pipelining in product(("full", "network"), (True, False))
    }
    for outcomes in run(connection, controller, web, play(*TASKS), cases).values():
        for outcome in outcomes:
            assert told(outcome)[:2] == [inode(web, ODD), "root"]
    assert web.find("landed*") == []


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_a_namespace_that_is_deleted_between_two_tasks(connection: str, controller: Machine, web: Machine) -> None:
    web.sh("ip netns add gone")
    on_host = {"become": False}
    tasks = (
        {"name": "before", "ansible.builtin.command": "readlink /proc/self/ns/net"},
        {"name": "delete", "ansible.builtin.command": "ip netns delete gone", **on_host},
        {"name": "after", "ansible.builtin.command": "touch /run/landed_after", "ignore_errors": True},
        {
            "name": "again",
            "ansible.builtin.command": "touch /run/landed_again",
            "register": "attempt",
            "until": "attempt is success",
            "retries": 1,
            "delay": 0,
            "ignore_errors": True,
        },
        {
            "name": "loop",
            "ansible.builtin.command": "readlink /proc/self/ns/net",
            "loop": ["blue", "gone", "red"],
            "vars": {"ansible_netns": "{{ item }}"},
            "ignore_errors": True,
        },
        {"name": "still", "ansible.builtin.command": "readlink /proc/self/ns/net", **on_host},
    )
    was = inode(web, "gone")
    cases = {"case": case(connection, web, ansible_netns="gone")}
    playbook = play(*tasks, strategy="linear")
    outcomes = {one.task: one for one in run(connection, controller, web, playbook, cases)["case"]}
    assert told(outcomes["before"]) == [was]
    for name in ("after", "again"):
        assert outcomes[name].status == "failed"
        assert "namespace 'gone' as root: there is no such namespace" in outcomes[name].result["msg"]
    items = outcomes["loop"].result["results"]
    assert [item.get("stdout") for item in items] == [inode(web, "blue"), None, inode(web, "red")]
    assert "there is no such namespace" in items[1]["msg"]
    assert told(outcomes["still"]) == [web.sh("readlink /proc/self/ns/net").strip()]
    assert web.find("landed*") == []


def test_root_without_the_capability_is_told_so(web: Machine) -> None:
    wrap = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
    cases = {view: case("local", web, ansible_netns_view=view) for view in ("full", "network")}
    tasks = ({"name": "module", "ansible.builtin.command": "touch /run/landed_without"},)
    outcomes = web.play(play(*tasks), cases, wrap=wrap)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed"]
    for outcome in outcomes:
        assert outcome.result["msg"].startswith("The task was not run: it cannot enter the network namespace 'blue'")
        assert "Operation not permitted" in outcome.result["msg"]
    assert web.find("landed*") == []


SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]
#: What a host has of busybox where it has nothing else.
APPLETS = ("sh", "id", "tr", "sed", "nsenter", "readlink", "cat", "env")


@pytest.mark.parametrize("view", ["full", "network"])
@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_command_needs_no_more_than_a_posix_shell(shell: list[str], view: str, web: Machine) -> None:
    program = shutil.which(shell[0])
    if not program:
        pytest.skip(f"{shell[0]} is not here")
    environment = []
    if shell[0] == "busybox":
        links = "".join(f"ln -sf {program} /run/applets/{name}; " for name in APPLETS)
        web.sh(f'mkdir -p /run/applets; {links} ln -sf "$(PATH=$PATH:/usr/sbin:/sbin; command -v ip)" /run/applets')
        environment = ["env", "PATH=/run/applets"]
    words = web.command(*environment, program, *shell[1:], "-c")
    words_inside = [*words, command_line("cat /etc/resolv.conf", netns="leaky", view=view)]
    leaky = subprocess.run(words_inside, check=False, capture_output=True)
    # All files are the host's where the network alone is another.
    assert (leaky.returncode, b"nameserver of the host" in leaky.stdout) == (
        (1, False) if view == "full" else (0, True)
    )
    inside = command_line("cat; readlink /proc/self/ns/net; exit 7", netns="blue", view=view)
    run = subprocess.run([*words, inside], input="what is piped\n", check=False, capture_output=True, text=True)
    assert run.stdout.splitlines()[1:] == ["what is piped", inode(web, "blue")]
    assert run.stdout.startswith("BECOME-SUCCESS-")
    assert (run.returncode, run.stderr) == (7, "")
    stale = command_line("touch /run/landed_shell", netns="stale", view=view)
    refused = subprocess.run([*words, stale], check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["failed"] is True
    assert "a file left behind" in refused.stderr
    assert web.find("landed*") == []


def command_line(command: str, **options: Any) -> str:
    """Return what the plugin makes of a command."""
    from ansible.plugins.shell.sh import ShellModule
    from ansible_collections.linuxnet.netns.plugins.become.netns import BecomeModule

    plugin, shell = BecomeModule(), ShellModule()
    defaults = {"become_user": "root", "become_exe": "sudo", "become_flags": "-H -S -n", "become_pass": None}
    plugin._options = {"view": "full", **defaults, **options}
    shell.executable = "/bin/sh"
    return str(plugin.build_become_command(command, shell))


def test_ansible_doc_shows_the_plugin(tmp_path: Path) -> None:
    said = programs.done(tmp_path, "ansible-doc", "--type", "become", "--json", "linuxnet.netns.netns")
    plugin = json.loads(said)["linuxnet.netns.netns"]
    assert {"netns", "view", "become_user", "become_pass"} <= set(plugin["doc"]["options"])
    assert "become_method: linuxnet.netns.netns" in plugin["examples"]


def test_the_modules_people_use(controller: Machine, web: Machine, tmp_path: Path) -> None:
    connection = "local" if LACKS else "ssh"
    tmp_path.chmod(0o755)
    (tmp_path / "script.sh").write_text("#!/bin/sh\nreadlink /proc/self/ns/net; echo $1\n")
    (tmp_path / "template.j2").write_text("from {{ ansible_netns }}\n")
    here = "readlink /proc/self/ns/net"
    red = {"vars": {"ansible_netns": "red"}}
    tasks: tuple[dict[str, Any], ...] = (
        {"name": "setup", "ansible.builtin.setup": {"gather_subset": ["!all", "network"]}},
        {
            "name": "setup network",
            "ansible.builtin.setup": {"gather_subset": ["!all", "network"]},
            "vars": {"ansible_netns_view": "network"},
        },
        {"name": "shell", "ansible.builtin.shell": f"({here}) | cat"},
        {
            "name": "raw of several lines",
            "ansible.builtin.raw": f"cat <<EOF\n  two  spaces\nEOF\n{here}\n",
        },
        {
            "name": "environment",
            "ansible.builtin.command": "printenv ODD",
            "environment": {"ODD": "a\n  'b'  \"c\" $HOME"},
        },
        {"name": "script", "ansible.builtin.script": f"{tmp_path}/script.sh argument"},
        {"name": "async", "ansible.builtin.command": here, "async": 30, "poll": 1},
        {"name": "async, not waited for", "ansible.builtin.command": here, "async": 30, "poll": 0, "register": "job"},
        {
            "name": "async_status",
            "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
            "register": "status",
            "until": "status is finished",
            "retries": 50,
            "delay": 1,
        },
        {"name": "async, refused", "ansible.builtin.command": here, "async": 30, "poll": 1, "ignore_errors": True}
        | {"vars": {"ansible_netns": "missing"}},
        {
            "name": "copy",
            "ansible.builtin.copy": {"content": "from blue\n", "dest": "/run/site/index.html", "mode": "0644"},
        },
        {
            "name": "copy, refused",
            "ansible.builtin.copy": {"content": "x", "dest": "/run/landed_copy", "mode": "0644"},
            "ignore_errors": True,
            "vars": {"ansible_netns": "missing"},
        },
        {
            "name": "template",
            "ansible.builtin.template": {"src": f"{tmp_path}/template.j2", "dest": "/run/site/t.html", "mode": "0644"},
        },
        {"name": "slurp", "ansible.builtin.slurp": {"src": "/etc/resolv.conf"}},
        {
            "name": "serve",
            "ansible.builtin.shell": f"{PYTHON} -m http.server --directory /run/site 80 >/run/site.log 2>&1 &",
        },
        {"name": "wait_for", "ansible.builtin.wait_for": {"host": "10.0.0.1", "port": 80, "timeout": 20}, **red},
        {"name": "uri", "ansible.builtin.uri": {"url": "http://10.0.0.1/t.html", "return_content": True}, **red},
        {"name": "uri on the host", "ansible.builtin.uri": {"url": "http://10.0.0.1/t.html", "timeout": 2}}
        | {"become": False, "ignore_errors": True},
        {
            "name": "delegate",
            "ansible.builtin.command": here,
            "delegate_to": "other",
            "vars": {"ansible_netns": "red"},
        },
    )
    playbook = play({"name": "dir", "ansible.builtin.file": {"path": "/run/site", "state": "directory"}}, *tasks)
    playbook[0].update(hosts="case", strategy="linear")
    cases = {"case": case(connection, web), "other": case(connection, web)}
    machine = web if connection == "local" else controller
    outcomes = {one.task: one for one in machine.play(playbook, cases)}
    refused = {"async, refused", "copy, refused", "uri on the host"}
    assert {name for name, one in outcomes.items() if one.status != "ok"} == refused
    assert len(outcomes) == len(tasks) + 1

    interfaces = {
        name: sorted(one.result["ansible_facts"]["ansible_interfaces"])
        for name, one in outcomes.items()
        if "setup" in name
    }
    assert interfaces["setup"] == ["eth1", "lo"]
    assert interfaces["setup network"] == sorted(web.sh("ls /sys/class/net").split())
    assert outcomes["setup"].result["ansible_facts"]["ansible_eth1"]["ipv4"]["address"] == "10.0.0.1"
    blue = inode(web, "blue")
    for name in ("shell", "async", "async_status"):
        assert told(outcomes[name]) == [blue], name
    lines = outcomes["raw of several lines"].result["stdout"].replace("\r", "")
    if connection == "local":  # Ansible's local connection takes the blanks away that follow the mark of success
        lines = f"  {lines.lstrip()}"
    assert lines == f"  two  spaces\n{blue}\n"
    assert outcomes["environment"].result["stdout"] == "a\n  'b'  \"c\" $HOME"
    assert told(outcomes["script"]) == [blue, "argument"]
    assert told(outcomes["delegate"]) == [inode(web, "red")]
    assert "there is no such namespace" in outcomes["async, refused"].result["msg"]
    assert "there is no such namespace" in outcomes["copy, refused"].result["msg"]
    assert web.find("landed*") == []
    assert outcomes["slurp"].result["content"] == "bmFtZXNlcnZlciBvZiBibHVlCg=="
    assert outcomes["uri"].result["content"] == "from blue\n"


@needs_ssh
def test_what_people_do_as_another_user(controller: Machine, web: Machine, tmp_path: Path) -> None:
    """The user and the facts are the play's; 1000 quotes are more than fit where each quoting triples them."""
    here = "readlink /proc/self/ns/net"
    quotes = "'" * 1000
    tasks: tuple[dict[str, Any], ...] = (
        {"name": "keyword", "ansible.builtin.command": "id -un"},
        {"name": "no user", "ansible.builtin.command": "id -un", "vars": {"ansible_become_user": ""}},
        {"name": "reset", "ansible.builtin.meta": "reset_connection"},
        {"name": "after reset", "ansible.builtin.command": here},
        {
            "name": "fetch",
            "ansible.builtin.fetch": {"src": "/etc/resolv.conf", "dest": f"{tmp_path}/got", "flat": True},
        },
        {"name": "status", "ansible.builtin.command": "sh -c 'exit 42'", "ignore_errors": True},
        {"name": "raw status", "ansible.builtin.raw": "exit 42", "ignore_errors": True},
        {"name": "quotes", "ansible.builtin.command": "printenv ODD", "environment": {"ODD": quotes}},
    )
    playbook = play(*tasks, become_user="bob", gather_facts=True, strategy="linear")
    cases = {
        "root": case("ssh", web),
        "carol": case("ssh", web, ansible_user="carol"),
        "alice": case("ssh", web, ansible_user="alice", ansible_become_password=PASSWORD, pipelining=False),
    }
    for name, outcomes in run("ssh", controller, web, playbook, cases).items():
        results = {one.task: one.result for one in outcomes}
        assert {one.task for one in outcomes if one.status != "ok"} == {"status", "raw status"}, (name, outcomes)
        facts = results["Gathering Facts"]["ansible_facts"]
        assert (facts["ansible_user_id"], facts["ansible_eth1"]["ipv4"]["address"]) == ("bob", "10.0.0.1")
        assert [results[task]["stdout"] for task in ("keyword", "no user")] == ["bob", "root"]
        assert results["after reset"]["stdout"] == inode(web, "blue")
        assert [results[task]["rc"] for task in ("status", "raw status")] == [42, 42]
        assert results["quotes"]["stdout"] == quotes
        assert (tmp_path / "got").read_text() == "nameserver of blue\n"


@needs_ssh
def test_a_task_that_fails_is_not_said_not_to_have_run(controller: Machine, web: Machine) -> None:
    """It takes sudo's right away, so that sudo refuses afterwards; sudo is asked once for each task."""
    rights = "/etc/sudoers.d/users"
    web.sh(f"""
        printf 'Defaults %s\\n' logfile=/run/sudo.log loglinelen=0 > /etc/sudoers.d/log
        cp {rights} /run/rights
    """)
    back: dict[str, Any] = {
        "name": "give back",
        "ansible.builtin.command": f"cp /run/rights {rights}",
        "delegate_to": "root",
        "become": False,
    }
    tasks: list[dict[str, Any]] = []
    for status in (1, 3):
        take = f"rm {rights}; exit {status}"
        for name, module in (("module", {"ansible.builtin.shell": take}), ("raw", {"ansible.builtin.raw": take})):
            tasks += [{"name": f"{name} {status}", **module, "ignore_errors": True}, back]
    playbook = play(*tasks, hosts="carol", strategy="linear")
    cases = {"carol": case("ssh", web, ansible_user="carol"), "root": case("ssh", web)}
    outcomes = {one.task: one for one in controller.play(playbook, cases)}
    log = web.sh("cat /run/sudo.log; rm /etc/sudoers.d/log")
    for status in (1, 3):
        for name in ("module", "raw"):
            outcome = outcomes[f"{name} {status}"]
            assert (outcome.status, outcome.result["rc"]) == ("failed", status)
            assert "was not run" not in outcome.said
    assert log.count("COMMAND=") == 4, log

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces are hosts of the inventory, whose tasks run inside."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration import programs
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, written

from tools.fleet.machine import PASSWORD, Machine, join, lacks_for_ssh

LAB = {
    "name": "lab",
    "namespaces": ["a", "b"],
    "links": [
        {
            "endpoints": [
                {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"], "mtu": 1400},
                {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24"]},
            ]
        }
    ],
}
LACKS = lacks_for_ssh()


def source(directory: Path, name: str = "lab.netns.yml", **options: Any) -> Path:
    return written(directory, name, {"plugin": "linuxnet.netns.netns", **options})


def called(
    directory: Path, program: str, *words: Any, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    (directory / "ansible.cfg").touch()
    settings = {
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        **environment,
    }
    return programs.run(directory, program, *words, typed=typed, environment=settings)


def inventory(directory: Path, *sources: Path, **environment: str) -> dict[str, Any]:
    """Return what ansible-inventory tells of the sources, read in this order."""
    words = [word for one in sources for word in ("-i", one)]
    listed = called(directory, "ansible-inventory", *words, "--list", **environment)
    assert listed.returncode == 0, listed.stderr
    return read(listed.stdout)


def read(printed: str) -> dict[str, Any]:
    """Return an inventory that was printed, without the marks of what is no template."""
    told: dict[str, Any] = json.loads(printed, object_hook=lambda one: one.get("__ansible_unsafe", one))
    return told


def shown(directory: Path, pattern: str, template: str, *sources: Path) -> dict[str, str]:
    """Return what a template is for each host."""
    words = [word for one in sources for word in ("-i", one)]
    ran = called(directory, "ansible", pattern, *words, "-m", "debug", "-a", f"msg='{template}'")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return dict(re.findall(r'^(\S+) \| SUCCESS => {\s+"msg": "(.*)"', ran.stdout, re.MULTILINE))


def where(directory: Path, target: str, *sources: Path) -> str:
    """Return the network namespace that a task of a host runs in."""
    words = [word for one in sources for word in ("-i", one)]
    ran = called(directory, "ansible", target, *words, "-m", "command", "-a", "readlink /proc/self/ns/net")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()[-1]


def inside(host: Host, netns: str) -> str:
    return host.sh(f"ip netns exec {netns} readlink /proc/self/ns/net").strip()


def test_a_topology_file_gives_hosts_before_anything_is_made(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    told = inventory(tmp_path, source(tmp_path, topology="lab.yml"))
    assert set(told["netns"]["children"]) == {"netns_on_localhost", "netns_in_lab"}
    assert told["netns_in_lab"]["hosts"] == ["a", "b"]
    variables = told["_meta"]["hostvars"]["a"]
    assert variables["netns_addresses"] == ["10.0.0.1/24"]
    assert variables["netns_links"] == [
        {"interface": "ea", "peer": "b:eb", "addresses": ["10.0.0.1/24"], "state": "up", "mac": None, "mtu": 1400}
    ]
    assert variables["ansible_become"] is True
    assert (variables["ansible_become_method"], variables["ansible_netns"]) == ("linuxnet.netns.netns", "a")
    graph = called(tmp_path, "ansible-inventory", "-i", tmp_path / "lab.netns.yml", "--graph").stdout
    assert "@netns_in_lab:" in graph
    assert "|--a\n" in graph


def test_tasks_of_such_a_host_run_inside(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    host.done("netns_topology", **LAB)
    lab = source(tmp_path, topology="lab.yml")
    assert {name: where(tmp_path, name, lab) for name in "ab"} == {name: inside(host, name) for name in "ab"}
    assert inside(host, "a") != inside(host, "b")


def test_the_controller_is_asked(host: Host, tmp_path: Path) -> None:
    host.done("netns_topology", **LAB)
    host.sh("touch /run/netns/stale")
    asked = source(tmp_path)
    told = inventory(tmp_path, asked)
    assert told["netns_on_localhost"]["hosts"] == ["a", "b"]
    variables = told["_meta"]["hostvars"]["b"]
    assert variables["netns_addresses"] == ["10.0.0.2/24"]
    (link,) = variables["netns_links"]
    assert (link["interface"], link["peer"], link["state"]) == ("eb", "a:ea", "up")
    assert where(tmp_path, "b", asked) == inside(host, "b")


def test_the_namespaces_of_a_fleet_have_unique_names(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a", "b"])
    one = {**LOCAL, "ansible_become_password": "secret", "ansible_become_user": "nobody", "color": "red"}
    hosts = written(
        tmp_path, "hosts.yml", {"web": {"hosts": {"web1": one, "web2": LOCAL}}, "db": {"hosts": {"db1": LOCAL}}}
    )
    fleet = source(tmp_path, hosts=["web"])
    told = inventory(tmp_path, hosts, fleet)
    assert told["netns_on_web1"]["hosts"] == ["web1/a", "web1/b"]
    assert told["netns_on_web2"]["hosts"] == ["web2/a", "web2/b"]
    assert "netns_on_db1" not in told
    assert told["web"]["hosts"] == ["web1", "web2"]
    variables = told["_meta"]["hostvars"]["web1/b"]
    assert variables["ansible_connection"] == "local"
    assert variables["ansible_become_password"] == "secret"
    assert not {"ansible_become_user", "color"} & set(variables)
    assert (variables["netns_host"], variables["netns_name"], variables["ansible_host"]) == ("web1", "b", "web1")


def test_names_can_be_chosen(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"web1": LOCAL, "a": LOCAL}}})
    full = inventory(tmp_path, hosts, source(tmp_path, topology="lab.yml", hosts=["web1"], naming="full"))
    assert full["netns"]["children"] == ["netns_on_web1", "netns_in_lab"]
    assert full["netns_in_lab"]["hosts"] == ["web1/a", "web1/b"]
    # There is a host of this name already; it stays what it is.
    short = inventory(tmp_path, hosts, source(tmp_path, topology="lab.yml", hosts=["web1"], group="spaces"))
    assert short["spaces_in_lab"]["hosts"] == ["web1/a", "b"]
    assert "ansible_netns" not in short["_meta"]["hostvars"]["a"]


def test_what_ansible_takes_for_something_else_is_no_name_of_a_namespace(host: Host, tmp_path: Path) -> None:
    """A group is found before a host of the same name, and localhost is the controller."""
    taken = ["web", "all", "ungrouped", "netns", "netns_on_h1", "netns_in_lab", "left", "localhost", "127.0.0.1", "::1"]
    written(tmp_path, "lab.yml", {"name": "lab", "namespaces": [*taken, "blue"]})
    hosts = written(tmp_path, "hosts.yml", {"web": {"hosts": {"h1": LOCAL, "h2": LOCAL}}})
    lab = source(tmp_path, topology="lab.yml", hosts=["h1"], groups={"left": "netns_name == 'blue'"})
    told = called(tmp_path, "ansible-inventory", "-i", hosts, "-i", lab, "--list")
    read_from = read(told.stdout)
    assert read_from["netns_on_h1"]["hosts"] == [*(f"h1/{name}" for name in taken), "blue"]
    assert read_from["web"] == {"hosts": ["h1", "h2"]}
    assert read_from["left"] == {"hosts": ["blue"]}
    assert set(read_from["all"]["children"]) == {"ungrouped", "web", "netns", "left"}
    assert read_from["_meta"]["hostvars"]["h1/web"]["ansible_netns"] == "web"
    said = " ".join(told.stderr.split())
    assert "The namespace web of host h1 is the host h1/web: there is a group of this name" in said
    assert "The namespace localhost of host h1 is the host h1/localhost: this name means the controller" in said
    assert "Found both group and host" not in said
    entered = shown(tmp_path, "web:localhost:blue", "{{ ansible_netns | default('none') }}", hosts, lab)
    assert entered == {"h1": "none", "h2": "none", "localhost": "none", "blue": "blue"}


def test_a_namespace_that_two_sources_tell_of_is_one_host(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a", "c"])
    written(tmp_path, "lab.yml", LAB)
    declared = source(tmp_path, topology="lab.yml", compose={"declared": "inventory_hostname"})
    asked = source(tmp_path, "asked.netns.yml", naming="full", groups={"there": "inventory_hostname is defined"})
    told = inventory(tmp_path, declared, asked)
    assert told["netns_on_localhost"]["hosts"] == ["a", "b", "localhost/c"]
    assert told["netns_in_lab"]["hosts"] == ["a", "b"]
    assert told["there"]["hosts"] == ["a", "localhost/c"]
    variables = told["_meta"]["hostvars"]
    # What was asked is read later; what only the topology tells stays.
    assert (variables["a"]["netns_links"], variables["a"]["declared"]) == ([], "a")
    assert variables["b"]["netns_addresses"] == ["10.0.0.2/24"]


def test_hosts_whose_groups_cannot_be_told_apart_are_told(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"web-1": LOCAL, "web_1": LOCAL}}})
    lab = source(tmp_path, topology="lab.yml", hosts=["web-1", "web_1"])
    words = ["-i", hosts, "-i", lab, "--list"]
    told = called(tmp_path, "ansible-inventory", *words, ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS="always")
    assert read(told.stdout)["netns_on_web_1"]["hosts"] == ["web-1/a", "web-1/b", "web_1/a", "web_1/b"]
    assert "of the hosts web-1 and web_1 are in one group, netns_on_web_1" in " ".join(told.stderr.split())


def test_a_topology_is_found_from_its_source(host: Host, tmp_path: Path) -> None:
    """The sources are in a directory inventory, and the command runs elsewhere."""
    for name in ("inventory", "topologies"):
        (tmp_path / name).mkdir()
    written(tmp_path / "topologies", "lab.yml", LAB)
    written(tmp_path / "topologies", "home.yml", {"name": "home", "namespaces": ["c"]})
    written(tmp_path / "topologies", "named.yml", {"name": "named", "namespaces": ["d"]})
    directory = tmp_path / "inventory"
    written(directory, "10-hosts.yml", {"all": {"hosts": {"web1": LOCAL}}})
    source(directory, "20-lab.netns.yml", topology="../topologies/lab.yml", hosts=["web1"])
    source(directory, "30-home.netns.yml", topology="~/topologies/home.yml", hosts=["web1"])
    source(directory, "40-named.netns.yml", topology="$HOME/topologies/named.yml", hosts=["web1"])
    told = called(tmp_path, "ansible-inventory", "-i", "inventory", "--list")
    assert read(told.stdout)["netns_on_web1"]["hosts"] == ["a", "b", "c", "d"]
    assert told.stderr == ""


def test_groups_and_variables_can_be_composed(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    told = inventory(
        tmp_path,
        source(
            tmp_path,
            topology="lab.yml",
            compose={"first": "netns_addresses | first", "called": "inventory_hostname"},
            strict=True,
            groups={"left": "netns_name == 'a'"},
            keyed_groups=[{"key": "netns_host", "prefix": "at"}],
        ),
    )
    variables = told["_meta"]["hostvars"]["b"]
    assert (variables["first"], variables["called"]) == ("10.0.0.2/24", "b")
    assert told["left"]["hosts"] == ["a"]
    assert told["at_localhost"]["hosts"] == ["a", "b"]


def test_variables_of_groups_and_files_reach_the_namespaces(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    (tmp_path / "group_vars").mkdir()
    written(tmp_path / "group_vars", "web.yml", {"ansible_port": 2222})
    hosts = written(tmp_path, "hosts.yml", {"web": {"hosts": {"web1": {}}}})
    lab = source(tmp_path, topology="lab.yml", hosts=["web1"])
    assert inventory(tmp_path, hosts, lab)["_meta"]["hostvars"]["a"]["ansible_port"] == 2222


def test_of_several_values_the_namespaces_have_the_one_that_the_host_has(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    for name in ("group_vars", "host_vars"):
        (tmp_path / name).mkdir()
    names = ["user", "host", "password", "ssh_executable", "scp_executable", "sftp_executable", "remote_tmp"]
    # Where each of them is set last; the others of the places below have it too.
    last = ["host_vars", "inline", "group_vars", "m-group", "a-site", "z-region", "all"]
    host_file, inline, group_file, group, site, region, every = (
        {f"ansible_{name}": place for name in names[: n + 1]} for n, place in enumerate(last)
    )
    tree = {
        "z_region": {
            "vars": region,
            "children": {"a_site": {"vars": site, "children": {"m_group": {"vars": group, "hosts": {"web1": inline}}}}},
        }
    }
    hosts = written(tmp_path, "hosts.yml", {"all": {"vars": every, "children": tree}})
    written(tmp_path / "group_vars", "m_group.yml", group_file)
    written(tmp_path / "host_vars", "web1.yml", host_file)
    lab = source(tmp_path, topology="lab.yml", hosts=["web1"])
    template = " ".join(f"{{{{ ansible_{name} }}}}" for name in names)
    told = shown(tmp_path, "web1:a", template, hosts, lab)
    assert told["web1"] == "host_vars inline group_vars m-group a-site z-region all"
    assert told["a"] == told["web1"]


def test_templates_are_evaluated_as_those_of_the_host(host: Host, tmp_path: Path) -> None:
    written(tmp_path, "lab.yml", LAB)
    host.done("netns_topology", **LAB)
    for name in ("group_vars", "host_vars"):
        (tmp_path / name).mkdir()
    # A password that a vault holds, under a name of its own, as Ansible's documentation has it.
    written(tmp_path / "group_vars", "web.yml", {"vault_password": "secret", "way": "local"})
    templates = {
        "ansible_connection": "{{ way }}",
        "ansible_host": "{{ inventory_hostname }}.example.com",
        "ansible_become_password": "{{ vault_password }}",
        "ansible_password": "{% if true %}{{ vault_password }}{% endif %}",
        "ansible_python_interpreter": "{{ [interpreter] | first }}",
    }
    plain = {"interpreter": sys.executable, "ansible_sudo_pass": "other", "ansible_remote_tmp": "/tmp/{x}"}
    hosts = written(tmp_path, "hosts.yml", {"web": {"hosts": {"web1": plain}, "vars": templates}})
    hosts.write_text(hosts.read_text().replace("/tmp/{x}", "!unsafe '/tmp/{{ way }}'"))
    lab = source(tmp_path, topology="lab.yml", hosts=["web1"])
    template = "{{ ansible_host }} {{ ansible_become_password }} {{ ansible_password }} {{ ansible_remote_tmp }}"
    told = shown(tmp_path, "web1:b", template, hosts, lab)
    assert told["web1"] == "web1.example.com secret secret /tmp/{{ way }}"
    assert told["b"] == told["web1"]
    assert where(tmp_path, "b", hosts, lab) == inside(host, "b")


@pytest.fixture(params=["2.16", "2.18", "2.21"])
def core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A series of ansible-core, whose programs run in the test; until 2.18 every string is a template."""
    monkeypatch.setenv("LINUXNET_ANSIBLE", str(programs.other(request.param)))
    return str(request.param)


#: As a template it makes a file, pwned, where the command runs.
EVIL = "{{lookup('pipe','touch${IFS}pwned')}}"


def said(finished: subprocess.CompletedProcess[str]) -> str:
    """Return what a program has warned of, whatever the width of its lines."""
    return " ".join(finished.stderr.split())


def test_what_a_host_has_is_no_template(core: str, host: Host, tmp_path: Path) -> None:
    names = [EVIL, "{%x%}", "{#x#}", "*", "a:all", "netns-inventory:AAAA:"]
    host.done("netns", name=["blue", *names])
    host.sh("ip netns add 'a b'; ip -n blue link add e0 type veth peer name '{{7*7}}'; ip -n blue link set e0 up")
    asked = source(
        tmp_path,
        naming="full",
        compose={"joined": "netns_links | map(attribute='interface') | join"},
        keyed_groups=[{"key": "'{' ~ '{' ~ netns_name ~ '}' ~ '}'"}],
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(tmp_path / "kept"),
    )
    told = called(tmp_path, "ansible-inventory", "-i", asked, "--list")
    listed = read(told.stdout)
    assert listed["netns_on_localhost"]["hosts"] == ["localhost/blue"], told.stderr
    assert listed["___blue__"]["hosts"] == ["localhost/blue"]
    assert [link["interface"] for link in listed["_meta"]["hostvars"]["localhost/blue"]["netns_links"]] == ["e0"]
    assert "Of host localhost something is left out of the inventory: namespace" in said(told)
    assert "(and 8 more)" in said(told)
    every = "{{ [inventory_hostname, group_names, groups, vars, hostvars[inventory_hostname]] }}"
    play = {"hosts": "netns", "gather_facts": False, "tasks": [{"debug": {"msg": every}}, {"ping": {}}]}
    ran = called(tmp_path, "ansible-playbook", "-i", asked, written(tmp_path, "play.yml", [play]))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^localhost/blue +: ok=2", ran.stdout, re.MULTILINE)
    assert not list(tmp_path.glob("pwned"))


def test_a_topology_makes_no_host_whose_name_is_a_template(core: str, host: Host, tmp_path: Path) -> None:
    lab = source(tmp_path, topology="lab.yml")
    for names in ({"name": "{{7*7}}", "namespaces": ["blue"]}, {"name": "lab", "namespaces": [EVIL, "blue"]}):
        written(tmp_path, "lab.yml", names)
        told = called(tmp_path, "ansible-inventory", "-i", lab, "--list")
        assert told.returncode != 0
        assert "blue" not in told.stdout
        assert "is a template, and a topology file is not templated" in said(told)
    written(tmp_path, "lab.yml", {"name": "lab", "namespaces": ["a*", "blue"]})
    told = called(tmp_path, "ansible-inventory", "-i", lab, "--list")
    assert read(told.stdout)["netns_in_lab"]["hosts"] == ["blue"]
    assert "Ansible would take it for a pattern of hosts" in said(told)
    assert not list(tmp_path.glob("pwned"))


def namespace(name: Any, *interfaces: str, **more: Any) -> dict[str, Any]:
    """Return a namespace as ``netns_info`` tells of it."""
    link = {"kind": "veth", "state": "up", "mac": None, "mtu": 1500, "peer": None}
    links = [{"interface": interface, **link} for interface in interfaces]
    return {"name": name, "state": "present", "links": links, "addresses": [], **more}


def answering(directory: Path, name: str, answer: Any) -> dict[str, Any]:
    """Return the variables of a host whose modules give this answer, whatever they are."""
    (directory / f"{name}.json").write_text(answer if isinstance(answer, str) else json.dumps(answer))
    (directory / name).write_text(f"#!/bin/sh\ncat '{directory}/{name}.json'\n")
    (directory / name).chmod(0o755)
    return {**LOCAL, "ansible_python_interpreter": str(directory / name)}


def test_the_answer_of_a_host_is_its_own_affair(core: str, host: Host, tmp_path: Path) -> None:
    """Whatever a host answers, the others stay, and nothing is told of them but by themselves."""
    host.done("netns", name=["blue"])
    other = base64.b64encode(b'{"host": "web", "result": {"namespaces": []}}').decode()
    dynamic = {"host_name": "web", "host_vars": {"ansible_python_interpreter": "/bin/false"}}
    facts = {"inventory_hostname": "web", "ansible_host": "203.0.113.1", "asked": {"namespaces": []}}
    own = {"ansible_connection": "ssh", "ansible_host": "203.0.113.1"}
    answers = {
        # Before core 2.19 any module may add hosts; so this one is asked first.
        "adds": {"namespaces": [namespace("x", **own)], "add_host": dynamic, "ansible_facts": facts},
        "deep": '{"namespaces": ' + "[" * 900 + "]" * 900 + "}",
        "deeper": '{"namespaces": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "fails": {"failed": True, "msg": "\x1b[31mred\n" + "long " * 200_000 + "end"},
        "junk": f"netns-inventory:{other}: \x1b[31m" + "z" * 1_000_000,
        "marks": {"namespaces": [namespace(f"netns-inventory:{other}:"), namespace("x")]},
        "named": {"namespaces": [namespace(one) for one in (EVIL, "web/blue", "n" * 1_000_000, "\x1b[31m", 7, "x")]},
        "nan": '{"namespaces": 1, ' + json.dumps({"namespaces": [namespace("x", "e0")]}).replace("1500", "NaN")[1:],
        "many": {"namespaces": [namespace(f"n{number}") for number in range(20_001)]},
    }
    hosts = {**{name: answering(tmp_path, name, answer) for name, answer in answers.items()}, "web": LOCAL}
    fleet = written(tmp_path, "hosts.yml", {"all": {"hosts": hosts}})
    told = called(tmp_path, "ansible-inventory", "-i", fleet, "-i", source(tmp_path, hosts=["all"]), "--list")
    listed = read(told.stdout)
    there = {name: group["hosts"] for name, group in listed.items() if name.startswith("netns_on_")}
    assert there == {
        "netns_on_web": ["web/blue"],
        **{f"netns_on_{name}": [f"{name}/x"] for name in ("adds", "marks", "named", "nan")},
    }, told.stderr
    assert set(listed["all"]["children"]) == {"ungrouped", "netns"}
    variables = listed["_meta"]["hostvars"]
    assert variables["adds/x"]["ansible_host"] == "adds"
    assert variables["adds/x"]["ansible_connection"] == "local"
    assert variables["nan/x"]["netns_links"][0]["mtu"] is None
    for name in ("deep", "deeper", "fails", "junk", "many"):
        assert f"The namespaces of host {name} are left out of the inventory: " in said(told)
    for name in ("marks", "named", "nan"):
        assert f"Of host {name} something is left out of the inventory: " in said(told)
    assert "\x1b" not in told.stderr
    assert len(told.stderr) < 5_000
    assert not list(tmp_path.glob("pwned"))


def test_a_host_that_does_not_end_is_left_out(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["blue"])
    (tmp_path / "sleeps").write_text("#!/bin/sh\nexec sleep 1000\n")
    (tmp_path / "sleeps").chmod(0o755)
    sleeps = {**LOCAL, "ansible_python_interpreter": str(tmp_path / "sleeps")}
    fleet = written(tmp_path, "hosts.yml", {"all": {"hosts": {"sleeps": sleeps}}})
    asked = source(tmp_path, hosts=["sleeps"], timeout=1)
    told = called(tmp_path, "ansible-inventory", "-i", fleet, "-i", asked, "--list")
    assert "host sleeps are left out of the inventory: it gave no answer (the time limit is 1 s)" in said(told)


def test_groups_from_the_values_of_a_host_take_nothing_from_others(host: Host, tmp_path: Path) -> None:
    """No group has the name of a host, of all hosts, or is below itself."""
    links = [{"endpoints": [f"a:{name}", f"b:{name}"]} for name in ("h2", "netns_on_h1", "loop")]
    written(tmp_path, "lab.yml", {"name": "lab", "namespaces": ["a", "b"], "links": links})
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"h1": LOCAL, "h2": LOCAL}}})
    bare = {"prefix": "", "separator": ""}
    groups = [
        {"key": "netns_links | map(attribute='interface') | list", **bare},
        {"key": "['upper', 'all']", "parent_group": "lower", **bare},
        {"key": "'lower'", "parent_group": "upper", **bare},
    ]
    lab = source(tmp_path, topology="lab.yml", hosts=["h1"], keyed_groups=groups)
    told = called(tmp_path, "ansible-inventory", "-i", hosts, "-i", lab, "--list")
    listed = read(told.stdout)
    assert listed["loop"]["hosts"] == ["a", "b"], told.stderr
    assert listed["lower"]["children"] == ["upper"]
    assert "h2" not in listed
    assert "The group h2 is left out: there is a host of this name" in said(told)
    assert listed["netns_on_h1"] == {"hosts": ["a", "b"]}
    for name in ("all", "netns_on_h1"):
        assert f"The group {name} is left out: this name has a meaning of its own" in said(told)
    assert "The group upper is left out: lower cannot be its child" in said(told)


def test_what_was_kept_is_trusted_no_more_than_an_answer(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    cache: dict[str, Any] = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "kept"),
    }
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"h1": LOCAL, "h2": LOCAL}}})
    kept = source(tmp_path, hosts=["h1", "h2"], **cache)
    assert inventory(tmp_path, hosts, kept)["netns_on_h1"]["hosts"] == ["h1/a"]
    (file,) = (tmp_path / "kept").iterdir()
    forged = {"h1": {EVIL: {"netns_links": []}, "b": {"netns_links": [], "ansible_host": "evil"}}, "h2": 7}
    file.write_text(json.dumps({"__payload__": json.dumps(forged)} if "__payload__" in file.read_text() else forged))
    listed = inventory(tmp_path, hosts, kept)
    assert listed["netns_on_h1"]["hosts"] == ["h1/b"]
    assert listed["netns_on_h2"]["hosts"] == ["h2/a"]
    assert listed["_meta"]["hostvars"]["h1/b"]["ansible_host"] == "h1"


def test_what_was_asked_can_be_kept(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    kept = source(
        tmp_path, cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(tmp_path / "kept")
    )
    assert inventory(tmp_path, kept)["netns_on_localhost"]["hosts"] == ["a"]
    host.done("netns", name=["b"])
    assert inventory(tmp_path, kept)["netns_on_localhost"]["hosts"] == ["a"]
    shutil.rmtree(tmp_path / "kept")
    assert inventory(tmp_path, kept)["netns_on_localhost"]["hosts"] == ["a", "b"]


def test_a_host_that_gave_no_answer_is_asked_again(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    broken = {**LOCAL, "ansible_python_interpreter": "/nowhere/python"}
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"good": LOCAL, "late": broken}}})
    kept = source(
        tmp_path,
        hosts=["good", "late"],
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(tmp_path / "kept"),
    )
    assert inventory(tmp_path, hosts, kept)["netns"]["children"] == ["netns_on_good"]
    host.done("netns", name=["b"])
    written(tmp_path, "hosts.yml", {"all": {"hosts": {"good": broken, "late": LOCAL}}})
    told = inventory(tmp_path, hosts, kept)
    assert told["netns_on_good"]["hosts"] == ["good/a"]
    assert told["netns_on_late"]["hosts"] == ["late/a", "late/b"]
    # Both answers are kept now, those of the first time too.
    written(tmp_path, "hosts.yml", {"all": {"hosts": {"good": broken, "late": broken}}})
    again = inventory(tmp_path, hosts, kept)
    assert [again[f"netns_on_{name}"]["hosts"] for name in ("good", "late")] == [
        ["good/a"],
        ["late/a", "late/b"],
    ]


def test_sources_do_not_ask_for_each_other(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    hosts = {"_meta": {"hostvars": {"h1": LOCAL}}, "web": {"hosts": ["h1"]}}
    program = tmp_path / "hosts"
    program.write_text(f"#!/bin/sh\necho read >> {tmp_path}/count\ncat <<'EOF'\n{json.dumps(hosts)}\nEOF\n")
    program.chmod(0o755)
    sources = [source(tmp_path, f"{n}.netns.yml", hosts=["web"], group=f"netns{n}") for n in range(2)]
    told = inventory(tmp_path, program, *sources)
    assert [told[f"netns{n}_on_h1"]["hosts"] for n in range(2)] == [["a"]] * 2
    # Once by the command itself, and once by each run that asks.
    assert (tmp_path / "count").read_text().splitlines() == ["read"] * 3


def test_settings_of_the_calling_command_do_not_keep_hosts_from_being_asked(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    own = {**LOCAL, "ansible_become_method": "linuxnet.netns.netns", "ansible_netns": "a"}
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"h1": LOCAL, "h2": own}}})
    settings = {
        "ANSIBLE_NO_LOG": "true",
        "ANSIBLE_RUN_TAGS": "some",
        "ANSIBLE_SKIP_TAGS": "untagged,all",
        "ANSIBLE_BECOME_METHOD": "linuxnet.netns.netns",
        "ANSIBLE_STRATEGY": "free",
        "ANSIBLE_ANY_ERRORS_FATAL": "true",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_FORCE_COLOR": "true",
    }
    told = called(
        tmp_path, "ansible-inventory", "-i", hosts, "-i", source(tmp_path, hosts=["h1", "h2"]), "--list", **settings
    )
    listed = read(told.stdout)
    assert [listed[f"netns_on_{name}"]["hosts"] for name in ("h1", "h2")] == [["h1/a"], ["h2/a"]], told.stderr


def test_vault_passwords_of_a_file_reach_the_run_that_asks_and_typed_ones_are_told(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    (tmp_path / "group_vars").mkdir()
    secret = written(tmp_path / "group_vars", "web.yml", {"ansible_become_password": "secret"})
    hosts = written(tmp_path, "hosts.yml", {"web": {"hosts": {"web1": LOCAL}}})
    (tmp_path / "password").write_text("open sesame\n")
    by_file = ["--vault-password-file", "password"]
    assert called(tmp_path, "ansible-vault", "encrypt", *by_file, secret).returncode == 0
    words = ["-i", hosts, "-i", source(tmp_path, hosts=["web"]), "--list"]
    told = called(tmp_path, "ansible-inventory", *words, *by_file)
    assert read(told.stdout)["netns_on_web1"]["hosts"] == ["a"], told.stderr
    typed = called(tmp_path, "ansible-inventory", *words, "--ask-vault-pass", typed="open sesame\n")
    assert "put it into a file, and name that by --vault-password-file" in " ".join(typed.stderr.split())


def test_a_host_that_does_not_answer_is_left_out(host: Host, tmp_path: Path) -> None:
    host.done("netns", name=["a"])
    dead = {"ansible_connection": "ssh", "ansible_host": "127.0.0.9", "ansible_port": 1}
    hosts = written(tmp_path, "hosts.yml", {"all": {"hosts": {"good": LOCAL, "dead": dead}}})
    fleet = source(tmp_path, hosts=["good", "dead"])
    told = called(tmp_path, "ansible-inventory", "-i", hosts, "-i", fleet, "--list")
    assert read(told.stdout)["netns"]["children"] == ["netns_on_good"]
    assert "The namespaces of host dead are left out" in " ".join(told.stderr.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hosts": ["nowhere"]}, "no host and no group 'nowhere'"),
        ({"topology": "missing.yml"}, "missing.yml"),
        ({"topology": "wrong.yml"}, "links[0].endpoints"),
    ],
)
def test_mistakes_are_told(host: Host, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    written(tmp_path, "wrong.yml", {**LAB, "links": [{"endpoints": ["a:x"]}]})
    told = called(tmp_path, "ansible-inventory", "-i", source(tmp_path, **options), "--list")
    assert told.returncode != 0
    assert words in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


@pytest.mark.xdist_group("become")
@pytest.mark.skipif(bool(LACKS), reason=f"hosts over ssh: {LACKS}")
def test_a_fleet_is_asked_and_worked_in_over_ssh(tmp_path: Path) -> None:
    """Two machines, which have namespaces of the same name, and are reached by variables that are templates."""
    with Machine("controller") as controller, Machine("one") as one, Machine("two") as two:
        join(one, controller, "192.0.2")
        join(controller, two, "198.51.100")
        machines = {"w1": one, "w2": two}
        for machine in machines.values():
            machine.add_users()
            machine.serve_ssh(controller)
        one.sh("ip netns add blue; ip netns add red")
        two.sh("ip netns add blue; ip netns add green; ip -n green link add e0 type veth peer name e1")
        two.sh("ip -n green address add 10.0.0.2/24 dev e0; ip -n green link set e0 up")
        reached = {
            "ansible_host": "{{ address }}",
            "ansible_user": "{{ login }}",
            "ansible_become_password": "{{ vault_password }}",
            "ansible_python_interpreter": sys.executable,
        }
        own = {"w1": {"login": "alice", "vault_password": PASSWORD}, "w2": {"login": "root", "vault_password": ""}}
        hosts = {name: {**reached, **own[name], "address": machines[name].address} for name in machines}
        kept: dict[str, Any] = {
            "cache": True,
            "cache_plugin": "ansible.builtin.jsonfile",
            "cache_connection": str(tmp_path / "kept"),
        }
        # The directory of the test belongs to root alone; the controller is root.
        fleet = source(tmp_path, hosts=["w1", "w2"], **kept)
        here = "readlink /proc/self/ns/net"
        each = {"delegate_to": "{{ item }}", "loop": "{{ groups.netns }}"}
        plays = [
            {
                "hosts": "netns",
                "tasks": [{"name": "where", "ansible.builtin.raw": here}],
                "gather_facts": True,
                "gather_subset": ["!all", "network"],
            },
            {
                "hosts": "w2",
                "tasks": [{"name": "each", "ansible.builtin.command": here, **each}],
                "gather_facts": False,
            },
        ]
        outcomes = controller.play(plays, hosts, "--inventory", str(fleet))
        limited = controller.play(
            [{**plays[0], "gather_facts": False}], hosts, "--inventory", str(fleet), "--limit", "w2/blue"
        )
        names = [("w1", "blue"), ("w1", "red"), ("w2", "blue"), ("w2", "green")]
        there = {
            f"{host}/{name}": machines[host].sh(f"ip netns exec {name} readlink /proc/self/ns/net").strip()
            for host, name in names
        }
    assert len(set(there.values())) == len(names)
    assert {each.host: each.result["stdout"].strip() for each in outcomes if each.task == "where"} == there
    (loop,) = (outcome.result["results"] for outcome in outcomes if outcome.task == "each")
    assert {item["item"]: item["stdout"] for item in loop} == there
    facts = {each.host: each.result["ansible_facts"] for each in outcomes if each.task == "Gathering Facts"}
    assert {name: "10.0.0.2" in facts[name]["ansible_all_ipv4_addresses"] for name in there} == {
        name: name == "w2/green" for name in there
    }
    assert {each.host for each in limited} == {"w2/blue"}
    assert [each.result["stdout"].strip() for each in limited if each.task == "where"] == [there["w2/blue"]]

    # The same from what was kept, as a user looks at it.
    static = written(tmp_path, "hosts.yml", {"all": {"hosts": hosts}})
    words = ["-i", static, "-i", fleet]
    graph = called(tmp_path, "ansible-inventory", *words, "--graph", "netns").stdout
    assert graph.splitlines() == [
        "@netns:",
        "  |--@netns_on_w1:",
        "  |  |--w1/blue",
        "  |  |--w1/red",
        "  |--@netns_on_w2:",
        "  |  |--w2/blue",
        "  |  |--w2/green",
    ]
    variables = read(called(tmp_path, "ansible-inventory", *words, "--host", "w2/green").stdout)
    assert (variables["netns_host"], variables["ansible_netns"]) == ("w2", "green")
    assert variables["netns_addresses"] == ["10.0.0.2/24"]

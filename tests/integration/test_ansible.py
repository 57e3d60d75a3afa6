# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible itself runs them: packed, with defaults of the group, with files of the controller."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, ROOT, done, run, written
from ansible_collections.linuxnet.netns.tests.integration.test_versions import LIBRARIES, oldest_python

LAB = {
    "name": "lab",
    "namespaces": ["a", "b"],
    "links": [{"endpoints": [{"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24"]}, "b:eb"]}],
}


def inventory(directory: Path, **variables: Any) -> Path:
    """Return an inventory of one host, here, which is the test's own."""
    return written(directory, "inventory.yml", {"all": {"hosts": {"here": {**LOCAL, **variables}}}})


def play(
    directory: Path, tasks: Sequence[Mapping[str, Any]], *words: str, **more: Any
) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit status of a playbook, and what each of its tasks gave."""
    output = directory / "told.json"
    listed = [{**task, "register": f"r{number}", "ignore_errors": True} for number, task in enumerate(tasks)]
    told = "{{ [" + ", ".join(str(task["register"]) for task in listed) + "] | to_json }}"
    listed.append({"ansible.builtin.copy": {"content": told, "dest": str(output)}, "check_mode": False})
    environment = more.pop("environment", {})
    python = more.pop("python", sys.executable)
    hosts = inventory(directory, ansible_python_interpreter=python)
    playbook = written(directory, "playbook.yml", [{"hosts": "all", "gather_facts": False, "tasks": listed, **more}])
    finished = run(directory, "ansible-playbook", "-i", hosts, playbook, *words, environment=environment)
    assert output.exists(), finished.stdout + finished.stderr
    return finished.returncode, json.loads(output.read_text())


def test_the_oldest_python_and_pyroute2_of_managed_hosts(host: Host, tmp_path: Path) -> None:
    python = oldest_python()
    if python is None or "0.7.2" not in LIBRARIES:
        pytest.skip("this machine has no Python 3.9, or pyroute2 0.7.2 is not in .cache/pyroute2")
    tasks: list[dict[str, Any]] = [
        {"linuxnet.netns.netns_topology": LAB},
        {"linuxnet.netns.netns": {"name": "a", "state": "absent"}},
    ]
    environment = {"PYTHONPATH": str(LIBRARIES["0.7.2"])}
    _status, results = play(tmp_path, tasks, python=python, environment=environment)
    assert [one["commands"] for one in results] == [
        [
            "ip netns add a",
            "ip netns add b",
            "ip -n a link add name ea up type veth peer name eb netns b",
            "ip -n a link set dev lo up",
            "ip -n a address add 10.0.0.1/24 dev ea",
            "ip -n b link set dev lo up",
            "ip -n b link set dev eb up",
        ],
        ["ip -n a link delete dev ea", "ip netns delete a"],
    ]


def test_defaults_of_the_group_reach_every_module(host: Host, tmp_path: Path) -> None:
    host.done("netns_topology", **LAB)
    tasks: list[dict[str, Any]] = [
        {"linuxnet.netns.netns_addr": {"netns": "a", "interface": "ea", "addresses": "10.0.0.1/24"}},
        {"linuxnet.netns.veth": {"name": "ea", "netns": "a"}},
        {"linuxnet.netns.netns": {"name": "a"}},
        {"linuxnet.netns.netns_topology": {"name": "lab", "namespaces": ["b"]}},
    ]
    defaults = {"group/linuxnet.netns.netns": {"state": "absent"}}
    _status, results = play(tmp_path, tasks, module_defaults=[defaults])
    assert [one["commands"] for one in results] == [
        ["ip -n a address delete 10.0.0.1/24 dev ea"],
        ["ip -n a link delete dev ea"],
        ["ip netns delete a"],
        ["ip netns delete b"],
    ]


def test_a_topology_file_is_read_on_the_controller(host: Host, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    content = {**LAB, "purge": True}
    written(tmp_path / "files", "lab.yml", content)
    (tmp_path / "files" / "lab.json").write_text(json.dumps(content))
    # A key without a value is an empty list.
    (tmp_path / "empty.yml").write_text("name: other\nnamespaces: [c]\nlinks:\npurge:\n")
    _status, (checked, made, again, empty) = play(
        tmp_path,
        [
            {"linuxnet.netns.netns_topology": {"src": "lab.yml"}, "check_mode": True},
            {"linuxnet.netns.netns_topology": {"src": "lab.json"}},
            {"linuxnet.netns.netns_topology": {"src": str(tmp_path / "files" / "lab.yml")}},
            {"linuxnet.netns.netns_topology": {"src": "empty.yml"}},
        ],
    )
    assert checked["commands"] == made["commands"] != []
    assert made["topology"]["made"] == {"namespaces": 2, "interfaces": 2, "addresses": 1}
    assert again["changed"] is False
    assert empty["commands"] == ["ip netns add c", "ip -n c link set dev lo up"]


def test_the_mistakes_of_a_topology_file_are_told_at_once(host: Host, tmp_path: Path) -> None:
    mistaken = {"nam": "x", "namespaces": ["a", "../b"], "links": [{"endpoints": ["a:eth0", "b:sixteen_bytes_ab"]}]}
    (tmp_path / "mistaken.yml").write_text(yaml.safe_dump(mistaken))
    (tmp_path / "list.yml").write_text("- a\n- b\n")
    (tmp_path / "broken.yml").write_text("a: [\n")
    (tmp_path / "kinds.yml").write_text("name: true\nnamespaces: a\nlinks: 2026-11-25\n")
    tasks: list[dict[str, Any]] = [
        {"linuxnet.netns.netns_topology": options}
        for options in (
            {"src": "mistaken.yml"},
            {"src": "list.yml"},
            {"src": "broken.yml"},
            {"src": "missing.yml"},
            {"src": "mistaken.yml", "name": "other"},
            {"src": "kinds.yml"},
            {},
        )
    ]
    _status, results = play(tmp_path, tasks)
    messages = [one["msg"] for one in results]
    assert messages[0] == (
        f"src: {tmp_path}/mistaken.yml: 4 mistakes, and nothing was changed:\n"
        "- nam: there is no such key; did you mean name?\n"
        "- name: None is not a name for a topology: a string is needed, not nothing\n"
        "- namespaces[1]: '../b' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'\n"
        "- links[0].endpoints[1]: 'sixteen_bytes_ab' is not a name for an interface: it has 16 bytes, and at most 15 "
        "are possible"
    )
    assert messages[1] == f"src: {tmp_path}/list.yml: a mapping with name, namespaces and links is needed, not a list"
    assert messages[2] == (
        f"src: {tmp_path}/broken.yml: it could not be read: line 2, column 1: did not find expected node content"
    )
    assert messages[3].startswith("src: the topology file 'missing.yml' could not be read: ")
    assert messages[4] == "src: the file says name too; give them in one of the two places"
    assert messages[5].splitlines()[1:] == [
        "- name: True is not a name for a topology: a string is needed, not a boolean",
        "- namespaces: a list is needed, not a string",
        "- links: a list is needed, not a date (write it in quotes)",
    ]
    assert messages[6] == "one of the following is required: name, src"
    assert not any("Traceback" in json.dumps(one) for one in results)
    assert host.namespaces() == []


def test_the_lab_is_predicted_built_once_and_taken_down(host: Host, tmp_path: Path) -> None:
    lab = ("-i", inventory(tmp_path), ROOT / "lab.yml", "-e", "lab_hosts=here", "--diff")

    def ran(*words: str) -> tuple[str, str]:
        said = done(tmp_path, "ansible-playbook", *lab, *words)
        (changed,) = re.findall(r"changed=(\d+)", said)
        first_task = said.split("TASK [")[1]
        return changed, first_task

    before = host.dump()
    predicted = ran("--check")
    assert host.dump() == before
    assert predicted == ran()
    assert host.pings("my_container_a", "10.0.0.2")
    assert ran()[0] == "0"
    assert ran("-e", "two_containers_state=absent")[0] == "1"
    assert host.dump()[""] == before[""]
    assert host.namespaces() == []


def test_the_diff_is_shown_as_lines(host: Host, tmp_path: Path) -> None:
    task = ("all", "-m", "linuxnet.netns.netns", "-a", "name=a loopback=up")
    said = done(tmp_path, "ansible", "-i", inventory(tmp_path), *task, "--check", "--diff")
    header = "--- before: namespace a\n+++ after: namespace a\n"
    assert f"{header}@@ -0,0 +1,4 @@\n+a:\n+  interfaces:\n+    lo:\n+      state: up\n" in said
    assert host.namespaces() == []

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks in README and docs work as they are written, and give what is shown there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.callback import CallbackBase
from ansible.plugins.filter.core import to_nice_yaml
from ansible_collections.linuxnet.netns.tests.integration.host import Host, difference
from ansible_collections.linuxnet.netns.tests.integration.internet import internet
from ansible_collections.linuxnet.netns.tests.integration.programs import LOCAL, ROOT, done, written

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]
GETTING_STARTED, INVENTORY, TOPOLOGIES, GUIDE, INFO, FILES = (
    ROOT / "docs" / f"{name}.md"
    for name in ("getting_started", "inventory", "topologies", "guide_run_anything", "info", "files")
)
#: What reads files that are beside the playbook finds this one.
ENDS = [{"netns": name, "interface": "eth0", "addresses": [f"10.7.0.{name}/24"]} for name in ("1", "2")]
TOPOLOGY: dict[str, Any] = {"name": "lab", "namespaces": ["1", "2"], "links": [{"endpoints": ENDS}]}


def blocks(page: Path, kind: str) -> list[str]:
    """Return the blocks of a page that are marked as this kind, those in a list without their indentation."""
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def files(page: Path) -> dict[str, str]:
    """Return the files that a page shows, by the names that are in their first lines."""
    named = (re.match(r"# (\S+\.yml)\n", block) for block in blocks(page, "yaml"))
    return {name.group(1): name.string for name in named if name}


def plays(page: Path) -> list[str]:
    """Return the playbooks of a page; a list of tasks is made one. Those that install packages are Molecule's to
    play, and those of several hosts test_fleet_topology.py's.
    """
    found = []
    for block in blocks(page, "yaml"):
        content = yaml.safe_load(block)
        if (
            not re.match(r"- ", block)
            or "apt:" in block
            or "linuxnet.netns.fleet_topology" in block
            or "- role: linuxnet.netns.prerequisites" in block.splitlines()[-1]
        ):
            continue
        found.append(
            block
            if "hosts" in content[0]
            else yaml.safe_dump([{"hosts": "routers", "gather_facts": False, "tasks": content}])
        )
    return found


def numberless(text: str) -> str:
    """Return a text without the numbers that differ from run to run, and without trailing spaces."""
    return re.sub(r"[0-9]+\.[0-9]+ ms", "N ms", re.sub(r" +$", "", text, flags=re.MULTILINE)).strip()


def inventory(directory: Path) -> Path:
    """Return an inventory with the groups that pages name."""
    return written(directory, "inventory.yml", {"routers": {"hosts": {"localhost": LOCAL}}})


def ansible(directory: Path, name: str, *words: Any) -> str:
    """Return what an Ansible program prints, run beside the files of a page and with the groups that pages name."""
    return done(directory, name, "-i", inventory(directory), *words)


WITH_PLAYS = [page for page in PAGES if plays(page)]


@pytest.mark.parametrize("page", WITH_PLAYS, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_playbooks_run(host: Host, tmp_path: Path, page: Path) -> None:
    way_out = "internet_access_netns" in page.read_text()
    if ("nftables: |" in page.read_text() or way_out) and shutil.which("nft") is None:
        pytest.skip("there is no nft (package nftables)")
    if "/usr/lib/frr" in page.read_text() and not Path("/usr/lib/frr/ospfd").exists():
        pytest.skip("there is no FRR (package frr)")
    (tmp_path / "lab_topology.yml").write_text(yaml.safe_dump(TOPOLOGY))
    for name, content in files(page).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    for block in blocks(page, "jinja"):
        (tmp_path / block.split()[1]).write_text(block)
    # What an earlier play of the reader has made.
    host.sh("ip netns add blue; ip netns add red")
    host.done("netns_topology", **TOPOLOGY)
    together = []
    for number, block in enumerate(plays(page)):
        playbook = tmp_path / f"{number}.yml"
        playbook.write_text(block)
        if "prerequisites" in block:
            # A role that installs packages is Molecule's to play.
            ansible(tmp_path, "ansible-playbook", playbook, "--start-at-task", "It is there, with its own way out")
        else:
            together.append(playbook)
    is_lab = page.parent.name == "labs"
    host.tables = host.sysctls = way_out
    before = host.dump() if is_lab else {}
    # A lab has an internet of its own.
    with internet(host) if way_out and not is_lab else nullcontext():
        ansible(tmp_path, "ansible-playbook", *together)
    assert not is_lab or not difference(before, host.dump())


def test_the_lab_shows_what_the_readme_shows(host: Host) -> None:
    environment = {**os.environ, "COLUMNS": "80"}
    # What was proven is written to standard error.
    made = subprocess.run(
        ["make", "-s", "lab"],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    (shown,) = (block for block in blocks(ROOT / "README.md", "text") if block.startswith("PLAY ["))
    assert numberless(made.stdout[made.stdout.index("PLAY [") :]) == numberless(shown)


def test_the_lesson_shows_its_commands_and_the_diff_of_the_lab(host: Host, tmp_path: Path) -> None:
    commands, diff = blocks(GETTING_STARTED, "text")
    predicted = ansible(tmp_path, "ansible-playbook", str(ROOT / "lab.yml"), "--check", "--diff")
    assert predicted[predicted.index("--- before") : predicted.index("\nchanged: ")] == diff
    (lesson,) = yaml.safe_load(plays(GETTING_STARTED)[0])
    steps: dict[str, dict[str, Any]] = {}
    for task in lesson["tasks"][:3]:
        module, options = next(item for item in task.items() if item[0] != "name")
        steps[task["name"][:2]] = host.done(module.rpartition(".")[2], **options)
    assert "".join(f"{command}\n" for command in steps["4."]["commands"]) == commands


@pytest.mark.parametrize(
    ("page", "drift"),
    [("README.md", "address delete 192.0.2.1/24 dev to_red"), ("docs/topologies.md", "link set eth0 down")],
)
def test_drift_is_shown_as_it_is_shown(host: Host, page: str, drift: str) -> None:
    ends = [{"netns": "r1", "interface": "eth0", "addresses": ["10.1.0.1/24"]}, "r2:eth0"]
    form: dict[str, Any] = {"name": "edge", "namespaces": ["r1", "r2"], "links": [{"endpoints": ends}]}
    if page == "README.md":
        (play,) = yaml.safe_load(plays(ROOT / page)[0])
        form = play["tasks"][0]["linuxnet.netns.netns_topology"]
    host.done("netns_topology", **form)
    host.sh(f"ip -n {form['namespaces'][0]} {drift}")
    (shown,) = (block for block in blocks(ROOT / page, "text") if block.startswith("--- before"))
    assert CallbackBase()._get_diff(host.done("netns_topology", check=True, **form)["diff"]) == f"{shown}\n"


def test_files_are_shown_as_they_are_shown(host: Host) -> None:
    (play,) = yaml.safe_load(plays(FILES)[0])
    (shown,) = (block for block in blocks(FILES, "text") if block.startswith("--- before"))
    form = play["tasks"][0]["linuxnet.netns.netns_topology"]
    assert CallbackBase()._get_diff(host.done("netns_topology", check=True, **form)["diff"]) == f"{shown}\n"


def test_mistakes_are_told_as_they_are_shown(host: Host, tmp_path: Path) -> None:
    def lab(*between: str) -> dict[str, Any]:
        wrong = [{"interface": "a"}, {"interface": "b", "adresses": ["10.0.0.2/24"]}]
        bad = {"interface": "e", "addresses": ["10.0.0.1/24", "10.0.0.256/24"]}
        ends = [wrong, *([name, f"{name}_end"] for name in between), [bad, "f"]]
        return {"name": "lab", "links": [{"endpoints": one} for one in ends]}

    (shown,) = (block for block in blocks(ROOT / "README.md", "text") if "mistakes" in block)
    assert host.refused("netns_topology", **lab()) == shown.strip()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "lab_topology.yml").write_text(yaml.safe_dump(lab("c")))
    (shown,) = (block for block in blocks(TOPOLOGIES, "text") if "mistakes" in block)
    playbook = tmp_path / "playbook.yml"
    tasks: list[dict[str, Any]] = [
        {"linuxnet.netns.netns_topology": {"src": "lab_topology.yml"}, "register": "told", "ignore_errors": True},
        {"ansible.builtin.copy": {"content": "{{ told.msg }}", "dest": str(tmp_path / "told")}},
    ]
    playbook.write_text(yaml.safe_dump([{"hosts": "routers", "gather_facts": False, "tasks": tasks}]))
    ansible(tmp_path, "ansible-playbook", str(playbook))
    assert (tmp_path / "told").read_text().replace(f"{tmp_path}/", "") == shown.strip()


def test_a_refusal_is_told_as_it_is_shown(host: Host) -> None:
    chain = [{"endpoints": [f"s{number}:right", f"s{number + 1}:left"]} for number in range(50)]
    bad = {"netns": "s50", "interface": "bad", "addresses": ["2001:db8::1/64"]}
    names = [f"s{number}" for number in range(51)]
    links = [*chain, {"endpoints": [bad, "s49:other"]}]
    without_ipv6 = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"
    host.sh(f"ip netns add s50; ip netns exec s50 sh -c '{without_ipv6}'")
    told = host.refused_by_the_kernel("netns_topology", name="chain", namespaces=names, links=links)
    # Newer kernels explain it.
    told = re.sub(r"\(EACCES\), [^.]*\.", "(EACCES).", told)
    for page in (ROOT / "README.md", TOPOLOGIES):
        (shown,) = (block for block in blocks(page, "text") if "undone" in block)
        assert told.split() == shown.split()


def test_a_topology_file_is_used_as_it_is_shown(host: Host, tmp_path: Path) -> None:
    ((name, content),) = files(TOPOLOGIES).items()
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(content)
    tasks = [{"linuxnet.netns.netns_topology": {"src": Path(name).name}}]
    (tmp_path / "playbook.yml").write_text(
        yaml.safe_dump([{"hosts": "routers", "gather_facts": False, "tasks": tasks}])
    )
    ansible(tmp_path, "ansible-playbook", "playbook.yml")
    assert host.namespaces() == ["blue", "red"]


def test_an_export_is_written_as_it_is_shown(host: Host) -> None:
    (play,) = (yaml.safe_load(block)[0] for block in plays(INFO) if "netns_export" in block)
    by_hand, export = play["tasks"][:2]
    host.sh("; ".join(by_hand["loop"]))
    topology = host.done("netns_export", **export["linuxnet.netns.netns_export"])["topology"]
    (shown,) = (block for block in blocks(INFO, "yaml") if block.startswith("name: "))
    assert to_nice_yaml(topology, sort_keys=False).strip() == shown.strip()


def test_inventories_list_what_is_shown(host: Host, tmp_path: Path) -> None:
    names = ["my_container_a", "my_container_b"]
    host.done("netns", name=names)
    for name, content in files(INVENTORY).items():
        (tmp_path / name).write_text(content)
    (tmp_path / "topologies").mkdir()
    (tmp_path / "topologies" / "lab.yml").write_text(yaml.safe_dump({"name": "lab", "namespaces": names}))
    (tmp_path / "hosts.ini").write_text(
        f"[web]\nh1\nh2\n[web:vars]\nansible_connection=local\nansible_python_interpreter={sys.executable}\n"
    )
    for block in blocks(INVENTORY, "text"):
        command, _newline, output = block.partition("\n")
        shown = output.partition("$ ")[0]
        assert command.startswith("$ ansible-inventory "), command
        listed = ansible(tmp_path, "ansible-inventory", *command.split()[2:])
        # The inventory of the tests is one more.
        without = re.sub(r"  \|--@routers:\n  \|  \|--localhost\n", "", listed)
        assert without == shown, command


def test_the_guide_is_shown_as_it_runs(host: Host, tmp_path: Path) -> None:
    """As root, for it makes a process of another user; with whatever Python runs the tests, also one in root's home."""
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        pytest.skip("only real root can run a server as another user")
    run, take_down = blocks(GUIDE, "console")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "guide", "/srv"], check=True)
    try:
        command, _newline, shown = run.partition("\n")
        made = ansible(tmp_path, "ansible-playbook", str(ROOT / command.split()[-1]))
        assert numberless(made) == numberless(shown)
        host.sh(take_down.replace("# ", ""))
        assert (host.namespaces(), os.listdir("/srv")) == ([], [])
    finally:
        host.sh("[ ! -e /run/netns/web ] || ip netns pids web | xargs -r kill; umount --lazy /srv")


def test_the_guide_shows_its_second_playbook() -> None:
    assert any(
        (ROOT / "docs" / "examples" / "nginx.yml").read_text().endswith(block) for block in blocks(GUIDE, "yaml")
    )


def test_every_yaml_block_can_be_read() -> None:
    for page in PAGES:
        for block in blocks(page, "yaml"):
            assert yaml.safe_load(block), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"

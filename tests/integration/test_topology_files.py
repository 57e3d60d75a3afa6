# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topology files and values from Jinja, with the versions of Ansible that take them in different ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.linuxnet.netns.tests.integration import programs
from ansible_collections.linuxnet.netns.tests.integration.host import Host
from ansible_collections.linuxnet.netns.tests.integration.test_ansible import play

#: Texts that are encrypted, and found in no output.
HUSH = "hush/hush"
TEN_OF_EACH = "".join(f"{two}: &{two} [{','.join(['*' + one] * 10)}]\n" for one, two in zip("abcdefgh", "bcdefghi"))
#: Files that stand for more than they are, with what is said of them.
BOMBS = {
    "aliases.yml": (f"a: &a [x]\n{TEN_OF_EACH}namespaces: *i\n", "g[0]: there are more than 300000 values"),
    "itself.yml": ("name: lab\nnamespaces: &a [*a]\n", "namespaces[0]: an alias of what it is in itself"),
    "number.yml": (
        f"name: lab\nlinks: [{{mtu: 0x{'f' * 4000}}}]\n",
        "links[0].mtu: a number of about 4817 digits is too large",
    ),
    "depth.yml": (f"name: lab\nnamespaces: {'[' * 100}{']' * 100}\n", f"namespaces{'[0]' * 31}: more than 32 levels"),
    "mistakes.yml": ("name: lab\nnamespaces:\n" + "- a/b\n" * 30_000, "30000 mistakes, and nothing was changed"),
}
each_core = pytest.mark.parametrize("core", ["2.16", "2.18", "2.21"])


@pytest.fixture
def with_core(core: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a playbook that a version of Ansible plays, with the password of its vault."""
    monkeypatch.setenv("LINUXNET_ANSIBLE", str(programs.other(core)))
    (tmp_path / "password").write_text("a password\n")
    return tmp_path


def encrypted(text: str) -> str:
    """Return a text as Ansible Vault encrypts it."""
    return str(VaultLib([("default", VaultSecret(b"a password"))]).encrypt(text).decode())


def vaulted(ciphertext: str) -> str:
    """Return a value of YAML that is encrypted by itself."""
    return f"!vault {json.dumps(ciphertext)}"


@each_core
def test_what_is_encrypted_is_decrypted_and_not_told_and_files_are_bounded(host: Host, with_core: Path) -> None:
    name, mtu, bad = (encrypted(text) for text in ("quiet", "1400", HUSH))
    files = {
        "good.yml": f"name: {vaulted(name)}\nnamespaces: [{vaulted(name)}]\nlinks:\n"
        f"- endpoints: [a, {{netns: {vaulted(name)}, interface: b}}]\n  mtu: {vaulted(mtu)}\n",
        "good.json": json.dumps({"name": {"__ansible_vault": name}, "namespaces": ["a"]}),
        "whole.yml": encrypted("name: whole\nnamespaces: [a, 7]\nlinks: [{endpoints: [c, d], mtu: 1400}]\n"),
        "bad.yml": f"name: {vaulted(bad)}\nnamespaces: [{vaulted(bad)}, {{name: a, loopback: {vaulted(bad)}}}]\n"
        f"purge: {vaulted(bad)}\n{vaulted(bad)}: 1\nlinks:\n- {vaulted(bad)}\n- endpoints: {vaulted(bad)}\n"
        f"- endpoints: [{vaulted(bad)}, {{netns: {vaulted(bad)}, interface: {vaulted(bad)}, "
        f"mac: {vaulted(bad)}, state: {vaulted(bad)}, mtu: {vaulted(bad)}, addresses: [{vaulted(bad)}]}}]\n",
        "bad.json": json.dumps({"name": {"__ansible_vault": bad}}),
        "badly.yml": encrypted(
            f"name: {HUSH}\n{HUSH}: 1\nnamespaces: [{HUSH}, '{{{{ {HUSH} }}}}']\nlinks: [[4711], {{mtu: 4711471}}]\n",
        ),
        "broken.yml": encrypted(f"name: {HUSH}\nnamespaces: [{HUSH}\n"),
        "twice.yml": encrypted("name: a\nnamespaces: [hush, hush]\n"),
        "damaged.yml": f"name: lab\nnamespaces: [{vaulted(bad[:-200])}]\n",
        "no_vault.yml": "name: lab\nnamespaces: [!vault hush]\n",
        **{file: text for file, (text, _message) in BOMBS.items()},
    }
    for file, text in files.items():
        (with_core / file).write_text(text)
    tasks = [{"linuxnet.netns.netns_topology": {"src": file}, "check_mode": True} for file in files]
    # As loud as it can be.
    words = ("-vvv", "--vault-password-file", str(with_core / "password"))
    _status, results = play(with_core, tasks, *words, environment={"ANSIBLE_LOG_PATH": str(with_core / "log")})
    told = dict(zip(files, results))
    assert {file for file, one in told.items() if not one.get("failed")} == {"good.yml", "good.json", "whole.yml"}
    assert told["good.yml"]["topology"]["name"] == "quiet"
    assert (
        "ip -n quiet link add name b up mtu 1400 type veth peer name a mtu 1400 netns $$"
        in told["good.yml"]["commands"]
    )
    assert told["good.json"]["topology"]["name"] == "quiet"
    assert told["whole.yml"]["topology"]["namespaces"] == ["a", "7"]
    assert "hush" not in json.dumps(results)
    assert "4711" not in json.dumps(results)
    assert "ANSIBLE_VAULT" not in json.dumps([one.get("msg") for one in results])
    assert "Traceback (most recent call last)" not in json.dumps(results)
    prefix = f"src: {with_core}/"
    assert told["bad.json"]["msg"] == (
        f"{prefix}bad.json: name: an encrypted value is not a name for a topology: it is a file name: no '/', and not "
        "'.' or '..'"
    )
    assert told["bad.yml"]["msg"].startswith(f"{prefix}bad.yml: 14 mistakes, and nothing was changed:\n")
    assert told["badly.yml"]["msg"].startswith(f"{prefix}badly.yml: 7 mistakes, and nothing was changed:\n")
    assert told["broken.yml"]["msg"] == (
        f"{prefix}broken.yml: it could not be read: line 3, column 1: did not find expected ',' or ']'"
    )
    assert told["twice.yml"]["msg"] == (
        f"{prefix}twice.yml: namespaces[1]: namespace an encrypted value is declared already, in namespaces[0]"
    )
    for file in ("damaged.yml", "no_vault.yml"):
        assert told[file]["msg"].startswith(f"{prefix}{file}: namespaces[0]: it cannot be decrypted: ")
    log = (with_core / "log").read_text()
    assert "damaged.yml" in log
    assert "hush" not in log
    _status, (without,) = play(with_core, [{"linuxnet.netns.netns_topology": {"src": "bad.yml"}}])
    assert without["msg"].startswith(f"{prefix}bad.yml: name: it cannot be decrypted: ")
    for file, (_text, message) in BOMBS.items():
        assert told[file]["msg"].startswith(f"{prefix}{file}: {message}")
        assert len(told[file]["msg"]) < 3000
    assert host.namespaces() == []


@each_core
def test_values_from_jinja_are_taken_as_what_the_option_is(host: Host, with_core: Path) -> None:
    topology = {
        "name": "{{ number }}",
        "namespaces": ["{{ number }}", "{{ site }}1", {"name": "{{ given }}", "loopback": "{{ state }}"}],
        "links": [
            {
                "endpoints": [
                    {"netns": "{{ number }}", "interface": "{{ given }}", "addresses": "{{ addresses }}"},
                    "{{ end }}",
                ],
                "mtu": "{{ mtu }}",
            },
            {"endpoints": ["a", {"interface": "b", "mtu": "{{ other }}"}], "mtu": "{{ text }}"},
        ],
        "purge": "{{ purge }}",
    }
    variables = {
        "number": 7,
        "site": "s",
        "state": "down",
        "addresses": ["10.0.0.1/24"],
        "end": {"netns": "s1", "interface": 9},
        "mtu": 1400,
        "text": "1300",
        "purge": "yes",
    }
    tasks: list[dict[str, Any]] = [
        {"linuxnet.netns.netns_topology": topology, "vars": variables, "check_mode": True},
        {
            "linuxnet.netns.netns_topology": {"name": "lab", "links": [{"endpoints": ["a", "b"], "mtu": "{{ bad }}"}]},
            "check_mode": True,
        },
        {"linuxnet.netns.netns_probe": {"topology": {**topology, "namespaces": ["{{ number }}/"]}}, "vars": variables},
        {"linuxnet.netns.netns_topology": {"src": "lab.yml"}, "check_mode": True},
        {"linuxnet.netns.netns_topology": {"src": "templated.yml"}, "check_mode": True},
        {
            "linuxnet.netns.netns_topology": {"name": "{{ lab.name }}", "namespaces": "{{ lab.namespaces }}"},
            "vars": {"lab": "{{ lookup('ansible.builtin.template', 'templated.yml') | from_yaml }}", "site": "s"},
            "check_mode": True,
        },
        {
            "linuxnet.netns.netns_topology": {"name": "lab", "links": [{"endpoints": ["a", "b"], "mtu": 16**3500}]},
            "check_mode": True,
        },
    ]
    (with_core / "lab.yml").write_text(
        'name: 7\nnamespaces: [1]\nlinks: [{endpoints: [a, b], mtu: "1400"}]\npurge: "yes"'
    )
    (with_core / "templated.yml").write_text('name: lab\nnamespaces: ["{{site}}1"]\n')
    _status, (made, bad, probed, read, templated, rendered, large) = play(
        with_core, tasks, "-e", "given=8", "-e", "other=1200", "-e", "bad=14x"
    )
    assert made["topology"]["namespaces"] == ["7", "s1", "8"]
    assert "ip -n 7 link add name 8 up mtu 1400 type veth peer name 9 mtu 1400 netns s1" in made["commands"]
    assert "ip link add name a up mtu 1300 type veth peer name b mtu 1200" in made["commands"]
    assert bad["msg"] == "links[0].mtu: '14x' is not an MTU: a number of bytes from 68 to 65535 is needed"
    assert probed["msg"] == (
        "topology.namespaces[0]: '7/' is not a name for a namespace: it is a file name: no '/', and not '.' or '..'"
    )
    assert (read["topology"]["name"], read["topology"]["namespaces"]) == ("7", ["1"])
    assert "ip link add name a up mtu 1400 type veth peer name b mtu 1400" in read["commands"]
    assert templated["msg"] == (
        f"src: {with_core}/templated.yml: namespaces[0]: '{{{{site}}}}1' is a template, and a topology file is not "
        "templated: write the topology into the task, or give its options what "
        "lookup('ansible.builtin.template', FILE) | from_yaml makes of the file"
    )
    assert rendered["topology"]["namespaces"] == ["s1"]
    assert large["msg"] == "links[0].mtu: a number of about 4215 digits is too large"

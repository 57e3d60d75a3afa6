# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything behaves the same with the oldest Python of managed hosts, and with pyroute2 from the oldest version on.

The versions of pyroute2 are those below .cache/pyroute2, where ``make test-integration`` installs them and fails
where it cannot; the oldest Python is looked for on the PATH and among pyenv's versions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

import ansible
import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {path.name: path for path in sorted((ROOT / ".cache" / "pyroute2").glob("[0-9]*"))}
OLDEST_PYTHON = "3.9"

LAB = {
    "name": "lab",
    "namespaces": ["a", "b"],
    "links": [
        {
            "endpoints": [
                {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "fd00::1/64"]},
                {"netns": "b", "interface": "eb", "addresses": ["10.0.0.2/24"], "mac": "02:00:00:00:00:0b"},
            ],
            "mtu": 1400,
        },
        {"endpoints": ["to_a", "a:uplink"]},
    ],
}
#: Modules with their options, one after the other on one host; each twice.
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("netns", {"name": ["a", "b"], "loopback": "up"}),
    ("veth", {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b", "peer_mac": "02:00:00:00:00:07"}),
    ("veth", {"name": "ea", "netns": "a", "peer": "other"}),
    ("netns_addr", {"netns": "a", "interface": "ea", "addresses": ["10.0.0.1/24", "10.0.0.2/24", "fd00::1/64"]}),
    ("netns_addr", {"netns": "a", "interface": "ea", "addresses": ["10.0.0.9/24"], "exclusive": True}),
    ("netns_addr", {"netns": "b", "interface": "eb", "addresses": ["2001:db8::1/64"]}),
    ("netns_link_state", {"netns": "a", "interface": "ea", "state": "up"}),
    ("netns_link_state", {"netns": "b", "interface": "eb", "state": "up", "wait": 10}),
    ("veth", {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b", "mtu": 65536}),
    ("veth", {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b", "mtu": 1000}),
    ("netns_addr", {"netns": "b", "interface": "eb", "addresses": ["10.0.0.7/24", "2001:db8::2/64"]}),
    ("veth", {"name": "ea", "netns": "a", "state": "absent"}),
    ("netns_topology", LAB),
    ("netns_topology", {"name": "lab", "namespaces": ["a", "c"], "links": [{"endpoints": ["to_a", "c:up"]}]}),
    ("netns_topology", {"name": "lab", "namespaces": ["a"], "purge": True}),
    ("netns", {"name": ["a", "b", "c"], "state": "absent"}),
]

RUNNER = f"""
import importlib, io, json, sys
from contextlib import redirect_stdout
import ansible.module_utils.basic as basic
results = []
for name, options in json.load(sys.stdin):
    basic._ANSIBLE_PROFILE = "legacy"
    basic._ANSIBLE_ARGS = json.dumps({{"ANSIBLE_MODULE_ARGS": options}}).encode()
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            importlib.import_module("{MODULES}." + name).main()
        except SystemExit:
            pass
    results.append(json.loads(output.getvalue()))
versions = ["%d.%d" % sys.version_info[:2]]
import pyroute2
versions.append(pyroute2.__file__)
json.dump({{"results": results, "versions": versions}}, sys.stdout)
"""


@lru_cache(maxsize=1)
def oldest_python() -> Optional[str]:
    """Return the oldest Python of managed hosts, if this machine has it. A shim that does not run is none."""
    versions = Path(os.environ.get("PYENV_ROOT", "/nonexistent")) / "versions"
    candidates = [
        *(str(path / "bin" / "python") for path in sorted(versions.glob(f"{OLDEST_PYTHON}.*"))),
        shutil.which(f"python{OLDEST_PYTHON}") or "",
        "/usr/bin/python3",
    ]
    script = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{OLDEST_PYTHON}')"
    for candidate in filter(os.path.exists, candidates):
        if subprocess.run([candidate, "-c", script], check=False, capture_output=True).returncode == 0:
            return candidate
    return None


def run_with(python: str, library: Optional[Path], tmp_path: Path) -> dict[str, Any]:
    """Return the results of the script, and the versions that it ran with."""
    # Only Ansible's own part of this Python's libraries, for they are made for this Python.
    (tmp_path / "ansible").symlink_to(Path(ansible.__file__).parent)
    paths = [tmp_path, ROOT / ".cache" / "collections", *([library] if library is not None else [])]
    if library is None:
        paths += [path for path in map(Path, sys.path) if path.name == "site-packages"]
    script = [(name, {**options, "_ansible_diff": True}) for name, options in SCRIPT for _time in range(2)]
    finished = subprocess.run(
        [python, "-c", RUNNER],
        check=False,
        capture_output=True,
        text=True,
        input=json.dumps(script),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))},
    )
    assert finished.returncode == 0, finished.stderr
    told: dict[str, Any] = json.loads(finished.stdout)
    return told


def comparable(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what must not differ between versions: all but the parameters, times, and what the kernel chooses at
    random.
    """
    return [
        {key: one.get(key) for key in ("changed", "commands", "diff", "failed", "msg", "namespaces", "addresses")}
        for one in results
    ]


@pytest.mark.parametrize("oldest", [True, False], ids=["oldest Python", "newest Python"])
@pytest.mark.parametrize("library", [*LIBRARIES, None] if LIBRARIES else [pytest.param(None, id="installed")])
def test_results_do_not_depend_on_versions(host: Host, tmp_path: Path, oldest: bool, library: Optional[str]) -> None:
    python = oldest_python() if oldest else sys.executable
    if python is None:
        pytest.skip(f"this machine has no Python {OLDEST_PYTHON}")
    if oldest and library is None:
        pytest.skip("the installed pyroute2 is the newest Python's; its version is tried with that one")
    told = run_with(python, LIBRARIES.get(library or ""), tmp_path)
    assert told["versions"][0] == (OLDEST_PYTHON if oldest else "{}.{}".format(*sys.version_info[:2]))
    if library is not None:
        assert told["versions"][1].startswith(str(LIBRARIES[library]))

    here = [host.run(name, **options) for name, options in SCRIPT for _time in range(2)]
    assert comparable(told["results"]) == comparable(here)


def test_the_script_changes_things_once_and_shows_mistakes(host: Host) -> None:
    results = [[host.run(name, **options) for _time in range(2)] for name, options in SCRIPT]
    failed = [number for number, (first, _second) in enumerate(results) if first.get("failed")]
    assert [SCRIPT[number][1].get("peer") or SCRIPT[number][1]["addresses"] for number in failed] == [
        "other",
        "eb",
        ["10.0.0.7/24", "2001:db8::2/64"],
    ]
    for number, (first, second) in enumerate(results):
        if number not in failed:
            assert (first["changed"], second["changed"]) == (True, False), SCRIPT[number]

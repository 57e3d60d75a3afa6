# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder puts into an execution environment for this collection."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())["dependencies"]
#: bindep's lines as far as they are used: a package, and for which systems it is.
BINDEP = re.compile(r"[a-z0-9][a-z0-9.+-]+( \[platform:(rpm|dpkg)\])?")


def entries(name: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / DEPENDENCIES[name]).read_text().splitlines())
    return [line for line in lines if line]


def test_its_files_are_in_the_archive() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert set(DEPENDENCIES) == {"python", "system"}
    for name in DEPENDENCIES.values():
        assert (ROOT / name).is_file()
        assert not any(fnmatch(name, pattern) for pattern in ignored), name


def test_it_has_the_pyroute2_that_the_lab_has() -> None:
    (wanted,) = map(Requirement, entries("python"))
    lab = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
    assert [(one.name, one.specifier) for one in lab if one.name == "pyroute2"] == [(wanted.name, wanted.specifier)]


def test_it_has_ip_on_each_system() -> None:
    for line in entries("system"):
        assert BINDEP.fullmatch(line), line
    assert entries("system") == ["iproute [platform:rpm]", "iproute2 [platform:dpkg]"]


def test_ansible_builder_finds_it() -> None:
    if importlib.util.find_spec("ansible_builder") is None:
        pytest.skip("ansible-builder is not installed here")
    words = [sys.executable, "-m", "ansible_builder", "introspect", str(ROOT / ".cache" / "collections")]
    told = yaml.safe_load(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert [line.partition(" ")[0] for line in told["python"]] == ["pyroute2"]
    assert [line.partition(" ")[0] for line in told["system"]] == ["iproute", "iproute2"]

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of Ansible, as tests run them: with nothing of the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.fleet.playbooks import QUICK, ROOT, program

__all__ = ["QUICK", "ROOT", "program"]

#: The connection variables of a host that is the test's own.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def other(series: str) -> Path:
    """Return the directory of the programs of a series of ansible-core; the test is skipped where it is not here."""
    if metadata.version("ansible-core").startswith(f"{series}."):
        return Path(sys.executable).parent
    directory = ROOT / ".cache" / "ansible-core" / series
    if not (directory / ".done").exists():
        pytest.skip(
            f"ansible-core {series} is not in .cache/ansible-core, where make test-integration installs it if a Python "
            "that runs it is here"
        )
    return directory / "bin"


def collections() -> Path:
    """Return the directory that the collection is found in, as ansible_collections/linuxnet/netns."""
    from ansible_collections.linuxnet.netns import plugins

    return Path(next(iter(plugins.__path__))).absolute().parents[3]


def written(directory: Path, name: str, content: Any) -> Path:
    """Return a YAML file in a directory."""
    path = directory / name
    path.write_text(yaml.safe_dump(content))
    return path


def run(
    directory: Path, name: str, *words: Any, typed: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible in a directory, which is its user's home too, and without a terminal."""
    return subprocess.run(
        [str(program(name)), *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        cwd=directory,
        input=typed,
        start_new_session=True,
        env={
            "PATH": f"{program(name).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections()),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_REMOTE_TMP": str(directory / "remote"),
            **QUICK,
            **(environment or {}),
        },
    )


def done(directory: Path, name: str, *words: Any, environment: Mapping[str, str] | None = None) -> str:
    """Return what a program of Ansible prints; it must succeed."""
    finished = run(directory, name, *words, environment=environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout

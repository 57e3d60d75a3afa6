# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks, run with a machine as the controller, and what became of each task on each host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLLECTIONS = ROOT / ".cache" / "collections"
#: Set for programs of Ansible, so that what they start has less to do: see tools/quick/sitecustomize.py.
QUICK = {"PYTHONPATH": str(ROOT / "tools" / "quick")}
#: Where that keeps what it has compiled.
ZIPPED = ROOT / ".cache" / "zipped"
#: Seconds after which a playbook hangs.
LIMIT = 900


@dataclass
class Outcome:
    """What became of a task on a host."""

    play: str
    host: str
    task: str
    status: str
    result: dict[str, Any]

    @property
    def said(self) -> str:
        """What a user reads: the message, and for raw and script what was written."""
        return "\n".join(str(self.result.get(key, "")) for key in ("msg", "stdout", "stderr"))


def program(name: str) -> Path:
    """Return a program of Ansible: of this Python's, or of the directory that LINUXNET_ANSIBLE names, to test
    another one.
    """
    return Path(os.environ.get("LINUXNET_ANSIBLE", Path(sys.executable).parent)) / name


def settings(directory: Path) -> dict[str, str]:
    """Return what Ansible is told on a controller: nothing of whoever runs it, and how hosts are reached by ssh."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_FORKS": "4",
        "ANSIBLE_HOST_KEY_CHECKING": "false",
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "ANSIBLE_PRIVATE_KEY_FILE": "/run/key",
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=/dev/null",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": "/run/cp",
        "LC_ALL": "C.UTF-8",
        "PATH": f"{program('ansible').parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
    }


def play(
    command: Callable[..., list[str]],
    where: Path,
    playbook: Union[Path, Sequence[Mapping[str, Any]]],
    inventory: Mapping[str, Mapping[str, Any]],
    *arguments: str,
    wrap: Sequence[str] = (),
    **environment: str,
) -> list[Outcome]:
    """Run a playbook by commands of a machine, which sees the directory ``where``; see `Machine.play`."""
    directory = Path(tempfile.mkdtemp(dir=where))
    for parent in (where, directory):
        parent.chmod(0o777)
    if not isinstance(playbook, Path):
        (directory / "play.yml").write_text(json.dumps(playbook))
        playbook = directory / "play.yml"
    # Also a program prints an inventory; so no name of a host has a meaning of its own.
    hosts = {"_meta": {"hostvars": inventory}, "all": {"hosts": list(inventory)}}
    (directory / "hosts").write_text(f"#!/bin/sh\ncat <<'EOF'\n{json.dumps(hosts)}\nEOF\n")
    (directory / "hosts").chmod(0o755)
    (directory / "ansible.cfg").touch()
    (directory / "record").touch(0o666)
    (directory / "record").chmod(0o666)
    told = {
        **settings(directory),
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
        "LINUXNET_RECORD": str(directory / "record"),
        **QUICK,
        **environment,
    }
    run = subprocess.run(
        command(
            *wrap,
            "env",
            *(f"{name}={value}" for name, value in told.items()),
            str(program("ansible-playbook")),
            "--inventory",
            str(directory / "hosts"),
            *arguments,
            str(playbook),
        ),
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    record = (directory / "record").read_text().splitlines()
    assert record, f"no task has run:\n{run.stdout}{run.stderr}"
    return [Outcome(**json.loads(line)) for line in record]

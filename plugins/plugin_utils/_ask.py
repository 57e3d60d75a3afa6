# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of ``ansible-playbook`` that asks hosts for their namespaces. Private.

Each host has a file for its answer. Its path is a variable of the host, whose name is random for each run: no host
knows it, and no facts of a host, which would have precedence, can be in its place.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ansible import constants, context

#: Set in the environment of the run that asks: the file of the variables that the inventory plugin gives hosts there.
_ASKING = "LINUXNET_NETNS_INVENTORY_ASKING"

_PLAYBOOK = """\
- hosts: all
  gather_facts: false
  strategy: ansible.builtin.linear
  any_errors_fatal: false
  vars:
    ansible_become: true
    ansible_become_user: root
    ansible_become_method: "{{{{ 'ansible.builtin.sudo' if method == 'linuxnet.netns.netns' else method }}}}"
    method: >-
      {{{{ hostvars[inventory_hostname]['ansible_become_method']
         | default(lookup('ansible.builtin.config', 'DEFAULT_BECOME_METHOD'), true) }}}}
  tasks:
    - linuxnet_netns_ask:
        place: "{{{{ {place} }}}}"
      timeout: {timeout}
      register: asked
      ignore_errors: true
      ignore_unreachable: true
    - linuxnet_netns_ask:
        place: "{{{{ {place} }}}}"
        fault: "{{{{ asked.msg | default('it gave no result') }}}}"
      connection: ansible.builtin.local
      become: false
      vars:
        ansible_connection: ansible.builtin.local
        ansible_become: false
      when: asked is failed or asked is unreachable
"""
_ACTION = "from ansible_collections.linuxnet.netns.plugins.plugin_utils._ask_action import ActionModule\n"


class Asked(NamedTuple):
    """What each host answered, ``namespaces`` and ``left_out`` or ``msg``; and what the run printed."""

    answers: dict[str, dict[str, Any]]
    printed: str


def local() -> dict[str, Any]:
    """Return the variables by which the controller itself is reached."""
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def is_asking() -> bool:
    """Tell whether this process is the run that asks."""
    return bool(os.environ.get(_ASKING))


def give_places(inventory: Any) -> None:
    """Give the hosts of the inventory of the run that asks their variables."""
    given = json.loads(Path(os.environ[_ASKING]).read_text(encoding="utf-8"))
    for name, variables in given.items():
        if name in constants.LOCALHOST:
            inventory.add_host(name)
        if name in inventory.hosts:
            for key, value in variables.items():
                inventory.set_variable(name, key, value)


def ask(hosts: Sequence[str], sources: Sequence[str], own: Mapping[str, Mapping[str, Any]], timeout: int) -> Asked:
    """Ask hosts, which the sources define; ``own`` has variables of those that they do not. The limit is in seconds."""
    answers: dict[str, dict[str, Any]] = {}
    while True:
        missing = [host for host in hosts if host not in answers]
        asked = _run(missing, sources, own, timeout)
        answers.update(asked.answers)
        # A run that an answer has ended all the same: that host has been begun with, and others can still be asked.
        if not asked.answers or len(asked.answers) == len(missing):
            return Asked(answers, asked.printed)


def _run(hosts: Sequence[str], sources: Sequence[str], own: Mapping[str, Mapping[str, Any]], timeout: int) -> Asked:
    with tempfile.TemporaryDirectory(prefix="netns-inventory-") as name:
        directory = Path(name)
        place = f"netns_place_{secrets.token_hex(16)}"
        places = {host: directory / f"answer-{number}" for number, host in enumerate(hosts)}
        playbook = directory / "ask.yml"
        playbook.write_text(_PLAYBOOK.format(place=place, timeout=timeout), encoding="utf-8")
        (directory / "action_plugins").mkdir()
        (directory / "action_plugins" / "linuxnet_netns_ask.py").write_text(_ACTION, encoding="utf-8")
        given = directory / "given"
        given.write_text(
            json.dumps({host: {**own.get(host, {}), place: str(path)} for host, path in places.items()}),
            encoding="utf-8",
        )
        # The names of hosts are no patterns; a file of them, one a line, is.
        limit = directory / "hosts"
        limit.write_text("".join(f"{host}\n" for host in hosts), encoding="utf-8")
        words = [sys.executable, "-m", "ansible", "playbook", *(f"--inventory={source}" for source in sources)]
        # What is run is Ansible itself, as this process is, and no shell is between.
        run = subprocess.run(  # noqa: S603
            [*words, *_vaults(), f"--limit=@{limit}", str(playbook)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(given),
        )
        answers = {host: answer for host, path in places.items() if (answer := _answer(path)) is not None}
        return Asked(answers, run.stdout)


def _answer(path: Path) -> Optional[dict[str, Any]]:
    if not path.exists():
        return None
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer


def _environment(given: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        # What may be set for the calling command, but must not decide about this run.
        "ANSIBLE_RUN_TAGS": "all",
        "ANSIBLE_SKIP_TAGS": "",
        _ASKING: str(given),
    }


def _vaults() -> list[str]:
    """Return the options of the calling command for vault passwords, but for those that are typed."""
    given = context.CLIARGS
    ids = [str(one) for one in given.get("vault_ids") or () if not str(one).rpartition("@")[2].startswith("prompt")]
    files = [str(one) for one in given.get("vault_password_files") or ()]
    return [*(f"--vault-id={one}" for one in ids), *(f"--vault-password-file={one}" for one in files)]

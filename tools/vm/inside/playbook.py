# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-playbook``, several times, with Ansible imported once: half of its time in a machine that is translated."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

# What ansible-playbook's imports leave out until it runs a play.
import ansible.executor.playbook_executor
import ansible.executor.task_queue_manager
import ansible.plugins.strategy.linear
import ansible.template  # noqa: F401
from ansible.cli.playbook import PlaybookCLI


def ansible_playbook(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook in a child of this process, as the program does it; what it says on both streams is stdout."""
    command = ["ansible-playbook", *words]
    with tempfile.TemporaryDirectory() as directory:
        said = Path(directory, "said")
        child = os.fork()
        if not child:
            status = 70
            try:
                stream = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
                nothing = os.open(os.devnull, os.O_RDONLY)
                for old, new in ((nothing, 0), (stream, 1), (stream, 2)):
                    os.dup2(old, new)
                PlaybookCLI.cli_executor(command)
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else 1
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _child, status = os.waitpid(child, 0)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status), said.read_text(), "")

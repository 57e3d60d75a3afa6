# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes each result of a playbook run as a line of JSON into the file that LINUXNET_RECORD names."""

from __future__ import annotations

DOCUMENTATION = """
name: record
type: aggregate
short_description: Write the results for the tests
description: Each result is a line of JSON.
"""

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """One line for each host and task; for a loop, its results are within."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play.get_name().strip()

    def _write(self, status: str, result: Any) -> None:
        modern = hasattr(result, "result")
        host, task = (result.host, result.task) if modern else (result._host, result._task)
        values = result.result if modern else result._result
        line = {
            "play": self._play,
            "host": host.get_name(),
            "task": task.get_name().strip(),
            "status": status,
            "result": values,
        }
        with open(os.environ["LINUXNET_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

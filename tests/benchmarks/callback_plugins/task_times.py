# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes how long each task took, by its name, to the file that BENCH_TIMES names."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: aggregate
short_description: Writes how long each task took
description: Writes how long each task took, by its name, to the file that BENCH_TIMES names.
"""


class CallbackModule(CallbackBase):
    """Times from the start of each task to its result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"

    def __init__(self) -> None:
        super().__init__()
        self._times: dict[str, list[float]] = {}
        self._started = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Remember when the task began."""
        self._started = time.perf_counter()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note its time."""
        name = result.task.get_name() if hasattr(result, "task") else result._task.get_name()
        self._times.setdefault(name, []).append(time.perf_counter() - self._started)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write all of them."""
        with open(os.environ["BENCH_TIMES"], "w", encoding="utf-8") as file:
            json.dump(self._times, file)

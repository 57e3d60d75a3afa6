# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thousand probes in one task, and reading a thousand namespaces: medians of the module's process.

tools/hermetic .venv/bin/python tests/benchmarks/probes.py
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROUNDS = 5


def timed(module: str, options: dict[str, Any], scratch: Path) -> float:
    """The median of how long a module takes, in seconds."""
    written = scratch / "options.json"
    written.write_text(json.dumps(options))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / ".cache" / "collections"), *sys.path[1:]])}
    times = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, str(HERE / "task.py"), module, str(written)],
            check=True,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def floor(verb: str, count: int) -> None:
    """Make or remove a ring of namespaces."""
    subprocess.run([sys.executable, str(HERE / "floor.py"), verb, str(count)], check=True, stdout=subprocess.DEVNULL)


def probes(scratch: Path) -> None:
    """(d) A thousand probes between a hundred namespaces; reading a thousand namespaces."""
    print(f"\n(d) Probing and reading: medians of {ROUNDS}, of the module's process without Ansible's start")
    floor("up", 100)
    reached = [{"from": f"fl_{number % 100}", "to": f"10.0.{number % 100}.2"} for number in range(1000)]
    silent = [
        {"from": f"fl_{number % 100}", "to": f"10.0.{number % 100}.{10 + number // 100}", "reachable": False}
        for number in range(500)
    ]
    print(f"  1000 probes, all reachable                   {timed('netns_probe', {'expect': reached}, scratch):7.3f} s")
    half = {"expect": [*reached[:500], *silent], "timeout": 1}
    print(f"  1000 probes, half silent, timeout 1          {timed('netns_probe', half, scratch):7.3f} s")
    floor("down", 100)
    time.sleep(1)
    floor("up", 1000)
    print(f"  1000 namespaces read, 3000 links             {timed('netns_info', {}, scratch):7.3f} s")
    floor("down", 1000)


if __name__ == "__main__":
    if os.environ.get("LINUXNET_HERMETIC") != "1":
        sys.exit("These measurements make namespaces: run them with tools/hermetic.")
    with tempfile.TemporaryDirectory() as directory:
        probes(Path(directory))

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the trial: what runs inside a machine, and what became of it."""

from __future__ import annotations

import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tools.vm.checkout import ENVIRONMENT
from tools.vm.machine import Machine

#: Seconds after which a part is ended, which on an idle host takes a tenth of that.
LIMIT = 1800.0
#: How many lines of a part that failed are shown once more.
LAST_LINES = 50
#: The integration tests in which the host's kernel has a say. The others are about documentation, versions of
#: libraries, and the controller's side; ``make test`` runs them.
INTEGRATION = ("contract", "faults", "info", "modules", "ownership", "random", "results", "surroundings", "topology")
#: The modules whose types of link come into each new namespace by themselves.
TUNNELS = ("ip_gre", "ip6_gre", "ipip", "ip6_tunnel", "sit", "ip_vti", "ip6_vti")
CROWD = f"for name in {' '.join(TUNNELS)}; do modprobe $name || exit; done; ip netns add stranger"
#: How often topologies with ends on the host are made and purged.
ROUNDS = 20
#: Scenarios that need nothing from outside.
SCENARIOS = ("two_containers", "rollback", "drift", "veth")


def pytest(names: tuple[str, ...], workers: int = 2) -> str:
    """The command line that runs integration tests."""
    files = " ".join(f"tests/integration/test_{name}.py" for name in names)
    return f"tools/hermetic pytest -q -n {workers} --dist worksteal {files}"


@dataclass(frozen=True)
class Part:
    """Something that is tried, each on a clean start of the machine."""

    name: str
    what: str
    script: str
    #: What is run with NetworkManager; nothing where it has no say.
    everywhere: str = ""


PARTS = (
    Part(
        "lab",
        "lab.yml, built, found right and taken down, twice",
        "python -m tools.vm.inside.lab",
        everywhere="python -m tools.vm.inside.lab",
    ),
    Part(
        "host-ends",
        "topologies with ends on the host, under udev",
        f"PYTHONPATH=.cache/collections python -m tools.vm.inside.host_ends {ROUNDS}",
        everywhere=f"PYTHONPATH=.cache/collections python -m tools.vm.inside.host_ends {ROUNDS // 4}",
    ),
    Part("prerequisites", "the role, on the release's own Python", "python -m tools.vm.inside.prerequisites"),
    Part("scenarios", "scenarios of Molecule", f"python -m tools.vm.inside.scenarios {' '.join(SCENARIOS)}"),
    Part("integration-clean", "integration tests, no tunnel's module loaded", pytest(INTEGRATION)),
    Part(
        "integration-crowded",
        "integration tests, a host with tunnels and a named namespace",
        f"{CROWD}; {pytest(INTEGRATION)}",
    ),
)


@dataclass
class Result:
    """What became of a part."""

    name: str
    passed: bool
    counts: dict[str, int]
    seconds: float
    #: Processor time of the machine, which another load on the host does not lengthen much.
    cpu: float
    last: str


def play(name: str, script: str, machine: Machine, log: Path) -> Result:
    """Run the script of a part, showing what it says as it comes, and keeping it; one that takes too long is ended."""
    begun, cpu = time.monotonic(), machine.cpu()
    said = bytearray()
    with log.open("wb") as copy, machine.stream(ENVIRONMENT + script) as process:
        assert process.stdout
        limit = threading.Timer(LIMIT, process.kill)
        limit.daemon = True
        limit.start()
        try:
            for line in process.stdout:
                said += line
                copy.write(line)
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
        except BaseException:
            # Else it would be waited for, which only ends with the machine.
            process.kill()
            raise
        finally:
            limit.cancel()
    text = said.decode(errors="replace")
    last = "\n".join(text.splitlines()[-LAST_LINES:])
    counts = counted(text)
    passed = process.returncode == 0 and counts.get("passed", 0) > 0 and not counts.get("failed", 0)
    return Result(name, passed, counts, time.monotonic() - begun, machine.cpu() - cpu, last)


def counted(text: str) -> dict[str, int]:
    """How many tests passed, failed and were skipped, as the last line says that has such counts."""
    counts: dict[str, int] = {}
    for line in reversed(text.splitlines()):
        for number, word in re.findall(r"\b(\d+) (passed|failed|skipped|errors?)\b", line):
            kind = "failed" if word.startswith("error") else word
            counts[kind] = counts.get(kind, 0) + int(number)
        if counts:
            break
    return counts

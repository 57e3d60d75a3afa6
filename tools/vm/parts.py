# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the trial: what runs inside a machine, and what became of it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from tools.vm.checkout import ENVIRONMENT
from tools.vm.machine import Machine

#: Seconds after which a part that says nothing is ended. On an idle host none is silent for a tenth of that.
SILENCE = 900.0
#: How many lines of a part that failed are shown once more.
LAST_LINES = 50
#: Loads the module of each type of link there is; from then on those of tunnels put interfaces into each new namespace.
CROWD = """
modprobe --all $(sed -n 's/^alias \\(rtnl-link-[^ ]*\\) .*/\\1/p' "/lib/modules/$(uname -r)/modules.alias") || exit
ip netns add stranger
"""
#: How many interfaces a host has that has many: each of them costs in every test.
INTERFACES = 20
#: How many changes of a case are refused there, one by one.
REFUSALS = 3
#: How often topologies with ends on the host are made and purged.
ROUNDS = 20
#: For what calls the modules inside.
INSIDE = "PYTHONPATH=$PYTHONPATH:.cache/collections"
#: Scenarios that need nothing from outside; what drift does is among the integration tests.
SCENARIOS = ("rollback",)


def pytest(mark: str) -> str:
    """Return the command line that runs the integration tests with a mark (pyproject.toml), and loads no other
    files.
    """
    # What loads the modules of tunnels comes last: from then on they put interfaces into each new namespace.
    last = "tests/integration/test_link_types.py"
    files = f"$(grep --files-with-matches mark.{mark} tests/integration/test_*.py | grep -v {last}) {last}"
    return f"tools/hermetic pytest -v --durations 20 -m {mark} --interfaces {INTERFACES} --refusals {REFUSALS} {files}"


@dataclass(frozen=True)
class Part:
    """Something that is tried, each on a clean start of the machine."""

    name: str
    what: str
    #: What is run, by what manages the network.
    scripts: dict[str, str]
    #: What is run then, when the machine has booted again.
    rebooted: str = ""


def host_ends(rounds: int) -> str:
    """Return the command line that makes and purges topologies with ends on the host so often."""
    return f"{INSIDE} python -m tools.vm.inside.host_ends {rounds}"


#: Two are tried at a time: the longest come first.
PARTS = (
    Part(
        "integration-clean",
        "integration tests in which the kernel has a say, no tunnel's module loaded",
        {"networkd": pytest("kernel")},
    ),
    Part(
        "host-ends",
        "topologies with ends on the host, under udev",
        {"networkd": host_ends(ROUNDS), "NetworkManager": host_ends(ROUNDS // 4)},
    ),
    Part(
        "integration-crowded",
        "integration tests where all types of link are loaded, and a namespace has a name",
        {"networkd": CROWD + pytest("crowded")},
    ),
    Part(
        "lab",
        "lab.yml, built, found right and taken down, twice",
        {"networkd": "python -m tools.vm.inside.lab", "NetworkManager": "python -m tools.vm.inside.lab"},
    ),
    Part(
        "devices",
        "physical devices, moved into namespaces and home again",
        dict.fromkeys(("networkd", "NetworkManager"), f"{INSIDE} python -m tools.vm.inside.devices"),
    ),
    Part(
        "reboot",
        "topologies with persist: true, and a service in a namespace, after a reboot",
        dict.fromkeys(("networkd", "NetworkManager"), "python -m tools.vm.inside.reboot before"),
        rebooted="python -m tools.vm.inside.reboot after",
    ),
    Part(
        "prerequisites",
        "the role, on the release's own Python",
        {"networkd": "python -m tools.vm.inside.prerequisites"},
    ),
    Part(
        "scenarios",
        "scenarios of Molecule",
        {"networkd": f"python -m tools.vm.inside.scenarios {' '.join(SCENARIOS)}"},
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

    def then(self, other: Result) -> Result:
        """Return what became of both, one after the other."""
        kinds = {**self.counts, **other.counts}
        counts = {kind: self.counts.get(kind, 0) + other.counts.get(kind, 0) for kind in kinds}
        return replace(other, counts=counts, seconds=self.seconds + other.seconds, cpu=self.cpu + other.cpu)


def play(name: str, script: str, machine: Machine, log: Path, say: Callable[[str], None]) -> Result:
    """Run a script, saying what it says as it comes, and keeping it; one that falls silent is ended."""
    begun, cpu = time.monotonic(), machine.cpu()
    said = bytearray()
    with log.open("ab", buffering=0) as copy, machine.stream(ENVIRONMENT + script) as process:
        assert process.stdout
        try:
            for line in _lines(process.stdout, process.kill):
                said += line
                copy.write(line)
                say(f"{name} │ {line.decode(errors='replace').rstrip()}")
        except BaseException:
            # Else it would be waited for, which only ends with the machine.
            process.kill()
            raise
    text = said.decode(errors="replace")
    last = "\n".join(text.splitlines()[-LAST_LINES:])
    counts = counted(text)
    passed = process.returncode == 0 and counts.get("passed", 0) > 0 and not counts.get("failed", 0)
    return Result(name, passed, counts, time.monotonic() - begun, machine.cpu() - cpu, last)


def _lines(stream: IO[bytes], end: Callable[[], None]) -> Iterator[bytes]:
    """Yield the lines of a stream as they come; when none comes for too long, the last one says so."""
    while True:
        silence = threading.Timer(SILENCE, end)
        silence.daemon = True
        silence.start()
        line = stream.readline()
        fallen_silent = silence.finished.is_set()
        silence.cancel()
        if not line:
            break
        yield line
    if fallen_silent:
        yield f"It said nothing for {SILENCE:.0f} s, and was ended\n".encode()


def counted(text: str) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped, as the last line says that has such counts."""
    counts: dict[str, int] = {}
    for line in reversed(text.splitlines()):
        for number, word in re.findall(r"\b(\d+) (passed|failed|skipped|errors?)\b", line):
            kind = "failed" if word.startswith("error") else word
            counts[kind] = counts.get(kind, 0) + int(number)
        if counts:
            break
    return counts

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaks the engine in one place after the other, and counts how often the tests notice.

python -m tools.mutation [--sample N] [--seed N] [--room NAME]: N places, chosen at random among all.

Each mutant is tried in a copy of the checkout, as many at once as there are processors. It is killed when a test fails,
or does not end. Survivors are shown with what was changed: a test is missing, or the change makes no difference.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.run_tests import CACHE, ROOT, copy_checkout, environment

HOME = CACHE / "mutation"
#: Of cosmic-ray, which is kept away from what the tests themselves need.
WANTED = "cosmic-ray >=8.4, <9"
UTILS = "plugins/module_utils"
#: What is broken, by the name of its room.
ROOMS = {
    "plan": ("_plan.py", "_model.py", "_kind.py"),
    "transaction": ("_transaction.py", "_run.py"),
    "sender": ("_kernel/apply.py", "_kernel/batches.py", "_kernel/netlink.py"),
    "reader": ("_kernel/reader.py", "_kernel/checkpoint.py", "_kernel/namespaces.py", "_wire/reports.py"),
    "kinds": ("_kinds/*.py",),
}
#: What tells that a mutant is broken, the quickest first.
TESTS = (
    ("tests/unit",),
    *(
        ("tests/integration/test_contract.py", "-k", name)
        for name in ("check_mode_predicts", "refused", "commands_do_the_same")
    ),
    tuple(
        f"tests/integration/test_{name}.py"
        for name in ("topology", "ownership", "faults", "addresses", "routes", "rules", "sysctls", "shaping")
    ),
    tuple(
        f"tests/integration/test_{name}.py"
        for name in ("moves", "modules", "results", "info", "bad_input", "link_types", "surroundings", "real_hosts")
    ),
)
#: Seconds of a processor after which tests count as not ending: many times what they take; and of the clock, for those
#: that wait. On a busy machine the second may pass while they work.
PATIENCE, WAITING = 600, 3600


@dataclass
class Mutant:
    """A place where the code is broken."""

    module: str
    operator: str
    line: int
    before: str
    after: str
    text: str
    killed: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.line} ({self.operator})\n  - {self.before.strip()}\n  + {self.after.strip()}"


def mutants(seed: int, count: int, room: str) -> tuple[int, list[Mutant]]:
    """Return how many mutants there are in the rooms, and so many of them."""
    python = HOME / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([*pip, WANTED], check=True)
    patterns = [pattern for name, some in ROOMS.items() if room in ("", name) for pattern in some]
    modules = sorted(
        str(path.relative_to(ROOT))
        for pattern in patterns
        for path in (ROOT / UTILS).glob(pattern)
        if path.stat().st_size
    )
    script = str(Path(__file__).with_name("mutants.py"))
    printed = subprocess.run(
        [str(python), script, str(seed), str(count), *modules], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.splitlines()
    return json.loads(printed[0]), [Mutant(*json.loads(line)) for line in printed[1:]]


def copied(number: int) -> Path:
    """Return a copy of this checkout, in which mutants are tried one after the other."""
    place = HOME / f"checkout-{number}"
    copy_checkout(place)
    (place / ".venv").symlink_to(ROOT / ".venv")
    collection = place / ".cache" / "collections" / "ansible_collections" / "linuxnet" / "netns"
    collection.parent.mkdir(parents=True)
    collection.symlink_to(os.path.relpath(place, collection.parent))
    return place


def passes(place: Path) -> bool:
    """Tell whether all tests pass in a copy."""
    return all(_passes(place, tests) for tests in TESTS)


def _passes(place: Path, tests: tuple[str, ...]) -> bool:
    hermetic = ["tools/hermetic"] if "integration" in tests[0] else []
    words = [*hermetic, str(ROOT / ".venv" / "bin" / "pytest"), "-q", "-x", "-p", "no:cacheprovider", *tests]
    own = {**environment("mutation"), "ANSIBLE_COLLECTIONS_PATH": str(place / ".cache" / "collections")}
    process = subprocess.Popen(
        ["prlimit", f"--cpu={PATIENCE}", *words],
        cwd=place,
        env=own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        # 5: there is no such test.
        return process.wait(WAITING) in (0, 5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return False


def write(file: Path, text: str) -> None:
    """Write a file; it becomes so much younger that Python sees by the second that its bytecode is of another one."""
    age = file.stat().st_mtime
    file.write_text(text, encoding="utf-8")
    os.utime(file, (age + 2, age + 2))


def tried(chosen: list[Mutant]) -> Iterator[Mutant]:
    """Try mutants, as many at once as there are processors; yields each when it is known what became of it."""
    places: queue.Queue[Path] = queue.Queue()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        made = list(pool.map(copied, range(os.cpu_count() or 1)))
        if not all(pool.map(passes, made[:1])):
            sys.exit("The tests fail without any mutant: see make test")
        for place in made:
            places.put(place)

        def attempt(mutant: Mutant) -> Mutant:
            place = places.get()
            file = place / mutant.module
            whole = file.read_text(encoding="utf-8")
            try:
                write(file, mutant.text)
                mutant.killed = not passes(place)
            finally:
                write(file, whole)
                places.put(place)
            return mutant

        yield from pool.map(attempt, chosen)


def main() -> int:
    """Try the mutants and show the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", choices=sorted(ROOMS), default="")
    options = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    there, chosen = mutants(options.seed, options.sample, options.room)
    print(f"{len(chosen)} of {there} mutants, chosen with seed {options.seed}", flush=True)
    ended: list[Mutant] = []
    for mutant in tried(chosen):
        ended.append(mutant)
        if not mutant.killed:
            print(f"{len(ended)}: SURVIVED {mutant}", flush=True)
        elif len(ended) % 10 == 0:
            print(f"{len(ended)}: {sum(one.killed for one in ended)} killed", flush=True)
    killed = sum(one.killed for one in ended)
    for name, patterns in ROOMS.items():
        own = [one for one in ended if any(Path(one.module).match(f"{UTILS}/{pattern}") for pattern in patterns)]
        if own:
            print(f"{name:<12} {sum(one.killed for one in own)} of {len(own)} killed")
    print(f"{killed} of {len(ended)} killed, {100 * killed // max(1, len(ended))} %, {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual machine from the command line: ``.venv/bin/python -m tools.vm COMMAND``."""

from __future__ import annotations

import argparse
import os
import queue
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tools.vm import checkout, parts
from tools.vm.image import image
from tools.vm.machine import SOCKETS, Failed, Machine
from tools.vm.paths import CACHE, CONSOLES, ROOT
from tools.vm.suites import MANAGERS, SUITES

_PRINTING = threading.Lock()


@contextmanager
def run_directory(name: str) -> Iterator[Path]:
    """Give a directory for what a machine writes, which is removed in the end; those of processes that were killed
    too.
    """
    runs = CACHE / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for other in (*runs.iterdir(), *Path(tempfile.gettempdir()).glob(f"{SOCKETS}*-*")):
        if not Path("/proc", other.name.removeprefix(SOCKETS).partition("-")[0]).exists():
            shutil.rmtree(other, ignore_errors=True)
    directory = runs / f"{os.getpid()}-{name}"
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def clean_machine(suite: str, manager: str, source: Path, name: str = "one") -> Iterator[Machine]:
    """Give a machine right after its start, with a checkout in it. Its console is kept when it fails, or does not
    start.
    """
    with image(SUITES[suite]) as place, run_directory(f"{name}-{manager}") as directory:
        disk = directory / "disk.qcow2"
        shutil.copy(place / f"{manager}.qcow2", disk)
        subprocess.run(
            ["qemu-img", "rebase", "-u", "-F", "qcow2", "-b", str(place / "base.qcow2"), str(disk)], check=True
        )
        try:
            with Machine(place, disk) as machine:
                checkout.send(source, machine)
                yield machine
        except BaseException:
            console = directory / "disk.console"
            if console.exists():
                CONSOLES.mkdir(parents=True, exist_ok=True)
                kept = CONSOLES / f"{suite}-{name}-{manager}-{time.strftime('%Y%m%d-%H%M%S')}.log"
                shutil.copy(console, kept)
                print(f"the console is in {kept}", file=sys.stderr)
            raise


def run(options: argparse.Namespace) -> int:
    """Run a command inside."""
    with clean_machine(options.suite, options.manager, options.checkout) as machine:
        script = checkout.ENVIRONMENT + " ".join(options.command)
        return subprocess.run([*machine.ssh(), f"sh -c {shlex.quote(script)}"], check=False).returncode


def shell(options: argparse.Namespace) -> int:
    """Open a shell inside."""
    with clean_machine(options.suite, options.manager, options.checkout) as machine:
        return subprocess.run([*machine.ssh(), "-t", checkout.ENVIRONMENT + "exec bash"], check=False).returncode


def keep(options: argparse.Namespace) -> int:
    """Keep a machine until this is interrupted, and say how to reach it. SIGHUP brings it back to its clean start."""
    with clean_machine(options.suite, options.manager, options.checkout) as machine:

        def clean(*_: Any) -> None:
            machine.reset()
            checkout.send(options.checkout, machine)
            print("• It is as after its start, with the checkout as it is now", flush=True)

        signal.signal(signal.SIGHUP, clean)
        print(f"• Reach it so (the checkout is in {checkout.PLACE}):\n{shlex.join(machine.ssh())}")
        print(f"• Back to the clean start, with the checkout as it is then: kill -HUP {os.getpid()}", flush=True)
        while True:
            signal.pause()


def test(options: argparse.Namespace) -> int:
    """Try everything, or the parts that are named."""
    begun = time.monotonic()
    logs = CACHE / "logs" / options.suite
    logs.mkdir(parents=True, exist_ok=True)
    jobs = [(part, manager) for part in parts.PARTS for manager in MANAGERS if part.scripts.get(manager)]
    jobs = [job for job in jobs if job[0].name in (options.only or job[0].name)]
    if not jobs:
        raise Failed(f"no part is so named; there are {', '.join(part.name for part in parts.PARTS)}")
    with image(SUITES[options.suite]):
        print(f"• The image is there after {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        results = try_all(options, jobs, logs)
    return summary(options.suite, results, logs, time.monotonic() - begun)


def try_all(options: argparse.Namespace, jobs: list[tuple[parts.Part, str]], logs: Path) -> list[parts.Result]:
    """Try parts, each on a machine of its own, so many at a time."""
    waiting: queue.SimpleQueue[tuple[parts.Part, str]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    results: list[parts.Result] = []

    def work() -> None:
        with suppress(queue.Empty):
            while True:
                results.append(try_one(options, *waiting.get_nowait(), logs))

    # With this process they end, and with each of them its machine.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(options.machines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def try_one(options: argparse.Namespace, part: parts.Part, manager: str, logs: Path) -> parts.Result:
    """Try a part on a clean start of a machine: what became of it."""
    name = f"{part.name}, {manager}"
    say(f"━━ {name}: {part.what}")
    try:
        with clean_machine(options.suite, manager, options.checkout, part.name) as machine:
            log = logs / f"{part.name}-{manager}.log"
            log.unlink(missing_ok=True)
            result = parts.play(name, part.scripts[manager], machine, log, say)
            if part.rebooted and result.passed:
                machine.reboot()
                result = result.then(parts.play(name, part.rebooted, machine, log, say))
            if not result.passed:
                shutil.copy(machine.console, logs / f"console-{part.name}-{manager}.log")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        result = parts.Result(name, False, {}, 0, 0, str(error))
    verdict = "passed" if result.passed else "FAILED"
    say(f"━━ {name}: {verdict} in {result.seconds:.0f} s, {result.cpu:.0f} s of cpu")
    return result


def say(line: str) -> None:
    """Print a line whole, whoever else prints."""
    with _PRINTING:
        print(line, flush=True)


def summary(suite: str, results: list[parts.Result], logs: Path, seconds: float) -> int:
    """Show what failed once more, and the counts; 1 when a part has failed."""
    failed = [result for result in results if not result.passed]
    for result in failed:
        print(f"\n━━ {result.name} failed; its last lines:\n{result.last}")
    kinds = ("passed", "failed", "skipped")
    print(f"\n  {suite:<32}" + "".join(f"{kind:>9}" for kind in (*kinds, "seconds", "of cpu")))
    for result in results:
        counts = "".join(f"{result.counts.get(kind, 0):>9}" for kind in kinds)
        times = f"{result.seconds:>9.0f}{result.cpu:>9.0f}"
        print(f"  {result.name:<32}{counts}{times}{'' if result.passed else '  FAILED'}")
    totals = {kind: sum(result.counts.get(kind, 0) for result in results) for kind in kinds}
    print(f"  {'all':<32}" + "".join(f"{totals[kind]:>9}" for kind in kinds) + f"{seconds:>9.0f}")
    print(f"  parts: {len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        print(f"  all that was said, and the consoles: {logs}")
    print(f"tests: {totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped", flush=True)
    return min(len(failed), 1)


def main() -> int:
    """Do what the command line says."""
    # A signal that ends this process ends the machine too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="python -m tools.vm", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for function in (test, run, shell, keep):
        command = commands.add_parser(function.__name__, help=(function.__doc__ or "").splitlines()[0])
        command.set_defaults(function=function)
        command.add_argument("--suite", choices=SUITES, default="trixie")
        command.add_argument("--manager", choices=MANAGERS, default="networkd", help="what manages the network")
        command.add_argument("--checkout", type=Path, default=ROOT, help="the checkout that is tried")
        if function is run:
            command.add_argument("command", nargs="+")
        elif function is test:
            command.add_argument("--only", action="append", metavar="PART", help="this part; may be given again")
            command.add_argument("--machines", type=int, default=2, metavar="N", help="so many at a time (2)")
    options = parser.parse_args()
    try:
        return int(options.function(options))
    except Failed as error:
        print(f"tools.vm: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

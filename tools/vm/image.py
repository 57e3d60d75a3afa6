# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of a machine: made once from Debian's packages, and kept while what it is made from stays the same.

The directory of an image holds the disk (``base.qcow2``), ``kernel`` and ``initrd``, the ``key`` that ssh takes, and
for each manager of networks a disk on top, with a snapshot of the machine right after it has started.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.vm.hardware import KERNEL, PROGRAM, hardware
from tools.vm.machine import Failed, Machine
from tools.vm.paths import CACHE, HERE, ROOT
from tools.vm.suites import MANAGERS, Suite

#: What tests/requirements.txt names for checks that do not depend on the kernel.
NOT_INSIDE = ("ansible-lint", "mypy", "ruff", "yamllint")
#: How often a machine is booted until it answers: on a busy host, a second processor may start without its timer.
BOOTS = 3
#: How much is shown of what was said when the image could not be made.
LAST_LINES = 30
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


@contextmanager
def image(suite: Suite) -> Iterator[Path]:
    """Give the directory of a suite's image, which is made unless it is there; nobody removes it in the meantime."""
    place = CACHE / suite.name / _key(suite)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        if not (place / "complete").exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "complete").exists():
                _make(suite, place)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield place


def _key(suite: Suite) -> str:
    """Return what the directory of an image is named by: it changes with what the image is made from."""
    version = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout
    digest = hashlib.sha256(repr((version, suite, MANAGERS, KERNEL, hardware(0), _requirements(suite))).encode())
    for path in (HERE / "make-image", *sorted(path for path in (HERE / "root").rglob("*") if path.is_file())):
        digest.update(f"{path.relative_to(HERE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _requirements(suite: Suite) -> list[str]:
    names = [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt"]
    lines = [line.strip() for path in names for line in path.read_text().splitlines()]
    return [*(line for line in lines if line and not line.startswith(("#", *NOT_INSIDE))), *suite.more]


def _make(suite: Suite, place: Path) -> None:
    if os.geteuid() != 0:
        raise Failed("it takes root to make the image of the virtual machine: run this once as root")
    _remove_others(place)
    if not (place / "base.qcow2").exists():
        _make_disk(suite, place)
    # One after the other, in this thread: so a signal that ends this process ends them.
    for manager in MANAGERS:
        _boot(place, manager)
    (place / "complete").touch()


def _boot(place: Path, manager: str) -> None:
    """Start a machine, and keep what it is like then; unless that has been done."""
    disk, unfinished = place / f"{manager}.qcow2", place / f"{manager}.unfinished"
    for boots_left in reversed(range(BOOTS)):
        if disk.exists():
            return
        _say(f"Booting it with {manager}, for a snapshot")
        try:
            _snapshot(place, manager, unfinished)
        except Failed as error:
            if not boots_left:
                raise
            _say(f"{error}; once more")
        else:
            unfinished.rename(disk)


def _snapshot(place: Path, manager: str, disk: Path) -> None:
    backing = ["-b", "base.qcow2", "-F", "qcow2"]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *backing, str(disk)], check=True)
    with Machine(place, disk, clean=False, arguments=MANAGERS[manager]) as machine:
        machine.save()


def _make_disk(suite: Suite, place: Path) -> None:
    _say(f"Making the image of {suite.name}, once (some minutes)")
    _fetch_wheels(suite, place / "wheels")
    (place / "requirements.txt").write_text("\n".join(_requirements(suite)) + "\n")
    cache = CACHE / "packages" / suite.release
    cache.mkdir(parents=True, exist_ok=True)
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", str(HERE / "make-image")]
    words += [suite.release, _mirror(), str(place), str(cache), suite.kernel]
    with (place / "log").open("wb") as log:
        done = subprocess.run(words, check=False, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode:
        last = "\n".join((place / "log").read_text(errors="replace").splitlines()[-LAST_LINES:])
        raise Failed(f"{last}\nthe image of {suite.name} could not be made; all that was said: {place}/log")


def _remove_others(place: Path) -> None:
    """Remove images that a changed recipe has made useless, unless a machine runs from them."""
    for other in place.parent.iterdir():
        if other == place or not (other / "lock").exists():
            continue
        with (other / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(other)


def _fetch_wheels(suite: Suite, place: Path) -> None:
    """Download the Python packages for the suite's Python; inside, nothing can be reached."""
    _say(f"Downloading Python packages for Python {suite.python}")
    words = [sys.executable, "-m", "pip", "download", "-qq", "--dest", str(place), "--only-binary=:all:"]
    words += ["--implementation", "cp", "--python-version", suite.python, "--abi", f"cp{suite.python.replace('.', '')}"]
    words += ["--abi", "abi3", "--abi", "none"]
    words += [word for platform in (*PLATFORMS, "any") for word in ("--platform", platform)]
    if subprocess.run([*words, *_requirements(suite)], check=False).returncode:
        raise Failed("the Python packages could not be downloaded: see above")


def _mirror() -> str:
    """Return the mirror of Debian's packages that this machine's apt uses."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages", "Origin: Debian"]
    said = subprocess.run(words, check=False, capture_output=True, text=True).stdout
    mirrors = [line.split()[0] for line in said.splitlines() if line.endswith(" Debian")]
    if not mirrors:
        raise Failed("apt on this machine knows no mirror of Debian: run apt-get update, on Debian")
    return mirrors[0]


def _say(words: str) -> None:
    print(f"• {words}", flush=True)

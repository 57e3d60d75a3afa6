# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Debian with nothing but its base from the command line: ``.venv/bin/python -m tools.fresh``."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.fresh import machine
from tools.run_tests import CACHE, ROOT, STEPS, tracked

HERE = Path(__file__).resolve().parent
BASE = "ca-certificates,git,make,sudo"
#: What is tried on it: commands of make, by what --only calls them; the lab is there twice.
TRIED = {
    "lab": ["lab", "lab", "clean-lab"],
    **{f"test-{step}": [f"test-{step}"] for step in STEPS},
}
#: How setup begins the line that an ordinary user is to run as root.
ASKED = "    sudo "


@dataclass(frozen=True)
class User:
    """Who tries it, and where the checkout is."""

    name: str
    home: str

    @property
    def checkout(self) -> str:
        return f"{self.home}/netns"


USERS = {"root": User("root", "/root"), "user": User("walker", "/home/walker")}


class Tree:
    """A copy of a suite's tree, as the whole file system of what runs in it."""

    def __init__(self, place: Path, user: User) -> None:
        self.place, self.user = place, user
        self._places = machine.settle(place)

    def run(self, script: str, *, as_root: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a script in the checkout, as the user, and show what it says as it says it."""
        become = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] if self.user.name != "root" else []
        own = [f"HOME={self.user.home}", f"USER={self.user.name}"]
        words = [*([] if as_root else become), "env", *own, "sh", "-c", f"cd {self.user.checkout} && {script}"]
        environment = {"PATH": os.environ["PATH"], "PLACES": "\n".join(map(str, self._places))}
        said = []
        with subprocess.Popen(
            [str(HERE / "enter"), str(self.place), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                said.append(line)
        return subprocess.CompletedProcess(words, process.returncode, "".join(said))


def base(suite: str) -> Path:
    """Return the tree of a suite, which is made once."""
    place = CACHE / "fresh" / suite
    if not place.exists():
        print(f"• Making the tree of {suite}, once", flush=True)
        unfinished = place.with_name(f"{suite}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        words = ["debootstrap", "--variant=minbase", f"--include={BASE}", suite, str(unfinished), machine.mirror()]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout[-2000:]}{done.stderr}the tree of {suite} could not be made")
        unfinished.rename(place)
    return place


@contextmanager
def tree(suite: str, user: User) -> Iterator[Tree]:
    """Give a tree of its own, with this checkout in it as somebody has cloned it; it goes in the end."""
    source = base(suite)
    with tempfile.TemporaryDirectory(prefix="run-", dir=source.parent) as directory:
        place = Path(directory) / "tree"
        subprocess.run(["cp", "--archive", "--reflink=auto", str(source), str(place)], check=True)
        if user.name != "root":
            subprocess.run(["chroot", str(place), "useradd", "--create-home", "--uid=1000", user.name], check=True)
        checkout = place / user.checkout.lstrip("/")
        for name in tracked():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)
        made = Tree(place, user)
        mine = f"chown --recursive {user.name} {user.checkout}; git config --system safe.directory '*'"
        made.run(f"{mine}; git init --quiet . && git add --all && chown --recursive {user.name} .", as_root=True)
        yield made


def tried(one: Tree, command: str) -> bool:
    """Run a command of make as its user does, who runs what it asks for as root; whether it succeeded."""
    print(f"\n━━ {one.user.name}: make {command}", flush=True)
    done = one.run(f"make {command}")
    asked = [line.removeprefix(ASKED) for line in done.stdout.splitlines() if line.startswith(ASKED)]
    if done.returncode and asked and one.user.name != "root":
        print("\n━━ root: what it asks for", flush=True)
        script = asked[0].replace(" sudo ", " ")
        if one.run(f"DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; {script}", as_root=True).returncode:
            return False
        done = one.run(f"make {command}")
    return done.returncode == 0


def main() -> int:
    """Try it; 1 when anything has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="trixie")
    parser.add_argument("--only", action="append", choices=TRIED, metavar="PART")
    parser.add_argument("--as", dest="users", action="append", choices=USERS, metavar="USER")
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("it takes root to make another system's tree the whole file system: run this as root")
    # What is made goes, also when this is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    results = []
    for name in given.users or USERS:
        with tree(given.suite, USERS[name]) as one:
            for command in (each for part in given.only or TRIED for each in TRIED[part]):
                begun = time.monotonic()
                results.append((f"{name}: make {command}", tried(one, command), time.monotonic() - begun))
    print()
    for what, passed, seconds in results:
        print(f"  {what:<30} {'passed' if passed else 'FAILED'} {seconds:5.0f} s")
    failed = sum(not passed for _what, passed, _seconds in results)
    print(f"{len(results) - failed} passed, {failed} failed", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the steps of the test suite, each with its time, and a summary in the end.

tools/run_tests.py [STEP ...]: all steps, or those named. Run it through make, which makes the checkout ready first.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv" / "bin"
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"
COLLECTION = COLLECTIONS / "ansible_collections" / "linuxnet" / "netns"
#: Of pyroute2: the oldest version that is supported, and the last of some series.
OLD_LIBRARIES = ("0.7.2", "0.7.12", "0.8.1", "0.9.1")
#: Seconds after which a command that says nothing gets a sign of life.
SILENCE = 5
HERMETIC = str(ROOT / "tools" / "hermetic")
#: The scenarios that install packages, which run in tools/overlay; all others run in tools/hermetic.
ON_A_COPY = ("prerequisites", "guide_nginx")


def environment() -> dict[str, str]:
    """The environment of every step: nothing of the user's Ansible, and a home of its own."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTHON"))
    }
    home = CACHE / "home"
    home.mkdir(parents=True, exist_ok=True)
    own.update(
        HOME=str(home),
        PATH=f"{VENV}{os.pathsep}{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin",
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_HOME=str(home / ".ansible"),
        ANSIBLE_NOCOWS="1",
        LC_ALL="C.UTF-8",
    )
    # Where pip finds its packages is the user's to say; a home of our own must not hide it.
    if "PIP_CONFIG_FILE" not in own:
        for name in (".config/pip/pip.conf", ".pip/pip.conf"):
            if (Path.home() / name).is_file():
                own["PIP_CONFIG_FILE"] = str(Path.home() / name)
                break
    return own


def run(*command: str, cwd: Path = ROOT, **more: str) -> bool:
    """Run a command, with a sign of life while it says nothing; whether it succeeded."""
    print(f"$ {' '.join(command)}".replace(str(ROOT) + "/", ""), flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**environment(), **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    last = b"\n"
    try:
        while True:
            if not select.select([process.stdout], [], [], SILENCE)[0]:
                if process.poll() is not None:
                    break  # what still holds the pipe is something that it left behind
                print("" if last == b"\n" else "\n", f" … {time.monotonic() - started:.0f} s", sep="", flush=True)
                last = b"\n"
            elif said := os.read(process.stdout.fileno(), 65536):
                sys.stdout.buffer.write(said)
                sys.stdout.buffer.flush()
                last = said[-1:]
            else:
                break
        return process.wait() == 0
    finally:
        process.kill()
        process.stdout.close()


def lint() -> bool:
    """Format, style, types; YAML and Ansible content."""
    plugins = (path.parent.name for path in sorted((ROOT / "plugins").glob("*/*.py")))
    packages = [f"ansible_collections.linuxnet.netns.plugins.{name}" for name in dict.fromkeys(plugins)]
    return all(
        [
            run("ruff", "format", "--check", "--quiet", "."),
            run("ruff", "check", "--quiet", "."),
            run("mypy", "--cache-dir", str(CACHE / "mypy"), *(word for name in packages for word in ("-p", name))),
            run("yamllint", "--strict", "."),
            run("ansible-lint", "--strict", "--offline", cwd=COLLECTION),
        ]
    )


def sanity() -> bool:
    """What Ansible asks of every collection, in a copy of the tree at the place that ansible-test insists on."""
    copy = CACHE / "sanity" / "ansible_collections" / "linuxnet" / "netns"
    shutil.rmtree(copy, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    # Without a repository around it, ansible-test would take the copy for a part of this one, which ignores it.
    if not run("git", "init", "--quiet", cwd=copy) or not run("git", "add", "--all", cwd=copy):
        return False
    bootstrap_pip_offline()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return run("ansible-test", "sanity", "--python", version, "--color", "no", cwd=copy)


def bootstrap_pip_offline() -> None:
    """Let ansible-test's own virtual environments get pip from Python instead of from the network.

    ansible-test downloads a script that installs pip; Python brings the same with ensurepip. The script's name follows
    the version of pip in ansible-test's own sources.
    """
    import ansible_test

    sources = Path(ansible_test.__file__).parent if ansible_test.__file__ else Path(next(iter(ansible_test.__path__)))
    versions = set()
    for source in (sources / "_internal").rglob("*.py"):
        versions.update(re.findall(r"pip=?=?'?[\"']?[:=, ]+[\"']([0-9]+(?:\.[0-9]+)+)[\"']", source.read_text()))
    cache = CACHE / "home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n")


def unit() -> bool:
    """The pure parts, as whoever runs this."""
    return run("pytest", "-n", "2", "-q", "tests/unit")


def install_old_libraries() -> bool:
    """Install the versions of pyroute2 that tests try beside the newest; whether they are all here."""
    for version in OLD_LIBRARIES:
        target = CACHE / "pyroute2" / version
        if target.is_dir():
            continue
        fresh = target.with_name("new")
        shutil.rmtree(fresh, ignore_errors=True)
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        if not run(*pip, "--target", str(fresh), f"pyroute2=={version}"):
            print(f"pyroute2 {version} could not be installed (see above): it is not tried that modules work with it")
            return False
        fresh.rename(target)
    return True


def integration() -> bool:
    """The modules against this machine's kernel, in namespaces of their own."""
    installed = install_old_libraries()
    # Without root, who is root in a user namespace is not the owner of root's directory in /tmp.
    with tempfile.TemporaryDirectory(prefix="linuxnet-", ignore_cleanup_errors=True) as directory:
        tests = (HERMETIC, "pytest", "-n", "2", "-q", "tests/integration")
        return run(*tests, PYTEST_DEBUG_TEMPROOT=directory) and installed


def molecule() -> bool:
    """The roles and modules as playbooks use them."""
    # What an earlier run has prepared went with its network.
    for state in (CACHE / "home" / ".ansible" / "tmp").glob("molecule.*"):
        shutil.rmtree(state)
    test = ["molecule", "test", "--no-command-borders"]
    chosen = os.environ.get("SCENARIO", "")
    passed = True
    if chosen not in ON_A_COPY:
        names = ["--scenario-name", chosen] if chosen else ["--all", *_each("--exclude", ON_A_COPY)]
        passed = run(HERMETIC, *test, *names, cwd=COLLECTION)
    on_a_copy = [name for name in ON_A_COPY if chosen in ("", name)]
    if on_a_copy and not (os.geteuid() == 0 and shutil.which("apt-get")):
        print(f"Skipped: {', '.join(on_a_copy)}, which take root and apt to be tried on a copy of this system")
    elif on_a_copy:
        names = _each("--scenario-name", on_a_copy)
        passed = run(str(ROOT / "tools" / "overlay"), *test, *names, cwd=COLLECTION) and passed
    return passed


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


STEPS: dict[str, Callable[[], bool]] = {step.__name__: step for step in (lint, unit, integration, molecule, sanity)}


def main(names: list[str]) -> int:
    """Run the steps; the number of those that failed."""
    unknown = set(names) - set(STEPS)
    if unknown:
        print(f"There is no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}", file=sys.stderr)
        return 2
    results: list[tuple[str, bool, float]] = []
    for name in names or STEPS:
        print(f"\n━━ {name}: {STEPS[name].__doc__}", flush=True)
        started = time.monotonic()
        passed = STEPS[name]()
        results.append((name, passed, time.monotonic() - started))
        print(f"━━ {name}: {'passed' if passed else 'FAILED'} in {results[-1][2]:.0f} s", flush=True)
    print()
    for name, passed, seconds in results:
        print(f"  {name:<12} {'passed' if passed else 'FAILED':<7} {seconds:5.0f} s")
    print(f"  {'all':<20} {sum(seconds for _name, _passed, seconds in results):5.0f} s")
    failed = sum(not passed for _name, passed, _seconds in results)
    print(f"steps: {len(results) - failed} passed, {failed} failed", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

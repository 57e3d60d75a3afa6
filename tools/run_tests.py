# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the steps of the test suite, each with its time, and a summary in the end.

tools/run_tests.py [STEP ...]: all steps, or those named. Run it through make, which makes the checkout ready first.

Each step is one or several jobs, and as many run at once as there are processors. What they say is shown one job after
the other, in their order: the first that has not ended says it as it goes, the others when it is their turn. What a job
that failed said last is shown once more in the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from importlib import metadata
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv" / "bin"
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"
COLLECTION = COLLECTIONS / "ansible_collections" / "linuxnet" / "netns"
#: Of pyroute2: the oldest version that is supported, and the last of some series.
OLD_LIBRARIES = ("0.7.2", "0.7.12", "0.8.1", "0.9.1")
#: Of ansible-core: the oldest supported series, the last that takes every string for a template, and the newest,
#: each with the first and the last Python 3 that it runs with on a controller.
CORES = {"2.16": (10, 12), "2.18": (11, 13), "2.21": (12, 14)}
#: Of ansible-core, what `make test-matrix` runs on controllers: those and the last for Python 3.11.
MATRIX = {**CORES, "2.19": (11, 13)}
#: The tests in which Ansible itself matters most.
BY_ANSIBLE = tuple(f"tests/integration/test_{name}.py" for name in ("fleet", "become_plugin", "ansible"))
#: Seconds after which jobs that say nothing get a sign of life.
SILENCE = 5
#: How many lines of a job that failed are shown once more.
LAST_LINES = 50
#: How many jobs run at once.
SLOTS = max(2, os.cpu_count() or 1)
HERMETIC = str(ROOT / "tools" / "hermetic")
#: On PATH and PYTHONPATH, it spares programs of Ansible what they would do again and again.
QUICK = str(ROOT / "tools" / "quick")
#: The integration tests of which `make test-faults` runs much more than `make test`.
THOROUGH = tuple(f"tests/integration/test_{name}.py" for name in ("every_call", "random", "fuzz"))
#: The scenarios that install packages, which run in tools/overlay; all others run in tools/hermetic.
ON_A_COPY = ("prerequisites", "guide_nginx")


class Output:
    """What a job says: kept, and from when it is its turn to be shown, shown as it comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said = bytearray()
        self._shown = False
        self.last = time.monotonic()

    def write(self, said: bytes) -> None:
        """Say something."""
        with self._lock:
            self.last = time.monotonic()
            self._said += said
            if self._shown:
                show(said)

    def show(self) -> None:
        """Show what was said so far, and from now on what is said."""
        with self._lock:
            show(bytes(self._said))
            self._shown = True

    def end(self) -> bytes:
        """Return the last lines of what was said."""
        return b"".join(bytes(self._said).splitlines(keepends=True)[-LAST_LINES:])


def show(said: bytes) -> None:
    """Write to standard output at once."""
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()


@dataclass
class Job:
    """A part of a step: ``work`` is given where to say things, and tells whether it succeeded.

    ``slots`` is how many processors it keeps busy.
    """

    name: str
    work: Callable[[Output], bool]
    slots: int = 1
    output: Output = field(default_factory=Output)
    passed: bool = False
    started: float = 0.0
    ended: float = 0.0


def environment(name: str = "") -> dict[str, str]:
    """Return the environment of a job: nothing of the user's Ansible, and a home of its own, by name or that of
    most.
    """
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTHON"))
    }
    home = CACHE / "homes" / name if name else CACHE / "home"
    home.mkdir(parents=True, exist_ok=True)
    own.update(
        HOME=str(home),
        PATH=f"{VENV}{os.pathsep}{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin",
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_HOME=str(home / ".ansible"),
        ANSIBLE_NOCOWS="1",
        LC_ALL="C.UTF-8",
        HYPOTHESIS_STORAGE_DIRECTORY=str(CACHE / "hypothesis"),
    )
    if name:
        # Else it would be in the home that the user database gives, whatever HOME says. Tests in which several users
        # log in leave it to Ansible.
        own["ANSIBLE_REMOTE_TMP"] = str(home / ".ansible" / "tmp")
    # Where pip finds its packages is the user's to say; a home of our own must not hide it.
    if "PIP_CONFIG_FILE" not in own:
        for place in (".config/pip/pip.conf", ".pip/pip.conf"):
            if (Path.home() / place).is_file():
                own["PIP_CONFIG_FILE"] = str(Path.home() / place)
                break
    return own


def run(output: Output, *command: str, cwd: Path = ROOT, home: str = "", quick: bool = False, **more: str) -> bool:
    """Run a command; whether it succeeded. ``quick``: with what is in tools/quick."""
    output.write(f"$ {' '.join(command)}\n".replace(str(ROOT) + "/", "").encode())
    own = environment(home)
    if quick:
        own.update(PATH=f"{QUICK}{os.pathsep}{own['PATH']}", PYTHONPATH=QUICK)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**own, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    # A file descriptor of its own, for something that the command leaves behind may hold the pipe open.
    reader = threading.Thread(target=_copy, args=[process.stdout.fileno(), output], daemon=True)
    reader.start()
    try:
        status = process.wait()
        reader.join(timeout=SILENCE)
        return status == 0
    finally:
        process.kill()


def _copy(descriptor: int, output: Output) -> None:
    while said := os.read(descriptor, 65536):
        output.write(said)


def command(*words: str, cwd: Path = ROOT, quick: bool = False) -> Job:
    """Return a job that is a command."""
    return Job(words[0], lambda output: run(output, *words, cwd=cwd, quick=quick))


def lint() -> Iterator[Job]:
    """Check format, style and types; YAML and Ansible content."""
    files = (path for place in ("plugins", "tests") for path in sorted((ROOT / place).glob("*/*.py")))
    directories = dict.fromkeys(path.parent.relative_to(ROOT) for path in files)
    packages = [
        "tools.fleet",
        "tools.fresh",
        "tools.quick",
        "tools.mutation",
        "tools.vm",
        *(".".join(("ansible_collections.linuxnet.netns", *place.parts)) for place in directories),
    ]
    yield command("ansible-lint", "--strict", "--offline", cwd=COLLECTION, quick=True)
    # That has left this out (tools/quick/ansible-playbook): a run for each playbook is most of what lint would take.
    yield command("ansible-playbook", "--syntax-check", *playbooks(), cwd=COLLECTION)
    typed = ("-m", "tools.run_tests", *(word for name in packages for word in ("-p", name)))
    yield command("mypy", "--cache-dir", str(CACHE / "mypy"), *typed)
    yield command("ruff", "format", "--check", "--quiet", ".")
    yield command("ruff", "check", "--quiet", ".")
    yield command("yamllint", "--strict", ".")


def playbooks() -> list[str]:
    """Return the playbooks of this checkout."""
    places = ("*.yml", "playbooks/*.yml", "docs/examples/*.yml", "extensions/molecule/*/*.yml")
    files = [path for place in places for path in sorted(ROOT.glob(place))]
    play = re.compile(r"^(- |  )(hosts|import_playbook): ", re.MULTILINE)
    return [str(path.relative_to(ROOT)) for path in files if play.search(path.read_text())]


def sanity() -> Iterator[Job]:
    """Check what Ansible asks of every collection, of what ships, at the place that ansible-test insists on."""
    yield Job("ansible-test", _sanity)


def _sanity(output: Output) -> bool:
    copy = CACHE / "sanity" / "ansible_collections" / "linuxnet" / "netns"
    copy_checkout(copy, yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"])
    # Without a repository around it, ansible-test would take the copy for a part of this one, which ignores it.
    if not run(output, "git", "init", "--quiet", cwd=copy) or not run(output, "git", "add", "--all", cwd=copy):
        return False
    bootstrap_pip_offline()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return run(output, "ansible-test", "sanity", "--python", version, "--color", "no", cwd=copy)


def copy_checkout(place: Path, ignored: Sequence[str] = ()) -> None:
    """Put a copy of this checkout, but for what matches a pattern, in the place of what is there."""
    shutil.rmtree(place, ignore_errors=True)
    for name in tracked():
        above = (name, *map(str, Path(name).parents))
        if not any(fnmatch(part, pattern) for part in above for pattern in ignored):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)


def tracked() -> list[str]:
    """Return the files of this checkout, those included that git does not know yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def bootstrap_pip_offline() -> None:
    """Let ansible-test's own virtual environments have this one's pip instead of one from the network.

    ansible-test downloads a script that installs pip, for each of its many environments. The script's name follows the
    version of pip in ansible-test's own sources.
    """
    import ansible_test

    place = Path(str(metadata.distribution("pip").locate_file("")))
    names = sorted(path.name for path in place.iterdir() if path.name == "pip" or path.match("pip-*.dist-info"))
    sources = Path(ansible_test.__file__).parent if ansible_test.__file__ else Path(next(iter(ansible_test.__path__)))
    versions = set()
    for source in (sources / "_internal").rglob("*.py"):
        versions.update(re.findall(r"pip=?=?'?[\"']?[:=, ]+[\"']([0-9]+(?:\.[0-9]+)+)[\"']", source.read_text()))
    cache = CACHE / "home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text(
            f"import os, sysconfig\n\nfor name in {names}:\n"
            f"    os.symlink(os.path.join({str(place)!r}, name), os.path.join(sysconfig.get_path('purelib'), name))\n"
        )


def unit() -> Iterator[Job]:
    """Test the pure parts, as whoever runs this."""
    yield command("pytest", "-q", "tests/unit")


def integration() -> Iterator[Job]:
    """Try the modules against this machine's kernel, in namespaces of their own."""
    output = Output()
    # Most of the time this waits for an index of packages; until it is the tests' turn, it can do so beside other jobs.
    installed = ThreadPoolExecutor(1).submit(_install, output)
    # The tests keep all processors busy, but need not wait until all are free.
    yield Job("pytest", partial(_integration, installed), slots=max(1, SLOTS - 1), output=output)


def faults() -> Iterator[Job]:
    """Try every fault of a run, and whatever a hand at random can do to it: not among all, for it takes long."""
    yield Job("pytest", partial(_hermetic, THOROUGH, ("--thorough",)), slots=SLOTS)


def fleet() -> Iterator[Job]:
    """Try playbooks on N hosts over ssh."""
    yield Job("pytest", _fleet, slots=SLOTS)


def _fleet(output: Output) -> bool:
    hosts = os.environ.get("N") or "20"
    words = (HERMETIC, "pytest", "-q", "--durations=10", "--hosts", hosts, BY_ANSIBLE[0])
    # In one process: all tests are on the same hosts.
    return _install_old_libraries(output) and run(output, *words)


def matrix() -> Iterator[Job]:
    """Try playbooks on hosts over ssh with each ansible-core that is supported on the controller."""
    for series in sorted(MATRIX):
        yield Job(f"ansible-core {series}", partial(_with_core, series), slots=SLOTS)


def _with_core(series: str, output: Output) -> bool:
    if not _install_old_libraries(output) or not _install_core(output, series):
        return False
    programs = VENV if _is_installed(series) else CACHE / "ansible-core" / series / "bin"
    if not (programs / "ansible-playbook").exists():
        return True  # and it was said that no Python is here for it
    output.write(f"• ansible-core {series}\n".encode())
    return run(output, HERMETIC, "pytest", "-q", "--hosts", "3", *BY_ANSIBLE, LINUXNET_ANSIBLE=str(programs))


def _hermetic(tests: Sequence[str], options: Sequence[str], output: Output) -> bool:
    """Run integration tests in namespaces of their own, on all processors."""
    # Without root, who is root in a user namespace is not the owner of root's directory in /tmp.
    with tempfile.TemporaryDirectory(prefix="linuxnet-", ignore_cleanup_errors=True) as directory:
        # One more than there are processors, for many tests wait; each begins at another place among the files, so that
        # not all wait at the same time.
        workers = ("-n", str(SLOTS + 1), "--dist", "worksteal")
        words = (HERMETIC, "pytest", "-q", *workers, *options, *tests)
        return run(output, *words, PYTEST_DEBUG_TEMPROOT=directory)


def _install(output: Output) -> bool:
    """Install what tests try beside what is installed here; whether all of it is here."""
    with ThreadPoolExecutor() as pool:
        cores = pool.map(lambda series: _install_core(output, series), CORES)
        return all([_install_old_libraries(output), *cores])


def _integration(installed: Future[bool], output: Output) -> bool:
    there = installed.result()
    return _hermetic(("tests/integration",), (), output) and there


def _install_old_libraries(output: Output) -> bool:
    """Install the versions of pyroute2 that tests try beside the newest; whether they are all here."""
    for version in OLD_LIBRARIES:
        target = CACHE / "pyroute2" / version
        if target.is_dir():
            continue
        fresh = target.with_name("new")
        shutil.rmtree(fresh, ignore_errors=True)
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        if not run(output, *pip, "--target", str(fresh), f"pyroute2=={version}"):
            said = f"pyroute2 {version} could not be installed (see above): it is not tried that modules work with it\n"
            output.write(said.encode())
            return False
        fresh.rename(target)
    return True


def _install_core(output: Output, series: str) -> bool:
    """Install a series of ansible-core in a virtual environment, unless it is this one's; whether it could be."""
    target = CACHE / "ansible-core" / series
    if _is_installed(series) or (target / ".done").exists():
        return True
    python = _python(*MATRIX[series])
    if python is None:
        output.write(f"No Python is here that runs ansible-core {series}: it is not tried with that\n".encode())
        return True
    shutil.rmtree(target, ignore_errors=True)
    # This environment's pip serves: to bring its own takes several seconds of work.
    pip = (sys.executable, "-m", "pip", "--python", str(target / "bin" / "python"), "install", "--quiet")
    wanted = ("--disable-pip-version-check", "--no-compile", f"ansible-core=={series}.*")
    if not run(output, python, "-m", "venv", "--without-pip", str(target)) or not run(output, *pip, *wanted):
        output.write(f"ansible-core {series} could not be installed (see above): it is not tried with that\n".encode())
        return False
    (target / ".done").touch()
    return True


def _is_installed(series: str) -> bool:
    """Tell whether it is the ansible-core of this virtual environment."""
    return metadata.version("ansible-core").startswith(f"{series}.")


def _python(first: int, last: int) -> str | None:
    """Return the newest Python 3 from the first minor version to the last that makes virtual environments, if one is
    here.
    """
    roots = [os.environ.get("PYENV_ROOT", ""), *(path[: -len("/shims")] for path in _path() if path.endswith("/shims"))]
    for minor in range(last, first - 1, -1):
        name = f"python3.{minor}"
        pyenv = (path for root in roots if root for path in sorted(Path(root).glob(f"versions/3.{minor}.*/bin/{name}")))
        for python in (*map(str, pyenv), shutil.which(name)):
            check = [str(python), "-c", "import ssl, venv"]
            if python and subprocess.run(check, check=False, capture_output=True).returncode == 0:
                return python
    return None


def _path() -> list[str]:
    return os.environ.get("PATH", os.defpath).split(os.pathsep)


def molecule() -> Iterator[Job]:
    """Play the roles and modules as playbooks use them."""
    chosen = os.environ.get("SCENARIO", "")
    there = sorted(path.parent.name for path in (ROOT / "extensions" / "molecule").glob("*/molecule.yml"))
    if chosen and chosen not in there:
        sys.exit(f"There is no scenario {chosen}; there are {', '.join(there)}")
    # The longest first.
    for name in [*ON_A_COPY, *(name for name in there if name not in ON_A_COPY)]:
        if chosen in ("", name):
            yield Job(name, _Scenario(name))


@dataclass
class _Scenario:
    """Plays a scenario, in a home of its own."""

    name: str

    def __call__(self, output: Output) -> bool:
        if self.name in ON_A_COPY and not (os.geteuid() == 0 and shutil.which("apt-get")):
            output.write(
                f"Skipped: {self.name}, which takes root and apt to be tried on a copy of this system\n".encode()
            )
            return True
        # What an earlier run has prepared went with its network.
        shutil.rmtree(CACHE / "homes" / self.name, ignore_errors=True)
        place = str(ROOT / "tools" / "overlay") if self.name in ON_A_COPY else HERMETIC
        words = ("molecule", "test", "--no-command-borders", "--scenario-name", self.name)
        return run(output, place, *words, cwd=COLLECTION, home=self.name, quick=True)


#: In this order: what is soonest done and fails first, then what leaves no processor idle in the end.
STEPS: dict[str, Callable[[], Iterator[Job]]] = {
    step.__name__: step for step in (lint, unit, sanity, molecule, integration)
}

#: What is run only when it is named.
LONG: dict[str, Callable[[], Iterator[Job]]] = {step.__name__: step for step in (faults, fleet, matrix)}


def start(jobs: list[Job]) -> None:
    """Start the jobs in their order, each when there is room for it; returns at once."""
    free = threading.Semaphore(SLOTS)

    def work(job: Job) -> None:
        job.started = time.monotonic()
        try:
            job.passed = job.work(job.output)
        finally:
            job.ended = time.monotonic()
            free.release(min(job.slots, SLOTS))

    def dispatch() -> None:
        for job in jobs:
            for _slot in range(min(job.slots, SLOTS)):
                free.acquire()
            threading.Thread(target=work, args=[job], daemon=True).start()

    threading.Thread(target=dispatch, daemon=True).start()


def follow(job: Job) -> None:
    """Show what a job says until it has ended, with a sign of life while it says nothing."""
    job.output.show()
    begun = time.monotonic()
    last = max(begun, job.output.last)
    while not job.ended:
        time.sleep(0.05)
        last = max(last, job.output.last)
        if time.monotonic() - last > SILENCE:
            last = time.monotonic()
            show(f" … {last - (job.started or begun):.0f} s\n".encode())


def main(names: list[str]) -> int:
    """Run the steps; 1 when any has failed."""
    every = {**STEPS, **LONG}
    unknown = set(names) - set(every)
    if unknown:
        print(f"There is no step {', '.join(sorted(unknown))}; there are {', '.join(every)}", file=sys.stderr)
        return 2
    begun = time.monotonic()
    steps = {name: list(every[name]()) for name in names or STEPS}
    start([job for jobs in steps.values() for job in jobs])
    results: list[tuple[str, list[Job], float]] = []
    for name, jobs in steps.items():
        print(f"\n━━ {name}: {every[name].__doc__}", flush=True)
        for job in jobs:
            follow(job)
        failed = [job for job in jobs if not job.passed]
        seconds = max(job.ended for job in jobs) - min(job.started for job in jobs)
        results.append((name, failed, seconds))
        print(f"━━ {name}: {'FAILED' if failed else 'passed'} in {seconds:.0f} s", flush=True)
    for name, failed, _seconds in results:
        for job in failed:
            print(f"\n━━ {name}: {job.name} failed; its last lines:", flush=True)
            show(job.output.end())
    print()
    for name, failed, seconds in results:
        which = ", ".join(job.name for job in failed)
        print(f"  {name:<12} {'FAILED' if failed else 'passed':<7} {seconds:5.0f} s  {which}".rstrip())
    print(f"  {'all':<20} {time.monotonic() - begun:5.0f} s")
    failures = sum(bool(failed) for _name, failed, _seconds in results)
    print(f"steps: {len(results) - failures} passed, {failures} failed", flush=True)
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

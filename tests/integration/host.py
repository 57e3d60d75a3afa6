# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests do on a host: run modules and commands, and take a full dump of it."""

from __future__ import annotations

import difflib
import gc
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Callable, Optional
from unittest.mock import patch

from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.tests.integration import dump

MODULES = "ansible_collections.linuxnet.netns.plugins.modules"
#: Lets a process end itself by a signal before a change.
STOPS = """
import os, pytest
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse
Refuse(pytest.MonkeyPatch()).disturb({number}, lambda: os.kill(os.getpid(), {signal}))
"""


class Host:
    """The host of a test: the calling process's own network namespace.

    ``sysctls``, ``tables``: dumps have them too, and the tables of nftables.
    """

    sysctls = False
    tables = False

    def run(self, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """Return the result of a module, as Ansible would get it."""
        arguments = {"_ansible_check_mode": check, "_ansible_diff": True, **options}
        output = io.StringIO()
        # Ansible gathers the warnings of a process, which to it is one task.
        warnings._global_warnings.clear()
        # A test that has loaded the controller's code in this process must not make the module part of it.
        outside = patch("ansible.module_utils._internal.is_controller", False)
        with outside, patch_module_args(arguments), redirect_stdout(output), suppress(SystemExit):
            importlib.import_module(f"{MODULES}.{module}").main()
        # Unlike that of a task, this process goes on.
        gc.unfreeze()
        result: dict[str, Any] = json.loads(output.getvalue())
        result.pop("invocation", None)
        if "warnings" in result:
            result["warnings"] = [one if isinstance(one, str) else one["event"]["msg"] for one in result["warnings"]]
        return result

    def done(self, module: str, **options: Any) -> dict[str, Any]:
        """Return the same, of a module that must succeed."""
        result = self.run(module, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def refused(self, module: str, **options: Any) -> str:
        """Return the message of a module that must fail without a trace, in check mode and for real."""
        before = self.dump()
        predicted = self.run(module, check=True, **options)
        result = self.run(module, **options)
        assert result.get("failed"), result
        assert result["changed"] is False
        assert "Traceback" not in json.dumps(result)
        assert predicted["msg"] == result["msg"]
        assert not difference(before, self.dump())
        return str(result["msg"])

    def refused_by_the_kernel(self, module: str, **options: Any) -> str:
        """Return the message of a module that check mode finds possible, and that then fails and leaves the host as
        it was.
        """
        before = self.dump()
        result = self.run(module, **options)
        assert result.get("failed"), result
        assert (result["changed"], result["commands"]) == (False, [])
        assert not difference(before, self.dump())
        return str(result["msg"])

    def sh(self, script: str) -> str:
        """Return what a shell script prints; it must succeed."""
        return subprocess.run(["sh", "-ec", script], check=True, capture_output=True, text=True).stdout

    def ip(self, *words: str) -> Any:
        """Return what ``ip`` says, as JSON."""
        said = subprocess.run(["ip", "-j", *words], check=True, capture_output=True, text=True).stdout
        return json.loads(said or "[]")

    def pings(self, netns: str, address: str) -> bool:
        """Tell whether a ping from a namespace gets a reply."""
        words = ["ip", "netns", "exec", netns, "ping", "-c", "1", "-W", "1", address]
        # After a ping that got none, the kernel asks for the neighbour again only when a second has passed.
        end = time.monotonic() + 4
        while subprocess.run(words, check=False, capture_output=True).returncode:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True

    def tried(self, script: str) -> bool:
        """Tell whether a shell script succeeds in a network of its own."""
        words = ["unshare", "--net", "sh", "-ec", script]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0

    def has_discipline(self, kind: str) -> bool:
        """Tell whether the kernel has a queueing discipline, or can load it."""
        return self.tried(f"ip link add tried type veth peer name tried_too && tc qdisc add dev tried root {kind}")

    def namespaces(self) -> list[str]:
        """Return the names below /run/netns."""
        return sorted(os.listdir("/run/netns")) if Path("/run/netns").exists() else []

    def dump(self, *, records: bool = True) -> dict[str, Any]:
        """Return all that a person can see of the host, but for what changes by itself.

        ``records``: also the collection's own records of what topologies made.
        """
        return dump.dump(records=records, sysctls=self.sysctls, tables=self.tables)


@contextmanager
def own_host() -> Iterator[Host]:
    """Give a host with nothing on it, which goes when this ends: a new network namespace and an empty /run, and below
    /etc what a topology may be kept in.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    session = os.stat("/run").st_dev
    places = ("/run", "/etc/netns", *dump.PERSISTENT)
    for place in places:
        assert not syscalls._LIBC.mount(b"host", place.encode(), b"tmpfs", 0, b"mode=755"), place
    syscalls.unshare_net()
    try:
        yield Host()
    finally:
        syscalls.setns(home)
        os.close(home)
        # With all that is mounted in it. umount --recursive goes by paths, and so stumbles over the mounts of the
        # machine's own namespaces, which are hidden below this one (util-linux 2.41).
        for place in places:
            syscalls.unmount(place, syscalls.MNT_DETACH)
        assert os.stat("/run").st_dev == session
        assert not Path("/run/netns/x").exists()


def shown(result: dict[str, Any], side: str) -> str:
    """Return what the diff of a result shows, ``before`` or ``after``."""
    return "".join(one[side] for one in result["diff"])


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the lines in which two dumps differ; none when they are equal."""
    old, new = (json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm="", n=12))


def at_once(runs: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the results of modules with their options, each in a fork of this process, all at the same time."""
    begun = [_forked(module, options) for module, options in runs]
    results = []
    for process, channel in begun:
        with open(channel, "rb") as file:
            results.append(json.loads(file.read()))
        os.waitpid(process, 0)
    return results


def _forked(module: str, options: dict[str, Any]) -> tuple[int, int]:
    """Begin to run a module in a fork; gives its process, and a descriptor that its result can be read from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        result = Host().run(module, **options)
    except BaseException as error:
        result = {"failed": True, "msg": f"Traceback: {error!r}"}
    try:
        with open(writing, "wb") as file:
            file.write(json.dumps(result).encode())
    finally:
        os._exit(0)


def child(
    module: str,
    options: dict[str, Any],
    *,
    python: str = sys.executable,
    hide: str = "",
    path: Sequence[str] = (),
    preexec: Optional[Callable[[], None]] = None,
    stop_when: Callable[[int], bool] = lambda process: True,
    stop_at: Optional[int] = None,
    stop_by: Optional[signal.Signals] = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a module in a process of its own, as another Python or user would.

    ``hide`` names a library that is not there for it; ``path`` is what it finds before all else; ``preexec`` runs in
    the new process first. ``stop_by`` is the signal that ends it: before the change before which so many others were
    taken (``stop_at``, see Refuse), or else as soon as ``stop_when`` is true of it.
    """

    def prepare() -> None:
        # Whoever runs the tests may ignore the signals that a terminal sends, as nohup does.
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if preexec is not None:
            preexec()

    stops = "" if stop_at is None or stop_by is None else STOPS.format(number=stop_at, signal=int(stop_by))
    script = (
        "import sys, importlib, importlib.machinery\n"
        "real = importlib.machinery.PathFinder.find_spec\n"
        "def find_spec(name, path=None, target=None):\n"
        f"    return None if {hide!r} and name.split('.')[0] == {hide!r} else real(name, path, target)\n"
        "importlib.machinery.PathFinder.find_spec = find_spec\n"
        "import ansible.module_utils.basic as basic\n"
        "basic._ANSIBLE_ARGS = sys.stdin.buffer.read(); basic._ANSIBLE_PROFILE = 'legacy'\n"
        f"{stops}importlib.import_module('{MODULES}.{module}').main()\n"
    )
    found = os.pathsep.join([*path, *(entry for entry in sys.path if entry)])
    process = subprocess.Popen(
        [python, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": found},
        preexec_fn=prepare,  # noqa: PLW1509
    )
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    with process:
        assert process.stdin is not None
        process.stdin.write(arguments)
        process.stdin.close()
        process.stdin = None
        if stop_by is not None and stop_at is None:
            while not stop_when(process.pid) and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(stop_by)
        output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

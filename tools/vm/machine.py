# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine of qemu: started, reached by ssh, and ended with the process that started it."""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Optional

from tools.vm.hardware import KERNEL, PROGRAM, hardware

PR_SET_PDEATHSIG = 1
#: How the name of a directory with a machine's sockets begins; the process follows.
SOCKETS = "linuxnet-vm-"
#: The name of the snapshot that a clean start begins from.
CLEAN = "clean"
#: Seconds within which a machine that boots, or comes from its snapshot, answers. Another load on the host slows it.
PATIENCE = 600.0


class Failed(Exception):
    """A machine could not be had, or does not do as told."""


class Machine:
    """A machine that runs from a disk image, which it writes to.

    ``clean``: from the snapshot in the image; else it boots, with ``arguments`` on the kernel's command line.
    """

    def __init__(self, image: Path, disk: Path, *, clean: bool = True, arguments: Sequence[str] = ()) -> None:
        self.image = image
        self.disk = disk
        self.clean = clean
        self.arguments = arguments
        self.console = disk.with_suffix(".console")
        self._log = disk.with_suffix(".log")

    def __enter__(self) -> Machine:
        # The path of a socket has at most 107 characters.
        self._sockets = Path(tempfile.mkdtemp(prefix=f"{SOCKETS}{os.getpid()}-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._words(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _words(self) -> list[str]:
        words = [PROGRAM, *hardware(self.port)]
        words += ["-kernel", str(self.image / "kernel"), "-initrd", str(self.image / "initrd")]
        words += ["-append", " ".join([*KERNEL, *self.arguments])]
        words += ["-drive", f"file={self.disk},if=none,id=root,format=qcow2,cache=unsafe"]
        words += ["-device", "virtio-blk-pci,drive=root"]
        words += ["-serial", f"file:{self.console}", "-qmp", f"unix:{self._sockets}/qmp,server=on,wait=off"]
        return [*words, "-loadvm", CLEAN] if self.clean else words

    def _wait(self) -> None:
        """Wait until the machine answers, has started all it starts, and has the right time."""
        deadline = time.monotonic() + PATIENCE
        while not self._speaks_ssh():
            if self._process.poll() is not None:
                said = self._log.read_text(errors="replace")
                raise Failed(f"{PROGRAM} ended with {self._process.returncode}: {said}")
            if time.monotonic() > deadline:
                raise Failed(f"the machine does not answer after {PATIENCE:.0f} s; console: {self.console}")
            time.sleep(0.2)
        # What a clock in a snapshot says was so when that was made.
        done = self.run(f"date --set=@{time.time():.3f} >/dev/null; systemctl is-system-running --wait; udevadm settle")
        if done.returncode:
            raise Failed(f"the machine did not start well: {done.stdout}{done.stderr}; console: {self.console}")

    def _speaks_ssh(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as there:
                return there.recv(4) == b"SSH-"
        except OSError:
            return False

    def cpu(self) -> float:
        """Return how many seconds of processor time it has taken so far: the same on a busy host as on an idle one."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ssh(self) -> list[str]:
        """Return the command line that reaches it, as root."""
        options = {
            "IdentityFile": self.image / "key",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "ControlMaster": "auto",
            "ControlPath": self._sockets / "ssh",
            "ControlPersist": "yes",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", *words, "-p", str(self.port), "root@127.0.0.1"]

    def run(self, script: str, *, stdin: Optional[IO[bytes]] = None) -> subprocess.CompletedProcess[str]:
        """Run a shell script inside."""
        words = [*self.ssh(), f"sh -c {shlex.quote(script)}"]
        source = stdin if stdin is not None else subprocess.DEVNULL
        return subprocess.run(words, check=False, stdin=source, capture_output=True, text=True)

    def done(self, script: str) -> str:
        """Return what a shell script prints inside; it must succeed."""
        result = self.run(script)
        if result.returncode:
            raise Failed(f"{script}: {result.stdout}{result.stderr}; console: {self.console}")
        return result.stdout

    def stream(self, script: str) -> subprocess.Popen[bytes]:
        """Start a shell script inside; what it says on both streams comes as it says it."""
        words = [*self.ssh(), f"sh -c {shlex.quote(script)}"]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def save(self) -> None:
        """Make the snapshot that a clean start begins from. Connections are closed, for a snapshot has none."""
        self.close()
        said = self.ask("human-monitor-command", {"command-line": f"savevm {CLEAN}"})
        if said:
            raise Failed(f"savevm: {said}")

    def reset(self) -> None:
        """Go back to the snapshot."""
        self.close()
        said = self.ask("human-monitor-command", {"command-line": f"loadvm {CLEAN}"})
        if said:
            raise Failed(f"loadvm: {said}")
        self._wait()

    def reboot(self) -> None:
        """Boot it again. Raises: Failed, when it does not come back, or not well."""
        before = self.done("cat /proc/sys/kernel/random/boot_id; systemctl reboot --no-block")
        self.close()
        deadline = time.monotonic() + PATIENCE
        while self.run("cat /proc/sys/kernel/random/boot_id").stdout in (before, ""):
            if time.monotonic() > deadline:
                raise Failed(f"the machine does not boot again within {PATIENCE:.0f} s; console: {self.console}")
            self.close()
            time.sleep(1)
        self._wait()

    def close(self) -> None:
        """End the connection that all commands share."""
        subprocess.run([*self.ssh(), "-O", "exit"], check=False, capture_output=True)

    def ask(self, command: str, arguments: dict[str, Any]) -> Any:
        """Ask qemu, by its QMP; its answer."""
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(self._sockets / "qmp"))
            lines = there.makefile("rw")
            json.loads(lines.readline())
            for name, words in (("qmp_capabilities", {}), (command, arguments)):
                lines.write(json.dumps({"execute": name, "arguments": words}))
                lines.flush()
                answer = json.loads(lines.readline())
                while "event" in answer:
                    answer = json.loads(lines.readline())
        if "error" in answer:
            raise Failed(f"{command}: {answer['error']}")
        return answer["return"]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

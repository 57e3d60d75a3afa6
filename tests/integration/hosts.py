# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts to manage, without containers: mounts, a network, processes, users and an ssh server of their own.

Two of them, joined by a veth pair, are a controller and a host over real ssh::

    with Machine("controller") as controller, Machine("web") as web:
        join(controller, web)
        web.serve_ssh(controller)
        results = controller.play(playbook, inventory)

Nothing of the machine that runs the tests is touched: what they write is in file systems of their own, and one that
cannot be entered as a whole, as from a chroot, does not start.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

from ansible_collections.linuxnet.netns.tests.integration import programs

HERE = Path(__file__).resolve().parent
#: The users of a machine: who may use sudo, and how.
PASSWORD = 'a secret\'s "word"'
SUDO = {"alice": "alice ALL=(ALL) ALL", "carol": "carol ALL=(ALL) NOPASSWD: ALL", "dave": "", "bob": ""}
SYSTEM_PYTHON = "/usr/bin/python3"

# A copy of /etc, so that users and their rights can be added; homes, /run, /var/log (where sshd notes who logs in) and
# /var/tmp (where Ansible puts what another user is to read) are empty. root's home is below /run, because the
# interpreter that runs the tests may be in the real one.
_SET_UP = """
cd /
mount --make-rprivate /
mount -t tmpfs -o mode=755 machine /run
mount -t tmpfs -o mode=755 machine /var/log
mount -t tmpfs -o mode=1777 machine /var/tmp
mount -t sysfs sysfs /sys 2>/dev/null || true
cp -a /etc /run/etc 2>/dev/null || true
mount --bind /run/etc /etc
echo "$2" > /etc/machine_of_tests
mkdir -p -m 700 /run/root
mkdir -p -m 755 /run/home /run/sshd
hostname "$1"
echo "127.0.0.1 localhost $1" > /etc/hosts
sed 's|^\\(root:.*\\):/[^:]*:\\([^:]*\\)$|\\1:/run/root:/bin/sh|' /run/etc/passwd > /run/passwd
cat /run/passwd > /etc/passwd
ip link set lo up
echo ready
exec cat
"""


@dataclass
class Outcome:
    """What became of a task on a host."""

    host: str
    task: str
    status: str
    result: dict[str, Any]

    @property
    def said(self) -> str:
        """What a user reads: the message, and for raw and script what was written."""
        return "\n".join(str(self.result.get(key, "")) for key in ("msg", "stdout", "stderr"))


def lacks_for_ssh() -> str:
    """Return why hosts with ssh, sudo and users cannot be here, or nothing."""
    if os.geteuid() != 0:
        return "this needs root"
    if int(Path("/proc/self/uid_map").read_text().split()[2]) < 65536:
        return "this needs root: a user namespace of one user has no other users"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [tool for tool in ("sshd", "ssh", "ssh-keygen", "sudo", "chpasswd") if not shutil.which(tool, path=path)]
    if missing:
        return f"{', '.join(missing)} cannot be found; install openssh-server, openssh-client and sudo"
    if not os.access(SYSTEM_PYTHON, os.X_OK):
        return f"{SYSTEM_PYTHON} is not here: an interpreter that all users may run is needed"
    return ""


class Machine:
    """A host in namespaces of its own; it ends when the process that started it ends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.address = ""
        self._mark = uuid.uuid4().hex
        self._directory = tempfile.TemporaryDirectory(prefix="linuxnet-")

    def __enter__(self) -> Machine:
        words = ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
        self._outer = subprocess.Popen(
            [*words, "sh", "-ec", _SET_UP, "machine", self.name, self._mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._outer.stdout
        assert self._outer.stdout.readline() == "ready\n", f"the machine {self.name} did not start"
        self.pid = _child(self._outer.pid)
        # By its path, and from where commands begin.
        words = self.command("cat", "/etc/machine_of_tests", "etc/machine_of_tests", "/run/etc/machine_of_tests")
        found = subprocess.run(words, check=False, capture_output=True, text=True)
        if found.stdout.split() != [self._mark] * 3:
            self.__exit__()
            raise RuntimeError(f"commands for the machine {self.name} do not reach it but another: {found.stderr}")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._outer.stdin
        self._outer.stdin.close()
        self._outer.wait()
        self._directory.cleanup()

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a command here, as root."""
        # Its root and working directory too: else they would be those of the mount namespace, and the caller's.
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--net", "--uts", "--pid", "--root", "--wd", "--"]
        return [*enter, "env", "HOME=/run/root", "USER=root", "LOGNAME=root", *words]

    def sh(self, script: str) -> str:
        """Return what a shell script prints; it must succeed."""
        words = self.command("sh", "-ec", script)
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout

    def find(self, pattern: str) -> list[str]:
        """Return the files of that name in what is this machine's own, and where playbooks run."""
        return self.sh(f"find /run {self._directory.name} -name '{pattern}'").split()

    def add_users(self) -> None:
        """Add the users, each with a home and the password."""
        with open(f"/proc/{self.pid}/root/etc/passwd", "a", encoding="utf-8") as file:
            file.writelines(
                f"{user}:x:{4000 + n}:{4000 + n}::/run/home/{user}:/bin/sh\n" for n, user in enumerate(SUDO)
            )
        for name, form in (("group", "{0}:x:{1}:\n"), ("shadow", "{0}:*:20000:0:99999:7:::\n")):
            with open(f"/proc/{self.pid}/root/etc/{name}", "a", encoding="utf-8") as file:
                file.writelines(form.format(user, 4000 + n) for n, user in enumerate(SUDO))
        defaults = ["!lecture", "timestamp_timeout=0", "secure_path=/usr/sbin:/usr/bin:/sbin:/bin"]
        sudoers = "\n".join([*(f"Defaults {default}" for default in defaults), *SUDO.values()])
        self.sh(
            "mkdir -p -m 750 /etc/sudoers.d\n"
            f"printf '%s\\n' '{sudoers}' > /etc/sudoers.d/tests; chmod 440 /etc/sudoers.d/tests\n"
            + "".join(f"mkdir -m 700 /run/home/{user}; chown {user}:{user} /run/home/{user}\n" for user in SUDO)
        )
        passwords = "".join(f"{user}:{PASSWORD}\n" for user in SUDO)
        subprocess.run(self.command("chpasswd"), input=passwords, text=True, check=True)

    def serve_ssh(self, controller: Machine) -> None:
        """Start the ssh server; root and all users of the controller's root are let in with its key."""
        key = controller.sh("[ -e /run/key ] || ssh-keygen -q -t ed25519 -N '' -f /run/key; cat /run/key.pub").strip()
        self.sh(f"""
            ssh-keygen -q -t ed25519 -N '' -f /run/host_key
            echo '{key}' > /etc/ssh/tests_authorized
            cat > /run/sshd_config <<'EOF'
            ListenAddress {self.address}
            HostKey /run/host_key
            AuthorizedKeysFile /etc/ssh/tests_authorized
            PermitRootLogin yes
            MaxSessions 64
            MaxStartups 64
            UseDNS no
            UsePAM no
            PidFile none
            Subsystem sftp internal-sftp
EOF
            sed -i 's/^ *//' /run/sshd_config
            PATH=$PATH:/usr/sbin:/sbin; "$(command -v sshd)" -f /run/sshd_config
        """)

    def play(
        self,
        playbook: Union[Path, Sequence[Mapping[str, Any]]],
        inventory: Mapping[str, Mapping[str, Any]],
        *arguments: str,
        wrap: Sequence[str] = (),
        environment: Optional[Mapping[str, str]] = None,
    ) -> list[Outcome]:
        """Run a playbook, a file or its content, with this machine as the controller.

        ``inventory`` has the variables of each host; ``wrap`` is put before the command, to run it as another user.
        """
        directory = Path(tempfile.mkdtemp(dir=self._directory.name))
        for parent in (Path(self._directory.name), directory):
            parent.chmod(0o777)
        if not isinstance(playbook, Path):
            (directory / "play.yml").write_text(json.dumps(playbook))
            playbook = directory / "play.yml"
        # Also a program prints an inventory; so no name of a host has a meaning of its own.
        hosts = {"_meta": {"hostvars": inventory}, "all": {"hosts": list(inventory)}}
        (directory / "hosts").write_text(f"#!/bin/sh\ncat <<'EOF'\n{json.dumps(hosts)}\nEOF\n")
        (directory / "hosts").chmod(0o755)
        (directory / "ansible.cfg").touch()
        (directory / "record").touch(0o666)
        (directory / "record").chmod(0o666)
        settings = {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_COLLECTIONS_PATH": str(programs.collections()),
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
            "ANSIBLE_FORKS": "4",
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
            "ANSIBLE_PRIVATE_KEY_FILE": "/run/key",
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=/dev/null",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": "/run/cp",
            "LC_ALL": "C.UTF-8",
            "LINUXNET_RECORD": str(directory / "record"),
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            **programs.QUICK,
            **(environment or {}),
        }
        run = subprocess.run(
            self.command(
                *wrap,
                "env",
                *(f"{name}={value}" for name, value in settings.items()),
                str(programs.program("ansible-playbook")),
                "--inventory",
                str(directory / "hosts"),
                *arguments,
                str(playbook),
            ),
            check=False,
            capture_output=True,
            text=True,
        )
        record = (directory / "record").read_text().splitlines()
        assert record, f"no task has run:\n{run.stdout}{run.stderr}"
        return [Outcome(**json.loads(line)) for line in record]


def join(left: Machine, right: Machine, subnet: str = "192.0.2") -> None:
    """Join two machines with a veth pair, and give both an address in the subnet."""
    peer = f"type veth peer name to_left netns {right.pid}".split()
    subprocess.run(["ip", "link", "add", "to_right", "netns", str(left.pid), *peer], check=True)
    for machine, interface, last in ((left, "to_right", 1), (right, "to_left", 2)):
        machine.address = f"{subnet}.{last}"
        machine.sh(f"ip address add {machine.address}/24 dev {interface}; ip link set {interface} up")


def _child(pid: int) -> int:
    """Return the process that ``unshare --fork`` has started."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if f"\nPPid:\t{pid}\n" in status.read_text():
                    return int(status.parent.name)
            except OSError:
                continue  # a process that has just ended
    raise AssertionError(f"process {pid} has no child")

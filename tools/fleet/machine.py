# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts to manage, without containers: files, a network, processes, users and an ssh server of their own.

Two of them, joined by a veth pair, are a controller and a host over real ssh::

    with Machine("controller") as controller, Machine("web") as web:
        join(controller, web)
        web.serve_ssh(controller)
        outcomes = controller.play(playbook, inventory)

Nothing of the machine that they are on is touched: what they write is in file systems of their own, and one that
cannot be entered as a whole, as from a chroot, does not start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from tools.fleet import playbooks
from tools.fleet.playbooks import ROOT, Outcome

HERE = Path(__file__).resolve().parent
#: The users of a machine: who may use sudo, and how.
PASSWORD = 'a secret\'s "word"'
SUDO = {"alice": "alice ALL=(ALL) ALL", "carol": "carol ALL=(ALL) NOPASSWD: ALL", "dave": "", "bob": ""}
SYSTEM_PYTHON = "/usr/bin/python3"
TEMPORARY = (Path(tempfile.gettempdir()),)


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
    """A host in namespaces of its own; it ends when the process that started it ends, however that ends.

    ``network`` is the file of the network namespace that it has, else it makes one; ``shared`` are directories that
    are the machine's own there.
    """

    def __init__(
        self, name: str, *, network: str = "", shared: Sequence[Path] = (Path(tempfile.gettempdir()),)
    ) -> None:
        self.name = name
        self.address = ""
        self.directory = Path(tempfile.mkdtemp(prefix="linuxnet-"))
        self.network = network
        self._shared = (*shared, self.directory)
        self._outer: Optional[subprocess.Popen[str]] = None

    def __enter__(self) -> Machine:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def start(self) -> None:
        """Start it, with nothing on it but what the machine has that it is on. Raises: RuntimeError."""
        mark = uuid.uuid4().hex
        network = ["nsenter", f"--net={self.network}"] if self.network else []
        words = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        self.directory.mkdir(exist_ok=True)
        # What it ends with is not this process, which may have been killed.
        ended = ["sh", "-c", '"$@"; rm -rf "$0"', str(self.directory)]
        self._outer = subprocess.Popen(
            [*ended, *network, *words, str(HERE / "start"), self.name, mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **self._places()},
            start_new_session=True,
        )
        assert self._outer.stdout
        said, _space, pid = self._outer.stdout.readline().partition(" ")
        if said != "ready":
            self.stop()
            raise RuntimeError(f"the machine {self.name} did not start")
        self.pid = int(pid)
        # By its path, and from where commands begin.
        words = self.command("cat", "/etc/mark_of_host", "etc/mark_of_host", "/run/mark_of_host")
        found = subprocess.run(words, check=False, capture_output=True, text=True)
        if found.stdout.split() != [mark] * 3:
            self.stop()
            raise RuntimeError(f"commands for the machine {self.name} do not reach it but another: {found.stderr}")

    def _places(self) -> dict[str, str]:
        """Return which directories are seen there, and which of them can be written, as ``start`` wants them."""
        playbooks.ZIPPED.mkdir(parents=True, exist_ok=True)
        # Files on another file system than the root's are not in an overlay of that.
        elsewhere = {place for place in (sys.prefix, sys.base_prefix) if os.stat(place).st_dev != os.stat("/").st_dev}
        seen, shared = [str(ROOT), *sorted(elsewhere)], [*self._shared, playbooks.ZIPPED]
        return {"SEEN": "\n".join(seen), "SHARED": "\n".join(map(str, shared))}

    def stop(self) -> None:
        """Stop it, as if somebody had pulled the plug; what was on it is gone. It can be started again."""
        if self._outer is not None:
            assert self._outer.stdin
            assert self._outer.stdout
            self._outer.stdin.close()
            self._outer.wait()
            self._outer.stdout.close()
            self._outer = None

    def remove(self) -> None:
        """Stop it, and remove its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

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
        return self.sh(f"find /run {self.directory} -name '{pattern}'").split()

    def add_users(self) -> None:
        """Add the users, each with a home and the password."""
        ids = {user: 4000 + number for number, user in enumerate(SUDO)}
        lines = {
            "passwd": [f"{user}:x:{own}:{own}::/run/home/{user}:/bin/sh" for user, own in ids.items()],
            "group": [f"{user}:x:{own}:" for user, own in ids.items()],
            "shadow": [f"{user}:*:20000:0:99999:7:::" for user in ids],
        }
        for name, added in lines.items():
            with open(f"/proc/{self.pid}/root/etc/{name}", "a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in added)
        defaults = ["!lecture", "timestamp_timeout=0", "secure_path=/usr/sbin:/usr/bin:/sbin:/bin"]
        sudoers = "\n".join(
            [*(f"Defaults {default}" for default in (*defaults, "env_keep+=PYTHONPATH")), *SUDO.values()]
        )
        self.sh(
            "mkdir -p -m 750 /etc/sudoers.d\n"
            f"printf '%s\\n' '{sudoers}' > /etc/sudoers.d/users; chmod 440 /etc/sudoers.d/users\n"
            + "".join(f"mkdir -m 700 /run/home/{user}; chown {user}:{user} /run/home/{user}\n" for user in SUDO)
        )
        # Hashed in few rounds: what protects a real password takes a tenth of a second each.
        words = self.command("chpasswd", "--crypt-method=SHA256", "--sha-rounds=1000")
        subprocess.run(words, input="".join(f"{user}:{PASSWORD}\n" for user in SUDO), text=True, check=True)

    def make_key(self) -> str:
        """Return the public key of this controller, which is made once."""
        return self.sh("[ -e /run/key ] || ssh-keygen -q -t ed25519 -N '' -f /run/key; cat /run/key.pub").strip()

    def serve_ssh(self, controller: Machine, *, quick: bool = True) -> None:
        """Start the ssh server; root and all users of the controller's root are let in with its key.

        ``quick``: who logs in has what spares Python to compile the same again and again (tools/quick).
        """
        more = f"SetEnv PYTHONPATH={playbooks.QUICK['PYTHONPATH']}" if quick else ""
        self.sh(f"""
            ssh-keygen -q -t ed25519 -N '' -f /run/host_key
            echo '{controller.make_key()}' > /etc/ssh/authorized_keys
            cat > /run/sshd_config <<'EOF'
            ListenAddress {self.address}
            HostKey /run/host_key
            AuthorizedKeysFile /etc/ssh/authorized_keys
            PermitRootLogin yes
            MaxSessions 64
            MaxStartups 64
            UseDNS no
            UsePAM no
            PidFile none
            Subsystem sftp internal-sftp
            {more}
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
        **environment: str,
    ) -> list[Outcome]:
        """Run a playbook, a file or its content, with this machine as the controller.

        ``inventory`` has the variables of each host; ``wrap`` is put before the command, to run it as another user.
        """
        return playbooks.play(self.command, self.directory, playbook, inventory, *arguments, wrap=wrap, **environment)


def join(left: Machine, right: Machine, subnet: str = "192.0.2") -> None:
    """Join two machines with a veth pair, and give both an address in the subnet."""
    peer = f"type veth peer name to_left netns {right.pid}".split()
    subprocess.run(["ip", "link", "add", "to_right", "netns", str(left.pid), *peer], check=True)
    for machine, interface, last in ((left, "to_right", 1), (right, "to_left", 2)):
        machine.address = f"{subnet}.{last}"
        machine.sh(f"ip address add {machine.address}/24 dev {interface}; ip link set {interface} up")

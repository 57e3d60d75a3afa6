# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks inside a network namespace of the managed host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: netns
short_description: Run tasks inside a network namespace
version_added: 1.0.0
author:
  - The linuxnet.netns developers (@linuxnet)
description:
  - Any module of any collection runs inside a network namespace of the managed host, as root or as another user.
  - Where the connection's user is not root, sudo is used on the way, with or without a password.
  - A task runs inside the namespace or it fails and says why. It never runs outside, also where the user that is
    connected and O(become_user) are the same, for which Ansible leaves other become plugins out.
  - Ansible's own preparations, such as making a temporary directory and finding the Python interpreter, are done
    outside of the namespace, as the user that is connected.
requirements:
  - on the managed host C(ip) of iproute2 for O(view=full), C(nsenter) of util-linux or busybox for O(view=network)
  - on the managed host C(sudo), where the connection's user is not root
  - on the managed host C(su), where O(become_user) is not root
options:
  netns:
    description:
      - The name of the namespace, as C(ip netns list) shows it on the managed host.
      - A task without a name fails.
    type: str
    vars:
      - name: ansible_netns
    env:
      - name: ANSIBLE_NETNS
    ini:
      - section: netns_become_plugin
        key: netns
  view:
    description:
      - What a task sees of the namespace.
      - With V(full) it is what C(ip netns exec) shows. C(/sys) is the namespace's, so that
        M(ansible.builtin.setup) reports the interfaces inside, and the files of C(/etc/netns/NAME) stand in the place
        of those in C(/etc). Where one of them is a link to nothing, the task fails, for it would have the host's file.
        C(/sys/fs/cgroup) is empty, and what a task mounts is gone when it ends.
      - With V(network) only the network changes, as with C(nsenter --net), and all files are the host's.
    type: str
    choices: [full, network]
    default: full
    vars:
      - name: ansible_netns_view
    env:
      - name: ANSIBLE_NETNS_VIEW
    ini:
      - section: netns_become_plugin
        key: view
  become_user:
    description: The user that the task runs as, inside the namespace.
    type: str
    default: root
    keyword:
      - name: become_user
    vars:
      - name: ansible_become_user
    env:
      - name: ANSIBLE_BECOME_USER
    ini:
      - section: privilege_escalation
        key: become_user
      - section: netns_become_plugin
        key: user
  become_exe:
    description: The sudo command, for a connection's user that is not root.
    type: str
    default: sudo
    keyword:
      - name: become_exe
    vars:
      - name: ansible_become_exe
    env:
      - name: ANSIBLE_BECOME_EXE
    ini:
      - section: privilege_escalation
        key: become_exe
      - section: netns_become_plugin
        key: executable
  become_flags:
    description: Options for sudo, for a connection's user that is not root.
    type: str
    default: -H -S -n
    keyword:
      - name: become_flags
    vars:
      - name: ansible_become_flags
    env:
      - name: ANSIBLE_BECOME_FLAGS
    ini:
      - section: privilege_escalation
        key: become_flags
      - section: netns_become_plugin
        key: flags
  become_pass:
    description: The password of the connection's user, for sudo. A user that is root needs none.
    type: str
    vars:
      - name: ansible_become_password
      - name: ansible_become_pass
    env:
      - name: ANSIBLE_BECOME_PASS
    ini:
      - section: netns_become_plugin
        key: password
notes:
  - Files are the host's; a namespace is no container. A file that O(view=full) puts in the place of one in C(/etc) is a
    mount, and cannot be replaced from inside; write the one in C(/etc/netns/NAME), from outside.
  - A service manager starts its services where it runs itself, which is not where the task runs.
  - With O(view=full), what a task mounts is not seen outside. A namespace made by such a task would be of no use, and
    the modules of this collection make none there; make namespaces from outside.
  - Becoming a user that is not root asks the same of the temporary files as with C(ansible.builtin.sudo).
seealso:
  - module: linuxnet.netns.netns
"""

EXAMPLES = r"""
- name: Work inside a namespace
  hosts: routers
  become: true
  become_method: linuxnet.netns.netns
  vars:
    ansible_netns: blue
  tasks:
    - name: Fetch a page, as seen from inside
      ansible.builtin.uri:
        url: http://10.0.0.2/

    - name: Only this task runs in another namespace, as another user
      ansible.builtin.uri:
        url: http://10.0.0.1/
      become: true
      become_user: nobody
      vars:
        ansible_netns: red

    - name: This task runs on the host itself
      ansible.builtin.command: ip link
      become_method: ansible.builtin.sudo
      changed_when: false

# The same in an inventory, where a namespace is a host of its own.
# routers:
#   hosts:
#     blue:
#       ansible_host: 192.0.2.1
#       ansible_become: true
#       ansible_become_method: linuxnet.netns.netns
#       ansible_netns: blue
"""

import json
import re
import shlex
from typing import Any, Optional

from ansible.errors import AnsibleError
from ansible.plugins.become import BecomeBase
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import namespace_fault

#: The first line of what is said in the place of a module's result when a namespace cannot be entered.
_REFUSED = '{"changed": false, "failed": true,'

#: What sudo runs, with the script, the command and the file that tells that it was reached.
_AGAIN = '[ -z "$3" ] || rm -f "$3"; command=$2; eval "$1"'

# What runs on the managed host, under any POSIX shell, after the assignments that BecomeModule._values makes. It is
# sent as one line, because not every login shell takes more.
#
# "script" is all of this: it runs itself again through sudo where that is needed. sudo's exit status is that of what it
# runs, or its own; "reached" is a file that is removed by what sudo runs, so while it is there sudo has refused.
#
# What ip netns exec cannot put in the place of a file in /etc it only warns of, and goes on: a task that is to have
# the namespace's name servers would ask the host's. So what is in the way of that is looked for first.
#
# Then the command that enters runs with its stderr captured, and the real stdout and stderr as descriptors 4 and 5. The
# first that runs inside writes the mark to the captured one, then takes the real one: without the mark nothing ran
# inside, and what was captured says why.
#
# "command" is the module's, an argument all the way: each time that it is quoted within a quoted text, its own quotes
# are three to five times as many, and the kernel takes no argument of more than 128 KiB (MAX_ARG_STRLEN).
_SCRIPT = r"""
refuse() {
    set -f;
    why=$(printf '%s ' $1 | tr '"\\' "'/" | sed 's/[ .]*$/./');
    printf '%s\n' "$why" >&2;
    printf '%s\n"msg": "%s: %s"}\n' "$refused" "$attempt" "$why";
    exit 1;
};
if [ "$(id -u)" -ne 0 ]; then
    command -v "$sudo_exe" >/dev/null ||
        refuse "the user $(id -un) is not root, and there is no $sudo_exe on this host";
    [ "$script" ] || refuse "$sudo_exe did not make the user root but $(id -un)";
    reached=;
    [ "$password" = given ] || reached=$(mktemp 2>/dev/null);
    eval "$sudo" '/bin/sh -c "$again" sh "$script" "$command" "$reached"';
    status=$?;
    if [ "$status" -ne 0 ] && [ "$password" != given ] && [ -e "${reached:-/}" ]; then
        rm -f "$reached";
        why=$(eval "$sudo" '/bin/sh -c :' 2>&1) ||
            refuse "the user $(id -un) is not root, and sudo refused: $why";
    fi;
    exit "$status";
fi;
for file in ${files:+"$files" "$files"/*}; do
    [ ! -L "$file" ] || [ -e "$file" ] ||
        refuse "$file is a link to nothing, so that the task would have the host's own file; correct or remove it";
    [ ! -e "$file" ] || [ -r "$file" ] ||
        refuse "$file cannot be read, so that the task would have the host's own file; let root read it";
done;
enter=$(PATH=$PATH:/usr/sbin:/sbin; command -v "$1") || refuse "there is no $1 on this host; install $package";
shift;
exec 4>&1 5>&2;
said=$("$enter" "$@" "$inside" sh "$command" 2>&1 >&4);
status=$?;
case $said in
*"$mark"*)
    said=${said%%"$mark"*}${said#*"$mark"};
    [ -z "$said" ] || printf '%s\n' "$said" >&2;
    exit "$status";;
esac;
[ -e "$path" ] || refuse "there is no such namespace on this host; make it first, or correct ansible_netns";
case $said in
*"Invalid argument"*)
    refuse "$path is not a namespace but a file left behind ($said); the module netns with state: present repairs it";;
esac;
refuse "${said:-$enter ended with status $status}"
"""


class _User(str):
    """The name of a user that Ansible never takes for the connection's.

    ``_low_level_execute_command`` leaves the become plugin out, and so would run the task on the host, unless
    ``become_user != remote_user``. All other comparisons (``in``, ``==``) are those of a string.
    """

    __slots__ = ()

    def __ne__(self, other: object) -> bool:
        return True


class BecomeModule(BecomeBase):  # type: ignore[misc]
    """The become plugin: builds the command line that enters the namespace, and reads whether it was entered."""

    name = "linuxnet.netns.netns"
    fail = ("Sorry, try again.",)

    def get_option(self, option: str, hostvars: Any = None, playcontext: Any = None) -> Any:
        """Return the value of an option; the user as one that is never the connection's."""
        value = super().get_option(option, hostvars=hostvars, playcontext=playcontext)
        return _User(value or "root") if option == "become_user" else value

    def build_become_command(self, cmd: str, shell: Any) -> str:
        """Return the command line that runs a command inside. Raises: AnsibleError, when no namespace can have that
        name.
        """
        super().build_become_command(cmd, shell)
        if not cmd:
            return cmd
        if self.get_option("become_pass"):
            self.prompt = f"[sudo via ansible, key={self._id}] password:"
        command = self._build_success_command(cmd, shell, noexe=True)
        script = " ".join([self._values(shell), *(line.strip() for line in _SCRIPT.strip().splitlines())])
        return f'command={command}; script={shlex.quote(script)}; eval "$script"'

    def check_success(self, b_output: bytes) -> bool:
        """Tell whether the command runs, or its refusal is all that there is to read.

        ssh asks line by line: a refusal, which has two lines, is no success there, and nothing is sent to a command
        that has ended. The local connection asks with all that it has read. Since ansible-core 2.19 it would tell an
        early end of the output in its own words, and it keeps what it has read: so the refusal becomes the result.
        """
        keeps_output = hasattr(BecomeBase, "strip_become_success")
        return bool(super().check_success(b_output)) or (
            keeps_output and re.search(re.escape(_REFUSED.encode()) + rb"\s+.+}", bytes(b_output)) is not None
        )

    def check_incorrect_password(self, b_output: bytes) -> bool:
        """Tell whether sudo did not take the password. Raises: AnsibleError, when the password is not what is
        missing.
        """
        if b"is not in the sudoers file" in b_output or b"is not allowed to execute" in b_output:
            raise AnsibleError(f"{self._attempt()}: sudo refused: {b_output.decode(errors='replace').strip()}")
        return bool(super().check_incorrect_password(b_output))

    def _netns(self) -> str:
        value = self.get_option("netns")
        if value is None:
            raise AnsibleError(
                "ansible_netns: there is no name; set it to the namespace that the task is to run in. "
                "For a task that is to run on the host itself use another become_method."
            )
        fault = namespace_fault("ansible_netns", str(value))
        if fault is not None:
            raise AnsibleError(fault)
        return str(value)

    def _user(self) -> str:
        user = str(self.get_option("become_user"))
        if user.startswith("-"):
            raise AnsibleError(
                f"become_user: {user!r} is not a name for a user: a '-' in front would make it an option"
            )
        return user

    def _attempt(self) -> str:
        return f"The task was not run: it cannot enter the network namespace '{self._netns()}' as {self._user()}"

    def _values(self, shell: Any) -> str:
        """Return the assignments that the script starts with."""
        netns, user = self._netns(), self._user()
        path = f"/run/netns/{netns}"
        executable = getattr(shell, "executable", None) or "/bin/sh"
        inside = f'echo {self.success} >&2; exec 2>&5 4>&- 5>&-; exec {executable} -c "$1"'
        full = self.get_option("view") == "full"
        enter = ["ip", "netns", "exec", netns] if full else ["nsenter", f"--net={path}"]
        as_user = ["/bin/sh", "-c"] if user == "root" else ["su", "-s", "/bin/sh", user, "-c"]
        sudo_exe, sudo = self._sudo()
        values = {
            "refused": _REFUSED,
            "attempt": json.dumps(self._attempt())[1:-1],
            "sudo_exe": sudo_exe,
            "sudo": sudo,
            "password": "given" if self.get_option("become_pass") else "",
            "mark": self.success,
            "again": _AGAIN,
            "inside": inside,
            "path": path,
            "files": f"/etc/netns/{netns}" if full else "",
            "package": "iproute2" if full else "util-linux",
        }
        assignments = "".join(f"{name}={shlex.quote(value)}; " for name, value in values.items())
        return f"{assignments}set -- {shlex.join([*enter, *as_user])};"

    def _sudo(self) -> tuple[str, str]:
        """Return the sudo command, and the same with its options; these are words of a shell, as written by the
        user.
        """
        executable: str = self.get_option("become_exe") or "sudo"
        flags: Optional[str] = self.get_option("become_flags")
        words = shlex.split(flags or "")
        if self.get_option("become_pass"):
            # -n forbids sudo to ask; in a group of short options, it is dropped from the group.
            words = [
                re.sub(r"^(-[A-Za-z]*)n", r"\1", word) for word in words if word not in ("-n", "--non-interactive")
            ]
            words += ["-p", self.prompt]
        return shlex.split(executable)[0], f"{executable} {shlex.join([*words, '-u', 'root'])}"

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The become plugin's command line, and how it reads what comes back."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.become import BecomeBase
from ansible.plugins.shell.sh import ShellModule
from ansible_collections.linuxnet.netns.plugins.become.netns import BecomeModule

DEFAULTS = {
    "netns": "blue",
    "view": "full",
    "become_user": "root",
    "become_exe": "sudo",
    "become_flags": "-H -S -n",
    "become_pass": None,
}
REFUSAL = b'{"changed": false, "failed": true,\n"msg": "The task was not run: why."}\n'


def plugin(**options: Any) -> BecomeModule:
    one = BecomeModule()
    one._options = {**DEFAULTS, **options}
    return one


def line(one: BecomeModule, command: str = "command") -> str:
    """Return the command line."""
    shell = ShellModule()
    shell.executable = "/bin/sh"
    return str(one.build_become_command(command, shell))


def script(one: BecomeModule, command: str = "command") -> str:
    """Return the script that the command line runs, as the shell reads it."""
    first, assignment, *rest = shlex.split(line(one, command))
    assert first.startswith("command=")
    assert rest == ["eval", "$script"]
    return assignment.removeprefix("script=").removesuffix(";")


def values(one: BecomeModule, command: str = "command") -> dict[str, str]:
    """Return the assignments that the script starts with."""
    words = shlex.split(script(one, command).partition("set --")[0])
    return {name: value.removesuffix(";") for name, value in (word.split("=", 1) for word in words)}


@pytest.mark.parametrize("user", ["root", "alice", None, ""])
def test_the_user_is_never_taken_for_the_connections(user: Any) -> None:
    wanted = user or "root"
    become_user = plugin(become_user=user).get_option("become_user")
    # What ansible-core asks before it leaves a become plugin out, and what it asks about temporary files.
    assert become_user != wanted
    assert become_user in [wanted]
    assert f"~{become_user}" == f"~{wanted}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "ip netns exec blue /bin/sh -c"),
        ({"become_user": "bob"}, "ip netns exec blue su -s /bin/sh bob -c"),
        ({"view": "network"}, "nsenter --net=/run/netns/blue /bin/sh -c"),
        ({"view": "network", "become_user": "bob"}, "nsenter --net=/run/netns/blue su -s /bin/sh bob -c"),
        ({"netns": "a'b;$(c)"}, """ip netns exec 'a'"'"'b;$(c)' /bin/sh -c"""),
    ],
)
def test_the_command_that_enters(options: dict[str, Any], words: str) -> None:
    assert f"set -- {words}; " in script(plugin(**options))


@pytest.mark.parametrize(
    ("options", "sudo"),
    [
        ({}, "sudo -H -S -n -u root"),
        ({"become_flags": None}, "sudo -u root"),
        ({"become_flags": "-n -g 'two words'"}, "sudo -n -g 'two words' -u root"),
        ({"become_exe": "/opt/bin/sudo -A"}, "/opt/bin/sudo -A -H -S -n -u root"),
    ],
)
def test_sudo_as_it_is_set(options: dict[str, Any], sudo: str) -> None:
    said = values(plugin(**options))
    assert said["sudo"] == sudo
    assert said["sudo_exe"] == sudo.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("flags", "left"),
    [
        ("-H -S -n", "-H -S"),
        ("-HSn", "-HS"),
        ("--non-interactive -H", "-H"),
        ("--nice", "--nice"),
        ("-u name", "-u name"),
    ],
)
def test_with_a_password_sudo_may_ask_for_it(flags: str, left: str) -> None:
    one = plugin(become_flags=flags, become_pass="secret")
    sudo = values(one)["sudo"]
    assert sudo == f"sudo {left} -p {shlex.quote(one.prompt)} -u root"
    assert "secret" not in script(one)
    assert one.expect_prompt()
    assert one.check_password_prompt(one.prompt.encode() + b"\n")


def test_a_command_of_several_lines_is_left_as_it_is() -> None:
    command = "cat <<EOF\n  'two'  spaces\n\nEOF\n"
    assert shlex.split(line(plugin(), command))[0].endswith(f"; {command};")


def test_quotes_become_no_more_than_with_sudo() -> None:
    """The kernel takes no argument of more than 128 KiB."""
    few, many = (len(line(plugin(), "'" * n)) for n in (1, 1001))
    # sudo quotes the command once.
    assert many - few == len(shlex.quote("'" * 1001)) - len(shlex.quote("'"))


def test_no_command_is_no_command() -> None:
    assert plugin().build_become_command("", ShellModule()) == ""


@pytest.mark.parametrize("name", ["", " ", "a b", "a\nb", "..", "a/b", "../../proc/1/ns/net", "-x", "n" * 256])
def test_what_no_namespace_can_be_named(name: str) -> None:
    with pytest.raises(AnsibleError, match=r"ansible_netns: .* is not a name for a namespace"):
        script(plugin(netns=name))


def test_no_name_is_told_so() -> None:
    with pytest.raises(AnsibleError, match="ansible_netns: there is no name"):
        script(plugin(netns=None))


def test_a_user_that_would_be_an_option() -> None:
    with pytest.raises(AnsibleError, match="become_user: '-l' is not a name for a user"):
        script(plugin(become_user="-l"))


def test_success_is_the_mark_of_this_command() -> None:
    one = plugin()
    script(one)
    assert one.check_success(one.success.encode() + b"\n")
    assert not one.check_success(b"BECOME-SUCCESS-of-another\n")


@pytest.mark.skipif(not hasattr(BecomeBase, "strip_become_success"), reason="the local connection loses what it reads")
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_refusal_read_as_a_whole_is_the_result_and_by_line_no_success(end: bytes) -> None:
    one = plugin()
    script(one)
    refusal = REFUSAL.replace(b"\n", end)
    assert one.check_success(b"noise of a profile" + end + refusal)
    assert not any(one.check_success(line) for line in refusal.splitlines(keepends=True))
    assert not one.check_success(refusal[:40])


def test_a_user_without_sudo_is_told_in_sudos_words() -> None:
    one = plugin(become_pass="secret")
    script(one)
    with pytest.raises(AnsibleError, match="sudo refused: dave is not in the sudoers file"):
        one.check_incorrect_password(b"dave is not in the sudoers file.\r\n")
    assert one.check_incorrect_password(b"Sorry, try again.\n")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shell script that brings a topology about after a boot, as the steps of a plan write it. Pure. Private.

It is plain POSIX sh that calls ``ip``, ``tc``, ``bridge``, ``sysctl``, ``wg`` and ``nft``, for a host on which nothing
of this collection need be any longer. Each step adds its own lines (``Step.at_boot``); what is there already, they
leave alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    RECORDS_DIR,
    Endpoint,
    Netns,
    ShellWord,
    Thing,
    command,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

#: Where programs are looked for at boot.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: The programs that the lines of steps may call, beside those that every host has.
PROGRAMS = ("ip", "tc", "bridge", "sysctl", "wg", "nft")
_SEAL = re.compile(r"^# Written by linuxnet\.netns\. sha256 ([0-9a-f]{64})\n", re.MULTILINE)
_FORM = re.compile(r"^# It was written for this: (.*)$", re.MULTILINE)

_BEGIN = """\
# Brings topology {name} about after a boot. What is there already is left alone, so it may be run again.
# It was written for this: {form}
set -uf
umask 022
cd /
PATH={path}
LC_ALL=C
export PATH LC_ALL
record={record}
group={group}
patience=30
failed=0
"""
_FUNCTIONS = {
    "": """\
# Says what could not be done; all else is done nevertheless.
fail() {
    failed=1
    printf 'linuxnet.netns: failed: %s\\n' "$*" >&2
}
# Calls ip in a namespace; "" is the host's.
ip_in() {
    netns=$1
    shift
    ip ${netns:+-n "$netns"} "$@"
}
run() {
    "$@" >/dev/null || fail "$@"
}
# Tells whether an interface of a type is there.
there() {
    [ -n "$(ip_in "$1" link show dev "$2" type "$3" 2>/dev/null)" ]
}
""",
    "namespace": """\
# Makes a namespace, also in the place of an empty file that a reboot left of one; $made tells whether it had to.
namespace() {
    made=
    file=/run/netns/$1
    if [ -e "$file" ] && [ "$(stat -L -c %d "$file")" = "$(stat -L -c %d /proc/self/ns/net)" ]; then
        return
    fi
    if [ -f "$file" ] && ! [ -s "$file" ]; then
        rm -f "$file"
    fi
    if ip netns add "$1"; then
        made=1
    else
        fail ip netns add "$1"
    fi
}
""",
    "new": """\
# Makes what the kernel refuses to make twice; $made tells whether it was not there.
new() {
    made=
    if said=$("$@" 2>&1); then
        made=1
        return
    fi
    case $said in
    *exists* | *" already assigned"*) ;;
    *)
        printf '%s\\n' "$said" >&2
        fail "$@"
        ;;
    esac
}
""",
    "gone": """\
# Takes away what may have been taken away before.
gone() {
    if said=$("$@" 2>&1); then
        return
    fi
    case $said in
    *"No such"*) ;;
    *)
        printf '%s\\n' "$said" >&2
        fail "$@"
        ;;
    esac
}
""",
    "shaped": """\
# Tells whether an interface has a queueing discipline.
shaped() {
    case $(tc ${1:+-n "$1"} qdisc show dev "$2" 2>/dev/null) in
    *"$3"*) ;;
    *) return 1 ;;
    esac
}
""",
    "await": """\
# Waits for an interface that is there without this script, such as a NIC.
await() {
    until ip_in "$1" link show dev "$2" >/dev/null 2>&1; do
        if [ "$patience" -le 0 ]; then
            fail "waiting for $2"
            return
        fi
        patience=$((patience - 1))
        sleep 1
    done
}
""",
    "take_in": """\
# Prints the name of a device, found by a name of its or by its MAC address.
device() {
    if [ "$2" = name ]; then
        said=$(ip_in "$1" -o link show dev "$3" 2>/dev/null) || return
        said=${said#*: }
        said=${said%%:*}
        printf %s "${said%%@*}"
        return
    fi
    alike=$(ip_in "$1" -o link show | sed -n "s/^[0-9]*: \\([^:@]*\\)[:@].* link\\/[a-z0-9]* $3 .*/\\1/p")
    for one in $alike; do
        if [ -e "/sys/class/net/$one/device" ]; then
            printf %s "$one"
            return
        fi
    done
    # shellcheck disable=SC2086
    set -- $alike
    [ $# != 1 ] || printf %s "$1"
}
# Moves a device that is there into a namespace: from where, found how, to where, under which name. The name that it
# had is in $taken.
take_in() {
    taken=$5
    if ip_in "$4" link show dev "$5" >/dev/null 2>&1; then
        return
    fi
    if command -v udevadm >/dev/null && [ -S /run/udev/control ]; then
        udevadm settle --timeout="$patience"
    fi
    taken=$(device "$1" "$2" "$3")
    while [ -z "$taken" ]; do
        if [ "$patience" -le 0 ]; then
            fail "finding the device of $2 $3"
            taken=$5
            return
        fi
        patience=$((patience - 1))
        sleep 1
        taken=$(device "$1" "$2" "$3")
    done
    run ip_in "$1" link set dev "$taken" netns "${4:-$$}" name "$5"
}
""",
    "owned": """\
# Prints what tells a namespace from another of its name; nothing where it is not there.
identity() {
    said=$(stat -c %d:%i:%.9Z "/run/netns/$1" 2>/dev/null | tr -d .)
    case $said in
    *[!0-9:]*) ;;
    *) printf %s "$said" ;;
    esac
}
# Prints what tells an interface from another of its name.
on() {
    said=$(ip_in "$1" -o link show dev "$2" 2>/dev/null) || return
    place=host
    mac=
    if [ -n "$1" ]; then
        place=$(identity "$1")
        mac=${said#*link/}
        case $mac in
        *\\ *) mac=${mac#* } ;;
        *) mac= ;;
        esac
    fi
    [ -z "$place" ] || printf '%s/%s/%s' "$place" "${said%%:*}" "${mac%% *}"
}
# Tells whether a thing that may have been there is the topology's: this run made it, or one before that failed.
mine() {
    [ -n "$1" ] || { [ -n "$again" ] && grep -qF "$2" "$record"; }
}
# Tells whether an interface is in the topology's group.
ours() {
    if [ "$1/$2" != "$asked" ]; then
        asked=$1/$2
        found=$(ip_in "$1" link show dev "$2" group "$group" 2>/dev/null)
    fi
    [ -n "$found" ]
}
# Prints what the topology made, with what tells it from another, where that is known.
owned() {
    [ -n "$1" ] || return 0
    printf '%s[%s,"%s"]' "$comma" "$2" "$1"
    comma=,
}
""",
}
_LOCK = """\
mkdir -p -m 700 {directory}
if command -v flock >/dev/null; then
    exec 9<{directory}
    if ! flock -w 120 9; then
        fail 'waiting for a task of linuxnet.netns that is at work'
        exit 1
    fi
fi
"""
_RECORD = """\
boot=$(cat /proc/sys/kernel/random/boot_id)
recorded=
again=
if grep -qF "{{\\"boot\\":\\"$boot\\"," "$record" 2>/dev/null; then
    recorded=1
    if grep -qF ',"failed":1}}' "$record"; then
        again=1
    fi
fi
# A later task may have added to what this script recorded after this boot, unless that failed.
if [ -z "$recorded" ] || [ -n "$again" ]; then
    new={directory}/.new-$$
    comma=
    asked=
    {{
        printf '{{"boot":"%s","version":%s,"topology":%s,"things":[' "$boot" {version} {topology}
{things}
        printf ']'
        [ "$failed" = 0 ] || printf ',"failed":1'
        printf '}}'
    }} >"$new" && mv -f "$new" "$record" || fail "writing $record"
fi
"""


class Script:
    """A script that is being written, of a topology whose interfaces are in a ``group``.

    ``moved`` says where interfaces are in the end that are moved after they were made. ``late``: it counts on what the
    host's own network has once that is configured.
    """

    def __init__(self, group: int, moved: Mapping[Endpoint, Endpoint]) -> None:
        self._group = group
        self.moved = moved
        self.late = False
        self.programs: set[str] = set()
        self._used = {""}
        self._lines: list[str] = []
        self._made: set[Endpoint] = set()
        self._awaited: set[Endpoint] = set()
        #: The namespaces that it makes, and the variables that tell whether other things were not there before.
        self._namespaces: set[Netns] = set()
        self._variables: dict[Thing, str] = {}
        self._told_apart: dict[Thing, str] = {}
        self._recorded = ""

    @staticmethod
    def passing_name(end: Endpoint) -> str:
        """Return the name of an interface on its way to where it is to be, which hardly another has."""
        return f"ln{zlib.crc32(end.short().encode()):08x}"

    @staticmethod
    def variable_of(end: Endpoint) -> str:
        """Return the variable that holds the name which a device had before it was moved to where it is to be."""
        return f"device_{zlib.crc32(end.short().encode()):08x}"

    def line(self, function: str, *words: str) -> None:
        """Add a call of one of the script's own functions."""
        self._used.add(function)
        self._lines.append(command([function, *words]))

    def run(self, words: Sequence[str], unless: str = "", by: str = "run") -> None:
        """Add a command, which a function of the script runs, ``unless`` something is so."""
        self.programs.update(word for word in PROGRAMS if word in words)
        self._used.add(by)
        line = command([by, *words])
        self._lines.append(f"{unless} || {line}" if unless else line)

    def make(self, words: Sequence[str], thing: Thing, again: Sequence[str] = ()) -> None:
        """Add a command that makes a thing, and does nothing where it is there already; with ``again``, then that one.

        Where others may have made it, it counts as the topology's only if it was not there.
        """
        if thing.netns in self._namespaces or (thing.key and Endpoint(thing.netns, thing.key[0]) in self._made):
            self.run(again or words, by="run" if again else "new")
            return
        self.run(words, by="new")
        self._note(thing)
        if again:
            self.run(again, unless='[ -n "$made" ]')

    def namespace(self, thing: Thing) -> None:
        """Add what makes a namespace."""
        self._namespaces.add(thing.netns)
        self.line("namespace", thing.netns or "")
        self._note(thing)

    def _note(self, thing: Thing) -> None:
        variable = f"made_{len(self._variables) + 1}"
        self._variables[thing] = variable
        self.assign(variable, ShellWord("$made"))

    @staticmethod
    def there(kind: str, *ends: Endpoint) -> str:
        """Return what tells whether interfaces of a type (the kernel's kind) are there."""
        return " && ".join(command(["there", end.netns or "", end.interface, kind]) for end in ends)

    def shaped(self, end: Endpoint, discipline: str) -> str:
        """Return what tells whether an interface has a queueing discipline."""
        self._used.add("shaped")
        return command(["shaped", end.netns or "", end.interface, discipline])

    def makes(self, *ends: Endpoint) -> None:
        """Note that interfaces are made."""
        self._made.update(ends)

    def is_made(self, end: Endpoint) -> bool:
        """Tell whether the script makes an interface, or every namespace has it."""
        return end in self._made or end.interface == "lo"

    def needs(self, end: Endpoint) -> None:
        """Wait for an interface that somebody else makes."""
        if not self.is_made(end) and end not in self._awaited:
            self._awaited.add(end)
            self.line("await", end.netns or "", end.interface)

    def tells_apart(self, thing: Thing, by: str) -> None:
        """Note by what a thing is told from another of its name in the same namespace."""
        self._told_apart[thing] = f"/{by}"

    def assign(self, variable: str, value: ShellWord) -> None:
        """Set a variable."""
        self._lines.append(f"{variable}={value}")

    def record(self, topology: str, version: int, things: Iterable[tuple[Thing, str]]) -> None:
        """Add the record of what was made: each thing with its identity, which is found out at boot where it is empty:
        that of its namespace, or of the interface that it is on.
        """
        self._used.add("owned")
        lines, here = [], ""
        for thing, identity in sorted(things, key=lambda one: (one[0].netns or "", one[0].key[:1])):
            netns, only = thing.netns, ""
            apart = self._told_apart.get(thing, "")
            if identity:
                known = command([identity])
                only = f"{command(['ours', netns or '', thing.key[0]])} && " if thing.kind.on_interface else ""
            elif thing.kind.on_interface:
                known = f'"$({command(["on", netns or "", thing.key[0]])})"'
            elif netns is None:
                known = f"host{apart}"
            else:
                if here != netns:
                    here = netns
                    lines.append(f"        namespace=$({command(['identity', netns])})")
                known = f'"$namespace{apart}"'
            listed = _listed([thing.kind.name, netns or "", *thing.key])
            if thing in self._variables:
                only = f'mine "${self._variables[thing]}" {listed} && '
            lines.append(f"        {only}owned {known} {listed}")
        self._recorded = _RECORD.format(
            directory=RECORDS_DIR, version=version, topology=command([json.dumps(topology)]), things="\n".join(lines)
        )

    def text(self, topology: str, form: str) -> str:
        """Return the script; ``form`` is the topology as it was written, in JSON of one line."""
        settings = {
            "form": form,
            "path": PATH,
            "group": self._group,
            "record": command([f"{RECORDS_DIR}/{topology}.json"]),
        }
        functions = [text for name, text in _FUNCTIONS.items() if name in self._used]
        parts = [
            _BEGIN.format(name=topology, **settings),
            *functions,
            _LOCK.format(directory=RECORDS_DIR),
            "".join(f"{line}\n" for line in self._lines),
            self._recorded,
            'exit "$failed"\n',
        ]
        return sealed("#!/bin/sh\n", "\n".join(part for part in parts if part))


def _listed(parts: Sequence[str]) -> str:
    """Return a list of texts as JSON, as a word of the shell, which fills in what it knows at boot."""
    words, text = [], ""
    for number, part in enumerate(parts):
        text += "," if number else "["
        if isinstance(part, ShellWord):
            words += [command([f'{text}"']), part]
            text = '"'
        else:
            text += json.dumps(part)
    return "".join([*words, command([f"{text}]"])])


def sealed(first: str, rest: str) -> str:
    """Return a text with a line below its ``first`` ones that tells whether somebody has changed the rest."""
    return f"{first}# Written by linuxnet.netns. sha256 {_digest(first + rest)}\n{rest}"


def form_in(text: str) -> Any:
    """Return the topology, as it was written, that a script was written for; None where it does not tell it."""
    found = _FORM.search(text)
    try:
        return json.loads(found.group(1)) if found else None
    except ValueError:
        return None


def is_sealed(text: str) -> bool:
    """Tell whether a text is as it was written."""
    found = _SEAL.search(text)
    return found is not None and found.group(1) == _digest(text[: found.start()] + text[found.end() :])


def _digest(text: str) -> str:
    return hashlib.sha256(octets(text)).hexdigest()


# ---- systemd

#: Before the network is configured: with what that may need, such as the ends of cables on the host.
_EARLY = """\
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=local-fs.target systemd-modules-load.service systemd-sysctl.service systemd-udevd.service
Conflicts=shutdown.target
"""
#: When the network is configured: what configures it may take away what it does not know.
_LATE = """\
Wants=network-online.target
After=network-online.target
"""
_UNIT = """\
[Unit]
Description=Network namespaces of topology {name}
{order}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh {script}

[Install]
WantedBy={wanted_by}
"""
WANTED_BY = "multi-user.target"


def unit_of(topology: str) -> str:
    """Return the name of the unit of a topology, escaped as systemd-escape(1) does."""
    escaped = "".join(
        chr(one) if chr(one) in _PLAIN and (number or one != ord(".")) else f"\\x{one:02x}"
        for number, one in enumerate(octets(topology))
    )
    return f"linuxnet-netns-{escaped}.service"


_PLAIN: Collection[str] = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_.")


def unit_text(topology: str, script: str, *, late: bool) -> str:
    """Return the unit that runs the script of a topology at boot."""
    quoted = script
    for special, escaped in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        quoted = quoted.replace(special, escaped)
    name = topology.replace("%", "%%").rstrip("\\")
    order = _LATE if late else _EARLY
    return sealed("", _UNIT.format(name=name, order=order, script=f'"{quoted}"', wanted_by=WANTED_BY))

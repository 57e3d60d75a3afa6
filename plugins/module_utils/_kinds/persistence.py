# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What brings a topology about after a boot: files below /etc, a script and the systemd unit that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, Invalid
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import KeptFile, Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    MoveInterface,
    group_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import Interface
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Action,
    Declared,
    Endpoint,
    Netns,
    Scope,
    ShellWord,
    State,
    Step,
    immutable,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._script import (
    PATH,
    PROGRAMS,
    WANTED_BY,
    Script,
    form_in,
    is_sealed,
    unit_of,
    unit_text,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader

DIRECTORY, UNITS = "/etc/linuxnet.netns", "/etc/systemd/system"
#: Where units are, while systemd is the first process (sd_booted(3)).
_BOOTED = "/run/systemd/system"
#: The longest name of a file or a unit, in bytes (unit_name_is_valid() in systemd's src/basic/unit-name.c).
_MOST_BYTES = 255
_SCRIPT = ".sh"
#: Asks for whatever is kept.
ALL = ""


def script_of(topology: str) -> str:
    """Return the path of the script of a topology."""
    return f"{DIRECTORY}/{topology}{_SCRIPT}"


def unit_path_of(topology: str) -> str:
    """Return the path of the unit of a topology."""
    return f"{UNITS}/{unit_of(topology)}"


def _paths(topology: str) -> list[str]:
    """Return the paths of all that is kept for a topology, in the order in which it is written."""
    link = f"{UNITS}/{WANTED_BY}.wants/{unit_of(topology)}"
    return [script_of(topology), link, unit_path_of(topology)]


class Around:
    """What is to be known of the host: whether it runs systemd, the programs that it lacks, and why files cannot be
    written below /etc.
    """

    def __init__(self, systemd: bool, lacking: Sequence[str], why: str) -> None:
        self.systemd, self.lacking, self.why = systemd, lacking, why


class PersistenceKind(Kind[Union[KeptFile, Around]]):
    """The files that were asked for by the names of topologies, by path; under "" what is to be known of the host."""

    name = "persistence"
    plural = "persistence"
    order = 110
    in_namespace = False
    outlasts_boot = True

    def prepare(self, scope: Scope, state: State, reader: Reader) -> None:
        lacking = [name for name in PROGRAMS if not reader.has_program(name, PATH)]
        systemd = reader.is_directory(_BOOTED)
        places = [DIRECTORY, *([UNITS] if systemd else [])]
        why = next((why for place in places for why in [reader.unwritable(place)] if why), "")
        state.put(self, None, "", Around(systemd, lacking, why))
        asked = set(scope.details(self, None))
        if ALL in asked:
            asked = {one[: -len(_SCRIPT)] for one in reader.entries(DIRECTORY) if one.endswith(_SCRIPT)}
        for topology in asked:
            for path in _paths(topology):
                found = reader.kept_file(path)
                if found is not None:
                    state.put(self, None, path, found)

    def unseen(self, state: State) -> Any:
        return _files(state)


PERSISTENCE = PersistenceKind()


def _files(state: State) -> dict[str, KeptFile]:
    return {path: row for path, row in state.rows(PERSISTENCE, None).items() if isinstance(row, KeptFile)}


@immutable
class Persistence(Declared):
    """What ``declared`` says of a topology is brought about after a boot too; None: nothing of it is. ``form`` is the
    topology as it was written, in JSON.
    """

    path: str
    topology: str
    declared: Optional[tuple[Declared, ...]]
    form: str = ""

    def scope(self, scope: Scope) -> None:
        scope.want(PERSISTENCE, None, self.topology)
        asked = Scope()
        for one in self.declared or ():
            one.scope(asked)
        for kind in asked.wants:
            if kind.outlasts_boot:
                scope.want(kind, None, *asked.details(kind, None))

    def steps(self, state: State) -> Iterator[Step]:
        there, around = _files(state), state.row(PERSISTENCE, None, "")
        if not isinstance(around, Around):
            return
        wanted = self._wanted(state, around)
        paths = _paths(self.topology)
        differing = [path for path in paths if there.get(path) != wanted.get(path)]
        if not differing:
            return
        if around.why:
            raise Impossible(self.path, f"{around.why}; nothing was touched: make it writable, or leave persist out")
        for path in differing:
            self._untouched(path, there.get(path), wanted.get(path))
        if self.declared is not None and not around.systemd:
            state.notes.append(
                f"This host runs no systemd, so that nothing runs {script_of(self.topology)} after a boot: have it run "
                "as root before what needs the topology."
            )
        # What refers to something is written after it, and removed before it.
        for path in differing if self.declared is not None else reversed(differing):
            reloads = around.systemd and path == unit_path_of(self.topology)
            yield SetFile(path, there.get(path), wanted.get(path), reloads)

    def _untouched(self, path: str, there: Optional[KeptFile], wanted: Optional[KeptFile]) -> None:
        """Make sure that what is there is as this collection wrote it. Raises: Impossible."""
        why = "" if there is None else _strange(path, there)
        if why:
            raise Impossible(
                self.path,
                f"{path}: {why}. It was not touched: look at it, and move it away or remove it to have it "
                f"{'written anew' if wanted is not None else 'gone'}",
            )

    def _wanted(self, state: State, around: Around) -> Mapping[str, KeptFile]:
        """Return the files that are to be there, by their paths. Raises: Impossible."""
        if self.declared is None:
            return {}
        unit = unit_of(self.topology)
        if len(unit) > _MOST_BYTES:
            raise Impossible(self.path, f"the unit {unit} would have a name of more than {_MOST_BYTES} bytes")
        path, link, unit_path = _paths(self.topology)
        script = self._script(state)
        lacking = [name for name in around.lacking if name in script.programs]
        if lacking:
            raise Impossible(
                self.path, f"after a boot the program {lacking[0]} is needed, which this host lacks: install it"
            )
        wanted = {path: KeptFile(script.text(self.topology, self.form), 0o755)}
        if around.systemd:
            wanted[unit_path] = KeptFile(unit_text(self.topology, path, late=script.late))
            wanted[link] = KeptFile(link=f"../{unit}", mode=0o777)
        return wanted

    def _script(self, state: State) -> Script:
        """Return the script that brings about what is declared, on a host that has just booted. Raises: Impossible."""
        declared = self.declared or ()
        booted = _booted(state)
        for one in declared:
            for row in one.counts_on():
                booted.put(*row)
        try:
            steps = _plan.make(declared, booted).steps
        except Invalid as invalid:
            problem = invalid.problems[0]
            raise Impossible(problem.path, problem.text) from invalid
        moves = [step for step in steps if isinstance(step, MoveInterface)]
        script = Script(group_of(self.topology), {Endpoint(one.netns, one.interface): one.arrives for one in moves})
        for step in steps:
            step.at_boot(script)
        return script

    def view(self, state: State) -> dict[str, Any]:
        there = _files(state)
        shown = {path: _shown(there[path]) for path in _paths(self.topology) if path in there}
        return {"files": shown} if shown else {}


class Kept(NamedTuple):
    """What is kept of a topology: the topology as it was written, None where the script does not tell it, and what is
    wrong with the files, in words.
    """

    topology: str
    form: Any
    wrong: Sequence[str]


def kept(state: State) -> Iterator[Kept]:
    """Yield what is kept of each topology, by name."""
    there, around = _files(state), state.row(PERSISTENCE, None, "")
    systemd = isinstance(around, Around) and around.systemd
    for script in sorted(path for path in there if path.startswith(f"{DIRECTORY}/")):
        topology = script[len(f"{DIRECTORY}/") : -len(_SCRIPT)]
        told = [
            (path, _strange(path, there[path]) if path in there else "it is not there")
            for path in (_paths(topology) if systemd else [script])
        ]
        yield Kept(topology, form_in(there[script].content), [f"{path}: {why}" for path, why in told if why])


def _strange(path: str, there: KeptFile) -> str:
    """Return why what is at a path is not what this collection has written there, or nothing."""
    if there.why:
        return there.why
    is_link = path.startswith(f"{UNITS}/{WANTED_BY}.wants/")
    if there.link:
        return "" if is_link else f"it is a symbolic link to {there.link}, which is not followed"
    return "" if is_sealed(there.content) and not is_link else "it was changed by hand, or is not this collection's"


def as_result(state: State, topology: str) -> dict[str, Any]:
    """Return where a topology is kept, as a result has it."""
    around = state.row(PERSISTENCE, None, "")
    systemd = isinstance(around, Around) and around.systemd
    return {"script": script_of(topology), "unit": unit_of(topology) if systemd else None}


def _booted(state: State) -> State:
    """Return the state of a host that has just booted: what outlasts a boot, and whatever a step may count on."""
    booted = State()
    booted.assumes = True
    booted.tables = {kind: table for kind, table in state.copy().tables.items() if kind.outlasts_boot}
    booted.put(INTERFACE, None, "lo", Interface("lo", "loopback", ifindex=1, up=True))
    return booted


def _shown(file: KeptFile) -> str:
    """Return a file as a diff shows it."""
    if file.why:
        return f"({file.why})\n"
    if file.link:
        return f"(a symbolic link to {file.link})\n"
    return file.content


@immutable
class SetFile(Action):
    """Put a file at a path in the place of what ``was`` there, or remove it; with ``reloads``, systemd reads its units
    again.
    """

    path: str
    was: Optional[KeptFile]
    file: Optional[KeptFile]
    reloads: bool
    netns: Netns = None

    def command(self) -> Sequence[str]:
        if self.file is None:
            words = ["rm", self.path]
        elif self.file.link:
            words = ["ln", "-s", self.file.link, self.path]
        else:
            words = ["install", "-D", "-m", f"{self.file.mode:04o}", "/dev/stdin", self.path]
        return [*words, *([ShellWord("&&"), "systemctl", "daemon-reload"] if self.reloads else [])]

    def perform(self, host: Host) -> None:
        host.keep_file(self.path, self.file)
        try:
            if self.reloads:
                host.run(["systemctl", "daemon-reload"])
        except OSError:
            host.keep_file(self.path, self.was)
            raise

    def effect(self, state: State) -> None:
        if self.file is None:
            state.drop(PERSISTENCE, None, self.path)
        else:
            state.put(PERSISTENCE, None, self.path, self.file)

    def undo(self, before: State) -> Iterable[Step]:
        return [SetFile(self.path, self.file, self.was, self.reloads)]

    def seems_done(self, now: State) -> bool:
        return now.row(PERSISTENCE, None, self.path) == self.file

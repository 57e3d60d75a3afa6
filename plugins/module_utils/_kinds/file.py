# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a namespace, which programs inside have in the place of those in /etc: /etc/netns/NAME/FILE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._file import (
    DIRECTORY,
    ETC_DIR,
    LINK,
    MOST_BYTES,
    OWN_MODE,
    PLAIN,
    FileEntry,
    as_text,
    mark_of,
    path_of,
    printed,
    viewed,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    EARLY,
    PIPE,
    Action,
    Declared,
    Endpoint,
    Key,
    Netns,
    Scope,
    State,
    Step,
    Thing,
    branch,
    immutable,
    merge,
    shown,
    tree,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader

#: The row of a directory beside those of what is in it: no file has this name.
_ITSELF = "/"
#: The row of the directory of all namespaces is that of one without a name.
_ALL = ""


class OfFile(NamedTuple):
    """Asks for one file of a namespace."""

    netns: str
    name: str


class OfNamespace(NamedTuple):
    """Asks for all files of a namespace."""

    netns: str


class FileKind(Kind[FileEntry]):
    """Files by namespace and name. They are there whether the namespace is or not, so they are in no namespace."""

    name = "file"
    plural = "files"
    order = 10
    outlasts_boot = True
    in_namespace = False
    lost = "it was replaced or changed"

    def prepare(self, scope: Scope, state: State, reader: Reader) -> None:
        rows = state.table(self, None)
        details = list(scope.details(self, None))
        self._read(rows, reader, _ALL, _ITSELF)
        for netns in dict.fromkeys(one.netns for one in details):
            self._read(rows, reader, netns, _ITSELF)
            there = rows.get((netns, _ITSELF))
            if there is not None and there.what == DIRECTORY:
                for name in reader.files(netns):
                    self._read(rows, reader, netns, name)
        for name in {one.name for one in details if isinstance(one, OfFile)}:
            if reader.stands_in_etc(name):
                rows[_ALL, name] = FileEntry(PLAIN)

    @staticmethod
    def _read(rows: dict[Any, FileEntry], reader: Reader, netns: str, name: str) -> None:
        found = reader.file(netns, "" if name == _ITSELF else name)
        if found is not None:
            rows[netns, name] = found

    def unseen(self, state: State) -> Any:
        # The time of a directory is that of the last change in it, whoever took that back.
        rows = state.rows(self, None).items()
        return {key: one._replace(stamp=0) if one.what == DIRECTORY else one for key, one in rows}

    # ---- ownership

    def exists(self, state: State, thing: Thing) -> bool:
        return find(state, thing.netns or "", thing.key[0]) is not None

    def called(self, thing: Thing) -> str:
        return f"File {path_of(thing.netns or '', thing.key[0])}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        found = find(state, thing.netns or "", thing.key[0])
        return None if found is None or found.what != PLAIN else f"mark {found.mark}"

    def marked(self, state: State, thing: Thing, topology: str) -> str:
        found = find(state, thing.netns or "", thing.key[0])
        mark = mark_of(topology, thing.netns or "", thing.key[0])
        return f"mark {mark}" if found is not None and found.what == PLAIN and found.mark == mark else ""

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 1 and is_name(key[0])

    def recorded(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, None, OfFile(thing.netns or "", thing.key[0]))

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                yield from _removed(state, thing.netns or "", thing.key[0])
            else:
                # A run that was killed may have left no more than this.
                yield from _emptied(state, thing.netns or "")

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return _view(state, thing.netns or "", thing.key[0])


FILE = FileKind()


def find(state: State, netns: str, name: str) -> Optional[FileEntry]:
    """Return what there is under a name, as far as it was read."""
    return state.row(FILE, None, (netns, name))


def of(state: State, netns: str) -> dict[str, FileEntry]:
    """Return what there is in the directory of a namespace, by name, as far as it was read."""
    rows = state.rows(FILE, None)
    return {name: one for (place, name), one in sorted(rows.items()) if place == netns and name != _ITSELF}


def _view(state: State, netns: str, name: str) -> dict[str, Any]:
    found = find(state, netns, name)
    if found is None:
        return {}
    leaf = viewed(found) if found.what == PLAIN else found.what
    return tree([*branch(netns), "files", shown(name)], leaf)


def _check_directories(state: State, path: str, netns: str) -> None:
    """Make sure that what is to have the files is no link, nor anything else. Raises: Impossible."""
    for place in (_ALL, netns):
        found = find(state, place, _ITSELF)
        if found is not None and found.what != DIRECTORY:
            raise Impossible(path, _in_the_way(path_of(place), found))


def _in_the_way(path: str, found: FileEntry) -> str:
    if found.what == LINK:
        leads = shown(found.target) + ("" if found.reaches else ", where nothing is")
        what = f"a symbolic link to {leads}"
    else:
        what = "a directory" if found.what == DIRECTORY else "no file" if path.count("/") > 3 else "no directory"
    return f"{shown(path)} is {what}, and was not touched: look at it, and remove it if it is not needed"


def _removed(state: State, netns: str, name: str) -> Iterator[Step]:
    """Yield the steps that remove a file, and the directory, if we made it and nothing else is in it."""
    found = find(state, netns, name)
    if found is not None:
        yield RemoveFile(netns, name)
    yield from _emptied(state, netns)


def _emptied(state: State, netns: str) -> Iterator[Step]:
    """Yield what removes the directory of a namespace, if we made it and nothing is in it."""
    directory = find(state, netns, _ITSELF)
    if directory is not None and directory.mode == OWN_MODE and not of(state, netns):
        yield RemoveDirectory(netns)


@immutable
class File(Declared):
    """A namespace has this file, or with ``present`` false none of its name.

    ``mode``, ``uid`` and ``gid`` are left as they are where they are None; ``topology`` is whose the file is when it is
    made, if it is one's.
    """

    path: str
    netns: str
    name: str
    content: bytes = b""
    mode: Optional[int] = None
    uid: Optional[int] = None
    gid: Optional[int] = None
    topology: str = ""
    present: bool = True
    stage = EARLY

    def scope(self, scope: Scope) -> None:
        scope.want(FILE, None, OfFile(self.netns, self.name))

    def steps(self, state: State) -> Iterator[Step]:
        _check_directories(state, self.path, self.netns)
        there = find(state, self.netns, self.name)
        if there is not None and there.what != PLAIN:
            raise Impossible(self.path, _in_the_way(path_of(self.netns, self.name), there))
        if there is not None and there.content is None:
            raise Impossible(
                self.path,
                f"{path_of(self.netns, self.name)} has more than {MOST_BYTES} bytes, and was not touched: look at it, "
                "and move it away",
            )
        if not self.present:
            yield from _removed(state, self.netns, self.name) if there is not None else ()
            return
        state.notes.extend(self._warnings(state))
        wanted = self._wanted(there)
        if there is not None and wanted.same(there):
            return
        if find(state, self.netns, _ITSELF) is None:
            directory = FileEntry(DIRECTORY, mode=OWN_MODE)
            yield MakeDirectory(self.netns, directory, whole=find(state, _ALL, _ITSELF) is None)
        yield WriteFile(self.netns, self.name, wanted, new=there is None)

    def _wanted(self, there: Optional[FileEntry]) -> FileEntry:
        # A file that is written anew is whose it was: it keeps its mark.
        new = mark_of(self.topology, self.netns, self.name) if self.topology else 0
        was = FileEntry(PLAIN, stamp=new) if there is None else there._replace(stamp=there.mark)
        return was._replace(
            content=self.content,
            mode=was.mode if self.mode is None else self.mode,
            uid=was.uid if self.uid is None else self.uid,
            gid=was.gid if self.gid is None else self.gid,
        )

    def _warnings(self, state: State) -> Iterator[str]:
        if find(state, _ALL, self.name) is None:
            yield (
                f"This host has no /etc/{self.name}, in whose place {path_of(self.netns, self.name)} could be put: ip "
                "netns exec warns of it, and programs inside do not have the file. Make one, an empty one will do."
            )
        for name, one in of(state, self.netns).items():
            if one.what == LINK and not one.reaches:
                yield (
                    f"{shown(path_of(self.netns, name))} is a symbolic link to {shown(one.target)}, where nothing is: "
                    f"what runs in namespace {self.netns} has the host's /etc/{shown(name)}."
                )

    def view(self, state: State) -> dict[str, Any]:
        return _view(state, self.netns, self.name)

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        return False

    def endpoints(self) -> set[Endpoint]:
        # Its own place, which no interface has: each is possible by itself.
        return {Endpoint(self.netns, path_of(self.netns, self.name))}

    def things(self) -> Iterable[Thing]:
        return [Thing(FILE, self.netns, (self.name,))]


@immutable
class NoFilesOf(Declared):
    """A namespace that a topology no longer has, has none of the files that the topology made."""

    path: str
    topology: str
    netns: str

    def scope(self, scope: Scope) -> None:
        scope.want(FILE, None, OfNamespace(self.netns))

    def _made(self, state: State) -> list[str]:
        return [
            name
            for name in of(state, self.netns)
            if FILE.marked(state, Thing(FILE, self.netns, (name,)), self.topology)
        ]

    def steps(self, state: State) -> Iterator[Step]:
        for name in self._made(state):
            yield from _removed(state, self.netns, name)
        # A run that was killed may have left no more than this.
        yield from _emptied(state, self.netns)

    def view(self, state: State) -> dict[str, Any]:
        view: dict[str, Any] = {}
        for name in self._made(state):
            merge(view, _view(state, self.netns, name))
        return view


@immutable
class WriteFile(Action):
    """Write a file of a namespace, in one piece; ``new``: there was none."""

    place: str
    name: str
    entry: FileEntry
    new: bool = False
    netns: Netns = None

    def command(self) -> Sequence[str]:
        entry, path = self.entry, path_of(self.place, self.name)
        owner = [word for flag, one in (("-o", entry.uid), ("-g", entry.gid)) if one for word in (flag, str(one))]
        install = ["install", "-m", f"{entry.mode:04o}", *owner]
        content = printed(entry)
        if content is None:
            return [*install, f"({len(entry.content or b'')} bytes, not shown)", path]
        return ["printf", content, PIPE, *install, "/dev/stdin", path]

    def perform(self, host: Host) -> None:
        host.write_file(self.place, self.name, self.entry)

    def makes(self) -> Sequence[Thing]:
        # What was there is still whose it was.
        return [Thing(FILE, self.place, (self.name,))] if self.new else []

    def effect(self, state: State) -> None:
        state.put(FILE, None, (self.place, self.name), self.entry)

    def undo(self, before: State) -> Iterable[Step]:
        was = find(before, self.place, self.name)
        return [RemoveFile(self.place, self.name) if was is None else WriteFile(self.place, self.name, was)]


@immutable
class RemoveFile(Action):
    """Remove a file of a namespace."""

    place: str
    name: str
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["rm", path_of(self.place, self.name)]

    def perform(self, host: Host) -> None:
        host.remove_file(self.place, self.name)

    def removes(self) -> Sequence[Thing]:
        return [Thing(FILE, self.place, (self.name,))]

    def effect(self, state: State) -> None:
        state.drop(FILE, None, (self.place, self.name))

    def undo(self, before: State) -> Iterable[Step]:
        was = find(before, self.place, self.name)
        return [] if was is None else [WriteFile(self.place, self.name, was)]


@immutable
class MakeDirectory(Action):
    """Make the directory of a namespace's files; ``whole``: with that of all."""

    place: str
    entry: FileEntry
    whole: bool
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["mkdir", "-p", path_of(self.place)]

    def perform(self, host: Host) -> None:
        host.make_directory(self.place, self.entry)

    def effect(self, state: State) -> None:
        state.put(FILE, None, (self.place, _ITSELF), self.entry)
        if self.whole:
            state.put(FILE, None, (_ALL, _ITSELF), FileEntry(DIRECTORY, mode=0o755))

    def undo(self, before: State) -> Iterable[Step]:
        return [RemoveDirectory(self.place, self.whole)]


@immutable
class RemoveDirectory(Action):
    """Remove the directory of a namespace's files, in which nothing is; ``whole``: with that of all."""

    place: str
    whole: bool = False
    netns: Netns = None

    def command(self) -> Sequence[str]:
        return ["rmdir", path_of(self.place), *([ETC_DIR] if self.whole else [])]

    def perform(self, host: Host) -> None:
        host.remove_directory(self.place, whole=self.whole)

    def effect(self, state: State) -> None:
        state.drop(FILE, None, (self.place, _ITSELF))
        if self.whole:
            state.drop(FILE, None, (_ALL, _ITSELF))

    def undo(self, before: State) -> Iterable[Step]:
        was = find(before, self.place, _ITSELF)
        return [] if was is None else [MakeDirectory(self.place, was, self.whole)]


def as_result(state: State, netns: str) -> list[dict[str, Any]]:
    """Return what there is in the directory of a namespace, as results have it: of what not everybody may read, and of
    what is no text, no content.
    """
    return [_told(name, one) for name, one in of(state, netns).items()]


def _told(name: str, one: FileEntry) -> dict[str, Any]:
    return {
        "name": shown(name),
        "type": one.what,
        "target": shown(one.target) or None,
        "dangling": not one.reaches,
        "mode": f"{one.mode:04o}",
        "owner": one.uid,
        "group": one.gid,
        "content": as_text(one.content) if one.is_open else None,
    }

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of nftables: what packets may pass in a namespace, and what becomes of them.

A ruleset is compared by what the library writes of it: it is loaded in a namespace that nobody sees, and read back.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import cut
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, KernelError, NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    demand_namespace,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    EARLY,
    TUNING,
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
    describe,
    executed,
    immutable,
    merge,
    tree,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Owner, Schema
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
#: A table as a ruleset begins it; without a family it is of IPv4 (nft(8)).
_TABLE = re.compile(
    rf"^[ \t]*(?:(?:add|create)[ \t]+)?table[ \t]+(?:({'|'.join(FAMILIES)})[ \t]+)?([\w.\\/-]+)\s*[{{;]?", re.M
)
_COMMENT = re.compile(r"#[^\n]*")
#: Where a ruleset names interfaces that must be there: iifname and oifname do not.
_DEVICES = re.compile(r"\b(?:iif|oif|devices?)\b\s*(?:[!=]?=)?\s*(\{[^}]*\}|\$?[^\s{};,]+)")
_DEFINED = re.compile(r"^[ \t]*(?:re)?define[ \t]+(\w+)\s*=\s*(\{[^}]*\}|\"?[^\s\"{};]+)", re.M)
_NAME = re.compile(r"[\w.\\/-]+")
#: Sets that packets add to.
_DYNAMIC = re.compile(r"^\s+flags [\w,]*\b(dynamic|timeout)\b")
_MOST_OF_A_MISTAKE = 1000

TableKey = tuple[str, ...]


class Table(NamedTuple):
    """A table: what it says, and the same with what its counters and sets have come to."""

    text: str
    full: str


class Loaded(NamedTuple):
    """What became of a ruleset: its tables by family and name, or why there are none."""

    tables: tuple[tuple[TableKey, str], ...] = ()
    fault: str = ""


class Asked(NamedTuple):
    """Asks for what a ruleset makes, and for the tables of that."""

    text: str
    tables: tuple[TableKey, ...]


def lasting(text: str) -> str:
    """Return what a table says without what packets add to it: elements of sets that are dynamic or time out."""
    kept: list[str] = []
    dynamic = skipping = False
    for line in text.splitlines():
        if line.startswith("\t") and not line.startswith("\t\t"):
            dynamic = False
        dynamic = dynamic or _DYNAMIC.match(line) is not None
        skipping = skipping or (dynamic and line.lstrip().startswith("elements = "))
        if not skipping:
            kept.append(line)
        elif line.endswith("}"):
            skipping = False
    return "\n".join(kept) + "\n"


class NftablesKind(Kind[Table]):
    """The tables of a namespace that were asked for, by family and name."""

    name = "nftables table"
    plural = "tables"
    order = 20

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Table]:
        return _Tables(state, scope, reader)

    def unseen(self, state: State) -> Any:
        tables = state.tables.get(self, {})
        return {netns: {key: one.text for key, one in rows.items()} for netns, rows in tables.items() if rows}

    # ---- ownership

    def called(self, thing: Thing) -> str:
        return f"Table {' '.join(thing.key)} in {describe(thing.netns)}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        # What it says. Its handle would tell more, but one that a rollback puts back has another.
        there = state.row(self, thing.netns, thing.key)
        own = state.identity_of(thing.netns)
        return f"{own}/{_digest(there.text)}" if there is not None and own else None

    def made(self, host: Host, thing: Thing, around: str) -> str:
        return f"{around}/{_digest(lasting(host.table(thing.netns, thing.key)))}"

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 2 and key[0] in FAMILIES and isinstance(key[1], str) and bool(_NAME.fullmatch(key[1]))

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns, Asked("", (thing.key,)))

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            there = state.row(self, thing.netns, thing.key)
            if there is not None and mine(thing):
                yield DeleteTable(thing.netns, thing.key)

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return _view(state, thing.netns, [thing.key])


NFTABLES = NftablesKind()


class RulesetKind(Kind[Loaded]):
    """What rulesets make, by their texts; they are in no namespace."""

    name = "ruleset"
    plural = "rulesets"
    order = 19
    in_namespace = False
    # What a text makes is the same then.
    outlasts_boot = True

    def prepare(self, scope: Scope, state: State, reader: Reader) -> None:
        for text in scope.details(self, None):
            state.put(self, None, text, _loaded(text, reader))


RULESETS = RulesetKind()


def _digest(text: str) -> str:
    return hashlib.sha256(octets(text)).hexdigest()[:16]


def _loaded(text: str, reader: Reader) -> Loaded:
    try:
        found = reader.ruleset(text, _devices(text))
    except NetlinkError as error:
        return Loaded(fault=f"nftables refuses it: {cut(error.explanation, _MOST_OF_A_MISTAKE)}")
    except OSError as error:
        if error.errno != errno.EPERM:
            raise
        raise KernelError(
            "A ruleset is tried in a network namespace of its own, which takes the capability CAP_SYS_ADMIN: use "
            "become."
        ) from error
    if not found:
        return Loaded(fault="it has no table: a ruleset is one or more of 'table FAMILY NAME { … }'")
    return Loaded(tuple((key, lasting(one)) for key, one in found.items()))


def _devices(text: str) -> list[str]:
    """Return the names of interfaces that a ruleset takes to be there, but for lo."""
    plain = _COMMENT.sub("", text)
    defined = dict(_DEFINED.findall(plain))
    names: dict[str, None] = {}
    for found in _DEVICES.findall(plain):
        for word in re.findall(r"[^\s{},\"]+", found):
            words = re.findall(r"[^\s{},\"]+", defined.get(word[1:], "")) if word.startswith("$") else [word]
            names.update(
                dict.fromkeys(one for one in words if 0 < len(one.encode("utf-8", "replace")) < 16 and "/" not in one)
            )
    return [name for name in names if name not in ("lo", ".", "..")]


class _Tables(Reading[Table]):
    """One reading of tables."""

    def __init__(self, state: State, scope: Scope, reader: Reader) -> None:
        super().__init__(state)
        self._scope, self._reader = scope, reader

    def inside(self, netns: Netns, route: Socket) -> None:
        wanted: dict[TableKey, None] = {}
        for asked in self._scope.details(NFTABLES, netns):
            loaded = self._state.row(RULESETS, None, asked.text)
            wanted.update(dict.fromkeys([*asked.tables, *(key for key, _text in (loaded.tables if loaded else ()))]))
        for key, (text, full) in self._reader.tables(wanted).items():
            self._state.put(NFTABLES, netns, key, Table(lasting(text), full))


def _view(state: State, netns: Netns, keys: Iterable[TableKey]) -> dict[str, Any]:
    view: dict[str, Any] = {}
    for key in keys:
        there = state.row(NFTABLES, netns, key)
        if there is not None:
            merge(view, tree([*branch(netns), "nftables", " ".join(key)], _lines(there.text)))
    return view


def _lines(text: str) -> list[str]:
    """Return what is between the braces of a table, in lines."""
    inner = [line for line in text.splitlines()[1:-1] if line.strip()]
    return [line.removeprefix("\t").replace("\t", "  ") for line in inner]


@immutable
class Ruleset(Declared):
    """A namespace has the tables of a ruleset, or with ``gone`` none of these."""

    path: str
    netns: Netns
    text: str
    tables: tuple[TableKey, ...]
    gone: bool = False
    stage = EARLY

    def scope(self, scope: Scope) -> None:
        scope.want(NFTABLES, self.netns, Asked("" if self.gone else self.text, self.tables))
        if not self.gone:
            scope.want(RULESETS, None, self.text)

    def steps(self, state: State) -> Iterator[Step]:
        if self.gone:
            for key in self.tables:
                if state.row(NFTABLES, self.netns, key) is not None:
                    yield DeleteTable(self.netns, key)
            return
        demand_namespace(state, "netns", self.netns)
        for key, text in self._wanted(state):
            there = state.row(NFTABLES, self.netns, key)
            if there is None or there.text != text:
                yield LoadTable(self.netns, key, text, there is not None)

    def _wanted(self, state: State) -> Sequence[tuple[TableKey, str]]:
        loaded = state.row(RULESETS, None, self.text) or Loaded()
        if loaded.fault:
            raise Impossible(self.path, loaded.fault)
        for key, _text in loaded.tables:
            if key not in self.tables:
                raise Impossible(
                    self.path,
                    f"it makes table {' '.join(key)}, which must be written as 'table {' '.join(key)} {{ … }}'",
                )
        return loaded.tables

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        return self.netns in created

    def view(self, state: State) -> dict[str, Any]:
        return _view(state, self.netns, self.tables)

    def endpoints(self) -> set[Endpoint]:
        # Its own place, which no interface has: each is possible by itself.
        return {Endpoint(self.netns, self.path)}

    def things(self) -> Iterable[Thing]:
        return [Thing(NFTABLES, self.netns, key) for key in self.tables]


@immutable
class DeviceRuleset(Ruleset):
    """A ruleset that names interfaces, which must be there before it is loaded."""

    stage = TUNING

    def scope(self, scope: Scope) -> None:
        super().scope(scope)
        if not self.gone:
            scope.want(INTERFACE, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if not self.gone:
            demand_namespace(state, "netns", self.netns)
            for device in _devices(self.text):
                require(state, "", Endpoint(self.netns, device), option=self.path)
        yield from super().steps(state)


@immutable
class LoadTable(Action):
    """Load a table, in place of the one that is ``there``: the kernel takes both at once."""

    netns: Netns
    table: TableKey
    text: str
    there: bool

    def command(self) -> Sequence[str]:
        return _nft(self.netns, self._commands())

    def _commands(self) -> str:
        named = " ".join(self.table)
        return f"delete table {named}\n{self.text}" if self.there else self.text

    def at_boot(self, script: Script) -> None:
        (thing,) = self.makes()
        for device in _devices(self.text):
            script.needs(Endpoint(self.netns, device))
        # Whether it is there or not, so it is replaced at once.
        script.run(_nft(self.netns, f"table {' '.join(self.table)}\ndelete table {' '.join(self.table)}\n{self.text}"))
        script.tells_apart(thing, _digest(lasting(self.text)))

    def makes(self) -> Sequence[Thing]:
        return [Thing(NFTABLES, self.netns, self.table)]

    def perform(self, host: Host) -> None:
        host.load_ruleset(self.netns, self._commands())

    def effect(self, state: State) -> None:
        state.put(NFTABLES, self.netns, self.table, Table(lasting(self.text), self.text))

    def undo(self, before: State) -> Iterable[Step]:
        was = before.row(NFTABLES, self.netns, self.table)
        return [
            DeleteTable(self.netns, self.table) if was is None else LoadTable(self.netns, self.table, was.full, True)
        ]

    def advice(self, error: int) -> str:
        return "load the module nf_tables" if error == errno.EOPNOTSUPP else ""


@immutable
class DeleteTable(Action):
    """Delete a table with all that is in it."""

    netns: Netns
    table: TableKey

    def command(self) -> Sequence[str]:
        return _nft(self.netns, f"delete table {' '.join(self.table)}")

    def removes(self) -> Sequence[Thing]:
        return [Thing(NFTABLES, self.netns, self.table)]

    def perform(self, host: Host) -> None:
        host.load_ruleset(self.netns, f"delete table {' '.join(self.table)}\n")

    def achieved(self, error: int) -> bool:
        return error == errno.ENOENT

    def effect(self, state: State) -> None:
        state.drop(NFTABLES, self.netns, self.table)

    def undo(self, before: State) -> Iterable[Step]:
        was = before.row(NFTABLES, self.netns, self.table)
        return [] if was is None else [LoadTable(self.netns, self.table, was.full, False)]


def _nft(netns: Netns, text: str) -> list[str]:
    return executed(netns, "nft", text.rstrip("\n"))


def as_result(state: State, declared: Iterable[Declared]) -> list[dict[str, Any]]:
    """Return the tables that are declared and there, as a result has them."""
    return [
        {"family": key[0], "name": key[1], "text": state.rows(NFTABLES, one.netns)[key].text}
        for one in declared
        if isinstance(one, Ruleset)
        for key in _keys(state, one)
        if key in state.rows(NFTABLES, one.netns)
    ]


def _keys(state: State, one: Ruleset) -> Iterable[TableKey]:
    loaded = state.row(RULESETS, None, one.text)
    return one.tables if one.gone or loaded is None else [key for key, _text in loaded.tables]


# ---- as they are written


def tables_of(text: str) -> tuple[TableKey, ...]:
    """Return the tables that a ruleset begins, by family and name."""
    return tuple(dict.fromkeys((family or "ip", name) for family, name in _TABLE.findall(_COMMENT.sub("", text))))


def read(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return the text of a ruleset; notes mistakes that can be seen before it is tried."""
    if not isinstance(written, str):
        problems.add(path, f"the text of a ruleset is needed, not {kind(written)}")
        return None
    if "\0" in written or not tables_of(written):
        problems.add(path, "it has no table: a ruleset is one or more of 'table FAMILY NAME { … }'")
        return None
    return written


def read_table(problems: Problems, path: str, written: Any) -> Optional[TableKey]:
    """Return the family and the name of a table, which is of IPv4 where no family is written."""
    words = written.split() if isinstance(written, str) else []
    family, name = ("ip", *words) if len(words) == 1 else words if len(words) == 2 else ("", "")
    if family in FAMILIES and _NAME.fullmatch(name):
        return family, name
    problems.add(path, f"'FAMILY NAME' is needed, where the family is one of {', '.join(FAMILIES)}")
    return None


def declared(path: str, netns: Netns, text: str, *, gone: bool = False) -> Ruleset:
    """Return the declared object of a ruleset."""
    return (DeviceRuleset if _devices(text) else Ruleset)(path, netns, text, tables_of(text), gone)


class _Text:
    """What the key of a topology takes."""

    @staticmethod
    def read(problems: Problems, path: str, written: Any) -> Optional[str]:
        """Make a ruleset of a text."""
        return read(problems, path, written)

    @staticmethod
    def schema(shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"type": "string", "pattern": "table"}

    @staticmethod
    def option() -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "str"}


def place_key() -> _form.Key[Any]:
    """Return the key of a namespace and of the host, as a topology has it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form

    def declare(site: _form.Site, written: str, owner: Owner) -> Sequence[Declared]:
        where = f"{site.path}.nftables" if site.path else "nftables"
        return [declared(where, site.netns, written, gone=not owner.present)]

    return _form.Key(_Text(), "Tables of nftables: the text of a ruleset.", declare=declare)

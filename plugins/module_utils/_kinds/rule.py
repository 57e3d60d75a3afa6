# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routing rules of a namespace, IPv4 and IPv6: which packets are looked for in which routing table."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, NetlinkError, is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import demand_namespace
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    LATE,
    Declared,
    Endpoint,
    Key,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    branch,
    describe,
    immutable,
    ip,
    tree,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import rules
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import CREATE, EXCL
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import PROTOCOLS, TABLES, TYPES
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.rules import TO_TABLE, Rule

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/rtnetlink.h: the protocols of rules that people make: ``ip rule`` states none, ours are ``static``.
STATIC = 4
BY_PEOPLE = frozenset({0, 3, STATIC})
#: The rules that each namespace has from the beginning, by priority, each with its table.
_KERNELS = {0: 255, 32766: 254, 32767: 253}
_ALL_BITS = 0xFFFFFFFF
#: linux/fib_rules.h: what else rules compare or do, as ``ip`` is told of it: GOTO, TUN_ID, SUPPRESS_IFGROUP, L3MDEV,
#: UID_RANGE, IP_PROTO, SPORT_RANGE, DPORT_RANGE.
_OTHERS: dict[int, tuple[str, str]] = {
    4: ("goto", "=I"),
    12: ("tun_id", ">Q"),
    13: ("suppress_ifgroup", "=I"),
    19: ("l3mdev", ""),
    20: ("uidrange", "=II"),
    22: ("ipproto", "=B"),
    23: ("sport", "=HH"),
    24: ("dport", "=HH"),
}


class RuleRow(NamedTuple):
    """A rule, and the kernel's report of it, by which it can be put back exactly as it was."""

    rule: Rule
    raw: bytes = b""


def selector(rule: Rule) -> list[str]:
    """Return which packets a rule is for, in the words of ``ip rule``."""
    words = ["not"] if rule.inverted else []
    for word, stated in (("from", rule.origin), ("to", rule.destination), ("iif", rule.iif), ("oif", rule.oif)):
        words += [word, stated] if stated else []
    if rule.tos:
        words += ["tos", f"{rule.tos:#x}"]
    if rule.mask:
        words += ["fwmark", mark(rule)]
    return words


def mark(rule: Rule) -> str:
    """Return the mark that a rule compares, with the mask where not all bits count."""
    return f"{rule.mark:#x}" if rule.mark and rule.mask == _ALL_BITS else f"{rule.mark:#x}/{rule.mask:#x}"


def action(rule: Rule) -> list[str]:
    """Return what becomes of them, in the words of ``ip rule``."""
    if rule.action == TO_TABLE:
        words = ["table", TABLES.get(rule.table, str(rule.table))] if rule.table else []
    else:
        words = [TYPES[rule.action]] if rule.action in (6, 7, 8) else ["nop"] if rule.action == 3 else []
    if rule.suppress is not None:
        words += ["suppress_prefixlength", str(rule.suppress)]
    return words


def _others(rule: Rule) -> Iterator[str]:
    for kind, content in rule.rest:
        word, form = _OTHERS.get(kind, ("", ""))
        if word:
            yield word
            if form and struct.calcsize(form) == len(content):
                yield "-".join(map(str, struct.unpack(form, content)))


def name(rule: Rule) -> str:
    """Return a rule as a text, which no other has that differs in more than who made it."""
    version = [] if rule.origin or rule.destination or rule.version == 4 else ["ipv6"]
    words = [f"{rule.priority}:", *version, *selector(rule), *_others(rule), *action(rule)]
    words += [f"{kind}={content.hex()}" for kind, content in rule.rest if kind not in _OTHERS]
    return " ".join(words)


def is_kernels(rule: Rule) -> bool:
    """Tell whether it is one of those that each namespace has from the beginning, whoever put it back."""
    bare = not selector(rule) and not rule.rest and rule.suppress is None
    return bare and rule.action == TO_TABLE and _KERNELS.get(rule.priority) == rule.table


class RuleKind(Kind[tuple[RuleRow, ...]]):
    """The rules of a namespace by their names, in the kernel's order; it never takes one away by itself."""

    name = "rule"
    plural = "rules"
    order = 50

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[tuple[RuleRow, ...]]:
        return _Rules(state)

    # ---- ownership

    def called(self, thing: Thing) -> str:
        return f"Rule {thing.key[0]} in {describe(thing.netns)}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        # Its namespace, as long as its protocol is the one that ours have.
        if not any(one.rule.protocol == STATIC for one in state.row(self, thing.netns, thing.key[0]) or ()):
            return None
        return state.identity_of(thing.netns) or None

    def exists(self, state: State, thing: Thing) -> bool:
        return thing.key[0] in state.rows(self, thing.netns)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 1 and isinstance(key[0], str) and key[0].partition(":")[0].isdecimal()

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                there = state.row(self, thing.netns, thing.key[0]) or ()
                own = [one for one in there if one.rule.protocol == STATIC]
                yield DeleteRule(thing.netns, own[0])

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return _view(thing.netns, thing.key if self.exists(state, thing) else ())


RULE = RuleKind()


class _Rules(Reading[tuple[RuleRow, ...]]):
    """One reading of rules."""

    def inside(self, netns: Netns, route: Socket) -> None:
        table = self._state.table(RULE, netns)
        try:
            found = route.dump(rules.dump())
        except NetlinkError as error:
            if not is_none(error):
                raise
            return  # a kernel without rules, which says so when one is to be made
        for raw in found:
            rule = rules.rule(raw)
            if rule is not None:
                key = name(rule)
                table[key] = (*table.get(key, ()), RuleRow(rule, raw))


def _view(netns: Netns, names: Iterable[str]) -> dict[str, Any]:
    listed = list(names)
    return tree([*branch(netns), "rules"], listed) if listed else {}


def _in_order(row: RuleRow) -> tuple[int, int]:
    return row.rule.version, row.rule.priority


def by_people(state: State, netns: Netns) -> list[RuleRow]:
    """Return the rules that people made, in order, but those that each namespace has."""
    rows = [one for there in state.rows(RULE, netns).values() for one in there]
    return sorted((one for one in rows if one.rule.protocol in BY_PEOPLE and not is_kernels(one.rule)), key=_in_order)


def in_results(state: State, netns: Netns) -> list[dict[str, Any]]:
    """Return the same as a result has them: as one would write them."""
    return [as_written(one.rule) for one in by_people(state, netns)]


def as_written(rule: Rule) -> dict[str, Any]:
    """Return a rule as one would write it; what cannot be written is told in the words of ``ip``."""
    leaf: dict[str, Any] = {"priority": rule.priority, "family": f"ipv{rule.version}"}
    for key, stated in (("from", rule.origin), ("to", rule.destination), ("iif", rule.iif), ("oif", rule.oif)):
        if stated:
            leaf[key] = stated
    if rule.inverted:
        leaf["not"] = True
    if rule.mask:
        leaf["fwmark"] = mark(rule)
    if rule.action == TO_TABLE:
        leaf["table"] = TABLES.get(rule.table, str(rule.table))
    else:
        leaf["action"] = TYPES.get(rule.action, str(rule.action)) if rule.action != 3 else "nop"
    if rule.suppress is not None:
        leaf["suppress_prefixlength"] = rule.suppress
    others = [*(["tos", f"{rule.tos:#x}"] if rule.tos else []), *_others(rule)]
    return {**leaf, "others": " ".join(others)} if others else leaf


class Stated(NamedTuple):
    """What a rule that is to be gone has, as far as it is stated: the values of fields, by their names."""

    fields: tuple[tuple[str, Any], ...]

    def fits(self, rule: Rule) -> bool:
        """Tell whether a rule has all of it."""
        return all(getattr(rule, field) == stated for field, stated in self.fields)


@immutable
class OneRule(Declared):
    """A namespace has this rule, or with ``gone`` none that has all that is stated."""

    path: str
    netns: Netns
    rule: Rule
    gone: Optional[Stated] = None
    stage = LATE

    def scope(self, scope: Scope) -> None:
        scope.want(RULE, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if self.gone is not None:
            for one in self._fitting(state):
                if is_kernels(one.rule):
                    raise Impossible(self.path, f"{name(one.rule)} is the kernel's own rule, which is never removed")
                yield DeleteRule(self.netns, one)
            return
        demand_namespace(state, "netns", self.netns)
        if name(self.rule) not in state.rows(RULE, self.netns):
            yield AddRule(self.netns, RuleRow(self.rule))

    def _fitting(self, state: State) -> list[RuleRow]:
        rows = [one for there in state.rows(RULE, self.netns).values() for one in there]
        return [one for one in rows if self.gone is not None and self.gone.fits(one.rule)]

    def view(self, state: State) -> dict[str, Any]:
        if self.gone is not None:
            return _view(self.netns, [name(one.rule) for one in self._fitting(state)])
        shown = name(self.rule)
        return _view(self.netns, [shown] if shown in state.rows(RULE, self.netns) else ())

    def proven(self, before: State, created: AbstractSet[str]) -> bool:
        return self.netns in created

    def endpoints(self) -> set[Endpoint]:
        # Its own place, which no interface has: each is possible by itself.
        return {Endpoint(self.netns, self.path)}

    def things(self) -> Iterable[Thing]:
        return [Thing(RULE, self.netns, (name(self.rule),))]


@immutable
class NoOtherRules(Declared):
    """With ``remove``, a namespace has no other rules than these that people made, but those that each has.

    All rules are looked at, so that a result can have them.
    """

    path: str
    netns: Netns
    rules: tuple[Rule, ...]
    remove: bool

    def scope(self, scope: Scope) -> None:
        scope.want(RULE, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        if self.remove:
            demand_namespace(state, "netns", self.netns)
            for one in self._others(state):
                yield DeleteRule(self.netns, one)

    def _others(self, state: State) -> list[RuleRow]:
        kept = {name(rule) for rule in self.rules}
        return [one for one in by_people(state, self.netns) if name(one.rule) not in kept]

    def view(self, state: State) -> dict[str, Any]:
        return _view(self.netns, [name(one.rule) for one in self._others(state)] if self.remove else ())


@immutable
class AddRule(Request):
    """Add a rule; it comes after those of the same priority."""

    netns: Netns
    row: RuleRow

    def command(self) -> Sequence[str]:
        return _words(self.netns, "add", self.row.rule)

    def at_boot(self, script: Script) -> None:
        script.late = script.late or self.netns is None
        (thing,) = self.makes()
        script.make(self.command(), thing)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return rules.request(rules.NEWRULE, CREATE | EXCL, self.row.rule)

    def makes(self) -> Sequence[Thing]:
        return [] if self.row.raw else [Thing(RULE, self.netns, (name(self.row.rule),))]

    def effect(self, state: State) -> None:
        key = name(self.row.rule)
        there: tuple[RuleRow, ...] = state.row(RULE, self.netns, key) or ()
        state.put(RULE, self.netns, key, (*there, self.row))

    def undo(self, before: State) -> Iterable[Step]:
        return [DeleteRule(self.netns, self.row)]


@immutable
class DeleteRule(Request):
    """Delete a rule."""

    netns: Netns
    row: RuleRow

    def command(self) -> Sequence[str]:
        return _words(self.netns, "delete", self.row.rule)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        return rules.request(rules.DELRULE, 0, self.row.rule)

    def removes(self) -> Sequence[Thing]:
        return [Thing(RULE, self.netns, (name(self.row.rule),))]

    def achieved(self, error: int) -> bool:
        return error == errno.ENOENT

    def effect(self, state: State) -> None:
        key = name(self.row.rule)
        there: tuple[RuleRow, ...] = state.row(RULE, self.netns, key) or ()
        left = list(there)
        if self.row in left:
            left.remove(self.row)
        if left:
            state.put(RULE, self.netns, key, tuple(left))
        else:
            state.drop(RULE, self.netns, key)

    def undo(self, before: State) -> Iterable[Step]:
        # The first of a priority counts: what comes after it is taken away and follows it back.
        rows = [one for there in before.rows(RULE, self.netns).values() for one in there]
        alike = [one for one in rows if _in_order(one) == _in_order(self.row)]
        after = alike[alike.index(self.row) + 1 :] if self.row in alike else []
        away = [DeleteRule(self.netns, one) for one in reversed(after)]
        return [*away, *(AddRule(self.netns, one) for one in (self.row, *after))]


def _words(netns: Netns, verb: str, rule: Rule) -> list[str]:
    version = ["-6"] if rule.version == 6 else []
    protocol = ["protocol", PROTOCOLS.get(rule.protocol, str(rule.protocol))]
    which = [*selector(rule), "priority", str(rule.priority), *_others(rule)]
    return ip(netns, *version, "rule", verb, *which, *protocol, *action(rule))

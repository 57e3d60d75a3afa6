# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routing rules as tasks and topologies write them, and the declared objects that are made of them. Pure. Private."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import alike, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Distinct, Key, Owner, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import OneRule, Stated, name
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    BOOLEAN,
    INTERFACE,
    TABLE,
    Choice,
    Integer,
    Scalar,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, address_bytes, version_of
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import TYPES
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.rules import TO_TABLE, Rule

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Site

_ACTIONS = {"lookup": TO_TABLE, **{TYPES[number]: number for number in (6, 7, 8)}}
_MARK = re.compile(r"\s*(0x[0-9a-f]{1,8}|[0-9]{1,10})(?:/(0x[0-9a-f]{1,8}|[0-9]{1,10}))?\s*", re.ASCII | re.IGNORECASE)
_MOST = 2**32 - 1


def _prefix(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return the packets' addresses: ``all``, a network with its prefix length, or an address; bits after the prefix
    stay.
    """
    text = written if isinstance(written, str) else ""
    if text == "all":
        return "all"
    host, slash, length = text.partition("/")
    most = 128 if ":" in host else 32
    number = most if not slash else int(length) if len(length) <= 3 and length.isascii() and length.isdecimal() else 999
    try:
        address = InterfaceAddress.of(address_bytes(host), number)
    except (OSError, ValueError):
        reason = f"{echo(alike(text, host))} is not an IPv4 or IPv6 address"
    else:
        if number <= most:
            return address.text
        reason = f"the prefix length is a number from 0 to {most}"
    problems.add(path, f"{echo(written)} is not what packets come from or go to: {reason}")
    return None


def _mark(problems: Problems, path: str, written: Any) -> Optional[tuple[int, int]]:
    """Return a mark, and the bits of it that are compared: all, where no mask is written."""
    whole = isinstance(written, int) and not isinstance(written, bool)
    found = _MARK.fullmatch(str(int(written)) if whole else written if isinstance(written, str) else "")
    if found is not None:
        value, mask = int(found[1], 0 if "x" in found[1].lower() else 10), found[2]
        bits = _MOST if mask is None else int(mask, 0 if "x" in mask.lower() else 10)
        if value <= _MOST and 0 < bits <= _MOST:
            return value, bits
    problems.add(path, f"{echo(written)} is not a mark: a number of 32 bits is needed, or two as in 0x1/0xff")
    return None


PREFIX = Scalar(_prefix, "str", {"type": "string", "pattern": "^(all|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)$"})
MARK = Scalar(_mark, "str", {"type": ["string", "integer"], "pattern": f"^{_MARK.pattern}$".replace("(?:", "(")})


class WrittenRule(Section, what="rule", needs="a priority"):
    """A rule as it is written."""

    priority = Key(
        Integer("a priority", 1, _MOST), "Its place among the others: the lowest is looked at first.", required=True
    )
    family = Key(Choice("ipv4", "ipv6"), "Of which version of IP it is: that of its addresses, else ipv4.")
    to = Key(PREFIX, "The packets that go to a network, or an address.")
    iif = Key(INTERFACE, "The packets that come in by an interface; lo: those of this host.")
    oif = Key(INTERFACE, "The packets of sockets that are bound to an interface.")
    fwmark = Key(MARK, "The packets with a mark, or with such bits of it: 0x1/0xff.")
    table = Key(TABLE, "The routing table that is looked into: a number, or main, local or default.")
    action = Key(Choice(*_ACTIONS), "What becomes of the packets: lookup, in the table, when omitted.")
    suppress_prefixlength = Key(
        Integer("a prefix length", 0, 128), "Routes whose prefixes are as short, or shorter, are not taken."
    )

    #: Whether it must say what becomes of the packets.
    acts: ClassVar[bool] = True
    rule: Rule

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        before = len(problems.found)
        complete = super().take(problems, written)
        if len(problems.found) == before:
            self._check(problems)
        if len(problems.found) == before:
            self.rule = self._rule()
        return complete

    def _check(self, problems: Problems) -> None:
        """Note what of a rule does not go together."""
        version = self._version()
        for key in ("from", "to"):
            written = self._prefix(key)
            if written and version_of(written) != version:
                problems.add(f"{self.path}.{key}", f"{written} is no IPv{version} address, as the rule needs")
        if self.action in (None, "lookup"):
            if self.acts and self.table is None:
                problems.add(self.path, "table is missing, or an action such as blackhole")
        else:
            for key in ("table", "suppress_prefixlength"):
                if getattr(self, key) is not None:
                    problems.add(f"{self.path}.{key}", "it goes with action lookup")

    def _prefix(self, key: str) -> str:
        written = getattr(self, key)
        return "" if written in (None, "all") else str(written)

    def _version(self) -> int:
        if self.family is not None:
            return 6 if self.family == "ipv6" else 4
        return version_of(self._prefix("from") or self._prefix("to"))

    def _rule(self) -> Rule:
        value, mask = self.fwmark or (0, 0)
        # To the kernel, a prefix of no bits is none.
        origin, destination = ("" if one.endswith("/0") else one for one in map(self._prefix, ("from", "to")))
        return Rule(
            self._version(),
            self.priority,
            origin,
            destination,
            self.iif or "",
            self.oif or "",
            value,
            mask,
            self.table or 0,
            _ACTIONS[self.action or "lookup"],
            bool(getattr(self, "not")),
            self.suppress_prefixlength,
        )

    def stated(self) -> Stated:
        """Return what is stated of it, by the fields of a rule."""
        written = {
            "origin": getattr(self, "from"),
            "destination": self.to,
            "iif": self.iif,
            "oif": self.oif,
            "mark": self.fwmark,
            "mask": self.fwmark,
            "table": self.table,
            "action": self.action,
            "inverted": getattr(self, "not") or None,
            "suppress": self.suppress_prefixlength,
        }
        fields = [field for field, one in written.items() if one is not None]
        return Stated(tuple((field, getattr(self.rule, field)) for field in ("version", "priority", *fields)))


WrittenRule.add("from", Key(PREFIX, "The packets that come from a network, or an address."))
WrittenRule.add("not", Key(BOOLEAN, "All packets but those that the rest is said of.", default=False))


class RuleToBeGone(WrittenRule, what="rule", needs="a priority"):
    """A rule that is to be gone, as it is written: it need not say what becomes of packets."""

    acts = False


class Rules(Distinct):
    """A list of rules, none of them twice."""

    def __init__(self, item: type[Section]) -> None:
        super().__init__(
            item, lambda one: name(one.rule) if hasattr(one, "rule") else None, "the rule {} is declared already, in {}"
        )


def key() -> Key[Any]:
    """Return the key of a namespace, as a topology has it."""

    def declare(site: Site, written: Sequence[WrittenRule], owner: Owner) -> Sequence[Declared]:
        return [OneRule(one.path, site.netns, one.rule, None if owner.present else one.stated()) for one in written]

    return Key(
        Rules(WrittenRule),
        "Rules that say which packets are looked for in which routing table.",
        default=(),
        declare=declare,
    )

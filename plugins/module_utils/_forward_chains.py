# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls of a host that let no packet of an interface be forwarded, as far as their rules tell it. Pure. Private.

Whoever drops a packet in any chain on the hook ``forward`` has dropped it, whatever other tables say (nft(8)). What a
rule matches is not evaluated: a chain that drops what no rule of it knows is taken to block an interface unless a rule
that can be reached from it names the interface.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

#: The families of tables whose chains see packets of a version of IP.
_FAMILIES = {4: ("ip", "inet"), 6: ("ip6", "inet")}
_ENDS = frozenset({"accept", "drop", "reject"})
_LEADS = frozenset({"jump", "goto"})
#: What tells nothing of which packets a rule is for.
_NO_CONDITION = frozenset({"counter", "log", "comment", *_ENDS, *_LEADS, "return", "continue"})


class Rule(NamedTuple):
    """A rule: the interfaces that it names for what comes in and for what goes out, None where it names none.

    ``plain``: it is for all packets. ``replies``: it is for those of connections that were let through before.
    """

    verdict: str
    target: str = ""
    enters: Optional[tuple[str, ...]] = None
    leaves: Optional[tuple[str, ...]] = None
    plain: bool = False
    replies: bool = False


class Chain(NamedTuple):
    """A chain of a table, by whose ``policy`` it ends; ``hook`` is empty for one that others lead to."""

    family: str
    table: str
    name: str
    hook: str = ""
    policy: str = "accept"
    rules: tuple[Rule, ...] = ()
    #: Whether it is of the iptables that were before nftables.
    legacy: bool = False


class Obstacle(NamedTuple):
    """A chain that does not let an interface's packets pass, how it ends, and the commands that let them."""

    chain: Chain
    ends: str
    remedies: tuple[str, ...]

    def __str__(self) -> str:
        chain = self.chain
        table = f"{'iptables ' if chain.legacy else ''}table {chain.family} {chain.table}"
        return f"chain {chain.name} of {table} drops what it does not know ({self.ends})"


# ---- reading


def of_nftables(listed: Iterable[Mapping[str, Any]]) -> list[Chain]:
    """Return the chains of what ``nft -j list ruleset`` lists."""
    chains: dict[tuple[str, str, str], tuple[dict[str, Any], list[Rule]]] = {}
    maps: dict[tuple[str, str, str], Any] = {}
    rules: list[dict[str, Any]] = []
    for one in listed:
        if "chain" in one:
            chain = one["chain"]
            chains[chain["family"], chain["table"], chain["name"]] = (chain, [])
        elif "rule" in one:
            rules.append(one["rule"])
        for kind in ("map", "set"):
            if kind in one:
                there = one[kind]
                maps[there["family"], there["table"], there["name"]] = there.get("elem", [])
    for rule in rules:
        place = (rule["family"], rule["table"])
        if (*place, rule["chain"]) in chains:
            named = {name: elements for (family, table, name), elements in maps.items() if (family, table) == place}
            chains[(*place, rule["chain"])][1].extend(_rules(rule.get("expr", []), named))
    return [
        Chain(*key, hook=chain.get("hook", ""), policy=chain.get("policy", "accept"), rules=tuple(found))
        for key, (chain, found) in chains.items()
    ]


def _rules(expressions: Sequence[Any], named: Mapping[str, Any]) -> Iterator[Rule]:
    """Yield what a rule says; one with a map of verdicts says several things."""
    around: dict[str, Any] = {"plain": True}
    ends: list[Rule] = []
    for one in expressions:
        word: tuple[str, Any] = (str(one), {})
        kind, value = next(iter(one.items() if isinstance(one, dict) else ()), word)
        if kind == "match":
            around["plain"] = False
            _match(value, named, around)
        elif kind in _ENDS:
            ends.append(Rule(kind))
        elif kind in _LEADS:
            ends.append(Rule(kind, value["target"]))
        elif kind == "vmap":
            around["plain"] = False
            ends.extend(_of_map(value, named))
        elif kind == "xt" and isinstance(value, dict) and value.get("type") == "target":
            ends.append(Rule(str(value.get("name", "")).lower()))
        elif kind not in _NO_CONDITION:
            around["plain"] = False
    yield from (one._replace(**{**around, **{key: v for key, v in _own(one).items() if v}}) for one in ends)


def _own(rule: Rule) -> dict[str, Any]:
    return {"enters": rule.enters, "leaves": rule.leaves}


def _match(value: Mapping[str, Any], named: Mapping[str, Any], around: dict[str, Any]) -> None:
    """Note what a comparison says of interfaces and of connections."""
    left, right = value.get("left"), value.get("right")
    key = _key(left)
    if key and value.get("op") in ("==", "in"):
        around[key] = _names(right, named)
    elif key:
        around.setdefault(key, ())
    elif isinstance(left, dict) and left.get("ct", {}).get("key") == "state":
        around["replies"] = "established" in _names(right, named)


def _key(left: Any) -> str:
    """Return which interface a comparison is about: the one where packets come in, or go out; empty for none."""
    meta = left.get("meta", {}).get("key") if isinstance(left, dict) and isinstance(left.get("meta"), dict) else None
    return {"iifname": "enters", "iif": "enters", "oifname": "leaves", "oif": "leaves"}.get(meta or "", "")


def _names(right: Any, named: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words of what is compared with: one, a set, or a set by its name."""
    if isinstance(right, str):
        return _names(named.get(right[1:], []), named) if right.startswith("@") else (right,)
    if isinstance(right, dict):
        return _names(right.get("set", right.get("elem", right.get("val", []))), named)
    if isinstance(right, (list, tuple)):
        return tuple(name for one in right for name in _names(one, named))
    return ()


def _of_map(value: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[Rule]:
    key, data = _key(value.get("key")), value.get("data")
    elements = named.get(data[1:], []) if isinstance(data, str) else data.get("set", []) if data else []
    for one in elements:
        names, verdict = one if isinstance(one, list) and len(one) == 2 else ((), {})
        for word, more in verdict.items() if isinstance(verdict, dict) else ():
            rule = Rule(word, more["target"] if word in _LEADS else "")
            around: dict[str, Any] = {key: _names(names, named)} if key else {}
            yield rule._replace(**around)


def of_iptables(saved: str, version: int) -> list[Chain]:
    """Return the chains of the table ``filter``, as ``iptables -S`` writes them."""
    policies: dict[str, str] = {}
    rules: dict[str, list[Rule]] = {}
    for line in saved.splitlines():
        words = shlex.split(line)
        if words[:1] in (["-P"], ["-N"]) and len(words) > 1:
            policies[words[1]] = words[2].lower() if len(words) > 2 else "accept"
        elif words[:1] == ["-A"] and len(words) > 1:
            rules.setdefault(words[1], []).append(_of_words(words[2:]))
    family = {4: "ip", 6: "ip6"}[version]
    return [
        Chain(
            family, "filter", name, name.lower() if name == "FORWARD" else "", policy, tuple(rules.get(name, ())), True
        )
        for name, policy in policies.items()
    ]


def _of_words(words: Sequence[str]) -> Rule:
    rule = Rule("", plain=True)
    for place, word in enumerate(words):
        value = words[place + 1] if place + 1 < len(words) else ""
        if word in ("-j", "-g"):
            verdict = value.lower() if value in ("ACCEPT", "DROP", "REJECT") else {"-j": "jump", "-g": "goto"}[word]
            return rule._replace(verdict=verdict, target="" if verdict in _ENDS else value)
        rule = rule._replace(plain=False)
        if word in ("-i", "-o") and words[place - 1 : place] != ["!"]:
            name = f"{value[:-1]}*" if value.endswith("+") else value
            named: dict[str, Any] = {{"-i": "enters", "-o": "leaves"}[word]: (name,)}
            rule = rule._replace(**named)
        elif word in ("--ctstate", "--state"):
            rule = rule._replace(replies="ESTABLISHED" in value.split(","))
    return rule


# ---- judging


def obstacles(chains: Sequence[Chain], version: int, interface: str, ours: str) -> list[Obstacle]:
    """Return what would drop packets of a version of IP that an interface forwards, and the answers to them.

    ``ours`` is what the names of tables begin with that are not looked at.
    """
    found = []
    for chain in chains:
        if chain.hook != "forward" or chain.family not in _FAMILIES[version] or chain.table.startswith(ours):
            continue
        ends = _ends(chain)
        if ends and not (_lets(chain, chains, "enters", interface) and _lets(chain, chains, "leaves", interface)):
            found.append(Obstacle(chain, ends, _remedies(chain, chains, interface)))
    return found


def _ends(chain: Chain) -> str:
    """Return how a chain ends with what it does not know; empty where that may pass."""
    last = next((one for one in chain.rules if one.plain and one.verdict in _ENDS), None)
    if last is not None:
        return f"its last rule is {last.verdict}" if last.verdict != "accept" else ""
    return f"policy {chain.policy}" if chain.policy == "drop" else ""


def _lets(
    chain: Chain, chains: Sequence[Chain], side: str, interface: str, passed: frozenset[str] = frozenset()
) -> bool:
    """Tell whether a rule lets packets pass that enter by an interface, or leave by it."""
    by_name = {one.name: one for one in chains if (one.family, one.table, one.legacy) == _place(chain)}
    for rule in chain.rules:
        named = {"enters": rule.enters, "leaves": rule.leaves}
        others = [key for key, names in named.items() if names is not None and not _is_named(names, interface)]
        if others or rule.verdict in ("drop", "reject"):
            continue
        if rule.verdict in ("accept", *_LEADS) and _is_named(named[side] or (), interface):
            return True
        if side == "leaves" and rule.verdict == "accept" and rule.replies:
            return True
        target = by_name.get(rule.target)
        if target is None or rule.target in passed:
            continue
        if _lets(target, chains, side, interface, passed | {rule.target}):
            return True
    return False


def _place(chain: Chain) -> tuple[str, str, bool]:
    return chain.family, chain.table, chain.legacy


def _is_named(names: Iterable[str], interface: str) -> bool:
    return any(
        one == interface or (one.endswith("*") and len(one) > 1 and interface.startswith(one[:-1])) for one in names
    )


def _remedies(chain: Chain, chains: Sequence[Chain], interface: str) -> tuple[str, ...]:
    """Return the commands that let an interface's packets pass: in the words of whoever made the chain."""
    beside = {one.name for one in chains if _place(one) == _place(chain)}
    if chain.table == "firewalld":
        return (f"firewall-cmd --zone=trusted --add-interface={interface}",)
    if any(name.startswith(("ufw-", "ufw6-")) for name in beside):
        return (f"ufw route allow in on {interface}", f"ufw route allow out on {interface}")
    if chain.name == "FORWARD":
        program = {"ip": "iptables", "ip6": "ip6tables"}[chain.family] + ("-legacy" if chain.legacy else "")
        place = "DOCKER-USER" if "DOCKER-USER" in beside else "FORWARD"
        return tuple(f"{program} -I {place} {option} {interface} -j ACCEPT" for option in ("-i", "-o"))
    rule = f"nft insert rule {chain.family} {chain.table} {chain.name}"
    return tuple(f"{rule} {key} {interface} accept" for key in ("iifname", "oifname"))

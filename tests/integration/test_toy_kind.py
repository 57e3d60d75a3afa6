# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kind of object that this file alone defines keeps the whole contract: the engine knows no kind.

The toy is the alias of an interface (``ip link set dev NAME alias TEXT``), with a module and a record of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Callable, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Kind, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import registry
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, identity_on, require
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import Ownership
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Declared,
    Endpoint,
    Key,
    Netns,
    Request,
    Scope,
    State,
    Step,
    Thing,
    immutable,
    ip,
    of_interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._module import Module
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._run import Outcome, run
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attributes, text
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.messages import ACK, SETLINK, packed
from ansible_collections.linuxnet.netns.tests.integration import test_contract as contract
from ansible_collections.linuxnet.netns.tests.integration.cases import Case
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host, difference
from ansible_collections.linuxnet.netns.tests.integration.refusal import Refuse

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Sender, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

#: linux/if_link.h: IFNAME, IFALIAS.
_IFNAME, _IFALIAS = 3, 20


class AliasKind(Kind[str]):
    """The aliases of a namespace's interfaces, by interface."""

    name = "alias"
    plural = "aliases"
    order = 25
    on_interface = True

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[str]:
        return _Aliases(state)

    def exists(self, state: State, thing: Thing) -> bool:
        return thing.key[0] in state.rows(self, thing.netns)

    def called(self, thing: Thing) -> str:
        return f"The alias of {Endpoint(thing.netns, thing.key[0])}"

    def identity(self, state: State, thing: Thing) -> Optional[str]:
        return identity_on(state, thing)

    def is_key(self, key: Key, is_name: Callable[[str], bool]) -> bool:
        return len(key) == 1 and is_name(key[0])

    def surplus(self, scope: Scope, thing: Thing) -> None:
        scope.want(self, thing.netns)

    def removals(
        self, state: State, path: str, things: Sequence[Thing], mine: Callable[[Thing], bool], topology: str
    ) -> Iterator[Step]:
        for thing in things:
            if mine(thing):
                yield SetAlias(thing.netns, thing.key[0], "")

    def view(self, state: State, thing: Thing) -> dict[str, Any]:
        return _view(state, Endpoint(thing.netns, thing.key[0]))


ALIAS = AliasKind()


class _Aliases(Reading[str]):
    def inside(self, netns: Netns, route: Socket) -> None:
        rows = self._state.table(ALIAS, netns)
        for raw in route.dump(requests.links()):
            found = attributes(raw, 16)
            if _IFALIAS in found:
                rows[text(found[_IFNAME])] = text(found[_IFALIAS])


def _view(state: State, end: Endpoint) -> dict[str, Any]:
    alias = state.row(ALIAS, *end)
    return {} if alias is None else of_interface(*end, {"alias": alias})


@immutable
class Alias(Declared):
    """An interface has this alias, or none."""

    path: str
    netns: Netns
    interface: str
    alias: str

    def scope(self, scope: Scope) -> None:
        scope.want(INTERFACE, self.netns)
        scope.want(ALIAS, self.netns)

    def steps(self, state: State) -> Iterator[Step]:
        end = Endpoint(self.netns, self.interface)
        require(state, self.path, end)
        if (state.row(ALIAS, *end) or "") != self.alias:
            yield SetAlias(*end, self.alias)

    def view(self, state: State) -> dict[str, Any]:
        return _view(state, Endpoint(self.netns, self.interface))

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, self.interface)}


@immutable
class SetAlias(Request):
    """Give an interface an alias; an empty one takes it away."""

    netns: Netns
    interface: str
    alias: str

    def command(self) -> Sequence[str]:
        return ip(self.netns, "link", "set", "dev", self.interface, "alias", self.alias)

    def message(self, codec: Codec, sender: Sender) -> bytes:
        message = codec.ifinfmsg()
        message["index"] = sender.index(self.netns, self.interface)
        message["attrs"] = [("IFLA_IFALIAS", self.alias)]
        return packed(message, SETLINK, ACK)

    def makes(self) -> Sequence[Thing]:
        return [Thing(ALIAS, self.netns, (self.interface,))] if self.alias else []

    def removes(self) -> Sequence[Thing]:
        return [] if self.alias else [Thing(ALIAS, self.netns, (self.interface,))]

    def effect(self, state: State) -> None:
        if self.alias:
            state.put(ALIAS, self.netns, self.interface, self.alias)
        else:
            state.drop(ALIAS, self.netns, self.interface)

    def undo(self, before: State) -> Iterable[Step]:
        return [SetAlias(self.netns, self.interface, before.row(ALIAS, self.netns, self.interface) or "")]


ARGUMENTS = {"name": {"type": "str"}, "aliases": {"type": "dict"}, "purge": {"type": "bool"}}


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return the aliases, by interface in namespace a, and the record of the topology that they are of."""
    things = frozenset(Thing(ALIAS, "a", (interface,)) for interface in params["aliases"])
    aliases: list[Declared] = [Alias("aliases", "a", name, alias) for name, alias in params["aliases"].items()]
    return [*aliases, Ownership("purge", params["name"], things, params["purge"])]


def result(outcome: Outcome) -> dict[str, Any]:
    """Return the aliases afterwards."""
    return {"aliases": dict(outcome.now.rows(ALIAS, "a"))}


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the kind, by its line in the registry, and its module."""
    monkeypatch.setitem(registry.Registry.LOADERS, "alias", lambda: ALIAS)
    module = ModuleType("toy")
    module.main = lambda: run(Module(ARGUMENTS), declare, result)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{MODULES}.toy", module)
    monkeypatch.setattr(contract, "RECORDED", {"toy"})


def toy(*, purge: bool = True, **aliases: str) -> dict[str, Any]:
    return {"name": "toys", "aliases": aliases, "purge": purge}


PAIR = "ip netns add a; ip -n a link add ea type veth peer name eb"
OTHER = f"{PAIR}; ip -n a link set ea alias theirs; ip -n a link set eb alias theirs"
TOYS = [
    Case("an alias", "toy", toy(ea="one"), ["ip -n a link set dev ea alias one"], before=PAIR),
    Case("another alias", "toy", toy(ea="two words"), ["ip -n a link set dev ea alias 'two words'"], before=OTHER),
    Case(
        "aliases that are no longer named",
        "toy",
        toy(ea="one"),
        ["ip -n a link set dev ea alias one", "ip -n a link set dev eb alias ''"],
        before=PAIR,
        earlier=[("toy", toy(eb="old"))],
    ),
]
PROMISES = [
    contract.test_check_mode_predicts_the_run_and_the_second_run_changes_nothing,
    contract.test_the_commands_do_the_same_work,
    contract.test_when_any_change_is_refused_the_host_is_as_before,
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__.removeprefix("test_"))
@pytest.mark.parametrize("case", TOYS, ids=str)
def test_the_contract_holds(host: Host, refuse: Refuse, case: Case, promise: Callable[..., None]) -> None:
    given: dict[str, Any] = {"host": host, "refuse": refuse, "case": case}
    promise(**{name: given[name] for name in signature(promise).parameters})


def test_what_others_made_is_left_alone(host: Host) -> None:
    host.sh(OTHER)
    before = host.dump(records=False)
    assert host.done("toy", **toy())["commands"] == []
    host.done("toy", **toy(ea="mine"))
    host.sh("ip -n a link delete ea; ip -n a link add ea type veth peer name eb; ip -n a link set ea alias theirs")
    again = host.done("toy", **toy())
    assert again["commands"] == []
    assert again["warnings"] == [
        "The alias of ea in namespace a is not the one that topology toys made: it was replaced, or its group changed. "
        "It is left alone, and no longer counts as the topology's."
    ]
    assert difference(before, host.dump(records=False))

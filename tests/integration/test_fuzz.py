# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is written in options and files, the answer is a result or a message, soon and of bounded length."""

from __future__ import annotations

import importlib
import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.linuxnet.netns.plugins.plugin_utils import _bounded_yaml, _topology_file
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host, difference
from ansible_collections.linuxnet.netns.tests.integration.programs import ROOT
from ansible_collections.linuxnet.netns.tests.integration.thorough import Tried
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

SCHEMA = json.loads((ROOT / "plugins" / "plugin_utils" / "topology.schema.json").read_text())
GOLDEN = sorted((ROOT / "tests" / "unit" / "golden").glob("*.yml"))
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
#: Words that mean something in one place or another.
WORDS = (
    "a b ea eb a:ea host:ea lo br0 10.0.0.1/24 fd00::1/64 10.0.0.1 fe80::1 default up down present absent veth bridge "
    "02:00:00:00:00:01 net.ipv4.ip_forward 10mbit 20ms 1% static main 100 0x1/0xff yes {{x}} ../x -x $$ ~ * '' 1e9 0x10"
)
#: Seconds after which something is taken to go on for ever, characters that a message may have, and one of its lines.
PATIENCE, LONGEST, LONGEST_LINE = 60, 20000, 1000
#: How many things are tried of each sort, where few are, and where many are.
FEW, MANY = 15, 120
words = some.sampled_from(WORDS.split())
scalars = some.one_of(
    words,
    words,
    some.integers(-1, 300),
    some.booleans(),
    some.none(),
    some.text(some.characters(codec="utf-8"), max_size=8),
    some.sampled_from([2**63, -(2**200), 1.5, float("inf"), "x" * 5000, "\x00", "é" * 300]),
)
junk: Any = some.recursive(
    scalars, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(words, inner, max_size=4), max_leaves=8
)


def mostly(strategy: Any) -> Any:
    """Return what a strategy gives, and now and then something else."""
    return some.integers(0, 11).flatmap(lambda number: strategy if number else junk)


def by_schema(schema: Mapping[str, Any]) -> Any:
    """Return what a JSON schema allows, roughly, and in places what it does not."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return some.deferred(lambda: by_schema(SCHEMA["$defs"][name]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return some.one_of(*(by_schema(one) for one in schema[several]))
    if "enum" in schema:
        return mostly(some.sampled_from(schema["enum"]))
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        fields = {name: by_schema(one) for name, one in schema.get("properties", {}).items()}
        needed = {name: one for name, one in fields.items() if name in required}
        beside = some.lists(some.sampled_from(sorted(fields) or ["x"]), max_size=4).flatmap(
            lambda names: some.fixed_dictionaries({name: fields.get(name, junk) for name in {*needed, *names}})
        )
        return mostly(beside)
    if kind == "array":
        return mostly(some.lists(by_schema(schema.get("items", {})), max_size=4))
    if kind in ("integer", "number"):
        return mostly(some.integers(schema.get("minimum", 0), schema.get("maximum", 5000)))
    return scalars if kind != "boolean" else mostly(some.booleans())


def by_options(options: Mapping[str, Any]) -> Any:
    """Return what the options of a module take, roughly, and in places what they do not."""
    fields = {}
    for name, option in options.items():
        one = by_options(option["options"]) if "options" in option else scalars
        if "choices" in option:
            one = some.sampled_from(option["choices"])
        if option.get("type") == "list":
            one = some.lists(one if option.get("elements") != "dict" or "options" in option else junk, max_size=3)
        fields[name] = mostly(one)
    needed = {name: one for name, one in fields.items() if options[name].get("required")}
    return some.lists(some.sampled_from(sorted(fields)), max_size=5).flatmap(
        lambda names: some.fixed_dictionaries({**needed, **{name: fields[name] for name in names}})
    )


@contextmanager
def bounded() -> Iterator[None]:
    """Do something that has an end."""

    def ring(*_arguments: Any) -> None:
        raise AssertionError(f"it has not ended after {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def told(message: str) -> None:
    """Make sure that a message is one for people."""
    assert message
    for words in ("Traceback", "not foreseen", "This is a fault of", "object at 0x"):
        assert words not in message
    assert len(message) <= LONGEST
    assert max(map(len, message.splitlines())) <= LONGEST_LINE


def fuzzed(strategy: Any, try_: Callable[[Any], None], thorough: bool) -> None:
    """Try what a strategy gives: a little, always the same, or much, and other things each time."""
    count = MANY if thorough else FEW
    phases = [Phase.generate, Phase.shrink] if thorough else [Phase.generate]
    limits = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=not thorough,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    decorated: Any = given(strategy)
    limits(decorated(try_))()


@pytest.mark.parametrize("module", NAMES)
def test_any_options_of_a_module_give_a_result_or_a_message(
    host: Host, module: str, thorough: bool, tried: Tried
) -> None:
    host.sh("ip netns add a; ip netns add b; ip link add ea netns a type veth peer name eb netns b")
    before = host.dump()
    options = importlib.import_module(f"{MODULES}.{module}").ARGUMENTS
    count = [0]

    def try_(given: dict[str, Any]) -> None:
        count[0] += 1
        if module == "netns_probe":
            given = {**given, "timeout": 0.01}
        with bounded():
            result = host.run(module, check=True, **given)
        if result.get("failed"):
            told(result["msg"])

    by_form = by_schema(SCHEMA) if module == "netns_topology" else by_options(options)
    fuzzed(by_form.filter(lambda given: isinstance(given, dict)), try_, thorough)
    tried("options at random", count[0])
    assert not difference(before, host.dump())


def spoiled(text: str) -> Any:
    """Return a text of which some characters are others, or have gone, or of which a part is there twice."""
    places = some.integers(0, max(len(text) - 1, 0))
    edits = some.lists(
        some.tuples(places, some.integers(0, 9), some.text("\t\n &*!|>-:{}[]#'\"%@`?,~<0=é\0", max_size=4)), max_size=5
    )

    def apply(edits: list[tuple[int, int, str]]) -> str:
        result = text
        for place, length, instead in edits:
            result = result[:place] + instead + result[place + length :]
        return result

    return edits.map(apply)


def test_any_topology_file_is_read_or_refused(tmp_path: Path, thorough: bool, tried: Tried) -> None:
    path = tmp_path / "lab.yml"
    count = [0]
    written = by_schema(SCHEMA).map(lambda form: yaml.safe_dump(form, allow_unicode=True))
    golden = some.sampled_from([yaml.safe_dump(yaml.safe_load(one.read_text())["topology"]) for one in GOLDEN])
    texts = some.one_of(written, golden, some.text()).flatmap(spoiled).map(lambda text: text.encode("utf-8", "replace"))

    def try_(content: bytes) -> None:
        count[0] += 1
        path.write_bytes(content)
        with bounded(), suppress(_bounded_yaml.Unreadable):
            try:
                _topology_file.read(DataLoader(), str(path))
            except _bounded_yaml.Unreadable as unreadable:
                told(str(unreadable))
                raise

    fuzzed(some.one_of(texts, texts, some.binary(max_size=200)), try_, thorough)
    tried("topology files at random", count[0])

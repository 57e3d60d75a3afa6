# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results have what the documentation of the modules promises, and nothing else."""

from __future__ import annotations

import importlib
from typing import Any, Union

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host

#: What Ansible documents for every module.
COMMON = {"changed", "diff", "failed", "msg", "warnings"}
TYPES: dict[str, Union[type, tuple[type, ...]]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "list": list,
    "dict": dict,
}

THERE = (
    "ip netns add a; ip netns add b; ip link add ea netns a type veth peer name eb netns b;"
    "ip -n a link set lo up; ip -n a link set ea up; ip -n b link set eb up; ip -n a address add 10.0.0.1/24 dev ea;"
    "ip netns add gone"
)
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("netns", {"name": ["a", "new"], "loopback": "up"}),
    ("netns", {"name": "gone", "state": "absent"}),
    ("veth", {"name": "ea", "netns": "a", "peer": "eb", "peer_netns": "b"}),
    ("veth", {"name": "x", "peer": "y"}),
    ("veth", {"name": "ea", "netns": "a", "state": "absent"}),
    ("netns_addr", {"netns": "a", "interface": "ea", "addresses": "10.0.0.2/24"}),
    ("netns_link_state", {"netns": "a", "interface": "ea", "state": "down"}),
    ("netns_link_state", {"interface": "lo", "state": "up"}),
    ("netns_route", {"netns": "a", "routes": [{"to": "default", "via": "10.0.0.2"}]}),
    ("netns_rule", {"netns": "a", "rules": [{"priority": 7, "iif": "lo", "table": "main"}]}),
    ("netns_files", {"netns": "a", "files": [{"name": "hosts", "content": "x"}, {"name": "passwd", "content": ""}]}),
    ("netns_topology", {"name": "lab", "namespaces": ["a"], "links": [{"endpoints": ["a:x", "y"]}]}),
    ("netns_topology", {"name": "lab", "namespaces": ["a"], "state": "absent"}),
    ("netns_info", {}),
    ("netns_probe", {"expect": [{"from": "a", "to": "10.0.0.1"}, {"from": "a", "to": "10.0.0.1", "count": 2}]}),
    ("netns_probe", {"expect": [{"from": "a", "to": "10.9.9.9", "reachable": False, "mtu": 100}]}),
]


def check(value: Any, documented: dict[str, Any], path: str) -> None:
    if value is None:
        return
    assert isinstance(value, TYPES[documented["type"]]), f"{path}: {value!r} is no {documented['type']}"
    items = value if isinstance(value, list) else [value]
    for item in items:
        if isinstance(value, list) and documented.get("elements"):
            assert isinstance(item, TYPES[documented["elements"]]), f"{path}: {item!r}"
        if isinstance(item, dict) and "contains" in documented:
            assert set(item) <= set(documented["contains"]), path
            for key, one in item.items():
                check(one, documented["contains"][key], f"{path}.{key}")


@pytest.mark.parametrize("checking", [True, False], ids=["check mode", "real run"])
@pytest.mark.parametrize(("module", "options"), TASKS, ids=lambda one: str(one)[:50])
def test_a_result_is_as_documented(host: Host, module: str, options: dict[str, Any], checking: bool) -> None:
    returned = yaml.safe_load(importlib.import_module(f"{MODULES}.{module}").RETURN)
    host.sh(THERE)
    result = host.done(module, check=checking, **options)
    always = {key for key, one in returned.items() if one["returned"] in ("always", "success")}
    assert always <= set(result) <= set(returned) | COMMON
    for key in returned.keys() & result.keys():
        check(result[key], returned[key], key)

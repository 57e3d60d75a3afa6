# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task loads what it uses: on a managed host each module is compiled anew for each task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host

UTILS = MODULES.rpartition(".")[0] + ".module_utils."
SCRIPT = f"""
import atexit, importlib, sys
def loaded():
    ours = sorted(name.removeprefix({UTILS!r}) for name in sys.modules if name.startswith({UTILS!r}))
    print(*ours, *(name for name in ("pyroute2", "ipaddress") if name in sys.modules), file=sys.stderr)
atexit.register(loaded)
import ansible.module_utils.basic as basic
sys.modules.pop("ipaddress", None)  # which some Pythons load with pathlib
basic._ANSIBLE_ARGS = sys.stdin.buffer.read(); basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module("{MODULES}." + sys.argv[1]).main()
"""
#: What every task loads that finds nothing to do.
ALWAYS = {
    *("_echo", "_errors", "_kind", "_model", "_module", "_normalise", "_plan", "_run", "_values"),
    *("_kernel", "_kernel.edge", "_kernel.lock", "_kernel.namespaces", "_kernel.reader", "_kernel.syscalls"),
    *("_kernel.netlink", "_kinds", "_kinds.interface", "_kinds.peers", "_kinds.registry"),
    *("_kinds.interface_reading", "_kinds.interface_rows"),
    *("_wire", "_wire.attributes", "_wire.messages", "_wire.reports", "_wire.requests"),
}
INSIDE = {"_address", "_kinds.address", "_kinds.ownership"}
SYSCTL = {"_kinds.sysctl", "_sysctl", "_kernel.sysctls"}
ROUTES = {"_form", "_route", "_routes", "_scalars", "_kinds.route", "_wire.names", "_wire.routes"}
RULES = {"_form", "_rules", "_scalars", "_kinds.rule", "_wire.names", "_wire.rules"}
FILES = {"_file", "_files", "_form", "_resolver", "_scalars", "_kernel.files", "_kinds.file"}
PROBES = {
    *("_expectations", "_probe", "_kinds.reachability", *INSIDE),
    *("_kernel.attempt", "_kernel.probing", "_kernel.protocols", "_kernel.waiting"),
}
CONNECTIONS = {*PROBES, "_kernel.protocols.connection"}
DNS = {*CONNECTIONS, "_dns", "_file", "_resolver", "_kernel.protocols.dns", "_wire.dns"}
HTTP = {*CONNECTIONS, "_http", "_kernel.protocols.http", "_wire.http"}
CLOSED = {"reachable": False}
TOPOLOGY = {
    *("_addresses", "_form", "_interface_section", "_kinds.link_state", "_scalars", "_topology"),
    *("_kernel.records", "_kinds.namespace", "_kinds.veth"),
}


def loaded(module: str, options: dict[str, Any]) -> set[str]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": options}),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout)["changed"] is False
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("module", "options", "more"),
    [
        ("netns", {"name": "a"}, {"_kinds.namespace", "_kinds.link_state"}),
        ("netns", {"name": "a", "loopback": "up"}, {"_kinds.namespace", "_kinds.link_state", *INSIDE}),
        ("netns_link_state", {"netns": "a", "interface": "lo", "state": "up"}, {"_kinds.link_state", *INSIDE}),
        ("netns_addr", {"netns": "a", "interface": "lo", "addresses": ["127.0.0.1/8"]}, INSIDE),
        ("veth", {"name": "x", "netns": "a", "peer": "y"}, {"_kinds.veth", "_kernel.records", *INSIDE}),
        ("netns_sysctl", {"netns": "a", "sysctls": {"net.ipv4.ip_forward": 0}}, SYSCTL),
        ("netns_route", {"netns": "a", "routes": [{"to": "10.0.0.0/8", "type": "blackhole"}]}, {*ROUTES, *INSIDE}),
        ("netns_rule", {"netns": "a", "rules": [{"priority": 32766, "table": "main"}]}, {*RULES}),
        ("netns_files", {"netns": "a", "files": [{"name": "hosts", "content": ""}]}, FILES),
        ("netns_topology", {"name": "t", "namespaces": ["a"]}, {*TOPOLOGY, *INSIDE}),
        (
            "netns_topology",
            {"name": "t", "namespaces": [{"name": "a", "routes": [{"to": "10.0.0.0/8", "type": "blackhole"}]}]},
            {*ROUTES, *TOPOLOGY, *INSIDE},
        ),
        ("netns_probe", {"expect": [{"from": "a", "to": "127.0.0.1"}]}, {*PROBES, "_kernel.protocols.packets"}),
        ("netns_probe", {"expect": [{"from": "a", **CLOSED, "dns": {"name": "x", "server": "127.0.0.1"}}]}, DNS),
        ("netns_probe", {"expect": [{"from": "a", **CLOSED, "to": "127.0.0.1", "http": {}}]}, HTTP),
    ],
    ids=[
        *("netns", "netns with loopback", "netns_link_state", "netns_addr", "veth", "netns_sysctl", "netns_route"),
        *("netns_rule", "netns_files", "netns_topology", "netns_topology with routes"),
        *("netns_probe", "netns_probe of names", "netns_probe of pages"),
    ],
)
def test_a_task_with_nothing_to_do_loads_what_it_uses(
    host: Host, module: str, options: dict[str, Any], more: set[str]
) -> None:
    host.sh("ip netns add a; ip -n a route add blackhole 10.0.0.0/8")
    host.sh("mkdir /etc/netns/a; touch /etc/netns/a/hosts")
    host.sh("ip -n a link set lo up; ip link add x netns a type veth peer name y")
    assert loaded(module, options) - ALWAYS == more

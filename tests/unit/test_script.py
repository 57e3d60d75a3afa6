# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of a topology for the next boot: no key, and whether somebody has changed it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils import _plan, _script, _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import KeptFile
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.persistence import PERSISTENCE, Around
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.wireguard import KEY_FILE, KeyFile
from ansible_collections.linuxnet.netns.plugins.module_utils._model import State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.wireguard import Key
from ansible_collections.linuxnet.netns.tests.unit.simulated import empty

PUBLIC, IN_FILE = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
SCRIPT = "/etc/linuxnet.netns/vpn.sh"
TUNNEL: dict[str, Any] = {
    "private_key_file": "/root/key",
    "listen_port": 51820,
    "peers": [{"public_key": PUBLIC, "preshared_key_file": "/root/key", "allowed_ips": ["10.0.0.0/8"]}],
}
INTERFACES = [{"name": "wg0", "type": "wireguard", "wireguard": TUNNEL}]
VPN: dict[str, Any] = {"name": "vpn", "namespaces": [{"name": "a", "interfaces": INTERFACES}], "persist": True}


def host(*lacking: str) -> State:
    """Return a host with nothing on it but a key file, which lacks some programs."""
    state = empty()
    state.put(PERSISTENCE, None, "", Around(False, lacking, ""))
    state.put(KEY_FILE, None, "/root/key", KeyFile(Key(base64.b64decode(IN_FILE))))
    return state


def plan(form: dict[str, Any], state: State) -> _plan.Plan:
    problems = Problems()
    declared = _topology.declare(_topology.read(problems, form), True, False)
    assert problems.found == []
    return _plan.make(declared, state)


def kept(state: State) -> dict[str, KeptFile]:
    return {path: row for path, row in state.rows(PERSISTENCE, None).items() if isinstance(row, KeptFile)}


def test_keys_stay_in_the_files_that_have_them() -> None:
    made = plan(VPN, host())
    files = kept(made.after)
    assert {path: one.mode for path, one in files.items()} == {SCRIPT: 0o755}
    script = files[SCRIPT].content
    assert [line for line in script.splitlines() if "wg set" in line] == [
        "run ip netns exec a wg set wg0 private-key /root/key listen-port 51820",
        f"run ip netns exec a wg set wg0 peer {PUBLIC} preshared-key /root/key persistent-keepalive 0 allowed-ips "
        "10.0.0.0/8",
    ]
    declared = _topology.declare(_topology.read(Problems(), VPN), True, False)
    assert IN_FILE not in "".join([script, str(_plan.view(declared, made.after)), *made.commands()])


def test_a_program_that_is_needed_at_boot_has_to_be_there() -> None:
    with pytest.raises(Invalid) as found:
        plan(VPN, host("tc", "wg"))
    assert str(found.value.problems[0]) == (
        "persist: after a boot the program wg is needed, which this host lacks: install it"
    )
    plan({**VPN, "namespaces": ["a"]}, host("tc", "wg"))


@pytest.mark.parametrize("text", ["", "one\n", "one\ntwo\n"])
def test_a_change_by_hand_is_seen(text: str) -> None:
    sealed = _script.sealed("#!/bin/sh\n", text)
    assert _script.is_sealed(sealed)
    assert not _script.is_sealed(f"{sealed}x")
    assert not _script.is_sealed(sealed.replace("/bin/sh", "/bin/bash"))
    assert not _script.is_sealed(f"#!/bin/sh\n{text}")


@pytest.mark.parametrize(
    ("topology", "unit"),
    [
        ("lab", "linuxnet-netns-lab.service"),
        ("a-b", "linuxnet-netns-a\\x2db.service"),
        (".a.b:c_1", "linuxnet-netns-\\x2ea.b:c_1.service"),
        ("%ü", "linuxnet-netns-\\x25\\xc3\\xbc.service"),
    ],
)
def test_a_unit_is_named_as_systemd_escape_does(topology: str, unit: str) -> None:
    assert _script.unit_of(topology) == unit


def test_a_name_that_is_too_long_for_a_unit_is_refused() -> None:
    state = host()
    state.put(PERSISTENCE, None, "", Around(True, (), ""))
    with pytest.raises(Invalid) as found:
        plan({"name": "-".join("ab" * 40), "persist": True}, state)
    assert "would have a name of more than 255 bytes" in str(found.value.problems[0])

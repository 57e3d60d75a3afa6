# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""WireGuard: two namespaces of a topology shake hands, and reach each other through their tunnel alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.tests.integration.host import Host

#: Private and public keys (X25519), made for this test of the SHA-256 of a text.
KEYS = {
    "a": ("8FcU5S5lC7O3IdZasuhS7TiIETuee/uw5FiLUahBME4=", "AOtVJyKdbTU01VbsLRHY7DymkuiijtzSmiVgVc4dcTI="),
    "b": ("6EyJ84zMaiivFssJn81Bs+w9fk4D3h58If/uABD1wE4=", "vuoedIi9f7PaOJw2BorT5FDaG1kB1Nf7jRadIaryhx8="),
}
OTHER = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="


def device(own: str, number: int, peer: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a device with the private key of a namespace."""
    file = Path(f"/run/{own}.key")
    file.write_text(f"{KEYS[own][0]}\n")
    wireguard = {"private_key_file": str(file), "listen_port": 51820, "peers": [peer]}
    return {"name": "wg0", "type": "wireguard", "wireguard": wireguard, "addresses": [f"10.8.0.{number}/24"], **more}


def tunnel(key: str = KEYS["b"][1]) -> dict[str, Any]:
    """Return a topology whose namespace a knows b by a key, and has no way out but the tunnel."""
    to_b = {"public_key": key, "endpoint": "192.0.2.2:51820", "allowed_ips": ["10.8.0.2/32"]}
    to_a = {"public_key": KEYS["a"][1], "allowed_ips": ["10.8.0.1/32"]}
    ends = [
        {"interface": "to_b", "addresses": ["192.0.2.1/24"]},
        {"netns": "b", "interface": "eth0", "addresses": ["192.0.2.2/24"]},
    ]
    return {
        "name": "vpn",
        "namespaces": [
            {"name": "a", "interfaces": [device("a", 1, to_b, lower_netns="host")]},
            {"name": "b", "interfaces": [device("b", 2, to_a)]},
        ],
        "links": [{"endpoints": ends}],
    }


@pytest.mark.kernel
def test_what_is_in_a_namespace_reaches_another_through_a_tunnel_that_leaves_by_the_host(host: Host) -> None:
    if not host.tried("ip link add tried type wireguard"):
        pytest.skip("this kernel has no links of type wireguard (module wireguard)")
    made = host.done("netns_topology", **tunnel())
    assert "ip -n a link add name wg0 type wireguard" not in made["commands"]
    assert [one["ifname"] for one in host.ip("-n", "a", "link", "show")][:1] == ["lo"]
    assert host.pings("a", "10.8.0.2")
    assert host.pings("b", "10.8.0.1")
    # Of the peer, who was silent until then, it is known by now where it is.
    (there,) = host.done("netns_info", names=["b"])["namespaces"]
    (found,) = (one for one in there["links"] if one["interface"] == "wg0")
    assert [one["endpoint"] for one in found["properties"]["peers"]] == ["192.0.2.1:51820"]
    assert host.done("netns_topology", **tunnel())["commands"] == []
    # Without the right key there is no handshake.
    changed = host.done("netns_topology", **tunnel(OTHER))["commands"]
    assert any(f"peer {OTHER}" in command for command in changed)
    assert not host.pings("a", "10.8.0.2")

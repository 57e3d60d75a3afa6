# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every interface of a topology may have, whether it is an end of a link or a link of its own.

Links with their ends, too. Pure. Private.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import alike
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, List, Owner, Pair, Section, Text
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LateLinkState, LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    ENDPOINT_SCHEMA,
    LINK_STATE,
    MAC,
    MTU,
    NAMESPACE,
    PREFIX,
    VETH_NAME,
    Choice,
)


def _neighbours() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import endpoint_key

    return endpoint_key()


def shaping_key() -> Key[Any]:
    """Return the key that says how what an interface sends is shaped."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import endpoint_key

    return endpoint_key()


def _netkit() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._properties_section import netkit_key

    return netkit_key()


class InterfaceSection(Section, what="interface"):
    """An interface of a topology: its link state, MAC and MTU, and what is on it."""

    netns: Netns
    interface: str
    addresses = Key(
        _addresses.LIST,
        "IPv4 and IPv6 addresses with their prefix lengths.",
        default=(),
        declare=_addresses.declare,
    )
    neighbours = Later(_neighbours)
    shaping = Later(shaping_key)
    state = Key(LINK_STATE, "The link state.", default="up")
    mac = Key(MAC, "The MAC address.")
    mtu = Key(MTU, "The MTU in bytes.")

    @property
    def endpoint(self) -> Endpoint:
        """Where it belongs."""
        return Endpoint(self.netns, self.interface)

    @property
    def up(self) -> bool:
        """Whether it is to be up."""
        return self.state == "up"

    def brought_about(self, owner: Owner, *, late: bool = False) -> list[Declared]:
        """Return its link state and what is on it, in order: going down takes IPv6 addresses away, before they are
        added.

        ``late``: it goes up when all else is there, for what it is built upon must be up before.
        """
        state = (LateLinkState if late and self.up else LinkState)(self.path, self.netns, self.interface, self.up)
        others = self.declared(self, owner)
        return [*others, state] if self.up else [state, *others]


def _by_place(problems: Problems, path: str, text: str) -> Optional[dict[str, Any]]:
    """Return an endpoint by ``NAMESPACE:INTERFACE``, or on the host by ``INTERFACE``."""
    netns, colon, interface = text.rpartition(":")
    inside = problems.namespace(path, alike(text, netns)) if colon else None
    name = problems.veth_name(path, alike(text, interface))
    return None if name is None or (colon and inside is None) else {"netns": inside, "interface": name}


#: The short form of an endpoint.
BY_PLACE = Text("'NAMESPACE:INTERFACE'", _by_place, lambda shared: ENDPOINT_SCHEMA)


class DeclaredEndpoint(InterfaceSection, what="endpoint", needs="an interface", text=BY_PLACE):
    """One end of a link of a topology."""

    netns = Key(NAMESPACE, "The namespace; the host's when omitted.")
    interface = Key(VETH_NAME, "The name of the interface.", required=True)
    addresses = Key(
        _addresses.LIST_OR_AUTO,
        "IPv4 and IPv6 addresses with their prefix lengths; auto: one of each of the prefixes of its network.",
        default=(),
        declare=_addresses.declare,
    )


class DeclaredLink(Section, what="link", needs="endpoints"):
    """A link of a topology. Its MTU is that of its ends which say none."""

    endpoints = Key(Pair(DeclaredEndpoint, "endpoints"), "The two ends of the pair.", required=True)
    mtu = Key(MTU, "The MTU of both ends, in bytes.")
    prefixes = Key(
        List(PREFIX, once=True),
        "Where addresses: auto comes from, which its ends have that say nothing of addresses.",
        default=(),
    )

    type = Key(Choice("veth", "netkit"), "The type of the pair.", default="veth")
    netkit = Later(_netkit)

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        if self.netkit is not None and self.type != "netkit":
            problems.add(f"{self.path}.netkit", f"it goes with type netkit, and the type is {self.type}")
        if complete and self.mtu is not None:
            for end in self.endpoints:
                vars(end).setdefault("mtu", self.mtu)
        return complete

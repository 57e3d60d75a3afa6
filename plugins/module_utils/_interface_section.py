# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every interface of a topology may have, whether it is an end of a link or a link of its own. Pure. Private."""

from __future__ import annotations

from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils import _addresses
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, Owner, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_state import LateLinkState, LinkState
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import LINK_STATE, MAC, MTU


def _neighbours() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import endpoint_key

    return endpoint_key()


def _shaping() -> Key[Any]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import endpoint_key

    return endpoint_key()


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
    shaping = Later(_shaping)
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

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The protocols of probes: a file for each, which is loaded when a probe of it is sent. Private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.attempt import Attempt


def _icmp() -> type[Attempt]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.packets import Echo

    return Echo


def _udp() -> type[Attempt]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.packets import Datagram

    return Datagram


def _tcp() -> type[Attempt]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.connection import Connection

    return Connection


def _dns() -> type[Attempt]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.dns import Lookup

    return Lookup


def _http() -> type[Attempt]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.http import Page

    return Page


#: What gives the class of the attempts of a protocol, by its name.
PROTOCOLS: Mapping[str, Callable[[], type[Attempt]]] = {
    "icmp": _icmp,
    "udp": _udp,
    "tcp": _tcp,
    "dns": _dns,
    "http": _http,
}

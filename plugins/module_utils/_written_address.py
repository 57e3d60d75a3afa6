# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An address as a mapping, with all that is to be set of it. Pure. Private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import last_of
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import MOST_INTERFACE_BYTES, Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import (
    ADDRESS,
    BOOLEAN,
    HOST_ADDRESS,
    Choice,
    Integer,
    Scalar,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    DetailedAddress,
    InterfaceAddress,
    address_bytes,
    canonical,
    version_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import FOREVER
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import SCOPES

_SCOPES = {SCOPES[number]: number for number in (0, 200, 253, 254)}


def _address(problems: Problems, path: str, written: Any) -> Optional[InterfaceAddress]:
    """Return an address with its prefix length."""
    if written is None:
        problems.add(path, "it is missing")
        return None
    return problems.address(path, written)


def _broadcast(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return an IPv4 address, or ``+`` for the last one of the network."""
    if written == "+":
        return "+"
    try:
        packed = address_bytes(written) if isinstance(written, str) and not {"/", "%"} & set(written) else b""
    except (OSError, ValueError):
        packed = b""
    if len(packed) != 4 or not any(packed):
        problems.add(path, f"{echo(written)} is not a broadcast address: an IPv4 address or '+' is needed")
        return None
    return canonical(packed)


def _label(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return a word of at most 15 bytes (linux/if.h: IFNAMSIZ)."""
    size = len(written.encode("utf-8", "surrogateescape")) if isinstance(written, str) else 0
    if not 0 < size <= MOST_INTERFACE_BYTES or not written.isprintable() or any(map(str.isspace, written)):
        most = f"a word of at most {MOST_INTERFACE_BYTES} bytes is needed, such as eth0:web"
        problems.add(path, f"{echo(written)} is not a label: {most}")
        return None
    return str(written)


class WrittenAddress(Section, what="address", needs="an address"):
    """An address of an interface, as it is written."""

    address = Key(Scalar(_address, "str", ADDRESS.schema({})), "The address with its prefix length.", required=True)
    peer = Key(HOST_ADDRESS, "The address at the other end; the prefix length is then that of its network.")
    broadcast = Key(
        Scalar[str](_broadcast, "str", {"type": "string", "pattern": r"^(\+|[0-9.]+)$"}),
        "The broadcast address, of an IPv4 address; + is the last one of its network.",
    )
    scope = Key(Choice(*_SCOPES), "How far it is valid, of an IPv4 address.")
    label = Key(
        Scalar[str](_label, "str", {"type": "string", "pattern": r"^\S{1,15}$"}),
        "Its label, of an IPv4 address, such as eth0:web.",
    )
    lifetime = Key(
        Integer("a lifetime", 1, FOREVER - 1, "seconds"), "How many seconds it is valid; for ever when omitted."
    )
    preferred = Key(
        Integer("a lifetime", 0, FOREVER - 1, "seconds"),
        "For how many of them connections may begin with it; as lifetime when omitted, never with 0.",
    )
    nodad = Key(BOOLEAN, "Whether an IPv6 address is used at once, without duplicate address detection.")
    noprefixroute = Key(BOOLEAN, "Whether the kernel makes no route to its network.")
    metric = Key(Integer("a metric", 0, 2**32 - 1), "The metric of the route to its network; the kernel's own with 0.")

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        if complete:
            self._fits(problems, written)
        return complete

    def _fits(self, problems: Problems, written: Mapping[str, Any]) -> None:
        """Note what does not go together."""
        version = self.address.version

        def add(key: str, text: str) -> None:
            problems.add(f"{self.path}.{key}", text)

        if self.peer is not None and version_of(self.peer) != version:
            add("peer", f"{self.peer} is no IPv{version} address, as {self.address.text} is")
        for key in ("broadcast", "scope", "label") if version == 6 else ():
            if getattr(self, key) is not None:
                add(key, "only IPv4 addresses have one")
        if version == 4 and self.nodad is not None:
            add("nodad", "it goes with IPv6 addresses, the only ones that the kernel looks for elsewhere")
        if self.broadcast == "+" and version == 4 and self.address.length > 30:
            add("broadcast", f"a network of prefix length {self.address.length} has no broadcast address")
        if self.lifetime is not None and self.preferred is not None and self.preferred > self.lifetime:
            add("preferred", f"{self.preferred} seconds are longer than the lifetime of {self.lifetime}")
        if version == 4 and self.preferred and written.get("lifetime") is None:
            add("preferred", "of an IPv4 address without a lifetime it can be 0 alone; write lifetime too")

    @property
    def value(self) -> DetailedAddress:
        """What was written as a value."""
        peer = None if self.peer == self.address.host else self.peer
        return DetailedAddress(self.address, self.path, peer or "", self._details())

    def _details(self) -> tuple[tuple[str, Any], ...]:
        found = {
            "broadcast": last_of(self.address) if self.broadcast == "+" else self.broadcast,
            "scope": None if self.scope is None else _SCOPES[self.scope],
            "label": self.label,
            "lifetime": self.lifetime,
            "preferred": self.lifetime if self.preferred is None else self.preferred,
            "nodad": self.nodad,
            "noprefixroute": self.noprefixroute,
            "metric": self.metric,
        }
        return tuple([(name, value) for name, value in found.items() if value is not None])

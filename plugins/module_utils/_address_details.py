# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is set of an address beside itself: compared with what is declared, and as ``ip`` and views put it.

Pure. Private. What is declared are fields of ``Details`` with their values. All others are left as they are, but for
the lifetime: an address without one is valid for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._address import Address, usual_scope
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, canonical
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.addresses import (
    FOREVER,
    OTHER_FLAGS,
    Details,
    details,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import SCOPES

#: Fields of Details, with what they are declared to be.
Declared = Mapping[str, Any]
#: What the kernel changes of an IPv4 address that is there (inet_rtm_newaddr() in net/ipv4/devinet.c).
_CHANGED_IN_PLACE = frozenset({"lifetime", "preferred", "metric"})


def details_of(address: Address, interface: str) -> Details:
    """Return what is set of an address that an interface has, or would have after some steps."""
    if address.details is not None:
        return address.details
    return details(address.raw, interface) if address.raw else Details(scope=usual_scope(address.text))


def aimed(there: Details, declared: Declared) -> Details:
    """Return what is to be set of an address of which this is there."""
    if "lifetime" not in declared and there.lifetime != FOREVER:
        there = there._replace(lifetime=FOREVER, preferred=FOREVER)
    return there._replace(**declared)


def differing(wanted: Details, there: Details) -> list[str]:
    """Return the fields that are not as they are wanted."""
    times = ("lifetime", "preferred")
    return [
        name
        for name, one, other in _pairs(wanted, there)
        if not (_lasts(one, other) if name in times else one == other)
    ]


def _pairs(wanted: Details, there: Details) -> Iterator[tuple[str, Any, Any]]:
    return zip(Details._fields, wanted, there)


def _lasts(wanted: int, left: int) -> bool:
    """Tell whether a time that runs out, of which so much is left, need not begin again: more than half of it is
    left.
    """
    return wanted == left or (wanted != FOREVER and wanted <= 2 * left and left <= wanted)


def in_place(version: int, there: Details, wanted: Details) -> bool:
    """Tell whether the kernel changes an address from one to the other, without its being deleted.

    Of IPv6 addresses it changes all but a metric to none (inet6_addr_modify() in net/ipv6/addrconf.c).
    """
    if version == 6:
        return not there.metric or bool(wanted.metric)
    return _CHANGED_IN_PLACE.issuperset(differing(wanted, there))


def leaves_route(version: int, there: Details, wanted: Optional[Details] = None) -> bool:
    """Tell whether the kernel leaves the route to its network behind when an address is changed so, or deleted (None).

    Of an IPv6 address whose time runs out, that is left to run out too (inet6_addr_modify() and ipv6_del_addr() in
    net/ipv6/addrconf.c).
    """
    if version == 4 or not there.ends or there.noprefixroute:
        return False
    return wanted is None or wanted.noprefixroute or wanted.metric != there.metric


def arguments(address: Address, one: Details) -> list[str]:
    """Return what ``ip address add`` is told of it behind the interface."""
    said: list[str] = []
    if address.version == 4:
        said += ["broadcast", one.broadcast] if one.broadcast else []
        said += ["scope", _scope(one.scope)] if one.scope != usual_scope(address.text) else []
        said += ["label", one.label] if one.label else []
    return [*said, *_changeable(one), *_flags(one), *(_lifetimes(one) if _ends(one) else [])]


def arguments_of_change(address: Address, one: Details, was: Details) -> list[str]:
    """Return what ``ip address change`` is told of it; the kernel makes what is left out what it usually is."""
    flags = _flags(one) if address.version == 6 else []
    stated = _ends(one) or not {"lifetime", "preferred"}.isdisjoint(differing(one, was))
    return [*_changeable(one), *flags, *(_lifetimes(one) if stated else [])]


def _changeable(one: Details) -> list[str]:
    return ["metric", str(one.metric)] if one.metric else []


def _flags(one: Details) -> list[str]:
    named = [name for name in ("nodad", "noprefixroute") if getattr(one, name)]
    return [*named, *(name for flag, name in OTHER_FLAGS.items() if one.flags & flag)]


def _ends(one: Details) -> bool:
    return (one.lifetime, one.preferred) != (FOREVER, FOREVER)


def _lifetimes(one: Details) -> list[str]:
    return ["valid_lft", _seconds(one.lifetime), "preferred_lft", _seconds(one.preferred)]


def _seconds(number: int) -> str:
    return "forever" if number == FOREVER else str(number)


def _scope(number: int) -> str:
    return SCOPES.get(number, str(number))


def shown(there: Details, declared: Declared) -> list[str]:
    """Return what a view shows of those fields of an address that are declared."""
    found: list[str] = []
    for name, wanted in declared.items():
        one = getattr(there, name)
        if name in ("lifetime", "preferred"):
            # What is left of it changes from look to look.
            text = _seconds(wanted) if _lasts(wanted, one) else _against(wanted, one)
            found += [] if text == "forever" and wanted == FOREVER else [f"{name} {text}"]
        elif isinstance(one, bool):
            found += [name] if one else []
        elif one:
            found.append(f"{name} {_scope(one) if name == 'scope' else one}")
    return found


def _against(wanted: int, left: int) -> str:
    if left in (0, FOREVER):
        return _seconds(left)
    return "shorter" if left < wanted else "longer"


def as_written(address: Address, interface: str) -> dict[str, Any]:
    """Return an address as one would write it, without what is usual; what cannot be written is told under
    ``others``.
    """
    one = details_of(address, interface)
    broadcast = one.broadcast if address.version == 4 else ""
    found: dict[str, Any] = {
        "peer": address.peer,
        "broadcast": "+" if broadcast and broadcast == last_of(address.value) else broadcast,
        "scope": _scope(one.scope) if address.version == 4 and one.scope != usual_scope(address.text) else "",
        "label": one.label,
        "lifetime": one.lifetime if one.ends else None,
        "preferred": one.preferred if one.preferred != one.lifetime else None,
        "nodad": one.nodad,
        "noprefixroute": one.noprefixroute,
        "metric": one.metric or None,
        "others": " ".join(name for flag, name in OTHER_FLAGS.items() if one.flags & flag),
    }
    stated = {name: value for name, value in found.items() if value or (value == 0 and value is not False)}
    return {"address": address.text, **stated}


def last_of(address: InterfaceAddress) -> str:
    """Return the last address of the network of an IPv4 address."""
    network = int.from_bytes(address.network.packed, "big")
    return canonical((network | (1 << 32 - address.length) - 1).to_bytes(4, "big"))

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What interfaces have that nothing here manages: their master and what is set of them as its ports, alias, and so on.

A checkpoint remembers it, for it goes with them unnamed. What cannot be set again is compared, and told.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Carried, Reading
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Key, Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, attributes, number, text

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader, Socket

#: linux/if_link.h: IFNAME, LINKINFO; MASTER, TXQLEN, IFALIAS, GROUP, which can be set again.
_IFNAME, _LINKINFO = 3, 18
_SETTABLE = {10: "master", 13: "queue length", 20: "alias", 27: "group"}
_MASTER = 10
#: linux/if_link.h: SLAVE_KIND and SLAVE_DATA of LINKINFO; of a bridge's port what people set (IFLA_BRPORT_…): priority,
#: cost, hairpin mode, BPDU guard, root block, fast leave, learning, flooding, proxy ARP, multicast router, flooding of
#: multicast, multicast to unicast, VLAN tunnel, flooding of broadcast, forwarding mask, neighbour suppression,
#: isolated, locked, MAB, neighbour suppression by VLAN.
_SLAVE_KIND, _SLAVE_DATA = 4, 5
_OF_PORT = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 25, 27, 28, 29, 30, 31, 32, 33, 39, 40, 42})
#: linux/if_link.h: MTU, PROP_LIST; AF_SPEC holds the sysctls: AF_INET with CONF, AF_INET6 with CONF and ADDR_GEN_MODE.
_MTU, _PROP_LIST, _AF_SPEC = 4, 52, 26
_AF_INET, _AF_INET6, _INET_CONF, _INET6_CONF, _ADDR_GEN_MODE = 2, 10, 1, 2, 8
#: linux/if.h: the flags that people set: NOARP, PROMISC, ALLMULTI.
_FLAGS = 0x80 | 0x100 | 0x200


class Settings(NamedTuple):
    """What an interface has: what can be set again, and the rest, which can only be compared, by what it is called."""

    ifindex: int
    flags: int
    settable: Mapping[int, bytes]
    port: Mapping[int, bytes]
    ipv4: bytes
    rest: Mapping[str, object]


class SettingsKind(Carried[Settings]):
    """The settings of the interfaces of a namespace, by interface."""

    name = "settings"
    plural = "settings"
    order = 12

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Settings]:
        return _Settings(state)

    def requests(self, was: State, now: State, netns: Netns) -> Iterator[tuple[str, bytes]]:
        before = was.rows(self, netns)
        for name, settings in now.rows(self, netns).items():
            for what, request in _requests(settings, before.get(name, settings)):
                yield f"the {what} of {name}", request

    def differences(self, was: State, now: State, netns: Netns) -> Iterator[str]:
        after, interfaces = now.rows(self, netns), was.rows(INTERFACE, netns)
        for name, settings in was.rows(self, netns).items():
            if name not in after:
                type_ = interfaces[name].type if name in interfaces else ""
                yield f"interface {name}" + (f" ({type_})" if type_ else "")
                continue
            if settings.ipv4 != after[name].ipv4:
                yield f"the IPv4 settings of {name}"
            for what in {**settings.rest, **after[name].rest}:
                if settings.rest.get(what) != after[name].rest.get(what):
                    yield f"the {what} of {name}"

    def gone(self, was: State, now: State, netns: Netns, removed: Container[Key]) -> Iterator[str]:
        before, after = was.rows(self, netns), now.rows(self, netns)
        called = {number(settings.ifindex): name for name, settings in before.items()}
        for name, settings in before.items():
            master = called.get(settings.settable[_MASTER])
            asked = (name, master or "") in removed
            if master in after and name in after and not after[name].settable[_MASTER] and not asked:
                yield f"{name} as a port of {master}, with what was set of it there,"


SETTINGS = SettingsKind()


class _Settings(Reading[Settings]):
    """One reading of settings."""

    def inside(self, netns: Netns, route: Socket) -> None:
        self._state.table(SETTINGS, netns).update(map(_settings, route.dump(requests.links())))


def _settings(raw: bytes) -> tuple[str, Settings]:
    """Return the settings of an interface, by its name, from a report of it."""
    fields = attributes(raw, 16)
    index, flags = struct.unpack_from("=iI", raw, 20)
    info = attributes(fields.get(_LINKINFO, b""), -16)
    bridged = text(info.get(_SLAVE_KIND, b"")) == "bridge"
    port = attributes(info.get(_SLAVE_DATA, b""), -16, _OF_PORT) if bridged else {}
    families = attributes(fields.get(_AF_SPEC, b""), -16)
    inet, inet6 = (attributes(families.get(family, b""), -16) for family in (_AF_INET, _AF_INET6))
    rest = {
        "MTU": fields.get(_MTU),
        "other names": fields.get(_PROP_LIST),
        "port settings": port,
        "IPv6 settings": (inet6.get(_INET6_CONF), inet6.get(_ADDR_GEN_MODE)),
    }
    settable = {kind: fields.get(kind, b"") for kind in _SETTABLE}
    return text(fields[_IFNAME]), Settings(index, flags & _FLAGS, settable, port, inet.get(_INET_CONF, b""), rest)


def _requests(now: Settings, was: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield what makes an interface as it was again, as far as it can be: what it is called, and the request."""
    for kind, value in was.settable.items():
        if value != now.settable[kind]:
            # What was not there before is set to nothing: no master, an empty alias.
            yield _SETTABLE[kind], requests.setting(now.ifindex, kind, value or bytes(4))
    if was.port and was.port != now.port:
        yield "port settings", requests.port(now.ifindex, was.port)
    if was.flags != now.flags:
        yield "flags", requests.flags(now.ifindex, was.flags, _FLAGS)
    if was.ipv4 != now.ipv4 and len(was.ipv4) == len(now.ipv4):
        # A list of numbers, which are set one by one (inet_set_link_af() in net/ipv4/devinet.c).
        count = len(was.ipv4) // 4
        numbers = zip(*(struct.unpack(f"={count}i", one) for one in (was.ipv4, now.ipv4)))
        changed = [
            attribute(1 + place, number(old & 0xFFFFFFFF)) for place, (old, new) in enumerate(numbers) if old != new
        ]
        nested = attribute(_AF_INET, attribute(_INET_CONF, b"".join(changed)))
        yield "IPv4 settings", requests.setting(now.ifindex, _AF_SPEC, nested)

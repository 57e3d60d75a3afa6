# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``ip`` calls the numbers of routes and rules. Pure. Private."""

from __future__ import annotations

#: linux/rtnetlink.h: types, scopes and protocols of routes, and scopes of addresses. ``ip`` has more protocols (its
#: rt_protos).
TYPES = {1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast"}
TYPES.update({6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"})
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
PROTOCOLS = {0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt"}
PROTOCOLS.update({11: "zebra", 12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 18: "keepalived"})
PROTOCOLS.update({42: "babel", 84: "ovn", 99: "openr", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp"})
#: linux/rtnetlink.h: the tables that have names.
TABLES = {253: "default", 254: "main", 255: "local"}

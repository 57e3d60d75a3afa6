# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sysctls below ``net``: their names, their values as people and the kernel write them, and what goes with them.

Pure. Private. Everywhere else a sysctl is its path below ``/proc/sys/net``, such as ``ipv4/conf/eth0.10/rp_filter``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_BITS, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes

#: Where there is a directory for each interface, and ``all`` or ``default``.
_PER_INTERFACE = ("ipv4/conf", "ipv4/neigh", "ipv6/conf", "ipv6/neigh", "mpls/conf")
#: Dots and slashes stand for each other.
_SWAP = str.maketrans("./", "/.")
#: Which module of the kernel brings sysctls along, by what their paths begin with.
_MODULES = {
    "netfilter/nf_conntrack": "nf_conntrack",
    "nf_conntrack": "nf_conntrack",
    "netfilter/nf_flowtable": "nf_flow_table",
    "bridge/": "br_netfilter",
    "mpls/": "mpls_router",
    "ipv4/vs/": "ip_vs",
    "sctp/": "sctp",
    "smc/": "smc",
    "rds/": "rds",
    "rxrpc/": "rxrpc",
    "tipc/": "tipc",
}

# ---- names


def read_name(problems: Problems, where: str, name: Any) -> Optional[str]:
    """Return the path of a sysctl by its name, or None after having noted at ``where`` what is wrong with it.

    The first dot or slash separates its parts, and the other one stands for it in an interface's name: eth0.10 is in
    ``net.ipv4.conf.eth0/10.rp_filter`` and in ``net/ipv4/conf/eth0.10/rp_filter`` (sysctl.d(5)).
    """
    if not isinstance(name, str):
        problems.add(where, f"the name of a sysctl is needed, as net.ipv4.ip_forward, not {kind(name)}")
        return None
    separator = re.search(r"[./]", name)
    parts = (name if separator and separator.group() == "/" else name.translate(_SWAP)).split("/")
    if parts[0] != "net" or len(parts) == 1:
        fault = "their names begin with net. (as net.ipv4.ip_forward)"
    elif not {"", ".", ".."}.isdisjoint(parts):
        fault = "a part of the name is missing"
    elif not name.isprintable() or " " in name:
        fault = "white space and control characters are not possible"
    elif "=" in name:
        fault = "to sysctl(8), what is behind a '=' is the value"
    else:
        return "/".join(parts[1:])
    problems.add(where, f"{echo(name)} is not a sysctl of a network namespace: {fault}")
    return None


def dotted(path: str) -> str:
    """Return the name as ``sysctl -a`` writes it."""
    return "net." + path.translate(_SWAP)


def interface_of(path: str) -> str:
    """Return the interface that a sysctl is of; empty for one of the whole namespace."""
    _place, name = _split(path)
    return "" if name in ("", "all", "default") else name


def example_of(path: str) -> str:
    """Return what every namespace has that can have such a sysctl: that of ``lo``, where it is an interface's."""
    place, name = _split(path)
    return path if name in ("", "all", "default") else f"{place}/lo{path[len(place) + 1 + len(name) :]}"


def _split(path: str) -> tuple[str, str]:
    """Return the directory that has one for each interface, and which of them it is; empty where it is in none."""
    parts = path.split("/")
    place = "/".join(parts[:2])
    return (place, parts[2]) if len(parts) > 3 and place in _PER_INTERFACE else ("", "")


def module_of(path: str) -> Optional[str]:
    """Return the module of the kernel that brings a sysctl along, where it is known."""
    return next((module for start, module in _MODULES.items() if path.startswith(start)), None)


# ---- values


def read_value(problems: Problems, where: str, written: Any) -> Optional[str]:
    """Return a number, a boolean or a text as the kernel takes it, or None after having noted what is wrong with it."""
    if isinstance(written, int) and written.bit_length() <= MOST_BITS:
        return str(int(written))
    if not isinstance(written, str):
        of = " with a fraction (write it in quotes)" if isinstance(written, float) else ""
        problems.add(where, f"a number, a boolean or a text is needed, not {kind(written)}{of}")
        return None
    words = written.split()
    if not all(word.isascii() and word.isprintable() for word in words):
        problems.add(where, f"{echo(written)} has characters that no sysctl takes: they are printable and ASCII")
        return None
    # What Jinja makes of a boolean.
    return " ".join({"true": "1", "false": "0"}.get(word.lower(), word) for word in words)


def same(path: str, asked: str, shown: str) -> bool:
    """Return whether what the kernel shows is what was asked for."""
    if _comparable(path, asked) == _comparable(path, shown):
        return True
    shown = shown.strip()
    # The kernel rounds up to ticks of 10 ms or less (msecs_to_jiffies()).
    rounded = path.endswith("_ms") and asked.isdecimal() and shown.isdecimal()
    return rounded and int(asked) <= int(shown) < int(asked) + 10


def _comparable(path: str, text: str) -> Any:
    """Return something that is equal for all texts that mean the same to the kernel."""
    if path == "ipv4/ip_local_reserved_ports":
        return frozenset(_ports(text))
    if path == "ipv4/tcp_allowed_congestion_control":
        return frozenset(text.split())
    if path.endswith("/stable_secret"):
        try:
            return address_bytes(text.strip())
        except (OSError, ValueError):
            pass
    return [_decimal(word) for word in text.split()]


def _ports(text: str) -> Iterator[int]:
    """Make the numbers of a list with ranges, such as ``80,8000-8010``."""
    for first, last in re.findall(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", text):
        yield from range(int(first), int(last or first) + 1)


def _decimal(word: str) -> str:
    """Return a number as the kernel shows it, whatever base it was written to; all else as it is."""
    found = re.fullmatch(r"(-?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)", word.lower())
    if found is None or len(word) > 20:
        return word
    # As strtoul_lenient() in kernel/sysctl.c.
    base = 16 if "x" in found[2] else 8 if found[2][0] == "0" else 10
    return str(int(found[1] + found[2], base))


def is_on(value: Optional[str]) -> bool:
    """Return whether a value is a number above zero."""
    return value is not None and value.strip().isdecimal() and int(value) > 0


# ---- what goes with them

_FORWARDING = ("ipv4/ip_forward", "ipv4/conf/*/forwarding", "ipv4/conf/all/accept_redirects")
#: What the kernel sets along, by what is set: inet_forward_change() in net/ipv4/devinet.c; in net/ipv6/addrconf.c
#: addrconf_fixup_forwarding(), addrconf_disable_ipv6(), addrconf_sysctl_addr_gen_mode(), addrconf_fixup_linkdown().
_ALONG: Mapping[str, tuple[str, ...]] = {
    "ipv4/ip_forward": _FORWARDING,
    "ipv4/conf/all/forwarding": _FORWARDING,
    **{
        f"ipv6/conf/all/{name}": (f"ipv6/conf/*/{name}",)
        for name in ("forwarding", "disable_ipv6", "addr_gen_mode", "ignore_routes_with_linkdown")
    },
}
#: What decides together with that of ``all`` what becomes of addresses.
_OF_ADDRESSES = ("ipv4/conf/*/promote_secondaries", "ipv6/conf/*/keep_addr_on_down")


def related(path: str) -> tuple[str, ...]:
    """Return what has to be known of others before a sysctl is set: paths, with ``*`` for what is in a directory."""
    alike = _alike(path)
    if alike in _OF_ADDRESSES or is_copied(path):
        return (alike,)
    return _ALONG.get(path, ())


def _alike(path: str) -> str:
    """Return the pattern of what a sysctl is for all interfaces."""
    place, name = _split(path)
    return f"{place}/*{path[len(place) + 1 + len(name) :]}" if place else path


def copies(path: str, other: str) -> bool:
    """Return whether another sysctl, an interface's, gets the value of one too, unless it was ever set by itself.

    So devinet_copy_dflt_conf() in net/ipv4/devinet.c, and neigh_copy_dflt_parms() in net/core/neighbour.c.
    """
    return is_copied(path) and bool(interface_of(other)) and _alike(other) == _alike(path)


def is_copied(path: str) -> bool:
    """Return whether it is a default that interfaces get which are there already."""
    place, name = _split(path)
    return name == "default" and place not in ("ipv6/conf", "mpls/conf") and path != "ipv4/conf/default/forwarding"


def set_along(path: str, value: str, other: str) -> Optional[str]:
    """Return the value that another sysctl gets for certain when one is set to a value; None: it does not."""
    if path == other or not {other, _alike(other)} & {*_ALONG.get(path, ())}:
        return None
    if other == "ipv4/conf/all/accept_redirects":
        return "1" if _decimal(value) == "0" else "0"
    return _decimal(value)


def rank(path: str) -> tuple[bool, bool, bool]:
    """Return the order in which sysctls are set: what sets others along comes first, what is one interface's last."""
    return path not in _ALONG, not is_copied(path), bool(interface_of(path))

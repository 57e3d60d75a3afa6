# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that a person can see of a host's network with ``ip``, ``tc`` and ``bridge``, but for what changes by itself."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

#: What ``ip`` is asked of a namespace, in this order.
ASKED = (
    "address show",
    "route show table all",
    "neighbour show nud permanent",
    "neighbour show proxy",
    "rule show",
    "nexthop show",
    "netconf show",
)
#: Asks it inside of a namespace; control characters part programs and namespaces.
INSIDE = f"""
printf '%s\\n' {" ".join(f"'{one}'" for one in ASKED)} | ip -j -d -force -batch - 2>&1
exec 2>/dev/null
printf '\\1'
ip -6 -j -d rule show
printf '\\1'
qdiscs=$(tc -j -d qdisc show)
printf '%s\\n\\1' "$qdiscs"
case $qdiscs in
    *'"htb"'*) tc qdisc show | sed -n 's/^qdisc htb .* dev \\([^ ]*\\) .*/class show dev \\1/p' | tc -d -force -batch -
esac
printf '\\1'
printf 'fdb show\\nmdb show\\nvlan show\\n' | bridge -j -d -force -batch -
"""
#: Runs a script in each namespace that is named ("": the host's): entered once, for ip itself mounts /sys each time.
EACH = """
script=$1
shift
for name do
    if [ "$name" ]; then nsenter --net="/run/netns/$name" sh -c "$script" 2>&1; else sh -c "$script"; fi
    printf '\\0'
done
"""
#: Where topologies are kept for the next boot.
PERSISTENT = ("/etc/linuxnet.netns", "/etc/systemd/system")
#: What changes by itself, of whatever it is told; a bridge that has had ports keeps other limits of segments than one
#: that had none (br_set_gso_limits()); netem draws its seed by lot, as links that are no hardware do their permanent
#: address, and htb counts packets.
VOLATILE = frozenset(
    {
        "tentative",
        "dadfailed",
        "operstate",
        "expires",
        "stats",
        "stats64",
        "qdisc",
        "tso_max_segs",
        "tso_max_size",
        "seed",
        "direct_packets_stat",
        "permaddr",
    }
)
#: What a bridge and its ports find out by themselves.
VOLATILE_OF_BRIDGES = frozenset(
    {
        "bridge_id",
        "designated_bridge",
        "designated_cost",
        "designated_port",
        "designated_root",
        "fdb_n_learned",
        "forward_delay_timer",
        "gc_timer",
        "hello_timer",
        "hold_timer",
        "message_age_timer",
        "root_cost",
        "root_id",
        "root_path_cost",
        "root_port",
        "state",
        "tcn_timer",
        "topology_change",
        "topology_change_ack",
        "topology_change_detected",
        "topology_change_timer",
    }
)
#: Flags of interfaces and routes that follow from others, sooner or later.
VOLATILE_FLAGS = frozenset({"NO-CARRIER", "LOWER_UP", "M-DOWN", "linkdown", "dead"})
FOREVER = 2**32 - 1
#: Tells the sysctls of a namespace, which takes half a second for six of them.
SYSCTLS = "exec grep -rs '' /proc/sys/net"
#: Tells the tables of nftables in a namespace, without what they count.
TABLES = "echo; exec nft -s list ruleset"
#: What the kernel counts.
COUNTED = ("/proc/sys/net/netfilter/nf_conntrack_count:",)


def dump(records: bool = True, sysctls: bool = False, tables: bool = False) -> dict[str, Any]:
    """Return what there is on the host of the calling process; with ``records``, also the collection's own records, and
    what is kept for the next boot.

    ``sysctls``: also those below ``net``, of each namespace; ``tables``: also those of nftables.
    """
    directory = Path("/run/netns")
    names = sorted(os.listdir(directory)) if directory.exists() else []
    found: dict[str, Any] = {name: _inside(said) for name, said in _each(INSIDE, names)}
    if sysctls:
        found["sysctls"] = {name: _uncounted(said) for name, said in _each(SYSCTLS, names)}
    if tables:
        found["tables"] = {name: sorted(said.rstrip().split("\ntable ")) for name, said in _each(TABLES, names)}
    found["/run/netns"] = {name: _file(directory / name) for name in names}
    found["/etc/netns"] = {str(path): kept(path) for path in sorted(Path("/etc/netns").rglob("*"))}
    if records:
        found["/run/linuxnet.netns"] = _records()
        found["/etc"] = {
            str(path): _persistent(path) for place in PERSISTENT for path in sorted(Path(place).rglob("*"))
        }
    return found


def _each(script: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a script says on the host and in namespaces, by their names."""
    words = ["sh", "-c", EACH, "sh", script, "", *names]
    said = subprocess.run(words, check=True, capture_output=True, text=True, errors="surrogateescape").stdout
    return zip(["", *names], said.split("\0"))


def _uncounted(told: str) -> list[str]:
    return sorted(line for line in told.splitlines() if not line.startswith(COUNTED))


def _file(path: Path) -> tuple[int, int]:
    """Return what sort of file is at a path, and the inode of a namespace: the same namespace has the same."""
    found = os.lstat(path)
    namespace = found.st_dev == os.stat("/proc/self/ns/net").st_dev
    return stat.S_IFMT(found.st_mode), found.st_ino if namespace else 0


def kept(path: Path) -> tuple[int, int, int, int, str]:
    """Return what a file below /etc/netns is, its owner and its time, and what is in it."""
    found = os.lstat(path)
    content = os.readlink(path) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
    # Whatever is made and removed in a directory, its time tells that something was.
    changed = 0 if path.is_dir() else found.st_mtime_ns
    return found.st_mode, found.st_uid, found.st_gid, changed, content


def _persistent(path: Path) -> list[str]:
    """Return what a file is, and what is in it."""
    mode = stat.filemode(os.lstat(path).st_mode)
    if path.is_symlink():
        return [mode, os.readlink(path)]
    return [mode, path.read_text(errors="replace")] if path.is_file() else [mode]


def _records() -> dict[str, str]:
    directory = Path("/run/linuxnet.netns")
    files = sorted(directory.glob("*")) if directory.exists() else []
    return {path.name: path.read_text(errors="replace") if path.is_file() else "" for path in files}


def _inside(said: str) -> Any:
    """Return what there is in a namespace, by sorts; what was said, where the namespace cannot be entered."""
    first, *others = said.split("\1")
    answers = list(_answers(first))
    if len(answers) < len(ASKED):
        return first
    links, routes, neighbours, proxies, rules, nexthops, settings = answers
    *others, classes, asked_of_bridges = others
    rules6, qdiscs, bridges = (list(_answers(other)) for other in (*others, asked_of_bridges))
    certain = {one["local"] for link in links for one in link.get("addr_info", []) if one.get("nodad")}
    macs = {link.get("address") for link in links}
    told = {
        "links": [_link(link) for link in links],
        "routes": sorted((_route(route) for route in routes if _lasts(route, certain)), key=json.dumps),
        "neighbours": [neighbours, proxies],
        "rules": [rules, *rules6],
        "nexthops": nexthops,
        "settings": sorted(settings, key=json.dumps),
        # The kernel's own have no number.
        "qdiscs": [one for some in qdiscs for one in some if one["handle"] != "0:"],
        "classes": sorted(classes.splitlines()),
        # How many lists there are depends on what the kernel has.
        "bridges": sorted((one for some in bridges for one in some if _stands(one, macs)), key=json.dumps),
    }
    return _without(told, VOLATILE)


def _answers(said: str) -> Iterator[Any]:
    """Yield the JSON lists, each on a line of its own, among other words."""
    for line in said.splitlines():
        # Of what a kernel does not have (bridge vlan show, bridge mdb show), the beginning of a list may be all.
        if line.startswith("[") and not line.endswith("["):
            yield json.loads(line)


def _link(link: dict[str, Any]) -> dict[str, Any]:
    """Return an interface, with its addresses in the order in which the kernel has them."""
    addresses = [_address(one) for one in link.get("addr_info", []) if not one["local"].startswith("fe80:")]
    # One IPv6 address that is put back comes first; taking the others away for that would be worse.
    addresses.sort(key=lambda one: str(one["local"]) if one["family"] == "inet6" else "")
    told = {**link, "addr_info": addresses, "flags": sorted(set(link["flags"]) - VOLATILE_FLAGS)}
    if "linkinfo" in link:
        told["linkinfo"] = _without(link["linkinfo"], VOLATILE_OF_BRIDGES)
    return told


def _address(address: dict[str, Any]) -> dict[str, Any]:
    """Return an address, with whether it has an end instead of when."""
    lives = {"valid_life_time", "preferred_life_time"}
    return {key: value == FOREVER if key in lives else value for key, value in address.items()}


def _route(route: dict[str, Any]) -> dict[str, Any]:
    """Return a route, without whether its next hops can be reached just now."""
    told = {**route, "flags": sorted(set(route["flags"]) - VOLATILE_FLAGS)}
    if "nexthops" in route:
        told["nexthops"] = [_route(hop) for hop in route["nexthops"]]
    return told


def _lasts(route: dict[str, Any], certain: set[str]) -> bool:
    """Tell whether a route is no matter of when the kernel looks.

    It has routes of its own for link-local addresses and multicast as soon as there is a carrier, and for each IPv6
    address as soon as it is known that nobody else has it: only those of addresses with ``nodad`` count.
    """
    if route.get("protocol") != "kernel":
        return True
    where = str(route["dst"])
    if where.startswith(("fe80:", "ff00:", "multicast")) or route.get("type") in ("anycast", "multicast"):
        return False
    return not (route.get("table") == "local" and ":" in where) or where in certain


def _stands(entry: dict[str, Any], macs: set[Optional[str]]) -> bool:
    """Tell whether what a bridge tells was said by somebody, not learned or joined by itself.

    At which port the MAC addresses of its interfaces are, the kernel decides.
    """
    if "mac" in entry:
        own = "master" in entry and entry.get("state") == "permanent" and entry["mac"] in macs
        lasts = entry.get("state") in ("permanent", "static") and not own
        return lasts and not entry["mac"].startswith(("33:33:", "01:00:5e:"))
    return "mdb" not in entry or any(one.get("state") == "permanent" for one in entry["mdb"])


def _without(value: Any, keys: frozenset[str]) -> Any:
    """Return a value of JSON without some of its keys, wherever they are."""
    if isinstance(value, dict):
        return {key: _without(one, keys) for key, one in value.items() if key not in keys}
    return [_without(one, keys) for one in value] if isinstance(value, list) else value

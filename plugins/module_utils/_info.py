# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked about namespaces, and the state of a kernel as netns_info shows it. Private."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, names_by_index
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    ALL_LOWER,
    ELSEWHERE,
    Interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import QDISC, as_result
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import RULE, as_written, is_kernels
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    DANGLING,
    FOREIGN,
    NAMESPACE,
    STALE,
    Endpoint,
    Netns,
    Scope,
    State,
    shown,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.names import PROTOCOLS, SCOPES, TYPES

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel

_FAMILIES = {4: "ipv4", 6: "ipv6"}
#: linux/if_addr.h: the flag of an address that is still being looked for elsewhere.
_TENTATIVE = 0x40
#: linux/if.h, in the order in which ``ip`` writes them (print_link_flags() in its ipaddress.c).
_FLAGS = {
    0x8: "LOOPBACK",
    0x2: "BROADCAST",
    0x10: "POINTOPOINT",
    0x1000: "MULTICAST",
    0x80: "NOARP",
    0x200: "ALLMULTI",
    0x100: "PROMISC",
    0x400: "MASTER",
    0x800: "SLAVE",
    0x4: "DEBUG",
    0x8000: "DYNAMIC",
    0x4000: "AUTOMEDIA",
    0x2000: "PORTSEL",
    0x20: "NOTRAILERS",
    0x1: "UP",
    0x10000: "LOWER_UP",
    0x20000: "DORMANT",
    0x40000: "ECHO",
}
_UP, _RUNNING = 0x1, 0x40
#: What is told of a rule where there is nothing to tell.
_NO_RULE = dict.fromkeys(("from", "to", "iif", "oif", "fwmark", "table", "suppress_prefixlength", "others"))
_NO_RULE.update({"not": False, "action": "lookup"})

#: A namespace that goes away while it is being read has no more devices, or its process or name is gone.
_GONE = (errno.ENOENT, errno.ESRCH, errno.EINVAL, errno.ENODEV, errno.ENOTDIR)
#: What a name stands for, as it is shown.
_STATES = {NAMESPACE: "present", STALE: "stale", DANGLING: "stale", FOREIGN: "foreign"}


class Place(NamedTuple):
    """A namespace as it was asked for: by name, by path or by process; by none of them, the host's own."""

    name: Optional[str] = None
    path: Optional[str] = None
    pid: Optional[int] = None

    @property
    def netns(self) -> Netns:
        """What a state knows the namespace by: a name, a path, or None for the host's."""
        return self.name or self.path or (None if self.pid is None else f"/proc/{self.pid}/ns/net")

    @property
    def is_host(self) -> bool:
        """Whether it is the namespace that the module runs in."""
        return self == Place()

    def __str__(self) -> str:
        if self.is_host:
            return "the host's namespace"
        if self.pid is not None:
            return f"the namespace of process {self.pid}"
        return cut(shown(self.path or f"namespace {self.name}"), 4 * MOST_CHARACTERS)


def read(problems: Problems, params: Mapping[str, Any]) -> Optional[dict[Place, str]]:
    """Return the places that the parameters ask for, in the order written, each with its option; None for all with a
    name.
    """
    places: list[tuple[Place, str]] = []
    for number, name in enumerate(params["names"] or ()):
        known = problems.namespace(f"names[{number}]", name)
        places.append((Place(name=known), f"names[{number}]"))
    for number, path in enumerate(params["paths"] or ()):
        if not path.startswith("/"):
            problems.add(f"paths[{number}]", f"{echo(path)} is not an absolute path")
        elif not _is_possible(path):
            problems.add(f"paths[{number}]", f"{echo(path)} cannot be the path of a file")
        places.append((Place(path=path), f"paths[{number}]"))
    for number, pid in enumerate(params["pids"] or ()):
        if pid < 1:
            problems.add(f"pids[{number}]", f"{echo(pid)} is not the id of a process")
        places.append((Place(pid=pid), f"pids[{number}]"))
    if params["host"]:
        places.append((Place(), "host"))
    asked = any(params[key] is not None for key in ("names", "paths", "pids")) or params["host"]
    return dict(places) if asked else None


def _is_possible(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def look(kernel: LinuxKernel, problems: Problems, places: Optional[Mapping[Place, str]]) -> list[dict[str, Any]]:
    """Return what there is at the places, which are given with the options that ask for them; None for all with a name.

    Raises: Invalid, naming the options of those that cannot be read. KernelError.
    """
    asked = {Place(name=name): "" for name in kernel.all_names()} if places is None else places
    present: dict[Place, str] = {}
    for place, option in asked.items():
        try:
            what = None if place.netns is None else kernel.what_is(place.netns)
            present[place] = "present" if place.is_host else "absent" if what is None else _STATES[what]
        except OSError as error:
            if error.errno in _GONE:
                present[place] = "absent"
            else:
                problems.add(option, f"{place} could not be read: {shown(os_error_text(error))}{_remedy(place, error)}")
    problems.check()
    scope = Scope()
    scope.identities = True
    for place in (place for place, state in present.items() if state == "present"):
        scope.want(INTERFACE, place.netns, ALL_LOWER)
        scope.want(ROUTE, place.netns)
        scope.want(QDISC, place.netns)
        scope.want(RULE, place.netns)
    state = kernel.observe(scope)
    inside, names = kernel.inhabitants([place.netns for place in present]), kernel.names()
    result = []
    for place, before in present.items():
        gone = before == "present" and not state.was_read(INTERFACE, place.netns)
        if gone and places is None:
            continue  # it went away while all that is there was read
        there = "absent" if gone else before
        inode, processes = inside.get(place.netns, (None, ())) if there == "present" else (None, ())
        result.append(
            {
                "name": _name(place, names, inode),
                "path": place.path and shown(place.path),
                "pid": place.pid,
                "host": place.is_host,
                "state": there,
                "inode": inode,
                "links": list(_links(state, place.netns, names)),
                "addresses": list(_addresses(state, place.netns)),
                "routes": list(_routes(state, place.netns)),
                "rules": list(_rules(state, place.netns)),
                "processes": [{"pid": pid, "command": command} for pid, command in processes],
            }
        )
    return result


def _remedy(place: Place, error: OSError) -> str:
    # proc_ns_get_link() in fs/proc/namespaces.c.
    denied = place.pid is not None and error.errno == errno.EACCES
    return "; looking into another's process takes CAP_SYS_PTRACE" if denied else ""


def _name(place: Place, names: Mapping[int, str], inode: Optional[int]) -> Optional[str]:
    name = place.name or (None if inode is None else names.get(inode))
    return name and shown(name)


def _links(state: State, netns: Netns, names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    rows = state.rows(INTERFACE, netns)
    by_index = {one.ifindex: one for one in rows.values()}
    for one in rows.values():
        report = one.report
        flags = () if report is None else tuple(_flags(report, by_index))
        master = None if report is None or report.master is None else by_index.get(report.master)
        paired = one.type in ("veth", "netkit")
        lower = _lower(one, state, names)
        yield {
            "interface": one.name,
            "kind": one.type,
            "index": one.ifindex,
            "state": "up" if "UP" in flags else "down",
            "carrier": "LOWER_UP" in flags,
            "flags": list(flags),
            "mac": one.mac,
            "mtu": one.mtu,
            "master": None if master is None else master.name,
            "peer": lower if paired else None,
            "parent": None if paired else lower,
            "shaping": as_result(state, Endpoint(netns, one.name)),
            "ingress": as_result(state, Endpoint(netns, one.name), "ingress") is not None,
        }


def _flags(report: reports.LinkReport, by_index: Mapping[Optional[int], Interface]) -> Iterator[str]:
    """Yield the flags of a link, as ``ip link`` writes them."""
    if report.flags & _UP and not report.flags & _RUNNING:
        yield "NO-CARRIER"
    yield from (name for flag, name in _FLAGS.items() if report.flags & flag)
    lower = by_index.get(report.other) if report.netns_id is None and report.other else None
    if lower is not None and not lower.up:
        yield "M-DOWN"


def _lower(interface: Interface, state: State, names: Mapping[int, str]) -> Optional[dict[str, Any]]:
    lower = interface.lower
    if lower is None:
        return None
    place: Netns = lower.place
    if place is not None and place != ELSEWHERE and "/" in place:
        # A namespace that was read by its path: told by its name, where it has one.
        found = state.names.get(place)
        inode = 0 if found is None or not found.identity else int(found.identity.split(":")[1])
        place = names.get(inode, ELSEWHERE)
    where = "host" if place is None else "elsewhere" if place == ELSEWHERE else "namespace"
    named = None if place is None or "/" in place else shown(place)
    return {"place": where, "netns": named, "interface": lower.interface, "index": lower.ifindex}


def _addresses(state: State, netns: Netns) -> Iterator[dict[str, Any]]:
    for interface, addresses in state.rows(ADDRESS, netns).items():
        for one in addresses:
            report = reports.address(one.raw)
            if report is not None:
                yield {
                    "interface": interface,
                    "address": one.text,
                    "family": _FAMILIES[one.version],
                    "scope": SCOPES.get(report.scope, str(report.scope)),
                    "peer": one.peer or None,
                    "tentative": bool(report.flags & _TENTATIVE),
                }


def _routes(state: State, netns: Netns) -> Iterator[dict[str, Any]]:
    names = names_by_index(state, netns)
    reported = (reports.route(one.raw) for some in state.rows(ROUTE, netns).values() for one in some)
    return (_route(report, names) for report in reported if report is not None)


def _rules(state: State, netns: Netns) -> Iterator[dict[str, Any]]:
    for there in state.rows(RULE, netns).values():
        for one in there:
            if is_kernels(one.rule):
                continue
            protocol = PROTOCOLS.get(one.rule.protocol, str(one.rule.protocol))
            yield {**_NO_RULE, **as_written(one.rule), "protocol": protocol}


def _route(report: reports.RouteReport, names: Mapping[Optional[int], str]) -> dict[str, Any]:
    hops = [{"gateway": hop.gateway, "interface": names.get(hop.ifindex), "weight": hop.weight} for hop in report.hops]
    single = hops[0] if len(hops) == 1 else {"gateway": None, "interface": None}
    return {
        "destination": report.destination,
        "from": report.origin,
        "tos": report.tos,
        "family": _FAMILIES[report.version],
        "type": TYPES.get(report.kind, str(report.kind)),
        "gateway": single["gateway"],
        "interface": single["interface"],
        "nexthops": hops if len(hops) > 1 else [],
        "nexthop_id": report.object_id,
        "source": report.source,
        "metric": report.metric,
        "table": report.table,
        "protocol": PROTOCOLS.get(report.protocol, str(report.protocol)),
        "scope": SCOPES.get(report.scope, str(report.scope)),
    }

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked about namespaces, and the state of a kernel as netns_info shows it. Private."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._address_details import as_written
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import ADDRESS
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import FILE, OfNamespace
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import as_result as files
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE, names_by_index
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface_rows import (
    ALL_LOWER,
    ELSEWHERE,
    PAIRS,
    Interface,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import NEIGHBOUR
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.neighbour import in_results as neighbours
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.qdisc import QDISC, as_result
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.route import ROUTE
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import RULE, is_kernels
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.rule import as_written as rule_as_written
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
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.routes import ONLINK

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel

_FAMILIES = {4: "ipv4", 6: "ipv6"}
#: linux/if_addr.h: where the flags of an address are in its report (struct ifaddrmsg), and that of one that is still
#: being looked for elsewhere.
_FLAGS_OF_ADDRESS, _TENTATIVE = 18, 0x40
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
#: What is told of an address where there is nothing to tell.
_NO_DETAILS = dict.fromkeys(("peer", "broadcast", "label", "lifetime", "preferred", "metric", "others"))
_NO_DETAILS.update({"nodad": False, "noprefixroute": False})
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


def read_sysctls(problems: Problems, names: Optional[Sequence[str]]) -> list[str]:
    """Return the paths of the sysctls that are asked for by their names."""
    if not names:
        return []
    from ansible_collections.linuxnet.netns.plugins.module_utils._sysctl import read_name

    read = [read_name(problems, f"sysctls[{number}]", name) for number, name in enumerate(names)]
    return [path for path in dict.fromkeys(read) if path is not None]


def _is_possible(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def look(
    kernel: LinuxKernel, problems: Problems, places: Optional[Mapping[Place, str]], sysctls: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return what there is at the places, which are given with the options that ask for them; None for all with a name.

    ``sysctls`` are those that are asked for, by their paths below ``net``.

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
        scope.want(NEIGHBOUR, place.netns)
        if place.name is not None:
            scope.want(FILE, None, OfNamespace(place.name))
    state = kernel.observe(scope)
    special = details(kernel, state, [place.netns for place in present], sysctls)
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
                "links": list(_links(state, special, place.netns, names)),
                "addresses": list(_addresses(state, place.netns)),
                "routes": list(_routes(state, place.netns)),
                "rules": list(_rules(state, place.netns)),
                "neighbours": list(_neighbours(state, place.netns)),
                "sysctls": _sysctls(special, place.netns, sysctls),
                "files": [] if place.name is None else files(state, place.name),
                "processes": [{"pid": pid, "command": command} for pid, command in processes],
            }
        )
    return result


def details(kernel: LinuxKernel, state: State, places: Iterable[Netns], sysctls: Sequence[str]) -> State:
    """Return what there is more to be read of what was found: of WireGuard devices and of ports of bridges, and
    sysctls.

    Raises: KernelError.
    """
    scope = Scope()
    for netns in places:
        for one in state.rows(INTERFACE, netns).values():
            if one.type == "wireguard":
                from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import wireguard

                scope.want(wireguard.WIREGUARD, netns, wireguard.ConfigurationOf(one.name))
                scope.want(INTERFACE, netns)
            elif one.type == "vxlan":
                from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import forwarding

                scope.want(forwarding.FORWARDING, netns)
                scope.want(INTERFACE, netns)
            elif one.type == "bridge":
                from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import port_vlans

                scope.want(port_vlans.PORT_VLANS, netns)
                scope.want(INTERFACE, netns)
        if sysctls and state.was_read(INTERFACE, netns):
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import sysctl

            scope.want(INTERFACE, netns)
            scope.want(sysctl.SYSCTL, netns, *(sysctl.Asked(path) for path in sysctls))
    return kernel.observe(scope) if scope.wants else State()


def _remedy(place: Place, error: OSError) -> str:
    # proc_ns_get_link() in fs/proc/namespaces.c.
    denied = place.pid is not None and error.errno == errno.EACCES
    return "; looking into another's process takes CAP_SYS_PTRACE" if denied else ""


def _name(place: Place, names: Mapping[int, str], inode: Optional[int]) -> Optional[str]:
    name = place.name or (None if inode is None else names.get(inode))
    return name and shown(name)


def _links(state: State, special: State, netns: Netns, names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    rows = state.rows(INTERFACE, netns)
    by_index = {one.ifindex: one for one in rows.values()}
    for one in rows.values():
        report = one.report
        flags = () if report is None else tuple(_flags(report, by_index))
        master = None if report is None or report.master is None else by_index.get(report.master)
        paired = one.type in PAIRS
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
            "alias": one.alias and shown(one.alias),
            "properties": _properties(special, netns, one),
            "master": None if master is None else master.name,
            "port": None
            if master is None or report is None
            else link_types.as_result_of_port(report.port_of, report.port),
            "vlans": _vlans(special, netns, one),
            "peer": lower if paired else None,
            "parent": None if paired else lower,
            "shaping": as_result(state, Endpoint(netns, one.name)),
            "ingress": as_result(state, Endpoint(netns, one.name), "ingress") is not None,
        }


def _properties(special: State, netns: Netns, one: Interface) -> dict[str, Any]:
    """Return what a link has that is of its type, without any key."""
    link_type = link_types.find(one.type)
    if one.type != "wireguard":
        beside = {} if link_type is None else link_type.beside(special, Endpoint(netns, one.name))
        return {**link_types.as_result(one.type, one.data), **beside}
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import wireguard

    there = special.row(wireguard.WIREGUARD, netns, one.name)
    return {} if there is None else wireguard.as_result(there)


def _vlans(special: State, netns: Netns, one: Interface) -> list[dict[str, Any]]:
    if one.type != "bridge" and (one.report is None or one.report.port_of != "bridge"):
        return []
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import port_vlans

    return port_vlans.in_results(special, netns, one.name)


def _neighbours(state: State, netns: Netns) -> Iterator[dict[str, Any]]:
    for interface in state.rows(NEIGHBOUR, netns):
        for one in neighbours(state, Endpoint(netns, interface)):
            yield {"interface": interface, **one}


def _sysctls(special: State, netns: Netns, asked: Sequence[str]) -> dict[str, Optional[str]]:
    """Return the values of sysctls by their names as ``sysctl -a`` has them; None where there is no such one."""
    if not asked:
        return {}
    from ansible_collections.linuxnet.netns.plugins.module_utils import _sysctl
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.sysctl import SYSCTL

    found = {path: special.row(SYSCTL, netns, path) for path in asked}
    return {_sysctl.dotted(path): None if one is None else one.value for path, one in found.items()}


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
            yield {
                **_NO_DETAILS,
                **as_written(one, interface),
                "interface": interface,
                "family": _FAMILIES[one.version],
                "scope": SCOPES.get(one.scope, str(one.scope)),
                "tentative": bool(one.raw[_FLAGS_OF_ADDRESS] & _TENTATIVE),
                "duplicate": one.duplicate,
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
            yield {**_NO_RULE, **rule_as_written(one.rule), "protocol": protocol}


def _route(report: reports.RouteReport, names: Mapping[Optional[int], str]) -> dict[str, Any]:
    hops = [
        {
            "gateway": hop.gateway,
            "interface": names.get(hop.ifindex),
            "weight": hop.weight,
            "onlink": bool(hop.flags & ONLINK),
        }
        for hop in report.hops
    ]
    single = hops[0] if len(hops) == 1 else {"gateway": None, "interface": None, "onlink": False}
    return {
        "destination": report.destination,
        "from": report.origin,
        "tos": report.tos,
        "family": _FAMILIES[report.version],
        "type": TYPES.get(report.kind, str(report.kind)),
        "gateway": single["gateway"],
        "interface": single["interface"],
        "onlink": single["onlink"],
        "nexthops": hops if len(hops) > 1 else [],
        "nexthop_id": report.object_id,
        "source": report.source,
        "mtu": report.mtu,
        "metric": report.metric,
        "table": report.table,
        "protocol": PROTOCOLS.get(report.protocol, str(report.protocol)),
        "scope": SCOPES.get(report.scope, str(report.scope)),
    }

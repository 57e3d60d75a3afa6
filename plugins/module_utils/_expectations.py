# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expectations of ``netns_probe``, as a task has them, read into declared objects. Pure. Private."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import (
    FullReachability,
    Reachability,
    nothing_to_probe,
    worth_probing,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_link_local

#: What is meant as an address, and is none: an interface or a namespace of such a name would be a surprise.
_DIGITS, _ADDRESS_LIKE = re.compile(r"[0-9.]+"), re.compile(r"[0-9A-Fa-f:]*::")


def declare(problems: Problems, params: Mapping[str, Any]) -> list[Declared]:
    """Return what the module's parameters expect; every mistake is noted, and what has mistakes is left out."""
    timeout, expect = params["timeout"], params["expect"]
    if not 0 < timeout < float("inf"):
        problems.add("timeout", f"{echo(timeout)} is not a time to wait: a number of seconds above 0 is needed")
    if params["topology"] is not None:
        return _of_topology(problems, params["topology"], timeout)
    if expect is None:
        return [FullReachability("expect", timeout)]
    if not expect:
        problems.add("expect", "the list is empty; write what is expected, or leave the option out to probe everything")
    found = [_probe(problems, f"expect[{number}]", written, timeout) for number, written in enumerate(expect)]
    return [Reachability(probe.path, probe) for probe in found if probe is not None]


def _probe(problems: Problems, path: str, written: Mapping[str, Any], timeout: float) -> Optional[Probe]:
    noted = len(problems.found)
    to = _target(problems, f"{path}.to", written["to"])
    _limits(problems, path, written)
    sender = problems.optional_namespace(f"{path}.from", written["from"])
    mtu = problems.mtu(f"{path}.mtu", written["mtu"])
    if to is None or len(problems.found) > noted:
        return None
    return Probe(
        sender,
        to,
        timeout,
        to if isinstance(to, str) else "",
        path,
        written["protocol"],
        written["port"],
        mtu,
        written["reachable"],
        written["count"],
        written["max_loss"],
        written["max_rtt"],
    )


def _limits(problems: Problems, path: str, written: Mapping[str, Any]) -> None:
    """Note what does not go together, and numbers that cannot be."""
    protocol, port, packets = written["protocol"], written["port"], written["count"]
    loss, rtt = written["max_loss"], written["max_rtt"]
    if protocol == "icmp" and port is not None:
        problems.add(f"{path}.port", "icmp has no ports; is protocol: tcp or udp meant?")
    elif protocol != "icmp" and (port is None or not 1 <= port <= 65535):
        wrong = "is missing" if port is None else f"{echo(port)} is not one"
        problems.add(f"{path}.port", f"{protocol} needs a port from 1 to 65535, and it {wrong}")
    if written["mtu"] is not None and protocol == "tcp":
        problems.add(f"{path}.mtu", "tcp cuts what it sends into pieces by itself; use icmp or udp")
    if not 1 <= packets <= 1000:
        problems.add(f"{path}.count", f"{echo(packets)} is not a number from 1 to 1000")
    if protocol == "tcp" and packets != 1:
        problems.add(f"{path}.count", "tcp makes one connection; use icmp or udp to count packets")
    if loss is not None and not 0 <= loss <= 100:
        problems.add(f"{path}.max_loss", f"{echo(loss)} is not a percentage from 0 to 100")
    if rtt is not None and not 0 < rtt < float("inf"):
        problems.add(f"{path}.max_rtt", f"{echo(rtt)} is not a time in milliseconds")
    for key in ("max_loss", "max_rtt"):
        if written[key] is not None and not written["reachable"]:
            problems.add(f"{path}.{key}", "this is only for what is expected reachable")


def _target(problems: Problems, path: str, text: str) -> Union[str, Endpoint, None]:
    """Return an address in canonical form (with its zone, as in ``fe80::1%eth0``), or an interface."""
    host, percent, zone = text.partition("%")
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except (OSError, ValueError):
        return _endpoint(problems, path, text)
    noted = len(problems.found)
    canonical = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    reason = _no_target(packed, canonical, zone)
    if reason is not None:
        problems.add(path, f"{echo(text)} cannot be probed: {reason}")
    elif percent and len(packed) == 4:
        problems.add(path, f"{echo(text)} cannot be probed: an IPv4 address has no zone; write {host}")
    elif percent:
        problems.interface(path, zone)
    return None if len(problems.found) > noted else canonical + percent + zone


def _no_target(packed: bytes, address: str, zone: str) -> Optional[str]:
    """Return why no probe can go to an address, or None."""
    if not any(packed):
        return "it is the unspecified address, which is nobody's"
    if packed == b"\xff" * 4:
        return "it is the broadcast address, which is not that of one interface"
    if packed[0] == 0xFF or (len(packed) == 4 and 0xE0 <= packed[0] < 0xF0):
        return "it is a multicast address, which is not that of one interface"
    if packed[:12] == bytes(10) + b"\xff\xff":
        return f"it is an IPv4 address in IPv6 form; write {socket.inet_ntop(socket.AF_INET, packed[12:])}"
    if is_link_local(address) and not zone:
        return f"a link-local address needs the sender's interface, as in {address}%eth0"
    return None


def _endpoint(problems: Problems, path: str, text: str) -> Optional[Endpoint]:
    netns, colon, interface = text.rpartition(":")
    meant_as_address = _ADDRESS_LIKE.match(text) if ":" in text else _DIGITS.fullmatch(text)
    if "/" in text or meant_as_address:
        problems.add(path, f"{echo(text)} is neither an address (without a prefix length) nor 'NAMESPACE:INTERFACE'")
        return None
    name = problems.interface(path, interface)
    space = problems.namespace(path, netns) if colon else None
    return None if name is None or (colon and space is None) else Endpoint(space, name)


def _of_topology(problems: Problems, form: Mapping[str, Any], timeout: float) -> list[Declared]:
    """Everything in a topology reaches every address in it, but its own and what is declared down."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _topology

    noted = len(problems.found)
    topology = _topology.read(problems, {"name": "unnamed", **form})
    problems.found[noted:] = [Problem(f"topology.{path}", text) for path, text in problems.found[noted:]]
    ends = [end for link in topology.links for end in link.endpoints if end.up]
    senders: list[Netns] = [one.name for one in topology.namespaces]
    senders = list(dict.fromkeys([*senders, *(end.netns for end in ends)]))
    targets = tuple(
        (end.endpoint, address)
        for end in ends
        for address in worth_probing((one.text for one in end.addresses), from_elsewhere=True)
    )
    reason = nothing_to_probe(senders, targets)
    if reason is not None and len(problems.found) == noted:
        problems.add("topology", reason)
    # One for each sender, so that all that are missing are named.
    return [FullReachability("topology", timeout, (sender,), targets) for sender in senders]

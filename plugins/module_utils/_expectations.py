# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expectations of ``netns_probe``, as a task has them, read into declared objects. Pure. Private."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_CHARACTERS, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.reachability import (
    FullReachability,
    Reachability,
    nothing_to_probe,
    worth_probing,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import RESOLVER, Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._values import is_link_local

_DNS_PORT, _MOST_PORT = 53, 65535
_ONLY_REACHABLE = "this is only for what is expected reachable"
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
    services = [name for name in _SERVICES if written[name] is not None]
    protocol, port, question = written["protocol"], written["port"], None
    if services:
        protocol = services[0]
        _only_for_packets(problems, path, written, services)
        service = _SERVICES[protocol]()
        asked = _options(problems, f"{path}.{protocol}", written[protocol], service.OPTIONS)
        if asked is None:
            return None
        port = asked["port"]
        question = service.question(problems, f"{path}.{protocol}", asked)
        _of_service(problems, f"{path}.{protocol}", asked, written["reachable"])
        to = _name_server(problems, path, asked) if protocol == "dns" else _destination(problems, path, written)
    else:
        to = _destination(problems, path, written)
        _limits(problems, path, written)
    _measures(problems, path, written)
    sender = problems.optional_namespace(f"{path}.from", written["from"])
    mtu = problems.mtu(f"{path}.mtu", written["mtu"])
    if to is None or len(problems.found) > noted:
        return None
    return Probe(
        sender,
        to,
        timeout,
        to if isinstance(to, str) and to != RESOLVER else "",
        path,
        protocol,
        port,
        mtu,
        written["reachable"],
        written["count"],
        written["max_loss"],
        written["max_rtt"],
        question,
    )


def _dns() -> Any:
    from ansible_collections.linuxnet.netns.plugins.module_utils import _dns

    return _dns


def _http() -> Any:
    from ansible_collections.linuxnet.netns.plugins.module_utils import _http

    return _http


#: What knows the question to a service, by the option that has it.
_SERVICES = {"dns": _dns, "http": _http}


def _options(
    problems: Problems, path: str, written: Mapping[str, Any], options: Mapping[str, Any]
) -> Optional[Mapping[str, Any]]:
    """Return the values of options within an option, as Ansible reads those of a module; None after noting mistakes.

    Where a module's own are so deep, Ansible breaks off at what is no mapping.
    """
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    try:
        result = ArgumentSpecValidator(options).validate(written)
    except (OverflowError, TypeError):
        problems.add(path, "a number in it is too large, or a key is no text")
        return None
    for text in result.error_messages:
        problems.add(path, cut(text, 2 * MOST_CHARACTERS))
    values: Mapping[str, Any] = result.validated_parameters
    return None if result.error_messages else values


def _destination(problems: Problems, path: str, written: Mapping[str, Any]) -> Union[str, Endpoint, None]:
    """Return where a probe goes: an address or an interface."""
    if written["to"] is not None:
        return _target(problems, f"{path}.to", written["to"])
    problems.add(f"{path}.to", "it is missing; write an address, NAMESPACE:INTERFACE or an interface of the host")
    return None


def _name_server(problems: Problems, path: str, asked: Mapping[str, Any]) -> Union[str, Endpoint, None]:
    """Return where a question for a name goes: a server, or whomever programs in the sender's namespace ask."""
    server = asked["server"]
    if not asked["resolver"]:
        if server is not None:
            return _target(problems, f"{path}.dns.server", server)
        problems.add(f"{path}.dns", "whom to ask is missing; write server, or resolver: true")
        return None
    if server is not None:
        problems.add(f"{path}.dns.server", "with resolver: true the servers of the namespace are asked; leave one out")
    if asked["port"] != _DNS_PORT:
        problems.add(f"{path}.dns.port", f"with resolver: true it is always {_DNS_PORT}; leave this out")
    return RESOLVER


def _only_for_packets(problems: Problems, path: str, written: Mapping[str, Any], services: Sequence[str]) -> None:
    """Note what makes no sense beside a question to a service."""
    service = services[0]
    for other in services[1:]:
        problems.add(f"{path}.{other}", f"{service} is written too; write an expectation for each")
    if service == "dns" and written["to"] is not None:
        problems.add(f"{path}.to", "a name server is written as dns.server; leave this out")
    for key, usual in (("protocol", "icmp"), ("port", None), ("mtu", None), ("count", 1), ("max_loss", None)):
        if written[key] != usual:
            instead = f"; write {service}.port" if key == "port" else ""
            problems.add(f"{path}.{key}", f"this is not for {service}{instead}")


def _of_service(problems: Problems, path: str, asked: Mapping[str, Any], reachable: bool) -> None:
    """Note a port that is none, and expectations of a reply where there is to be none."""
    if not 1 <= asked["port"] <= _MOST_PORT:
        problems.add(f"{path}.port", f"{echo(asked['port'])} is not a port from 1 to {_MOST_PORT}")
    for key in ("addresses", "status", "contains"):
        if asked.get(key) is not None and not reachable:
            problems.add(f"{path}.{key}", _ONLY_REACHABLE)


def _limits(problems: Problems, path: str, written: Mapping[str, Any]) -> None:
    """Note what does not go together, and numbers that cannot be."""
    protocol, port, packets = written["protocol"], written["port"], written["count"]
    if protocol == "icmp" and port is not None:
        problems.add(f"{path}.port", "icmp has no ports; is protocol: tcp or udp meant?")
    elif protocol != "icmp" and (port is None or not 1 <= port <= _MOST_PORT):
        wrong = "is missing" if port is None else f"{echo(port)} is not one"
        problems.add(f"{path}.port", f"{protocol} needs a port from 1 to {_MOST_PORT}, and it {wrong}")
    if written["mtu"] is not None and protocol == "tcp":
        problems.add(f"{path}.mtu", "tcp cuts what it sends into pieces by itself; use icmp or udp")
    if not 1 <= packets <= 1000:
        problems.add(f"{path}.count", f"{echo(packets)} is not a number from 1 to 1000")
    if protocol == "tcp" and packets != 1:
        problems.add(f"{path}.count", "tcp makes one connection; use icmp or udp to count packets")


def _measures(problems: Problems, path: str, written: Mapping[str, Any]) -> None:
    """Note limits that cannot be, and those of what is not expected to reply."""
    loss, rtt = written["max_loss"], written["max_rtt"]
    if loss is not None and not 0 <= loss <= 100:
        problems.add(f"{path}.max_loss", f"{echo(loss)} is not a percentage from 0 to 100")
    if rtt is not None and not 0 < rtt < float("inf"):
        problems.add(f"{path}.max_rtt", f"{echo(rtt)} is not a time in milliseconds")
    for key in ("max_loss", "max_rtt"):
        if written[key] is not None and not written["reachable"]:
            problems.add(f"{path}.{key}", _ONLY_REACHABLE)


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

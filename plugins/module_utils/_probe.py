# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations about what reaches what, made into probes, and what is told of them. Pure. Private."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns, Scope, State
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

#: The reasons why nothing is reached, by the kernel's error.
REASONS = {
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to host",
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EMSGSIZE: "message too long",
    errno.EACCES: "prohibited",
    errno.EPERM: "not permitted",
    errno.ENETDOWN: "network is down",
    errno.EADDRNOTAVAIL: "address not available",
    errno.ETIMEDOUT: "no reply",
}
#: The largest matrix, which takes some seconds.
MOST = 100_000
NO_REPLY, TTL_EXCEEDED = "no reply", "time to live exceeded"


class Expectation(NamedTuple):
    """What is expected of one way: the sender's namespace, and an address or an interface as the target."""

    path: str
    sender: Netns
    address: Optional[str]
    endpoint: Optional[Endpoint]
    protocol: str = "icmp"
    port: Optional[int] = None
    mtu: Optional[int] = None
    reachable: bool = True
    packets: int = 1
    max_loss: Optional[float] = None
    max_rtt: Optional[float] = None


class Probe(NamedTuple):
    """One thing to be tried, to one address."""

    expectation: Expectation
    address: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.address else 4


@dataclass
class Answer:
    """What became of a probe. ``error`` is the kernel's last one, or 0; ``teller`` is who told it from afar."""

    sent: int = 0
    times: list[float] = field(default_factory=list)
    error: int = 0
    expired: bool = False
    teller: Optional[str] = None
    path_mtu: Optional[int] = None

    @property
    def reachable(self) -> bool:
        """Whether there was a reply."""
        return bool(self.times)


def read(problems: Problems, params: Mapping[str, Any]) -> Optional[list[Expectation]]:
    """What the parameters expect; None for everything on the host. Every mistake is noted."""
    if not 0 < params["timeout"] < float("inf"):
        problems.add("timeout", f"{params['timeout']!r} is not a time to wait: a number of seconds above 0 is needed")
    if params["topology"] is not None:
        return _of_topology(problems, params["topology"])
    expect: Optional[Sequence[Mapping[str, Any]]] = params["expect"]
    if expect is None:
        return None
    if not expect:
        problems.add("expect", "the list is empty; write what is expected, or leave the option out to probe everything")
    found = [_expectation(problems, f"expect[{number}]", written) for number, written in enumerate(expect)]
    return [one for one in found if one is not None]


def scope(wanted: Union[Sequence[str], Sequence[Expectation]]) -> Scope:
    """What must be known of the host: the inside of namespaces, or what the expectations name."""
    needed = Scope()
    for one in wanted:
        if isinstance(one, str):
            needed.inside(one)
            continue
        if one.sender is not None:
            needed.names.add(one.sender)
        if one.address is None and one.endpoint is not None:
            needed.inside(one.endpoint.netns)
    return needed


def _expectation(problems: Problems, path: str, written: Mapping[str, Any]) -> Optional[Expectation]:
    noted = len(problems.found)
    protocol, port, mtu = written["protocol"], written["port"], written["mtu"]
    address = literal(written["to"])
    endpoint = None if address is not None else _endpoint(problems, f"{path}.to", written["to"])
    if protocol == "icmp" and port is not None:
        problems.add(f"{path}.port", "icmp has no ports; is protocol: tcp or udp meant?")
    elif protocol != "icmp" and (port is None or not 1 <= port <= 65535):
        told = "is missing" if port is None else f"{port} is not one"
        problems.add(f"{path}.port", f"{protocol} needs a port from 1 to 65535, and it {told}")
    if mtu is not None and protocol == "tcp":
        problems.add(f"{path}.mtu", "tcp cuts what it sends into pieces by itself; use icmp or udp")
    packets, loss, rtt = written["count"], written["max_loss"], written["max_rtt"]
    if not 1 <= packets <= 1000:
        problems.add(f"{path}.count", f"{packets} is not a number from 1 to 1000")
    if protocol == "tcp" and packets != 1:
        problems.add(f"{path}.count", "tcp makes one connection; use icmp or udp to count packets")
    if loss is not None and not 0 <= loss <= 100:
        problems.add(f"{path}.max_loss", f"{loss} is not a percentage from 0 to 100")
    if rtt is not None and not 0 < rtt < float("inf"):
        problems.add(f"{path}.max_rtt", f"{rtt} is not a time in milliseconds")
    for key, value in (("max_loss", loss), ("max_rtt", rtt)):
        if value is not None and not written["reachable"]:
            problems.add(f"{path}.{key}", "this is only for what is expected reachable")
    return (
        Expectation(
            path,
            problems.optional_namespace(f"{path}.from", written["from"]),
            address,
            endpoint,
            protocol,
            port,
            problems.mtu(f"{path}.mtu", mtu),
            written["reachable"],
            packets,
            loss,
            rtt,
        )
        if len(problems.found) == noted
        else None
    )


def literal(text: str) -> Optional[str]:
    """An IPv4 or IPv6 address in canonical form (with its zone, as in ``fe80::1%eth0``), or None for what is none."""
    host, percent, zone = text.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        canonical = socket.inet_ntop(family, socket.inet_pton(family, host))
    except (OSError, ValueError):
        return None
    if percent and (family == socket.AF_INET or not zone):
        return None
    return canonical + percent + zone


def _endpoint(problems: Problems, path: str, text: str) -> Optional[Endpoint]:
    netns, colon, interface = text.rpartition(":")
    if not colon and ("." in text or "/" in text):
        problems.add(path, f"{text!r} is neither an address (without a prefix length) nor 'NAMESPACE:INTERFACE'")
        return None
    name = problems.interface(path, interface)
    space = problems.namespace(path, netns) if colon else None
    return None if name is None else Endpoint(space, name)


def _of_topology(problems: Problems, form: Mapping[str, Any]) -> list[Expectation]:
    """Everything in a topology reaches every address in it, but its own and what is declared down."""
    noted = len(problems.found)
    topology = _topology.read(problems, {"name": "unnamed", **form})
    problems.found[noted:] = [Problem(f"topology.{path}", text) for path, text in problems.found[noted:]]
    ends = [end for link in topology.links for end in link.endpoints if end.up]
    places: list[Netns] = [one.name for one in topology.namespaces]
    places += [end.netns for end in ends]
    targets = [(end.endpoint, address.partition("/")[0]) for end in ends for address in end.addresses]
    return _matrix(problems, "topology", list(dict.fromkeys(places)), targets)


def _of_state(problems: Problems, state: State) -> list[Expectation]:
    """Every namespace that was read reaches every address of the others, but loopback's and link-local ones."""
    places = sorted(state.interfaces, key=str)
    targets = [
        (Endpoint(netns, interface.name), address)
        for netns in places
        for interface in state.inside(netns).values()
        if interface.kind != "loopback"
        for address in _worth(interface.addresses)
    ]
    return _matrix(problems, "expect", places, targets)


def _matrix(
    problems: Problems, path: str, places: Sequence[Netns], targets: Sequence[tuple[Endpoint, str]]
) -> list[Expectation]:
    if len(places) * len(targets) > MOST:
        size = f"{len(places)} namespaces and {len(targets)} addresses"
        problems.add(path, f"{size} are more than {MOST} probes; write what is expected of them instead")
        return []
    found = [
        Expectation("", place, address, end)
        for place in places
        for end, address in targets
        if end.netns != place and not address.startswith("fe80:")
    ]
    if not found and not problems.found:
        problems.add(path, "there is nothing to probe: no namespace has an address that another could reach")
    return found


def resolve(problems: Problems, expectations: Optional[Sequence[Expectation]], state: State) -> list[Probe]:
    """The probes for the expectations, or for everything: one to each address that an interface has in the state."""
    probes: list[Probe] = []
    missing: set[Netns] = set()
    for one in _of_state(problems, state) if expectations is None else expectations:
        if not state.has(one.sender):
            # In a matrix, once is enough.
            if one.path or one.sender not in missing:
                path = f"{one.path}.from" if one.path else "topology"
                problems.add(path, f"there is no namespace {one.sender} on this host")
            missing.add(one.sender)
        elif one.address is not None:
            probes.append(Probe(one, one.address))
        elif one.endpoint is not None:
            probes.extend(Probe(one, address) for address in _addresses(problems, one.path, one.endpoint, state))
    return probes


def _addresses(problems: Problems, path: str, end: Endpoint, state: State) -> list[str]:
    if end.netns is not None and not state.has(end.netns):
        problems.add(f"{path}.to", f"there is no namespace {end.netns} on this host")
        return []
    found = state.interface(*end)
    if found is None:
        where = "the host" if end.netns is None else f"namespace {end.netns}"
        problems.add(f"{path}.to", f"{where} has no interface {end.interface}")
        return []
    addresses = _worth(found.addresses)
    if not addresses:
        problems.add(f"{path}.to", f"interface {end} has no address to be reached by")
    return addresses


def _worth(addresses: Sequence[Any]) -> list[str]:
    """The addresses by which an interface can be reached from elsewhere, without their prefix lengths."""
    return [one.text.partition("/")[0] for one in addresses if not one.text.startswith("fe80:")]


def target(probe: Probe) -> str:
    """Where a probe goes, as a table or a message names it."""
    end = probe.expectation.endpoint
    return probe.address if end is None else end.short()


def reason(answer: Answer) -> str:
    """Why nothing, or not all, was reached; in few fixed words. Empty when there was a reply."""
    if answer.reachable:
        return ""
    if answer.expired:
        return TTL_EXCEEDED
    return REASONS.get(answer.error, os.strerror(answer.error).lower()) if answer.error else NO_REPLY


def words(answer: Answer, timeout: float) -> str:
    """The reason at length, with the kernel's own words."""
    if answer.reachable:
        return ""
    if answer.expired:
        said = "Time to live exceeded"
    elif answer.error:
        said = f"{os.strerror(answer.error)} ({errno.errorcode.get(answer.error, answer.error)})"
    else:
        return f"no reply in {timeout:g} s"
    told = f", told by {answer.teller}" if answer.teller else ""
    mtu = f", the path MTU is {answer.path_mtu}" if answer.error == errno.EMSGSIZE and answer.path_mtu else ""
    return f"{said}{mtu}{told}"


def faults(probe: Probe, answer: Answer, timeout: float) -> list[str]:
    """What is not as expected, in words; nothing when all is."""
    wanted = probe.expectation
    what = wanted.protocol + (f" port {wanted.port}" if wanted.port is not None else "")
    what += f" in {wanted.mtu} bytes" if wanted.mtu is not None else ""
    to = probe.address if target(probe) == probe.address else f"{target(probe)} ({probe.address})"
    way = f"{wanted.sender or 'the host'} to {to}, {what}"
    if wanted.reachable and not answer.reachable:
        return [f"{way}: {words(answer, timeout)}"]
    if answer.reachable and not wanted.reachable:
        return [f"{way}: there was a reply, and none was expected"]
    found = []
    if wanted.max_loss is not None and loss(answer) > wanted.max_loss:
        found.append(f"{way}: {loss(answer):g} % were lost, at most {wanted.max_loss:g} % were expected")
    if wanted.max_rtt is not None and average(answer) > wanted.max_rtt:
        found.append(f"{way}: {average(answer):g} ms on average, at most {wanted.max_rtt:g} ms were expected")
    return found


def loss(answer: Answer) -> float:
    """How many percent of what was sent got no reply."""
    return round(100 - 100 * len(answer.times) / answer.sent, 1) if answer.sent else 100.0


def average(answer: Answer) -> float:
    """The mean round-trip time, in milliseconds."""
    return round(1000 * sum(answer.times) / len(answer.times), 3) if answer.times else 0.0


def told(probe: Probe, answer: Answer, timeout: float) -> dict[str, Any]:
    """What a result says of a probe."""
    wanted = probe.expectation
    result: dict[str, Any] = {
        "from": wanted.sender,
        "to": target(probe),
        "address": probe.address,
        "protocol": wanted.protocol,
        "port": wanted.port,
        "mtu": wanted.mtu,
        "expected": wanted.reachable,
        "reachable": answer.reachable,
        "ok": not faults(probe, answer, timeout),
        "reason": reason(answer),
        "details": words(answer, timeout),
        "rtt_ms": average(answer) if answer.times else None,
        "path_mtu": answer.path_mtu,
    }
    if wanted.packets > 1:
        result["sent"], result["received"], result["loss_percent"] = answer.sent, len(answer.times), loss(answer)
        result["rtt_min_ms"] = round(1000 * min(answer.times), 3) if answer.times else None
        result["rtt_max_ms"] = round(1000 * max(answer.times), 3) if answer.times else None
    return result


def verdict(probes: Sequence[Probe], answers: Sequence[Answer], timeout: float) -> Optional[str]:
    """The message of a task that fails: all that is not as expected; None when everything is."""
    found: list[str] = []
    for probe, answer in zip(probes, answers):
        written = f"{probe.expectation.path}: " if probe.expectation.path else ""
        found.extend(f"{written}{one}" for one in faults(probe, answer, timeout))
    if not found:
        return None
    bad = sum(bool(faults(probe, answer, timeout)) for probe, answer in zip(probes, answers))
    count = f"{bad} of {len(probes)} probes {'is' if bad == 1 else 'are'} not as expected"
    return "\n".join([f"{count}:", *(f"- {one}" for one in found)]) if len(found) > 1 else f"{count}: {found[0]}"

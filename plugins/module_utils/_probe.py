# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations about what reaches what, made into probes, and what is told of them. Pure. Private."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns, shown
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
#: What is meant as an address, and is none: an interface or a namespace of such a name would be a surprise.
_DIGITS, _ADDRESS_LIKE = re.compile(r"[0-9.]+"), re.compile(r"[0-9A-Fa-f:]*::")
#: The largest matrix, which takes some seconds.
MOST = 100_000
NO_REPLY, TTL_EXCEEDED, NOT_SENT = "no reply", "time to live exceeded", "not sent"


class Expectation(NamedTuple):
    """What is expected of one way.

    ``path`` is where it was written, empty where it follows from something else. ``sender`` is the namespace to probe
    from; ``to`` an address, or an interface, to be probed at each of its addresses. ``name`` is what results call an
    address that is known by an interface, which is in another namespace.
    """

    path: str
    sender: Netns
    to: Union[str, Endpoint]
    name: str = ""
    protocol: str = "icmp"
    port: Optional[int] = None
    mtu: Optional[int] = None
    reachable: bool = True
    packets: int = 1
    max_loss: Optional[float] = None
    max_rtt: Optional[float] = None

    @property
    def leaves(self) -> bool:
        """Whether what is sent must leave the sender's namespace to prove anything."""
        return self.to.netns != self.sender if isinstance(self.to, Endpoint) else bool(self.name)


class Probe(NamedTuple):
    """One thing to be tried, to one address."""

    expectation: Expectation
    address: str

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.address else 4

    @property
    def target(self) -> str:
        """Where it goes, as a table or a message names it."""
        to = self.expectation.to
        return to.short() if isinstance(to, Endpoint) else self.expectation.name or self.address


@dataclass
class Answer:
    """What became of a probe.

    ``replied``: there was a reply, counted in ``times`` or not. ``error`` is the network's last one, or 0; ``teller``
    is who told it from afar. ``failure`` is why nothing could be sent at all, in words: that is no verdict of the
    network.
    """

    sent: int = 0
    times: list[float] = field(default_factory=list)
    replied: bool = False
    error: int = 0
    failure: str = ""
    expired: bool = False
    teller: Optional[str] = None
    path_mtu: Optional[int] = None

    @property
    def reachable(self) -> bool:
        """Whether there was a reply."""
        return self.replied or bool(self.times)


def read(problems: Problems, params: Mapping[str, Any]) -> Optional[list[Expectation]]:
    """What the parameters expect; None for everything on the host. Every mistake is noted."""
    if not 0 < params["timeout"] < float("inf"):
        problems.add(
            "timeout", f"{echo(params['timeout'])} is not a time to wait: a number of seconds above 0 is needed"
        )
    if params["topology"] is not None:
        return _of_topology(problems, params["topology"])
    expect: Optional[Sequence[Mapping[str, Any]]] = params["expect"]
    if expect is None:
        return None
    if not expect:
        problems.add("expect", "the list is empty; write what is expected, or leave the option out to probe everything")
    found = [_expectation(problems, f"expect[{number}]", written) for number, written in enumerate(expect)]
    return [one for one in found if one is not None]


def _expectation(problems: Problems, path: str, written: Mapping[str, Any]) -> Optional[Expectation]:
    noted = len(problems.found)
    protocol, port, mtu = written["protocol"], written["port"], written["mtu"]
    to = _target(problems, f"{path}.to", written["to"])
    if protocol == "icmp" and port is not None:
        problems.add(f"{path}.port", "icmp has no ports; is protocol: tcp or udp meant?")
    elif protocol != "icmp" and (port is None or not 1 <= port <= 65535):
        told = "is missing" if port is None else f"{echo(port)} is not one"
        problems.add(f"{path}.port", f"{protocol} needs a port from 1 to 65535, and it {told}")
    if mtu is not None and protocol == "tcp":
        problems.add(f"{path}.mtu", "tcp cuts what it sends into pieces by itself; use icmp or udp")
    packets, loss, rtt = written["count"], written["max_loss"], written["max_rtt"]
    if not 1 <= packets <= 1000:
        problems.add(f"{path}.count", f"{echo(packets)} is not a number from 1 to 1000")
    if protocol == "tcp" and packets != 1:
        problems.add(f"{path}.count", "tcp makes one connection; use icmp or udp to count packets")
    if loss is not None and not 0 <= loss <= 100:
        problems.add(f"{path}.max_loss", f"{echo(loss)} is not a percentage from 0 to 100")
    if rtt is not None and not 0 < rtt < float("inf"):
        problems.add(f"{path}.max_rtt", f"{echo(rtt)} is not a time in milliseconds")
    for key, value in (("max_loss", loss), ("max_rtt", rtt)):
        if value is not None and not written["reachable"]:
            problems.add(f"{path}.{key}", "this is only for what is expected reachable")
    sender = problems.optional_namespace(f"{path}.from", written["from"])
    mtu = problems.mtu(f"{path}.mtu", mtu)
    if to is None or len(problems.found) > noted:
        return None
    return Expectation(path, sender, to, "", protocol, port, mtu, written["reachable"], packets, loss, rtt)


def _target(problems: Problems, path: str, text: str) -> Union[str, Endpoint, None]:
    """An address in canonical form (with its zone, as in ``fe80::1%eth0``), or an interface."""
    host, percent, zone = text.partition("%")
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except (OSError, ValueError):
        return _endpoint(problems, path, text)
    noted = len(problems.found)
    reason = _no_target(packed, zone)
    if reason is not None:
        problems.add(path, f"{echo(text)} cannot be probed: {reason}")
    elif percent and len(packed) == 4:
        problems.add(path, f"{echo(text)} cannot be probed: an IPv4 address has no zone; write {host}")
    elif percent:
        problems.interface(path, zone)
    canonical = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    return None if len(problems.found) > noted else canonical + percent + zone


def _no_target(packed: bytes, zone: str) -> Optional[str]:
    """Why no probe can go to an address, or None."""
    if not any(packed):
        return "it is the unspecified address, which is nobody's"
    if packed == b"\xff" * 4:
        return "it is the broadcast address, which is not that of one interface"
    if packed[0] == 0xFF or (len(packed) == 4 and 0xE0 <= packed[0] < 0xF0):
        return "it is a multicast address, which is not that of one interface"
    if packed[:12] == bytes(10) + b"\xff\xff":
        return f"it is an IPv4 address in IPv6 form; write {socket.inet_ntop(socket.AF_INET, packed[12:])}"
    if packed[0] == 0xFE and packed[1] >> 6 == 2 and len(packed) == 16 and not zone:
        address = socket.inet_ntop(socket.AF_INET6, packed)
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


def _of_topology(problems: Problems, form: Mapping[str, Any]) -> list[Expectation]:
    """Everything in a topology reaches every address in it, but its own and what is declared down."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _topology

    noted = len(problems.found)
    topology = _topology.read(problems, {"name": "unnamed", **form})
    problems.found[noted:] = [Problem(f"topology.{path}", text) for path, text in problems.found[noted:]]
    ends = [end for link in topology.links for end in link.endpoints if end.up]
    places: list[Netns] = [one.name for one in topology.namespaces]
    places += [end.netns for end in ends]
    targets = [(end.endpoint, address.partition("/")[0]) for end in ends for address in end.addresses]
    found = matrix(list(dict.fromkeys(places)), targets)
    if isinstance(found, list):
        return found
    if len(problems.found) == noted:
        problems.add("topology", found)
    return []


def matrix(places: Sequence[Netns], targets: Sequence[tuple[Endpoint, str]]) -> Union[list[Expectation], str]:
    """Each of the places reaches each address that is not its own, link-local ones aside; or why that cannot be."""
    if len(places) * len(targets) > MOST:
        size = f"{len(places)} namespaces and {len(targets)} addresses"
        return f"{size} are more than {MOST} probes; write what is expected of them instead"
    found = [
        Expectation("", place, address, end.short())
        for place in places
        for end, address in targets
        if end.netns != place and not address.startswith("fe80:") and not is_loopback(address)
    ]
    return found or "there is nothing to probe: no namespace has an address that another could reach"


def worth(addresses: Iterable[str], *, elsewhere: bool) -> list[str]:
    """The addresses by which an interface can be reached, without their prefix lengths.

    Link-local ones need an interface; loopback's lead ``elsewhere`` to the sender itself.
    """
    found = [text.partition("/")[0] for text in addresses]
    return [one for one in found if not one.startswith("fe80:") and not (elsewhere and is_loopback(one))]


def is_loopback(address: str) -> bool:
    """Whether an address is of loopback's, which each namespace has for itself."""
    return address == "::1" or address.startswith("127.")


def reason(answer: Answer) -> str:
    """Why nothing, or not all, was reached; in few fixed words. Empty when there was a reply."""
    if answer.reachable:
        return ""
    if answer.failure:
        return NOT_SENT
    if answer.expired:
        return TTL_EXCEEDED
    return REASONS.get(answer.error, os.strerror(answer.error).lower()) if answer.error else NO_REPLY


def words(answer: Answer, timeout: float) -> str:
    """The reason at length, with the kernel's own words."""
    if answer.reachable:
        return ""
    if answer.failure:
        return answer.failure
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
    to = probe.address if probe.target == probe.address else f"{probe.target} ({probe.address})"
    way = shown(f"{wanted.path + ': ' if wanted.path else ''}{wanted.sender or 'the host'} to {to}, {what}")
    if answer.failure and not answer.reachable:
        return [f"{way}: this could not be tried: {answer.failure}"]
    if wanted.reachable and not answer.reachable:
        return [f"{way}: {words(answer, timeout)}"]
    if answer.reachable and not wanted.reachable:
        return [f"{way}: there was a reply, and none was expected"]
    found = []
    if wanted.max_loss is not None and loss(answer) > wanted.max_loss:
        found.append(f"{way}: {loss(answer):g} % were lost, at most {wanted.max_loss:g} % were expected")
    if wanted.max_rtt is not None and not answer.times:
        found.append(f"{way}: all that was counted was lost, so there is no round-trip time")
    elif wanted.max_rtt is not None and average(answer) > wanted.max_rtt:
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
        "from": wanted.sender and shown(wanted.sender),
        "to": shown(probe.target),
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

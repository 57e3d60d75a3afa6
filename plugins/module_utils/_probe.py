# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A probe and its answer: what is to be sent and expected, what came of it, and how results and messages put that.

Pure. Private. The kernel edge sends probes (``_kernel/probing.py``).
"""

from __future__ import annotations

import errno
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Capability,
    Condition,
    Endpoint,
    Netns,
    immutable,
    shown,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._values import version_of

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import WaitingHost

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
NO_REPLY, TTL_EXCEEDED, NOT_SENT, CLOSED = "no reply", "time to live exceeded", "not sent", "connection closed"
#: What a probe of the servers that programs ask has as its target.
RESOLVER = "resolver"
#: linux/capability.h: what raw sockets need.
_RAW = Capability("CAP_NET_RAW", 13, "echo requests cannot be sent")


class Question(ABC):
    """What a service is asked in a protocol of its own, and which reply is expected."""

    @abstractmethod
    def words(self) -> str:
        """Return what is asked, as a message names it."""

    @abstractmethod
    def told(self, reply: Any) -> str:
        """Return what a reply says, in words."""

    @abstractmethod
    def fault(self, reply: Any) -> str:
        """Return what of a reply is not as expected, in words; nothing when all is."""

    @abstractmethod
    def result(self, reply: Any) -> dict[str, Any]:
        """Return what a module's result has of the question and a reply, None where there was none."""


@dataclass
class Answer:
    """What came of a probe.

    ``sent`` packets had replies after ``times``, in seconds; ``replied``: there was a reply that is not counted.
    ``error`` is the last error (errno) of the network, or 0, and ``reporter`` the router or host that reported it, None
    where it was the sender's own kernel; ``expired``: the packet's time to live was over; ``closed``: a connection was
    closed by the other side, which had said nothing. ``failure`` is why nothing could be sent, in words: that is no
    verdict of the network. ``path_mtu`` is in bytes. ``reply`` is what a service says, and ``address`` who was asked,
    where that follows from no address of the probe.
    """

    sent: int = 0
    times: list[float] = field(default_factory=list)
    replied: bool = False
    error: int = 0
    failure: str = ""
    expired: bool = False
    reporter: Optional[str] = None
    path_mtu: Optional[int] = None
    closed: bool = False
    reply: Any = None
    address: str = ""

    @property
    def reachable(self) -> bool:
        """Whether there was a reply."""
        return self.replied or bool(self.times)

    @property
    def reason(self) -> str:
        """Why nothing was reached, in one of few fixed phrases; empty when there was a reply."""
        if self.reachable:
            return ""
        if self.failure:
            return NOT_SENT
        if self.expired:
            return TTL_EXCEEDED
        if self.closed:
            return CLOSED
        return REASONS.get(self.error, os.strerror(self.error).lower()) if self.error else NO_REPLY

    def details(self, timeout: float) -> str:
        """Return the reason at length, in the kernel's words; ``timeout`` is in seconds."""
        if self.reachable:
            return ""
        if self.failure:
            return self.failure
        if self.expired:
            text = "Time to live exceeded"
        elif self.closed:
            text = "the connection was made, and closed by the other side without a reply"
        elif self.error:
            text = f"{os.strerror(self.error)} ({errno.errorcode.get(self.error, self.error)})"
        else:
            return f"no reply in {timeout:g} s"
        mtu = f", the path MTU is {self.path_mtu}" if self.error == errno.EMSGSIZE and self.path_mtu else ""
        return f"{text}{mtu}, reported by {self.reporter}" if self.reporter else f"{text}{mtu}"

    @property
    def loss(self) -> float:
        """How many percent of what was sent got no reply."""
        return round(100 - 100 * len(self.times) / self.sent, 1) if self.sent else 100.0

    @property
    def average(self) -> float:
        """The mean round-trip time, in milliseconds."""
        return round(1000 * sum(self.times) / len(self.times), 3) if self.times else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of the round-trip times, in milliseconds, as ``mdev`` of ping(8)."""
        count = len(self.times) or 1
        mean = sum(self.times) / count
        return round(1000 * math.sqrt(sum((one - mean) ** 2 for one in self.times) / count), 3)


@immutable
class Probe(Condition):
    """What is sent to one address, and what is expected of it; waiting finds its :class:`Answer`.

    ``sender`` is the namespace that it is sent from, ``to`` the address as it was asked for, or the interface whose
    address it is. ``address`` is where it is sent; empty as long as the addresses of the interface are not known.
    ``timeout`` is in seconds, ``mtu`` (the size of the whole IP packet) in bytes, ``max_loss`` in percent, ``max_rtt``
    in milliseconds. ``question`` is what a service is asked, in protocols that ask. ``path`` is where it was written,
    empty where it follows from something else.
    """

    sender: Netns
    to: Union[str, Endpoint]
    timeout: float
    address: str = ""
    path: str = ""
    protocol: str = "icmp"
    port: Optional[int] = None
    mtu: Optional[int] = None
    reachable: bool = True
    packets: int = 1
    max_loss: Optional[float] = None
    max_rtt: Optional[float] = None
    question: Optional[Question] = None
    plural = "probes"

    @property
    def version(self) -> int:
        """4 or 6."""
        return version_of(self.address)

    @property
    def target(self) -> str:
        """Where it goes, as a table or a message names it."""
        return self.to.short() if isinstance(self.to, Endpoint) else self.to

    @property
    def leaves(self) -> bool:
        """Whether what is sent must leave the sender's namespace to prove anything."""
        return isinstance(self.to, Endpoint) and self.to.netns != self.sender

    @classmethod
    def wait(cls, conditions: Sequence[Probe], host: WaitingHost) -> list[Answer]:
        return host.probe(conditions)

    def capability(self) -> Optional[Capability]:
        return _RAW if self.protocol == "icmp" else None

    def faults(self, found: Answer) -> list[str]:
        return [f"{self._way(found)}: {fault}" for fault in self._faults(found)]

    def _way(self, answer: Answer) -> str:
        """Return what was probed, as a message names it."""
        what = self.protocol + (f" port {self.port}" if self.port is not None else "")
        what += f" in {self.mtu} bytes" if self.mtu is not None else ""
        what = what if self.question is None else self.question.words()
        address = answer.address or self.address
        to = self.target if address in ("", self.target) else f"{self.target} ({address})"
        return shown(f"{self.path + ': ' if self.path else ''}{self.sender or 'the host'} to {to}, {what}")

    def _faults(self, answer: Answer) -> list[str]:
        """Return what is not as expected, in words; nothing when all is."""
        if answer.failure and not answer.reachable:
            return [f"this could not be tried: {answer.failure}"]
        if self.reachable and not answer.reachable:
            return [answer.details(self.timeout)]
        if answer.reachable and not self.reachable:
            told = "" if self.question is None else f": {self.question.told(answer.reply)}"
            return [f"there was a reply, and none was expected{told}"]
        found = []
        fault = self.question.fault(answer.reply) if self.question is not None and self.reachable else ""
        if fault:
            found.append(fault)
        if self.max_loss is not None and answer.loss > self.max_loss:
            found.append(f"{answer.loss:g} % were lost, at most {self.max_loss:g} % were expected")
        if self.max_rtt is not None and not answer.times:
            found.append("all that was counted was lost, so there is no round-trip time")
        elif self.max_rtt is not None and answer.average > self.max_rtt:
            found.append(f"{answer.average:g} ms on average, at most {self.max_rtt:g} ms were expected")
        return found

    def result_of(self, answer: Answer) -> dict[str, Any]:
        """Return what a module's result has of the probe."""
        result: dict[str, Any] = {
            "from": self.sender and shown(self.sender),
            "to": shown(self.target),
            "address": answer.address or self.address or None,
            "protocol": self.protocol,
            "port": self.port,
            "mtu": self.mtu,
            "expected": self.reachable,
            "reachable": answer.reachable,
            "ok": not self._faults(answer),
            "reason": answer.reason,
            "details": answer.details(self.timeout),
            "rtt_ms": answer.average if answer.times else None,
            "path_mtu": answer.path_mtu,
        }
        if self.packets > 1:
            result["sent"], result["received"], result["loss_percent"] = answer.sent, len(answer.times), answer.loss
            result["rtt_min_ms"] = round(1000 * min(answer.times), 3) if answer.times else None
            result["rtt_max_ms"] = round(1000 * max(answer.times), 3) if answer.times else None
            result["rtt_mdev_ms"] = answer.deviation if answer.times else None
        if self.question is not None:
            result[self.protocol] = self.question.result(answer.reply)
        return result

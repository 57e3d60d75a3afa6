# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A question to a name server as a task writes it, and what of the reply is not as expected. Pure. Private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo, some
from ansible_collections.linuxnet.netns.plugins.module_utils._model import immutable
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Question
from ansible_collections.linuxnet.netns.plugins.module_utils._resolver import DOMAIN
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes, canonical
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.dns import NO_ERROR, NO_NAME, Reply

#: The options of a question.
OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["A", "AAAA"], "default": "A"},
    "server": {"type": "str"},
    "resolver": {"type": "bool", "default": False},
    "port": {"type": "int", "default": 53},
    "transport": {"type": "str", "choices": ["udp", "tcp"], "default": "udp"},
    "addresses": {"type": "list", "elements": "str"},
}
_VERSIONS = {"A": 4, "AAAA": 6}


@immutable
class DnsQuestion(Question):
    """The addresses of a name, of the type A or AAAA.

    ``addresses`` are those that are expected, in any order; None, where any will do. ``resolver``: whoever programs in
    the namespace ask is asked, by ``name`` as they would look for it.
    """

    name: str
    type: str = "A"
    transport: str = "udp"
    addresses: Optional[tuple[str, ...]] = None
    resolver: bool = False

    def words(self) -> str:
        return f"dns {self.type} {self.name}"

    def told(self, reply: Reply) -> str:
        if reply.addresses:
            return some(reply.addresses)
        return "no such address" if reply.status == NO_ERROR else reply.status

    def fault(self, reply: Reply) -> str:
        if self.addresses is None:
            return "" if reply.addresses else f"the reply is {self.told(reply)}, and an address was expected"
        if reply.status in (NO_ERROR, NO_NAME) and set(reply.addresses) == set(self.addresses):
            return ""
        expected = f"{some(self.addresses)} was expected" if self.addresses else "no address was expected"
        return f"the reply is {self.told(reply)}, and {expected}"

    def result(self, reply: Optional[Reply]) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "transport": None if reply is None else reply.transport,
            "status": None if reply is None else reply.status,
            "addresses": [] if reply is None else list(reply.addresses),
        }


def question(problems: Problems, path: str, written: Mapping[str, Any]) -> DnsQuestion:
    """Return the question that a task writes; what is wrong with it is noted."""
    name, kind = written["name"], written["type"]
    if not DOMAIN.fullmatch(name):
        ascii_form = "" if name.isascii() else "; write it in its ASCII form, which begins with xn--"
        problems.add(f"{path}.name", f"{echo(name)} is not the name of a host or a domain{ascii_form}")
    addresses = written["addresses"]
    if addresses is not None:
        read = [_address(problems, f"{path}.addresses[{number}]", one, kind) for number, one in enumerate(addresses)]
        addresses = tuple(one for one in read if one is not None)
    return DnsQuestion(name, kind, written["transport"], addresses, written["resolver"])


def _address(problems: Problems, path: str, text: str, kind: str) -> Optional[str]:
    """Return an address in canonical form; any, for a name can stand for any."""
    try:
        packed = b"" if {"/", "%"} & set(text) else address_bytes(text)
    except (OSError, ValueError):
        packed = b""
    if len(packed) == {4: 4, 6: 16}[_VERSIONS[kind]]:
        return canonical(packed)
    problems.add(path, f"{echo(text)} is not an IPv{_VERSIONS[kind]} address, as a reply of type {kind} has")
    return None

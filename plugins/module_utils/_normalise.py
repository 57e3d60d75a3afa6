# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as the user writes them, made into values of the model; mistakes are collected with their paths.

Pure. Private.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import cache
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_BITS, Hidden, Secret, alike, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns
from ansible_collections.linuxnet.netns.plugins.module_utils._values import (
    InterfaceAddress,
    Mac,
    address_bytes,
    canonical,
    is_multicast,
    is_nobodys,
    version_of,
)

#: How many bytes names have at most: a file name in /run/netns (NAME_MAX); the same with ``.json`` after it, of the
#: record; the name of an interface (IFNAMSIZ, with a 0 at its end).
MOST_NAMESPACE_BYTES, MOST_TOPOLOGY_BYTES, MOST_INTERFACE_BYTES = 255, 250, 15
#: An alias has at most so many bytes (IFALIASZ).
MOST_ALIAS_BYTES = 255
#: What a veth takes as its MTU, in bytes: from 68, as RFC 791 has it.
MTUS = (68, 65535)

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
#: A number as a text, as Jinja gives one. Longer ones are no option's.
_NUMBER = re.compile(r"\s*(-?[0-9]{1,18})\s*", re.ASCII)
_SECONDS = re.compile(r"\s*[0-9]{1,18}(\.[0-9]{0,18})?\s*", re.ASCII)


class Problems:
    """Collects mistakes, so that all of them can be told at once.

    Each method takes a path and a value as written, and gives the value of the model, or None after having noted what
    is wrong with it.
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, text: str) -> None:
        """Note a mistake."""
        self.found.append(Problem(path, text))

    def check(self) -> None:
        """Refuse what was written, if a mistake was noted. Raises: Invalid, with all the mistakes noted so far."""
        if self.found:
            raise Invalid(self.found)

    def namespace(self, path: str, value: Any) -> Optional[str]:
        """Return the name of a namespace: a file name below /run/netns."""
        return self._file_name(path, value, "a namespace", MOST_NAMESPACE_BYTES)

    def topology(self, path: str, value: Any) -> Optional[str]:
        """Return the name of a topology, by which its record is named."""
        return self._file_name(path, value, "a topology", MOST_TOPOLOGY_BYTES)

    def file(self, path: str, value: Any) -> Optional[str]:
        """Return the name of a file of a namespace: one below /etc/netns/NAME."""
        return self._file_name(path, value, "a file", MOST_NAMESPACE_BYTES)

    def _file_name(self, path: str, value: Any, what: str, most: int) -> Optional[str]:
        """Return a name that is a file's, and a word on ``ip`` command lines."""
        fault = _file_name_fault(value, most) if isinstance(value, str) else _no_string(value)
        return self._named(path, value, what, fault)

    def namespaces(self, path: str, values: Sequence[Any]) -> list[str]:
        """Return the names of namespaces, each once, in the order written."""
        if not values:
            self.add(path, "the list is empty; name at least one namespace")
        read = [self.namespace(item_path(path, number, values), value) for number, value in enumerate(values)]
        return list(dict.fromkeys(name for name in read if name is not None))

    def interface(self, path: str, value: Any) -> Optional[str]:
        """Return the name of an interface: 1 to 15 bytes (IFNAMSIZ), as dev_valid_name() in the kernel's
        net/core/dev.c.
        """
        fault = _interface_name_fault(value) if isinstance(value, str) else _no_string(value)
        return self._named(path, value, "an interface", fault)

    def veth_name(self, path: str, value: Any) -> Optional[str]:
        """Return the name of one end of a veth pair: any interface's but ``lo``, which each namespace already has."""
        if value == "lo":
            self.add(
                path, f"{echo(value)} is the loopback interface that every namespace has; name the veth end otherwise"
            )
            return None
        return self.interface(path, value)

    def optional_namespace(self, path: str, value: Any) -> Netns:
        """Return the name of a namespace, or None for the host's."""
        return None if value is None else self.namespace(path, value)

    def address(self, path: str, value: Any) -> Optional[InterfaceAddress]:
        """Return an IPv4 or IPv6 address with its prefix length."""
        text = value if isinstance(value, str) else ""
        host, slash, length = text.partition("/")
        family, most = (socket.AF_INET6, 128) if ":" in host else (socket.AF_INET, 32)
        try:
            packed = socket.inet_pton(family, host)
        except (OSError, ValueError):
            packed = b""
        number = int(length) if len(length) <= 3 and length.isascii() and length.isdecimal() else most + 1
        if not packed:
            reason = f"{echo(alike(text, host))} is not an IPv4 or IPv6 address"
        elif not slash:
            reason = (
                f"the prefix length is missing (as in {alike(text, host)}/{24 if family == socket.AF_INET else 64})"
            )
        elif "/" in length:
            reason = f"one '/' is needed, with a number from 0 to {most} after it"
        elif number > most:
            reason = f"the prefix length is a number from 0 to {most}"
        elif is_nobodys(packed):
            reason = "an unspecified, multicast or broadcast address cannot be an interface's own"
        else:
            return InterfaceAddress(packed, number, f"{socket.inet_ntop(family, packed)}/{number}")
        self.add(path, f"{echo(value)} is not an interface address: {reason}")
        return None

    def host_address(self, path: str, value: Any) -> Optional[str]:
        """Return an IPv4 or IPv6 address of one host, without a prefix length, in canonical form."""
        text = value if isinstance(value, str) else ""
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        try:
            packed = socket.inet_pton(family, text)
        except (OSError, ValueError):
            self.add(path, f"{echo(value)} is not an IPv4 or IPv6 address without a prefix length")
            return None
        if is_nobodys(packed):
            self.add(path, f"{echo(value)} is an unspecified, multicast or broadcast address, which is not one host's")
            return None
        return socket.inet_ntop(family, packed)

    def any_address(self, path: str, value: Any, version: int = 0) -> Optional[str]:
        """Return an IPv4 or IPv6 address, or one of a ``version``; of one host or of a multicast group, in canonical
        form.
        """
        text = value if isinstance(value, str) else ""
        try:
            packed = address_bytes(text) if not {"/", "%"} & set(text) else b""
        except (OSError, ValueError):
            packed = b""
        if not packed or (version and version != version_of(text)):
            which = f"IPv{version}" if version else "IPv4 or IPv6"
            self.add(path, f"{echo(value)} is not an {which} address without a prefix length")
        elif not is_multicast(packed) and is_nobodys(packed):
            self.add(path, f"{echo(value)} is an unspecified or broadcast address, which is not one host's")
        else:
            return canonical(packed)
        return None

    def prefix(self, path: str, value: Any) -> Optional[str]:
        """Return a network with the length of its prefix, in canonical form; an address is one of itself alone."""
        text = value if isinstance(value, str) else ""
        host, slash, length = text.partition("/")
        try:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        except (OSError, ValueError):
            self.add(path, f"{echo(value)} is not a network: an IPv4 or IPv6 prefix is needed, as in 10.0.0.0/8")
            return None
        most = 8 * len(packed)
        number = int(length) if len(length) <= 3 and length.isascii() and length.isdecimal() else most + bool(slash)
        if number > most:
            self.add(path, f"{echo(value)} is not a network: the prefix length is a number from 0 to {most}")
            return None
        return InterfaceAddress.of(packed, number).network.text

    def addresses(self, path: str, values: Sequence[Any]) -> list[InterfaceAddress]:
        """Return interface addresses, each once, in the order written."""
        read = [self.address(item_path(path, number, values), value) for number, value in enumerate(values)]
        return list(dict.fromkeys(address for address in read if address is not None))

    def mac(self, path: str, value: Any) -> Optional[Mac]:
        """Return a MAC address for one interface (unicast); None stays None."""
        if value is None:
            return None
        text = value.lower().replace("-", ":") if isinstance(value, str) else ""
        reason = None
        if not _MAC.fullmatch(text):
            reason = "six bytes in hexadecimal are needed, as in 02:00:00:00:00:01 (in YAML, in quotes)"
        elif int(text[:2], 16) & 1:
            reason = "it is a multicast address"
        elif text == "00:00:00:00:00:00":
            reason = "it is all zero"
        if reason is not None:
            self.add(path, f"{echo(value)} is not a MAC address for an interface: {reason}")
            return None
        return Mac(bytes.fromhex(text.replace(":", "")))

    def mtu(self, path: str, value: Any) -> Optional[int]:
        """Return an MTU in bytes, within what veth takes; None stays None."""
        return None if value is None else self.integer(path, value, "an MTU", MTUS, "bytes")

    def integer(self, path: str, value: Any, what: str, bounds: tuple[int, int], unit: str = "") -> Optional[int]:
        """Return a whole number within bounds, or its digits as a text; ``what`` is as ``an MTU``, ``unit`` as
        ``bytes``.
        """
        least, most = bounds
        number = as_number(value)
        if number is None or not least <= number <= most:
            of = f" of {unit}" if unit else ""
            self.add(path, f"{echo(value)} is not {what}: a number{of} from {least} to {most} is needed")
            return None
        return number

    def choice(self, path: str, value: Any, choices: Sequence[str]) -> Optional[str]:
        """Return one of some words; a boolean, as YAML reads ``on``, is none."""
        if value in choices:
            return choices[choices.index(value)]
        self.add(path, f"{echo(value)} is not one of {', '.join(choices[:-1])} and {choices[-1]}")
        return None

    def boolean(self, path: str, value: Any) -> Optional[bool]:
        """Return a boolean, or a text or number that Ansible takes for one, such as ``yes``."""
        if isinstance(value, bool):
            return value
        from ansible.module_utils.parsing.convert_bool import boolean

        if isinstance(value, (str, int, float)):
            try:
                return bool(boolean(value))
            except TypeError:
                pass
        self.add(path, f"true or false is needed, not {echo(value) if isinstance(value, str) else kind(value)}")
        return None

    def seconds(self, path: str, value: Any) -> Optional[float]:
        """Return a time in seconds, not negative and not endless; a number, or its digits as a text."""
        number = float(value) if isinstance(value, str) and _SECONDS.fullmatch(value) else value
        plain = isinstance(number, (int, float)) and not isinstance(number, bool)
        if not plain or not 0 <= number < float("inf"):
            self.add(path, f"{echo(value)} is not a time to wait: a number of seconds from 0 is needed")
            return None
        return float(number)

    def alias(self, path: str, value: Any) -> Optional[str]:
        """Return an alias of an interface: a text of at most 255 bytes (IFALIASZ), empty for none."""
        if not isinstance(value, str) or len(value.encode("utf-8", "surrogateescape")) > MOST_ALIAS_BYTES:
            self.add(path, f"{echo(value)} is not an alias: a text of at most {MOST_ALIAS_BYTES} bytes is needed")
            return None
        if not value.isprintable():
            self.add(path, f"{echo(value)} is not an alias: control characters are not possible")
            return None
        return value

    def distinct(self, path: str, *ends: Endpoint) -> None:
        """Note a mistake where the two ends of a pair are the same interface."""
        if len(ends) == 2 and ends[0] == ends[1] and ends[0].interface:
            self.add(path, f"both ends are {ends[0]}; they must differ in name or in namespace")

    def _named(self, path: str, value: Any, what: str, reason: Optional[str]) -> Optional[str]:
        if reason is None:
            return value if isinstance(value, Secret) else str(value)
        self.add(path, f"{echo(value)} is not a name for {what}: {reason}")
        return None


# A topology says the same names many times over.


@cache
def _file_name_fault(value: str, most: int) -> Optional[str]:
    """Return what keeps a string from being a file name of so many bytes that is a word too, or None."""
    fault = _word_fault(value)
    if fault is not None:
        return fault
    if value in (".", "..") or "/" in value:
        return "it is a file name: no '/', and not '.' or '..'"
    size = len(value.encode("utf-8", "surrogateescape"))
    return f"it has {size} bytes, and at most {most} are possible" if size > most else None


@cache
def _interface_name_fault(value: str) -> Optional[str]:
    """Return what keeps a string from being the name of an interface, or None."""
    fault = _word_fault(value)
    if fault is not None:
        return fault
    encoded = value.encode("utf-8", "surrogateescape")
    if len(encoded) > MOST_INTERFACE_BYTES:
        return f"it has {len(encoded)} bytes, and at most {MOST_INTERFACE_BYTES} are possible"
    if value in (".", "..") or any(letter in value for letter in "/:%"):
        return "no '/', ':' or '%', and not '.' or '..'"
    if b"\xa0" in encoded:
        return "the kernel takes one of its bytes, 0xA0, for white space"
    if value in ("all", "default"):
        return "the kernel keeps this name for its settings"
    return None


def _word_fault(value: str) -> Optional[str]:
    """Return what keeps a string from being a word of a command line, or None."""
    if not value:
        return "it is empty"
    if value.startswith("-"):
        return "a leading '-' would be read as an option"
    if not value.isprintable() or any(map(str.isspace, value)):
        return "white space and control characters are not possible"
    return None


def _no_string(value: Any) -> str:
    hint = " with a fraction (write it in quotes)" if isinstance(value, float) else ""
    return f"a string is needed, not {kind(value)}{hint}"


def as_name(value: Any) -> Any:
    """Return a whole number as the text that Ansible makes of it where an option is one; all else as it is.

    A number with a fraction stays one, for of ``1.10`` YAML leaves 1.1.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value.bit_length() > MOST_BITS:
        return value
    text = str(int(value))
    return Secret(text) if isinstance(value, Hidden) else text


def as_number(value: Any) -> Optional[int]:
    """Return a whole number, or a text of decimal digits, which is what Jinja may leave of one; None for all else."""
    if isinstance(value, str):
        digits = _NUMBER.fullmatch(value)
        return None if digits is None else int(digits[1])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def item_path(path: str, number: int, values: Sequence[Any]) -> str:
    """Return the path of an item of a list; of the only one, that of the list, which may have been written without
    one.
    """
    return path if len(values) == 1 else f"{path}[{number}]"


def kind(value: Any) -> str:
    """Return what a value is, in the words of YAML; Ansible's own classes are told as what they are made of."""
    if value is None:
        return "nothing"
    for classes, words in _KINDS:
        if isinstance(value, classes):
            return words
    return f"a value of another kind ({cut(type(value).__name__, 80)})"


_KINDS: Sequence[tuple[Any, str]] = (
    (bool, "a boolean"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
    ((int, float), "a number"),
    (str, "a string"),
    ((bytes, bytearray), "binary data"),
    (date, "a date (write it in quotes)"),
    (AbstractSet, "a set"),
)

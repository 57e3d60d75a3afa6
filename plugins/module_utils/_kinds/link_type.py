# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a type of link is: a table of its properties. Pure. Private.

A type is one file in ``link_types``, with a :class:`LinkType`. What users may write, its check, the kernel's attribute,
the words of ``ip``, comparison and what is shown all come from its properties.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._values import version_of
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import codes
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codes import Code

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Reader
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Section, Type
    from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Endpoint, State
    from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

#: The attributes of one nest of a link (IFLA_INFO_DATA, IFLA_INFO_SLAVE_DATA), by their numbers.
Data = Mapping[int, bytes]
#: The values of a link's properties, in the order of its type's table: hashable, as all that is declared.
Values = tuple[tuple[str, Any], ...]
#: Whether a type of link is built upon another interface.
NONE, POSSIBLE, NEEDED = "none", "possible", "needed"
#: The unspecified address of each version of IP, and what says that there is no address.
UNSPECIFIED = {4: "0.0.0.0", 6: "::"}  # noqa: S104
NO_ADDRESS = frozenset({"", *UNSPECIFIED.values()})


@dataclass
class Property:
    """A property of a link, as users write it and as the kernel has it.

    ``number`` is the kernel's attribute, ``code`` how that holds the value. ``word`` is what ``ip`` calls it, where it
    has another name there; ``by_words`` makes other words of a value than the word and the value. ``initial`` is given
    to a new link where nothing is written; what is written nowhere is not managed. ``usual`` is what a link has of
    which nothing was said, or a frozenset of what it may have then; it need not be said to get it, and is not said of a
    link that is put back: the kernel may not take it, because it does not know the property or because of what else
    the link has. ``fixed``: the kernel does not change it on a living link. ``unsaid`` are values that a new link has
    anyway, and that it is not told. ``with_lower``: to change it, ``ip`` wants to be told what the link is built upon.
    """

    name: str
    takes: Type[Any]
    description: str
    number: int
    code: Code
    word: str = ""
    by_words: Optional[Callable[[Any], Sequence[str]]] = None
    required: bool = False
    fixed: bool = False
    initial: Any = None
    usual: Any = None
    unsaid: Container[Any] = ()
    with_lower: bool = False

    def alike(self, wanted: Any, there: Any) -> bool:
        """Tell whether a link that has this value, or None, has what is wanted."""
        return bool(wanted == there)

    def stays(self, wanted: Any, there: Any) -> bool:
        """Tell whether the kernel does not change what a living link has into what is wanted."""
        return self.fixed

    def without(self, there: Any) -> Any:
        """Return the value that says that there is none, on a link that has this one; None: nothing says so."""
        return None

    def encode(self, value: Any, into: dict[int, bytes]) -> None:
        """Add what stands for a value to the attributes of a link."""
        into[self.number] = self.code.pack(value)

    def decode(self, data: Data) -> Any:
        """Return the value that the attributes of a link have; None where they do not tell."""
        raw = data.get(self.number)
        return self.code.unpack(raw) if raw else None

    def arguments(self, value: Any) -> Sequence[str]:
        """Return the value as words of an ``ip`` command."""
        if self.by_words is not None:
            return self.by_words(value)
        return [self.word or self.name, str(int(value) if isinstance(value, bool) else value)]


@dataclass
class Address(Property):
    """An IPv4 or IPv6 address, for which the kernel has an attribute each.

    An unspecified one says that there is none, and so does an empty text, of either version.
    """

    number6: int = 0

    def alike(self, wanted: Any, there: Any) -> bool:
        """Tell whether a link that has this address, or None, has what is wanted."""
        return bool(wanted == there) or (there is None and wanted in NO_ADDRESS)

    def stays(self, wanted: Any, there: Any) -> bool:
        """Tell whether the kernel does not change it: it does not to the other version."""
        return self.fixed or bool(wanted and there and (":" in wanted) != (":" in there))

    def without(self, there: Any) -> Any:
        """Return the unspecified address of the same version."""
        return UNSPECIFIED[version_of(there)]

    def encode(self, value: Any, into: dict[int, bytes]) -> None:
        """Add the address, in the attribute of its version."""
        for number in (self.number, self.number6):
            into.pop(number, None)
        if not value:
            return
        into[self.number6 if ":" in value else self.number] = self.code.pack(value)

    def decode(self, data: Data) -> Any:
        """Return the address, of either version; None for the unspecified one."""
        raw = data.get(self.number) or data.get(self.number6)
        return self.code.unpack(raw) if raw and any(raw) else None


@dataclass
class Bit(Property):
    """A bit of an attribute that several share, which holds flags and a mask of those that are meant."""

    bit: int = 0

    def encode(self, value: Any, into: dict[int, bytes]) -> None:
        """Add the bit to those that are there."""
        flags, mask = _flags(into.get(self.number))
        flags = flags | self.bit if value else flags & ~self.bit
        into[self.number] = codes.U32.pack(flags) + codes.U32.pack(mask | self.bit)

    def decode(self, data: Data) -> Any:
        """Tell whether the bit is set."""
        return bool(_flags(data[self.number])[0] & self.bit) if self.number in data else None


def _flags(raw: Optional[bytes]) -> tuple[int, int]:
    return (codes.U32.unpack(raw), codes.U32.unpack(raw[4:])) if raw else (0, 0)


def on_off(word: str) -> Callable[[Any], Sequence[str]]:
    """Return the words of a property that ``ip`` takes as ``on`` or ``off``."""
    return lambda value: [word, "on" if value else "off"]


def with_no(word: str) -> Callable[[Any], Sequence[str]]:
    """Return the words of a property whose name alone is yes, and with ``no`` before it no."""
    return lambda value: [word if value else f"no{word}"]


def _unchecked(_problems: Problems, _path: str, _values: Mapping[str, Any]) -> None:
    """Accept all, for all properties go with each other."""


def _nothing(*_of: object) -> Mapping[str, Any]:
    """Return nothing, for there is no more than the properties."""
    return {}


@dataclass
class LinkType:
    """A type of link.

    ``module`` is the kernel module that brings it. ``lower`` says whether it is built upon another interface, which the
    kernel has as IFLA_LINK, or as the attribute ``lower_number`` of the type's own, by its index in the namespace that
    the link was created in. ``ports`` are the properties of what has a link of this type as its master; None: nothing
    has. ``ports_down``: a port is taken while it is down, and comes up. ``restarts_ports``: a port that is up is set
    down and up again. ``restated``: a change must name all that is not to be reset; ``named`` is what ``ip`` wants in
    each. ``by_device``: it is made by /dev/net/tun, not by the routing socket. ``keeps_birth``: it uses the network of
    the namespace in which it was created, which the kernel does not tell. ``moves``: where it is created elsewhere than
    it lives, it must be moved, for kernels before 6.14 take the namespace where it appears for the one that it uses
    (net/ipv4/ip_tunnel.c and others). ``keys`` are what users write beside the properties of the table, ``implied``
    gives values of properties that go with what they write, and ``section`` is what they write where there is no table.
    ``declare`` makes the declared objects of it, ``secrets`` tells where in it secrets are values. ``read`` reads what
    a link has beside its properties, so that it can be put back with it, in the namespace that was entered; ``beside``
    returns that as one would write it, and ``untold`` the values of properties that a link with such attributes needs
    to be made anew, and that these do not tell. ``check`` notes what does not go together.
    """

    name: str
    module: str
    properties: Sequence[Property] = ()
    lower: str = NONE
    lower_number: Optional[int] = None
    lower_word: str = "dev"
    ports: Optional[Sequence[Property]] = None
    ports_down: bool = False
    restarts_ports: bool = False
    restated: bool = False
    named: Sequence[str] = ()
    by_device: bool = False
    keeps_birth: bool = False
    moves: bool = False
    keys: Mapping[str, Key[Any]] = field(default_factory=dict)
    implied: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _nothing
    section: Optional[type[Section]] = None
    declare: Optional[Callable[[str, Endpoint, Any], Sequence[Declared]]] = None
    secrets: Optional[Callable[[Any], Sequence[str]]] = None
    read: Optional[Callable[[State, Reader, Endpoint], None]] = None
    beside: Callable[[State, Endpoint], Mapping[str, Any]] = _nothing
    untold: Callable[[Data], Mapping[str, Any]] = _nothing
    check: Callable[[Problems, str, Mapping[str, Any]], None] = _unchecked

    def data(self, values: Mapping[str, Any], upon: Optional[Data] = None, *, new: bool = False) -> dict[int, bytes]:
        """Return the attributes that stand for some values, by the properties' names, over others that are there
        already.
        """
        return encoded(self.properties, values, upon or {}, new=new)

    def arguments(self, values: Mapping[str, Any], *, new: bool = False) -> list[str]:
        """Return values as words of an ``ip`` command."""
        return worded(self.properties, values, new=new)


def encoded(properties: Sequence[Property], values: Mapping[str, Any], upon: Data, *, new: bool) -> dict[int, bytes]:
    """Return the attributes for the values of some properties."""
    data = dict(upon)
    for one, value in _written(properties, values, new):
        one.encode(value, data)
    return data


def worded(properties: Sequence[Property], values: Mapping[str, Any], *, new: bool) -> list[str]:
    """Return the words for the values of some properties."""
    return [word for one, value in _written(properties, values, new) for word in one.arguments(value)]


def _written(properties: Sequence[Property], values: Mapping[str, Any], new: bool) -> Iterable[tuple[Property, Any]]:
    for one in properties:
        value = values.get(one.name, one.initial if new else None)
        if value is not None and not (new and value in one.unsaid):
            yield one, value


def decoded(properties: Sequence[Property], data: Data) -> dict[str, Any]:
    """Return the values that some attributes stand for, by the properties' names; without those that the kernel
    leaves out.
    """
    values = {one.name: one.decode(data) for one in properties}
    return {name: value for name, value in values.items() if value is not None}


def stated(properties: Sequence[Property], data: Data) -> dict[str, Any]:
    """Return the values that have to be said to get such a link: without those that a new one has anyway."""
    there = decoded(properties, data)
    return {one.name: there[one.name] for one in properties if one.name in there and _says(one, there[one.name])}


def _says(one: Property, value: Any) -> bool:
    anyway = one.usual if one.initial is None else one.initial
    return one.required or value not in (anyway if isinstance(anyway, frozenset) else (anyway,))


def known(properties: Sequence[Property], data: Data) -> dict[int, bytes]:
    """Return the attributes of a report that some properties stand for, as they can be sent again."""
    again: dict[int, bytes] = {}
    for one in properties:
        value = one.decode(data)
        if value is not None:
            one.encode(value, again)
    return again


def nest(data: Data) -> bytes:
    """Return attributes as the bytes of a nest."""
    return b"".join(attribute(number, value) for number, value in data.items())

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as tasks and topologies write them, and the declared objects that are made of them. Pure. Private.

One is a text, or a mapping (``_written_address.py``, which is imported where somebody writes one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import as_key
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, List, Owner, Schema
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import Addresses, AddressesThere
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_name, item_path, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import ADDRESS, INTERFACE_PATTERN
from ansible_collections.linuxnet.netns.plugins.module_utils._values import DetailedAddress, InterfaceAddress

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Site
    from ansible_collections.linuxnet.netns.plugins.module_utils._written_address import WrittenAddress

Item = Union[InterfaceAddress, DetailedAddress]
#: What is declared of addresses beside themselves, by their names.
Details = tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]


class _Address:
    """An address with its prefix length: a text, or a mapping with all that is to be set of it."""

    @staticmethod
    def read(problems: Problems, path: str, written: Any) -> Optional[Item]:
        """Make an address of what was written."""
        if isinstance(written, str):
            return problems.address(path, written)
        if not isinstance(written, Mapping):
            problems.add(path, f"an address as a text or a mapping with an address is needed, not {kind(written)}")
            return None
        section = _mapping().read(problems, path, written)
        return None if section is None else section.value

    @staticmethod
    def schema(shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"anyOf": [ADDRESS.schema(shared), _mapping().schema(shared)]}

    @staticmethod
    def option() -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "raw"}


def _mapping() -> type[WrittenAddress]:
    from ansible_collections.linuxnet.netns.plugins.module_utils._written_address import WrittenAddress

    return WrittenAddress


class Mixed(tuple[Item, ...]):
    """Addresses of which some were written as mappings."""


class _Addresses(List[Item]):
    """A list of addresses, of which each is written once, if it is not always a text."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[Item, ...]]:
        """Make a tuple of a list."""
        if not isinstance(written, (list, tuple)):
            return super().read(problems, path, written)
        found: list[Item] = []
        texts = True
        for number, one in enumerate(written):
            where = f"{path}[{number}]"
            if isinstance(one, str):
                value: Optional[Item] = problems.address(where, one)
            else:
                texts, value = False, self.item.read(problems, where, one)
            if value is not None:
                found.append(value)
        if texts:
            return tuple(dict.fromkeys(found))
        _distinct(problems, path, found)
        return Mixed(found)


#: The addresses of an interface.
LIST = _Addresses(_Address())


class Auto(tuple[Item, ...]):
    """Addresses that are to be taken from the prefixes of a network."""


class _OrAuto(_Addresses):
    """A list of addresses, or ``auto``."""

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[Item, ...]]:
        """Make a tuple of a list."""
        if not isinstance(written, (list, tuple)):
            if written == "auto":
                return Auto()
            problems.add(path, f"a list or auto is needed, not {kind(written)}")
            return None
        return super().read(problems, path, written)

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"anyOf": [{"enum": ["auto"]}, super().schema(shared)]}


#: What a network with prefixes of its own can give an interface.
LIST_OR_AUTO = _OrAuto(_Address())


def _distinct(problems: Problems, path: str, addresses: Sequence[Item]) -> None:
    seen: set[str] = set()
    for one in addresses:
        if one.name in seen:
            where = one.path if isinstance(one, DetailedAddress) else path
            problems.add(where, f"{one.name} is there already; write it once, with all that is to be set of it")
        seen.add(one.name)


def read_option(problems: Problems, path: str, values: Sequence[Any]) -> Mixed:
    """Return the addresses of an option, where a single one need not be a list."""
    read = [_Address.read(problems, item_path(path, number, values), one) for number, one in enumerate(values)]
    found = Mixed(dict.fromkeys(one for one in read if one is not None))
    _distinct(problems, path, found)
    return found


def content(addresses: Sequence[Item]) -> tuple[tuple[str, ...], Details]:
    """Return the names of addresses, and what is declared of some beside themselves, as declared objects have them."""
    if not isinstance(addresses, Mixed):
        return tuple([one.text for one in addresses]), ()
    details = [(one.name, one.details) for one in addresses if isinstance(one, DetailedAddress)]
    return tuple([one.name for one in addresses]), tuple(details)


def declare(site: Site, addresses: Sequence[Item], owner: Owner) -> Sequence[Declared]:
    """Make the declared object of the addresses of an interface of a topology."""
    if not isinstance(addresses, Mixed):
        texts = tuple([one.text for one in addresses])
        return [Addresses(site.path, site.netns, site.interface, texts, record=owner.record, purge=owner.purge)]
    names, details = content(addresses)
    own = Addresses(site.path, site.netns, site.interface, names, record=owner.record, purge=owner.purge)
    return [replace(own, details=details)]


class OfInterface(NamedTuple):
    """The addresses of an interface that is there already, as they were written at a path."""

    path: str
    interface: str
    addresses: tuple[Any, ...]


class _ByInterface:
    """A mapping of the names of interfaces to their addresses."""

    @staticmethod
    def read(problems: Problems, path: str, written: Any) -> Optional[tuple[OfInterface, ...]]:
        """Make addresses of a mapping."""
        if not isinstance(written, Mapping):
            problems.add(path, f"a mapping of interfaces to lists of addresses is needed, not {kind(written)}")
            return None
        found: dict[str, OfInterface] = {}
        for key, listed in written.items():
            where = f"{path}.{as_key(key)}"
            name = problems.interface(where, as_name(key))
            addresses = LIST.read(problems, where, listed)
            if name in found:
                problems.add(where, f"interface {name} is there already")
            elif name is not None and addresses is not None:
                found[name] = OfInterface(where, name, addresses)
        return tuple(found.values())

    @staticmethod
    def schema(shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {
            "type": "object",
            "propertyNames": {"pattern": INTERFACE_PATTERN},
            "additionalProperties": LIST.schema(shared),
        }

    @staticmethod
    def option() -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "dict"}


def place_key() -> Key[Any]:
    """Return the key of a namespace and of the host, as a topology has it."""

    def declare(site: Site, written: Sequence[OfInterface], owner: Owner) -> Sequence[Declared]:
        found: list[Declared] = []
        for one in written:
            names, details = content(one.addresses)
            found.append(
                AddressesThere(
                    one.path,
                    site.netns,
                    one.interface,
                    names,
                    owner.present,
                    record=owner.record,
                    purge=owner.purge,
                    details=details,
                )
            )
        return found

    return Key(
        _ByInterface(), "Addresses of interfaces that are there already, by their names.", default=(), declare=declare
    )

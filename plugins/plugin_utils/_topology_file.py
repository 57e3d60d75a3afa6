# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topology files, read on the controller in bounded time, with what was encrypted told to nobody. Private."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from functools import cache
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing import vault
from ansible_collections.linuxnet.netns.plugins.module_utils import _topology
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import (
    Secret,
    SecretInteger,
    SecretNumber,
    as_key,
    echo,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem, enumerated, os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Schema
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.plugin_utils._bounded_yaml import (
    MOST_LEVELS,
    MOST_MIB,
    MOST_VALUES,
    TOO_DEEP,
    TOO_MANY,
    Unreadable,
    decrypted,
    parsed,
    refuse,
)
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import brief, is_template

#: Vault writes each byte as four characters, and line ends.
_VAULT_FACTOR = 5
#: A number with more bits is nothing's; Python refuses to write down one of more than 4,300 digits (14,284 bits).
_MOST_BITS = 4096


def read(loader: Any, path: str) -> dict[str, Any]:
    """Return the content of a topology file, in plain values and without what has none. Raises: Unreadable.

    ``loader`` is Ansible's DataLoader, which knows the vault's passwords.
    """
    text, hidden = _text(loader, path)
    content = parsed(loader, text)
    if not isinstance(content, Mapping):
        raise Unreadable(f"{_topology.Topology.needs} is needed, not {kind(content)}")
    walk = _Walk(loader, hidden)
    # A key without a value, such as "links:", says as much as none.
    form = {key: value for key, value in walk.plain(content, "").items() if value is not None}
    problems = Problems()
    topology = _topology.read(problems, form)
    templates = {one.path for one in walk.templates}
    found = [*walk.templates, *(one for one in problems.found if one.path not in templates)]
    if found:
        raise Unreadable(enumerated(found))
    return {**_revealed(form), "name": str.__str__(topology.name)}


def bound(values: Mapping[str, Any]) -> None:
    """Hold values of a task to the bounds that files have. Raises: Unreadable."""
    _Walk(None, False).plain(values, "")


def _text(loader: Any, path: str) -> tuple[str, bool]:
    """Return the text of a file, and whether all of it was encrypted. Raises: Unreadable."""
    limit = MOST_MIB << 20
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("it is not a regular file")
        with open(path, "rb") as file:
            raw = file.read(_VAULT_FACTOR * limit + 1)
        hidden = vault.is_encrypted(raw)
        if hidden and len(raw) <= _VAULT_FACTOR * limit:
            raw = loader._get_file_contents(path)[0]
        if len(raw) > limit:
            raise Unreadable(f"it is larger than {MOST_MIB} MiB")
        return bytes(raw).decode("utf-8-sig"), hidden
    except UnicodeError:
        raise Unreadable("it could not be read: it is not UTF-8") from None
    except OSError as error:
        raise Unreadable(f"it could not be read: {os_error_text(error)}") from None
    except AnsibleError as error:
        raise Unreadable(f"it could not be read: {brief(str(error))}") from None


class _Walk:
    """Makes values plain ones, counts them, and finds templates; with ``hidden``, messages repeat none of them."""

    def __init__(self, loader: Any, hidden: bool) -> None:
        self.templates: list[Problem] = []
        self._loader = loader
        self._hidden = hidden
        self._count = 0

    def plain(self, value: Any, path: str, level: int = 0) -> Any:
        """Return the plain value of one at a path. Raises: Unreadable."""
        self._count += 1
        if self._count > MOST_VALUES:
            refuse(path, TOO_MANY)
        if isinstance(value, Mapping):
            if self._loader is not None and len(value) == 1:
                # What a value is in JSON that is encrypted by itself, or is no template.
                ((key, one),) = value.items()
                if key == "__ansible_vault" and isinstance(one, str):
                    return decrypted(self._loader, path, one)
                if key == "__ansible_unsafe" and isinstance(one, str):
                    return self._scalar(one, path)
            self._deeper(path, level)
            return {
                self._scalar(key, path): self.plain(
                    one, f"{path}.{self._key(key)}" if path else self._key(key), level + 1
                )
                for key, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            self._deeper(path, level)
            return [self.plain(one, f"{path}[{number}]", level + 1) for number, one in enumerate(value)]
        return self._scalar(value, path)

    @staticmethod
    def _deeper(path: str, level: int) -> None:
        if level >= MOST_LEVELS:
            refuse(path, TOO_DEEP)

    def _key(self, key: Any) -> str:
        return as_key(Secret(key) if self._hidden and key not in _known_keys() else key)

    def _scalar(self, value: Any, path: str) -> Any:
        if isinstance(value, str):
            text = value if isinstance(value, Secret) else Secret(value) if self._hidden else str.__str__(value)
            if is_template(text):
                self._note(path, text)
            return text
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            refuse(path, f"{echo(value)} is too large")
        if isinstance(value, int) and not isinstance(value, bool):
            return SecretInteger(value) if self._hidden else int(value)
        return SecretNumber(value) if self._hidden and isinstance(value, float) else value

    def _note(self, path: str, value: str) -> None:
        self.templates.append(
            Problem(
                path,
                f"{echo(value)} is a template, and a topology file is not templated: write the topology into the task, "
                "or give its options what lookup('ansible.builtin.template', FILE) | from_yaml makes of the file",
            )
        )


@cache
def _known_keys() -> frozenset[str]:
    """Return the keys that any section of a topology has, which are no secret."""
    shared: Schema = {}
    _topology.Topology.schema(shared)
    mappings = [one for about in shared.values() for one in (about, *about.get("oneOf", ()))]
    return frozenset(key for one in mappings for key in one.get("properties", ()))


def _revealed(value: Any) -> Any:
    """Return a plain value with what was encrypted in it, as an ordinary one."""
    if isinstance(value, Mapping):
        return {_revealed(key): _revealed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_revealed(one) for one in value]
    if isinstance(value, Secret):
        return str.__str__(value)
    return int(value) if isinstance(value, SecretInteger) else value

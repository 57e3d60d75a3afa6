# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML and JSON made values of in bounded time, with what is encrypted in them as secrets. Private.

A YAML file of a few lines can stand for any number of values: by aliases, by merge keys, by nesting, by numbers whose
making takes long. So values are made here, of the parser's events, and counted, with what aliases stand for; and they
are plain ones, which takes a tenth of the time that Ansible's own loader needs to note where each of them comes from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn, Optional

import yaml
from ansible.errors import AnsibleError
from ansible.parsing import vault
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import Secret, as_key, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import kind
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import brief

#: A topology has at most so many MiB in a file, so many values (with all that aliases stand for) and levels of them,
#: and a value of YAML so many characters. A thousand links with two addresses each are 0.15 MiB and 21,000 values, on 6
#: levels; a name of 255 bytes is 1,600 characters when it is encrypted.
MOST_MIB, MOST_VALUES, MOST_LEVELS, MOST_LENGTH = 4, 300_000, 32, 4096
TOO_MANY = f"there are more than {MOST_VALUES} values, with those that aliases stand for"
TOO_DEEP = f"more than {MOST_LEVELS} levels of lists and mappings are not possible"

#: Ansible's tags for a text that is encrypted, and for one that is no template.
_VAULT_TAGS, _UNSAFE_TAG = ("!vault", "!vault-encrypted"), "!unsafe"
_STRING, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What makes values of texts, by the tags of their types.
_MAKERS = {
    tag: maker
    for tag, maker in yaml.constructor.SafeConstructor.yaml_constructors.items()
    if tag and tag.rpartition(":")[2] in ("null", "bool", "int", "float", "timestamp")
}


class Unreadable(Exception):
    """A file that cannot be read as a topology; the text says why."""


def refuse(path: str, why: str) -> NoReturn:
    """Say why what stands at a path cannot be read. Raises: Unreadable."""
    raise Unreadable(str(Problem(path, why)))


def parsed(loader: Any, text: str) -> Any:
    """Return what a text says, JSON or YAML. Raises: Unreadable."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # it may be YAML, which tells a mistake better
    try:
        return Builder(loader).built(yaml.parse(text, Loader=_PARSER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        why = getattr(error, "problem", None) or error
        raise Unreadable(f"it could not be read: {where}{brief(str(why))}") from None


def decrypted(loader: Any, path: str, ciphertext: str) -> Secret:
    """Return the plain text of a value that is encrypted by itself. Raises: Unreadable."""
    try:
        # The one form that all versions of Ansible take, and the way that all have to its plain text.
        text = str(loader.load(json.dumps({"__ansible_vault": ciphertext})))
    except (AnsibleError, ValueError, TypeError) as error:
        refuse(path, f"it cannot be decrypted: {brief(str(error))}")
    if vault.is_encrypted(text.encode()):
        refuse(path, "it cannot be decrypted: no vault password was given")
    return Secret(text)


class _Place:
    """A list or a mapping that is being made: its anchor, how many values came before it, and the key that is next."""

    __slots__ = ("anchor", "before", "key", "keyed", "merged", "merges", "value")

    def __init__(self, value: Any, anchor: Optional[str], before: int) -> None:
        self.value, self.anchor, self.before = value, anchor, before
        self.key: Any = None
        self.keyed = self.merges = False
        self.merged: list[Any] = []

    def path(self) -> str:
        """Return the last part of the path of what comes next."""
        if isinstance(self.value, list):
            return f"[{len(self.value)}]"
        return f".{as_key(self.key)}" if self.keyed else ""


class Builder:
    """Makes values of the events of a YAML document, and counts what they stand for."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._count = 0
        self._places: list[_Place] = []
        #: What an anchor stands for, and how many values that are; None while it is not complete.
        self._anchors: dict[str, Optional[tuple[Any, int]]] = {}
        self._resolver = yaml.resolver.Resolver()
        self._constructor = yaml.constructor.SafeConstructor()

    def built(self, events: Iterator[Any]) -> Any:
        """Return the value of the only document; None when there is none. Raises: Unreadable, yaml.YAMLError."""
        root = _Place([], None, 0)
        self._places = [root]
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._add(1)
                self._finished(*self._scalar(event), event.anchor, 1)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begun(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._ended()
            elif isinstance(event, yaml.AliasEvent):
                self._aliased(event.anchor)
            elif isinstance(event, yaml.DocumentStartEvent) and root.value:
                raise Unreadable("it could not be read: it has more than one document")
        return root.value[0] if root.value else None

    def _path(self) -> str:
        return "".join(place.path() for place in self._places[1:]).lstrip(".")

    def _add(self, size: int) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            refuse(self._path(), TOO_MANY)

    def _begun(self, event: Any) -> None:
        if len(self._places) > MOST_LEVELS:
            refuse(self._path(), TOO_DEEP)
        if event.tag is not None and event.tag.rpartition(":")[2] not in ("seq", "map", _UNSAFE_TAG):
            refuse(self._path(), f"the tag {echo(event.tag)} is not possible here")
        self._add(1)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._places.append(_Place(value, event.anchor, self._count - 1))

    def _ended(self) -> None:
        place = self._places.pop()
        for one in place.merged:
            for key, value in one.items():
                place.value.setdefault(key, value)
        self._finished(place.value, False, place.anchor, self._count - place.before)

    def _aliased(self, anchor: str) -> None:
        if anchor not in self._anchors:
            refuse(self._path(), f"there is no anchor {echo(anchor)} before this alias")
        known = self._anchors[anchor]
        if known is None:
            refuse(self._path(), "an alias of what it is in itself would have no end")
        value, size = known
        self._add(size)
        self._finished(value, False, None, size)

    def _finished(self, value: Any, merges: bool, anchor: Optional[str], size: int) -> None:
        """Put a value where it belongs; ``merges``: it is a key whose value is merged into the mapping."""
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        place = self._places[-1]
        if isinstance(place.value, list):
            place.value.append(value)
        elif not place.keyed:
            self._keyed(place, value, merges)
        else:
            if place.merges:
                self._merged(place, value)
            else:
                place.value[place.key] = value
            place.keyed = False

    def _keyed(self, place: _Place, key: Any, merges: bool) -> None:
        if isinstance(key, (list, dict)):
            refuse(self._path(), f"{kind(key)} cannot be a key")
        place.key, place.keyed, place.merges = key, True, merges
        if not merges and key in place.value:
            refuse(self._path(), "this key is written twice")

    def _merged(self, place: _Place, value: Any) -> None:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in values):
            refuse(self._path(), "a mapping or a list of mappings is needed to be merged")
        place.merged += values

    def _scalar(self, event: Any) -> tuple[Any, bool]:
        """Return the value of a scalar, and whether it is the key of what is merged into its mapping."""
        text, tag = event.value, event.tag
        if len(text) > MOST_LENGTH:
            refuse(self._path(), f"a value of {len(text)} characters is too long; at most {MOST_LENGTH} are possible")
        if tag is None or tag == "!":
            if tag or not event.implicit[0]:
                return text, False
            tag = self._resolver.resolve(yaml.ScalarNode, text, (True, False))
        if tag in _VAULT_TAGS:
            return decrypted(self._loader, self._path(), text), False
        if tag in _MAKERS:
            return self._made(tag, text), False
        if event.tag is not None and tag not in (_STRING, _UNSAFE_TAG):
            refuse(self._path(), f"the tag {echo(tag)} is not possible here")
        return text, tag == _MERGE

    def _made(self, tag: str, text: str) -> Any:
        try:
            return _MAKERS[tag](self._constructor, yaml.ScalarNode(tag, text))
        except (yaml.YAMLError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError):
            what = tag.rpartition(":")[2]
            refuse(self._path(), f"this looks like a value of type {what}, and is none (is a text meant? quote it)")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a form is made of: sections with keys, each written once.

Pure. Private. A :class:`Section` is a mapping that a user writes; each :class:`Key` of it says what it takes, what it
means and what it declares. From that come the values, or all the mistakes with their paths (``read``), the JSON schema
for editors (``schema``) and the options of a module (``arguments``). What a key takes is anything with the methods of
:class:`Type`: a scalar (``_scalars.py``), a list, a section, or a kind's own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Generic, NamedTuple, Optional, TypeVar, Union, overload

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_LINES, as_key
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_name, kind

_T = TypeVar("_T")
_S = TypeVar("_S", bound="Section")
Schema = dict[str, Any]

if TYPE_CHECKING:
    from typing import Literal, Protocol

    from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared, Netns

    _T_co = TypeVar("_T_co", covariant=True)

    class Type(Protocol[_T_co]):
        """What a key takes."""

        def read(self, problems: Problems, path: str, written: Any) -> Optional[_T_co]:
            """Make a value of what was written at a path; None after having noted all that is wrong with it."""

        def schema(self, shared: Schema) -> Schema:
            """Describe it as a JSON schema. What several refer to is put into ``shared``, by name."""

        def option(self) -> dict[str, Any]:
            """Describe it as an option of a module."""

    class Site(Protocol):
        """The section that a key was written in, as what it declares needs it."""

        @property
        def path(self) -> str:
            """Where it was written."""

        @property
        def netns(self) -> Netns:
            """The namespace that it is about, or that it is in."""

        @property
        def interface(self) -> str:
            """The interface that it is about; empty where it is about all of the namespace."""

    Declare = Callable[["Site", _T, "Owner"], Iterable["Declared"]]


class Owner(NamedTuple):
    """Whose what is declared will be: the name of its ownership record; what else is in that goes with ``purge``.

    ``present``: it is to be there. Where a topology is to be gone, only what is on the host is asked for so: all else
    goes with its namespace.
    """

    record: str
    purge: bool
    present: bool = True


class Key(Generic[_T]):
    """A key of a section, and what the section has there: what was written, or else the default.

    ``default`` is what counts when the key is not written; null says as much, unless the default is a word. Of a key
    that is ``required``, a section without it is left out. ``declare`` makes the declared objects of what was written;
    the default declares nothing.
    """

    @overload
    def __init__(self, takes: Type[_T], description: str, *, required: Literal[True]) -> None:
        pass

    @overload
    def __init__(
        self,
        takes: Type[_T],
        description: str,
        *,
        default: _T,
        declare: Optional[Declare[_T]] = None,
    ) -> None:
        pass

    @overload
    def __init__(
        self: Key[Optional[_T]],
        takes: Type[_T],
        description: str,
        *,
        declare: Optional[Declare[_T]] = None,
    ) -> None:
        pass

    def __init__(
        self,
        takes: Any,
        description: str,
        *,
        required: bool = False,
        default: Any = None,
        declare: Optional[Declare[Any]] = None,
    ) -> None:
        self.takes: Type[Any] = takes
        self.read: Callable[[Problems, str, Any], Optional[_T]] = takes.read
        self.description = description
        self.required = required
        self.default = default
        self.declare = declare
        self.nullable = not (required or default)

    if TYPE_CHECKING:
        # What a section has there, which __init_subclass__ puts in the place of the key.
        @overload
        def __get__(self, section: None, owner: type) -> Key[_T]: ...
        @overload
        def __get__(self, section: Section, owner: type) -> _T: ...
        def __get__(self, section: Optional[Section], owner: type) -> Union[Key[_T], _T]: ...
        def __set__(self, section: Section, value: _T) -> None: ...

    def schema(self, shared: Schema) -> Schema:
        """Describe the key as a property of a JSON schema."""
        takes = self.takes.schema(shared)
        if self.nullable:
            takes = _or_null(takes)
        default = {"default": self.default} if self.default not in (None, ()) else {}
        return {"description": self.description, **takes, **default}

    def argument(self) -> dict[str, Any]:
        """Describe the key as an option of a module. That it is required is not said: a file may have it."""
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {**self.takes.option(), **({} if default is None else {"default": default})}


class Later(Key[Any]):
    """A key that is described in a module of its own, which is imported only where the key is written.

    ``load`` imports it and gives the key. It is not required, and what counts when it is not written is None. With
    ``option``, the option of a module that it is, it is not loaded to be described as one.
    """

    required, default, nullable = False, None, True

    def __init__(self, load: Callable[[], Key[Any]], option: Optional[dict[str, Any]] = None) -> None:
        self._load = load
        self._option = option

    def argument(self) -> dict[str, Any]:
        return super().argument() if self._option is None else self._option

    def __getattr__(self, name: str) -> Any:
        loaded = {**vars(self._load()), "required": False, "default": None}
        self.__dict__.update(loaded)
        return loaded[name]


class Text(NamedTuple):
    """The short form of a section, a text.

    ``words`` says what it is. ``read`` makes the values of the keys of it, or None after having noted what is wrong
    with it. ``numbers``: a whole number is a text too, as Ansible takes one for a name.
    """

    words: str
    read: Callable[[Problems, str, str], Optional[dict[str, Any]]]
    schema: Callable[[Schema], Schema]
    numbers: bool = False


class Section:
    """A mapping with keys, as it was written at a path.

    ``what`` is what messages call it, ``needs`` what it must have; ``text`` is its short form, if it has one. One whose
    required keys are right is kept, with what is right of it, so that other mistakes can be found.
    """

    what: ClassVar[str] = ""
    needs: ClassVar[str] = ""
    text: ClassVar[Optional[Text]] = None
    keys: ClassVar[dict[str, Key[Any]]] = {}
    declaring: ClassVar[dict[str, Key[Any]]] = {}
    path: str = ""

    def __init_subclass__(cls, what: str, needs: str = "", text: Optional[Text] = None) -> None:
        cls.what, cls.text = what, text
        cls.needs = f"a mapping with {needs}" if needs else "a mapping"
        own = {name: key for name, key in vars(cls).items() if isinstance(key, Key)}
        inherited = {
            name: key
            for base in cls.__bases__
            if issubclass(base, Section)
            for name, key in base.keys.items()
            if name not in own
        }
        cls.keys, cls.declaring = {}, {}
        for name, key in [*own.items(), *inherited.items()]:
            cls.add(name, key)

    @classmethod
    def add(cls, name: str, key: Key[Any]) -> None:
        """Let sections of this class have a key."""
        if name in vars(Section):
            raise TypeError(f"{cls.__name__} cannot have the key {name}: all sections have a method of this name")
        cls.keys[name] = key
        if isinstance(key, Later) or key.declare is not None:
            cls.declaring[name] = key
        # What counts when it is not written; without a required key there is no section.
        setattr(cls, name, key.default)

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        self.path = path
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def read(cls: type[_S], problems: Problems, path: str, written: Any) -> Optional[_S]:
        """Make a section of what was written; None when it has not what is required. Every mistake is noted."""
        if isinstance(written, (dict, Mapping)):
            section = cls(path, {})
            return section if section.take(problems, written) else None
        if cls.text is not None:
            text = as_name(written) if cls.text.numbers else written
            if isinstance(text, str):
                values = cls.text.read(problems, path, text)
                return None if values is None else cls(path, values)
        cls.refuse(problems, path, written)
        return None

    @classmethod
    def refuse(cls, problems: Problems, path: str, written: Any) -> None:
        """Note that this is no such section."""
        short = f"{cls.text.words} or " if cls.text else ""
        # Of NAMESPACE:INTERFACE, YAML makes a number to the base of 60 where both are digits.
        number = cls.text and isinstance(written, (int, float)) and not isinstance(written, bool)
        hint = " (write it in quotes)" if number else ""
        problems.add(path, f"{short}{cls.needs} is needed, not {kind(written)}{hint}")

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        """Take what is right of a mapping, note what is wrong, and tell whether what is required was among it."""
        keys, before = self.keys, f"{self.path}." if self.path else ""
        if not written.keys() <= keys.keys():
            self._unknown(problems, before, written)
        complete = True
        for name, key in keys.items():
            if name in written:
                one = written[name]
                if one is None and key.nullable:
                    setattr(self, name, key.default)
                    continue
            elif key.required:
                one = None
            else:
                continue
            value = key.read(problems, before + name, one)
            if value is not None:
                setattr(self, name, value)
            elif key.required:
                complete = False
        return complete

    @classmethod
    def _unknown(cls, problems: Problems, before: str, written: Mapping[str, Any]) -> None:
        for key in written:
            if key not in cls.keys:
                name = as_key(key)
                problems.add(f"{before}{name}", f"there is no such key{cls._meant(problems, name)}")

    @classmethod
    def _meant(cls, problems: Problems, name: str) -> str:
        """Return which key may be meant, or which there are; looked for where it will be shown."""
        if len(problems.found) > MOST_LINES:
            return ""
        import difflib

        close = difflib.get_close_matches(name, cls.keys, 1)
        article = "an" if cls.what[0] in "aeiou" else "a"
        return f"; did you mean {close[0]}?" if close else f"; {article} {cls.what} has {', '.join(cls.keys)}"

    def declared(self, site: Site, owner: Owner) -> list[Declared]:
        """Make the declared objects of the keys that were written, in their order; ``site`` is this section again."""
        found: list[Declared] = []
        for name, key in self.declaring.items():
            value = getattr(self, name)
            if value is not key.default and key.declare is not None:
                found += key.declare(site, value, owner)
        return found

    @classmethod
    def schema(cls, shared: Schema) -> Schema:
        """Describe it as a JSON schema, to be referred to."""
        if cls.what not in shared:
            shared[cls.what] = {}  # a place in the order, and an end to what contains itself
            mapping = cls.mapping(shared)
            shared[cls.what] = {"oneOf": [cls.text.schema(shared), mapping]} if cls.text else mapping
        return refer(cls.what)

    @classmethod
    def mapping(cls, shared: Schema) -> Schema:
        """Describe its keys as a JSON schema."""
        required = [name for name, key in cls.keys.items() if key.required]
        return {
            "type": "object",
            **({"required": required} if required else {}),
            "additionalProperties": False,
            "properties": {name: key.schema(shared) for name, key in cls.keys.items()},
        }

    @classmethod
    def option(cls) -> dict[str, Any]:
        """Describe it as an option: what is in it is read here, so that all mistakes are told with their paths."""
        return {"type": "raw"}

    @classmethod
    def arguments(cls) -> dict[str, dict[str, Any]]:
        """Describe its keys as options of a module."""
        return {name: key.argument() for name, key in cls.keys.items()}


class List(Generic[_T]):
    """A list of values; what is wrong of it is left out, and what is written twice counts once where ``once``."""

    def __init__(self, item: Type[_T], *, once: bool = False) -> None:
        self.item = item
        self.once = once

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[_T, ...]]:
        """Make a tuple of a list."""
        if not isinstance(written, (list, tuple)):
            problems.add(path, f"a list is needed, not {kind(written)}")
            return None
        found = _items(problems, path, written, self.item)
        return tuple(dict.fromkeys(found) if self.once else found)

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"type": "array", "items": self.item.schema(shared)}

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        item = self.item.option()
        options = {"options": item["options"]} if "options" in item else {}
        return {"type": "list", "elements": item["type"], **options}


class Distinct(List[Any]):
    """A list of sections, none of them twice.

    ``name`` returns what tells one from another, None for one with mistakes; ``twice`` is what is said of one that is
    there twice, with places for its name and for where it was first.
    """

    def __init__(self, item: Type[Any], name: Callable[[Any], Optional[Hashable]], twice: str) -> None:
        super().__init__(item)
        self.name = name
        self.twice = twice

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[Any, ...]]:
        """Make a tuple of a list, and note what is there twice."""
        found = super().read(problems, path, written)
        first: dict[Hashable, str] = {}
        for one in found or ():
            name = self.name(one)
            if name in first:
                problems.add(one.path, self.twice.format(name, first[name]))
            elif name is not None:
                first[name] = one.path
        return found


class Pair(Generic[_T]):
    """A list of two values, both right; ``plural`` is what messages call them."""

    def __init__(self, item: Type[_T], plural: str) -> None:
        self.item = item
        self.plural = plural

    def read(self, problems: Problems, path: str, written: Any) -> Optional[tuple[_T, _T]]:
        """Make a pair of a list."""
        listed = isinstance(written, (list, tuple))
        if not listed or len(written) != 2:
            count = f", not {len(written)}" if listed else ""
            problems.add(path, f"a list of two {self.plural} is needed{count}")
            return None
        found = _items(problems, path, written, self.item)
        return (found[0], found[1]) if len(found) == 2 else None

    def schema(self, shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        return {"type": "array", "minItems": 2, "maxItems": 2, "items": self.item.schema(shared)}

    def option(self) -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "list", "elements": self.item.option()["type"]}


def _items(problems: Problems, path: str, written: Sequence[Any], item: Type[_T]) -> list[_T]:
    """Make values of the items of a list; what is wrong is left out."""
    read = item.read
    found = []
    for number, one in enumerate(written):
        value = read(problems, f"{path}[{number}]", one)
        if value is not None:
            found.append(value)
    return found


def refer(name: str) -> Schema:
    """Refer to a shared JSON schema."""
    return {"$ref": f"#/$defs/{name}"}


def _or_null(schema: Schema) -> Schema:
    """Let null be written too."""
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*types, "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}

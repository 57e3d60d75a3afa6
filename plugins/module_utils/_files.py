# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of namespaces as tasks and topologies write them, and the declared objects that are made of them. Private."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _resolver
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import as_key, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._file import (
    LINK,
    MOST_BYTES,
    PLAIN,
    UNFINISHED,
    FileEntry,
    as_text,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Distinct, Key, List, Owner, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.file import File
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Declared
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_number, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Scalar
from ansible_collections.linuxnet.netns.plugins.module_utils._values import address_bytes, canonical
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Schema, Site

_RESOLVER, _HOSTS = "resolv.conf", "hosts"
_OPTION = re.compile(r"[a-z][a-z0-9-]*(:[0-9]{1,5})?")
_MODE = re.compile(r"0?[0-7]{3}")
_ZONE = re.compile(r"[^\s/%]{1,15}")
#: What /etc/hosts has of the machine itself, which the file of a namespace takes the place of.
_LOCALHOST = (("127.0.0.1", ("localhost",)), ("::1", ("localhost",)))


def _name(problems: Problems, path: str, written: Any) -> Optional[str]:
    name = problems.file(path, written)
    if name is not None and name.startswith(UNFINISHED):
        problems.add(path, f"{echo(name)} is not a name for a file: what is being written is called so meanwhile")
        return None
    return name


def _content(problems: Problems, path: str, written: Any) -> Optional[bytes]:
    if not isinstance(written, str):
        problems.add(path, f"a text is needed, not {kind(written)}")
        return None
    try:
        content = octets(written)
    except UnicodeEncodeError:
        problems.add(path, "the text has half of a character (a surrogate), which UTF-8 cannot have")
        return None
    if len(content) > MOST_BYTES:
        problems.add(path, f"the text has {len(content)} bytes, and at most {MOST_BYTES} are possible")
        return None
    return content


def _server(problems: Problems, path: str, written: Any) -> Optional[str]:
    """Return the address of a name server, a link-local one with the interface (``fe80::1%eth0``)."""
    text = written if isinstance(written, str) else ""
    host, percent, zone = text.partition("%")
    try:
        packed = address_bytes(host)
    except (OSError, ValueError):
        packed = b""
    if not packed or (percent and (len(packed) == 4 or not _ZONE.fullmatch(zone))):
        problems.add(path, f"{echo(written)} is not the address of a name server: an IPv4 or IPv6 address is needed")
        return None
    return canonical(packed) + percent + zone


def _domain(problems: Problems, path: str, written: Any) -> Optional[str]:
    if isinstance(written, str) and _resolver.DOMAIN.fullmatch(written):
        return written
    problems.add(path, f"{echo(written)} is not the name of a host or a domain")
    return None


def _option(problems: Problems, path: str, written: Any) -> Optional[str]:
    if isinstance(written, str) and _OPTION.fullmatch(written):
        return written
    problems.add(path, f"{echo(written)} is not an option of resolv.conf(5), as edns0 or timeout:1 are")
    return None


def _mode(problems: Problems, path: str, written: Any) -> Optional[int]:
    if isinstance(written, str) and _MODE.fullmatch(written):
        return int(written, 8)
    # Of a number nobody knows whether it was written in octal.
    problems.add(path, f"{echo(written)} is not a mode: three octal digits in quotes are needed, as in '0644'")
    return None


def _id(what: str, by_name: Callable[[str], Optional[int]]) -> Callable[[Problems, str, Any], Optional[int]]:
    """Return what reads a user or a group, by name or by number."""

    def read(problems: Problems, path: str, written: Any) -> Optional[int]:
        number = as_number(written)
        if number is None and isinstance(written, str):
            number = by_name(written)
        if number is not None and 0 <= number < 2**32 - 1:
            return number
        problems.add(path, f"this host has no {what} {echo(written)}")
        return None

    return read


def _user(name: str) -> Optional[int]:
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def _group(name: str) -> Optional[int]:
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        return None


class _Hosts:
    """A mapping of addresses to the names of hosts, one or several."""

    @staticmethod
    def read(problems: Problems, path: str, written: Any) -> Optional[tuple[tuple[str, tuple[str, ...]], ...]]:
        """Make lines of a mapping, in its order."""
        if not isinstance(written, Mapping):
            problems.add(path, f"a mapping of addresses to names is needed, not {kind(written)}")
            return None
        found = []
        for address, names in written.items():
            where = f"{path}.{as_key(address)}"
            known = _server(Problems(), where, address)
            if known is None:
                problems.add(where, f"{echo(address)} is not an IPv4 or IPv6 address")
            listed = names if isinstance(names, (list, tuple)) else [names]
            if not listed:
                problems.add(where, "the list is empty; name at least one host")
            read = [
                _domain(problems, f"{where}[{n}]" if names is listed else where, one) for n, one in enumerate(listed)
            ]
            if known is not None:
                found.append((known, tuple(one for one in read if one is not None)))
        return tuple(found)

    @staticmethod
    def schema(shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        name = {"type": "string", "pattern": r"^[A-Za-z0-9_.-]+$"}
        names = {"anyOf": [name, {"type": "array", "minItems": 1, "items": name}]}
        keys = {"pattern": "^[0-9A-Fa-f.:]+(%.+)?$"}
        return {"type": "object", "propertyNames": keys, "additionalProperties": names}

    @staticmethod
    def option() -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "dict"}


_TEXT: dict[str, Any] = {"type": "string"}
NAME = Scalar(_name, "str", {"type": "string", "pattern": r"^(?!\.{1,2}$)[^-/\s][^/\s]{0,254}$"})
CONTENT = Scalar(_content, "str", _TEXT)
SERVER = Scalar(_server, "str", {"type": "string", "pattern": "^[0-9A-Fa-f.:]+(%.+)?$"})
DOMAIN = Scalar(_domain, "str", {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"})
OPTION = Scalar(_option, "str", {"type": "string", "pattern": f"^{_OPTION.pattern}$"})
MODE = Scalar(_mode, "str", {"type": "string", "pattern": f"^{_MODE.pattern}$"})
USER = Scalar(_id("user", _user), "str", {"type": ["string", "integer"], "minimum": 0})
GROUP = Scalar(_id("group", _group), "str", {"type": ["string", "integer"], "minimum": 0})


class FileToBeGone(Section, what="file", needs="a name"):
    """A file that is to be gone, as it is written: it need not say what is in it."""

    name = Key(NAME, "The name of the file, without a directory.", required=True)
    content = Key(CONTENT, "The text of the file.")
    nameservers = Key(List(SERVER, once=True), "Of resolv.conf: the addresses of the name servers, at most three.")
    search = Key(List(DOMAIN, once=True), "Of resolv.conf: the domains in which names without a dot are looked for.")
    options = Key(List(OPTION, once=True), "Of resolv.conf: options of the resolver, such as edns0 or timeout:1.")
    hosts = Key(_Hosts(), "Of hosts: the names of hosts by address.")
    mode = Key(MODE, "Who may read and write it, in octal digits; '0644' for a new one.")
    owner = Key(USER, "The user whose it is, by name or by number; root for a new one.")
    group = Key(GROUP, "The group whose it is, by name or by number; root's for a new one.")

    def object(self, netns: str, *, topology: str = "", present: bool = True) -> Declared:
        """Return the declared object."""
        return File(
            self.path,
            netns,
            self.name,
            self.made() if present else b"",
            self.mode,
            self.owner,
            self.group,
            topology,
            present,
        )

    def made(self) -> bytes:
        """Return the content of the file."""
        if self.content is not None:
            return self.content
        lines = _hosts_lines(self.hosts or ()) if self.name == _HOSTS else self._resolver_lines()
        return "".join(f"{line}\n" for line in lines).encode()

    def _resolver_lines(self) -> Iterator[str]:
        if self.search:
            yield " ".join(["search", *self.search])
        for one in self.nameservers or ():
            yield f"nameserver {one}"
        if self.options:
            yield " ".join(["options", *self.options])


def _hosts_lines(hosts: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    named = {name for _address, names in hosts for name in names}
    for address, names in (*(() if "localhost" in named else _LOCALHOST), *hosts):
        yield " ".join([address, *names])


class WrittenFile(FileToBeGone, what="file", needs="a name"):
    """A file as it is written."""

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        if complete:
            self._check(problems, written)
        return complete

    def _check(self, problems: Problems, written: Mapping[str, Any]) -> None:
        """Note what of a file does not go together, or is missing."""
        parts = {"nameservers": _RESOLVER, "search": _RESOLVER, "options": _RESOLVER, "hosts": _HOSTS}
        said = [key for key in parts if written.get(key) is not None]
        for key in said:
            if self.name != parts[key]:
                problems.add(f"{self.path}.{key}", f"it is for the file {parts[key]} alone; write the content")
            elif written.get("content") is not None:
                problems.add(f"{self.path}.{key}", "the content is written too; leave one of the two out")
        if not said and written.get("content") is None:
            own = [key for key, name in parts.items() if name == self.name]
            problems.add(
                self.path, f"what is in it is missing: {', '.join([*own, 'or content' if own else 'content'])}"
            )
        if self.nameservers is not None and len(self.nameservers) > _resolver.MOST_SERVERS:
            more = f"{len(self.nameservers)} are too many: the C library asks the first {_resolver.MOST_SERVERS} alone"
            problems.add(f"{self.path}.nameservers", more)


class Files(Distinct):
    """A list of files, none of them twice."""

    def __init__(self, item: type[Section]) -> None:
        super().__init__(item, lambda one: getattr(one, "name", None), "the file {} is declared already, in {}")


def as_written(name: str, entry: FileEntry) -> tuple[dict[str, Any], str]:
    """Return what there is under a name as one would write it, or why it cannot be written."""
    if entry.what != PLAIN:
        return {}, f"it is {'a symbolic link' if entry.what == LINK else 'no file'}"
    text = as_text(entry.content)
    if not entry.is_open:
        return {}, "not everybody may read it"
    if text is None:
        return {}, "it is no text" if entry.content is not None else f"it has more than {MOST_BYTES} bytes"
    details = {"mode": f"{entry.mode:04o}" if entry.mode != FileEntry(PLAIN).mode else "", "owner": entry.uid}
    details["group"] = entry.gid
    plain = {"name": name, "content": text}
    written = _as_resolver(text) if name == _RESOLVER else {}
    if written:
        other = WrittenFile("", {})
        other.take(problems := Problems(), {"name": name, **written})
        if not problems.found and other.made() == entry.content:
            plain = {"name": name, **written}
    return {**plain, **{key: one for key, one in details.items() if one}}, ""


def _as_resolver(text: str) -> dict[str, Any]:
    """Return what a resolv.conf says by its keys, as far as that is known here."""
    found: dict[str, list[str]] = {"nameservers": [], "search": [], "options": []}
    for line in text.splitlines():
        word, *rest = line.split()[:1], line.split()[1:]
        key = {"nameserver": "nameservers"}.get(word[0], word[0]) if word else ""
        if key in found:
            found[key] += rest[0]
    return {key: one for key, one in found.items() if one}


def key() -> Key[Any]:
    """Return the key of a namespace, as a topology has it."""

    def declare(site: Site, written: Sequence[WrittenFile], owner: Owner) -> Sequence[Declared]:
        return [one.object(site.netns or "", topology=owner.record, present=owner.present) for one in written]

    return Key(Files(WrittenFile), "Its files, in the place of those in /etc.", default=(), declare=declare)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ownership records: one file a topology below /run, which goes with a reboot as the namespaces do.

A record that cannot be read, is not root's alone, or is of another boot counts for nothing: then nothing is owned, and
nothing is removed on its account.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import said
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.lock import DIRECTORY
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import Record
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Thing
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

#: Version 1 had no identity by group, which this reads as well.
_VERSION, _READ = 2, (1, 2)
_ENDING, _UNFINISHED = ".json", ".new-"
#: How many parts the key of each sort of thing has, behind the sort.
_PARTS = {"namespace": 1, "interface": 2, "address": 3}


def path_of(topology: str) -> str:
    """The file of a topology's record."""
    return f"{DIRECTORY}/{topology}{_ENDING}"


def listed() -> set[str]:
    """The topologies that have a record. Raises: OSError."""
    try:
        names = os.listdir(DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {name[: -len(_ENDING)] for name in names if name.endswith(_ENDING)}


def read(topology: str) -> tuple[Optional[Record], Optional[str]]:
    """The record of a topology, or None; and why a record that is there counts for nothing, or None.

    Raises: OSError, when it cannot be read now; that does not make it one that counts for nothing.
    """
    path = path_of(topology)
    try:
        directory = os.lstat(DIRECTORY)
        if not stat.S_ISDIR(directory.st_mode) or directory.st_uid != os.geteuid() or directory.st_mode & 0o022:
            return None, _void(path, f"others than root could have written to {DIRECTORY}")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            raise
        return None, _void(path, said(error))
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return None, _void(path, "it is not a file")
    with open(descriptor, encoding="utf-8") as file:
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return None, _void(path, "others than its owner could have written it")
        try:
            content = json.load(file)
            boot, version = content["boot"], content["version"]
            if content["topology"] != topology:
                raise ValueError("it is of another topology")
            things = {_thing(*thing): _identity(identity) for thing, identity in content["things"]}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return None, _void(path, f"it is damaged ({error!r})")
    if version not in _READ:
        return None, _void(path, f"it has version {version}")
    return (Record(topology, things), None) if boot == _boot() else (None, None)


def _thing(sort: str, *parts: str) -> Thing:
    if _PARTS.get(sort) != len(parts) or not isinstance(parts[-1], str) or not all(map(_is_name, parts[:2])):
        raise ValueError(f"{(sort, *parts)!r} is no thing")
    return (sort, *parts)


@cache
def _is_name(written: str) -> bool:
    """Whether a namespace or an interface can have the name; none is the host's namespace."""
    problems = Problems()
    return not written or problems.namespace("", written) is not None


def _identity(written: object) -> str:
    if not isinstance(written, str) or not written:
        raise ValueError(f"{written!r} is no identity")
    return written


def write(topology: str, things: Mapping[Thing, str]) -> None:
    """Write the record in one piece: whoever reads sees the old one or the new one. Raises: OSError."""
    if not things:
        with suppress(FileNotFoundError):
            os.unlink(path_of(topology))
        return
    os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
    _clean()
    content = {"version": _VERSION, "topology": topology, "boot": _boot(), "things": sorted(things.items())}
    descriptor, temporary = tempfile.mkstemp(dir=DIRECTORY, prefix=_UNFINISHED)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, separators=(",", ":")))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path_of(topology))
    except OSError:
        os.unlink(temporary)
        raise


def _clean() -> None:
    """Remove what runs that were killed left of the records they were writing; no other is writing one now."""
    for name in os.listdir(DIRECTORY):
        if name.startswith(_UNFINISHED):
            with suppress(FileNotFoundError):
                os.unlink(f"{DIRECTORY}/{name}")


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def _void(path: str, why: str) -> str:
    return f"The record {path} of what this topology made counts for nothing: {why}. What it made is left alone."

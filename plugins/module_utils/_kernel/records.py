# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: files below /run, which go with a reboot as namespaces do.

A record that cannot be read, is not root's alone, or is of another boot counts for nothing.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import os_error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.lock import DIRECTORY
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import Stored

_ENDING, _UNFINISHED = ".json", ".new-"


def path_of(name: str) -> str:
    """Return the file of a record."""
    return f"{DIRECTORY}/{name}{_ENDING}"


def names() -> set[str]:
    """Return the names of all records. Raises: OSError."""
    try:
        names = os.listdir(DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {name[: -len(_ENDING)] for name in names if name.endswith(_ENDING)}


def read(name: str) -> Stored:
    """Return the record of a name: its content, where it is there and counts.

    Raises: OSError, when it cannot be read now; that does not make it one that counts for nothing.
    """
    path = path_of(name)
    try:
        directory = os.lstat(DIRECTORY)
        if not stat.S_ISDIR(directory.st_mode) or directory.st_uid != os.geteuid() or directory.st_mode & 0o022:
            return Stored(path, None, f"others than root could have written to {DIRECTORY}")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return Stored(path, None)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            raise
        return Stored(path, None, os_error_text(error))
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return Stored(path, None, "it is not a file")
    with open(descriptor, encoding="utf-8") as file:
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return Stored(path, None, "others than its owner could have written it")
        try:
            content = json.load(file)
            boot = content["boot"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return Stored(path, None, f"it is damaged ({error!r})")
    return Stored(path, content if boot == _boot() else None)


def write(name: str, content: Optional[Mapping[str, Any]]) -> None:
    """Write a record in one piece: whoever reads sees the old one or the new one. None: remove it. Raises: OSError."""
    if content is None:
        with suppress(FileNotFoundError):
            os.unlink(path_of(name))
        return
    os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
    put(path_of(name), json.dumps({"boot": _boot(), **content}, separators=(",", ":")), _UNFINISHED)


def put(path: str, text: str, unfinished: str, mode: Optional[int] = None) -> None:
    """Write a file in one piece: it is called as ``unfinished`` begins until it is whole, and for its owner alone if no
    ``mode`` is given. Raises: OSError.
    """
    directory = os.path.dirname(path)
    clean(directory, unfinished)
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=unfinished)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def clean(directory: str, unfinished: str) -> None:
    """Remove what runs that were killed left of what they were writing; no other is writing now."""
    for name in os.listdir(directory):
        if name.startswith(unfinished):
            with suppress(FileNotFoundError):
                os.unlink(f"{directory}/{name}")


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()

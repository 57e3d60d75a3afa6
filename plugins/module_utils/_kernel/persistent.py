# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that outlast a boot, below /etc: each is replaced in one piece, and no symbolic link is followed."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import error_text
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import KeptFile

#: What a file is called until it is whole.
_UNFINISHED = ".new-linuxnet-netns-"
#: The directories that go with the last file in them, as systemctl does with those that say what is enabled.
_GO_ALONG = ("/linuxnet.netns", ".wants")
#: Bytes of a file that are read at most: more are not what this collection writes.
_MOST = 64 << 20


def read(path: str) -> Optional[KeptFile]:
    """Return what there is at a path; None: nothing. Raises: OSError."""
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return KeptFile(link=os.readlink(path), mode=0o777)
        if not stat.S_ISREG(found.st_mode):
            return KeptFile(why="it is not a file")
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return KeptFile(why="others than root could have written it")
        if found.st_size > _MOST:
            return KeptFile(why=f"it has more than {_MOST} bytes")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(descriptor, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return KeptFile(file.read(), stat.S_IMODE(found.st_mode))


def unwritable(directory: str) -> str:
    """Return why root cannot make files in a directory, or nothing. Raises: OSError."""
    while not os.path.lexists(directory):
        directory = os.path.dirname(directory)
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        link = "a symbolic link, which is not followed" if stat.S_ISLNK(found.st_mode) else "not a directory"
        return f"{directory} is {link}"
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        return f"{directory} can be written by others than root"
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        return f"{directory} cannot be written: {error_text(errno.EROFS)}"
    return ""


def write(path: str, file: Optional[KeptFile]) -> None:
    """Put a file or a symbolic link at a path, in one piece: whoever reads sees what was there, or it. None: remove it.

    With the last file of a directory that is there for such files alone the directory goes. Raises: OSError.
    """
    directory = os.path.dirname(path)
    if file is None:
        os.unlink(path)
        _settle(directory)
        if directory.endswith(_GO_ALONG):
            with suppress(OSError):
                os.rmdir(directory)
        return
    mask = os.umask(0o022)
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
    finally:
        os.umask(mask)
    if file.link:
        _link(path, file.link)
    else:
        records.put(path, file.content, _UNFINISHED, file.mode)
    _settle(directory)


def _link(path: str, target: str) -> None:
    directory = os.path.dirname(path)
    records.clean(directory, _UNFINISHED)
    temporary = f"{directory}/{_UNFINISHED}{os.getpid()}"
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _settle(directory: str) -> None:
    """See to it that what a directory has is there after a power failure too. Raises: OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

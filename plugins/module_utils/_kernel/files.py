# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of namespaces, below /etc/netns. No link is ever followed there, whoever has planted it."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._file import (
    DIRECTORY,
    ETC_DIR,
    LINK,
    MOST_BYTES,
    OTHER,
    PLAIN,
    UNFINISHED,
    FileEntry,
    path_of,
)

_DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SECOND = 10**9


def stands_in_etc(name: str) -> bool:
    """Tell whether /etc has something of this name, in whose place a namespace's file can be put."""
    return os.path.exists(f"/etc/{name}")


def look(netns: str = "", name: str = "") -> Optional[FileEntry]:
    """Return what there is in a namespace's directory under a name; without one, the directory itself, and without a
    namespace /etc/netns. None: there is nothing. Raises: OSError.
    """
    path = path_of(netns, name)
    try:
        if not netns:
            return _entry(None, ETC_DIR)
        with _opened(path_of(netns) if name else ETC_DIR) as directory:
            return _entry(directory, name or netns)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _about(error, path) from error


def names(netns: str = "") -> Sequence[str]:
    """Return what there is in a namespace's directory; without one, in /etc/netns. Raises: OSError."""
    try:
        with _opened(path_of(netns)) as directory:
            return sorted(name for name in os.listdir(directory) if not name.startswith(UNFINISHED))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return ()
        raise _about(error, path_of(netns)) from error


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """Give a descriptor of /etc/netns or of a directory in it, neither of which may be a link. Raises: OSError."""
    directory = os.open(ETC_DIR, _DIRECTORY_FLAGS)
    try:
        if path != ETC_DIR:
            outer, directory = directory, -1
            try:
                directory = os.open(os.path.basename(path), _DIRECTORY_FLAGS, dir_fd=outer)
            finally:
                os.close(outer)
        yield directory
    finally:
        if directory >= 0:
            os.close(directory)


def _about(error: OSError, path: str) -> OSError:
    """Return an error with the whole path of what it is about."""
    number = error.errno or 0
    return OSError(number, os.strerror(number), path)


def _entry(directory: Optional[int], name: str) -> FileEntry:
    """Return what is in a directory under a name. Raises: OSError."""
    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        return _made(LINK, found, target=os.readlink(name, dir_fd=directory), reaches=_reaches(name, directory))
    if stat.S_ISDIR(found.st_mode):
        return _made(DIRECTORY, found)
    if not stat.S_ISREG(found.st_mode):
        return _made(OTHER, found)
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return _made(OTHER, found)
        content = file.read(MOST_BYTES + 1)
    return _made(PLAIN, found, content if len(content) <= MOST_BYTES else None)


def _made(
    what: str, found: os.stat_result, content: Optional[bytes] = None, target: str = "", reaches: bool = True
) -> FileEntry:
    mode = stat.S_IMODE(found.st_mode)
    return FileEntry(what, content, mode, found.st_uid, found.st_gid, found.st_mtime_ns, target, reaches)


def _reaches(name: str, directory: Optional[int]) -> bool:
    try:
        os.stat(name, dir_fd=directory)
    except OSError:
        return False
    return True


@contextmanager
def _changing(path: str) -> Iterator[int]:
    """Give a descriptor of a directory in which something is changed; the change itself comes last, so that what fails
    has not been done. Raises: OSError, about the whole path.
    """
    try:
        with _opened(path) as directory:
            yield directory
    except NetlinkError:
        raise
    except OSError as error:
        raise _about(error, path) from error


def write(netns: str, name: str, entry: FileEntry) -> None:
    """Write a file in one piece: whoever reads has the old one or the new one, whatever happens. Raises: OSError."""
    with _changing(path_of(netns)) as directory:
        _clean(directory)
        temporary = UNFINISHED + os.urandom(8).hex()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
        try:
            with open(descriptor, "wb") as file:
                file.write(entry.content or b"")
                file.flush()
                _settle(descriptor, entry)
                os.fsync(descriptor)
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            os.unlink(temporary, dir_fd=directory)
            raise


def _settle(descriptor: int, entry: FileEntry) -> None:
    """Give a file its owner, its permissions and its time. Raises: OSError."""
    found = os.fstat(descriptor)
    if (found.st_uid, found.st_gid) != (entry.uid, entry.gid):
        os.fchown(descriptor, entry.uid, entry.gid)
    os.fchmod(descriptor, entry.mode)
    now = time.time_ns()
    stamp = entry.stamp if entry.stamp >= _SECOND else now - now % _SECOND + entry.mark if entry.stamp else now
    os.utime(descriptor, ns=(now, stamp))
    if entry.stamp and os.fstat(descriptor).st_mtime_ns != stamp:
        raise NetlinkError(
            errno.EOPNOTSUPP, f"the file system of {ETC_DIR} does not keep times to the nanosecond, as this needs"
        )


def _clean(directory: int) -> None:
    """Remove what runs that were killed left of what they were making; no other is making anything now."""
    for name in os.listdir(directory):
        if name.startswith(UNFINISHED):
            whole = stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
            (os.rmdir if whole else os.unlink)(name, dir_fd=directory)


def remove(netns: str, name: str) -> None:
    """Remove a file, if it is there. Raises: OSError."""
    with _changing(path_of(netns)) as directory, suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def make_directory(netns: str, entry: FileEntry) -> None:
    """Make the directory of a namespace, and /etc/netns, where that is not there. Raises: OSError."""
    whole = False
    mask = os.umask(0o022)
    try:
        with suppress(FileExistsError):
            os.mkdir(ETC_DIR, 0o755)
            whole = True
    finally:
        os.umask(mask)
    try:
        with _changing(ETC_DIR) as directory:
            _make_in(directory, netns, entry)
    except OSError:
        if whole:
            os.rmdir(ETC_DIR)
        raise


def _make_in(outer: int, name: str, entry: FileEntry) -> None:
    _clean(outer)
    temporary = UNFINISHED + os.urandom(8).hex()
    os.mkdir(temporary, 0o700, dir_fd=outer)
    try:
        made = os.open(temporary, _DIRECTORY_FLAGS, dir_fd=outer)
        try:
            if (entry.uid, entry.gid) != (os.geteuid(), os.getegid()):
                os.fchown(made, entry.uid, entry.gid)
            os.fchmod(made, entry.mode)
        finally:
            os.close(made)
        os.rename(temporary, name, src_dir_fd=outer, dst_dir_fd=outer)
    except OSError:
        os.rmdir(temporary, dir_fd=outer)
        raise


def remove_directory(netns: str, *, whole: bool) -> None:
    """Remove the directory of a namespace, unless somebody has put something into it; ``whole``: with /etc/netns.

    Raises: OSError.
    """
    with suppress(FileNotFoundError):
        with _changing(path_of(netns)) as directory:
            _clean(directory)
        with _changing(ETC_DIR) as directory:
            _remove_empty(netns, directory)
        if whole:
            _remove_empty(ETC_DIR, None)


def _remove_empty(name: str, directory: Optional[int]) -> None:
    try:
        os.rmdir(name, dir_fd=directory)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise

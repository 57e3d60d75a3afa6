# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named network namespaces: the files below /run/netns, as ``ip netns`` makes and reads them."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import is_none
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import lock, syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    DANGLING,
    FOREIGN,
    NAMESPACE,
    RUN_DIR,
    STALE,
    Netns,
)

#: linux/nsfs.h: the type of the namespace that a descriptor refers to.
NS_GET_NSTYPE = 0xB703
#: Seconds that the lock on /run/netns is waited for; ``ip netns`` holds it for two system calls.
_PATIENCE = 1


def path_of(name: str) -> str:
    """Return the file that gives a namespace its name; what has a slash, which no name has, is a path itself."""
    return name if "/" in name else f"{RUN_DIR}/{name}"


def current() -> int:
    """Return a descriptor of the calling thread's own namespace. Raises: OSError."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def open_namespace(name: str) -> int:
    """Return a descriptor of the namespace of that name. Raises: OSError, FileNotFoundError where there is none."""
    descriptor = os.open(path_of(name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if is_namespace(descriptor):
            return descriptor
        raise OSError(errno.EINVAL, "not a network namespace", path_of(name))
    except OSError:
        os.close(descriptor)
        raise


def is_namespace(descriptor: int) -> bool:
    """Tell whether the descriptor refers to a network namespace. Raises: OSError, where that cannot be told."""
    try:
        return fcntl.ioctl(descriptor, NS_GET_NSTYPE) == syscalls.CLONE_NEWNET
    except OSError as error:
        if not is_none(error):
            raise
        return False


def what_is(name: str) -> Optional[str]:
    """Return what there is of that name: one of the model's NAMESPACE, STALE, DANGLING and FOREIGN, or None."""
    return what_is_at(path_of(name))


def what_is_at(path: str) -> Optional[str]:
    """Return what there is at a path, as :func:`what_is`. Raises: OSError, where that cannot be seen."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    link = stat.S_ISLNK(found.st_mode)
    if link:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return DANGLING
    if not stat.S_ISREG(found.st_mode):
        return FOREIGN
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None  # somebody has just removed it
    try:
        if is_namespace(descriptor):
            return NAMESPACE
    finally:
        os.close(descriptor)
    left = found.st_size == 0 and not link and found.st_dev == os.stat(os.path.dirname(path)).st_dev
    return STALE if left else FOREIGN


def what_are(names: Iterable[str]) -> dict[str, str]:
    """Return what there is of each of the names, as :func:`what_is`; names of nothing are left out."""
    wanted = set(names)
    there = wanted.intersection(all_names()) | {name for name in wanted if "/" in name}
    found = {name: what_is(name) for name in there}
    return {name: what for name, what in found.items() if what is not None}


def all_names() -> list[str]:
    """Return every name below /run/netns, sorted, whatever it stands for."""
    try:
        return sorted(os.listdir(RUN_DIR))
    except (FileNotFoundError, NotADirectoryError):
        return []


def identity(name: str) -> str:
    """Return what tells this namespace from another of the same name: its device and inode, and since when it has a
    name.

    The inode alone does not: the kernel gives the number of one that has gone to the next (seen on Linux 6.18). The
    time is that of the inode in memory (fs/nsfs.c), which the mount that gives the namespace its name keeps there.
    Where the name is a symbolic link nothing may keep it, so the time is left out.

    Raises: OSError.
    """
    path = path_of(name)
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        found = os.stat(path)
        return f"{found.st_dev}:{found.st_ino}:"
    return f"{found.st_dev}:{found.st_ino}:{found.st_ctime_ns}"


def identities(names: Iterable[str]) -> dict[str, str]:
    """Return the identities of namespaces by their names, but for those that somebody has just removed. Raises:
    OSError.
    """
    found = {}
    for name in names:
        with suppress(FileNotFoundError):
            found[name] = identity(name)
    return found


def names_by_inode() -> dict[int, str]:
    """Return the first name of each namespace that has one, by its inode."""
    found: dict[int, str] = {}
    for name, (_device, inode) in _inodes(all_names()):
        found.setdefault(inode, name)
    return found


def prepare() -> None:
    """Make /run/netns what ``ip netns add`` makes of it: a shared mount, so that every mount namespace sees what is
    mounted in it.

    Raises: OSError.
    """
    mask = os.umask(0o022)
    try:
        os.makedirs(RUN_DIR, mode=0o755, exist_ok=True)
    finally:
        os.umask(mask)
    if _shared():
        return
    with locked():
        # Meanwhile somebody else may have done the same.
        if not _shared():
            _mount_upon_itself()


def _mount_upon_itself() -> None:
    """Make a shared mount of /run/netns. Raises: OSError."""
    try:
        syscalls.mount_upon_itself(RUN_DIR)
    except OSError as error:
        # An older kernel, or a filter that does not know these calls and lets no others do what it does not know.
        if error.errno not in (errno.ENOSYS, errno.EPERM):
            raise
        syscalls.mount(RUN_DIR, RUN_DIR, syscalls.MS_BIND | syscalls.MS_REC)
        syscalls.mount("", RUN_DIR, syscalls.MS_SHARED | syscalls.MS_REC)


def secluded() -> bool:
    """Tell whether what is mounted in /run/netns here is not seen elsewhere, though what is mounted there is seen here.

    So it is in a mount namespace that is a slave: of a service with PrivateTmp= or PrivateMounts=, or of a task under
    the become plugin. Raises: OSError.
    """
    place = next((path for path in (RUN_DIR, os.path.dirname(RUN_DIR)) if os.path.isdir(path)), "/")
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        with open(f"/proc/thread-self/fdinfo/{descriptor}", encoding="ascii") as file:
            (number,) = [line.split()[1] for line in file if line.startswith("mnt_id:")]
    finally:
        os.close(descriptor)
    with open("/proc/thread-self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            words = line.split()
            if words[0] == number:
                return any(word.startswith("master:") for word in words[6 : words.index("-")])
    return False


def _shared() -> bool:
    """Share what is mounted on /run/netns; whether anything is. Raises: OSError."""
    try:
        syscalls.mount("", RUN_DIR, syscalls.MS_SHARED | syscalls.MS_REC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


@contextmanager
def locked() -> Iterator[None]:
    """Hold the lock on /run/netns that ``ip netns`` takes too, if it can be had soon; else go on without it.

    Anybody can hold it, for as long as they like, for all can open /run/netns. It keeps two from mounting /run/netns
    upon itself at once. Without it there may be two mounts upon each other, in which all is seen, made and removed as
    in one: each is made with what is in the one below (MS_REC), and they share what comes later. Runs of this
    collection have a lock of their own (lock.py).

    Raises: OSError.
    """
    descriptor = os.open(RUN_DIR, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            lock.taken(descriptor, fcntl.LOCK_EX, _PATIENCE)
        yield
    finally:
        os.close(descriptor)


def create(name: str) -> None:
    """Create a namespace of that name, and leave the calling thread in it.

    Raises: OSError, with nothing left behind.
    """
    path = path_of(name)
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0))
    try:
        syscalls.unshare_net()
        syscalls.mount("/proc/thread-self/ns/net", path, syscalls.MS_BIND)
    except OSError:
        os.unlink(path)
        raise


def attach(name: str, descriptor: int) -> None:
    """Give a namespace that is held open a name (again). Raises: OSError."""
    path = path_of(name)
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0))
    try:
        syscalls.mount(f"/proc/thread-self/fd/{descriptor}", path, syscalls.MS_BIND)
    except OSError:
        os.unlink(path)
        raise


def delete(name: str, held: Optional[int] = None) -> None:
    """Take the name away; also that of a stale file.

    Raises: OSError, with the namespace still there under its name if ``held`` is a descriptor of it.
    """
    if not os.access(RUN_DIR, os.W_OK):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), RUN_DIR)
    unmounted = True
    try:
        syscalls.unmount(path_of(name), syscalls.MNT_DETACH | syscalls.UMOUNT_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.EINVAL:  # not a mount: a stale file or a symbolic link
            raise
        unmounted = False
    try:
        os.unlink(path_of(name))
    except OSError:
        if unmounted and held is not None:
            syscalls.mount(f"/proc/thread-self/fd/{held}", path_of(name), syscalls.MS_BIND)
        raise


def leave_stale_file(name: str) -> None:
    """Make an empty file without permissions, as a crashed ``ip netns add`` leaves. Raises: OSError."""
    os.close(os.open(path_of(name), os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0))


@contextmanager
def away(home: int) -> Iterator[None]:
    """Give whatever namespaces are entered inside, come back to ``home`` in the end."""
    try:
        yield
    finally:
        syscalls.setns(home)


def enter(netns: Netns, home: int) -> tuple[int, int]:
    """Enter a namespace by name or path, or the host's; gives its device and inode. Raises: OSError."""
    descriptor = descriptor_of(netns, home)
    try:
        syscalls.setns(descriptor)
        found = os.fstat(descriptor)
        return found.st_dev, found.st_ino
    finally:
        if netns is not None:
            os.close(descriptor)


def descriptor_of(netns: Netns, home: int) -> int:
    """Return a descriptor of a namespace by name or path, to be closed; of the host's, ``home`` itself. Raises:
    OSError.
    """
    if netns is None:
        return home
    if "/" in netns:
        # A path such as /proc/self/ns/net means where this process lives, not where it has gone to read.
        syscalls.setns(home)
    return open_namespace(netns)


def processes(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the ids of the processes that are in each of the namespaces, from /proc; names of no namespace are left
    out.
    """
    by_inode = {key: name for name, key in _inodes(names)}
    inside: dict[str, list[int]] = {}
    for pid, key in _processes_in(by_inode):
        inside.setdefault(by_inode[key], []).append(pid)
    return {name: tuple(pids) for name, pids in inside.items()}


def inhabitants(places: Iterable[Netns]) -> dict[Netns, tuple[int, Sequence[tuple[int, str]]]]:
    """Return the inode of each namespace, and the processes in it with their commands; without those that have gone."""
    paths = {netns: f"/proc/{os.getpid()}/ns/net" if netns is None else path_of(netns) for netns in places}
    keys: dict[Netns, tuple[int, int]] = {}
    for netns, path in paths.items():
        with _where_there():
            keys[netns] = _key(path)
    inside: dict[tuple[int, int], list[tuple[int, str]]] = {key: [] for key in keys.values()}
    for pid, key in _processes_in(inside):
        with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            inside[key].append((pid, file.read().rstrip("\n")))
    return {netns: (key[1], inside[key]) for netns, key in keys.items()}


def unnamed(home: int) -> list[str]:
    """Return the namespaces that processes are in and that have no name, by a path of each; not the host's,
    ``home``.
    """
    host = os.fstat(home)
    named = {(host.st_dev, host.st_ino), *(key for _name, key in _inodes(all_names()))}
    paths: dict[tuple[int, int], str] = {}
    for pid, key in _processes():
        if key not in named:
            paths.setdefault(key, f"/proc/{pid}/ns/net")
    return list(paths.values())


def _processes_in(keys: Container[tuple[int, int]]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the processes in namespaces that are given by their devices and inodes, each with that, by their ids."""
    return ((pid, key) for pid, key in _processes() if key in keys)


def _processes() -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the processes that can be looked at, by their ids, each with the device and inode of its namespace.

    Raises: OSError.
    """
    for pid in sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        with _where_there():
            yield pid, _key(f"/proc/{pid}/ns/net")


@contextmanager
def _where_there() -> Iterator[None]:
    """Do something with what is there, and go on where it is not, or may not be looked at. Raises: OSError."""
    try:
        yield
    except OSError as error:
        if not is_none(error):
            raise


def _key(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


class _Mount(NamedTuple):
    """A mount of a namespace: its number and that of the one that it is upon, what it is of, and where."""

    number: str
    upon: str
    root: str
    place: str


def _mounts() -> list[_Mount]:
    """Return the mounts of namespaces, from /proc/self/mountinfo (proc(5)): of type nsfs, their roots are
    ``net:[INODE]``.
    """
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            words = line.split()
            if words[words.index("-") + 1] == "nsfs" and words[3].startswith("net:["):
                place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words[4])
                found.append(_Mount(words[0], words[1], words[3], place))
    return found


def mounts(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return where each of the namespaces is mounted beside its name; those that are mounted nowhere else are left out.

    The place of the name itself is among them where another mount lies upon the first: then the name stays when one of
    them goes. It can be listed twice without that, where /run is shared too.
    """
    every = _mounts()
    named = {one.number: one.place for one in every}
    layered = {one.place for one in every if named.get(one.upon) == one.place}
    places: dict[str, set[str]] = {}
    for one in every:
        places.setdefault(one.root, set()).add(one.place)
    found = {
        name: places.get(f"net:[{inode}]", set()) - ({path_of(name)} - layered)
        for name, (_device, inode) in _inodes(names)
    }
    return {name: tuple(sorted(others)) for name, others in found.items() if others}


def _inodes(names: Iterable[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the device and the inode of each of the namespaces; names of no namespace are left out. Raises: OSError."""
    for name in names:
        with _where_there():
            yield name, _key(path_of(name))

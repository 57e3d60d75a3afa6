# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system calls that Python 3.9 does not offer, through the C library.

They act on the calling thread alone, as setns(2) and unshare(2) say.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Optional

#: linux/sched.h
CLONE_NEWNET = 0x40000000
#: sys/mount.h
MS_BIND, MS_REC, MS_SHARED = 4096, 16384, 1 << 20
MS_PRIVATE = 1 << 18
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
#: asm-generic/unistd.h: open_tree, move_mount (Linux 5.2) and mount_setattr (5.12), which the C library may not offer.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
#: linux/mount.h and linux/fcntl.h
_CLONE, _RECURSIVE, _CLOEXEC, _EMPTY_PATH, _FROM_EMPTY_PATH, _AT_FDCWD = 1, 0x8000, 0x80000, 0x1000, 4, -100

_LIBC = ctypes.CDLL(None, use_errno=True)


def setns(descriptor: int) -> None:
    """Enter the network namespace of a descriptor. Raises: OSError."""
    _check(_LIBC.setns(descriptor, CLONE_NEWNET), "setns")


def unshare_net() -> None:
    """Enter a new network namespace. Raises: OSError."""
    _check(_LIBC.unshare(CLONE_NEWNET), "unshare")


def mount(source: str, target: str, flags: int) -> None:
    """Bind a mount to another place, or share it. Raises: OSError."""
    _check(_LIBC.mount(os.fsencode(source), os.fsencode(target), b"none", ctypes.c_ulong(flags), None), "mount", target)


def mount_upon_itself(path: str) -> None:
    """Bind a directory to itself as a shared mount with peers of its own, whatever it is part of.

    As a peer of the mount that it was part of (:data:`MS_BIND`, then :data:`MS_SHARED`), it would pass on to that one
    all that is mounted in it, a second time, where that is shared. Raises: OSError; ENOSYS before Linux 5.12.
    """
    target = os.fsencode(path)
    tree = _LIBC.syscall(_OPEN_TREE, _AT_FDCWD, target, _CLONE | _RECURSIVE | _CLOEXEC)
    _check(tree if tree < 0 else 0, "open_tree", path)
    try:
        for propagation in (MS_PRIVATE, MS_SHARED):
            # struct mount_attr: what is set, what is cleared, the propagation, a user namespace.
            asked = struct.pack("=QQQQ", 0, 0, propagation, 0)
            flags = _EMPTY_PATH | _RECURSIVE
            _check(_LIBC.syscall(_MOUNT_SETATTR, tree, b"", flags, asked, ctypes.c_size_t(32)), "mount_setattr", path)
        _check(_LIBC.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target, _FROM_EMPTY_PATH), "move_mount", path)
    finally:
        os.close(tree)


def unmount(target: str, flags: int) -> None:
    """Unmount, as umount2(2). Raises: OSError."""
    _check(_LIBC.umount2(os.fsencode(target), flags), "umount", target)


def _check(result: int, call: str, path: Optional[str] = None) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", path)

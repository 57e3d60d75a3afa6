# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system calls that Python 3.9 does not offer, through the C library.

They act on the calling thread alone, as setns(2) and unshare(2) say.
"""

from __future__ import annotations

import ctypes
import os
from typing import Optional

#: linux/sched.h
CLONE_NEWNET = 0x40000000
#: sys/mount.h
MS_BIND, MS_REC, MS_SHARED = 4096, 16384, 1 << 20
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8

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


def unmount(target: str, flags: int) -> None:
    """Unmount, as umount2(2). Raises: OSError."""
    _check(_LIBC.umount2(os.fsencode(target), flags), "umount", target)


def _check(result: int, call: str, path: Optional[str] = None) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", path)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sysctls of the namespace that the calling thread is in, by their paths below ``net``."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import is_none

# /proc/sys/net shows those of the reading thread's namespace.
_DIRECTORY = "/proc/sys/net"


def read(path: str) -> Optional[str]:
    """Return what the kernel shows of a sysctl; None, when it shows nothing. Raises: OSError."""
    try:
        with open(f"{_DIRECTORY}/{path}", encoding="ascii") as file:
            return file.read()
    except ValueError:
        return None
    except OSError as error:
        # EIO is what some say that have no value yet (proc_sys_call_handler(), addrconf_sysctl_stable_secret()).
        if not is_none(error) and error.errno != errno.EIO:
            raise
        return None


def write(path: str, value: str) -> None:
    """Set a sysctl. Raises: OSError; with a file name, when it cannot even be opened."""
    descriptor = os.open(f"{_DIRECTORY}/{path}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, f"{value}\n".encode("ascii"))
    finally:
        os.close(descriptor)


def mode(path: str) -> Optional[int]:
    """Return who may read and write a sysctl, as the mode of a file; None: there is none. Raises: OSError."""
    try:
        return os.stat(f"{_DIRECTORY}/{path}").st_mode
    except OSError as error:
        if not is_none(error):
            raise
        return None


def names_in(path: str) -> Sequence[str]:
    """Return the names of what is in a directory; none, when there is no such directory. Raises: OSError."""
    try:
        return sorted(os.listdir(f"{_DIRECTORY}/{path}"))
    except OSError as error:
        if not is_none(error):
            raise
        return ()

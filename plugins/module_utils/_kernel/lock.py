# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time: what a run has observed stays so until it is done, as far as this collection is concerned."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, explained
from ansible_collections.linuxnet.netns.plugins.module_utils._model import RECORDS_DIR

#: It is for root alone: who cannot open it cannot hold its lock either.
DIRECTORY = RECORDS_DIR
#: Seconds that another run is waited for.
_PATIENCE = 120


@contextmanager
def held(*, shared: bool) -> Iterator[None]:
    """Hold the lock: alone, or with ``shared`` together with others that only look, for whom nothing is made.

    Raises: KernelError, when another run does not end.
    """
    try:
        if not shared:
            os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
        descriptor = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        # Where there is no such directory, and none can be made, nobody else holds its lock.
        if error.errno not in (errno.ENOENT, errno.EROFS):
            raise _not_to_be_had(error) from error
        yield
        return
    try:
        _take(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, mode: int) -> None:
    try:
        if taken(descriptor, mode, _PATIENCE):
            return
        open_to_others = os.fstat(descriptor).st_mode & 0o077
    except OSError as error:
        raise _not_to_be_had(error) from error
    others = " Or another user does, for that directory is not for root alone: its mode should be 0700."
    raise KernelError(
        f"Another task of this collection has been at work on this host for {_PATIENCE} s, and was waited for in vain: "
        f"it holds the lock on {DIRECTORY}.{others if open_to_others else ''} Nothing was changed."
    )


def _not_to_be_had(error: OSError) -> KernelError:
    return KernelError(f"This host's network could not be locked: {explained(error)}. Nothing was changed.")


def taken(descriptor: int, mode: int, patience: float) -> bool:
    """Tell whether a lock (flock(2)) could be taken within so many seconds; signals that are not blocked end the wait.

    Raises: OSError.
    """
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)
        else:
            return True

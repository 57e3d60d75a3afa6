# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets the kernel refuse one change of a run: a message of a batch, a namespace's name, a sysctl, a file, a record.

It is refused where the collection meets the kernel, so that nothing between there and the user is stepped over. What is
in the same batch goes to the kernel all the same, which goes on after a request that it refused.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, Callable, Optional

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import (
    files,
    namespaces,
    nftables,
    persistent,
    records,
    sysctls,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.host import LinuxHost
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket

#: What changes the names of namespaces.
NAMING = ("create", "delete", "attach", "leave_stale_file")


class Refuse:
    """The kernel, which refuses nothing until it is called.

    Changes are counted from there: those of the calling thread that the kernel has taken, without the records, so that
    the number is that of the command as long as nothing is undone.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._thread = threading.get_ident()
        self._number: Optional[int] = None
        self._of_records = False
        self._error: Optional[int] = None
        self._meanwhile: Callable[[], object] = lambda: None
        self._taken = 0
        #: How many changes were refused.
        self.refused = 0
        request = RouteSocket.request

        def each_of(route: RouteSocket, messages: Sequence[bytes]) -> list[Optional[NetlinkError]]:
            if self._number is None:
                return request(route, messages)
            return [self._sent(partial(request, route, [one])) for one in messages]

        patch.setattr(RouteSocket, "request", each_of)
        for name in NAMING:
            patch.setattr(namespaces, name, self._called(getattr(namespaces, name), False))
        patch.setattr(LinuxHost, "create_tun", self._called(LinuxHost.create_tun, False))
        for name in ("write", "remove", "make_directory", "remove_directory"):
            patch.setattr(files, name, self._called(getattr(files, name), False))
        patch.setattr(sysctls, "write", self._called(sysctls.write, False))
        patch.setattr(nftables, "load", self._called(nftables.load, False))
        patch.setattr(nftables, "tried", self._unwatched(nftables.tried))
        patch.setattr(persistent, "write", self._called(persistent.write, False))
        patch.setattr(records, "write", self._called(records.write, True))

    def __call__(self, number: int, error: int = errno.EPERM, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Refuse the change before which so many others are taken, once; ``meanwhile`` something else happens."""
        self.disturb(number, meanwhile)
        self._error = error

    def disturb(self, number: int, meanwhile: Callable[[], object]) -> None:
        """Let something happen before that change, which is not refused."""
        self._number, self._of_records, self._error, self._meanwhile = number, False, None, meanwhile
        self._taken = self.refused = 0

    def record(self, error: int = errno.ENOSPC, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Refuse the next record of a topology, once."""
        self(0, error, meanwhile)
        self._of_records = True

    def _refusal(self, of_records: bool) -> Optional[int]:
        """Return the error that the next change is refused with, if it is the one."""
        if threading.get_ident() != self._thread or of_records != self._of_records or self._number is None:
            return None
        if not of_records and self._taken != self._number:
            return None
        self._number = None
        self.refused += self._error is not None
        self._meanwhile()
        return self._error

    def _sent(self, send: Callable[[], list[Optional[NetlinkError]]]) -> Optional[NetlinkError]:
        error = self._refusal(False)
        if error is not None:
            return NetlinkError(error)
        (answer,) = send()
        self._taken += answer is None and threading.get_ident() == self._thread
        return answer

    def _unwatched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that changes nothing which anybody sees."""

        def called(*arguments: Any) -> Any:
            number, self._number = self._number, None
            try:
                return function(*arguments)
            finally:
                self._number = number

        return called

    def _called(self, function: Callable[..., None], of_records: bool) -> Callable[..., None]:
        def called(*arguments: Any, **more: Any) -> None:
            error = self._refusal(of_records)
            if error is not None:
                raise OSError(error, os.strerror(error))
            function(*arguments, **more)
            self._taken += not of_records

        return called

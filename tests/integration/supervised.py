# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in a process whose system calls are looked at one by one: any can be refused, or end the process.

The process is a fork of this one, so that nothing need be imported. It installs a filter (seccomp(2)) by which the
kernel asks for leave of each system call that the run makes from its first look at the host until its result is told
(seccomp_unotify(2)). What is refused has not been done.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import os
import platform
import select
import signal
import socket
import struct
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.linuxnet.netns.tests.integration.host import MODULES, Host

#: asm/unistd_64.h: the system calls that runs make and that can fail. What only takes memory or time is left out, and
#: close(2), which on the files of a run does not fail, and a run would not know what to do about it.
NUMBERS = {
    "read": 0,
    "write": 1,
    "open": 2,
    "close": 3,
    "stat": 4,
    "fstat": 5,
    "lstat": 6,
    "poll": 7,
    "lseek": 8,
    "ioctl": 16,
    "access": 21,
    "select": 23,
    "socket": 41,
    "connect": 42,
    "sendto": 44,
    "recvfrom": 45,
    "recvmsg": 47,
    "bind": 49,
    "getsockname": 51,
    "setsockopt": 54,
    "clone": 56,
    "fcntl": 72,
    "flock": 73,
    "fsync": 74,
    "fchmod": 91,
    "fchown": 93,
    "getcwd": 79,
    "rename": 82,
    "mkdir": 83,
    "unlink": 87,
    "readlink": 89,
    "umask": 95,
    "mount": 165,
    "umount2": 166,
    "getdents64": 217,
    "epoll_wait": 232,
    "epoll_ctl": 233,
    "openat": 257,
    "mkdirat": 258,
    "newfstatat": 262,
    "unlinkat": 263,
    "rmdir": 84,
    "renameat": 264,
    "faccessat": 269,
    "utimensat": 280,
    "ppoll": 271,
    "unshare": 272,
    "epoll_create1": 291,
    "prlimit64": 302,
    "setns": 308,
    "renameat2": 316,
    "getrandom": 318,
    "statx": 332,
    "clone3": 435,
    "faccessat2": 439,
}
NAMES = {number: name for name, number in NUMBERS.items()}
#: Those whose first or second argument is the path of a file.
_PATHS = {"open": 0, "stat": 0, "lstat": 0, "access": 0, "mkdir": 0, "unlink": 0, "rename": 0, "mount": 1, "umount2": 0}
_PATHS.update(dict.fromkeys(("openat", "newfstatat", "mkdirat", "unlinkat", "faccessat", "faccessat2", "statx"), 1))
#: linux/seccomp.h and linux/filter.h
_SET_MODE_FILTER, _NEW_LISTENER, _CONTINUE = 1, 8, 1
_NOTIF_RECV, _NOTIF_SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_USER_NOTIF, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
#: linux/audit.h: AUDIT_ARCH_X86_64.
_X86_64 = 0xC000003E
_SECCOMP = 317


#: What each is refused with: what may pass, where it may, and what does not.
ERRORS = {
    "read": (errno.EIO,),
    "write": (errno.ENOSPC,),
    "open": (errno.EMFILE, errno.EACCES),
    "openat": (errno.EMFILE, errno.EACCES),
    "stat": (errno.ENOMEM,),
    "lstat": (errno.ENOMEM,),
    "newfstatat": (errno.ENOMEM,),
    "fstat": (errno.ENOMEM,),
    "access": (errno.EACCES,),
    "poll": (errno.ENOMEM,),
    "ioctl": (errno.ENOMEM,),
    "socket": (errno.ENOBUFS, errno.EPERM),
    "connect": (errno.ENOMEM,),
    "setsockopt": (errno.ENOMEM,),
    "getsockname": (errno.ENOBUFS,),
    "sendto": (errno.ENOBUFS, errno.EPERM),
    "recvmsg": (errno.ENOMEM, errno.ENOBUFS),
    "bind": (errno.ENOMEM,),
    "clone": (errno.EAGAIN,),
    "clone3": (errno.EAGAIN,),
    "fcntl": (errno.ENOLCK,),
    "flock": (errno.ENOLCK,),
    "fsync": (errno.EIO,),
    "fchmod": (errno.EPERM,),
    "fchown": (errno.EPERM,),
    "utimensat": (errno.EPERM,),
    "renameat": (errno.ENOSPC, errno.EPERM),
    "mkdirat": (errno.ENOSPC, errno.EACCES),
    "unlinkat": (errno.EBUSY, errno.EPERM),
    "rename": (errno.ENOSPC, errno.EPERM),
    "mkdir": (errno.ENOSPC, errno.EACCES),
    "unlink": (errno.EBUSY, errno.EPERM),
    "mount": (errno.ENOMEM, errno.EPERM),
    "umount2": (errno.EBUSY, errno.EPERM),
    "getdents64": (errno.EIO,),
    "unshare": (errno.ENOMEM, errno.ENOSPC),
    "setns": (errno.ENOMEM, errno.EPERM),
    "prlimit64": (errno.EPERM,),
    "getrandom": (errno.EINTR,),
}
#: Those after which the host may be another one.
CHANGING = frozenset(
    {
        "renameat",
        "mkdirat",
        "unlinkat",
        "utimensat",
        "write",
        "openat",
        "sendto",
        "ioctl",
        "mkdir",
        "mount",
        "umount2",
        "unlink",
        "rename",
        "unshare",
        "clone3",
    }
)


@dataclass(frozen=True)
class Fault:
    """What happens at a system call, by its number among those of the run: it is refused, or ``error`` is None: the
    process ends (SIGKILL).

    ``error`` is which of its :data:`ERRORS` it is refused with. ``lasting``: all later calls of its name are too.
    """

    at: int
    error: Optional[int] = None
    lasting: bool = False

    def __str__(self) -> str:
        return (
            f"{'kill' if self.error is None else f'error {self.error}'}{' from' if self.lasting else ''} at {self.at}"
        )


@dataclass
class Run:
    """What came of a run: its calls, the one at which the fault was, and its result, None when it was killed."""

    calls: list[str] = field(default_factory=list)
    hit: str = ""
    result: Optional[dict[str, Any]] = None


def supported() -> bool:
    """Tell whether system calls can be looked at here."""
    return platform.machine() == "x86_64"


def run(module: str, options: dict[str, Any], fault: Optional[Fault] = None) -> Run:
    """Run a module, with a fault."""
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        here.close()
        try:
            _child(module, options, there)
        except BaseException:
            with suppress(OSError):
                there.sendmsg([json.dumps({"failed": True, "msg": traceback.format_exc()}).encode()])
        finally:
            os._exit(0)
    there.close()
    with here:
        try:
            return _supervise(child, here, fault)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _child(module: str, options: dict[str, Any], there: socket.socket) -> None:
    loaded = importlib.import_module(f"{MODULES}.{module}")
    real = loaded.run

    def run(*arguments: Any, **more: Any) -> None:
        socket.send_fds(there, [b"*"], [_filter()])
        real(*arguments, **more)

    loaded.run = run  # type: ignore[attr-defined]
    result = Host().run(module, **options)
    there.sendmsg([json.dumps(result).encode()])


def _filter() -> int:
    """Have the kernel ask for leave of system calls; gives the descriptor by which it asks."""
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = sorted(NUMBERS.values())
    code = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 0, len(numbers) + 1, _X86_64), (_LOAD, 0, 0, 0)]
    code += [(_IF_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _USER_NOTIF)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in code))
    pointer = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(code), ctypes.addressof(program)))
    listener = libc.syscall(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER, pointer)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


def _supervise(child: int, here: socket.socket, fault: Optional[Fault]) -> Run:
    told = Run()
    _said, (listener, *_more), _flags, _address = socket.recv_fds(here, 1, 1)
    # The two take turns, so they need not wait for each other's processors (Linux 6.6 and later).
    with suppress(OSError):
        fcntl.ioctl(listener, _SET_FLAGS, 1)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(here, select.POLLIN)
    said = bytearray()
    try:
        while True:
            ready = dict(poll.poll())
            if ready.get(here.fileno()):
                part = here.recv(1 << 20)
                said += part
                if not part:
                    told.result = json.loads(bytes(said)) if said else None
                    return told
            if ready.get(listener, 0) & select.POLLIN:
                _answer(child, listener, told, fault)
            elif listener in ready:
                poll.unregister(listener)
    finally:
        os.close(listener)


def _answer(child: int, listener: int, told: Run, fault: Optional[Fault]) -> None:
    """Let a call go on, or do what the fault says."""
    asked = bytearray(80)
    try:
        fcntl.ioctl(listener, _NOTIF_RECV, asked)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):  # the process has ended
            return
        raise
    ident, thread, _flags, number, _arch, _pointer, *arguments = struct.unpack("=QIIiIQ6Q", asked)
    name = NAMES[number]
    place = len(told.calls)
    told.calls.append(name)
    refusal = 0
    if fault is not None and (place == fault.at or (fault.lasting and told.hit and name == told.hit.split("(")[0])):
        if place == fault.at:
            told.hit = _called(thread, name, arguments)
        if fault.error is None:
            os.kill(child, signal.SIGKILL)
            return
        errors = ERRORS.get(name, ())
        refusal = errors[fault.error] if fault.error < len(errors) else 0
    answer = struct.pack("=QqiI", ident, 0, -refusal, 0 if refusal else _CONTINUE)
    with suppress(FileNotFoundError):
        fcntl.ioctl(listener, _NOTIF_SEND, answer)


def _called(thread: int, name: str, arguments: Sequence[int]) -> str:
    """Return a call with what it is about, for people."""
    about = ", ".join(f"{one:#x}" for one in arguments[:3])
    with suppress(OSError), open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        if name in _PATHS:
            memory.seek(arguments[_PATHS[name]])
            about = memory.read(200).split(b"\0")[0].decode(errors="replace")
        elif name in ("read", "write", "ioctl", "fstat", "fcntl", "lseek", "getdents64", "setns"):
            about += " " + os.readlink(f"/proc/{thread}/fd/{arguments[0]}")
    return f"{name}({about})"

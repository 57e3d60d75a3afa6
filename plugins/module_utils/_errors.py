# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, one exception for each audience. Pure. Private."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import lines

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._model import Step


class Problem(NamedTuple):
    """One mistake: where it was written (an option, or a path such as ``links[2].endpoints[0]``), and what is wrong."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def enumerated(problems: Sequence[Problem]) -> str:
    """Return the problems as one message: a sentence, or a list with a line each, of which the first are shown."""
    if len(problems) == 1:
        return str(problems[0])
    return "\n".join([f"{len(problems)} mistakes, and nothing was changed:", *lines(problems)])


class Invalid(Exception):
    """What was declared cannot be; all the reasons at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(enumerated(problems))
        self.problems = list(problems)


class Impossible(Exception):
    """The state of the kernel does not allow what an object declares."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.problem = Problem(path, text)


class KernelError(Exception):
    """The kernel, or the host, does not let itself be worked on at all; the text is a whole sentence."""


class LibraryMissing(KernelError):
    """A Python library that is needed cannot be imported; ``library`` names it, ``trace`` is the traceback."""

    def __init__(self, library: str, trace: str) -> None:
        super().__init__(f"the Python library {library} is missing")
        self.library = library
        self.trace = trace


#: Errors of the kernel that are the same the next time. What is only in the way, or short, may be otherwise then.
LASTING = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        errno.EINVAL,
        errno.ENOSPC,
        errno.EROFS,
        errno.ERANGE,
        errno.EOPNOTSUPP,
        errno.EAFNOSUPPORT,
        errno.EPROTONOSUPPORT,
    }
)


#: Errors that tell nothing of what was asked for: the answer was wanting, for memory, descriptors or time.
_WANTING = frozenset(
    {
        errno.ENOMEM,
        errno.ENOBUFS,
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
        errno.EINTR,
        errno.EIO,
        errno.ETIMEDOUT,
        errno.EBADMSG,
        errno.EMSGSIZE,
    }
)


#: What to do about what any question or change may meet.
_REMEDIES = {
    errno.EMFILE: "let the task have more open files (ulimit -n)",
    errno.ENFILE: "let the host have more open files (sysctl fs.file-max)",
    errno.ENOMEM: "run the task again when there is more memory",
    errno.ENOBUFS: "run the task again when there is more memory",
    errno.ETIMEDOUT: "run the task again",
    errno.EAGAIN: "run the task again",
    errno.EIO: "see the kernel's log (dmesg)",
}
#: What to do where root is refused what root may do.
_KEPT_FROM = "something keeps root from it, such as SELinux, AppArmor or the limits of a container: see dmesg"


def is_none(error: OSError) -> bool:
    """Tell whether an error of a question says that there is none of what was asked for, or none that may be looked
    at.
    """
    return error.errno not in _WANTING


class StepFailed(Exception):
    """The kernel refused a step; ``words`` are its own, ``done`` the steps of the same call that it carried out.

    ``lasting``: it would be refused the next time too. ``doubtful``: whether all of ``done`` was done is not known.
    """

    def __init__(self, step: Step, error_text: str, done: Sequence[Step], lasting: bool = False) -> None:
        super().__init__(error_text)
        self.step = step
        self.words = error_text
        self.done = list(done)
        self.lasting = lasting
        self.doubtful = False

    @classmethod
    def by(cls, error: Exception, step: Step, done: Sequence[Step]) -> StepFailed:
        """Return the failure of a step by an error, of whatever class."""
        if isinstance(error, OSError):
            # Of a namespace that has just gone, EINVAL says that its file is none.
            lasting = error.errno in LASTING and (error.errno != errno.EINVAL or isinstance(error, NetlinkError))
            advice = step.advice(error.errno or 0) or _REMEDIES.get(error.errno or 0, "")
            return cls(step, f"{os_error_text(error)}; {advice}" if advice else os_error_text(error), done, lasting)
        return cls(step, unforeseen(error), done)


class Failed(Exception):
    """A run failed after it had begun; ``changed`` tells whether anything of it is left, by the ``commands``."""

    def __init__(self, text: str, commands: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.commands = list(commands)
        self.changed = bool(commands)


class NetlinkError(OSError):
    """The kernel refused a request; ``explanation`` is its own text (extended acknowledgement), where it gave one."""

    def __init__(self, number: int, explanation: str = "") -> None:
        super().__init__(number, os.strerror(number))
        self.explanation = explanation

    def __str__(self) -> str:
        return error_text(self.errno or 0, self.explanation)


def error_text(number: int, explanation: str = "") -> str:
    """Return an error as the kernel puts it: its text, its name and, where there is one, its explanation."""
    # Python's table has the other name of the same number.
    name = "EOPNOTSUPP" if number == errno.EOPNOTSUPP else errno.errorcode.get(number, str(number))
    return f"{os.strerror(number)} ({name})" + (f", {explanation}" if explanation else "")


def unforeseen(error: Exception) -> str:
    """Return an error that nothing here foresees, in words."""
    return f"{type(error).__name__}: {error}".rstrip(": ")


def explained(error: OSError) -> str:
    """Return an error of the kernel or the file system in the kernel's words, and what to do about it."""
    refused = error.errno in (errno.EPERM, errno.EACCES)
    remedy = _KEPT_FROM if refused else _REMEDIES.get(error.errno or 0)
    return f"{os_error_text(error)}; {remedy}" if remedy else os_error_text(error)


def os_error_text(error: OSError) -> str:
    """Return an error of the kernel or the file system in the kernel's words."""
    if isinstance(error, NetlinkError) or error.errno is None:
        return str(error)
    about = f"{error.filename}: " if error.filename else ""
    return about + error_text(error.errno)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that no routing socket carries is done: what touches /run/netns.

A new kind of object registers the actions of its steps here.
"""

from __future__ import annotations

import errno
import os
from functools import singledispatch
from typing import Dict

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import (
    AddNamespace,
    DeleteNamespace,
    DeleteStaleFile,
    LeaveStaleFile,
    RestoreNamespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Step


class Workplace:
    """What actions share in one run: ``kept`` are descriptors of deleted namespaces, which keep them restorable."""

    def __init__(self) -> None:
        self.kept: Dict[str, int] = {}
        self.prepared = False

    def close(self) -> None:
        """Let the deleted namespaces go."""
        for descriptor in self.kept.values():
            os.close(descriptor)
        self.kept.clear()


@singledispatch
def perform(step: Step, place: Workplace) -> None:
    """Carry out a step; the calling thread may be left in another namespace.

    Raises: OSError; TypeError, when the step is none of this sort.
    """
    raise TypeError(f"no action for {type(step).__name__}")


def performed(step: Step) -> bool:
    """Whether such a step is done here."""
    return perform.dispatch(type(step)) is not perform.dispatch(object)


@perform.register
def _(step: AddNamespace, place: Workplace) -> None:
    if not place.prepared:
        namespaces.prepare()
        place.prepared = True
    namespaces.create(step.name)


@perform.register
def _(step: DeleteNamespace, place: Workplace) -> None:
    try:
        place.kept[step.name] = namespaces.open_namespace(step.name)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    namespaces.delete(step.name)


@perform.register
def _(step: RestoreNamespace, place: Workplace) -> None:
    if step.name not in place.kept:
        raise OSError(errno.ENOENT, f"namespace {step.name} was not held open")
    descriptor = place.kept.pop(step.name)
    try:
        namespaces.attach(step.name, descriptor)
    finally:
        os.close(descriptor)


@perform.register
def _(step: DeleteStaleFile, place: Workplace) -> None:
    namespaces.delete(step.name)


@perform.register
def _(step: LeaveStaleFile, place: Workplace) -> None:
    namespaces.leave_stale_file(step.name)

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that no routing socket carries is done: what touches /run/netns.

A new kind of object registers the actions of its steps here.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import singledispatch

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import (
    AddNamespace,
    DeleteNamespace,
    DeleteStaleFile,
    LeaveStaleFile,
    RestoreNamespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import WriteRecord
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, State, Step, Thing


class Workplace:
    """What actions share in one run.

    ``home`` is a descriptor of the host's namespace; ``seen`` the state as it was last seen, kept up with the steps;
    ``kept`` are descriptors of deleted namespaces, which keep them restorable.
    """

    def __init__(self, home: int) -> None:
        self.home = home
        self.seen = State()
        self.kept: dict[str, int] = {}
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


#: Sorts of steps that need nothing of each other, and may be carried out on another thread.
INDEPENDENT = (AddNamespace,)


def performed(step: Step) -> bool:
    """Whether such a step is done here."""
    return perform.dispatch(type(step)) is not perform.dispatch(object)


@perform.register
def _add_namespace(step: AddNamespace, place: Workplace) -> None:
    if not place.prepared:
        namespaces.prepare()
        place.prepared = True
    namespaces.create(step.name)


@perform.register
def _delete_namespace(step: DeleteNamespace, place: Workplace) -> None:
    try:
        place.kept[step.name] = namespaces.open_namespace(step.name)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    namespaces.delete(step.name)


@perform.register
def _restore_namespace(step: RestoreNamespace, place: Workplace) -> None:
    if step.name not in place.kept:
        raise OSError(errno.ENOENT, f"namespace {step.name} was not held open")
    descriptor = place.kept.pop(step.name)
    try:
        namespaces.attach(step.name, descriptor)
    finally:
        os.close(descriptor)


@perform.register
def _write_record(step: WriteRecord, place: Workplace) -> None:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records

    identities: dict[str, str] = {"": "host"}
    things = {thing: identity or _identity(thing, place, identities) for thing, identity in step.things}
    records.write(step.topology, things)


def _identity(thing: Thing, place: Workplace, identities: dict[str, str]) -> str:
    """The identity of a thing that was just made, as ``ownership.identity_of`` tells it.

    ``identities`` are those of the namespaces so far. Raises: OSError.
    """
    if thing[1] not in identities:
        identities[thing[1]] = namespaces.identity(thing[1])
    if thing[0] == "namespace":
        return identities[thing[1]]
    netns: Netns = thing[1] or None
    found = place.seen.interface(netns, thing[2])
    index = None if found is None else found.ifindex
    if index is None:
        namespaces.enter(netns, place.home)
        index = socket.if_nametoindex(thing[2])
        place.seen.change(netns, thing[2], ifindex=index)
    return f"{identities[thing[1]]}/{index}"


@perform.register
def _delete_stale_file(step: DeleteStaleFile, place: Workplace) -> None:
    namespaces.delete(step.name)


@perform.register
def _leave_stale_file(step: LeaveStaleFile, place: Workplace) -> None:
    namespaces.leave_stale_file(step.name)

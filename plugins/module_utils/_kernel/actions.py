# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each step that no routing socket carries is done: what touches /run/netns.

A new kind of object registers the actions of its steps here.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from functools import singledispatch

from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import (
    AddNamespace,
    DeleteNamespace,
    DeleteStaleFile,
    LeaveStaleFile,
    RestoreNamespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.ownership import NEW, WriteRecord
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, Step, Thing

#: linux/sockios.h
_SIOCGIFHWADDR, _SIOCGIFINDEX = 0x8927, 0x8933


class Workplace:
    """What actions share in one run.

    ``home`` is a descriptor of the host's namespace; ``kept`` are descriptors of deleted namespaces, which keep them
    restorable, and ``room`` how many of them there may be; ``crowded``: as the state has it.
    """

    def __init__(self, home: int) -> None:
        self.home = home
        self.kept: dict[str, int] = {}
        self.room = 0
        self.prepared = False
        self.crowded = False

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
    return type(step) in perform.registry


@perform.register
def _add_namespace(step: AddNamespace, place: Workplace) -> None:
    if place.prepared:
        namespaces.create(step.name)
        return
    namespaces.prepare()
    namespaces.create(step.name)
    place.prepared = True
    try:
        place.crowded = len(socket.if_nameindex()) > 1
    except OSError:
        place.crowded = True  # it is there, whatever is in it


@perform.register
def _delete_namespace(step: DeleteNamespace, place: Workplace) -> None:
    if step.name in place.kept:  # the same run has removed another of this name
        os.close(place.kept.pop(step.name))
    if len(place.kept) < place.room:
        place.kept[step.name] = namespaces.open_namespace(step.name)
    namespaces.delete(step.name, place.kept.get(step.name))


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

    things = dict(step.things)
    made: dict[str, list[Thing]] = {}
    for thing, identity in step.things:
        if identity == NEW:
            made.setdefault(thing[1], []).append(thing)
    for netns, new in made.items():
        things.update(_identities(netns or None, new, place))
    records.write(step.topology, things)


def _identities(netns: Netns, things: Sequence[Thing], place: Workplace) -> dict[Thing, str]:
    """The identities of a namespace and of what is on its interfaces, as ``ownership.identity_of``. Raises: OSError."""
    own = "host" if netns is None else namespaces.identity(netns)
    found = dict.fromkeys(things, own)
    about = [thing for thing in things if thing[0] != "namespace"]
    if about:
        namespaces.enter(netns, place.home)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asked:
            for thing in about:
                request = struct.pack("16s24x", thing[2].encode())
                (index,) = struct.unpack_from("=i", fcntl.ioctl(asked, _SIOCGIFINDEX, request), 16)
                mac = fcntl.ioctl(asked, _SIOCGIFHWADDR, request)[18:24].hex(":")
                found[thing] = f"{own}/{index}/{mac}"
    return found


@perform.register
def _delete_stale_file(step: DeleteStaleFile, place: Workplace) -> None:
    namespaces.delete(step.name)


@perform.register
def _leave_stale_file(step: LeaveStaleFile, place: Workplace) -> None:
    namespaces.leave_stale_file(step.name)

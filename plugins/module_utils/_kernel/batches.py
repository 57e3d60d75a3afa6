# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the steps that the routing socket carries, from inside one namespace, in batches with an answer for each."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import NetlinkError, StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import namespaces
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import BATCH, RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint, Netns, Request, State, Step
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import reports, requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.codec import Codec

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kinds


class BatchSender:
    """A routing socket in the namespace that the calling thread is in, with what messages need to know of the host.

    ``seen`` is kept up with where interfaces are: it tells their indexes. The index of one that it does not
    know, such as the kernel chose for a new interface, is asked for by name.
    """

    def __init__(self, codec: Codec, home: int, kinds: Kinds, seen: State) -> None:
        self._codec = codec
        self._home = home
        self._kinds = kinds
        self._seen = seen
        self._route = RouteSocket()
        #: The steps that wait to be sent, each with the one that is sent for it, and its message.
        self._waiting: list[tuple[Request, Request, bytes]] = []
        #: The names of the interfaces that the waiting steps make, remove or move, and whose index is not certain.
        self._disturbed: set[str] = set()
        #: The namespaces that the waiting messages name, held open.
        self._open: dict[str, int] = {}
        self._done: list[Step] = []
        #: The step whose message is being made.
        self.at: Optional[Step] = None

    def __enter__(self) -> BatchSender:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close_descriptors()
        self._route.__exit__()

    def send(self, steps: Sequence[Request], done: list[Step]) -> None:
        """Send the steps, adding those that the kernel carried out to ``done``.

        Raises: StepFailed.
        """
        self._done = done
        for step in steps:
            self.at = step
            sent = self._certain(step)
            try:
                message = sent.message(self._codec, self)
            except OSError as error:
                if step.achieved(error.errno or 0):
                    continue
                raise StepFailed.by(error, step, done) from error
            self._waiting.append((step, sent, message))
            if self._foreseen(step):
                step.effect(self._seen)
            else:
                self._disturbed.update(step.relocates())
            if len(self._waiting) == BATCH:
                self._flush()
        self._flush()

    def descriptor(self, netns: Netns) -> int:
        """Return an open descriptor of the namespace, until the waiting messages have been sent. Raises: OSError."""
        if netns is None:
            return self._home
        if netns not in self._open:
            self._open[netns] = namespaces.open_namespace(netns)
        return self._open[netns]

    def index(self, netns: Netns, interface: str) -> int:
        """Return the index of an interface of the socket's own namespace. Raises: OSError."""
        if interface in self._disturbed:
            self._flush()
        end = Endpoint(netns, interface)
        seen = self._kinds.index_of(self._seen, end)
        if seen is not None:
            return seen
        index = reports.link(self._route.ask(requests.link(interface))).ifindex
        self._kinds.note_index(self._seen, end, index)
        return index

    def _certain(self, step: Request) -> Request:
        """Return the step without the indexes that are only right where a new namespace has no interface but ``lo``."""
        if not self._seen.only_lo and self._seen.created(step.netns) and step.foreseen():
            return step.otherwise(errno.EEXIST) or step
        return step

    def _foreseen(self, step: Request) -> bool:
        """Tell whether what the step makes will have the indexes that it states, for nothing else can have them
        here.
        """
        return self._seen.only_lo and self._seen.created(step.netns) and step.foreseen()

    def _flush(self) -> None:
        sent, self._waiting = self._waiting, []
        self._disturbed.clear()
        if not sent:
            return
        try:
            answers = self._route.request([message for _step, _sent, message in sent])
        except NetlinkError as error:
            # The answers are lost: how far the kernel came is not known.
            self._done.extend(step for step, _sent, _message in sent)
            failed = StepFailed.by(error, sent[0][0], self._done)
            failed.doubtful = True
            raise failed from error
        except OSError as error:
            # They were not sent: the kernel has seen none of them.
            raise StepFailed.by(error, sent[0][0], self._done) from error
        refused: Optional[tuple[Step, NetlinkError]] = None
        for (step, tried, _message), answer in zip(sent, answers):
            taken, refusal = (tried, answer) if answer is None else self._otherwise(tried, answer)
            if refusal is None or step.achieved(refusal.errno or 0):
                if step.relocates() and not self._foreseen(step):
                    taken.confirm(self._seen)
                if refusal is None:
                    # What was so already is not to be undone.
                    self._done.append(step)
            elif refused is None:
                refused = step, refusal
        self._close_descriptors()
        if refused is not None:
            raise StepFailed.by(refused[1], refused[0], self._done)

    def _otherwise(self, step: Request, refusal: NetlinkError) -> tuple[Request, Optional[NetlinkError]]:
        """Take another step that does the same, if there is one; gives the step that was taken and its answer.

        What other steps of its batch were sent for an index that they count on cannot be mended so.
        """
        other = None if self._foreseen(step) else step.otherwise(refusal.errno or 0)
        if other is None:
            return step, refusal
        try:
            return other, self._route.request([other.message(self._codec, self)])[0]
        except OSError as error:
            return other, NetlinkError(error.errno or 0, str(error))

    def _close_descriptors(self) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

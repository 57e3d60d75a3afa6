# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP: a page is requested over a connection."""

from __future__ import annotations

from typing import cast

from ansible_collections.linuxnet.netns.plugins.module_utils._http import HttpQuestion
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.protocols.connection import Connection
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.http import Response, request


class Page(Connection):
    """An attempt to get a page, of which no more is read than it takes to know whether it is the one expected."""

    def __init__(self, probe: Probe, number: int, salt: bytes) -> None:
        super().__init__(probe, number, salt)
        self._question = cast(HttpQuestion, probe.question)
        self._response = Response()

    def close(self) -> None:
        super().close()
        self._response = Response()

    def connected(self, now: float) -> None:
        self.transmit(request(self._question.path, self._question.host or self._own_host()))

    def _own_host(self) -> str:
        """Return the server as a URL has it, without the port where that is the usual one (RFC 9110, 7.2)."""
        host = self.address.partition("%")[0]
        host = f"[{host}]" if self.version == 6 else host
        return host if self.port == 80 else f"{host}:{self.port}"

    def received(self, data: bytes, now: float) -> None:
        response = self._response
        response.feed(data)
        if response.ended and response.status is None and not response.fault:
            self.hang_up()
        elif response.ended or (response.status is not None and self._suffices(response)):
            self.conclude(response, now)

    def _suffices(self, response: Response) -> bool:
        """Tell whether the rest of the page makes no difference."""
        question = self._question
        wrong = question.status is not None and response.status not in question.status
        return wrong or not self.probe.reachable or question.found(response)

    def expire(self) -> None:
        if self._response.status is not None:
            # It has not ended in time; what has come of it counts.
            self.conclude(self._response, self.deadline)
        super().expire()

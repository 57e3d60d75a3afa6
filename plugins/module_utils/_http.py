# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request of a page as a task writes it, and what of the response is not as expected. Pure. Private."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import echo
from ansible_collections.linuxnet.netns.plugins.module_utils._model import immutable
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Question
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import octets
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.http import MOST_BYTES, Response

#: The options of a request.
OPTIONS: dict[str, Any] = {
    "port": {"type": "int", "default": 80},
    "path": {"type": "str", "default": "/"},
    "host": {"type": "str"},
    "status": {"type": "list", "elements": "int"},
    "contains": {"type": "str"},
}
#: RFC 9112, 3.2.1, and RFC 3986: what a path and a host have; all else is written with %.
_PATH = re.compile(r"/[!-~]{0,2000}")
_HOST = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,255}")


@immutable
class HttpQuestion(Question):
    """A page of a host; the ``status`` that the response is expected to have, or one of several, and the text that it
    is expected to contain. None is any.
    """

    path: str = "/"
    host: str = ""
    port: int = 80
    status: Optional[tuple[int, ...]] = None
    contains: Optional[str] = None

    def words(self) -> str:
        return f"http port {self.port} {self.path}"

    def told(self, reply: Response) -> str:
        return f"no HTTP ({reply.fault})" if reply.fault else f"status {reply.status}"

    def fault(self, reply: Response) -> str:
        if reply.fault:
            return f"the reply is {self.told(reply)}"
        if self.status is not None and reply.status not in self.status:
            return f"the reply has {self.told(reply)}, and {' or '.join(map(str, self.status))} was expected"
        if self.contains is not None and not self.found(reply):
            return f"{echo(self.contains)} is not in the first {len(reply.body)} bytes of the page"
        return ""

    def found(self, reply: Response) -> bool:
        """Tell whether the text is in what has come of the page."""
        return self.contains is None or octets(self.contains) in reply.body

    def result(self, reply: Optional[Response]) -> dict[str, Any]:
        return {"path": self.path, "status": None if reply is None else reply.status}


def question(problems: Problems, path: str, written: Mapping[str, Any]) -> HttpQuestion:
    """Return the request that a task writes; what is wrong with it is noted."""
    page, host, status, contains = written["path"], written["host"], written["status"], written["contains"]
    if not _PATH.fullmatch(page):
        problems.add(
            f"{path}.path",
            f"{echo(page)} is not a path: it begins with / and has at most 2001 characters of ASCII; others, and "
            "spaces, are written with %, as in %20",
        )
    if host is not None and not _HOST.fullmatch(host):
        problems.add(f"{path}.host", f"{echo(host)} is not the name of a host, with or without a port")
    for number, one in enumerate(status or ()):
        if not 200 <= one <= 599 and one != 101:
            problems.add(f"{path}.status[{number}]", f"{echo(one)} is not a status: a number from 200 to 599 is needed")
    if contains is not None and not _can_be_found(contains):
        problems.add(
            f"{path}.contains", f"{echo(contains)} cannot be found: a text of 1 to {MOST_BYTES} bytes is needed"
        )
    return HttpQuestion(page, host or "", written["port"], tuple(status) if status else None, contains)


def _can_be_found(text: str) -> bool:
    try:
        return 0 < len(octets(text)) <= MOST_BYTES
    except UnicodeEncodeError:
        return False

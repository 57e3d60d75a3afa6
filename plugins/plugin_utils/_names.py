# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names of namespaces Ansible can be given, and how text from outside is shown. Pure. Private.

Ansible gives some texts a meaning of their own. Until ansible-core 2.18 a name of a host or a group with ``{{`` in it
is a template, which the controller evaluates; a name such as ``*`` or ``a:b`` stands for other hosts wherever a play, a
limit or a retry file has a pattern of hosts.
"""

from __future__ import annotations

import re
from typing import Any, Optional

from ansible.constants import LOCALHOST
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import enumerated
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

#: How many characters of a text from outside a message has.
MOST_SHOWN = 200

_TEMPLATE = re.compile(r"{[{%#]")
# ansible.inventory.manager: split_host_pattern, order_patterns, _split_subscript; and a file after '@' for --limit.
_PATTERN = re.compile(r"[,:*?\[\]]|^[!&~@]")


def namespace_fault(path: str, name: Any) -> Optional[str]:
    """Tell why no namespace can be entered by this name, beginning with the path; None where one can be."""
    problems = Problems()
    problems.namespace(path, name)
    return enumerated(problems.found) if problems.found else None


def host_fault(path: str, name: Any) -> Optional[str]:
    """Tell why a namespace of this name cannot be a host of the inventory; None where it can be."""
    fault = namespace_fault(path, name)
    if fault is None and is_template(name):
        return f"{path}: {name!r} is not a name for a host: Ansible would take it for a template"
    # Of these, Ansible reads '::1' as an address.
    if fault is None and name not in LOCALHOST and _PATTERN.search(name):
        return f"{path}: {name!r} is not a name for a host: Ansible would take it for a pattern of hosts"
    return fault


def is_template(text: str) -> bool:
    """Tell whether Ansible could take a text for a template."""
    return _TEMPLATE.search(text) is not None


def brief(text: str) -> str:
    """Return a text from outside as a part of one line: without line breaks and control characters, the middle left
    out.
    """
    if len(text) > MOST_SHOWN:
        text = f"{text[: MOST_SHOWN // 2]} … {text[-MOST_SHOWN // 2 :]}"
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """Return a text with escapes for what a terminal would take for a command, or cannot show."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)

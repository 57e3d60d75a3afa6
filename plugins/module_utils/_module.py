# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's module, with what it says itself about parameters kept to a few lines. Private."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import MOST_OF_OTHERS, cut, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._model import shown


class Module(AnsibleModule):  # type: ignore[misc]
    """A module whose messages repeat no value of any length, those about parameters of a wrong type included."""

    _ready = False

    def __init__(self, arguments: dict[str, Any], **more: Any) -> None:
        try:
            super().__init__(arguments, supports_check_mode=True, **more)
        except OverflowError:
            # Ansible itself makes a number with a fraction of a whole one, or a whole one of an infinite.
            self.fail_json("; ".join(_too_large("", self.params)), changed=False, commands=[])
        self._ready = True

    def exit_json(self, **result: Any) -> None:
        """End with a result, in which names that are no UTF-8 are escaped: Ansible could not read them."""
        super().exit_json(**escaped(result))

    def fail_json(self, msg: str, **result: Any) -> None:
        """Fail. What is said once the parameters are read is bounded where it is made."""
        super().fail_json(shown(msg) if self._ready else cut(str(msg), MOST_OF_OTHERS), **escaped(result))

    def warn(self, warning: str, **more: Any) -> None:
        """Warn of something."""
        super().warn(shown(warning), **more)


def escaped(value: Any) -> Any:
    """Return a value of JSON with escapes for bytes of names that are no UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        return _escaped(value)
    return value


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, (list, tuple)) else value


def _too_large(path: str, value: Any) -> Iterator[str]:
    """Yield what is to be said of numbers that Ansible cannot make others of: too large ones, and infinite ones."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _too_large(f"{path}.{key}" if path else str(key), one)
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from _too_large(f"{path}[{number}]", one)
    elif isinstance(value, int) and value.bit_length() > 1023:
        yield f"{path}: {echo(value)} is too large"
    elif value in (math.inf, -math.inf):
        yield f"{path}: {value} is no whole number"

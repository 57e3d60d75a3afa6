# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""pyroute2's message classes, which encode what changes the kernel.

Only these are used of pyroute2: they have been stable over its versions. Importing the package as a whole takes four
times as long as importing them (measured: docs/architecture.md, "What a task costs"), because its ``__init__`` imports
everything; so that one is stepped over here, privately.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import traceback
import types
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing

_MODULES = {
    "ifinfmsg": "pyroute2.netlink.rtnl.ifinfmsg",
    "ifaddrmsg": "pyroute2.netlink.rtnl.ifaddrmsg",
}


class Codec:
    """The message classes, by their names in pyroute2."""

    def __init__(self) -> None:
        """Raises: LibraryMissing."""
        try:
            self._classes = _import()
        except (ImportError, AttributeError) as error:
            raise LibraryMissing("pyroute2", traceback.format_exc()) from error

    def __getattr__(self, name: str) -> Any:
        return self._classes[name]


def _import() -> dict[str, Any]:
    if "pyroute2" in sys.modules:
        return _classes()
    found = importlib.machinery.PathFinder.find_spec("pyroute2")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("No module named 'pyroute2'", name="pyroute2")
    package = types.ModuleType("pyroute2")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = found
    sys.modules["pyroute2"] = package
    try:
        return _classes()
    except (ImportError, AttributeError):
        _forget()
        return _classes()
    finally:
        _forget()


def _classes() -> dict[str, Any]:
    return {name: getattr(importlib.import_module(module), name) for name, module in _MODULES.items()}


def _forget() -> None:
    """Leave no half-imported package to what else runs in this process."""
    for name in [name for name in sys.modules if name == "pyroute2" or name.startswith("pyroute2.")]:
        del sys.modules[name]

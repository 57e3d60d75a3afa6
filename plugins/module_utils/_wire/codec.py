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
from collections.abc import Sequence
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import LibraryMissing

#: Where the message classes are; those of links and addresses are loaded at once, for most changes take both.
_MODULES = {
    "ifinfmsg": "pyroute2.netlink.rtnl.ifinfmsg",
    "ifaddrmsg": "pyroute2.netlink.rtnl.ifaddrmsg",
    "ndmsg": "pyroute2.netlink.rtnl.ndmsg",
}
_AT_ONCE = ("ifinfmsg", "ifaddrmsg")


class Codec:
    """The message classes, by their names in pyroute2."""

    def __init__(self) -> None:
        """Load pyroute2. Raises: LibraryMissing."""
        self._classes = self._loaded(_AT_ONCE)

    @staticmethod
    def _loaded(names: Sequence[str]) -> dict[str, Any]:
        try:
            return _import(names)
        except (ImportError, AttributeError) as error:
            raise LibraryMissing("pyroute2", traceback.format_exc()) from error

    def __getattr__(self, name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(name)
        if name not in self._classes:
            self._classes.update(self._loaded([name]))
        return self._classes[name]


def _import(names: Sequence[str]) -> dict[str, Any]:
    if "pyroute2" in sys.modules:
        return _from_package(names)
    found = importlib.machinery.PathFinder.find_spec("pyroute2")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("No module named 'pyroute2'", name="pyroute2")
    package = types.ModuleType("pyroute2")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = found
    sys.modules["pyroute2"] = package
    try:
        return _from_package(names)
    except (ImportError, AttributeError):
        _forget()
        return _from_package(names)
    finally:
        _forget()


def _from_package(names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(importlib.import_module(_MODULES[name]), name) for name in names}


def _forget() -> None:
    """Leave no half-imported package to what else runs in this process."""
    for name in [name for name in sys.modules if name == "pyroute2" or name.startswith("pyroute2.")]:
        del sys.modules[name]

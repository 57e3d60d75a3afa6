# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The difference of two views as Ansible shows it: one for each namespace, its header saying where. Pure. Private."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils import _yaml
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Netns, describe


class _Change(NamedTuple):
    """What differs in one place: where that is, what it is called, and what it was and is; None: nothing."""

    where: str
    key: str
    was: Any
    now: Any


def diffs(
    before: Mapping[str, Any], after: Mapping[str, Any], made_or_removed: Collection[Netns], about: str
) -> list[dict[str, str]]:
    """Return what a result has as ``diff``: a difference for each namespace in which there is one.

    Namespaces that are made or removed are shown whole; of others the interfaces that differ, and where
    that is a single one, it alone. ``about`` is what the headers name beside that, such as a topology, or empty.
    """
    found = []
    for netns, was, now in _places(before, after):
        if was == now:
            continue
        change = _Change(describe(netns), "host" if netns is None else netns, was, now)
        if netns not in made_or_removed and not isinstance(was, str) and not isinstance(now, str):
            change = _narrowed(change)
        if change.was == change.now:
            continue
        header = f"{about}, {change.where}" if about else change.where
        old, new = ("" if side is None else _yaml.render({change.key: side}) for side in (change.was, change.now))
        found.append({"before": old, "after": new, "before_header": header, "after_header": header})
    return [*found, *_files(before.get("files", {}), after.get("files", {}), about)]


def _files(before: Mapping[str, str], after: Mapping[str, str], about: str) -> Iterator[dict[str, str]]:
    """Yield the differences of files of the host, by their paths."""
    for path in {**before, **after}:
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            header = f"{about}, {path}" if about else path
            yield {"before": old, "after": new, "before_header": header, "after_header": header}


def _narrowed(change: _Change) -> _Change:
    """Return the change of a namespace that is there before and after, without what is the same."""
    was, now = _differing(change.was or {}, change.now or {})
    old, new = was.get("interfaces", {}), now.get("interfaces", {})
    names = {**old, **new}
    if len(names) != 1 or {*was, *now} != {"interfaces"}:
        return change._replace(was=was or None, now=now or None)
    (name,) = names
    return _Change(f"{change.where}, interface {name}", name, old.get(name), new.get(name))


def _places(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[Netns, Any, Any]]:
    """Yield what two views have of each namespace, the host's first; None where one has nothing of it."""
    yield None, before.get("host"), after.get("host")
    was, now = before.get("namespaces", {}), after.get("namespaces", {})
    for name in {**now, **was}:
        yield name, was.get(name), now.get(name)


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs of two views of a namespace, its interfaces one by one."""
    old, new = _unequal(was, now)
    interfaces = _unequal(old.get("interfaces", {}), new.get("interfaces", {}))
    for side, some in zip((old, new), interfaces):
        side.pop("interfaces", None)
        side.update({"interfaces": some} if some else {})
    return old, new


def _unequal(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what two mappings have under the keys under which they have not the same."""
    keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    return {key: was[key] for key in keys if key in was}, {key: now[key] for key in keys if key in now}

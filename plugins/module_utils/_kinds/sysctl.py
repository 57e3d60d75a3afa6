# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sysctls below ``net``: settings of a namespace and of its interfaces."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._echo import as_key, echo
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible, NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kind import (
    GONE,
    MOVED,
    NO_IPV6,
    Event,
    Kind,
    Reading,
    happen,
    restored,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    IPV6_MINIMUM,
    change,
    demand_namespace,
    find,
    inside,
    require,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    EARLY,
    TUNING,
    Action,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    branch,
    executed,
    immutable,
    merge,
    of_interface,
    tree,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, kind
from ansible_collections.linuxnet.netns.plugins.module_utils._sysctl import (
    copies,
    dotted,
    example_of,
    interface_of,
    is_on,
    module_of,
    rank,
    read_name,
    read_value,
    related,
    same,
    set_along,
)

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Host, Reader, Socket
    from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Owner, Schema
    from ansible_collections.linuxnet.netns.plugins.module_utils._script import Script

#: The place of what is a whole namespace's: no interface can have the name.
_WHOLE = "/proc/sys/net"
_READABLE, _WRITABLE = 0o400, 0o200


class Setting(NamedTuple):
    """What is known of a sysctl: its value as the kernel shows it, None where it shows none.

    Without ``sure`` it may have got another one, from ``default``. ``fault`` is why it cannot be set, or empty.
    """

    value: Optional[str]
    sure: bool = True
    fault: str = ""


class Asked(NamedTuple):
    """Asks for a sysctl, and if its value is another one, for what would be changed with it; without, whether it is."""

    path: str
    value: Optional[str] = None


class SysctlKind(Kind[Setting]):
    """The sysctls of a namespace that were asked for, by path. Nobody owns one, for it is always there."""

    name = "sysctl"
    plural = "sysctls"
    order = 25

    def reading(self, scope: Scope, state: State, reader: Reader) -> Reading[Setting]:
        return _Sysctls(state, scope, reader)

    def happens(self, state: State, event: Event) -> None:
        if event.what in (GONE, MOVED):
            # An interface that arrives in a namespace has what is the default there.
            for path in [one for one in state.rows(self, event.netns) if interface_of(one) == event.interface]:
                state.drop(self, event.netns, path)

    def unseen(self, state: State) -> Any:
        tables = state.tables.get(self, {})
        return {netns: {path: one.value for path, one in rows.items()} for netns, rows in tables.items() if rows}


SYSCTL = SysctlKind()


class _Sysctls(Reading[Setting]):
    """One reading of sysctls."""

    def __init__(self, state: State, scope: Scope, reader: Reader) -> None:
        super().__init__(state)
        self._scope, self._reader = scope, reader

    def inside(self, netns: Netns, route: Socket) -> None:
        rows = self._state.table(SYSCTL, netns)
        for path, asked in self._scope.details(SYSCTL, netns):
            interface = interface_of(path)
            if interface and interface not in inside(self._state, netns) and interface != "lo":
                continue  # a run may make it
            rows[path] = found = self._setting(netns, path)
            if asked is not None and found.value is not None and not same(path, asked, found.value):
                for other in self._expanded(related(path)):
                    shown = self._reader.setting(other)
                    if other not in rows and shown is not None:
                        rows[other] = Setting(_plain(shown))

    def _expanded(self, patterns: Iterable[str]) -> Iterator[str]:
        for pattern in patterns:
            directory, star, rest = pattern.partition("/*")
            yield from (
                (f"{directory}/{name}{rest}" for name in self._reader.settings_in(directory)) if star else [pattern]
            )

    def _setting(self, netns: Netns, path: str) -> Setting:
        mode = self._reader.setting_mode(path)
        if mode is None:
            return Setting(None, fault=self._missing(netns, path))
        if not mode & _READABLE:
            return Setting(None, fault="it cannot be read, so that it is no setting but a command; use sysctl(8)")
        shown = self._reader.setting(path)
        value = None if shown is None else _plain(shown)
        if mode & _WRITABLE:
            return Setting(value)
        whole = netns is not None and not self._of_host(path).fault
        return Setting(value, fault=_OF_HOST if whole else "it can only be read")

    def _of_host(self, path: str) -> Setting:
        """Return what the host has, whose namespace is read before all others."""
        return self._state.row(SYSCTL, None, example_of(path)) or Setting(None)

    def _missing(self, netns: Netns, path: str) -> str:
        """Return why there is no such sysctl in the namespace that was entered."""
        found = find(self._state, Endpoint(netns, interface_of(path)))
        if netns is not None and not self._of_host(path).fault:
            if found is not None and found.mtu is not None and found.mtu < IPV6_MINIMUM and path.startswith("ipv6/"):
                return f"{found.name} has no IPv6, for its MTU is {found.mtu}: IPv6 needs {IPV6_MINIMUM} or more"
            return _OF_HOST
        module = module_of(path)
        if module is not None:
            return f"this kernel does not have it now: load the module {module} (modprobe {module})"
        if path.startswith("ipv6/") and not self._reader.settings_in("ipv6"):
            return "this kernel has no IPv6: it was started with ipv6.disable=1, or the module ipv6 is not loaded"
        from difflib import get_close_matches

        directory, _slash, name = path.rpartition("/")
        close = get_close_matches(name, self._reader.settings_in(directory), 1)
        meant = f"{directory}/{close[0]}" if close and directory else "".join(close)
        return "this kernel has no such sysctl" + (f"; did you mean {dotted(meant)}?" if meant else "")


_OF_HOST = "a namespace does not have its own, for it is the whole host's: set it on the host"


def _plain(shown: str) -> str:
    """Return a value with one space between its words: the kernel has tabs there."""
    return " ".join(shown.split())


def _changed(rows: Mapping[str, Setting], path: str, value: str) -> dict[str, Setting]:
    """Return what is known, once a sysctl is set, of it and of those that the kernel sets with it, by path."""
    was, changed = rows.get(path), {path: Setting(value)}
    if was is not None and was.value == value:
        return changed  # to the kernel that is no change
    for other, row in rows.items():
        along = set_along(path, value, other)
        if along is not None:
            changed[other] = Setting(along)
        elif copies(path, other) and was is not None and row.value == was.value:
            # One that differs from the default was set by itself, and stays. Of the others nobody can tell.
            changed[other] = row._replace(sure=False)
    return changed


@immutable
class Sysctl(Declared):
    """A namespace has a sysctl, ``setting`` by its path below ``net``, at a value."""

    path: str
    netns: Netns
    setting: str
    value: str
    stage = EARLY

    def scope(self, scope: Scope) -> None:
        if interface_of(self.setting) or _ends_ipv6(self.setting):
            scope.want(INTERFACE, self.netns)
        scope.want(SYSCTL, self.netns, Asked(self.setting, self.value))
        # What a namespace has that is still to be made, the host has too.
        scope.want(SYSCTL, None, Asked(example_of(self.setting)))

    def steps(self, state: State) -> Iterator[Step]:
        demand_namespace(state, "netns", self.netns)
        interface = interface_of(self.setting)
        if interface:
            require(state, "", Endpoint(self.netns, interface), option=self.path)
        there = state.row(SYSCTL, self.netns, self.setting)
        known = there or state.row(SYSCTL, None, example_of(self.setting))
        if known is not None and known.fault:
            raise Impossible(self.path, known.fault)
        if there is None or not self._is_right(there):
            yield SetSysctl(self.netns, self.setting, self.value)

    def _is_right(self, there: Setting) -> bool:
        return there.sure and there.value is not None and same(self.setting, self.value, there.value)

    def view(self, state: State) -> dict[str, Any]:
        there = state.row(SYSCTL, self.netns, self.setting)
        if there is None or there.value is None:
            return {}
        shown = self.value if same(self.setting, self.value, there.value) else there.value
        leaf = int(shown) if shown.isdecimal() else shown
        view = tree([*branch(self.netns), "sysctls", dotted(self.setting)], leaf)
        return merge(view, self._addresses(state)) if _ends_ipv6(self.setting) else view

    def _addresses(self, state: State) -> dict[str, Any]:
        """Return the addresses that people gave the interfaces that it is about, for those of IPv6 go with it."""
        from ansible_collections.linuxnet.netns.plugins.module_utils._address import given_by_kernel
        from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import in_results

        view: dict[str, Any] = {}
        for end in _ends(state, self.netns, self.setting):
            texts = [text for text in in_results(state, end) if not given_by_kernel(end.interface, text)]
            merge(view, of_interface(*end, {"addresses": texts}))
        return view

    def endpoints(self) -> set[Endpoint]:
        return {Endpoint(self.netns, interface_of(self.setting) or _WHOLE)}

    def blocks(self) -> set[Endpoint]:
        return set()


@immutable
class InterfaceSysctl(Sysctl):
    """An interface has a sysctl at a value."""

    stage = TUNING


def as_result(state: State, declared: Iterable[Declared]) -> dict[str, str]:
    """Return the values of the declared sysctls, by their names, as a result has them."""
    found = {}
    for one in declared:
        there = state.row(SYSCTL, one.netns, one.setting) if isinstance(one, Sysctl) else None
        if isinstance(one, Sysctl) and there is not None and there.value is not None:
            found[dotted(one.setting)] = there.value
    return found


def _ends_ipv6(path: str) -> bool:
    """Tell whether IPv6 ends with a sysctl, and what interfaces have of it."""
    return path.startswith("ipv6/conf/") and path.endswith("/disable_ipv6") and "/default/" not in path


def _ends(state: State, netns: Netns, path: str) -> list[Endpoint]:
    """Return the interfaces that a sysctl is about, as far as they are there: one, or all of the namespace."""
    interface = interface_of(path)
    return [Endpoint(netns, name) for name in inside(state, netns) if interface in ("", name)]


@immutable
class SetSysctl(Action):
    """Set a sysctl of a namespace."""

    netns: Netns
    setting: str
    value: str

    def command(self) -> Sequence[str]:
        return executed(self.netns, "sysctl", "-w", f"{dotted(self.setting)}={self.value}")

    def at_boot(self, script: Script) -> None:
        name = interface_of(self.setting)
        if name:
            script.needs(Endpoint(self.netns, name))
        script.run(self.command())

    def perform(self, host: Host) -> None:
        try:
            was, shown = host.write_setting(self.netns, self.setting, self.value)
            if shown is not None and not same(self.setting, self.value, shown):
                if was is not None:
                    host.write_setting(self.netns, self.setting, was.strip())
                raise NetlinkError(errno.EINVAL, f"the kernel makes {echo(_plain(shown))} of it; ask for that")
        except OSError as error:
            explanation = _explained(error, self)
            if explanation is None:
                raise
            raise NetlinkError(error.errno or 0, explanation) from error

    def effect(self, state: State) -> None:
        if _ends_ipv6(self.setting) and is_on(self.value):
            for end in _ends(state, self.netns, self.setting):
                happen(state, Event(NO_IPV6, *end))
        rows = state.table(SYSCTL, self.netns)
        rows.update(_changed(rows, self.setting, self.value))
        _note_fate_of_addresses(state, self.netns, self.setting)

    def undo(self, before: State) -> Iterable[Step]:
        rows = before.rows(SYSCTL, self.netns)
        was = rows.get(self.setting)
        if was is None or was.value is None:
            return []
        then = {**rows, **_changed(rows, self.setting, self.value)}
        then.update(_changed(then, self.setting, was.value))
        ends = _ends(before, self.netns, self.setting) if _ends_ipv6(self.setting) else ()
        return [
            replace(self, value=was.value),
            *(
                replace(self, setting=other, value=row.value)
                for other, row in rows.items()
                if row.value is not None and row.value != then[other].value
            ),
            *(step for end in ends for step in restored(before, Event(NO_IPV6, *end))),
        ]

    def irreversible(self, before: State) -> Optional[str]:
        was = before.row(SYSCTL, self.netns, self.setting)
        if was is None or was.value is not None:
            return None
        return f"{dotted(self.setting)} had no value, and cannot be without one again"

    def disruptive(self) -> bool:
        # Default routes that routers advertised go where IPv6 is forwarded (rt6_purge_dflt_routers()).
        return self.setting.startswith("ipv6/conf/") and self.setting.endswith(("/disable_ipv6", "/forwarding"))


def _explained(error: OSError, step: SetSysctl) -> Optional[str]:
    """Return what is to be said of a refusal beside its number; None: what it says itself."""
    if isinstance(error, NetlinkError):
        return None
    if error.filename:  # it could not even be opened
        gone = error.errno in (errno.ENOENT, errno.EACCES, errno.EPERM) and step.netns is not None
        return _OF_HOST if gone else None
    if error.errno == errno.ENOENT and step.setting == "ipv4/tcp_congestion_control":
        return f"the kernel does not have it now: load the module tcp_{step.value}"
    return ""


def _note_fate_of_addresses(state: State, netns: Netns, path: str) -> None:
    """Note of interfaces what a sysctl that was set decides of their addresses."""
    family, name = path.partition("/")[0], path.rpartition("/")[2]
    field = _FATES.get((family, name))
    if field is None:
        return
    rows = state.rows(SYSCTL, netns)
    for end in _ends(state, netns, path):
        known = [rows.get(f"{family}/conf/{one}/{name}") for one in ("all", end.interface)]
        change(state, end, **{field: any(one is not None and is_on(one.value) for one in known)})


#: The sysctls that decide what becomes of addresses, and the fields of interfaces that tell it.
_FATES = {("ipv4", "promote_secondaries"): "promotes", ("ipv6", "keep_addr_on_down"): "keeps_ipv6"}


# ---- as they are written


class Written(NamedTuple):
    """A sysctl as it was written: where, its path below ``net``, and its value."""

    where: str
    setting: str
    value: str


def read(problems: Problems, path: str, written: Mapping[Any, Any]) -> tuple[Written, ...]:
    """Return the sysctls of a mapping of names to values, in the order in which they are set; notes mistakes."""
    found: dict[str, Written] = {}
    for name, one in written.items():
        where = f"{path}.{as_key(name)}"
        setting, value = read_name(problems, where, name), read_value(problems, where, one)
        if setting is None or value is None:
            continue
        if setting in found:
            problems.add(where, f"it is there already, as {found[setting].where}")
        else:
            found[setting] = Written(where, setting, value)
    both = [found.get(one) for one in ("ipv4/ip_forward", "ipv4/conf/all/forwarding")]
    if both[0] and both[1] and not same(both[0].setting, both[0].value, both[1].value):
        problems.add(both[1].where, f"it is the same as {both[0].where}, and has another value")
    return tuple(sorted(found.values(), key=lambda one: rank(one.setting)))


def declared(netns: Netns, written: Iterable[Written]) -> list[Declared]:
    """Return the declared objects of sysctls."""
    return [
        (InterfaceSysctl if interface_of(one.setting) else Sysctl)(one.where, netns, one.setting, one.value)
        for one in written
    ]


class _Mapping:
    """What the key of a topology takes."""

    @staticmethod
    def read(problems: Problems, path: str, written: Any) -> Optional[tuple[Written, ...]]:
        """Make sysctls of a mapping."""
        if not isinstance(written, Mapping):
            problems.add(path, f"a mapping of names to values is needed, not {kind(written)}")
            return None
        return read(problems, path, written)

    @staticmethod
    def schema(shared: Schema) -> Schema:
        """Describe it as a JSON schema."""
        values = {"type": ["string", "integer", "boolean"]}
        return {"type": "object", "propertyNames": {"pattern": "^net[./][^=]+$"}, "additionalProperties": values}

    @staticmethod
    def option() -> dict[str, Any]:
        """Describe it as an option."""
        return {"type": "dict"}


def place_key() -> Key[Any]:
    """Return the key of a namespace and of the host, as a topology has it."""
    from ansible_collections.linuxnet.netns.plugins.module_utils import _form

    def declare(site: _form.Site, written: Sequence[Written], owner: Owner) -> Sequence[Declared]:
        # What a topology has set on the host stays when it goes: others may count on it meanwhile.
        return declared(site.netns, written) if owner.present else []

    return _form.Key(_Mapping(), "Sysctls below net, by their names.", default=(), declare=declare)

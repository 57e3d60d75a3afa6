# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reachability: what reaches what. No step brings it about; it is proven by probes once all else is in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Impossible
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import of
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import (
    INTERFACE,
    find,
    inside,
    joined,
    missing_interface,
    missing_namespace,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Condition,
    Declared,
    Endpoint,
    Netns,
    Scope,
    State,
    Step,
    immutable,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._probe import Probe
from ansible_collections.linuxnet.netns.plugins.module_utils._values import InterfaceAddress, is_link_local, is_loopback

#: The largest full matrix of probes, which takes some tens of seconds.
MOST = 100_000
#: An address, and the interface that has it.
Target = tuple[Endpoint, str]


@immutable
class Reachability(Declared):
    """One way is open, or not, as a probe of it expects.

    A probe without an address is sent to each one that its interface has. ``about`` are the interfaces that this is
    about, where they are declared too.
    """

    path: str
    probe: Probe
    about: frozenset[Endpoint] = frozenset()

    def scope(self, scope: Scope) -> None:
        probe = self.probe
        if probe.sender is not None:
            scope.names.add(probe.sender)
        if not probe.address and isinstance(probe.to, Endpoint):
            scope.want(INTERFACE, probe.to.netns)
        elif "%" in probe.address:
            scope.want(INTERFACE, probe.sender)

    def steps(self, state: State) -> Iterator[Step]:
        try:
            self._addresses(state)
        except Impossible as impossible:
            if not state.assumes:
                raise
            state.notes.append(f"This is not probed in check mode, for it cannot be yet: {impossible}.")
        return iter(())

    def _addresses(self, state: State) -> Sequence[str]:
        """Return where to send probes. Raises: Impossible."""
        probe, path = self.probe, joined(self.path, "to")
        if not state.has(probe.sender):
            raise Impossible(joined(self.path, "from"), missing_namespace(str(probe.sender), state))
        if probe.address or not isinstance(probe.to, Endpoint):
            self._check_zone(path, state)
            return [probe.address]
        if not state.has(probe.to.netns):
            raise Impossible(path, missing_namespace(str(probe.to.netns), state))
        if find(state, probe.to) is None:
            raise Impossible(path, missing_interface(probe.to, state))
        addresses = _probed_addresses(state, probe.to, from_elsewhere=probe.leaves)
        if not addresses:
            whence = " from elsewhere" if probe.leaves else ""
            raise Impossible(path, f"interface {probe.to} has no address to be reached by{whence}")
        return addresses

    def _check_zone(self, path: str, state: State) -> None:
        """Make sure that the zone of the address is an interface of the sender, or its index. Raises: Impossible."""
        sender, zone = self.probe.sender, self.probe.address.partition("%")[2]
        if not zone or find(state, Endpoint(sender, zone)) is not None:
            return
        if zone not in {str(one.ifindex) for one in inside(state, sender).values()}:
            raise Impossible(path, missing_interface(Endpoint(sender, zone), state))

    def view(self, state: State) -> dict[str, Any]:
        return {}

    def conditions(self, state: State) -> Sequence[Condition]:
        try:
            return [replace(self.probe, address=address) for address in self._addresses(state)]
        except Impossible:
            if state.assumes:
                return []
            raise

    def endpoints(self) -> set[Endpoint]:
        return set(self.about)


@immutable
class FullReachability(Declared):
    """Each of the ``senders`` reaches every one of the ``targets`` that is not its own.

    Without ``senders``, these are all namespaces on the host that have a name, and all their addresses.
    """

    path: str
    timeout: float
    senders: Optional[tuple[Netns, ...]] = None
    targets: tuple[Target, ...] = ()

    def scope(self, scope: Scope) -> None:
        if self.senders is None:
            scope.everything = INTERFACE
        else:
            scope.names.update(sender for sender in self.senders if sender is not None)

    def steps(self, state: State) -> Iterator[Step]:
        for sender in self.senders or ():
            if not state.has(sender):
                raise Impossible(self.path, missing_namespace(str(sender), state))
        reason = nothing_to_probe(*self._matrix(state)) if self.senders is None else None
        if reason is not None:
            raise Impossible(self.path, reason)
        return iter(())

    def _matrix(self, state: State) -> tuple[Sequence[Netns], Sequence[Target]]:
        """Return what reaches what."""
        if self.senders is not None:
            return self.senders, self.targets
        senders = sorted(state.tables.get(INTERFACE, {}), key=str)
        targets = [
            (Endpoint(netns, interface.name), address)
            for netns in senders
            for interface in inside(state, netns).values()
            if interface.type != "loopback"
            for address in _probed_addresses(state, Endpoint(netns, interface.name), from_elsewhere=True)
        ]
        return senders, targets

    def view(self, state: State) -> dict[str, Any]:
        return {}

    def conditions(self, state: State) -> Sequence[Condition]:
        senders, targets = self._matrix(state)
        return [
            Probe(sender, end, self.timeout, address)
            for sender in senders
            for end, address in targets
            if end.netns != sender
        ]


def nothing_to_probe(senders: Sequence[Netns], targets: Sequence[Target]) -> Optional[str]:
    """Return why a full matrix cannot be probed: it is empty, or too large; None where it can."""
    if len(senders) * len(targets) > MOST:
        size = f"{len(senders)} namespaces and {len(targets)} addresses"
        return f"{size} are more than {MOST} probes; write what is expected of them instead"
    if any(end.netns != sender for sender in senders for end, _address in targets):
        return None
    return "there is nothing to probe: no namespace has an address that another could reach"


def worth_probing(addresses: Iterable[str], *, from_elsewhere: bool) -> list[str]:
    """Return the addresses by which an interface can be reached, without their prefix lengths.

    Link-local ones need an interface of the sender; loopback's lead to the sender itself.
    """
    return [
        InterfaceAddress.read(address).host
        for address in addresses
        if not is_link_local(address) and not (from_elsewhere and is_loopback(address))
    ]


def _probed_addresses(state: State, end: Endpoint, *, from_elsewhere: bool) -> list[str]:
    """Return the addresses of an interface by which it can be reached."""
    return worth_probing([one.text for one in of(state, end)], from_elsewhere=from_elsewhere)


def results(found: Iterable[tuple[Condition, Any]]) -> list[dict[str, Any]]:
    """Return what a module's result has of the probes among what was found."""
    return [one.result_of(answer) for one, answer in found if isinstance(one, Probe)]

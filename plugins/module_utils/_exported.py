# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netns_export does: reads a host, makes the topology of it, and tries that. Private."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import Invalid, Problem
from ansible_collections.linuxnet.netns.plugins.module_utils._export import Export, Secret, Wanted, prune
from ansible_collections.linuxnet.netns.plugins.module_utils._info import read_sysctls
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.interface import INTERFACE
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Endpoint
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.module_utils._predicted import predict

if TYPE_CHECKING:
    from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import LinuxKernel

#: How many times what cannot be declared is taken out: what is removed may be what something else counts on.
_ROUNDS = 10


class Exported(NamedTuple):
    """The result of the module."""

    topology: dict[str, Any]
    left_out: list[str]
    secrets: list[dict[str, str]]
    commands: list[str]


def read(problems: Problems, params: Mapping[str, Any]) -> tuple[str, Optional[list[str]], Wanted]:
    """Return the name of the topology, the namespaces that are named, and what is to be exported of them."""
    name = problems.topology("name", params["name"]) or ""
    asked = params["namespaces"]
    names = None if asked is None else problems.namespaces("namespaces", asked) if asked else []
    if asked == [] and not params["host"]:
        problems.add("namespaces", "the list is empty, and so there is nothing to export: name one, or set host")
    sysctls = read_sysctls(problems, params["sysctls"])
    return name, names, Wanted((), params["host"], params["macs"], sysctls)


def look(kernel: LinuxKernel, name: str, names: Optional[Sequence[str]], wanted: Wanted) -> Exported:
    """Export what is there of some namespaces; None for all with a name.

    Raises: Invalid, when one that is named is not there. KernelError.
    """
    wanted = wanted._replace(names=kernel.all_names() if names is None else names)
    state = kernel.observe(wanted.scope())
    missing = [
        Problem(f"namespaces[{number}]", f"there is no namespace {one}")
        for number, one in enumerate(names or ())
        if not state.was_read(INTERFACE, one)
    ]
    if missing:
        raise Invalid(missing)
    export = Export(state, wanted)
    topology = export.topology(name)
    left_out = [*dict.fromkeys(export.left_out)]
    commands: list[str] = []
    for _round in range(_ROUNDS):
        problems, commands = predict(kernel, topology)
        if not problems:
            break
        left_out += prune(topology, problems)
    return Exported(topology, left_out, list(placed(topology, export.secrets)), commands)


def placed(topology: Mapping[str, Any], secrets: Sequence[Secret]) -> Iterable[dict[str, str]]:
    """Return the secrets, each with the path of the key of the topology that is to have it."""
    host = topology.get("host", {})
    places = [(None, "host", host)] + [
        (one["name"], f"namespaces[{number}]", one)
        for number, one in enumerate(topology["namespaces"])
        if isinstance(one, Mapping)
    ]
    for netns, path, place in places:
        for number, one in enumerate(place.get("interfaces", ())):
            end, where = Endpoint(netns, one["name"]), f"{path}.interfaces[{number}].wireguard"
            keys = {peer["public_key"]: f"peers[{place}].preshared_key_file" for place, peer in _peers(one)}
            for secret in secrets:
                if secret.end == end:
                    key = "private_key_file" if secret.peer is None else keys[secret.peer]
                    yield {"path": f"{where}.{key}", "value": secret.text}


def _peers(interface: Mapping[str, Any]) -> Iterable[tuple[int, Mapping[str, Any]]]:
    return enumerate(interface.get("wireguard", {}).get("peers", ()))

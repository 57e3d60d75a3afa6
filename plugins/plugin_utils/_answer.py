# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host answers when it is asked for its namespaces, made into variables. Pure. Private.

The host may be anybody's. Nothing of its answer is taken but values that are what they should be.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import enumerated
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems
from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import brief, host_fault, is_template

#: How many namespaces a host may have, and how many bytes what it says of them may have, as JSON.
MOST_NAMESPACES = 20_000
MOST_BYTES = 16 << 20

#: What a value of another kind leads to, or one that is nested too deep.
_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){0,31}")


class Unreadable(Exception):
    """An answer that is not of the form that it should have; the text says what is wrong."""


class Described:
    """Namespaces with their variables, and the ``faults`` of what was left out."""

    def __init__(self) -> None:
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.faults: list[str] = []

    def left_out(self) -> str:
        """Return what was left out and why: the first of it, and how much more there is; nothing where nothing was."""
        if not self.faults:
            return ""
        more = len(self.faults) - 1
        return brief(self.faults[0]) + (f" (and {more} more)" if more else "")

    def add(self, name: Any, links: Sequence[Any]) -> None:
        """Add a namespace with its links, and without what cannot be."""
        fault = host_fault("namespace", name)
        if fault is None:
            found = [link for link in (self._link(f"namespace {name}", link) for link in links) if link is not None]
            self.namespaces[str(name)] = variables(found)
        else:
            self.faults.append(fault)

    def _link(self, path: str, link: Mapping[str, Any]) -> Optional[dict[str, Any]]:
        interface, peer, mac, mtu = link["interface"], link["peer"], link["mac"], link["mtu"]
        problems = Problems()
        problems.interface(f"{path}, interface", interface)
        if not problems.found and is_template(interface):
            problems.add(f"{path}, interface", f"Ansible would take {interface!r} for a template")
        if problems.found:
            self.faults.append(enumerated(problems.found))
            return None
        whole = isinstance(mtu, int) and not isinstance(mtu, bool)
        addresses = (self._fitting(f"{path}, address", one, _is_address(one)) for one in link["addresses"])
        return {
            "interface": str(interface),
            "peer": self._fitting(f"{path}, peer", peer, _is_plain(peer)),
            "addresses": [one for one in addresses if one is not None],
            "state": "up" if link["state"] == "up" else "down",
            "mac": self._fitting(f"{path}, mac", mac, isinstance(mac, str) and _MAC.fullmatch(mac) is not None),
            "mtu": self._fitting(f"{path}, mtu", mtu, whole and 0 <= mtu < 1 << 32),
        }

    def _fitting(self, path: str, value: Any, fits: bool) -> Any:
        """Return a value that fits, as a plain one; None for one that does not."""
        if value is None or fits:
            return str(value) if isinstance(value, str) else value
        self.faults.append(f"{path}: {value!r} cannot be")
        return None


def variables(links: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the variables of a namespace that tell what is in it."""
    return {
        "netns_links": list(links),
        "netns_addresses": [address for link in links for address in link["addresses"]],
    }


def read(result: Any) -> Described:
    """Read the result of ``netns_info``. Raises: Unreadable."""
    if not isinstance(result, Mapping):
        raise Unreadable("it gave no result")
    if "namespaces" not in result:
        raise Unreadable(brief(str(result.get("msg", "it gave no result"))))
    try:
        return _described({one["name"]: _links(one) for one in result["namespaces"] if one["state"] == "present"})
    except _MALFORMED as error:
        raise Unreadable(f"its answer is not what netns_info gives ({_told(error)})") from None


def read_kept(kept: Any) -> Described:
    """Read namespaces with their variables that were written down. Raises: Unreadable."""
    try:
        return _described({name: own["netns_links"] for name, own in kept.items()})
    except _MALFORMED as error:
        raise Unreadable(f"what was kept of it is damaged ({_told(error)})") from None


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {brief(str(error))}"


def _described(there: Mapping[Any, Sequence[Any]]) -> Described:
    if len(there) > MOST_NAMESPACES:
        raise Unreadable(f"it tells of {len(there)} namespaces, and {MOST_NAMESPACES} are the most that are taken")
    described = Described()
    for name, links in there.items():
        described.add(name, links)
    return described


def _links(namespace: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the links of a namespace that was asked about, in the same form as those of a topology."""
    addresses: dict[str, list[str]] = {}
    for one in namespace["addresses"]:
        if one["scope"] != "link":
            addresses.setdefault(one["interface"], []).append(one["address"])
    return [
        {
            "interface": link["interface"],
            "peer": _short(link["peer"]),
            "addresses": addresses.get(link["interface"], []),
            "state": link["state"],
            "mac": link["mac"],
            "mtu": link["mtu"],
        }
        for link in namespace["links"]
        if link["kind"] != "loopback"
    ]


def _short(peer: Optional[Mapping[str, Any]]) -> Optional[str]:
    """Return the other end in the short form of a topology, None where it is not known."""
    if peer is None or peer["place"] == "elsewhere" or peer["interface"] is None:
        return None
    return f"{peer['netns']}:{peer['interface']}" if peer["netns"] else str(peer["interface"])


def _is_plain(text: Any) -> bool:
    """Tell whether a text is a word, such as a name, that Ansible gives no meaning."""
    return isinstance(text, str) and text.isprintable() and " " not in text and not is_template(text)


def _is_address(text: Any) -> bool:
    """Tell whether a text is an address with its prefix length."""
    # A scope after '%' may be any text.
    if not isinstance(text, str) or "/" not in text or "%" in text:
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that proves something tells a person of it, in a line. Private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.linuxnet.netns.plugins.plugin_utils._names import printable

#: How many probes are told one by one.
MOST = 4


def proof(probes: Any) -> str:
    """Return what the probes of a module's result have proven, in one line; empty where there are none.

    It comes from a managed host, which may say anything: what is no list of probes proves nothing, and is left out.
    """
    found = [one for one in probes if isinstance(one, Mapping)] if isinstance(probes, list) else []
    times = [one["rtt_ms"] for one in found if isinstance(one.get("rtt_ms"), float)]
    if not times or len(times) < len(found):
        return ""
    if len(found) <= MOST:
        return "; ".join(_one(one) for one in found)
    return f"{len(found)} pings, each with a reply, after {min(times)} to {max(times)} ms"


def _one(probe: Mapping[str, Any]) -> str:
    sender, to, address = (str(probe.get(name) or "the host") for name in ("from", "to", "address"))
    target = to if to == address else f"{to} ({address})"
    return printable(f"{sender} pings {target}: a reply after {probe['rtt_ms']} ms")

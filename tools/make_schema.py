# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the JSON schema of topologies, which editors use, of the sections in ``_topology.py``.

.venv/bin/python tools/make_schema.py writes plugins/plugin_utils/topology.schema.json; a unit test holds it to them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "plugins" / "plugin_utils" / "topology.schema.json"


def made() -> str:
    """Make the text of the file."""
    from ansible_collections.linuxnet.netns.plugins.module_utils._topology import Topology

    shared: dict[str, Any] = {}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "SPDX-FileCopyrightText: 2026 The linuxnet.netns developers; "
        "SPDX-License-Identifier: GPL-3.0-or-later; made by tools/make_schema.py",
        "title": "Topology of linuxnet.netns",
        "description": "Network namespaces and the links between them, as linuxnet.netns.netns_topology takes them by "
        "src. A whole number is taken for a name, and a text of digits for a number, as Ansible takes them. There are "
        "no templates.",
        **Topology.mapping(shared),
        "$defs": shared,
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    SCHEMA.write_text(made())

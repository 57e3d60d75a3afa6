# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one module as the Python process that Ansible would start on a host: task.py MODULE OPTIONS.json."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from ansible.module_utils import basic

arguments = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module(f"ansible_collections.linuxnet.netns.plugins.modules.{sys.argv[1]}").main()

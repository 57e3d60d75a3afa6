# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks in README and docs work as they are written."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.linuxnet.netns.tests.integration.host import Host

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]


def plays(page: Path) -> list[str]:
    """The YAML blocks of a page that are playbooks for localhost."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if re.search(r"^  hosts: localhost$", block, re.MULTILINE)]


WITH_PLAYS = [page for page in PAGES if plays(page)]


@pytest.mark.parametrize("page", WITH_PLAYS, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_playbooks_run(host: Host, tmp_path: Path, page: Path) -> None:
    for number, block in enumerate(plays(page)):
        playbook = tmp_path / f"{number}.yml"
        playbook.write_text(block)
        finished = subprocess.run(
            ["ansible-playbook", str(playbook)], check=False, capture_output=True, text=True, cwd=ROOT, env=os.environ
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr


def test_every_yaml_block_can_be_read() -> None:
    for page in PAGES:
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE):
            assert yaml.safe_load(block), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written in one piece, on a file system that anybody may write to."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import records


def test_a_file_is_replaced_as_a_whole_and_what_killed_runs_left_goes(tmp_path: Path) -> None:
    for name in ("one", ".new-left", ".news"):
        (tmp_path / name).write_text("old")
    records.put(f"{tmp_path}/one", "new\udcff\r\n", ".new-", 0o640)
    assert {one.name for one in tmp_path.iterdir()} == {"one", ".news"}
    assert (tmp_path / "one").read_bytes() == b"new\xff\r\n"
    assert (tmp_path / "one").stat().st_mode & 0o7777 == 0o640


def test_without_a_mode_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    records.put(f"{tmp_path}/one", "new", ".new-")
    assert (tmp_path / "one").stat().st_mode & 0o7777 == 0o600


def test_what_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(IsADirectoryError):
        records.put(f"{tmp_path}/one", "new", ".new-")
    assert [one.name for one in tmp_path.iterdir()] == ["one"]

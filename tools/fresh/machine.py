# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tree has of the machine that it is on: where packages come from. It is asked for when a tree is entered."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path


def mirror() -> str:
    """Return the mirror of Debian's packages that this machine's apt uses. Raises: SystemExit, when it knows none."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages", "Origin: Debian"]
    said = subprocess.run(words, check=False, capture_output=True, text=True).stdout
    mirrors = [line.split()[0] for line in said.splitlines() if line.endswith(" Debian")]
    if not mirrors:
        sys.exit("apt on this machine knows no mirror of Debian: run apt-get update, on Debian")
    return mirrors[0]


def settle(tree: Path) -> list[Path]:
    """Let a tree fetch packages as this machine does; gives the directories that it has to see for that."""
    shutil.copy("/etc/resolv.conf", tree / "etc" / "resolv.conf")
    shutil.copy("/etc/hosts", tree / "etc" / "hosts")
    dumped = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    fetching = [line for line in dumped.splitlines() if re.match(r"Acquire::https?(::[A-Za-z-]+)* \"[^\"]", line)]
    (tree / "etc" / "apt" / "apt.conf.d" / "99machine").write_text("".join(f"{line}\n" for line in fetching))
    words = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    settings = dict(re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))
    (tree / "etc" / "pip.conf").write_text("[global]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items()))
    named = [Path(word.removeprefix("file://")) for value in settings.values() for word in value.split()]
    for file in (one for one in named if one.is_absolute() and one.is_file()):
        (tree / file.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tree / file.relative_to("/"))
    directories = [one for one in named if one.is_absolute() and one.is_dir()]
    # The packages of an index are beside its pages.
    return [one.parent if f"file://{one}" in " ".join(settings.values()).split() else one for one in directories]

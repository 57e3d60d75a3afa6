# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkout of the collection, brought into a machine."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tools.vm.machine import Failed, Machine

#: Where it is inside.
PLACE = "/srv/netns"
_UNPACK = f"""
rm -rf {PLACE} && mkdir -p {PLACE}/.cache/collections/ansible_collections/linuxnet && cd {PLACE}
tar --extract --no-same-owner
ln -s /opt/venv .venv
ln -s ../../../.. .cache/collections/ansible_collections/linuxnet/netns
"""
#: The environment in which the collection is used there, as the Makefile makes it.
ENVIRONMENT = f"""
cd {PLACE}
export PATH={PLACE}/.venv/bin:$PATH LC_ALL=C.UTF-8 ANSIBLE_CONFIG={PLACE}/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH={PLACE}/.cache/collections
"""


def send(checkout: Path, machine: Machine) -> None:
    """Replace the checkout inside by the files of this one, those that are not committed too."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=checkout, check=True, capture_output=True).stdout
    names = [name for name in listed.split(b"\0") if name and (checkout / name.decode()).exists()]
    with tempfile.TemporaryFile() as archive:
        tar = ["tar", "--create", "--null", "--files-from=-"]
        subprocess.run(tar, cwd=checkout, check=True, input=b"\0".join(names), stdout=archive)
        archive.seek(0)
        done = machine.run(_UNPACK, stdin=archive)
    if done.returncode:
        raise Failed(f"the checkout could not be unpacked inside: {done.stderr}")

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkout of the collection, brought into a machine."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tools.vm.machine import Failed, Machine
from tools.vm.paths import ROOT

#: Where it is inside.
PLACE = "/srv/netns"
_UNPACK = f"""
set -e
rm -rf {PLACE} && mkdir -p {PLACE}/.cache/collections/ansible_collections/linuxnet && cd {PLACE}
tar --extract --no-same-owner
ln -sfn /opt/venv .venv
ln -sfn ../../../.. .cache/collections/ansible_collections/linuxnet/netns
"""
#: The environment in which the collection is used there, as ``make test`` makes it.
ENVIRONMENT = f"""
cd {PLACE}
export PATH={PLACE}/tools/quick:{PLACE}/.venv/bin:$PATH PYTHONPATH={PLACE}/tools/quick
export LC_ALL=C.UTF-8 ANSIBLE_CONFIG={PLACE}/ansible.cfg ANSIBLE_COLLECTIONS_PATH={PLACE}/.cache/collections
"""


def send(checkout: Path, machine: Machine) -> None:
    """Replace the checkout inside by the files of this one, those that are not committed too, and add our own tools."""
    with tempfile.TemporaryFile() as archive:
        for place, option, below in ((checkout, "--create", "."), (ROOT, "--append", "tools/vm")):
            words = ["tar", option, "--null", "--files-from=-", "--file", f"/dev/fd/{archive.fileno()}"]
            names = b"\0".join(files(place, below))
            subprocess.run(words, cwd=place, check=True, input=names, pass_fds=[archive.fileno()])
        archive.seek(0)
        done = machine.run(_UNPACK, stdin=archive)
    if done.returncode:
        raise Failed(f"the checkout could not be unpacked inside: {done.stderr}")


def files(place: Path, below: str) -> list[bytes]:
    """Return the files of a checkout that git does not ignore."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", below]
    listed = subprocess.run(words, cwd=place, check=True, capture_output=True).stdout
    return [name for name in listed.split(b"\0") if name and (place / name.decode()).exists()]

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a machine has: a snapshot is only good for the same devices."""

from __future__ import annotations

PROGRAM = "qemu-system-x86_64"
#: The kernel's command line. What hardens it costs much where each instruction is translated; where every process had
#: addresses of its own, qemu would translate the same libraries again for each, which is half of all work.
KERNEL = (
    "root=/dev/vda",
    "rw",
    "console=ttyS0",
    "mitigations=off",
    "init_on_alloc=0",
    "norandmaps",
    "quiet",
    "systemd.show_status=false",
)


def hardware(port: int) -> list[str]:
    """Return the options that give a machine its devices.

    One NIC is for ssh. One of virtio and one of Intel's e1000 are plugged into one hub: a cable between two of them.
    """
    nics = [
        ("user,id=ssh,restrict=on", f",hostfwd=tcp:127.0.0.1:{port}-:22", "virtio-net-pci,netdev=ssh"),
        ("hubport,id=one,hubid=1", "", "virtio-net-pci,netdev=one"),
        ("hubport,id=two,hubid=1", "", "e1000,netdev=two"),
    ]
    words = ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", "2", "-m", "2048", "-machine", "q35"]
    words += ["-nodefaults", "-display", "none", "-device", "virtio-rng-pci"]
    for number, (backend, forward, device) in enumerate(nics, 1):
        words += ["-netdev", backend + forward, "-device", f"{device},mac=52:54:00:00:00:{number:02x},romfile="]
    return words

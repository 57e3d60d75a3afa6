# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases of Debian that are tried, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """A release of Debian."""

    name: str
    #: The minor version of its Python 3, for which wheels are fetched.
    python: str
    #: What packages need for this Python only, which pip does not see when it downloads with another.
    more: tuple[str, ...] = ()


SUITES = {suite.name: suite for suite in (Suite("trixie", "3.13"), Suite("bookworm", "3.11", ("typing-extensions",)))}

#: What manages the network, and what the kernel's command line says for it.
MANAGERS = {
    "networkd": (),
    "NetworkManager": (
        "systemd.mask=systemd-networkd.service",
        "systemd.mask=systemd-networkd.socket",
        "systemd.wants=ssh-nic.service",
        "systemd.wants=NetworkManager.service",
    ),
}

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases of Debian that are tried, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Suite:
    """A release of Debian, with its own kernel or another's."""

    name: str
    release: str
    #: The minor version of its Python 3, for which wheels are fetched.
    python: str
    #: What packages need for this Python only, which pip does not see when it downloads with another.
    more: tuple[str, ...] = ()
    #: The suite of Debian that the kernel comes from; else it is the release's own.
    kernel: str = ""


_BOOKWORM = Suite("bookworm", "bookworm", "3.11", ("typing-extensions",))
_SUITES = (
    Suite("trixie", "trixie", "3.13"),
    _BOOKWORM,
    # Debian 11's kernel, the oldest that the mirror has, below Debian 12: 11 itself has a Python without ansible-core.
    replace(_BOOKWORM, name="bookworm-5.10", kernel="bullseye"),
)
SUITES = {suite.name: suite for suite in _SUITES}

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

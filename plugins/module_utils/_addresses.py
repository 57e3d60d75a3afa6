# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sort of address one is. Pure. Private.

The standard library's ``ipaddress`` says the same, and takes 5 ms to import.
"""

from __future__ import annotations


def is_link_local(address: str) -> bool:
    """Return whether it is an IPv6 link-local address, of fe80::/10 (RFC 4291, section 2.5.6).

    A prefix length or a zone may follow. 169.254.0.0/16 does not count: nobody but a person gives such addresses.
    """
    first, colon, _rest = address.partition(":")
    return bool(colon and first) and int(first, 16) & 0xFFC0 == 0xFE80


def is_loopback(address: str) -> bool:
    """Return whether it is an address of loopback's, which each namespace has for itself: 127.0.0.0/8 or ::1."""
    return address.startswith("127.") or address.partition("/")[0] == "::1"


def version_of(address: str) -> int:
    """Return 4 or 6."""
    return 6 if ":" in address else 4

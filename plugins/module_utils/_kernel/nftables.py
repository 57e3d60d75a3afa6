# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of nftables in the namespace that the calling thread is in, by the library that ``nft`` itself is made of.

libnftables(3) is called in this process: a program to be started for each of a thousand namespaces takes much longer.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError, NetlinkError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import syscalls
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.netlink import RouteSocket
from ansible_collections.linuxnet.netns.plugins.module_utils._wire import requests
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import attribute, octets
from ansible_collections.linuxnet.netns.plugins.module_utils._wire.attributes import text as as_text

#: nftables/libnftables.h: NFT_CTX_OUTPUT_STATELESS, NFT_CTX_OUTPUT_JSON.
_STATELESS, _JSON = 1 << 2, 1 << 4
#: linux/if_link.h: IFLA_IFNAME.
_IFNAME = 3
#: What the library writes before a mistake: where it is.
_MISTAKE = re.compile(r"^(?:/proc/self/fd/\d+:(\d+):\d+-\d+: )?Error: (.*)$")


@cache
def _library() -> Any:
    """Return the library. Raises: KernelError, where it is not installed."""
    try:
        library = ctypes.CDLL("libnftables.so.1")
    except OSError:
        raise KernelError(
            "There is no nftables on this host (its library libnftables.so.1): install the package nftables, and run "
            "this again."
        ) from None
    library.nft_ctx_new.restype = ctypes.c_void_p
    for function in (library.nft_ctx_get_output_buffer, library.nft_ctx_get_error_buffer):
        function.restype = ctypes.c_char_p
    return library


@contextmanager
def _context() -> Iterator[ctypes.c_void_p]:
    """Give a context of the library; it speaks to the kernel from the namespace that the thread is in."""
    library = _library()
    context = ctypes.c_void_p(library.nft_ctx_new(0))
    if not context:
        raise MemoryError("libnftables")
    try:
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        yield context
    finally:
        library.nft_ctx_free(context)


def _run(context: ctypes.c_void_p, text: str, flags: int = 0) -> str:
    """Carry out commands in the language of ``nft``, all of them or none; return what they print.

    Raises: NetlinkError, with the words of the library and the lines they are about.
    """
    library = _library()
    library.nft_ctx_output_set_flags(context, flags)
    # Of what it does not read from a file it does not tell the line.
    with os.fdopen(os.memfd_create("ruleset", os.MFD_CLOEXEC), "wb") as file:
        file.write(octets(text))
        file.flush()
        failed = library.nft_run_cmd_from_filename(context, b"/proc/self/fd/%d" % file.fileno())
    printed, errors = (
        as_text(function(context) or b"")
        for function in (library.nft_ctx_get_output_buffer, library.nft_ctx_get_error_buffer)
    )
    if failed:
        raise NetlinkError(_number(errors), _words(errors))
    return printed


def _number(errors: str) -> int:
    """Return the number of the error that the kernel gave, as far as the words of the library tell it."""
    for number in errno.errorcode:
        if f": {os.strerror(number)}\n" in f"{errors}\n":
            return number
    return errno.EINVAL


def _words(errors: str) -> str:
    """Return the mistakes in the words of the library, each with its line."""
    lines = errors.splitlines()
    found = []
    for line, following in zip(lines, [*lines[1:], ""]):
        mistake = _MISTAKE.match(line)
        if mistake is not None:
            where = f"line {mistake[1]}: " if mistake[1] else ""
            about = f" in '{following.strip()}'" if mistake[1] and following.strip() else ""
            found.append(f"{where}{mistake[2]}{about}")
    return "; ".join(found) or " ".join(lines) or "nftables gives no reason"


def _names(context: ctypes.c_void_p) -> list[tuple[str, ...]]:
    """Return the tables that there are, by family and name."""
    listed = json.loads(_run(context, "list tables\n", _JSON) or '{"nftables": []}')["nftables"]
    return [(one["table"]["family"], one["table"]["name"]) for one in listed if "table" in one]


def tables(wanted: Iterable[tuple[str, ...]]) -> Mapping[tuple[str, ...], tuple[str, str]]:
    """Return those of the tables that are there, by family and name: what they say, and with what they count.

    Raises: NetlinkError, KernelError.
    """
    with _context() as context:
        there = set(_names(context))
        return {key: (_text(context, key, _STATELESS), _text(context, key)) for key in wanted if key in there}


def _text(context: ctypes.c_void_p, table: tuple[str, ...], flags: int = 0) -> str:
    return _run(context, f"list table {' '.join(table)}\n", flags)


def listed() -> list[dict[str, Any]]:
    """Return all tables, chains, rules and sets of the namespace, as ``nft -j list ruleset`` has them.

    Raises: NetlinkError, KernelError.
    """
    with _context() as context:
        printed = _run(context, "list ruleset\n", _JSON)
    found: list[dict[str, Any]] = json.loads(printed or '{"nftables": []}')["nftables"]
    return found


def load(text: str) -> None:
    """Carry out commands in the language of ``nft``, all of them or none. Raises: NetlinkError, KernelError."""
    with _context() as context:
        _run(context, text)


def tried(text: str, devices: Iterable[str], home: int) -> Mapping[tuple[str, ...], str]:
    """Return the tables that a ruleset makes, as the library writes them, by family and name.

    It is loaded in a namespace that nobody else sees, and which ends with this; ``devices`` are the interfaces that it
    names. The calling thread is left in the namespace of the descriptor ``home``.

    Raises: NetlinkError, where the ruleset has mistakes. OSError, KernelError.
    """
    _library()
    syscalls.unshare_net()
    try:
        names = [attribute(_IFNAME, octets(name) + b"\0") for name in devices]
        if names:
            with RouteSocket() as route:
                for refusal in route.request([requests.create(None, name, "veth", b"") for name in names]):
                    # The other end of a pair is called as the kernel likes, which may be one of the names.
                    if refusal is not None and refusal.errno != errno.EEXIST:
                        raise OSError(refusal.errno, f"a veth pair to try a ruleset with: {refusal.strerror}")
        with _context() as context:
            _run(context, text)
            return {key: _text(context, key, _STATELESS) for key in _names(context)}
    finally:
        syscalls.setns(home)

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spares the Pythons that tests start what each would do anew, with the same result.

Each Python that has this directory on PYTHONPATH imports this first, so it imports nothing but what is there anyway.
Ansible sends a module to a host as an archive of sources, and Python keeps the bytecode of files, but not that of
archives: half of what a task costs is compiling what the task before has compiled. Here it is kept in .cache/zipped;
who may not write there compiles as ever.
"""

from __future__ import annotations

import _imp
import gc
import marshal
import os
import sys
import zipimport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

PLACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, ".cache", "zipped")


def keep(compiled: Callable[[str, bytes], CodeType]) -> Callable[[str, bytes], CodeType]:
    """Compile a source of an archive, unless the same Python has compiled the same before."""

    def compile_source(path: str, source: bytes) -> CodeType:
        from hashlib import blake2b

        kept = os.path.join(PLACE, f"{blake2b(source, digest_size=20).hexdigest()}-{sys.hexversion:x}")
        try:
            with open(kept, "rb") as file:
                code: CodeType = marshal.load(file)
        except (OSError, EOFError, TypeError, ValueError):
            code = compiled(path, source)
            write(kept, marshal.dumps(code))
        else:
            _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
        return code

    return compile_source


def write(path: str, content: bytes) -> None:
    """Write a file in one piece, where that is allowed."""
    new = f"{path}.{os.getpid()}"
    try:
        os.makedirs(PLACE, exist_ok=True)
        with open(new, "wb") as file:
            file.write(content)
        os.replace(new, path)
    except OSError:
        pass


zipimport._compile_source = keep(zipimport._compile_source)  # type: ignore[attr-defined]
# A program that lives for a second makes little garbage; to look for it is a tenth of its work.
gc.set_threshold(100_000, 50, 50)

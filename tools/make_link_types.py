# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the documentation of the types of link, which netns_link has, of their tables in ``_kinds/link_types``.

.venv/bin/python tools/make_link_types.py writes plugins/doc_fragments/link_types.py; a unit test holds it to them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FRAGMENT = ROOT / "plugins" / "doc_fragments" / "link_types.py"
HEAD = '''# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of link and their properties; made by tools/make_link_types.py."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of netns_link that are of one type of link alone."""

    DOCUMENTATION = r"""
options:
'''


def made() -> str:
    """Make the text of the file."""
    return HEAD + "\n".join(_options()) + '\n"""\n'


def _options() -> Iterator[str]:
    from ansible_collections.linuxnet.netns.plugins.module_utils import _interface_form, _properties_section
    from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types

    yield "  type:"
    yield from _described(
        [
            "The type of link. V(device) is one that is there already, such as a NIC, and is moved into the namespace.",
            "Required with O(state=present).",
        ],
        4,
    )
    yield "    type: str"
    yield "    choices:"
    yield from (f"      - {name}" for name in (*link_types.LOADERS, _interface_form.DEVICE))
    for name, loader in link_types.LOADERS.items():
        if not loader().properties and loader().section is None:
            words = [f"With O(type={name}). There is nothing to be written in it."]
            yield from _option(name, words, {}, {})
            continue
        initial = {one.name: one.initial for one in loader().properties}
        fixed = {one.name for one in loader().properties if one.fixed}
        words = [f"The properties of a link with O(type={name})."]
        yield from _option(name, words, _properties_section.properties_section(name).keys, initial, fixed)
    words = ["What is set of it as a port of its O(master); which of them there are depends on that one's type."]
    yield from _option("port", words, _properties_section.port_section().keys, {})


def _option(
    name: str, words: list[str], keys: Mapping[str, Any], initial: Mapping[str, Any], fixed: Any = ()
) -> Iterator[str]:
    yield f"  {name}:"
    yield from _described(words, 4)
    yield "    type: dict"
    if keys:
        yield "    suboptions:"
        yield from _suboptions(keys, initial, fixed, 6)


def _suboptions(keys: Mapping[str, Any], initial: Mapping[str, Any], fixed: Any, indent: int) -> Iterator[str]:
    space = " " * indent
    for one, key in keys.items():
        argument = key.argument()
        more = [key.description]
        if initial.get(one) is not None:
            more.append(f"A new link gets V({initial[one]}) where nothing is written.")
        if one in fixed:
            more.append("The kernel does not change it on a living link.")
        if key.required:
            more.append("Required.")
        yield f"{space}{one}:"
        yield from _described(more, indent + 2)
        yield f"{space}  type: {argument['type']}"
        if "elements" in argument:
            yield f"{space}  elements: {argument['elements']}"
        if "options" in argument:
            yield f"{space}  suboptions:"
            yield from _suboptions(key.takes.item.keys, {}, (), indent + 4)
        if "choices" in argument:
            yield f"{space}  choices:"
            yield from (f'{space}    - "{choice}"' for choice in argument["choices"])


def _described(sentences: list[str], indent: int) -> Iterator[str]:
    space = " " * indent
    yield f"{space}description:"
    for sentence in sentences:
        text = f'"{sentence}"' if ": " in sentence else sentence
        first, *rest = wrap(text, 116 - indent)
        yield f"{space}  - {first}"
        yield from (f"{space}    {line}" for line in rest)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    FRAGMENT.write_text(made())

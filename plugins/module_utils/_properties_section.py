# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections with the properties of types of link and of ports, made of the tables of these. Pure. Private."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Later, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds import link_types
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_type import Property, Values
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.link_types.bridge import vlans_key


class _Mapping(Section, what="mapping"):
    """What is an option of its own in netns_link."""

    @classmethod
    def option(cls) -> dict[str, Any]:
        """Describe it as an option: what is in it is read here, so that all mistakes are told with their paths."""
        return {"type": "dict"}


def section_of(
    what: str, properties: Sequence[Property], more: Optional[Mapping[str, Key[Any]]] = None
) -> type[Section]:
    """Return a section whose keys are some properties, and what there is beside them."""
    keys: dict[str, Any] = {}
    for one in properties:
        required: dict[str, Any] = {"required": True} if one.required else {}
        keys[one.name] = Key(one.takes, one.description, **required)
    keys.update(more or {})
    made: type[Section] = types.new_class(
        what.capitalize(), (_Mapping,), {"what": what}, lambda space: space.update(keys)
    )
    return made


def values_of(section: Optional[Section]) -> Values:
    """Return what is written in such a section."""
    if section is None:
        return ()
    values = ((name, getattr(section, name)) for name in section.keys)
    return tuple([(name, value) for name, value in values if value is not None])


@cache
def properties_section(name: str) -> type[Section]:
    """Return the section with the properties of a type of link, of that name."""
    link_type = link_types.get(name)
    return link_type.section or section_of(name, link_type.properties, link_type.keys)


@cache
def port_section() -> type[Section]:
    """Return the section with the properties of ports, of whatever master."""
    found: dict[str, Property] = {}
    for name in ("bond", "bridge"):
        found.update((one.name, one) for one in link_types.LOADERS[name]().ports or ())
    return section_of("port", list(found.values()), {"vlans": Later(vlans_key)})


def netkit_key() -> Key[Any]:
    """Return the key of a link of a topology, which is a pair."""
    return Key(properties_section("netkit"), "The properties of a netkit pair, whose first end is the first endpoint.")

# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shaping of an interface as it is written: a delay, a rate, losses, or a queueing discipline by its name.

Pure. Private. Loaded where it is written only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.linuxnet.netns.plugins.module_utils._disciplines import (
    DISCIPLINES,
    Option,
    most_at,
    options_of,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._form import Key, Section
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems, as_number
from ansible_collections.linuxnet.netns.plugins.module_utils._quantities import PERCENTAGE, RATE, SIZE, TIME
from ansible_collections.linuxnet.netns.plugins.module_utils._scalars import Choice


def _keys(kind: str) -> dict[str, Key[Any]]:
    """Make the keys of the options of a discipline."""

    def key(option: Option) -> Key[Any]:
        return Key(option.takes, option.description)

    return {name: key(option) for name, option in options_of(kind).items()}


class FqCodel(Section, what="fq_codel"):
    """The options of fq_codel that are not left alone."""


class Cake(Section, what="cake"):
    """The options of cake that are not left alone."""


class Htb(Section, what="htb", needs="a rate"):
    """The one class of htb, for all that is sent."""

    rate = Key(RATE, options_of("htb")["rate"].description, required=True)

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        said = _said(self, self.keys)
        if not complete:
            return False
        ceil = said.get("ceil", self.rate)
        if ceil < self.rate:
            problems.add(f"{self.path}.ceil", "it is less than the rate")
        for name, rate in (("burst", self.rate), ("cburst", ceil)):
            most = most_at(rate)
            if said.get(name, 0) > most:
                problems.add(f"{self.path}.{name}", f"at {RATE.text(rate)} the kernel takes {most} bytes at most")
        return True


for _section, _kind in ((FqCodel, "fq_codel"), (Cake, "cake"), (Htb, "htb")):
    for _name, _key in _keys(_kind).items():
        if _name not in _section.keys:
            _section.add(_name, _key)

#: Disciplines with options of their own.
_WITH_OPTIONS = ("fq_codel", "cake", "htb")
#: What netem does, which has a rate and a limit too.
_NETEM = ("delay", "jitter", "loss", "duplicate", "corrupt", "reorder")


class Written(NamedTuple):
    """A shaping: its queueing discipline, with the options that are said."""

    kind: str
    options: dict[str, int]


class Shaping(Section, what="shaping", needs="a delay, a rate, a loss or a qdisc"):
    """The shaping of what an interface sends."""

    delay = Key(TIME, "How long packets are held back, such as 20ms.")
    jitter = Key(TIME, "How much more or less that may be.")
    loss = Key(PERCENTAGE, "How many packets are lost, such as 1%.")
    duplicate = Key(PERCENTAGE, "How many packets are sent twice.")
    corrupt = Key(PERCENTAGE, "How many packets get an error in one bit.")
    reorder = Key(PERCENTAGE, "How many packets are sent at once, and so overtake those that are held back.")
    rate = Key(RATE, "The rate in bits a second, such as 10mbit.")
    burst = Key(SIZE, "How many bytes may be sent at once at more than the rate.")
    limit = Key(SIZE, "How much may wait: packets with a delay, losses and the like, bytes with a rate alone.")
    qdisc = Key(Choice("fq_codel", "cake", "htb", "ingress"), "Another queueing discipline.")
    fq_codel = Key(FqCodel, "The options of fq_codel.")
    cake = Key(Cake, "The options of cake.")
    htb = Key(Htb, "The one class of htb, for all that is sent.")

    def take(self, problems: Problems, written: Mapping[str, Any]) -> bool:
        complete = super().take(problems, written)
        said = [name for name in self.keys if written.get(name) is not None]
        if not said and written.keys() <= self.keys.keys():
            problems.add(self.path or "delay", "say what it is: a delay, a rate, a loss or the like, or a qdisc")
        self._together(problems, said)
        packets = self._is_netem(said) and self.limit is not None and "qdisc" not in said
        if packets and as_number(written["limit"]) is None:
            problems.add(self._at("limit"), "with a delay, losses and the like it is a number of packets")
        return complete

    @staticmethod
    def _is_netem(said: list[str]) -> bool:
        return any(name in said for name in _NETEM)

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _together(self, problems: Problems, said: list[str]) -> None:
        """Note what does not go with something else that is said, or needs it."""
        for name in _WITH_OPTIONS:
            if name in said and self.qdisc != name:
                problems.add(self._at(name), f"it goes with qdisc: {name}")
        others = [name for name in said if name not in ("qdisc", *_WITH_OPTIONS)]
        if "qdisc" in said:
            if self.qdisc == "htb" and "htb" not in said:
                problems.add(self._at("htb"), "it is missing: an htb needs a rate, as in htb: {rate: 10mbit}")
            for name in others:
                inside = self.qdisc == "htb" and name in Htb.keys
                why = "which takes the place of netem and tbf" + ("; write it in htb" if inside else "")
                problems.add(self._at(name), f"it does not go with qdisc, {why}")
            return
        for name in ("jitter", "reorder"):
            if name in said and "delay" not in said:
                problems.add(self._at(name), "it needs a delay")
        if "burst" in said and self._is_netem(said):
            problems.add(
                self._at("burst"), "it goes with a rate alone: with a delay, losses and the like there is none"
            )
        elif "rate" not in said and not self._is_netem(said):
            for name in ("burst", "limit"):
                if name in said:
                    problems.add(self._at(name), "it needs a rate")

    @property
    def written(self) -> Written:
        """The discipline that is said, with its options."""
        if self.qdisc is not None:
            section = getattr(self, self.qdisc, None)
            return Written(self.qdisc, {} if section is None else _said(section, section.keys))
        kind = "netem" if self._is_netem([name for name in self.keys if getattr(self, name) is not None]) else "tbf"
        return Written(kind, _said(self, DISCIPLINES[kind].options))


def _said(section: Section, names: Mapping[str, Any]) -> dict[str, int]:
    """Return the values that were written, by name."""
    found = {name: getattr(section, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}

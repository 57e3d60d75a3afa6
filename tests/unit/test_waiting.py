# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A condition knows how it is waited for; the kernel edge knows no condition by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import WaitingHost
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import KernelError
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel import edge, waiting
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Capability, Condition, immutable


@immutable
class Toy(Condition):
    """A condition of this test alone; waiting finds its number, and how many were waited for with it."""

    number: int
    plural = "toys"

    @classmethod
    def wait(cls, conditions: Sequence[Toy], host: WaitingHost) -> list[tuple[int, int]]:
        return [(one.number, len(conditions)) for one in conditions]

    def faults(self, found: Any) -> list[str]:
        return []


@immutable
class Other(Toy):
    """Another one, which takes a capability that no process has."""

    def capability(self) -> Capability:
        return Capability("CAP_TOY", 63, "toys cannot be played with")


def test_what_is_found_is_in_the_order_of_the_conditions() -> None:
    conditions: list[Condition] = [Toy(1), Other(2), Toy(3), Other(4), Other(5)]
    assert waiting.wait(conditions, -1) == [(1, 2), (2, 3), (3, 2), (4, 3), (5, 3)]


def test_what_a_condition_takes_is_asked_for_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs the tests may lack what every run needs.
    monkeypatch.setattr(edge.LinuxKernel, "__init__", lambda _kernel, _kinds: None)
    kernel = edge.LinuxKernel(KINDS)
    kernel.check_capabilities([], [Toy(1)])
    with pytest.raises(KernelError, match=r"lacks CAP_TOY, without which toys cannot be played with"):
        kernel.check_capabilities([], [Toy(1), Other(2)])

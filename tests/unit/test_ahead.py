# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces are there when the steps that need them come, and nothing is begun after a failure."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence

import pytest
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import StepFailed
from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.ahead import Ahead, by_need
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.address import AddAddress
from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.namespace import AddNamespace
from ansible_collections.linuxnet.netns.plugins.module_utils._model import Action

NAMES = ("a", "b", "c", "d")


class Recorded:
    """Begins with these actions, and notes which were carried out and which were finished, and by which thread."""

    def __init__(self, names: Sequence[str] = NAMES, broken: str = "") -> None:
        self.broken = broken
        self.performed: list[str] = []
        self.finished: list[str] = []
        self.threads: set[int] = set()
        #: Holds up the second action and what comes after it, in whatever thread.
        self.gate = threading.Event()
        self.ahead = Ahead([AddNamespace(name) for name in names], self._perform, self._finish)

    def _perform(self, action: Action) -> None:
        assert isinstance(action, AddNamespace)
        if action.name != "a":
            self.gate.wait(10)
        if action.name == self.broken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.performed.append(action.name)

    def _finish(self, action: Action) -> None:
        assert isinstance(action, AddNamespace)
        self.finished.append(action.name)
        self.threads.add(threading.get_ident())


def test_what_is_needed_is_waited_for_and_no_more() -> None:
    made = Recorded()
    made.ahead.ready("a")
    assert (made.performed, made.finished) == (["a"], ["a"])
    made.ahead.ready("somebody else's")
    made.gate.set()
    made.ahead.ready("c", helping=True)
    assert "c" in made.finished
    made.ahead.join()
    assert sorted(made.finished) == [*NAMES]
    assert made.threads == {threading.get_ident()}


def test_all_is_done_where_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    made = Recorded(("a",))
    made.ahead.ready("a")
    made.ahead.join()
    assert made.finished == ["a"]


@pytest.mark.parametrize("how", ["ready", "helping", "join"])
def test_a_failure_is_told_to_whoever_waits_and_nothing_is_begun_after_it(how: str) -> None:
    made = Recorded(broken="b")
    made.gate.set()

    def wait() -> None:
        if how != "join":
            made.ahead.ready("b" if how == "ready" else "d", helping=how == "helping")
        # Who helps may have the last one done before the second fails.
        made.ahead.join()

    with pytest.raises(StepFailed) as caught:
        wait()
    assert str(caught.value.step) == "ip netns add b"
    assert caught.value.words.startswith("No space left on device (ENOSPC)")
    assert caught.value.lasting
    # What was done is known, whoever did it.
    assert sorted(made.finished) == sorted(made.performed)
    assert made.finished[:1] == ["a"]


def test_what_is_stopped_begins_nothing_more() -> None:
    made = Recorded()
    made.ahead.ready("a")
    threading.Timer(0.05, made.gate.set).start()
    made.ahead.stop()
    # The second one may have been begun.
    assert made.finished == made.performed
    assert made.performed in (["a"], ["a", "b"])


def test_what_is_needed_first_comes_first() -> None:
    actions = [AddNamespace(name) for name in NAMES]
    later = [AddAddress("c", "lo", "10.0.0.1/32"), AddAddress("b", "lo", "10.0.0.1/32")]
    assert [action.name for action in by_need(actions, later) if isinstance(action, AddNamespace)] == [
        "c",
        "b",
        "a",
        "d",
    ]

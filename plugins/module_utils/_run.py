# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way of every module: normalise, observe, plan, stop in check mode, apply, verify, tell. Private."""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ansible_collections.linuxnet.netns.plugins.module_utils import _plan
from ansible_collections.linuxnet.netns.plugins.module_utils._echo import lines
from ansible_collections.linuxnet.netns.plugins.module_utils._errors import (
    Failed,
    Invalid,
    KernelError,
    LibraryMissing,
    enumerated,
    explained,
    unforeseen,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._model import (
    Condition,
    Declared,
    Scope,
    State,
)
from ansible_collections.linuxnet.netns.plugins.module_utils._normalise import Problems

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule
    from ansible_collections.linuxnet.netns.plugins.module_utils._contracts import Kernel


class Outcome(NamedTuple):
    """What a run did, or in check mode would do.

    ``now`` is the state afterwards, ``seconds`` how long it took. ``found`` is what was found of each condition that
    was to come true then, and ``waited`` how many seconds that took.
    """

    declared: Sequence[Declared]
    plan: _plan.Plan
    now: State
    seconds: float
    found: Sequence[tuple[Condition, Any]] = ()
    waited: float = 0


Declare = Callable[[Problems, Mapping[str, Any]], list[Declared]]
ResultOf = Callable[[Outcome], dict[str, Any]]


def run(
    module: AnsibleModule,
    declare: Declare,
    result_of: ResultOf,
    kernel: Optional[Kernel] = None,
    *,
    changes: bool = True,
    self_contained: bool = False,
    about: Callable[[], str] = str,
) -> None:
    """Bring the kernel to what the module's parameters declare, and end the module with its result.

    ``declare`` makes the declared objects of the parameters, noting mistakes. ``result_of`` makes what the module's
    result has beside ``changed``, ``commands`` and ``diff``. ``kernel`` is the kernel edge; tests put another one in.
    ``changes``: the module is one that changes the host, if it is not in check mode. The lock on the host is held until
    the change is verified, and not while conditions are waited for. ``self_contained``: what the module declares does
    not build upon what other tasks make; else check mode assumes what an earlier task of a play would have made.
    ``about`` is what the headers of the diff name beside namespaces, when all is declared.
    """
    started = time.monotonic()
    with failures_reported(module):
        problems = Problems()
        declared = declare(problems, module.params)
        problems.check()
        if kernel is None:
            from ansible_collections.linuxnet.netns.plugins.module_utils._kernel.edge import (
                LinuxKernel,
            )
            from ansible_collections.linuxnet.netns.plugins.module_utils._kinds.registry import KINDS

            kernel = LinuxKernel(KINDS, module.run_command)
        try:
            with kernel.locked(shared=module.check_mode or not changes):
                scope = _plan.scope_of(declared)
                observed = _observed(kernel, scope)
                observed.assumes = module.check_mode and not self_contained
                plan = _plan.make(declared, observed)
                now, conditions = plan.after, _conditions(declared, plan.after)
                kernel.check_capabilities(plan.steps, conditions)
                if plan.steps and not module.check_mode:
                    from ansible_collections.linuxnet.netns.plugins.module_utils._transaction import (
                        Transaction,
                    )

                    plan, now = Transaction(kernel, declared, scope).run(plan)
                    conditions = _conditions(declared, now)
            # In check mode too, when there is nothing to do: what is there already can be waited for.
            waited_for = () if plan.steps and module.check_mode else conditions
            outcome = _waited(kernel, Outcome(declared, plan, now, 0.0), started, waited_for)
        finally:
            kernel.close()
    for note in dict.fromkeys([*plan.after.notes, *now.notes]):
        module.warn(note)
    result = _result(module, outcome, about)
    result.update(result_of(outcome))
    unmet = _unmet(outcome.found)
    if unmet is not None:
        module.fail_json(msg=unmet, **result)
    module.exit_json(**result)


@contextmanager
def failures_reported(module: AnsibleModule) -> Iterator[None]:
    """Make the module's failure of what goes wrong inside, in words and without a trace.

    The process ends with the task: so cycles, of which there are few among a hundred thousand small objects, are not
    looked for, neither meanwhile nor when Python ends, which would take 7 % of it. A process that goes on finds its
    garbage collector as it was, and can have it look at what the task left (gc.unfreeze()).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    except Invalid as invalid:
        module.fail_json(msg=enumerated(invalid.problems), changed=False, commands=[])
    except Failed as failed:
        module.fail_json(msg=str(failed), changed=failed.changed, commands=failed.commands)
    except LibraryMissing as missing:
        from ansible.module_utils.basic import missing_required_lib

        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.trace, changed=False, commands=[])
    except KernelError as error:
        module.fail_json(msg=str(error), changed=False, commands=[])
    except OSError as error:
        text = f"This host does not let the task do its work: {explained(error)}."
        module.fail_json(msg=text, exception=traceback.format_exc(), changed=False, commands=[])
    except Exception as error:
        text = (
            f"Something went wrong that is not foreseen ({unforeseen(error)}). This is a fault of linuxnet.netns: "
            "please report it, with what the task prints at -vvv."
        )
        module.fail_json(msg=text, exception=traceback.format_exc(), changed=False, commands=[])
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _observed(kernel: Kernel, scope: Scope) -> State:
    """Return what there is before anything is done. Raises: KernelError."""
    try:
        return kernel.observe(scope)
    except LibraryMissing:
        raise
    except KernelError as error:
        raise KernelError(f"{error} Nothing was changed.") from error


def _conditions(declared: Sequence[Declared], state: State) -> list[Condition]:
    return [condition for one in declared for condition in one.conditions(state)]


def _waited(kernel: Kernel, outcome: Outcome, started: float, conditions: Sequence[Condition]) -> Outcome:
    """Return the outcome, when the conditions have come true or their time is over. Raises: Failed."""
    begun = time.monotonic()
    try:
        found = kernel.wait(conditions)
    except KernelError as error:
        raise Failed(str(error), outcome.plan.commands()) from error
    except OSError as error:
        text = f"What is declared is in place, but what was to come true could not be waited for: {explained(error)}."
        raise Failed(text, outcome.plan.commands()) from error
    ended = time.monotonic()
    return outcome._replace(seconds=ended - started, found=list(zip(conditions, found)), waited=ended - begun)


def _result(module: AnsibleModule, outcome: Outcome, about: Callable[[], str]) -> dict[str, Any]:
    """Return what every module's result has."""
    plan, commands = outcome.plan, outcome.plan.commands()
    result: dict[str, Any] = {"changed": bool(commands), "commands": commands}
    if module._diff:
        from ansible_collections.linuxnet.netns.plugins.module_utils import _diff

        before, after = (_plan.view(outcome.declared, state) for state in (plan.before, outcome.now))
        result["diff"] = _diff.diffs(before, after, plan.namespaces(), about())
    return result


def _unmet(found: Sequence[tuple[Condition, Any]]) -> Optional[str]:
    """Return the message of a task that fails because conditions have not come true, all of them; None when all
    have.
    """
    faults = [condition.faults(one) for condition, one in found]
    said = [fault for some in faults for fault in some]
    if not said:
        return None
    if len(found) == 1:
        return "; ".join(said)
    number = sum(map(bool, faults))
    plural = found[0][0].plural if len({type(one) for one, _found in found}) == 1 else "conditions"
    what = f"{number} of {len(found)} {plural} {'is' if number == 1 else 'are'} not as expected"
    return f"{what}: {said[0]}" if len(said) == 1 else "\n".join([f"{what}:", *lines(said)])

# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints mutants of modules.

mutants.py SEED COUNT MODULE …: a line of JSON for each of so many, chosen at random: its module, the operator that
changed it, its line, the line before and after, and the whole text of the changed module. It runs in an environment
that has cosmic-ray.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

#: One way to break each sort of code: all others of cosmic-ray are noticed by the same tests.
OPERATORS = (
    *("AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "NumberReplacer", "ExceptionReplacer"),
    *("ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "BitAnd_BitOr", "BitOr_BitAnd")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("LShift_RShift", "RShift_LShift")),
)


def places(module: str, text: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield where a module can be broken: itself, the operator, which of its occurrences, and the line."""
    nodes = list(ast_nodes(get_ast(text)))
    for name in OPERATORS:
        operator = cosmic_ray.plugins.get_operator(f"core/{name}")()
        found = [start for node in nodes for start, _end in operator.mutation_positions(node)]
        for occurrence, (line, _column) in enumerate(found):
            yield module, name, occurrence, line


def main(seed: str, count: str, modules: Sequence[str]) -> None:
    """Print the mutants."""
    texts = {module: Path(module).read_text(encoding="utf-8") for module in modules}
    everywhere = [place for module, text in texts.items() for place in places(module, text)]
    print(json.dumps(len(everywhere)))
    chosen = random.Random(seed).sample(everywhere, min(int(count), len(everywhere)))
    for module, name, occurrence, line in sorted(chosen):
        text = texts[module]
        mutated = mutate_code(text, cosmic_ray.plugins.get_operator(f"core/{name}")(), occurrence)
        old, new = text.splitlines(), (mutated or "").splitlines()
        print(json.dumps([module, name, line, old[line - 1], new[line - 1], mutated]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

"""Mutants: an item's module with one of its conditions turned round.

A condition is whatever decides: the test of an `if`, a conditional expression or a comprehension,
each part of an `and` or `or`, the guard of a `case`, and what a function returns as a truth value.
Only functions that `evaluate` reaches are changed, since those decide what is found.
"""

import ast
import copy
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from k8sharden.model.item import Item

_Functions = dict[str, ast.FunctionDef]


class Mutant(NamedTuple):
    """One condition turned round: where it stands, how it reads, and the changed module."""

    line: int
    condition: str
    tree: ast.Module

    def item(self, original: Item) -> Item:
        """Run the changed module and return its item. Raises what its code raises."""
        home = sys.modules[original.evaluate.__module__]
        module = ModuleType(f"{home.__name__}_mutant")
        module.__dict__["__file__"] = home.__file__
        exec(compile(self.tree, str(home.__file__), "exec"), module.__dict__)  # noqa: S102 - ours
        found = (each for each in vars(module).values() if isinstance(each, Item))
        return next(each for each in found if each.id == original.id)


def mutants(item: Item) -> Iterator[Mutant]:
    """Yield each mutant of an item's conditions, in the order of the source."""
    tree = ast.parse(inspect.getsource(sys.modules[item.evaluate.__module__]))
    for number, condition in enumerate(_conditions(tree, item)):
        changed = copy.deepcopy(tree)
        target = _conditions(changed, item)[number]
        _Turn(target).visit(changed)
        yield Mutant(condition.lineno, ast.unparse(condition), ast.fix_missing_locations(changed))


class _Turn(ast.NodeTransformer):
    def __init__(self, target: ast.expr) -> None:
        self.target = target

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if node is self.target:
            return ast.UnaryOp(ast.Not(), self.target)
        return super().generic_visit(node)


def _conditions(tree: ast.Module, item: Item) -> list[ast.expr]:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    reached = _reached(item.evaluate.__name__, functions)
    bodies = [functions[name] for name in functions if name in reached]
    found = [part for body in bodies for node in ast.walk(body) for part in _parts_of(node, body)]
    once = {id(part): part for part in found}
    return sorted(once.values(), key=lambda part: (part.lineno, part.col_offset, _end(part)))


def _parts_of(node: ast.AST, function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the conditions that stand in a node itself."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test
        case ast.comprehension(ifs=tests):
            yield from tests
        case ast.match_case(guard=ast.expr() as guard):
            yield guard
        case ast.BoolOp(values=values):
            yield from _truths(node, values)
        case ast.Return(value=ast.expr() as value) if _says_whether(function):
            yield value
        case _:
            pass


def _truths(node: ast.BoolOp, values: list[ast.expr]) -> list[ast.expr]:
    # `x or default` picks a value: turning x round would test another thing than a condition.
    logical = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Call)
    return values if all(isinstance(value, logical) for value in values) and node else []


def _says_whether(function: ast.FunctionDef) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "bool"


def _reached(start: str, functions: _Functions) -> set[str]:
    """Return the names of the module's functions that ``start`` uses, directly or not."""
    assert start in functions, f"evaluate has to be a function of its module, not {start}"
    reached = {start}
    waiting = [start]
    while waiting:
        for node in ast.walk(functions[waiting.pop()]):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in reached:
                reached.add(node.id)
                waiting.append(node.id)
    return reached


def _end(part: ast.expr) -> tuple[int, int]:
    return part.end_lineno or 0, part.end_col_offset or 0

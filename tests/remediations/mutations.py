"""Mutants: an item with one of the conditions that it rests on turned round.

A condition is whatever decides: the test of an `if`, a conditional expression or a comprehension,
each part of an `and` or `or`, the guard of a `case`, and what a function returns as a truth value.
The functions that `evaluate` reaches in the catalogue and in the analyses decide what is found;
each of their conditions is turned round in place, by exchanging the function's code for a while.
"""

import ast
import copy
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

from k8sharden.model.item import Item

_CODE = "__code__"
PACKAGES = ("remediations.", "k8sharden.analysis.")


class Mutant(NamedTuple):
    """One condition turned round: whose it is, where it stands, how it reads."""

    function: FunctionType
    line: int
    condition: str
    code: CodeType

    @property
    def place(self) -> str:
        """Where the condition stands, for people."""
        return f"{self.function.__module__}:{self.line}"

    @contextmanager
    def active(self) -> Iterator[None]:
        """Turn the condition round for the time of a `with` statement."""
        # By name, since mypy takes a function for a method, whose code cannot be exchanged.
        right = getattr(self.function, _CODE)
        setattr(self.function, _CODE, self.code)
        try:
            yield
        finally:
            setattr(self.function, _CODE, right)


def mutants(item: Item) -> Iterator[Mutant]:
    """Yield each mutant of the conditions that an item's `evaluate` rests on."""
    for function in _reached(item):
        tree = ast.parse(inspect.getsource(sys.modules[function.__module__]))
        for number, condition in enumerate(_conditions(tree, function)):
            changed = copy.deepcopy(tree)
            _Turn(_conditions(changed, function)[number]).visit(changed)
            code = _code(ast.fix_missing_locations(changed), function)
            yield Mutant(function, condition.lineno, ast.unparse(condition), code)


class _Turn(ast.NodeTransformer):
    def __init__(self, target: ast.expr) -> None:
        self.target = target

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if node is self.target:
            return ast.UnaryOp(ast.Not(), self.target)
        return super().generic_visit(node)


def _reached(item: Item) -> list[FunctionType]:
    """Return the functions that ``evaluate`` uses, directly or not, in the order of discovery."""
    assert isinstance(item.evaluate, FunctionType), "evaluate has to be a function of a module"
    reached = [item.evaluate]
    for function in reached:  # grows while it is walked
        names = _names(function.__code__)
        homes = [vars(value) for name in names if _is_ours(value := function.__globals__.get(name))]
        for home in (function.__globals__, *homes):
            found = (home.get(name) for name in names)
            reached += [
                each
                for each in found
                if isinstance(each, FunctionType)
                and each.__module__.startswith(PACKAGES)
                and each not in reached
            ]
    return reached


def _is_ours(value: object) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith(PACKAGES)


def _names(code: CodeType) -> list[str]:
    """Return the global names that a function uses, its inner functions' included."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return list(dict.fromkeys([*code.co_names, *(name for part in inner for name in _names(part))]))


def _code(tree: ast.Module, function: FunctionType) -> CodeType:
    """Compile a changed module and take the function's code out of it, without running it."""
    compiled = compile(tree, function.__code__.co_filename, "exec")
    parts = [part for part in compiled.co_consts if isinstance(part, CodeType)]
    return next(part for part in parts if part.co_name == function.__name__)


def _conditions(tree: ast.Module, function: FunctionType) -> list[ast.expr]:
    """Return a function's conditions in the order of the source."""
    bodies = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    body = next(each for each in bodies if each.name == function.__name__)
    found = [part for node in ast.walk(body) for part in _parts_of(node, body)]
    once = {id(part): part for part in found}
    return sorted(once.values(), key=_position)


def _parts_of(node: ast.AST, function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the conditions that stand in a node itself."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test
        case ast.comprehension(ifs=tests):
            yield from tests
        case ast.match_case(guard=ast.expr() as guard):
            yield guard
        case ast.BoolOp(values=values) if all(map(_is_logical, values)):
            yield from values
        case ast.Return(value=ast.expr() as value) if _says_whether(function):
            yield value
        case _:
            pass


def _is_logical(value: ast.expr) -> bool:
    # `x or default` picks a value: turning x round would test another thing than a condition.
    return isinstance(value, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call)


def _says_whether(function: ast.FunctionDef) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "bool"


def _position(part: ast.expr) -> tuple[int, int, int, int]:
    return part.lineno, part.col_offset, part.end_lineno or 0, part.end_col_offset or 0

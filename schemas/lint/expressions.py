"""Lint of computed fields: expressions that read, name fields there are, make the right kind, and run in no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from schemas import expressions
from schemas.computing import Node, Step, inputs_of, is_computed
from schemas.expressions import Expression
from schemas.finding import Finding
from schemas.lint.flaw import Flaw, OptionPath, tables_of, unknown_field
from schemas.lint.kinds import KindProblem, kind_of, kind_of_field
from schemas.template import Field, Template


def find_expression_flaws(template: Template) -> Iterator[Flaw]:
    """Flaws of every expression, then circles among those that can be read."""
    fields: dict[Node, Field] = {}
    for table in tables_of(template):
        line = table.line.key if table.line else ""
        fields |= {(line, field.key): field for field in table.fields}
    steps: dict[Node, tuple[Step, OptionPath]] = {}
    for table in tables_of(template):
        line = table.line.key if table.line else ""
        for path, field in table.each():
            node = (line, field.key)
            if field.in_force is not None:
                steps[node] = (Step(node, field, field.in_force), (*path, "in_force"))
            elif is_computed(field) and field.compute:
                at = (*path, "compute")
                parsed = expressions.parse(field.compute)
                if isinstance(parsed, Finding):
                    yield Flaw(parsed.code, at, parsed.params)
                    continue
                steps[node] = (Step(node, field, parsed), at)
                yield from _find_flaws(parsed, field, line, at, fields, template)
    yield from _find_circles(steps, fields)


def _find_flaws(
    parsed: Expression, field: Field, line: str, at: OptionPath, fields: Mapping[Node, Field], template: Template
) -> Iterator[Flaw]:
    unknown = [*_find_unknown_names(parsed, line, at, fields, template)]
    yield from unknown
    if unknown:
        return
    try:
        made = kind_of(parsed.root, lambda name: _kind(fields.get((line, name)) or fields.get(("", name))), fields)
    except KindProblem as problem:
        yield Flaw("T039", at, {"near": problem.near, "expected_word": f"kind.{problem.expected}"})
        return
    wanted = kind_of_field(field)
    if made != wanted:
        params = {"made_word": f"kind.{made}", "expected_word": f"kind.{wanted}", "result": field.result or "decimal"}
        yield Flaw("T061", at, params)


def _kind(field: Field | None) -> str:
    return kind_of_field(field) if field else "text"


def _find_unknown_names(
    parsed: Expression, line: str, at: OptionPath, fields: Mapping[Node, Field], template: Template
) -> Iterator[Flaw]:
    own = [key for table, key in fields if table in ("", line)]
    for name in sorted(parsed.names):
        if (line, name) not in fields and ("", name) not in fields:
            yield unknown_field(at, "compute", name, own)
    for table, key in sorted(parsed.line_names):
        if table not in template.lines_by_key:
            yield unknown_field(at, "compute", table, template.lines_by_key)
        elif key and (table, key) not in fields:
            known = [f"{table}.{other}" for other_table, other in fields if other_table == table]
            yield unknown_field(at, "compute", f"{table}.{key}", known)


def _find_circles(steps: Mapping[Node, tuple[Step, OptionPath]], fields: Mapping[Node, Field]) -> Iterator[Flaw]:
    """T038, at the first field of the circle."""
    graph = {node: [other for other in inputs_of(step, fields) if other in steps] for node, (step, _) in steps.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[Node] = [*dict.fromkeys(error.args[1])]
        first = min(circle, key=list(steps).index)
        yield Flaw("T038", steps[first][1], {"circle": tuple(".".join(filter(None, node)) for node in circle)})

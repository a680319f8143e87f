"""The Python reference: what ``import vitrine`` offers, from signatures and docstrings.

griffe reads them without running the code. mkdocstrings would render them too, but brings mkdocs, which nobody keeps.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import griffe

_ROLE = re.compile(r":(?:class|meth|func|mod|attr|data):`~?([^`]+)`")
_LITERAL = re.compile(r"``([^`]+)``")
_CODE_AFTER_COLONS = re.compile(r"::\n\n((?:    .*(?:\n|$)|\n)+)")


def python_pages(root: Path) -> dict[str, str]:
    """Return the pages below ``reference/`` by their file names: one for each service, one for all else."""
    package = griffe.load("core", search_paths=[root], docstring_parser=griffe.Parser.google)
    assert isinstance(package, griffe.Module)
    objects = {name: _target(package[name]) for name in _public_names(package)}
    services = {name: one for name, one in objects.items() if isinstance(one, griffe.Class) and _methods(one)}
    tables = {name: one for name, one in objects.items() if name not in services and isinstance(one, griffe.Class)}
    functions = {name: one for name, one in objects.items() if isinstance(one, griffe.Function)}
    assert package.docstring is not None
    pages = {f"python/{name}.md": "\n".join(_class(name, one)) for name, one in services.items()}
    pages["python/functions.md"] = "\n".join(_functions(functions))
    pages["python/tables.md"] = "\n".join(_tables(tables))
    pages["python/index.md"] = "\n".join(_index(_markdown(package.docstring.value), services, functions, tables))
    return pages


def _public_names(package: griffe.Module) -> list[str]:
    assert package.exports is not None
    return sorted(str(name) for name in package.exports)


def _target(one: griffe.Object | griffe.Alias) -> griffe.Object:
    return one.final_target if isinstance(one, griffe.Alias) else one


def _methods(one: griffe.Class) -> dict[str, griffe.Function]:
    """Return the public methods, those of the own base classes included."""
    members = {name: _target(member) for name, member in one.all_members.items() if not name.startswith("_")}
    return {name: member for name, member in members.items() if isinstance(member, griffe.Function)}


def _index(
    tutorial: str,
    services: dict[str, griffe.Class],
    functions: dict[str, griffe.Function],
    tables: dict[str, griffe.Class],
) -> Iterator[str]:
    yield f"# Python\n\n{tutorial}\n\n## Everything that `import vitrine` offers\n"
    yield "| name | |\n|---|---|"
    for names, page in ((services, "{}.md"), (functions, "functions.md#{}"), (tables, "tables.md#{}")):
        for name, one in names.items():
            yield f"| [`{name}`]({page.format(name)}) | {_first_line(one)} |"


def _class(name: str, one: griffe.Class) -> Iterator[str]:
    yield f"# {name}\n\n{_text(one)}\n"
    if "__init__" in one.members and isinstance(start := one.members["__init__"], griffe.Function):
        yield _signature(name, start)
        yield from _sections(start)
    for method_name, method in _methods(one).items():
        yield f"## {method_name} {{ #{method_name} }}\n"
        yield _signature(method_name, method)
        yield from _sections(method)


def _functions(functions: dict[str, griffe.Function]) -> Iterator[str]:
    yield "# Functions\n"
    for name, one in functions.items():
        yield f"## {name} {{ #{name} }}\n"
        yield _signature(name, one)
        yield from _sections(one)


def _tables(tables: dict[str, griffe.Class]) -> Iterator[str]:
    yield "# Tables and results\n\nWhat the services return: plain values, which are not connected to the database.\n"
    for name, one in tables.items():
        yield f"## {name} {{ #{name} }}\n\n{_text(one)}\n"
        fields = [each for each in one.all_members.values() if each.is_attribute and not each.name.startswith("_")]
        if fields:
            yield "| field | type | |\n|---|---|---|"
        for field in map(_target, fields):
            yield f"| `{field.name}` | {_type(getattr(field, 'annotation', None))} | {_cell(_text(field))} |"
        yield ""


def _signature(name: str, one: griffe.Function) -> str:
    """Return the signature as a code block, a parameter a line when it is long."""
    parameters = [text for text in _parameters(one) if text != "self"]
    start = f"{'async ' if 'async' in one.labels else ''}{name}("
    end = f"){f' -> {one.returns}' if one.returns and name[0].islower() else ''}"
    short = f"{start}{', '.join(parameters)}{end}"
    wrapped = f"{start}\n" + "".join(f"    {text},\n" for text in parameters) + end
    return f"```python\n{short if len(short) <= 100 else wrapped}\n```\n"


def _parameters(one: griffe.Function) -> Iterator[str]:
    keyword_only = False
    for each in one.parameters:
        if each.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            yield "*"
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(each.kind, "")
        keyword_only = keyword_only or stars == "*"
        annotation = f": {each.annotation}" if each.annotation is not None else ""
        default = "" if each.default is None or stars else (" = " if annotation else "=") + str(each.default)
        yield f"{stars}{each.name}{annotation}{default}"


def _sections(one: griffe.Object) -> Iterator[str]:
    """Yield the docstring as Markdown: texts, and lists of parameters and errors."""
    for section in one.docstring.parsed if one.docstring else ():
        if section.kind is griffe.DocstringSectionKind.text:
            yield f"{_markdown(section.value)}\n"
        elif section.kind is griffe.DocstringSectionKind.parameters:
            yield from (f"- `{each.name}`: {_one_line(each.description)}" for each in section.value)
            yield ""
        elif section.kind is griffe.DocstringSectionKind.raises:
            yield from (f"- raises `{each.annotation}`: {_one_line(each.description)}" for each in section.value)
            yield ""


def _text(one: griffe.Object) -> str:
    return "\n".join(_sections(one)).strip()


def _first_line(one: griffe.Object) -> str:
    return _cell(_text(one).partition("\n\n")[0])


def _type(annotation: object) -> str:
    return f"`{str(annotation).replace('|', chr(92) + '|')}`" if annotation is not None else ""


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(_markdown(text).split())


def _markdown(text: str) -> str:
    text = _CODE_AFTER_COLONS.sub(lambda found: f":\n\n```python\n{_dedented(found[1])}\n```\n\n", text)
    text = _ROLE.sub(lambda found: f"`{found[1]}`", text)
    return _LITERAL.sub(r"`\1`", text)


def _dedented(block: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in block.splitlines()).strip()

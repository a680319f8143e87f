"""The reference of export formats, from what each format declares: who was run on it, and what loads it."""

from collections.abc import Iterator

from core.export import Format, parse_recipe
from core.export.formats import PURPOSES, formats_for
from core.export.reporting.loading import load_command


def formats_page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Export formats\n"
    yield "Each bundle has a README with these words and its own paths. Programs and versions are those in which"
    yield "bundles were loaded completely; [how that was done](../CONSUMERS.md).\n"
    for purpose, title in PURPOSES.items():
        yield f"## {title}\n"
        for format_ in formats_for(purpose):
            yield from _format(format_)


def _format(format_: Format) -> Iterator[str]:
    yield f"### {format_.label} {{ #{format_.name} }}\n"
    yield f"`{format_.name}`. {format_.help} {format_.claim}\n"
    if format_.install:
        yield f"```sh\n{format_.install}\n```\n"
    loading = load_command(format_, parse_recipe({"format": format_.name}), f"shelf-{format_.name}", ())
    yield f"```{format_.load_language}\n{loading}\n```\n"
    yield from (f"- {hint}" for hint in format_.hints)
    if format_.hints:
        yield ""

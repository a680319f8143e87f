"""The report as one HTML file: it fetches nothing, runs nothing, and can be printed."""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from core.checks.reporting.content import NOT_MEASURED, Example, Fact, Section, Table
from core.checks.reporting.source import Source
from core.checks.reporting.style import CSS
from core.pluralize import pluralize

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing but the pictures in it."""
_NUMBER = re.compile(r"[$+-]?[\d,.]+(?: ?%| ms| s)?")


def as_html(source: Source, headings: Sequence[tuple[str, list[Section]]]) -> str:
    """Return the page."""
    title = _text(source.title)
    return "\n".join([
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Dataset report: {title}</title>",
        f"<style>{CSS}</style></head><body><main>",
        f"<header><p class=kind>Dataset report</p><h1>{title}</h1>",
        f"<p class=about>{_about(source)}</p>",
        "</header>",
        _summary(source, headings),
        *(_heading(title, sections) for title, sections in headings),
        '<footer><p>Written by Vitrine. Headings follow Gebru et al., "Datasheets for Datasets" (2021). Shares are '
        "rounded to whole percent; intervals are at 95%. Numbers without a time were counted when this report was "
        "made.</p></footer></main></body></html>",
        "",
    ])  # fmt: skip


def _about(source: Source) -> str:
    entries, at = _text(pluralize(source.total, "entry")), _time(source.changed_at)
    if source.bundle:
        return f"{entries} of this export, as of {at}, the last change of one of them."
    return f"{entries} that are not rejected, as of {at}, the last change of the project."


def _summary(source: Source, headings: Sequence[tuple[str, list[Section]]]) -> str:
    sections = [section for _, of_heading in headings for section in of_heading]
    said = [f"<li>{_text(one.sentence)}</li>" for one in sections if one.at and one.sentence]
    missing = [_text(one.title) for one in sections if one.not_run]
    if missing:
        said.append(f"<li class=missing>{'Not measured' if source.bundle else 'Not run'}: {', '.join(missing)}.</li>")
    return f"<section class=summary><h2>In short</h2><ul>{''.join(said)}</ul></section>"


def _heading(title: str, sections: Iterable[Section]) -> str:
    return f"<section><h2>{_text(title)}</h2>{''.join(map(_section, sections))}</section>"


def _section(section: Section) -> str:
    parts = [f"<article><h3>{_text(section.title)}</h3>"]
    if section.not_run:
        return f"{parts[0]}<p class=missing>{_not_run(section.not_run)}</p></article>"
    if section.sentence:
        parts.append(f"<p class=said>{_text(section.sentence)}</p>")
    if section.facts:
        parts.append(f"<table class=facts><tbody>{''.join(map(_fact, section.facts))}</tbody></table>")
    parts += map(_table, section.tables)
    if section.examples:
        parts.append(f"<div class=examples>{''.join(map(_example, section.examples))}</div>")
    if how := _how(section):
        parts.append(f"<p class=how>{how}</p>")
    return "".join([*parts, "</article>"])


def _not_run(how_to: str) -> str:
    return _text(how_to) if how_to == NOT_MEASURED else f"<b>Not run.</b> {_text(how_to)}"


def _how(section: Section) -> str:
    parts = [_text(section.how)] if section.how else []
    if section.at:
        parts.append(
            f"Measured {_time(section.at)} of {_text(section.of or 'all entries that were not rejected then')}."
        )
    return " ".join(parts)


def _fact(fact: Fact) -> str:
    how = f"<small>{_text(fact.how)}</small>" if fact.how else ""
    return f"<tr><th scope=row>{_text(fact.label)}{how}</th>{_plain_cell(fact.value)}</tr>"


def _table(table: Table) -> str:
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    columns = zip(*table.rows, strict=False) if table.rows else [()] * len(table.head)
    head = "".join(
        f"<th scope=col{' class=number' if column and all(map(_is_number, column)) else ''}>{_text(name)}</th>"
        for name, column in zip(table.head, columns, strict=False)
    )
    rows = "".join(
        f"<tr>{''.join(_cell(value, number == table.share_column) for number, value in enumerate(row))}</tr>"
        for row in table.rows
    )
    return f"<table class=rows>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: str, is_share: bool) -> str:
    if not is_share or not value.removesuffix("%").isdigit():
        return _plain_cell(value)
    width = min(int(value.removesuffix("%")), 100)
    return f'<td class=share><span class=bar style="width:{width}%"></span><span>{_text(value)}</span></td>'


def _plain_cell(value: str) -> str:
    return f"<td{' class=number' if _is_number(value) else ''}>{_text(value)}</td>"


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _example(example: Example) -> str:
    picture = "<div class=nothing>no picture</div>"
    if example.picture is not None:
        data = base64.b64encode(example.picture).decode()
        picture = f'<img alt="{_text(example.image_name)}" src="data:image/jpeg;base64,{data}">'
    return (
        f"<figure>{picture}<figcaption><b>{_text(example.question)}</b><span>{_text(example.answer)}</span>"
        f"<small>{_text(example.about)}</small></figcaption></figure>"
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _text(text: str) -> str:
    """Return *text* escaped for HTML, without characters that are not shown or turn the direction of what follows."""
    plain = "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)
    return escape(plain.encode("utf-8", "replace").decode())

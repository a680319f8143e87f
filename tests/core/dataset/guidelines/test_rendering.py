"""Markdown of guidelines: what is shown, and what never is."""

from html.parser import HTMLParser

import pytest

from core.dataset.guidelines.rendering import as_html, image_ids, without_images

CUP = "Cup-0123456789_abcdef"
URLS = {CUP: f"/img/{CUP}/view?v=1"}


def test_an_image_of_the_project_is_shown_by_its_address_and_any_other_by_its_description() -> None:
    text = f"![A cup](image:{CUP}) ![gone](image:{'x' * 21}) ![spy](https://spy.example/pixel.png) ![](//spy/x)"
    assert as_html(text, URLS) == f'<p><img src="/img/{CUP}/view?v=1" alt="A cup"> [gone] [spy] [image]</p>\n'


def test_headings_lists_tables_and_links_are_shown() -> None:
    shown = as_html("# Cups\n\n- **count** them\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n[more](https://a.example)", {})
    assert "<h1>Cups</h1>" in shown
    assert "<li><strong>count</strong> them</li>" in shown
    assert '<td>1</td>\n<td align="right">2</td>' in shown
    assert '<a href="https://a.example" target="_blank" rel="noopener noreferrer">more</a>' in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<style>@import url(//spy.example)</style>",
        f'![a"onerror="alert(1)](image:{CUP})',
        "```\n</code><iframe src=//spy.example>\n```",
    ],
)
def test_no_markup_of_the_author_and_no_other_address_comes_through(text: str) -> None:
    class Seen(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert (tag, [name for name, _ in attrs]) in (("p", []), ("pre", []), ("code", []), ("img", ["src", "alt"]))
            assert dict(attrs).get("src", URLS[CUP]) == URLS[CUP]

    Seen().feed(as_html(text, URLS))


def test_the_ids_are_those_of_images_and_a_file_outside_has_their_descriptions() -> None:
    text = f'See ![A cup](image:{CUP}) and `image:{"y" * 21}`, ![](<image:{CUP}> "t").'
    assert image_ids(text) == {CUP}
    assert without_images(text) == (f"See *(image: A cup)* and `image:{'y' * 21}`, *(image: without a description)*.")


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        (f"![A cup][c] and\n\n[C]: image:{CUP} 'Cup'\n", "*(image: A cup)* and\n\n"),
        (f"> ![cup][]\n> ![cup]\n>\n> [cup]: <image:{CUP}>", "> *(image: cup)*\n> *(image: cup)*\n>\n"),
        (f"![a [small] cup](image:{CUP})", "*(image: a [small] cup)*"),
        (
            f"![other][o] ![A cup][c]\n\n[o]: https://a.example\n[c]: image:{CUP}",
            "![other][o] *(image: A cup)*\n\n[o]: https://a.example\n",
        ),
        (f"![a [[very]] small cup](image:{CUP})", "![a [[very]] small cup](image)"),
        (f"{'[' * 1_001} ![A cup](image:{CUP})", f"{'[' * 1_001} ![A cup](image)"),
    ],
)
def test_a_file_outside_names_no_image_of_the_project_however_it_was_written(text: str, outside: str) -> None:
    assert without_images(text) == outside

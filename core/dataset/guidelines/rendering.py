"""Markdown of guidelines as HTML: no HTML of the author, no image from outside, links that open beside the page.

An image of the project is written as ``![what it shows](image:ID)``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_IMAGE = re.compile(r"image:([0-9A-Za-z_-]{21})")
_TEXT_IN_BRACKETS = r"((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)"
_ADDRESS = r"<?image:[0-9A-Za-z_-]{21}>?"
_IMAGE_IN_TEXT = re.compile(rf"!\[{_TEXT_IN_BRACKETS}\]\(\s*{_ADDRESS}[^)]*\)")
_DEFINITION = re.compile(rf"^[ >]*\[([^\[\]]+)\]:\s*{_ADDRESS}[^\n]*\n?", re.MULTILINE)
_BY_REFERENCE = re.compile(rf"!\[{_TEXT_IN_BRACKETS}\](?:\[([^\[\]]*)\])?")
MAX_BRACKETS = 1_000
"""How many opening square brackets are parsed: the time grows with the square of their number."""
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"},
    "td": {"align"}, "th": {"align"},
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}


def image_ids(text: str) -> set[str]:
    """Return the ids of the images that guidelines show."""
    return {found[1] for token in _images(_parser().parse(text)) if (found := _IMAGE.fullmatch(_address(token)))}


def as_html(text: str, urls: Mapping[str, str]) -> str:
    """Return guidelines as HTML that may be put into a page.

    Args:
        text: The Markdown.
        urls: The address of each image of the project, by its id; every other image is shown as its description.
    """
    import nh3

    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:  # a column that is aligned right, as numbers should be; styles are not let through
        if token.type in ("td_open", "th_open") and token.attrGet("style"):
            token.attrSet("align", str(token.attrGet("style")).removeprefix("text-align:"))
    for token in _images(tokens):
        found = _IMAGE.fullmatch(_address(token))
        url = urls.get(found[1]) if found else None
        if url is None:
            token.type, token.tag, token.content, token.children = "text", "", f"[{token.content or 'image'}]", None
        else:
            token.attrSet("src", url)
    allowed = frozenset(urls.values())
    return nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=lambda tag, name, value: None if (tag, name) == ("img", "src") and value not in allowed
        else value,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip


def without_images(text: str) -> str:
    """Return the Markdown with the description of each image of the project in its place, for outside of it."""
    if has_too_many_brackets(text):
        return _IMAGE.sub("image", text)
    text = _IMAGE_IN_TEXT.sub(lambda found: _described(found[1]), text)
    defined = {_label(found[1]) for found in _DEFINITION.finditer(text)}
    text = _BY_REFERENCE.sub(
        lambda found: _described(found[1]) if _label(found[2] or found[1]) in defined else found[0],
        _DEFINITION.sub("", text),
    )
    for id_ in image_ids(text):  # what is written in yet another way
        text = text.replace(f"image:{id_}", "image")
    return text


def has_too_many_brackets(text: str) -> bool:
    """Whether parsing the Markdown would take long."""
    return text.count("[") > MAX_BRACKETS


def _described(description: str) -> str:
    return f"*(image: {description or 'without a description'})*"


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _images(tokens: "list[Token]") -> "Iterator[Token]":
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                yield child


def _address(image: "Token") -> str:
    return str(image.attrGet("src") or "")

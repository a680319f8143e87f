r"""Keeps LaTeX in the JSON of a reply: models write ``\frac`` with one backslash, which JSON reads as a form feed.

Of the escapes that JSON knows, ``\b`` and ``\f`` before a letter are always meant as LaTeX (or as a path). ``\n``,
``\r`` and ``\t`` also begin words; they are LaTeX when the word is a command that is no word of a language, or any
command within a formula. ``\u`` is one when no code point follows. All other commands are no escapes of JSON, and
:mod:`core.llm.relaxed_json` keeps their backslash.
"""

import re

_NAME = re.compile(r"(?<!\\)(?:\\\\)*\\(?P<name>[bfnrtu][a-zA-Z]+)")
# Commands that are no word of a language after ``n``, ``r`` or ``t``, as a line break or a tab would make it. Sources:
# the LaTeX kernel, amsmath and amssymb.
_COMMAND = re.compile(
    "n(?:abla|atural|cong|earrow|eq|exists|geq|gtr|leftarrow|leq|less|mid|olimits|onumber|otin|parallel|prec"
    "|rightarrow|sim|subseteq|succ|supseteq|vdash|warrow)"
    "|r(?:angle|brace|brack|ceil|floor|ho|ight|ightarrow|ightharpoonup|ightleftharpoons|oot|times|vert|Vert)"
    "|t(?:anh|binom|ext|ext(?:bf|it|rm|sc|sf|style|tt|up)|frac|herefore|heta|hickapprox|hicksim|hinspace|ilde|imes"
    "|riangle|riangleq|riangleleft|riangleright|woheadrightarrow)"
    "|u(?:lcorner|nderbrace|nderline|nderset|nlhd|nrhd|parrow|pdownarrow|pharpoonright|plus|psilon|puparrows|rcorner)"
)
_COMMAND_IN_FORMULA = re.compile("ne|neg|ni|not|nu|newline|rm|tan|tau|tiny|to|top")
# A formula is shorter; searching further would take quadratic time.
_MAX_FORMULA_CHARS = 500
# A dollar before a digit is a price.
_END_OF_FORMULA = re.compile(rf'[^"$]{{0,{_MAX_FORMULA_CHARS}}}\$(?!\d)')


def kept(text: str) -> str:
    """Return the JSON in *text* with the backslashes of LaTeX doubled, so that it is read as it was written."""
    return _NAME.sub(_doubled, text) if "\\" in text else text


def _doubled(match: re.Match[str]) -> str:
    name = match["name"]
    if name[0] in "bf" or _COMMAND.fullmatch(name) or (_COMMAND_IN_FORMULA.fullmatch(name) and _is_in_formula(match)):
        return f"{match[0][: -len(name)]}\\{name}"
    return match[0]


def _is_in_formula(match: re.Match[str]) -> bool:
    """Return whether a formula begins before the match in the same JSON text, and does not end before it."""
    start = max(0, match.start() - _MAX_FORMULA_CHARS)
    before = match.string[start : match.start()].rpartition('"')[2]
    if before.count("$") % 2 == 1:
        return _END_OF_FORMULA.match(match.string, match.end()) is not None
    return any(before.rfind(begin) > before.rfind(end) for begin, end in ((r"\(", r"\)"), (r"\[", r"\]")))

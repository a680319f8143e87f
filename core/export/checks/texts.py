"""Finds control words in the texts of rows."""

import re

# The list again, as one pattern: a checker that imported the list of the writers could not find its gaps.
_CONTROL_WORD = re.compile(
    r"(?i:<(?:image|video|audio|bbox|ref-object)>)"
    r"|<[|｜][^|｜<>\n]{1,40}[|｜]>"
    r"|</?(?:s|img|quad|ref|box)>|<(?:unk|IMG_CONTEXT|image_placeholder|bos|eos|pad|mask)>"
    r"|<(?:start|end)_of_(?:turn|image|utterance)>|<(?:image_soft_token|fake_token_around_image|global-img)>"
    r"|\[/?(?:INST|IMG|IMG_BREAK|IMG_END|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|ASSISTANT: "
)


def control_word(text: str) -> str:
    """Return the first control word of a tokenizer or a trainer in *text*, an empty string when there is none."""
    found = _CONTROL_WORD.search(text)
    return found[0] if found else ""

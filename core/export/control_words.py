"""Control words: texts that a tokenizer or a trainer reads as a command, such as ``<|im_end|>`` or ``<image>``.

A question or an answer with one would end a turn, or stand for an image that its row does not have. Formats for
trainers write these words in other brackets, which every tokenizer reads as plain text.
"""

import re

# By the models that read them. Sources: the added tokens in the ``tokenizer_config.json`` of the named models on the
# Hugging Face Hub, and the code of the named programs. Words with bars need no entry, the pattern finds them all:
# Qwen-VL (<|image_pad|>, <|im_end|>), Llama 3 and 4 (<|eot_id|>, <|image|>), Phi-3.5-vision and Phi-4-multimodal
# (<|user|>, <|image_1|>), SmolVLM2 and nanoVLM; with full-width bars those of DeepSeek-VL.
CONTROL_WORDS: dict[str, tuple[str, ...]] = {
    # LLaMA-Factory (data/mm_plugin.py) and ms-swift (template/base.py) count these in every text, in any case.
    "placeholders": ("<image>", "<video>", "<audio>", "<bbox>", "<ref-object>"),
    # lmsys/vicuna-7b-v1.5, mistralai/Pixtral-12B-2409.
    "Llama 2": ("<s>", "</s>", "<unk>"),
    # OpenGVLab/InternVL2_5-8B.
    "InternVL": ("<IMG_CONTEXT>", "<img>", "</img>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"),
    # google/gemma-3-4b-it, google/paligemma2-3b-pt-224.
    "Gemma": (
        "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>", "<bos>",
        "<eos>", "<pad>", "<mask>",
    ),
    # mistralai/Pixtral-12B-2409, mistralai/Mistral-Small-3.1-24B-Instruct-2503.
    "Mistral": (
        "[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
        "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
    ),
    # HuggingFaceTB/SmolVLM2-2.2B-Instruct, HuggingFaceM4/Idefics3-8B-Llama3.
    "SmolVLM": ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>"),
    # deepseek-ai/deepseek-vl-7b-chat.
    "DeepSeek-VL": ("<image_placeholder>",),
}  # fmt: skip
# LLaVA (preprocess_v1 in train.py) splits a row at this, and ignores the labels of a row with one more.
_ROLE = "ASSISTANT: "
_WITH_BARS = r"<[|｜][^|｜<>\n]{1,40}[|｜]>"


def _any_of(words: list[str]) -> str:
    return "|".join(map(re.escape, words))


_WORDS = [word for family, words in CONTROL_WORDS.items() if family != "placeholders" for word in words]
_ANGLE = re.compile(
    f"(?i:{_any_of([*CONTROL_WORDS['placeholders']])})|{_WITH_BARS}|{_any_of([w for w in _WORDS if w[0] == '<'])}"
)
_SQUARE = re.compile(_any_of([word for word in _WORDS if word[0] == "["]))


def without_control_words(text: str) -> str:
    """Return *text* with control words as plain text: ``[|im_end|]``, ``[image]``, ``(INST)``, ``ASSISTANT : ``."""
    if "[" in text:
        text = _SQUARE.sub(lambda found: f"({found[0][1:-1]})", text)
    if "<" in text:
        text = _ANGLE.sub(lambda found: f"[{found[0][1:-1]}]", text)
    return text.replace(_ROLE, "ASSISTANT : ") if _ROLE in text else text


def has_control_word(text: str) -> bool:
    """Return whether *text* contains a control word."""
    if "<" in text and _ANGLE.search(text) is not None:
        return True
    return _ROLE in text or ("[" in text and _SQUARE.search(text) is not None)

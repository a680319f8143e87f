"""A Qwen2.5-VL of random weights with the real classes, token ids of its own and one token a byte; no download."""

from pathlib import Path
from typing import Any

import transformers
from PIL import Image
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

IMAGE, START, END, VISION_START, VISION_END = (
    "<|image_pad|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
)  # fmt: skip
_TOKENS = (
    "<|endoftext|>", START, END, "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
    "<|quad_start|>", "<|quad_end|>", VISION_START, VISION_END, "<|vision_pad|>", IMAGE, "<|video_pad|>",
)  # fmt: skip
_TEMPLATE = (
    "{% for message in messages %}" + START + "{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}" + VISION_START + IMAGE + VISION_END + "{% elif part['type'] == 'text' %}"
    "{{ part['text'] }}{% endif %}{% endfor %}{% endif %}" + END + "\n{% endfor %}"
    "{% if add_generation_prompt %}" + START + "assistant\n{% endif %}"
)


def save(directory: Path) -> None:
    """Write model and processor into *directory*."""
    tokens = tokenizer()
    ids = {token: tokens.convert_tokens_to_ids(token) for token in _TOKENS}
    images = Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * 64)
    Qwen2_5_VLProcessor(images, tokens, Qwen2VLVideoProcessor(), chat_template=_TEMPLATE).save_pretrained(directory)
    text = {
        "vocab_size": len(tokens), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32768, "bos_token_id": None,
        "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2]},  # as transformers 4 calls them
        "eos_token_id": ids[END], "pad_token_id": ids["<|endoftext|>"],
    }  # fmt: skip
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "out_hidden_size": 32,
        "fullatt_block_indexes": [1], "window_size": 112,
    }  # fmt: skip
    config = Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, image_token_id=ids[IMAGE], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids[VISION_START], vision_end_token_id=ids[VISION_END],
    )  # fmt: skip
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(directory)


def turns_of(text: str) -> list[tuple[str, str]]:
    """Return question and answer of each turn of a conversation that the processor wrote."""
    messages = [part.partition("\n")[::2] for part in text.split(START)[1:]]
    said = {"user": [], "assistant": []}  # type: dict[str, list[str]]
    for role, content in messages:
        if role in said:
            without_images = content.partition(END)[0].replace(IMAGE, "").replace(VISION_START, "")
            said[role].append(without_images.replace(VISION_END, "").strip("\n"))
    return list(zip(said["user"], said["assistant"], strict=True))


def tokenizer(bos: str = "", eos: str = END) -> PreTrainedTokenizerFast:
    """Return a tokenizer of one token a byte, which begins every text with *bos* unless that is empty."""
    special = [*_TOKENS, *filter(None, (bos, eos if eos != END else ""))]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = Tokenizer(models.BPE(vocab={byte: number for number, byte in enumerate(alphabet)}, merges=[]))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokens.decoder = decoders.ByteLevel()
    tokens.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    if bos:
        first = (bos, tokens.token_to_id(bos))
        tokens.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[first])
    # Processors of transformers 4 accept no other class.
    kind = PreTrainedTokenizerFast if transformers.__version__ >= "5" else transformers.Qwen2TokenizerFast
    return kind(
        tokenizer_object=tokens, bos_token=bos or None, eos_token=eos, pad_token="<|endoftext|>",
        model_max_length=32768, chat_template=_TEMPLATE,
    )  # fmt: skip


def images_of(row: dict[str, Any]) -> list[Image.Image]:
    """Return the images of a row with content parts: those of its column, or the files that its parts name."""
    if row.get("images"):
        return list(row["images"])
    parts = [part for message in row["messages"] for part in message["content"]]
    return [Image.open(part["image"]) for part in parts if part.get("image")]

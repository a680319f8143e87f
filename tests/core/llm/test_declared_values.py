"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from core.llm.batches.wire import Limits
from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.llm.batches.calls": {
        "_NOT_SENT": 0,
        "MAX_LOST": 3,
    },
    "core.llm.batches.client": {
        "MAX_RESULT_BYTES": 400_000_000,
        "_MAX_ANSWER_BYTES": 8_000_000,
    },
    "core.llm.batches.model_batches": {
        "_REPLY_TOKENS": 1_000,
        "_DOWNLOADS": 3,
        "_MAX_SENDS": 5,
    },
    "core.llm.batches.offer": {
        "HOURS": 24,
        "_USUAL_SHARE": 0.5,
    },
    "core.llm.batches.task_batches": {
        "_LONGEST_CANCEL_S": 900.0,
    },
    "core.llm.batches.wires.anthropic": {
        "_PAGES": 20,
    },
    "core.llm.batches.wires.gemini": {
        "_PAGES": 20,
    },
    "core.llm.batches.wires.mistral": {
        "_PAGES": 20,
    },
    "core.llm.batches.wires.openai": {
        "_PAGES": 20,
    },
    "core.llm.connection_test": {
        "_MAX_TIMEOUT_S": 30.0,
        "_IMAGE_COLOR": (220, 30, 30),
        "_ACCEPTED_WORDS": ("red", "crimson", "scarlet"),
    },
    "core.llm.correction_loop": {
        "_DEFAULT_MAX_TOKENS": 4096,
    },
    "core.llm.costs": {
        "_REPLY_FACTORS": (0.6, 1.5),
        "_REASONING_FACTOR": 6.0,
    },
    "core.llm.destination": {
        "_MIN_SECRET_CHARS": 12,
    },
    "core.llm.embeddings": {
        "_TOKENS": 600,
    },
    "core.llm.error_mapping": {
        "_MAX_MESSAGE_CHARS": 200,
    },
    "core.llm.image_generation": {
        "_MAX_EDGE_PX": 3840,
        "_STEP_PX": 16,
        "_REFERENCE_TOKENS": 1000,
        "_EDGES_PX": {"1K": 1024, "2K": 2048, "4K": 3840},
    },
    "core.llm.json_documents": {
        "_MAX_REPAIR_QUOTES": 1_200,
        "_MAX_EXACT_CHARS": 30_000_000,
        "_MAX_RELAXED_CHARS": 300_000,
        "_MAX_FAILURES": 2_000,
        "_MAX_DOCUMENTS": 2_000,
        "_AFTER_RECURSION_ERROR": 100_000,
        "_MAX_REPAIR_CHARS": 50_000,
        "_MAX_REPAIR_BRACKETS": 150,
    },
    "core.llm.latex": {
        "_MAX_FORMULA_CHARS": 500,
    },
    "core.llm.ledger": {
        "_MAX_REPLY_CHARS": 200_000,
    },
    "core.llm.local_servers": {
        "_TIMEOUT_S": 3.0,
        "_MAX_MODELS": 200,
    },
    "core.llm.models": {
        "_MILLION": 1_000_000,
    },
    "core.llm.offline.judge": {
        "_SHARPNESS_FACTOR": 1.5,
        "_OWN_COLORS": (0.8, 0.5),
    },
    "core.llm.offline.palette_study": {
        "_LONGEST_SIDE_PX": 1024,
    },
    "core.llm.offline.provider": {
        "_MAX_PIXELS": 50_000_000,
    },
    "core.llm.offline.see.asking": {
        "_MOST_QUOTED": 3,
        "_MOST_ABSENT": 5,
        "_FEWEST_QUOTED_CHARS": 3,
    },
    "core.llm.offline.see.limits": {
        "PRESENT": 0.4,
        "COUNTED": 0.5,
        "PLACED": 0.5,
        "ALONE": 0.1,
        "READ": 0.8,
        "TOLD": 0.95,
        "DOUBTED": 0.5,
        "COLOR_SHARE": 0.7,
        "MAX_LINES": 12,
        "OFF_CENTER": 0.08,
    },
    "core.llm.offline.see.said": {
        "_MOST_WORDS": 8,
    },
    "core.llm.offline.see.scene": {
        "_INNER": 0.2,
        "_MARGIN": 0.04,
    },
    "core.llm.packed_vectors": {
        "MAX_DIMENSIONS": 16_384,
    },
    "core.llm.profiles": {
        "MAX_NAME_CHARS": 60,
    },
    "core.llm.rate_limiter": {
        "DEFAULT_CONCURRENCY": 64,
        "_MAX_RENEWALS": 8,
        "_MAX_SUCCESSIVE_PAUSES": 8,
    },
    "core.llm.rate_windows": {
        "_PAUSE_KNOWN_FOR_S": 1.0,
        "_LONGEST_SLEEP_S": 1.0,
        "SEND_WITHIN_S": 2.0,
        "_BUCKET_S": 0.5,
        "_MOST_AT_ONCE": 64,
        "_WINDOW_S": 60.0,
    },
    "core.llm.redaction": {
        "_MIN_KEY_CHARS": 8,
    },
    "core.llm.relaxed_json": {
        "MAX_DEPTH": 64,
    },
    "core.llm.replies": {
        "HEAD_CHARS": 2048,
        "_MAX_WRAPPERS": 3,
        "_MAX_CHARS_ON_LOOP": 4_000,
    },
    "core.llm.reply_body": {
        "_MAX_TOKENS": 1 << 40,
        "_MAX_WRAPPERS": 4,
    },
    "core.llm.reply_images": {
        "MAX_IMAGES": 16,
    },
    "core.llm.reply_items": {
        "MAX_ITEMS": 1000,
        "_MAX_WRAPPERS": 3,
    },
    "core.llm.sent_links": {
        "KEPT_S": 86_400.0,
        "_MORE_S": 300,
        "_KNOWN_S": 3_600.0,
        "_FRESH_S": 43_200.0,
        "_MAX_KNOWN": 50_000,
    },
    "core.llm.thinking": {
        "_LONGEST_QUOTED_BLOCK": 40,
        "_MAX_TAGS": 10_000,
    },
    "core.llm.transport": {
        "MAX_REPLY_BYTES": 4_000_000,
        "MAX_IMAGE_REPLY_BYTES": 96_000_000,
        "_HEAD_BYTES": 4096,
        "_MAX_BYTES_ON_LOOP": 200_000,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.llm.batches.model_batches:Pace": {"looks_before_sending_again": 2},
    "core.llm.batches.wires.anthropic:AnthropicBatches": {"limits": Limits(2_000, 48_000_000)},
    "core.llm.batches.wires.gemini:GeminiBatches": {"limits": Limits(500, 48_000_000)},
    "core.llm.batches.wires.mistral:MistralBatches": {"limits": Limits(2_000, 48_000_000)},
    "core.llm.batches.wires.openai:OpenAIBatches": {"limits": Limits(2_000, 48_000_000)},
    "core.llm.costs:prompt_tokens": {"images": 1},
    "core.llm.offline.responses:answer": {"short": False},
    "core.llm.offline.responses:own_answer": {"short": False},
    "core.llm.offline.see.vocabulary:Vocabulary.question": {"wording": 0},
    "core.llm.offline.translations:Translations.answer": {"short": False},
    "core.llm.providers:BoxForm": {"grid_px": 1},
    "core.llm.service:LLMService.estimate_prompt": {"images": 1},
    "core.llm.transport:Exchange": {"connected": False, "sends": 0},
    "core.llm.costs:estimate_call": {"images": 1},
    "core.llm.destination:Destination": {"own_address": False},
    "core.llm.ledger:DatabaseLedger.settle": {"reusable": True},
    "core.llm.ledger:DatabaseLedger.settle_now": {"reusable": True},
    "core.llm.litellm_client:RawReply": {"thinking": ""},
    "core.llm.models:vision_models": {"limit": 3},
    "core.llm.providers:Provider": {"local": False, "prices_are_complete": False},
    "core.llm.rate_limiter:RateLimiter": {"probes_first": True},
    "core.llm.replies:check": {"has_images": False, "has_thinking": False},
    "core.llm.reply_body:Body": {"is_unread_stream": False},
    "core.llm.reply_body:image_url": {"depth": 0},
    "core.llm.service:LLMService.estimate_call": {"images": 1},
    "core.llm.session_keys:register": {"model_index": 0},
    "core.llm.session_keys:find": {"model_index": 0},
    "core.llm.types:ChatRequest": {"fresh": False},
    "core.llm.types:ChatReply": {"cached": False},
    "core.llm.types:ImageRequest": {"variant": 1},
    "core.llm.types:ModelInfo": {"image_output": False},
    "core.llm.types:RetryPolicy": {"max_sends": 3, "max_maybe_paid": 2},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

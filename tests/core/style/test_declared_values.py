"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.style.analysis_service": {
        "MAX_MEASURED_AT_ONCE": 60,
        "MAX_MEASURING_S": 1.0,
        "MEASURED_ANYWAY": 12,
        "DESCRIBED_SIDE_PX": 768,
    },
    "core.style.compose": {
        "_MAX_EXAMPLES": 6,
    },
    "core.style.contradictions": {
        "_MAJORITY": 2 / 3,
    },
    "core.style.dataset_service": {
        "MAX_FIRST_IMAGES": 500,
    },
    "core.style.features": {
        "SIDE_PX": 256,
        "VERSION": 1,
        "_DIRECTIONS": 16,
        "_QUANTILES": 16,
        "_HUES": 24,
        "_OCTAVES": 5,
        "_PIXEL_SAMPLE": 4096,
    },
    "core.style.groups": {
        "MIN_IMAGES": 6,
        "MAX_GROUPS": 8,
        "MIN_SILHOUETTE": 0.45,
        "MIN_SPREAD": 1.6,
        "MIN_SPREAD_WITHOUT_GROUPS": 2.5,
        "_MAX_POINTS": 400,
        "_WORDS": 3,
    },
    "core.style.hidden_images": {
        "MAX_REFERENCE_BYTES": 25_000_000,
    },
    "core.style.judging": {
        "MAX_REFERENCES": 5,
        "SIDE_PX": 768,
        "_REPLY_TOKENS": 250,
    },
    "core.style.kinds": {
        "MAX_IMAGES": 1000,
    },
    "core.style.match": {
        "COPY_DISTANCE_SHARE": 0.35,
        "_MAX_FITTING": 1.3,
        "_MAX_NEAR": 1.8,
        "COPY_DISTANCE_BITS": 40,
        "_MIN_SET_BITS": 16,
        "_MAX_RANKED": 200,
    },
    "core.style.prepare": {
        "MAX_SIDE_PX": 1024,
    },
    "core.style.references": {
        "RELEVANCE_SHARE": 0.6,
        "_DUPLICATE_SHARE": 0.2,
        "_OUTLIER_DEVIATIONS": 4.0,
        "_MIN_TRAIT_DIFFERENCE": 0.4,
        "_NEIGHBORS": 10,
        "_MAX_ANCHORS": 1024,
        "_COMPONENTS": 24,
        "_MIN_FOR_OUTLIERS": 8,
        "_ROUND_DIGITS": 5,
    },
    "core.style.requests": {
        "DEFAULT_REFERENCES": 5,
    },
    "core.style.shown": {
        "_NEIGHBORS": 10,
        "_MAX_ANCHORS": 1024,
        "_SAMPLE": 256,
        "_OTHER_REDUNDANCY": 0.3,
    },
    "core.style.text_pages": {
        "MAX_TEXT_SHARE": 0.08,
        "MAX_LINES": 20,
        "_MOST_OF_THEM": 0.5,
        "_MAX_CHROMA": 6.0,
        "_MIN_PAPER_PERCENT": 70.0,
        "_MIN_DETAIL": 0.8,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.style.generator:StyleGenerator.generate": {"keep": True},
    "core.style.generator:StyleGenerator.produce": {"variant": 1, "keep": False},
    "core.style.produce:ImageProducer.produce": {"variant": 1, "keep": False},
    "core.style.prompt:PromptPart": {"edited": False},
    "core.style.prompt:build_parts": {"reference_count": 0},
    "core.style.references:Pick": {"pinned": False},
    "core.style.result_service:StyleResultService.history": {"limit": 24},
    "core.style.results:ResultFilter": {"discarded": False},
    "core.style.service:StyleGenerationService.generate_image": {"keep": True},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.vision.analyzers.caption": {
        "_REVISION": 1,
        "_MAX_CHARS": 600,
    },
    "core.vision.analyzers.embedding": {
        "_MAX_SIDE_PX": 1024,
    },
    "core.vision.analyzers.objects": {
        "MIN_SCORE": 0.3,
        "SURE_SCORE": 0.4,
        "FAINT_SCORE": 0.05,
        "MAX_ITEMS": 100,
        "_MAX_SIDE_PX": 1024,
        "_SENT_SCORE": 1.0,
    },
    "core.vision.analyzers.provenance": {
        "_OFFLINE": {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}},
        "_MAX_CHARS": 200,
    },
    "core.vision.analyzers.tags": {
        "MIN_SCORE": 0.2,
        "MAX_TAGS": 12,
        "_SENT_SCORE": 1.0,
        "_MAX_SIDE_PX": 512,
        "_MAX_CHARS": 60,
        "_READING": 2,
    },
    "core.vision.analyzers.text": {
        "_WHOLE_IMAGE": 0.8,
        "_SURE": 0.8,
    },
    "core.vision.asking": {
        "_VECTOR_SIDE_PX": 512,
    },
    "core.vision.boxes": {
        "MAX_BOXES": 500,
        "MAX_LABEL_CHARS": 200,
        "_TOLERANCE": 0.02,
    },
    "core.vision.detecting.centernet": {
        "STRIDE": 4,
    },
    "core.vision.detecting.classifier": {
        "_SIDE_PX": 224,
    },
    "core.vision.detecting.detections": {
        "MAX_DETECTIONS": 1000,
    },
    "core.vision.detecting.inputs": {
        "IMAGENET_MEAN": (0.485, 0.456, 0.406),
        "IMAGENET_STD": (0.229, 0.224, 0.225),
        "_CONVNEXT_STRETCHED_PX": 384,
        "_LETTERBOX_GRAY": 114,
    },
    "core.vision.detecting.layouts": {
        "_SIDE_PX": 640,
    },
    "core.vision.detecting.ultralytics": {
        "_MAX_SIDE_PX": 4096,
        "_FINISHED": 6,
    },
    "core.vision.detecting.yolo": {
        "_MAX_IOU": 0.45,
        "_MIN_SCORE": 0.05,
    },
    "core.vision.embedding.detector": {
        "_MEASURED_WEIGHT": 4.0,
        "_FEATURES_WEIGHT": 1.0,
        "_MEAN_LEVEL": 118,
        "_SPREAD": 60,
        "_MIN_SPREAD": 8,
    },
    "core.vision.embedding.measured": {
        "SIDE_PX": 192,
        "_SMOOTH": 4,
        "_COLOR_BINS": 9,
        "_ANGLES": 8,
        "_COLOR_CELLS": 6,
        "_EDGE_CELLS": 4,
        "_LIGHT_CELLS": 8,
        "_TINY": 1e-6,
        "_MEAN_LEVEL": 118,
        "_USUAL_SATURATION": 0.35,
        "_COLOR_WEIGHT": 4.33,
        "_COLOR_PLACE_WEIGHT": 0.72,
        "_EDGE_WEIGHT": 1.8,
        "_LIGHT_WEIGHT": 0.4,
        "_MOSTLY_GRAY": 0.6,
        "_LEAST_FORM_COSINE": 0.985,
    },
    "core.vision.embedding.words": {
        "_CLIP_TOKENS": 77,
        "_MOST_TOKENS": 4096,
    },
    "core.vision.estimate": {
        "_CALLS": {"objects": (420, 380), "tags": (260, 50), "caption": (220, 40)},
    },
    "core.vision.map.columns": {
        "MAX_VALUES": 24,
        "_MIN_LIFT": 0.15,
    },
    "core.vision.map.file": {
        "SCALE": 65_535,
        "_VERSION": 1,
        "_SEED": 0,
        "_ID_LENGTH": 21,
    },
    "core.vision.map.groups": {
        "MAX_GROUPS": 24,
        "NO_GROUP": 255,
        "_SIDE": 256,
        "_MIN_SHARE": 0.01,
        "_BLUR": 0.12,
        "_GROWTH": 1.4,
        "_MAX_BLURS": 12,
    },
    "core.vision.map.layout": {
        "NEIGHBORS": 15,
        "_COMPONENTS": 50,
        "_SAMPLE": 20_000,
        "_START_SIDE": 20.0,
        "_REPULSIONS": 2,
        "_RATE": 0.5,
        "_MAX_MOVE": 4.0,
    },
    "core.vision.map.neighbors": {
        "_LISTS_SEARCHED": 12,
        "_TRAINING_ROUNDS": 6,
    },
    "core.vision.map.points": {
        "_NEAREST": 5,
        "_SPREAD": 0.004,
    },
    "core.vision.map.process": {
        "_NICENESS": 5,
    },
    "core.vision.map.service": {
        "_MAX_PLACED_SHARE": 0.1,
    },
    "core.vision.models.label_files": {
        "_MAX_BYTES": 5_000_000,
    },
    "core.vision.models.npm": {
        "_TIMEOUT_S": 900,
    },
    "core.vision.models.tfjs_onnx": {
        "OPSET": 18,
        "IR_VERSION": 9,
    },
    "core.vision.near_pairs": {
        "_OTHER_KIND": 0.97,
        "_MAX_LOADED": 4,
    },
    "core.vision.new_images": {
        "LOOK_STAGE": 90,
    },
    "core.vision.search": {
        "_MAX_QUERY_CHARS": 500,
        "_HAS_WORD": 0.5,
        "_HAS_ALL": 0.5,
        "_MIN_COSINE": 0.25,
        "_CANDIDATES": 500,
        "_PICTURES": 60,
        "_MOST_LIKE": 0.5,
        "_MAX_EXAMPLES": 200,
    },
    "core.vision.vectors.index": {
        "EXACT_UP_TO": 50_000,
        "_PROBED_SHARE": 1 / 12,
        "_COMPARED_AGAIN": 4,
        "_MAX_NEW_SHARE": 0.1,
    },
    "core.vision.vectors.pairs": {
        "MAX_NEIGHBORS": 16,
        "_ROWS_TO_ALL": 256,
        "_EXACT_COSINES": 20_000**2,
        "_ROUNDING": 1e-3,
        "_PROBED": 8,
    },
    "core.vision.vectors.rows": {
        "_MAX_BYTES": 2 * 16_384,
        "_LENGTH_TOLERANCE": 0.02,
    },
    "core.vision.vectors.search": {
        "_MAX_INDEXES": 4,
    },
    "core.vision.vectors.server_index": {
        "MAX_CHANGES": 500,
        "MAX_WANTED": 10_000,
        "_MAX_DIMENSIONS": 4_000,
        "_EF_SEARCH": 100,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.vision.analyzers.caption:CaptionAnalyzer": {"needs_model": True, "images_per_item": 1},
    "core.vision.analyzers.embedding:EmbeddingAnalyzer": {"needs_model": False, "images_per_item": 16},
    "core.vision.analyzers.objects:ObjectsAnalyzer": {"needs_model": False, "images_per_item": 8},
    "core.vision.analyzers.provenance:ProvenanceAnalyzer": {"needs_model": False, "images_per_item": 32},
    "core.vision.analyzers.tags:TagsAnalyzer": {"needs_model": False, "images_per_item": 8},
    "core.vision.analyzers.text:TextAnalyzer": {"needs_model": False, "images_per_item": 8},
    "core.vision.detecting.inputs:Pixels": {"channels_first": True, "scale": 1 / 255, "shortest_px": 0},
    "core.vision.detecting.layouts:Layout": {"has_batch": True},
    "core.vision.duplicates:DuplicateSearch.find_pairs": {"limit": 100},
    "core.vision.duplicates:DuplicateSearch.find_groups": {"limit": 20},
    "core.vision.items:analysis_items": {"asks_model": False},
    "core.vision.map.layout:lay_out": {"seed": 0},
    "core.vision.map.layout:principal_components": {"seed": 0},
    "core.vision.models.session:open_session": {"is_optimized": True},
    "core.vision.search:ImageSearch.find_similar": {"limit": 20},
    "core.vision.search:ImageSearch.by_words": {"limit": 60},
    "core.vision.store:AnalysisStore.labels": {"limit": 100},
    "core.vision.tag_review:ImageTags": {"can_undo": False},
    "core.vision.vectors.pairs:near_pairs": {"start": 0},
    "core.vision.vectors.rows:read": {"dimensions": 0},
    "core.vision.vectors.search:VectorSearch.similar_to": {"limit": 20},
    "core.vision.vectors.search:VectorSearch.nearest": {"limit": 20},
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

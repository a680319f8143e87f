"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "pages.components.check.arena": {
        "_SURE": 0.05,
    },
    "pages.components.check.card": {
        "_OPACITIES": (0.85, 0.45, 0.25, 0.15),
    },
    "pages.components.check.guessable": {
        "_SHOWN_PATTERNS": 5,
    },
    "pages.components.check.tools": {
        "_SHOWN_REASONS": 3,
    },
    "pages.components.check.twins": {
        "_MOST": 200,
    },
    "pages.components.explore.boards": {
        "DOMINANT_SHARE": 0.6,
        "MIN_ANSWERS": 5,
    },
    "pages.components.export.row_preview": {
        "_LONGEST_TEXT_CHARS": 400,
    },
    "pages.components.export.image_changes": {
        "_SHOWN_PER_IMAGE": 3,
    },
    "pages.components.frame.layout": {
        "_MAX_VIEWS": 8,
        "_MAX_RUNNING": 100,
    },
    "pages.components.frame.tour": {
        "_CLOSED": {"step": -1},
    },
    "pages.components.generate.model_table": {
        "_IMAGES": 1_000,
    },
    "pages.components.generate.newest_results": {
        "_SHOWN": 6,
    },
    "pages.components.generate.request_preview": {
        "_REQUEST_PX": 260,
    },
    "pages.components.generate.recipe_form": {
        "_COUNT": 3,
    },
    "pages.components.images.duplicates": {
        "_PAGE_SIZE": 8,
    },
    "pages.components.images.library": {
        "PAGE_SIZE": 60,
    },
    "pages.components.images.overlap": {
        "_MAX_SHOWN": 500,
    },
    "pages.components.overview.start": {
        "_SHOWN": 15,
    },
    "pages.components.settings.webhooks": {
        "_ROWS": 20,
        "_SHORT_LOG": 6,
    },
    "pages.components.shared.analysis_report": {
        "_MAX_LABELS": 12,
    },
    "pages.components.shared.asked_grid": {
        "PAGE_SIZE": 60,
        "MAX_ENTRIES": 30,
        "MAX_CHARS": 1_000,
    },
    "pages.components.shared.entry_grid": {
        "PAGE_SIZE": 60,
    },
    "pages.components.shared.entry_table": {
        "PAGE_SIZE": 100,
    },
    "pages.components.shared.found_in_image": {
        "_FEW_ROWS": 6,
        "_MANY_ROWS_PX": 280,
    },
    "pages.components.shared.image_drawer": {
        "MAX_BOXES": 500,
    },
    "pages.components.shared.model_parameters": {
        "_TEMPERATURE": 0.7,
        "_MAX_TOKENS": 2048,
    },
    "pages.components.shared.recipe_words": {
        "_MAX_CHARS": 300,
    },
    "pages.components.shared.run_queue": {
        "MAX_WAIT_S": 0.5,
        "_CONTENTION_WINDOW_S": 1.0,
    },
    "pages.components.shared.task_labels": {
        "_MAX_CHARS": 60,
    },
    "pages.components.style.dataset_panel": {
        "_PAGE_SIZE": 12,
    },
    "pages.components.style.results": {
        "_PAGE_SIZE": 24,
        "_MAX_OF_A_TASK": 100,
    },
    "pages.components.style.style_groups": {
        "_AT_ONCE": 3,
        "_SHOWN": 4,
    },
    "pages.components.upload.import_outcomes": {
        "MAX_ROWS": 2_000,
        "_MAX_LINE_CHARS": 60,
        "_WRAPPED_PX": 68,
    },
    "pages.components.team.audit": {
        "_ROWS": 50,
    },
    "pages.components.team.bin": {
        "_ROWS": 30,
    },
    "pages.components.upload.import_view": {
        "_NEWEST": 12,
    },
    "pages.components.upload.recent": {
        "COUNT": 24,
    },
    "pages.components.upload.records": {
        "_MAX_TEXT_CHARS": 600,
        "_MAX_TURNS": 6,
        "_MAX_IMAGES": 3,
    },
    "pages.components.upload.waiting_imports": {
        "_MAX_PROBLEMS": 5,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "pages:PageEntry": {"needs_accounts": False},
    "pages.components.check.asking:button": {"several": False},
    "pages.components.images.map:show": {"epoch": 0},
    "pages.components.shared.asked_grid:_entry": {"quiet": False},
    "pages.components.shared.cards:Action": {"pressed": False, "corner": False, "frame": False},
    "pages.components.shared.cards:show": {"min_width_px": 150},
    "pages.components.shared.choice:show": {"in_url": False, "shows_label": True},
    "pages.components.shared.entry_table:editor_key": {"epoch": 0},
    "pages.components.shared.facet_bars:Bar": {"on": False},
    "pages.components.shared.grid:GridEntry": {"quiet": False},
    "pages.components.shared.grid:show": {"epoch": 0, "selectable": True},
    "pages.components.shared.model_picker:ModelChoice": {"refused": False},
    "pages.components.shared.model_picker:options": {"image_output": False, "asks": True},
    "pages.components.shared.model_picker:show": {"image_output": False, "built_in": ""},
    "pages.components.shared.moment:exact": {"has_time": True, "has_seconds": False},
    "pages.components.shared.moment:text": {"has_seconds": False},
    "pages.components.shared.numbers:text": {"decimals": 0},
    "pages.components.shared.page:only": {"disabled": False},
    "pages.components.shared.search_line:Searched": {"takes_images": False},
    "pages.components.shared.search_line:show": {"frees_keys": False},
    "pages.components.shared.tag_dialog:ask": {"searches": False},
    "pages.components.shared.variant_form:show": {"only_train": False, "usual": 0},
    "pages.components.shared.zoom:show": {"has_shortcuts": False},
    "pages.components.style.request_draft:Draft": {"variants": 1, "batch": False},
    "pages.components.upload.waiting_imports:_import_button": {"disabled": False},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

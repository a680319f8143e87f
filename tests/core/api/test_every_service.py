"""What services offer and routes: every public method is reached by a route, or named here with the reason."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import core
from core.services import Made, Services

API = Path(core.__file__).parent / "api"

IN_A_TASK = "a task of a route does this"
BY_THE_ENGINE = "the engine calls it for the items of a task"
BY_A_SERVICE = "other services call it; what it returns is part of their answers"
BY_HOUSEKEEPING = "the server does this by itself, at its start, in intervals or when a task ended"
BY_THE_SHELL = "whoever runs the server does this at its shell"
BY_THE_SIGN_IN = "routes of signing in and of invitations call it, outside of the API"
BY_THE_PAGES = "only pages show this, next to what a route answers"
OTHERWISE = "a route does the same by another method"

MISSING: dict[str, dict[str, tuple[str, ...]]] = {
    IN_A_TASK: {
        "analysis": ("analyze",),
        "answers": ("process_task",),
        "checks": ("pruning", "run", "run_arena", "verifiability"),
        "exports": ("export", "publish", "restore"),
        "exporter": ("export_huggingface_format", "export_json", "export_jsonl", "export_with_images"),
        "mover": ("begin_import", "export_project", "import_project", "store_project"),
        "overlaps": ("compare",),
        "projects": ("export_project", "import_project"),
        "questions": ("generate_questions_for_image", "generate_single_question", "process_task"),
        "questions.templates": ("add_to_images",),
        "style_generation": ("count_made", "produce"),
        "twins": ("draft",),
        "variants": ("make",),
    },
    BY_THE_ENGINE: {
        "analysis": ("plan", "run_item"),
        "answers": ("end_waiting", "plan", "prepare", "run_item", "wait", "waits"),
        "questions": ("end_waiting", "plan", "prepare", "run_item", "wait", "waits"),
        "style_analysis": ("analyze_image", "pending_images"),
        "tasks": ("plan_items",),
        "variants": ("plan", "run_item"),
    },
    BY_A_SERVICE: {
        "access": ("usable_account",),
        "analysis": ("tools",),
        "duplicate_search": ("near_by_vectors",),
        "evidence": ("complete", "require", "stored"),
        "exports": ("export_path", "require_destination", "share", "share_earlier"),
        "image_queries": ("add_example",),
        "images": ("file_paths", "model_image", "model_images", "original_link", "original_path", "tile_path"),
        "intake": ("add_measured", "store", "workdir", "owns_bucket"),
        "llm": (
            "batches_of", "chat", "create_image", "embed_image", "estimate_call", "estimate_prompt", "makes_vectors",
            "model_info", "require_batches", "require_vision", "vision_chat",
        ),
        "mover": ("archive_directory", "discard", "remove_archive", "remove_older_archives"),
        "new_images": ("open_task",),
        "splits": ("of_images",),
        "uploads": ("reserve",),
    },
    BY_HOUSEKEEPING: {
        "audit": ("remove_expired", "remove_old_months"),
        "bin": ("remove_expired",),
        "intake": ("remove_leftovers",),
        "llm": ("warm_up",),
        "mover": ("remove_leftovers",),
        "uploads": ("remove_abandoned",),
    },
    BY_THE_SHELL: {"llm": ("find_local_models",), "overlaps": ("write_hashes",)},
    BY_THE_SIGN_IN: {
        "accounts": ("connect", "counts", "find_account", "verify"),
        "invitations": ("accept", "find_open", "join"),
        "tokens": ("find_token",),
    },
    BY_THE_PAGES: {
        "analysis": ("analyzed_by", "analyzed_count"),
        "audit": ("people",),
        "bin": ("counts",),
        "entries": ("count_asked_images", "failing", "find_asked_images", "has_entries", "why_empty"),
        "evidence": ("lacking", "missing", "missing_for"),
        "exports": ("preview_changes",),
        "image_queries": ("similar_name",),
        "llm": ("batch_offer",),
        "projects": ("summaries",),
        "questions": ("newest_results", "shortfall", "unverifiable"),
        "samples": ("create", "image_id"),
        "style_datasets": ("create_from_group", "save_draft", "unity"),
        "style_generation": ("judge_input",),
        "style_results": ("models_used",),
        "tag_review": ("tags_in",),
        "versions": ("original_of", "preview"),
    },
    OTHERWISE: {
        "audit": ("iter_acts",),
        "checks": ("estimate",),
        "collaboration": ("bring_back_view", "rename_view"),
        "dataset": ("add_tags", "iter_dataset_entries", "list_dataset_entries", "to_datasets", "to_pandas"),
        "duplicates": ("find_groups",),
        "entries": ("image_ids",),
        "exports": ("list_exports",),
        "images": (
            "get_image_data_url", "get_project_image_stats", "iter_images", "list_images", "thumbnail_path",
            "upload_image", "view_path",
        ),
        "intake": ("add_images", "add_stream"),
        "library": ("entries_of", "find_image_ids", "find_images", "questions_of", "tag_images"),
        "overlaps": ("image_ids",),
        "projects": ("restore_project",),
        "questions": ("image_ids_to_answer", "image_sets", "list_questions"),
        "style": ("add_images", "analyze_images", "create_style_dataset", "generate_image", "set_business_profile"),
        "style_analysis": ("measure_images",),
        "style_datasets": ("get_images", "list_style_datasets"),
        "style_results": ("history",),
        "tasks": ("list_tasks",),
        "variants": ("report",),
    },
}  # fmt: skip


class _Reached(ast.NodeVisitor):
    """Collects what follows ``services.`` in the code of a route, also behind ``name = services.x``."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._names: dict[str, str] = {}

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], self._path(node.value)
        if isinstance(target, ast.Name) and value:
            self._names[target.id] = value
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if path := self._path(node):
            self.found.add(path)
        self.generic_visit(node)

    def _path(self, node: ast.expr) -> str:
        """Return ``entries.history`` of ``services.entries.history`` and of ``services().entries.history``."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
        node = node.func if isinstance(node, ast.Call) else node
        if not isinstance(node, ast.Name) or not names:
            return ""
        if node.id in self._names:
            names.insert(0, self._names[node.id])
        elif node.id not in ("services", "_services"):
            return ""
        return ".".join(names)


@cache
def reached() -> frozenset[str]:
    found = _Reached()
    for path in sorted(API.rglob("*.py")):
        found.visit(ast.parse(path.read_text("utf-8")))
    return frozenset(found.found)


def offered(services: Services) -> Iterator[str]:
    """Yield ``service.method`` for every public method; one object that has two names counts once."""
    parts = {"checks.people": services.checks.people, "questions.templates": services.questions.templates}
    made = {name: getattr(services, name) for name, one in vars(Services).items() if isinstance(one, Made)}
    for name, service in (made | parts).items():
        if not name.startswith("_") and type(service).__module__.startswith("core."):
            for method, _ in inspect.getmembers(type(service), inspect.isfunction):
                if not method.startswith("_"):
                    yield f"{name}.{method}"


def test_every_method_of_a_service_has_a_route_or_a_reason(services: Services) -> None:
    every = set(offered(services))
    left_out = {
        f"{name}.{method}" for names in MISSING.values() for name, methods in names.items() for method in methods
    }

    assert len(every) > 250
    assert every - reached() - left_out == set(), "add a route, or name the method with its reason"
    assert left_out - every == set(), "no service has this any more"
    assert left_out & reached() == set(), "a route reaches this: it is not missing"

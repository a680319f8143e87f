"""Every public method of a service that writes is recorded, or has a reason why not."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CORE = Path(__file__).parents[3] / "core"

_DATABASES = ("db", "self._db", "self.db")
_ITEM = "part of a task, whose start and end are recorded"
_DERIVED = "computed from what is stored; nobody decides anything"
_EVENT = "a single entry: its event records who, when, from where and what"
_CALLER = "part of a method that records it"

# What writes without a record of its own, each with the reason; a class stands for all of its methods.
UNRECORDED = {
    "ImageDatasetService": _EVENT,
    "ReviewService.decide": _EVENT,
    "MessageService.send": _EVENT,
    "MessageService.answer": _EVENT,
    "MessageService.close": _EVENT,
    "TwinService.add": _EVENT,
    "TwinService.ask": _EVENT,
    "AnswerRegenerator.regenerate_answer": _EVENT,
    "AskedCheckTask.run_item": _ITEM,
    "DatasetCheckTask.run_item": _ITEM,
    "OverlapTask.run_item": _ITEM,
    "TwinDraftingTask.run_item": _ITEM,
    "GenerationTask.run_item": _ITEM,
    "ModelBatches": "the batches of a task are sent and read by the task, which is recorded",
    "Coordinator": "which worker has which items; the tasks are recorded",
    "OwnMembership": "a worker comes and goes; nobody decides anything",
    "WorkersEngine": "which worker has which items; the tasks are recorded",
    "DatabaseLedger": "the ledger of model calls is a record itself",
    "DatasetChecks.compare_again": _DERIVED,
    "ImageEvidence.complete": _DERIVED,
    "AccountService.verify": "the same password, hashed with the parameters of today",
    "SignInService.claim_renewal": "a session goes on; its start and its end are recorded",
    "SignInService.renew": "a session goes on; its start and its end are recorded",
    "TokenService.find_token": "the time of use of a token",
    "TaskService.plan_items": _ITEM,
    "CollaborationService.assign_entries": "leases: who has which entry on the screen",
    "CollaborationService.renew_leases": "leases: who has which entry on the screen",
    "SampleProjects.create": "its project and its images are recorded; the entries came with them",
    "PreferenceService.put": "what a person prefers is nobody else's matter",
    "StyleDatasetService.save_draft": "a form that is being filled in",
    "StyleAnalysisService.measure_images": _DERIVED,
    "HiddenImages": _CALLER,
    "ImageIntake.remove_leftovers": "addresses of originals that no image has any more",
    "Outbox.plan": "what is told of acts that are recorded",
    "IncomingProjectStore": "a hidden project; its appearance is recorded",
    "Loader": "a hidden project; its appearance is recorded",
}


@dataclass
class _Function:
    """What one function does, and the full names of the functions that it calls, as far as imports tell."""

    writes: bool = False
    records: bool = False
    calls: set[str] = field(default_factory=set)


@cache
def _functions() -> dict[str, _Function]:
    """Return every function and method of core by its full name, such as ``core.projects.ProjectService.counts``."""
    found: dict[str, _Function] = {}
    for path in sorted(CORE.rglob("*.py")):
        if "migrations" not in path.parts:
            module = ".".join(path.relative_to(CORE.parent).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_text("utf-8"))
            imported = _imported(tree)
            for name, node in _named(tree):
                found[f"{module}.{name}"] = _read(node, module, name.rpartition(".")[0], imported)
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


def _named(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _read(function: ast.AST, module: str, own_class: str, imported: dict[str, str]) -> _Function:
    seen = _Function()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            seen.writes |= owner in _DATABASES and node.attr in ("transaction", "write", "submit")
            base = f"{module}.{own_class}" if owner == "self" else imported.get(owner, "")
            seen.calls.add(f"{base}.{node.attr}")
        if isinstance(node, ast.Name):
            seen.calls.add(imported.get(node.id, f"{module}.{node.id}"))
    seen.records = not seen.calls.isdisjoint(("core.audit.record", "core.audit.recording.record"))
    return seen


def _reach(start: str, what: str) -> bool:
    """Return whether *start* does *what* itself, or a method of its class or a function that it calls."""
    functions = _functions()
    reached, waiting = {start}, [start]
    while waiting:
        seen = functions[waiting.pop()]
        if getattr(seen, what):
            return True
        new = {name for name in seen.calls if name in functions} - reached
        reached |= new
        waiting += new
    return False


@cache
def _unrecorded() -> frozenset[str]:
    """Return the public methods of public classes that write and do not record, as ``Class.method``."""
    public = [name for name in _functions() if (parts := name.split("."))[-2][:1].isupper() and parts[-1][0] != "_"]
    return frozenset(
        ".".join(name.split(".")[-2:]) for name in public if _reach(name, "writes") and not _reach(name, "records")
    )


def _is_excused(name: str) -> bool:
    return name in UNRECORDED or name.partition(".")[0] in UNRECORDED


def test_every_public_method_that_writes_is_recorded_or_has_a_reason() -> None:
    assert {name for name in _unrecorded() if not _is_excused(name)} == set()


def test_every_reason_is_still_needed() -> None:
    unrecorded = _unrecorded()
    needed = unrecorded | {name.partition(".")[0] for name in unrecorded}
    assert UNRECORDED.keys() - needed == set()


def test_writing_and_recording_are_found_also_through_functions_of_other_files() -> None:
    assert _reach("core.projects.ProjectService.delete_project", "writes")
    assert _reach("core.projects.ProjectService.delete_project", "records")
    assert _reach("core.images.library.ImageLibrary.delete_images", "records")
    assert not _reach("core.projects.ProjectService.get_project", "writes")

"""Where an image comes from, by its Content Credentials (C2PA): who signed it, whether a model made or edited it.

Credentials prove what they say; their absence proves nothing, since any program can remove them. They are read in a
worker, and nothing that they name is fetched. https://spec.c2pa.org/specifications/
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.local import package_version, run_each
from core.vision.results import Finding, ProvenanceResult

_REVISION = 2
"""Goes up when the same program would be asked in another way."""
_MAX_CHARS = 200
_MADE_BY_A_MODEL = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")
"""Digital source types of IPTC: made by a model, composed with such parts, or computed."""
_NOT_EDITS = (
    "c2pa.created", "c2pa.opened", "c2pa.placed", "c2pa.published", "c2pa.transcoded", "c2pa.repackaged",
    "c2pa.converted", "c2pa.edited.metadata",
)  # fmt: skip
"""Actions that leave what the image shows as it is, such as another file format."""
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
NO_CREDENTIALS, SIGNED, INVALID = "no credentials", "signed", "invalid signature"
AI_MADE, EDITED = "ai-made", "edited"


class ProvenanceAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "provenance"
    label = "Provenance"
    help = "Content Credentials (C2PA) in the file: who signed it, and whether it says that a model made or edited it."
    needs_model = False
    images_per_item = 32

    def missing(self, tools: Tools) -> str | None:
        if package_version("c2pa-python"):
            return None
        return "Reading Content Credentials needs c2pa-python. Run: pip install 'vitrine-vqa[see]'"

    def version(self, tools: Tools) -> str:
        return f"c2pa-python {package_version('c2pa-python')} / {_REVISION}"

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        found = await run_each(tools.settings, read_credentials, [(image.original,) for image in images])
        return [one if isinstance(one, ImageRejectedError) else Analysis(one) for one in found]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return [Finding(label, 1, 1.0) for label in labels(result)]

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return ""


ANALYZER = ProvenanceAnalyzer()


def labels(result: Mapping[str, Any]) -> list[str]:
    """Return what a result says in words; "no credentials" is never called clean."""
    if result["state"] == "none":
        return [NO_CREDENTIALS]
    if result["state"] == "invalid":
        return [INVALID]  # what an invalid manifest says is not repeated as a fact
    return [SIGNED, *([AI_MADE] if result["ai_made"] else []), *([EDITED] if result["edited"] else [])]


def read_credentials(original: Path) -> ProvenanceResult:
    """Return what the Content Credentials of a file say; runs in a worker."""
    import c2pa

    try:
        with original.open("rb") as file, c2pa.Reader(None, file, context=_context()) as reader:
            return _result(json.loads(reader.json()))
    except c2pa.C2paError as error:
        # Its subclasses are private; the message begins with the name of the error.
        has_none = str(error).startswith(("ManifestNotFound", "NotSupported"))
        return _empty("none") if has_none else _empty("invalid", [str(error)[:_MAX_CHARS]])


@cache
def _context() -> Any:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_json(json.dumps(_OFFLINE)))


def _empty(state: str, problems: Sequence[str] = ()) -> ProvenanceResult:
    return {
        "state": state, "signer": "", "generator": "", "ai_made": False, "edited": False, "problems": list(problems),
    }  # fmt: skip


def _result(store: Mapping[str, Any]) -> ProvenanceResult:
    manifests = store.get("manifests") or {}
    active = manifests.get(store.get("active_manifest")) or {}
    state = str(store.get("validation_state") or "Invalid").lower()
    failures = [str(status.get("code")) for status in store.get("validation_status") or ()]
    # A manifest that was opened to be edited is among the others: what it was made by is still true of the image.
    actions = [action for manifest in manifests.values() for action in _actions(manifest)]
    sources = [str(action.get("digitalSourceType", "")).rpartition("/")[2] for action in actions]
    generator: Mapping[str, Any] = next(iter(active.get("claim_generator_info") or ()), {})
    return {
        "state": state if state in ("valid", "trusted") else "invalid",
        "signer": str((active.get("signature_info") or {}).get("issuer") or "")[:_MAX_CHARS],
        "generator": " ".join(str(generator[key]) for key in ("name", "version") if generator.get(key))[:_MAX_CHARS],
        "ai_made": any(source in _MADE_BY_A_MODEL for source in sources),
        "edited": any(action.get("action") not in _NOT_EDITS for action in actions),
        "problems": failures,
    }


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for assertion in manifest.get("assertions") or ():
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            yield from (assertion.get("data") or {}).get("actions") or ()

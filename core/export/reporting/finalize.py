"""The last steps of a bundle: its card, the checks, the report."""

import hashlib
from pathlib import Path
from typing import Any

from core.export.bundle import BundleCounts, check_bundle
from core.export.checks.base import open_bundle
from core.export.job import ExportJob
from core.export.reporting.card import CARD, make_card
from core.export.reporting.croissant import CROISSANT, croissant_file
from core.export.reporting.report import Provenance, make_report, report_files
from core.export.writing.target import Target, open_target


def finalize_bundle(
    job: ExportJob, built: Path, target: Target, counts: BundleCounts, provenance: Provenance
) -> dict[str, Any]:
    """Add the card to *target*, close it, check the bundle at *built*, add the report, and return the report.

    Raises:
        ExportError: a check failed.
    """
    has_documents = job.recipe.container != "file"
    if has_documents:
        target.add_bytes(CARD, make_card(job, counts, provenance).encode())
    target.close()
    job.progress(0.75, "Reading the bundle back")
    checks, hashes = check_bundle(job, built, counts)
    if not has_documents:
        return make_report(job, counts, checks, hashes, provenance)
    with open_bundle(built) as bundle:
        croissant = croissant_file(job, bundle, hashes)
    hashes[CROISSANT] = hashlib.sha256(croissant).hexdigest()
    report = make_report(job, counts, checks, hashes, provenance)
    reopened = open_target(built, job.recipe.container)
    for name, data in {CROISSANT: croissant, **report_files(report)}.items():
        reopened.add_bytes(name, data)
    reopened.close()
    return report

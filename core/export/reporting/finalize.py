"""The last steps of a bundle: its card, the checks, the report."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.export.bundle import BundleCounts, check_bundle
from core.export.checks.base import open_bundle
from core.export.job import ExportJob
from core.export.layout import GUIDELINES
from core.export.reporting.card import CARD, make_card
from core.export.reporting.croissant import CROISSANT, croissant_file
from core.export.reporting.dataset_report import DATASET_REPORT, BundleContents
from core.export.reporting.report import Provenance, make_report, report_files
from core.export.writing.target import Target, open_target


def finalize_bundle(
    job: ExportJob,
    built: Path,
    target: Target,
    counts: BundleCounts,
    provenance: Provenance,
    make_dataset_report: Callable[[BundleContents], str] | None = None,
) -> dict[str, Any]:
    """Add the card to *target*, close it, check the bundle at *built*, add the report, and return the report.

    Args:
        make_dataset_report: makes the page for readers, which goes into bundles whose recipe asks for it.

    Raises:
        ExportError: a check failed.
    """
    has_documents = job.recipe.container != "file"
    if has_documents:
        target.add_bytes(CARD, make_card(job, counts, provenance).encode())
        if provenance.guidelines:
            target.add_bytes(GUIDELINES, provenance.guidelines.encode())
    if has_documents and job.recipe.report and make_dataset_report is not None:
        job.progress(0.74, "Writing the dataset report")
        target.add_bytes(DATASET_REPORT, make_dataset_report(_contents(job, counts)).encode())
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


def _contents(job: ExportJob, counts: BundleCounts) -> BundleContents:
    return BundleContents(
        job.title,
        job.recipe.license,
        counts.entry_ids_json,
        # Changed images may hide what the originals show.
        has_pictures=job.layout.images != "none" and not job.recipe.changes_images,
    )

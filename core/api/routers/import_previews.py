"""Routes of what precedes an import: what a path holds, its first records, and uploads that wait."""

from typing import Annotated, ClassVar

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.schemas import Id, OneOfBody, ResponseBody
from core.errors import InvalidInputError

router = APIRouter(prefix="/api/projects/{project_id}", tags=["imports"])


class ImportSource(OneOfBody):
    """A *path* below VITRINE_IMPORT_ROOTS, or a complete upload."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("path", "upload_id")

    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    upload_id: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    format: Annotated[str, Field(max_length=60)] = "auto"


class PreviewTurn(ResponseBody):
    """A question with its answer."""

    question: str
    answer: str


class PreviewImageAnswer(ResponseBody):
    """An image as a record names it; *note* says why it was not found."""

    name: str
    stored_name: str
    image_id: str
    note: str


class PreviewRecordAnswer(ResponseBody):
    """A record, and where it is."""

    where: str
    images: list[PreviewImageAnswer]
    turns: list[PreviewTurn]
    system: str


class ImportProblemAnswer(ResponseBody):
    """Something that cannot be imported."""

    where: str
    reason: str


class ImportPreviewAnswer(ResponseBody):
    """The files of an import by what is tried with them, and its first records."""

    images: int
    annotations: list[str]
    tables: list[str]
    documents: list[str]
    ignored: list[str]
    is_vitrine_export: bool = Field(description="comes back whole, with decisions and history")
    formats: dict[str, str] = Field(description="what reads each annotation file; empty when nothing does")
    records: list[PreviewRecordAnswer]
    problems: list[ImportProblemAnswer]


class UploadAnswer(ResponseBody):
    """An upload in chunks whose import was not started."""

    id: str
    name: str
    size_bytes: int
    received_bytes: int
    is_complete: bool


class Uploads(ResponseBody):
    """The uploads that wait, oldest first."""

    items: list[UploadAnswer]


@router.get("/uploads")
def list_uploads(project_id: Id, services: ServicesDep) -> Uploads:
    """List the uploads of a project whose import was not started; they are sent below ``/uploads``."""
    services.projects.get_project(project_id)
    return Uploads(items=[UploadAnswer.model_validate(one) for one in services.uploads.list_uploads(project_id)])


@router.post("/imports/preview")
def preview_import(project_id: Id, body: ImportSource, services: ServicesDep) -> ImportPreviewAnswer:
    """Return what an import would bring in, by its first records; nothing is stored."""
    services.projects.get_project(project_id)
    path = _path(services, project_id, body)
    survey = services.import_previewer.survey(path)
    is_export = services.exports.is_vitrine_export(path)
    answer = ImportPreviewAnswer(
        images=len(survey.tried_as_images), annotations=list(survey.annotations), tables=list(survey.tables),
        documents=list(survey.documents), ignored=list(survey.ignored), is_vitrine_export=is_export,
        formats={}, records=[],
        problems=[ImportProblemAnswer(where=name, reason=reason) for name, reason in survey.problems],
    )  # fmt: skip
    if is_export or not (survey.annotations or survey.tables):
        return answer
    found = services.import_previewer.preview(project_id, path, body.format)
    answer.formats = found.formats
    answer.records = [PreviewRecordAnswer.model_validate(record) for record in found.records]
    answer.problems += [ImportProblemAnswer.model_validate(problem) for problem in found.problems]
    return answer


def _path(services: ServicesDep, project_id: str, body: ImportSource) -> str:
    if body.path is not None:
        services.intake.import_context.resolve(body.path, in_roots=True)
        return body.path
    upload = services.uploads.get(str(body.upload_id))
    if upload.project_id != project_id or not upload.is_complete:
        raise InvalidInputError(
            "This upload is not complete, or is of another project. Send the rest first.", field="upload_id"
        )
    return upload.path

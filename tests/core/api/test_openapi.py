"""The OpenAPI document states these limits, defaults and statuses: programs are written against them."""

from typing import Any

from fastapi.routing import APIRoute

from core.api.rest import query_names
from core.api.routers import ALL
from tests.core.api import openapi_values

PARAMETERS = {
    "GET /api/projects cursor": "(maxLength=400)",
    "GET /api/projects/{project_id}/images limit": "minimum=1 maximum=500 default=100",
    "GET /api/projects/{project_id}/images cursor": "(maxLength=400)",
    "GET /api/projects/{project_id}/images name": "maxLength=200 default=",
    "GET /api/projects/{project_id}/images tag": "maxLength=200 default=",
    "GET /api/projects/{project_id}/images format": "default=",
    "GET /api/projects/{project_id}/images color": "maxLength=200 default=",
    "GET /api/projects/{project_id}/images orientation": "default=",
    "GET /api/projects/{project_id}/images holds": "default=",
    "GET /api/projects/{project_id}/images alike": "default=False",
    "GET /api/projects/{project_id}/images source": "maxLength=200 default=",
    "GET /api/projects/{project_id}/images min_side_px": "minimum=0 maximum=100000 default=0",
    "GET /api/projects/{project_id}/images max_side_px": "minimum=0 maximum=100000 default=0",
    "GET /api/projects/{project_id}/images added_from": "pattern=^(\\d{4}-\\d{2}-\\d{2})?$ default=",
    "GET /api/projects/{project_id}/images added_to": "pattern=^(\\d{4}-\\d{2}-\\d{2})?$ default=",
    "GET /api/projects/{project_id}/images sort": "default=newest",
    "GET /api/images/{image_id}/data size": "default=original",
    "GET /api/tasks/{task_id}/outcomes format": "default=json",
    "GET /api/projects/{project_id}/image-questions limit": "minimum=1 maximum=500 default=100",
    "GET /api/projects/{project_id}/image-questions cursor": "(maxLength=400)",
    "GET /api/projects/{project_id}/image-datasets limit": "minimum=1 maximum=500 default=100",
    "GET /api/projects/{project_id}/image-datasets cursor": "(maxLength=400)",
    "GET /api/projects/{project_id}/image-datasets q": "maxLength=1000 default=",
    "GET /api/projects/{project_id}/image-datasets image_id": "(maxLength=100)",
    "GET /api/projects/{project_id}/image-datasets min_score": "(minimum=0 maximum=5)",
    "GET /api/projects/{project_id}/image-datasets tags": "maxLength=1000 default=",
    "GET /api/projects/{project_id}/image-datasets model": "(maxLength=200)",
    "PUT /api/image-datasets/{entry_id} if-match": "(maxLength=100)",
    "GET /api/projects/{project_id}/exports limit": "minimum=1 maximum=500 default=100",
    "GET /api/projects/{project_id}/exports cursor": "(maxLength=400)",
    "GET /api/projects/{project_id}/tasks limit": "minimum=1 maximum=500 default=100",
    "GET /api/projects/{project_id}/tasks cursor": "(maxLength=400)",
    "GET /ai/datasets limit": "minimum=1 maximum=500 default=100",
    "GET /ai/datasets cursor": "(maxLength=400)",
    "GET /ai/dataset/{dataset_id}/images limit": "minimum=1 maximum=500 default=100",
    "GET /ai/dataset/{dataset_id}/images cursor": "(maxLength=400)",
    "GET /ai/generated-images limit": "minimum=1 maximum=500 default=100",
    "GET /ai/generated-images offset": "minimum=0 default=0",
    "GET /ai/generated-images cursor": "(maxLength=400)",
}
FIELDS = {
    "AddReferences image_ids": "maxItems=1000 default=[] (maxLength=100)",
    "AddReferences urls": "maxItems=1000 default=[] (maxLength=2000)",
    "AskAnswers question_ids": "(maxItems=100000)",
    "AskAnswers image_ids": "(maxItems=100000)",
    "AskAnswers which": "default=unanswered",
    "AskAnswers language": "minLength=1 maxLength=60 default=en",
    "AskAnswers concurrency": "(minimum=1.0 maximum=64.0)",
    "AskAnswers llm_config": "default={'provider': '', 'model': 'offline/measure'}",
    "AskAnswers more_models": "maxItems=4 default=[]",
    "AskAnswers example_ids": "maxItems=4 default=[]",
    "AskAnswers fresh": "default=False",
    "AskAnswers verifiable": "default=False",
    "AskAnswers cost_cap": "(exclusiveMinimum=0.0)",
    "AskQuestions image_ids": "(maxItems=100000)",
    "AskQuestions num_questions": "minimum=1.0 maximum=20.0 default=3",
    "AskQuestions language": "minLength=1 maxLength=60 default=en",
    "AskQuestions custom_prompt": "(maxLength=20000)",
    "AskQuestions with_answers": "default=False",
    "AskQuestions kinds": "default={} (minimum=0.0 maximum=100.0)",
    "AskQuestions only_without_questions": "default=False",
    "AskQuestions only_failed": "default=False",
    "AskQuestions top_up": "default=False",
    "AskQuestions set_size": "minimum=2.0 maximum=8.0 default=4",
    "AskQuestions example_ids": "maxItems=4 default=[]",
    "AskQuestions fresh": "default=False",
    "AskQuestions verifiable": "default=False",
    "AskQuestions concurrency": "(minimum=1.0 maximum=64.0)",
    "AskQuestions llm_config": "default={'provider': '', 'model': 'offline/measure'}",
    "AskQuestions cost_cap": "(exclusiveMinimum=0.0)",
    "Body_analyze_style_images dataset_id": "maxLength=100 required",
    "Body_analyze_style_images model": "(maxLength=200)",
    "Body_upload_images files": "minItems=1 required",
    "Box label": "default=",
    "Box image": "minimum=0.0 default=0",
    "Confirmation confirmed": "default=True",
    "EntryChange question": "(maxLength=20000)",
    "EntryChange answer": "(maxLength=20000)",
    "EntryChange model": "(maxLength=200)",
    "EntryChange reject_reason": "(maxLength=20000)",
    "EntryChange score": "(minimum=0.0 maximum=5.0)",
    "EntryChange tags": "(maxLength=2000)",
    "EntryChange note": "(maxLength=20000)",
    "EntryChange kind": "(maxLength=200)",
    "EntryChange language": "(maxLength=35)",
    "EntryChange image_ids": "(minItems=1 maxItems=100)",
    "EntryChange turn": "(minimum=0.0)",
    "EntryChange system": "(maxLength=20000)",
    "ExportAnswer download_url": "default=",
    "ImageRequest prompt": "minLength=1 maxLength=20000 pattern=\\S required",
    "ImageRequest dataset_id": "(maxLength=100)",
    "ImageRequest style": "(maxLength=200)",
    "ImageRequest aspect_ratio": "maxLength=10 default=1:1",
    "ImageRequest reference_image_count": "minimum=0.0 maximum=64.0 default=5",
    "ImageRequest size": "(maxLength=10)",
    "ImageRequest project_id": "(maxLength=100)",
    "ImageRequest llm_config": "default={'provider': '', 'model': 'offline/measure'}",
    "ModelChoice provider": "maxLength=100 default=",
    "ModelChoice model": "minLength=1 maxLength=200 required",
    "ModelChoice api_key": "(maxLength=1000)",
    "ModelChoice api_base": "(maxLength=1000)",
    "ModelChoice temperature": "(minimum=0.0 maximum=2.0)",
    "ModelChoice max_tokens": "(minimum=1.0 maximum=1000000.0)",
    "ModelChoice timeout_s": "(minimum=1.0 maximum=3600.0)",
    "ModelChoice max_side_px": "(minimum=64.0 maximum=16384.0)",
    "NewEntry question": "(maxLength=20000)",
    "NewEntry answer": "maxLength=20000 required",
    "NewEntry model": "maxLength=200 default=",
    "NewEntry answer_type": "default=text",
    "NewEntry score": "minimum=0.0 maximum=5.0 default=0.0",
    "NewEntry tags": "maxLength=2000 default=",
    "NewEntry note": "maxLength=20000 default=",
    "NewEntry confirmed": "default=False",
    "NewEntry kind": "maxLength=200 default=",
    "NewEntry language": "maxLength=35 default=en",
    "NewEntry image_ids": "(minItems=1 maxItems=100)",
    "NewEntry turn": "minimum=0.0 default=0",
    "NewEntry system": "maxLength=20000 default=",
    "NewEntry origin": "default=",
    "NewExport format_style": "maxLength=60 default=default",
    "NewExport file_format": "default=bundle",
    "NewExport use_base64": "default=False",
    "NewExport include_metadata": "default=True",
    "NewExport confirmed": "default=False",
    "NewExport min_score": "minimum=0.0 maximum=5.0 default=0.0",
    "NewExport answer_types": "default=[]",
    "NewExport languages": "maxItems=1000 default=[] (maxLength=200)",
    "NewExport models": "maxItems=1000 default=[] (maxLength=200)",
    "NewExport tags": "maxItems=1000 default=[] (maxLength=200)",
    "NewExport image_ids": "maxItems=1000 default=[] (maxLength=200)",
    "NewProject name": "minLength=1 maxLength=200 pattern=\\S required",
    "NewProject description": "maxLength=5000 default=",
    "NewStyleDataset name": "minLength=1 maxLength=200 pattern=\\S required",
    "NewStyleDataset master_prompt": "maxLength=20000 default=",
    "NewStyleDataset project_id": "maxLength=100 required",
    "NewTemplate question": "minLength=1 maxLength=2000 required",
    "NewTemplate language": "minLength=1 maxLength=60 default=en",
    "NewTemplate answer_type": "default=text",
    "NewTemplate one_label": "default=False",
    "ProjectChange name": "(minLength=1 maxLength=200 pattern=\\S)",
    "ProjectChange description": "(maxLength=5000)",
    "PublishRequest address": "maxLength=500 required",
    "PublishRequest public": "default=False",
    "Rating score": "minimum=0.0 maximum=5.0 required",
    "StyleImages rejected": "default=[]",
    "TaskAnswer url": "default=",
}
# Beside those that every route has.
STATUSES = {
    "GET /api/status": "200",
    "GET /api/workers": "200",
    "POST /api/projects": "201",
    "GET /api/projects": "200",
    "GET /api/projects/{project_id}": "200",
    "PUT /api/projects/{project_id}": "200",
    "DELETE /api/projects/{project_id}": "204",
    "GET /api/projects/{project_id}/counts": "200",
    "POST /api/projects/{project_id}/images": "201",
    "GET /api/projects/{project_id}/images": "200",
    "GET /api/images/{image_id}": "200",
    "DELETE /api/images/{image_id}": "204",
    "GET /api/images/{image_id}/data": "200 206 304 307 416",
    "POST /api/projects/{project_id}/imports": "202",
    "GET /api/tasks/{task_id}/outcomes": "200",
    "POST /api/projects/{project_id}/image-questions": "202",
    "GET /api/projects/{project_id}/image-questions": "200",
    "POST /api/projects/{project_id}/image-answers": "202",
    "GET /api/projects/{project_id}/question-templates": "200",
    "POST /api/projects/{project_id}/question-templates": "201",
    "DELETE /api/projects/{project_id}/question-templates/{template_id}": "204",
    "POST /api/projects/{project_id}/image-datasets": "201",
    "GET /api/projects/{project_id}/image-datasets": "200",
    "GET /api/projects/{project_id}/image-datasets/stats": "200",
    "GET /api/image-datasets/{entry_id}": "200",
    "PUT /api/image-datasets/{entry_id}": "200",
    "DELETE /api/image-datasets/{entry_id}": "204",
    "POST /api/image-datasets/{entry_id}/confirm": "200",
    "POST /api/image-datasets/{entry_id}/rate": "200",
    "POST /api/projects/{project_id}/image-datasets/export": "202",
    "POST /api/projects/{project_id}/exports/{export_id}/send": "202",
    "GET /api/projects/{project_id}/exports": "200",
    "GET /api/projects/{project_id}/tasks": "200",
    "GET /api/tasks/{task_id}": "200",
    "GET /api/tasks/{task_id}/summary": "200",
    "POST /api/tasks/{task_id}/cancel": "200",
    "POST /api/tasks/{task_id}/pause": "200",
    "POST /api/tasks/{task_id}/resume": "200",
    "POST /api/tasks/{task_id}/retry": "200",
    "GET /api/tasks/{task_id}/events": "200",
    "GET /api/models": "200",
    "POST /api/models/test": "200 429 502",
    "POST /ai/datasets": "201",
    "GET /ai/datasets": "200",
    "POST /ai/datasets/{dataset_id}/images": "201",
    "GET /ai/dataset/{dataset_id}/images": "200",
    "POST /ai/dataset/analyze": "200 429 502",
    "POST /ai/generate": "200 429 502",
    "GET /ai/generated-images": "200",
    "GET /ai/generated-images/{generated_id}": "200",
}
EVERY_ROUTE = {"400", "401", "403", "404", "409", "413", "415", "422"}


def test_parameters_have_these_limits_and_defaults(document: dict[str, Any]) -> None:
    found = openapi_values.parameters(document)

    assert {name: found.get(name) for name in PARAMETERS} == PARAMETERS


def test_fields_of_bodies_have_these_limits_and_defaults(document: dict[str, Any]) -> None:
    found = openapi_values.fields(document)

    assert {name: found.get(name) for name in FIELDS} == FIELDS


def test_the_parameters_that_are_accepted_are_those_of_the_document(document: dict[str, Any]) -> None:
    accepted = {
        (route.path, method.lower()): query_names(route.dependant)
        for router in ALL for route in router.routes if isinstance(route, APIRoute) for method in route.methods
    }  # fmt: skip
    declared = {
        (path, method): [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        for path, methods in document["paths"].items() for method, operation in methods.items()
    }  # fmt: skip
    assert {name: accepted.get(name) for name in declared} == declared
    assert "limit" in declared["/api/projects/{project_id}/images", "get"]


def test_every_route_declares_its_statuses(document: dict[str, Any]) -> None:
    found = {name: set(statuses.split()) for name, statuses in openapi_values.statuses(document).items()}

    assert {name: " ".join(sorted(found[name] - EVERY_ROUTE)) for name in STATUSES} == STATUSES
    assert all(declared >= EVERY_ROUTE for declared in found.values())


def test_the_pages_of_the_documentation_are_no_routes_of_it(document: dict[str, Any]) -> None:
    assert "/api/docs" not in document["paths"]

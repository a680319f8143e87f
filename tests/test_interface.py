"""Each call that is promised to users, with the arguments that are promised, on photos."""

import inspect
import json
from pathlib import Path

import pytest
from PIL import Image

import core
import vitrine
from core.cli import app
from core.questions import ImageQuestionGenerationTask
from core.services import Services
from tests import described

OFFLINE = {"provider": "offline", "model": "measure"}
PHOTOS = sorted(core.sample_images().glob("*.jpg"))[:4]


@pytest.fixture
def photos(services: Services, project: core.Projects) -> list[core.Images]:
    upload = core.ImageService(services.db).upload_image
    return [core.run(upload(project.id, path.name, path.read_bytes())) for path in PHOTOS]


def _columns(row: type) -> set[str]:
    return set(row.model_fields)  # type: ignore[attr-defined]


def test_the_tables_have_the_promised_columns() -> None:
    promised = {
        core.Projects: "id name description create_at update_at",
        core.Images: "id project_id image_name path size width height create_at update_at",
        core.Questions: "id project_id image_id question language create_at",
        core.ImageDatasets: "id project_id image_id image_name question_id question answer answer_type model confirmed "
        "score tags note create_at update_at",
        core.Tasks: "id project_id task_type status config total_count processed_count failed_count note create_at "
        "update_at",
        core.StyleDatasets: "id user_id name master_prompt created_at",
        core.StyleDatasetImages: "id dataset_id image_url analysis_result created_at",
        core.BusinessProfiles: "id business_name vibes theme",
        core.GeneratedImages: "id prompt full_prompt image_id dataset_id style aspect_ratio resolution format quality "
        "reference_images_count",
    }
    missing = {row.__name__: set(names.split()) - _columns(row) for row, names in promised.items()}
    assert {name: columns for name, columns in missing.items() if columns} == {}
    assert set(core.__all__) <= set(dir(vitrine))


def test_a_database_is_opened_by_directory_path_url_or_setting_and_stays_open(tmp_path: Path) -> None:
    for target in (tmp_path / "a", tmp_path / "b.db", f"sqlite:///{tmp_path / 'c.db'}", None):
        with core.connect(target) as db:
            project = core.ProjectService(db).create_project("Kitchen", "What stands there")
        db = core.connect(target)
        projects = core.ProjectService(db)
        assert projects.get_project(project.id).description == "What stands there"
        assert projects.rename_project(project.id, "Shelf").name == "Shelf"
        archive = projects.export_project(project.id, tmp_path / "Shelf.zip")
        assert [projects.delete_project(project.id) for _ in range(2)] == [True, False]
        assert projects.import_project(archive).name == "Shelf"
        assert [one.name for one in projects.list_projects()] == ["Shelf"]
        db.close()
        archive.unlink()


def test_images_are_uploaded_listed_searched_and_deleted(db: object, project: core.Projects) -> None:
    images = core.ImageService(db, storage_path="uploads/images")  # type: ignore[arg-type]
    with PHOTOS[1].open("rb") as file:
        given = [PHOTOS[0].read_bytes(), file, PHOTOS[2], Image.open(PHOTOS[3])]
        stored = [
            core.run(images.upload_image(project.id, f"{number}.jpg", data, generate_thumb=True))
            for number, data in enumerate(given)
        ]
    sizes = [Image.open(path).size for path in PHOTOS]
    assert [(image.width, image.height) for image in stored] == sizes
    assert (stored[0].size, stored[0].image_name) == (PHOTOS[0].stat().st_size, "0.jpg")
    assert images.get_image(stored[0].id) == stored[0]
    assert images.get_image("nothing") is None
    newest = [image.id for image in images.list_images(project.id, limit=100, offset=0)]
    assert newest == [image.id for image in reversed(stored)] == [image.id for image in images.iter_images(project.id)]
    assert [image.id for image in images.list_images(project.id, limit=1, offset=1)] == newest[1:2]
    assert (images.get_image_data_url(stored[0].id) or "")[:23] == "data:image/jpeg;base64,"
    assert images.get_image_data_url("nothing") is None
    analyzed = core.run(
        core.ImageAnalysisTask(db, core.LLMService(), images).analyze(  # type: ignore[arg-type]
            project.id, image_ids=None, analyzers=("embedding",), config=None
        )
    )
    assert (analyzed["analyzed"], analyzed["failed"]) == (4, 0)
    assert {image.id for image, _ in images.find_similar(stored[0].id, limit=20)} == set(newest) - {stored[0].id}
    assert images.search_images(project.id, "a cat", limit=60) == []  # nothing has looked for words
    assert images.get_project_image_stats(project.id)["total_images"] == 4
    assert [images.delete_image(id_) for id_ in (stored[0].id, stored[0].id, "nothing")] == [True, False, False]


def test_a_model_asks_in_each_promised_way(
    services: Services, project: core.Projects, photos: list[core.Images]
) -> None:
    db, llm, images = services.db, core.LLMService(), core.ImageService(services.db)
    config = {**OFFLINE, "temperature": 0.7, "max_tokens": 2048}
    url = images.get_image_data_url(photos[0].id) or ""
    assert core.run(llm.vision_chat(config, "What is it?", url, mime_type="image/jpeg"))["text"]
    asking = ImageQuestionGenerationTask(db, llm, images)
    for language, image in zip(("en", "zh-CN", "tr"), photos, strict=False):
        asked = core.run(
            asking.generate_questions_for_image(image, config, num_questions=2, custom_prompt=None, language=language)
        )
        assert len(asked) == 2
    single = core.run(asking.generate_single_question(photos[0].id, config, custom_prompt=None, language="en"))
    assert single not in (None, *[q.question for q in asking.list_questions(project.id, photos[1].id)])
    task_config = {
        "image_ids": [photos[3].id], "num_questions": 3, "custom_prompt": None, "language": "en", "concurrency": 2,
        "llm_config": config,
    }  # fmt: skip
    task = core.TaskService(db).create_task(project.id, config=task_config)
    assert (task.task_type, task.status) == ("image-question-generation", "queued")
    done = core.run(asking.process_task(task, task_config))
    assert (done["processed"], done["failed"], done["total_questions"], len(done["questions"])) == (1, 0, 3, 3)


def test_entries_are_written_read_and_exported(
    services: Services, project: core.Projects, photos: list[core.Images], tmp_path: Path
) -> None:
    db, dataset = services.db, core.ImageDatasetService(services.db)
    asking = ImageQuestionGenerationTask(db, core.LLMService(), core.ImageService(db))
    core.run(asking.generate_questions_for_image(photos[1], OFFLINE, num_questions=3))
    first, second, third = asking.list_questions(project.id, photos[1].id)
    entry = dataset.create_dataset_entry(
        project.id, photos[0].id, "What is it?", '["cup"]', "gpt-4o", answer_type="label", question_id=None, score=4.2,
        tags="Red, big", note="clear", confirmed=True, image_ids=[photos[0].id, photos[2].id], conversation_id="one",
        turn=0, boxes=[{"label": "cup", "xyxy": [1, 2, 30, 40]}],
    )  # fmt: skip
    assert (entry.image_ids, entry.score, entry.tags) == ([photos[0].id, photos[2].id], 4.2, "red,big")
    dataset.create_from_question(first.id, '{"n": 1}', "gpt-4o", answer_type="custom_format")
    dataset.batch_create_from_questions([second.id, third.id], ["two", "three"], "gpt-4o", answer_type="text")
    assert asking.list_questions(project.id, photos[1].id)[0].answered
    listed = dataset.list_dataset_entries(
        project.id,
        image_id=photos[0].id,
        answer_type="label",
        confirmed=True,
        min_score=4,
        tags="red",
        limit=9,
        offset=0,
    )
    assert (listed, listed.total) == ([entry], 1)
    changed = dataset.update_dataset_entry(entry.id, note="clearer")
    assert changed is not None
    assert (changed.note, dataset.confirm_entry(entry.id, confirmed=False).confirmed) == ("clearer", False)  # type: ignore[union-attr]
    assert dataset.rate_entry(entry.id, 0.1).score == 0.1  # type: ignore[union-attr]
    assert dataset.add_tags(entry.id, ["round"]).tags == "red,big,round"  # type: ignore[union-attr]
    stats = dataset.get_dataset_stats(project.id)
    assert {name: stats[name] for name in ("total_entries", "confirmed_entries", "average_score", "unique_images")} == {
        "total_entries": 4, "confirmed_entries": 0, "average_score": 0.1, "unique_images": 2,
    }  # fmt: skip
    assert stats["by_answer_type"] == {"label": 1, "custom_format": 1, "text": 2}
    assert len(dataset.to_pandas(project.id, answer_type="text")) == 2
    assert "image" in dataset.to_datasets(project.id).features
    exporter = core.ImageDatasetExporter(db, core.ImageService(db))
    entries = list(dataset.iter_dataset_entries(project.id, image_id=photos[1].id))
    llava, vqa = tmp_path / "llava.json", tmp_path / "vqa.jsonl"
    assert exporter.export_json(entries, llava, use_base64=False, format_style="llava", include_metadata=True) == 3
    assert exporter.export_jsonl(entries, vqa, use_base64=False, format_style="vqa", include_metadata=False) == 3
    row = json.loads(llava.read_text())[2]
    assert (set(row), row["image"][:7]) == ({"id", "image", "conversations"}, "images/")
    assert row["conversations"] == [
        {"from": "human", "value": f"<image>\n{third.question}"}, {"from": "gpt", "value": "three"},
    ]  # fmt: skip
    assert json.loads(vqa.read_text().splitlines()[2]) == {
        "question_id": entries[2].id, "image_id": photos[1].id, "image": row["image"], "question": third.question,
        "answer": "three", "answer_type": "text",
    }  # fmt: skip
    assert exporter.export_json(entries, tmp_path / "default.json", use_base64=True) == 3
    inside = json.loads((tmp_path / "default.json").read_text())[0]
    assert "data:image/jpeg;base64," in json.dumps(inside)
    bundle = exporter.export_with_images(entries, tmp_path / "bundle", format_style="default", copy_images=True)
    folder = exporter.export_huggingface_format(entries, tmp_path / "hub", dataset_name="cups", copy_images=True)
    assert (bundle["entries"], bundle["images"], folder["entries"], folder["title"]) == (3, 1, 3, "cups")
    assert [dataset.delete_dataset_entry(id_) for id_ in (entry.id, entry.id, "nothing")] == [True, False, False]
    assert dataset.get_dataset_entry(entry.id) is None

    for number in range(20):
        dataset.create_dataset_entry(project.id, photos[number % 4].id, "Is it red?", "yes" if number else "no", "m")
    guessed = core.DatasetChecks(db).guessability(project.id, search='"is it red"')
    assert (len(guessed.entries), guessed.majority_share) == (20, 0.95)
    assert 0 <= guessed.share <= 1
    assert list(guessed.by_kind.values()) == [guessed.share]


def test_an_image_is_made_with_the_full_prompt_in_the_promised_order(
    services: Services, project: core.Projects, photos: list[core.Images]
) -> None:
    style = core.StyleGenerationService(services.db, core.LLMService(), core.ImageService(services.db))
    made = style.create_style_dataset(project.id, "Calm", master_prompt="Soft light")
    rows = style.add_images(made.id, image_ids=[photo.id for photo in photos[:2]], urls=["http://127.0.0.1/a.jpg"])
    assert [row.image_url for row in rows][2:] == ["http://127.0.0.1/a.jpg"]
    analyzed = core.run(style.analyze_images(made.id, OFFLINE))
    assert {"description", "tags", "vibe", "lighting", "colors", "style"} <= set(analyzed[0].analysis_result)
    style.set_business_profile(project.id, "Acme", "warm", "home")
    image = core.run(
        style.generate_image(
            "A lamp",
            dataset_id=made.id,
            style="watercolor",
            aspect_ratio="1:1",
            reference_image_count=5,
            config=OFFLINE,
        )
    )
    parts = [
        "Brand: Acme. Vibe: warm. Theme: home.", "Style Guidelines: Soft light", "Reference style: ",
        "Match the style and aesthetic of the 1 reference image(s) provided.", "A lamp", "Style: watercolor.",
    ]  # fmt: skip
    places = [image.full_prompt.find(part) for part in parts]
    assert places == sorted(places)
    assert min(places) == 0
    assert (image.dataset_id, image.reference_images_count, image.aspect_ratio) == (made.id, 1, "1:1")


def test_what_other_programs_wrote_is_imported_with_a_report(
    db: object, project: core.Projects, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in PHOTOS[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    names = (PHOTOS[0].name, "gone.jpg")
    rows = [json.dumps({"image": name, "question": "What?", "answer": "A cup."}) for name in names]
    (folder / "rows.jsonl").write_text("\n".join(rows))
    importer = core.DatasetImporter(db, core.ImageService(db))  # type: ignore[arg-type]
    report = importer.import_path(project.id, folder, format="auto", progress=None)
    assert (report.images_added, report.images_known, report.entries_added, report.records) == (2, 0, 1, 2)
    assert [problem.where for problem in report.problems] == ["rows.jsonl:2"]
    assert len(report.to_pandas()) == 1
    again = importer.import_path(project.id, folder)
    assert (again.images_added, again.images_known, again.entries_added) == (0, 2, 0)
    assert list(inspect.signature(importer.import_hub).parameters)[:3] == ["project_id", "name", "split"]
    refused = importer.import_urls(project.id, ["http://127.0.0.1/a.jpg"])
    assert (refused.images_added, len(refused.problems)) == (0, 1)


def test_the_promised_routes_and_verbs_exist() -> None:
    promised = """
    POST /api/projects · GET /api/projects · POST /api/projects/{project_id}/images
    GET /api/projects/{project_id}/images
    GET /api/images/{image_id} · DELETE /api/images/{image_id} · GET /api/images/{image_id}/data
    POST /api/projects/{project_id}/image-questions · GET /api/projects/{project_id}/image-questions
    GET /api/tasks/{task_id} · POST /api/tasks/{task_id}/cancel
    POST /api/projects/{project_id}/image-datasets · GET /api/projects/{project_id}/image-datasets
    GET /api/image-datasets/{entry_id} · PUT /api/image-datasets/{entry_id} · DELETE /api/image-datasets/{entry_id}
    POST /api/image-datasets/{entry_id}/confirm · POST /api/image-datasets/{entry_id}/rate
    POST /api/projects/{project_id}/image-datasets/export · POST /ai/datasets · GET /ai/datasets
    POST /ai/generate · POST /ai/dataset/analyze · GET /ai/dataset/{dataset_id}/images · GET /ai/generated-images
    GET /ai/generated-images/{generated_id} · POST /api/projects/{project_id}/imports
    POST /api/projects/{project_id}/archive · POST /api/projects/import · GET /api/images/{image_id}/similar
    GET /api/projects/{project_id}/images/search · POST /api/projects/{project_id}/analyses
    GET /api/images/{image_id}/analysis · GET /api/projects/{project_id}/guessability
    """
    there = {f"{method.upper()} {path}" for path, methods in described.paths().items() for method in methods}
    wanted = {route.strip() for line in promised.split("\n") for route in line.split("·") if route.strip()}
    assert wanted - there == set()
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    assert verbs >= {
        "import", "ask", "analyze", "check", "export", "project", "worker", "backup", "restore", "move", "user",
        "token", "doctor", "demo", "mcp",
    }  # fmt: skip

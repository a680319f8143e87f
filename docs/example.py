"""The complete workflow from Python: import, questions, answers, review, an image in the same style, and an export.

    python docs/example.py my-data my-images        # with the package installed
    python -m docs.example my-data my-images        # in a checkout, from its directory

The pages make the same calls. The model is the built-in ``offline/measure``; for a vision model set ``MODEL`` to, for
example, ``{"provider": "openai", "model": "gpt-4o"}``, with its API key in the environment.
"""

import asyncio
import sys
from pathlib import Path

import vitrine

MODEL = {"provider": "offline", "model": "measure"}


async def dataset_from(files: list[Path], data_dir: Path, export_dir: Path) -> dict[str, int]:
    """Make a dataset from image files and return the counts."""
    name = files[0].parent.name
    with vitrine.connect(data_dir) as db:
        project = vitrine.ProjectService(db).create_project(name)
        images, llm, tasks = vitrine.ImageService(db), vitrine.LLMService(), vitrine.TaskService(db)
        for path in files:
            await images.upload_image(project.id, path.name, path.read_bytes())
        image_ids = [image.id for image in images.iter_images(project.id)]

        question_task = vitrine.ImageQuestionGenerationTask(db, llm, images)
        config = {"image_ids": image_ids, "num_questions": 3, "language": "en", "concurrency": 4, "llm_config": MODEL}
        asked = await question_task.process_task(tasks.create_task(project.id, question_task.task_type, config), config)

        answer_task = vitrine.ImageAnswerGenerationTask(db, llm, images)
        config = {"image_ids": image_ids, "llm_config": MODEL}
        answered = await answer_task.process_task(tasks.create_task(project.id, answer_task.task_type, config), config)

        dataset = vitrine.ImageDatasetService(db)
        for entry in dataset.iter_dataset_entries(project.id):
            dataset.confirm_entry(entry.id)
        first = dataset.list_dataset_entries(project.id, limit=1)[0]
        dataset.rate_entry(first.id, 4.5)
        dataset.add_tags(first.id, ["checked"])

        style = vitrine.StyleGenerationService(db, llm, images)
        style_dataset = style.create_style_dataset(project.id, "The style of this folder", "Calm, flat colors")
        style.add_images(style_dataset.id, image_ids=image_ids)
        await style.analyze_images(style_dataset.id, MODEL)
        generated = await style.generate_image("A lamp on a table", dataset_id=style_dataset.id, config=MODEL)

        entries = list(dataset.iter_dataset_entries(project.id, confirmed=True))
        vitrine.ImageDatasetExporter(db, images).export_huggingface_format(entries, export_dir, dataset_name=name)
        return {
            "images": len(image_ids),
            "questions": asked["total_questions"],
            "answers": answered["total_answers"],
            "confirmed": dataset.get_dataset_stats(project.id)["confirmed_entries"],
            "references": generated.reference_images_count,
            "images at the end": images.get_project_image_stats(project.id)["total_images"],
        }


if __name__ == "__main__":
    data, files = Path(sys.argv[1]), sorted(Path(sys.argv[2]).iterdir())
    for name, count in asyncio.run(dataset_from(files, data, data / "example-export")).items():
        print(f"{count:6,} {name}")
    print(f'\nload_dataset("imagefolder", data_dir="{data / "example-export"}")')

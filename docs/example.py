"""The whole job from Python: images in, questions, answers, review, one image in the same style, an export that loads.

    python docs/example.py my-data my-images

Every call is one that the pages make too. The model is the built-in one that only measures; for a real one give for
example ``{"provider": "openai", "model": "gpt-4o"}`` and have its key in the environment.
"""

import asyncio
import sys
from pathlib import Path

import core

MODEL = {"provider": "offline", "model": "measure"}


async def dataset_from(files: list[Path], data_dir: Path, export_dir: Path) -> dict[str, int]:
    """Make a dataset from images; return how many of everything there are at the end."""
    name = files[0].parent.name
    with core.connect(data_dir) as db:
        project = core.ProjectService(db).create_project(name)
        images, llm, tasks = core.ImageService(db), core.LLMService(), core.TaskService(db)
        for path in files:
            await images.upload_image(project.id, path.name, path.read_bytes())
        image_ids = [image.id for image in images.list_images(project.id)]

        asking = core.ImageQuestionGenerationTask(db, llm, images)
        config = {"image_ids": image_ids, "num_questions": 3, "language": "en", "concurrency": 4, "llm_config": MODEL}
        asked = await asking.process_task(tasks.create_task(project.id, asking.task_type, config), config)

        answering = core.ImageAnswerGenerationTask(db, llm, images)
        config = {"image_ids": image_ids, "llm_config": MODEL}
        answered = await answering.process_task(tasks.create_task(project.id, answering.task_type, config), config)

        dataset = core.ImageDatasetService(db)
        for entry in dataset.list_dataset_entries(project.id, limit=1000):
            dataset.confirm_entry(entry.id)
        first = dataset.list_dataset_entries(project.id, limit=1)[0]
        dataset.rate_entry(first.id, 4.5)
        dataset.add_tags(first.id, ["checked"])

        style = core.StyleGenerationService(db, llm, images)
        look = style.create_style_dataset(project.id, "The style of this folder", "Calm, flat colors")
        style.add_images(look.id, image_ids=image_ids)
        await style.analyze_images(look.id, MODEL)
        made = await style.generate_image("A lamp on a table", dataset_id=look.id, config=MODEL)

        entries = dataset.list_dataset_entries(project.id, confirmed=True, limit=1000)
        core.ImageDatasetExporter(db, images).export_huggingface_format(entries, export_dir, dataset_name=name)
        return {
            "images": len(image_ids),
            "questions": asked["total_questions"],
            "answers": answered["total_answers"],
            "confirmed": dataset.get_dataset_stats(project.id)["confirmed_entries"],
            "references": made.reference_images_count,
            "images at the end": images.get_project_image_stats(project.id)["total_images"],
        }


if __name__ == "__main__":
    data, files = Path(sys.argv[1]), sorted(Path(sys.argv[2]).iterdir())
    for what, number in asyncio.run(dataset_from(files, data, data / "example-export")).items():
        print(f"{number:6,} {what}")
    print(f'\nload_dataset("imagefolder", data_dir="{data / "example-export"}")')

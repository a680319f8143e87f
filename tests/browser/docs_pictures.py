"""The pictures of the documentation, light and dark, with the sample photographs: ``make screenshots``.

They are written to ``docs/pictures/``, to be reviewed by a person and committed.
"""

import io
import json
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import core  # noqa: E402
from core.accounts.roles import Role  # noqa: E402
from core.services import Services  # noqa: E402
from pages import PAGES  # noqa: E402
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle  # noqa: E402

TARGET = ROOT / "docs" / "pictures"
_ENTRIES = Path(__file__).with_name("picture_entries.jsonl")
_SECRET = "nine green bottles"
_SIZE = {"width": 1280, "height": 800}
_WEBP_QUALITY = 80
_PATIENCE_MS = 240_000
"""A machine that does other work takes long to open a page."""


def fill(data_dir: Path) -> str:
    """Make a project with the sample photographs, questions, answers, decisions and checks; return its id."""
    with core.connect(data_dir) as db:
        services = Services(db)
        people = [
            services.accounts.create_account(name, _SECRET, is_admin=name == "olga") for name in ("olga", "ana", "ben")
        ]
        project = core.ProjectService(db).create_project("Still lifes")
        for account, role in zip(people, (Role.OWNER, Role.ANNOTATOR, Role.ANNOTATOR), strict=True):
            services.memberships.set_role(project.id, account.id, role)
        images, dataset, llm = core.ImageService(db), core.ImageDatasetService(db), core.LLMService()
        core.DatasetImporter(db, images).import_path(project.id, core.sample_images())
        ids = {image.image_name: image.id for image in images.iter_images(project.id)}
        for number, line in enumerate(_ENTRIES.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            entry = dataset.create_dataset_entry(
                project.id, ids[row.pop("image")], model="openai/gpt-4o", confirmed=number % 3 == 0, **row
            )
            if number % 5 == 0:
                dataset.rate_entry(entry.id, 3 + number % 3)
        core.run(core.ImageAnalysisTask(db, llm, images).analyze(project.id, analyzers=["text", "embedding"]))
        for check in ("guessable", "verifiable"):
            core.run(core.DatasetChecks(db).run(project.id, check))
        style = core.StyleGenerationService(db, llm, images)
        style_dataset = style.create_style_dataset(
            project.id, "Warm light", "Soft daylight from the left, a wooden table"
        )
        style.add_images(
            style_dataset.id, image_ids=[ids[f"{name}.jpg"] for name in ("lemons", "breakfast", "bottles")]
        )
        core.run(style.analyze_images(style_dataset.id, {"provider": "offline", "model": "measure"}))
        return project.id


def picture(page: Page, name: str, scheme: str) -> None:
    settle(page, _PATIENCE_MS / 1000)
    page.wait_for_timeout(2500)
    file = TARGET / f"{name}-{scheme}.webp"
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=_WEBP_QUALITY, method=6)


def signed_in(browser: Browser, server: AppServer, scheme: str) -> BrowserContext:
    context = browser.new_context(color_scheme=scheme, viewport=_SIZE)  # type: ignore[arg-type]
    context.set_default_timeout(_PATIENCE_MS)
    answer = context.request.post(
        f"{server.url}/access/session",
        data={"name": "olga", "password": _SECRET},
        headers={"Origin": server.url},
        timeout=_PATIENCE_MS,
    )
    assert answer.ok, answer.text()
    return context


def shoot(browser: Browser, server: AppServer, project_id: str) -> None:
    for scheme in ("light", "dark"):
        context = signed_in(browser, server, scheme)
        page = context.new_page()
        for entry in PAGES:
            page.goto(f"{server.url}/{entry.url_path}?project={project_id}")
            picture(page, entry.name, scheme)
        page.goto(f"{server.url}/images?project={project_id}&as=Map")
        page.locator(".map canvas").first.wait_for()
        picture(page, "map", scheme)
        context.close()


def export(browser: Browser, server: AppServer, project_id: str) -> None:
    context = signed_in(browser, server, "light")
    answer = context.request.post(
        f"{server.url}/api/projects/{project_id}/image-datasets/export",
        data={"format_style": "llava", "file_format": "bundle"}, headers={"Origin": server.url}, timeout=_PATIENCE_MS,
    )  # fmt: skip
    assert answer.ok, answer.text()
    context.close()


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        project_id = fill(Path(directory) / "data")
        with (
            AppServer.running(Path(directory), VITRINE_SIGN_IN="accounts") as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
            export(browser, server, project_id)
            shoot(browser, server, project_id)
            browser.close()
    print(f"{len(list(TARGET.glob('*.webp')))} pictures are in {TARGET.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()

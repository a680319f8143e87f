"""The first screen: photographs, and the ways into a first project."""

import streamlit as st

from core.accounts.permissions import Act
from core.runtime import runtime
from core.sample import photographs
from pages.components.overview import moves, project_dialogs
from pages.components.shared import media, page, visitor

# Names and descriptions give answers away: whoever tries the sample sees neither, so the wall has no alternative texts.
_CSS = """
.wall { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; border-radius: 12px; overflow: hidden }
img { width: 100%; height: auto; aspect-ratio: 4 / 3; display: block; background: var(--st-secondary-background-color) }
@media (max-width: 1100px) { .wall { grid-template-columns: repeat(5, 1fr) } }
@media (max-width: 500px) { .wall { grid-template-columns: repeat(3, 1fr) } }
"""
_JS = """
export default function ({ data, parentElement }) {
  const wall = Object.assign(document.createElement("div"), { className: "wall" });
  wall.setAttribute("aria-hidden", "true");
  wall.append(...data.urls.map((src) => Object.assign(new Image(320, 240), { src, alt: "", decoding: "async" })));
  parentElement.querySelector(".wall")?.remove();
  parentElement.append(wall);
}
"""
_SHOWN = 15


def show() -> None:
    """Draw what the app does, with a button for each way in, beside the photographs of the sample."""
    columns = st.grid(2, min_column_width=340, gap="large", key="first-steps")
    with columns.cell():
        st.header("Build an image question-answer dataset", anchor=False)
        st.markdown(
            "Upload images, let a model ask and answer, review each entry with one key, and export files that load. "
            + _what_stays_where()
        )
        if st.button("Start with your images", type="primary", icon=":material/upload:", key="start-own"):
            project_dialogs.new()
        if st.button("Try the sample", icon=":material/gallery_thumbnail:", key="start-sample"):
            open_sample()
        st.caption("21 photographs with 106 questions and answers. Six answers are wrong on purpose: find them.")
        if st.button("Import a project", icon=":material/unarchive:", key="start-import", type="tertiary"):
            moves.import_dialog()
    with columns.cell():
        _wall()


def _what_stays_where() -> str:
    settings = runtime.database.settings
    if settings.storage_url or settings.database_url:
        return "Images and answers go to your own database and bucket, and to a model only when you choose one."
    return "Nothing leaves this machine unless you choose a model."


def open_sample() -> None:
    """Create a sample project and open it at the desk."""
    visitor.require(Act.CREATE_PROJECT)
    project = page.services().samples.create(owner_id=visitor.actor().account_id)
    page.choose_project(project.id)
    page.go("curate")


def _wall() -> None:
    files = [one.file for one in photographs() if not one.is_second_of_twins][:_SHOWN]
    component = st.components.v2.component("vitrine_wall", css=_CSS, js=_JS)
    # No list: Streamlit asks pandas whether one is a table, whose import takes 0.25 s of the first page.
    urls = tuple(f"{media.base_path()}/sample/{file}" for file in files)
    component(key="wall", data={"urls": urls})

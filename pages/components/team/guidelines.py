"""The guidelines of a project: read, edited with a preview, and their earlier versions."""

import streamlit as st

from core import Images
from core.accounts.permissions import Act
from core.api.media import IMAGE_TYPES
from core.dataset.guidelines.service import MAX_CHARS, GuidelineVersion
from pages.components.shared import controls, media, moment, numbers, page, people, reviewer_name

_SEEN, _MESSAGE, _ADDED = "guidelines-seen", "guidelines-message", "guidelines-added"
_IMAGES = "guidelines-images"
_CSS = """
:host { font-family: var(--st-font); color: var(--st-text-color); overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; border-radius: 4px; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
h2, h3, h4, h5, h6 { font-size: 1.1rem; margin: 1rem 0 .3rem; }
p, ul, ol { margin: 0 0 .7rem; line-height: 1.5; }
table { border-collapse: collapse; margin-bottom: .7rem; }
td, th { border: 1px solid var(--st-border-color); padding: 2px 8px; }
:is(td, th):not([align]) { text-align: left; }
a { color: var(--st-link-color); }
"""
# The HTML is that of core.dataset.guidelines.rendering, which leaves nothing of the author's own markup.
_JS = """
export default function ({ data, parentElement }) {
  const shown = document.createElement("article"); // the div of the component has its styles
  shown.innerHTML = data.sanitized;
  parentElement.querySelector("article")?.remove();
  parentElement.append(shown);
}
"""


def show(project_id: str) -> None:
    """Draw the guidelines; who may change the project can write them."""
    newest = page.services().guidelines.guidelines(project_id)
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)
    if page.may(Act.CHANGE_PROJECT, project_id):
        _edit(project_id, newest)
    elif newest.text:
        _preview(project_id, newest.text)
    else:
        st.caption("This project has no guidelines yet. Its editors and owners write them.")
    _versions(project_id)


def _edit(project_id: str, newest: GuidelineVersion) -> None:
    seen = _seen(project_id, newest.version)
    if seen != newest.version:  # the text stays until the author has seen both
        st.warning(
            f"{page.escape(people.shown(newest.created_by))} has saved version {newest.version} meanwhile.",
            icon=":material/edit_note:",
        )
        st.button(f"Load version {newest.version}, without your text", key="guidelines-load", on_click=_forget)
    key = f"guidelines-text-{project_id}-{seen}"
    if key not in st.session_state:
        st.session_state[key] = page.services().guidelines.guidelines(project_id, seen or None).text
    if added := st.session_state.pop(_ADDED, None):
        st.session_state[key] = f"{st.session_state[key]}\n\n{added}".strip()
    left, right = st.columns(2)
    with left:
        text = st.text_area(
            "Markdown", key=key, persist_state="session", height=420, max_chars=MAX_CHARS,
            placeholder="# What to confirm\n\n- …",
            help="Shown beside the entry at the desk (key I). ![description](image:ID) shows an image of the project.",
        )  # fmt: skip
        _add_image(project_id)
        # Always on, and above what the text changes: else the click that ends the typing is lost.
        if st.button("Save guidelines", type="primary", key="guidelines-save"):
            _save(project_id, text, seen)
    with right:
        st.caption("Preview")
        _preview(project_id, text)


def _save(project_id: str, text: str, seen: int) -> None:
    with page.show_errors():
        saved = page.services().guidelines.save(project_id, text, actor=reviewer_name.name(), seen_version=seen)
        if saved.version == seen:
            st.caption("There is nothing new to save.")
            return
        _forget()
        st.session_state[_MESSAGE] = f"Version {saved.version} is saved."
        st.rerun()


def _seen(project_id: str, newest: int) -> int:
    """Return the version that this session edits: that which was the newest when it began."""
    of_project, _, version = str(st.session_state.get(_SEEN, "")).partition(" ")
    if of_project != project_id:
        st.session_state[_SEEN] = f"{project_id} {newest}"
        return newest
    return int(version)


def _forget() -> None:
    """Let the text begin anew with the newest version."""
    for name in [name for name in st.session_state if str(name).startswith("guidelines-text-")]:
        del st.session_state[name]
    st.session_state.pop(_SEEN, None)


def _add_image(project_id: str) -> None:
    count = st.session_state.get(_IMAGES, 0)  # a new key makes a new widget, so the popover closes after it was used
    with st.popover("Add an image", icon=":material/add_photo_alternate:", key=f"guidelines-image-{count}"):
        with st.form("guidelines-image-form", border=False, clear_on_submit=True):
            file = st.file_uploader(
                "Image", type=[name.partition("/")[2] for name in IMAGE_TYPES], key="guidelines-file"
            )
            shows = st.text_input("What it shows", key="guidelines-shows")
            wanted = st.form_submit_button("Add to the text", key="guidelines-add")
        if not wanted:
            return
        if file is None:
            st.caption("Choose an image first.")
            return
        with page.show_errors():
            actor = reviewer_name.name()
            image = page.services().guidelines.add_image(project_id, file.name, file.getvalue(), actor=actor)
            st.session_state[_ADDED] = f"![{_label(shows or image.image_name)}](image:{image.id})"
            st.session_state[_IMAGES] = count + 1
            st.rerun()


def _label(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())


def _preview(project_id: str, text: str) -> None:
    with st.container(border=True, key="guidelines-preview"):
        if not text.strip():
            st.caption("What you write is shown here as reviewers see it.")
            return
        with page.show_errors():
            _show(project_id, page.services().guidelines.rendered(project_id, text, _address))


def _show(project_id: str, sanitized: str) -> None:
    component = st.components.v2.component("vitrine_guidelines", css=controls.styled(_CSS), js=_JS)
    component(key=page.component_key(f"guidelines-{project_id}"), data={"sanitized": sanitized})


def _address(image: Images) -> str:
    return media.image_url(image.id, image.sha256, "view")


def _versions(project_id: str) -> None:
    versions = page.services().guidelines.versions(project_id)
    if not versions:
        return
    with st.expander(f"Versions: {numbers.text(len(versions))}", key="guidelines-versions"):
        chosen = st.selectbox(
            "Version", [one.version for one in versions], key=f"guidelines-version-{project_id}",
            format_func={one.version: _words(one) for one in versions}.__getitem__,
        )  # fmt: skip
        shown = st.segmented_control(
            "Show", ("Changes", "Text"), default="Changes", required=True, key="guidelines-show",
            label_visibility="collapsed",
        )  # fmt: skip
        of = page.services().guidelines
        text = of.changes(project_id, chosen) if shown == "Changes" else of.guidelines(project_id, chosen).text
        st.code(text, language="diff" if shown == "Changes" else "markdown", wrap_lines=True)
        if chosen != versions[0].version and page.may(Act.CHANGE_PROJECT, project_id):
            st.button(
                f"Restore version {chosen}", icon=":material/history:", key="guidelines-restore", on_click=_restore,
                args=(project_id, chosen),
            )  # fmt: skip


def _words(one: GuidelineVersion) -> str:
    of = f", restored from version {one.restored_from}" if one.restored_from else ""
    written = f", {moment.text(one.create_at)}" if one.create_at else ""
    return f"Version {one.version} {people.by(one.created_by)}{written}{of}"


def _restore(project_id: str, version: int) -> None:
    with page.show_errors():
        restored = page.services().guidelines.restore(project_id, version, actor=reviewer_name.name())
        _forget()
        st.session_state[_MESSAGE] = f"Version {version} is in use again, as version {restored.version}."

"""The card that chooses the entries that are worth a person's time, as a queue of the desk."""

import streamlit as st

from core.checks.service import CheckReport
from core.dataset import parse_search
from pages.components.check import card, running
from pages.components.shared import media, numbers, page
from pages.components.shared.numbers import pluralize

_SLIDERS = (
    ("doubt", "Doubtful answers", 10, "Marked, flagged or disputed entries, few stars, and answers that are unlikely."),
    ("diversity", "Different images", 10, "Images unlike those that are reviewed or chosen already."),
    ("balance", "Every kind of question", 5, "Kinds of which fewer entries are reviewed or chosen."),
)


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that are chosen from."""
    st.subheader("Worth your time", anchor=False)
    report = page.services().checks.newest(project_id, "worth")
    if report is None:
        card.not_run(
            "Which entries should a person review next? Those that are doubtful, new and of every kind come first.",
            "Free: no model, no network. 100,000 entries take a few seconds.",
        )
    else:
        _chosen(project_id, report)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        weights = {
            name: st.slider(label, 0, 10, value, key=f"worth-{name}", help=help_text, width=180) / 10
            for name, label, value, help_text in _SLIDERS
        }
        count = st.number_input("Entries", 1, 1000, 100, step=10, key="worth-count", width=120)
    if not running.show(project_id, "worth"):
        label = "Choose the next" if report is None else "Choose again"
        if st.button(label, icon=":material/checklist:", key="run-worth"):
            with page.show_errors():
                running.start(project_id, "worth", query, count=count, **weights)


def _chosen(project_id: str, report: CheckReport) -> None:
    result = report.result
    line = "worth:yes"
    waiting = page.services().entries.count_entries(project_id, parse_search(line).for_review())
    st.metric(
        "Entries to review next", numbers.text(waiting),
        f"{numbers.text(result['chosen'] - waiting)} of {numbers.text(result['chosen'])} decided",
        delta_color="off", delta_arrow="off",
    )  # fmt: skip
    _thumbnails(project_id)
    for reason in result["reasons"]:
        st.markdown(f"{pluralize(reason['entries'], 'entry')}: {reason['label']}")
    st.caption(page.escape(running.of_when(report)))
    if not result["has_vectors"]:
        st.caption(
            "No image had a vector, so only related images counted as alike. Run Analyze images, and choose again."
        )
    if waiting:
        page.link("curate", "Review them", icon="checklist", q=line)


def _thumbnails(project_id: str) -> None:
    """Draw the images of the entries that come next."""
    services = page.services()
    found = services.entries.find_entries(project_id, parse_search("worth:yes").for_review(), limit=8).items
    images = services.entries.images_of(found)
    shown = {entry.image_id: images[entry.image_id] for entry in found}
    pictures = [
        f"![{page.escape(image.image_name)}]({media.image_url(image.id, image.sha256)})"
        for image in shown.values()
        if image.is_in_library
    ]
    if pictures:
        with st.container(horizontal=True, key="worth-pictures"):
            for picture in pictures:
                st.markdown(picture, width=72)

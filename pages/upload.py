"""Images in, one outcome for each; below, the library of the project."""

import streamlit as st

from pages.components import drop, library, media, page

_OUTCOMES = {"added": "added", "near-duplicate": "added, looks like another", "duplicate": "here already",
             "rejected": "rejected"}  # fmt: skip


def main() -> None:
    project = page.project()
    stats = page.services().images.get_project_image_stats(project.id)
    count = stats["total_images"]
    action = page.header("Upload", _state(stats))
    with st.container(key="upload-sources"):
        dropped = drop.show(project.id, _hint())
        if dropped is not None:
            _outcomes(dropped)
    if count:
        with action:
            waiting = count - stats["with_questions"]
            if st.button(
                f"Ask about {waiting:,} images" if waiting else "Ask more", type="primary",
                icon=":material/auto_awesome:", key="upload-onward",
            ):  # fmt: skip
                page.go("generate")
        library.show(project.id)


def _state(stats: dict[str, int]) -> str:
    if not stats["total_images"]:
        return "No images yet."
    return (
        f"{stats['total_images']:,} images, {stats['total_size'] / 1e6:,.1f} MB, "
        f"{stats['with_questions']:,} with questions, {stats['near_duplicates']:,} look like another"
    )


def _hint() -> str:
    settings = page.services().db.settings
    return (
        f"JPEG, PNG or WebP, up to {settings.max_image_bytes / 1e6:,.0f} MB and "
        f"{settings.max_image_pixels / 1e6:,.0f} megapixels each. They stay on this machine."
    )


def _outcomes(dropped: drop.Dropped) -> None:
    """One sentence for what went well, one row for each file that was not simply added."""
    parts = [f"{dropped.counts[key]:,} {words}" for key, words in _OUTCOMES.items() if dropped.counts.get(key)]
    st.text(f"{', '.join(parts)}.".capitalize())
    if not dropped.rows:
        return
    with st.expander(f"{len(dropped.rows):,} files that were not simply added", expanded=True, key="upload-notable"):
        st.dataframe(
            [
                {
                    "image": media.image_url(row["image_id"], row["sha256"]) if row["image_id"] else None,
                    "file": row["name"],
                    "outcome": _OUTCOMES.get(row["outcome"], row["outcome"]),
                    "reason": row["reason"],
                }
                for row in dropped.rows
            ],
            column_config={
                "image": st.column_config.ImageColumn("Image", width="small"),
                "file": "File",
                "outcome": "Outcome",
                "reason": st.column_config.TextColumn("Reason", width="large"),
            },
            hide_index=True,
            key="upload-rows",
        )


main()

"""What a page of entries shows while its project has none: the step that is missing, with a link to it."""

from core.accounts.permissions import Act
from pages.components.shared import page


def show(project_id: str, icon: str, sentence: str) -> None:
    """Say that there is nothing yet, and lead to Upload, or to Generate once the project has images."""
    if page.services().images.get_project_image_stats(project_id)["total_images"]:
        page.empty_state(icon, sentence, "generate", "Generate questions and answers", act=Act.GENERATE_PAID)
    else:
        page.empty_state(icon, sentence, "upload", "Add images", act=Act.IMPORT)

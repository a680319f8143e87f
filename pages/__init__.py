"""The list of pages, in the order of the navigation. A new page is its file in this folder and one line here."""

from dataclasses import dataclass

DEFAULT = "overview"


@dataclass(frozen=True)
class PageEntry:
    """A page as the navigation shows it."""

    name: str
    """Its file without ``.py``."""
    label: str
    icon: str
    """A Material icon."""
    group: str = ""

    @property
    def file(self) -> str:
        return f"pages/{self.name}.py"

    @property
    def url_path(self) -> str:
        """Its path in the URL; Streamlit opens the default page at the root."""
        return "" if self.name == DEFAULT else self.name


PAGES = (
    PageEntry("upload", "Upload", "upload", "Build"),
    PageEntry("generate", "Generate", "auto_awesome", "Build"),
    PageEntry("curate", "Curate", "checklist", "Build"),
    PageEntry("style", "Style", "palette", "Build"),
    PageEntry("export", "Export", "package_2", "Build"),
    PageEntry("overview", "Overview", "home", "Look"),
    PageEntry("explore", "Explore", "query_stats", "Look"),
    PageEntry("tasks", "Tasks", "progress_activity", "Look"),
    PageEntry("settings", "Settings", "settings"),
)

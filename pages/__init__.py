"""The list of pages, in the order of the navigation. A new page is its file in this folder and one line here."""

from dataclasses import dataclass

from core.accounts.permissions import Act

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
    act: Act | None = None
    """What a person has to be allowed in the open project to see the page; None: everybody."""
    needs_accounts: bool = False
    """Whether the navigation shows it only where people have accounts."""

    @property
    def file(self) -> str:
        return f"pages/{self.name}.py"

    @property
    def url_path(self) -> str:
        """Its path in the URL; Streamlit opens the default page at the root."""
        return "" if self.name == DEFAULT else self.name


PAGES = (
    PageEntry("upload", "Upload", "upload", "Build", Act.IMPORT),
    PageEntry("images", "Images", "photo_library", "Build", Act.READ),
    PageEntry("generate", "Generate", "auto_awesome", "Build", Act.GENERATE_PAID),
    PageEntry("curate", "Curate", "checklist", "Build", Act.REVIEW),
    PageEntry("check", "Check", "fact_check", "Build", Act.RUN_CHECKS),
    PageEntry("style", "Style", "palette", "Build", Act.MANAGE_STYLES),
    PageEntry("export", "Export", "package_2", "Build", Act.EXPORT),
    PageEntry("overview", "Overview", "home", "Look"),
    PageEntry("explore", "Explore", "query_stats", "Look", Act.READ),
    PageEntry("tasks", "Tasks", "progress_activity", "Look", Act.READ),
    PageEntry("team", "Team", "group", "Look", Act.READ, needs_accounts=True),
    PageEntry("settings", "Settings", "settings"),
)

"""Export."""

from pages.components import page

page.project()
page.header("Export")

"""Tasks."""

from pages.components import page

page.project()
page.header("Tasks")

"""Generate."""

from pages.components import page

page.project()
page.header("Generate")

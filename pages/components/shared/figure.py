"""One image, with its space reserved before it loads, so that nothing shifts."""

import streamlit as st

from pages.components.shared import page

_CSS = """
figure { margin: 0; border-radius: 6px; overflow: hidden; background: var(--st-secondary-background-color); }
img { width: 100%; height: 100%; display: block; }
"""

_JS = """
export default function ({ data, parentElement }) {
  const figure = document.createElement("figure");
  figure.style.height = `${data.height_px}px`;
  if (data.url) {
    const image = document.createElement("img");
    image.alt = data.alt;
    image.style.objectFit = data.fit;
    image.decoding = "async";
    image.src = data.url;
    figure.append(image);
  }
  parentElement.querySelector("figure")?.remove();
  parentElement.append(figure);
}
"""


def show(url: str | None, alt: str, *, height_px: int, key: str, fit: str = "cover") -> None:
    """Draw the image at *url*, or an empty box for None; *fit* is cover (fills the box) or contain (whole image)."""
    component = st.components.v2.component("vitrine_figure", css=_CSS, js=_JS)
    component(key=page.component_key(key), data={"url": url, "alt": alt, "height_px": height_px, "fit": fit})

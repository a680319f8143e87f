"""A notebook as a page: its texts and its code, without outputs."""

import json


def notebook_page(notebook: str) -> str:
    """Return the cells of a notebook as Markdown."""
    parts = []
    for cell in json.loads(notebook)["cells"]:
        source = "".join(cell["source"])
        parts.append(f"```python\n{source}\n```" if cell["cell_type"] == "code" else source)
    return "\n\n".join(parts) + "\n"

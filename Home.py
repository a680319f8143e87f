"""The entry point: the server when it is imported, the frame around every page when it is run.

``streamlit run Home.py`` imports this file once to serve pages, API and images from one process, and then runs
it for every page view.
"""

if __name__ == "__main__":
    from core.lazy import lazy_import

    # By one thread: a browser that opens two pages runs this file twice at the same moment.
    lazy_import("pages.components.frame.first_page").show()
else:
    from functools import partial
    from pathlib import Path

    import streamlit as st

    from core import app as vitrine
    from pages import DEFAULT, PAGES
    from pages.components.shared import streamlit_private

    vitrine.import_before_listening()
    streamlit_private.disable_pages_directory()
    streamlit_private.run_what_is_shown()
    hosts = st.get_option("server.allowedHosts")
    where = {"base_path": st.get_option("server.baseUrlPath"), "allowed_hosts": hosts}
    assets = Path(__file__).parent / "pages" / "assets"
    html = streamlit_private.page_html((assets / "frame.css").read_text(encoding="utf-8"))
    pages = vitrine.page_routes((entry.url_path for entry in PAGES), html, where["base_path"]) if html else []
    app = st.App(
        __file__,
        routes=[
            vitrine.icon_route(assets / "vitrine.png", where["base_path"]),
            vitrine.sample_route(where["base_path"]),
            *pages,
            vitrine.first_page_route(DEFAULT, where["base_path"]),
        ],
        middleware=[
            vitrine.gate(vitrine.access_settings(st.get_option("server.address"), hosts), **where),
            vitrine.own_routes(**where),
        ],
        lifespan=partial(vitrine.lifespan, first_page="pages.components.frame.first_page"),
    )

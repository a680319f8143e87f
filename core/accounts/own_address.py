"""The address under which people open this server, as far as its settings tell."""

import os

_LOCAL = "http://127.0.0.1:8501"


def own_address() -> str:
    """Return the address of the first page, without a slash at its end.

    Its host is the first of ``STREAMLIT_SERVER_ALLOWED_HOSTS``, for which a proxy serves https, else this machine.
    """
    hosts = os.environ.get("STREAMLIT_SERVER_ALLOWED_HOSTS", "").split()
    base = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    return f"{f'https://{hosts[0]}' if hosts else _LOCAL}/{base}".rstrip("/")

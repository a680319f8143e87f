"""Files for tests where those of the browser wait for their import."""

from core.services import Services


def uploaded(services: Services, name: str, content: bytes) -> str:
    """Store a file among the uploads; return the ``path`` for the config of its import."""
    directory = services.intake.import_context.uploads
    directory.mkdir(exist_ok=True)
    (directory / name).write_bytes(content)
    return name

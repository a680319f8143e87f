"""The version of the program by which workers and chunks find each other."""

from importlib.metadata import PackageNotFoundError, version

from core.db.migrate import known_versions

_DISTRIBUTION = "vitrine-vqa"


def program_version() -> str:
    """Return the version of the package and of its tables, such as "0.1.0-0031"."""
    try:
        package = version(_DISTRIBUTION)
    except PackageNotFoundError:
        package = "checkout"
    return f"{package}-{known_versions()[-1]}"

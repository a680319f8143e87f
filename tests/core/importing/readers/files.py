"""What a reader sees of an import, for tests of single functions."""

from collections.abc import Iterator
from typing import Any

from core.importing.problems import Problems
from core.importing.readers.base import Head


class KnownFiles:
    """Files of the given names; embedded images are counted."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.problems = Problems()
        self.heads: dict[str, Head] = {}
        self.embedded: list[tuple[bytes | str, str, str]] = []

    def rows(self, name: str, key: str = "") -> Iterator[tuple[str, Any]]:
        return iter(())

    def elements(self, name: str) -> Iterator[tuple[str, str, Any]]:
        return iter(())

    def document(self, name: str) -> Any:
        return None

    def text(self, name: str) -> str:
        return ""

    def has(self, name: str) -> bool:
        return name in self._names

    def embed(self, data: bytes | str, where: str, name: str = "") -> str:
        self.embedded.append((data, where, name))
        return f"embedded {len(self.embedded)}"

    @property
    def reasons(self) -> list[str]:
        return [problem.reason for problem in self.problems.kept]

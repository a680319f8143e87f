"""Which checks a format does not have that others of its kind have, and what it has instead."""

import pytest

from core.export.checks.base import Checker
from core.export.checks.parts import OumiChecker, PathPartsChecker
from core.export.checks.records import EVERY_RECORD, VitrineChecker
from core.export.checks.verifiable import EasyR1Checker, LmmsEvalChecker, VerifiableChecker

OF_TABLES = {
    "Every list column has a type", "Every split has the same keys", "Every key has one type in all rows and splits",
}  # fmt: skip
OF_TURNS = {"Turns alternate, user first, assistant last"}


@pytest.mark.parametrize(
    ("checker", "others", "left_out", "added"),
    [
        (OumiChecker, PathPartsChecker.checks, OF_TABLES, set()),
        (VitrineChecker, EVERY_RECORD, OF_TABLES, set()),
        (EasyR1Checker, VerifiableChecker.checks, OF_TURNS, {"There are as many image tokens as images"}),
        (LmmsEvalChecker, VerifiableChecker.checks, OF_TURNS, set()),
    ],
)
def test_a_format_without_tables_or_turns_leaves_out_their_checks(
    checker: type[Checker], others: tuple[str, ...], left_out: set[str], added: set[str]
) -> None:
    assert {*others} - {*checker.checks} == left_out
    assert {*checker.checks} - {*others} == added

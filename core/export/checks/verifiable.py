"""Checks of tables for training by rewards: TRL (GRPO), verl, EasyR1."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from core.export.checks.base import NOTHING_EMPTY, TOKENS_MATCH, TURNS_ALTERNATE, Bundle
from core.export.checks.hugging_face_chat import ChatChecker
from core.export.entries import IMAGE_TOKEN
from core.verifiers import CHECKERS, Verifier, is_passed_by_itself

PASSED_BY_ITSELF = "Every ground truth passes its own checker"
REWARD_FILE = "reward.py"


class VerifiableChecker(ChatChecker):
    """A prompt, its images and a verifier; a subclass says where they are in a row."""

    checks: ClassVar[tuple[str, ...]] = (*ChatChecker.checks, PASSED_BY_ITSELF)

    def expect(self, what: str, written: Any, found: Any) -> None:
        # An entry with boxes is two tasks: only rows and images are counted.
        if not what.startswith("entries"):
            super().expect(what, written, found)

    def examine(self, bundle: Bundle) -> None:
        self.findings.count(NOTHING_EMPTY)
        if not bundle.sizes.get(REWARD_FILE):
            self.findings.fail(NOTHING_EMPTY, f"{REWARD_FILE} is missing")
        super().examine(bundle)

    def examine_turns(self, row: dict[str, Any]) -> int:
        self.examine_prompt(row)
        self.findings.count(PASSED_BY_ITSELF)
        try:
            verifier = self.verifier_of(row)
            self.check_text("a ground truth", verifier.truth)
            if verifier.checker not in CHECKERS or not is_passed_by_itself(verifier):
                self.findings.fail(PASSED_BY_ITSELF, f"{row.get('id')}: {verifier.checker} of {verifier.truth[:80]!r}")
        except (KeyError, TypeError, ValueError) as error:
            self.findings.fail(PASSED_BY_ITSELF, f"{row.get('id')}: {error!r}")
        return 1

    def examine_prompt(self, row: dict[str, Any]) -> None:
        """Check the messages of a row: system, user, assistant, …, user."""
        turns = [turn for turn in row.get("prompt") or [] if turn.get("role") != "system"]
        roles = ("user", *("assistant", "user") * (len(turns) // 2))
        self.check_turns([self.without_tokens(turn) for turn in turns], roles)

    def without_tokens(self, turn: dict[str, Any]) -> dict[str, Any]:
        """Return a turn without the image tokens that the format puts before its text."""
        return turn

    def verifier_of(self, row: dict[str, Any]) -> Verifier:
        """Return the verifier of a row."""
        raise NotImplementedError

    def check_tokens(self, texts: Sequence[str], row: dict[str, Any]) -> None:
        """Check that there are as many image tokens as images."""
        self.findings.count(TOKENS_MATCH)
        images = len(row.get("images") or ())
        if sum(text.count(IMAGE_TOKEN) for text in texts) != images:
            self.findings.fail(TOKENS_MATCH, f"{images} images, texts are {[text[:40] for text in texts[:3]]}")


class TrlGrpoChecker(VerifiableChecker):
    """TRL inserts image tokens itself."""

    def verifier_of(self, row: dict[str, Any]) -> Verifier:
        return Verifier(row["checker"], json.loads(row["arguments"]), row["solution"])


class VerlChecker(VerifiableChecker):
    """verl replaces each image token by the next image, and fails when one of them is left."""

    checks: ClassVar[tuple[str, ...]] = (*VerifiableChecker.checks, TOKENS_MATCH)

    def examine_prompt(self, row: dict[str, Any]) -> None:
        super().examine_prompt(row)
        self.check_tokens([str(turn.get("content")) for turn in row.get("prompt") or []], row)

    def without_tokens(self, turn: dict[str, Any]) -> dict[str, Any]:
        return turn | {"content": without_leading_tokens(turn.get("content"))}

    def verifier_of(self, row: dict[str, Any]) -> Verifier:
        info = row["extra_info"]
        return Verifier(info["checker"], json.loads(info["arguments"]), row["reward_model"]["ground_truth"])


class EasyR1Checker(VerifiableChecker):
    """EasyR1 splits the prompt at its image tokens."""

    checks: ClassVar[tuple[str, ...]] = (
        *(check for check in VerifiableChecker.checks if check != TURNS_ALTERNATE), TOKENS_MATCH,
    )  # fmt: skip

    def examine_prompt(self, row: dict[str, Any]) -> None:
        self.check_turn_text(without_leading_tokens(row.get("prompt")))
        self.check_tokens([str(row.get("prompt"))], row)
        self.check_text("an answer", row.get("answer"))

    def verifier_of(self, row: dict[str, Any]) -> Verifier:
        return Verifier(**json.loads(row["verifier"]))


class LmmsEvalChecker(VerifiableChecker):
    """A question without image tokens, and the YAML file of the task."""

    checks: ClassVar[tuple[str, ...]] = tuple(check for check in VerifiableChecker.checks if check != TURNS_ALTERNATE)

    def examine(self, bundle: Bundle) -> None:
        name = f"{self.layout.stem}.yaml"
        if not bundle.sizes.get(name):
            self.findings.fail(NOTHING_EMPTY, f"{name} is missing")
        super().examine(bundle)

    def examine_prompt(self, row: dict[str, Any]) -> None:
        self.check_turn_text(row.get("question"))

    def verifier_of(self, row: dict[str, Any]) -> Verifier:
        return Verifier(row["checker"], json.loads(row["arguments"]), row["answer"])


def without_leading_tokens(text: Any) -> Any:
    """Return *text* without the image tokens at its start."""
    while isinstance(text, str) and text.startswith(IMAGE_TOKEN):
        text = text.removeprefix(IMAGE_TOKEN)
    return text

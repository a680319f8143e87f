"""Checks of preference data, by the rules of LLaMA-Factory and ms-swift."""

from typing import Any, ClassVar

from core.export.checks.base import COUNTS_MATCH, NOTHING_EMPTY, TURNS_ALTERNATE, Bundle
from core.export.checks.conversations import INFO_MATCHES, ConversationsChecker, LlamaFactoryChecker

ANSWERS_DIFFER = "The chosen answer differs from the rejected one"
LABELS_BOOLEAN = "KTO labels are true or false, never text"


class PreferenceChecker(LlamaFactoryChecker):
    """Rows of DPO and KTO as ms-swift reads them."""

    checks: ClassVar[tuple[str, ...]] = (*ConversationsChecker.checks, ANSWERS_DIFFER, LABELS_BOOLEAN)

    def examine(self, bundle: Bundle) -> None:
        ConversationsChecker.examine(self, bundle)

    def expect(self, what: str, written: Any, found: Any) -> None:
        # A pair is not an entry: only rows are counted.
        if not what.startswith("entries"):
            super().expect(what, written, found)
        else:
            self.findings.count(COUNTS_MATCH, 0)

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get("messages")
        # The prompts of LLaMA-Factory's DPO end with the user, those of ms-swift with the chosen answer.
        is_pair = "chosen" in row
        if not self.check_turns(turns, ends_with=0 if is_pair else 1) or not isinstance(turns, list):
            return 0
        self.check_texts([turn.get("content") for turn in turns], len(self.images_of(row)))
        self.findings.count(ANSWERS_DIFFER)
        self.findings.count(LABELS_BOOLEAN)
        if is_pair:
            self._check_pair(row.get("chosen"), row.get("rejected"))
        elif "rejected_response" in row:
            self._check_different(turns[-1].get("content"), row["rejected_response"])
        else:
            label = row.get("kto_tag" if "kto_tag" in row else "label")
            if not isinstance(label, bool):
                self.findings.fail(LABELS_BOOLEAN, f"a label is {label!r}")
        return 1

    def _check_pair(self, chosen: Any, rejected: Any) -> None:
        for answer in (chosen, rejected):
            if not isinstance(answer, dict) or answer.get("role") != "assistant":
                self.findings.fail(TURNS_ALTERNATE, f"an answer is {answer!r}"[:120])
                return
        self._check_different(chosen.get("content"), rejected.get("content"))

    def _check_different(self, chosen: Any, rejected: Any) -> None:
        for text in (chosen, rejected):
            self.check_text("an answer", text)
            if not isinstance(text, str):
                self.findings.fail(NOTHING_EMPTY, f"an answer is {text!r}")
        self.check_no_control_words([str(chosen), str(rejected)])
        if chosen == rejected:
            self.findings.fail(ANSWERS_DIFFER, f"both are {str(chosen)[:60]!r}")


class LlamaFactoryPreferenceChecker(PreferenceChecker):
    """Rows of DPO and KTO as LLaMA-Factory reads them, with their ``dataset_info.json``."""

    checks: ClassVar[tuple[str, ...]] = (*PreferenceChecker.checks, INFO_MATCHES)

    def examine(self, bundle: Bundle) -> None:
        LlamaFactoryChecker.examine(self, bundle)

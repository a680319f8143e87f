"""Preference data by the rules of LLaMA-Factory and ms-swift."""

from typing import Any, ClassVar

from core.export.checks.base import COUNTS_MATCH, NOTHING_EMPTY, TURNS_ALTERNATE, Bundle
from core.export.checks.conversations import ConversationsChecker, LlamaFactoryChecker

DIFFERENT = "The better answer is not the worse one"
REAL_BOOLEAN = "Verdicts are true or false, never text"


class PreferenceChecker(LlamaFactoryChecker):
    """Prompts of DPO end with the user in LLaMA-Factory, with the better answer in ms-swift; verdicts are booleans."""

    checks: ClassVar[tuple[str, ...]] = (*ConversationsChecker.checks, DIFFERENT, REAL_BOOLEAN)

    def examine(self, bundle: Bundle) -> None:
        if self.format.beside is None:
            ConversationsChecker.examine(self, bundle)
        else:
            super().examine(bundle)

    def expect(self, what: str, wanted: Any, found: Any) -> None:
        # A pair is not an entry: only rows can be counted.
        if not what.startswith("entries"):
            super().expect(what, wanted, found)
        else:
            self.findings.saw(COUNTS_MATCH, 0)

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get("messages")
        pair = "chosen" in row
        if not self.alternate(turns, ends_with=0 if pair else 1) or not isinstance(turns, list):
            return 0
        self.examine_texts([turn.get("content") for turn in turns], len(self.images_of(row)))
        self.findings.saw(DIFFERENT)
        self.findings.saw(REAL_BOOLEAN)
        if pair:
            self._pair(row.get("chosen"), row.get("rejected"))
        elif "rejected_response" in row:
            self._different(turns[-1].get("content"), row["rejected_response"])
        else:
            verdict = row.get("kto_tag" if "kto_tag" in row else "label")
            if not isinstance(verdict, bool):
                self.findings.wrong(REAL_BOOLEAN, f"a verdict is {verdict!r}")
        return 1

    def _pair(self, chosen: Any, rejected: Any) -> None:
        for answer in (chosen, rejected):
            if not isinstance(answer, dict) or answer.get("role") != "assistant":
                self.findings.wrong(TURNS_ALTERNATE, f"an answer is {answer!r}"[:120])
                return
        self._different(chosen.get("content"), rejected.get("content"))

    def _different(self, chosen: Any, rejected: Any) -> None:
        for text in (chosen, rejected):
            self.text("an answer", text)
            if not isinstance(text, str):
                self.findings.wrong(NOTHING_EMPTY, f"an answer is {text!r}")
        self.no_tokens([str(chosen), str(rejected)])
        if chosen == rejected:
            self.findings.wrong(DIFFERENT, f"both are {str(chosen)[:60]!r}")

"""Runs of every check with round numbers, as they are stored, so that a test can say what each card shows of them."""

import copy
from typing import Any

from core.checks import store
from core.services import Services

_INTERVAL = [0.5, 0.7]
_MAJORITY = {"share": 0.4, "answer": "yes", "entries": 32}
_WORTH = {"share": 0.5, "interval": [0.4, 0.6]}
_AGREED = {
    "entries": 80, "agreed": 60, "sure_of_another": 12, "doubtful": 3, "doubt": 0.2, "share": 0.75,
    "interval": _INTERVAL,
}  # fmt: skip
_ASKED = {
    "models": ["openai/gpt-4o"], "seed": 3, "drawn": 90, "of": 80, "compared": 10, "left_out": 2, "answered": 84,
    "no_answer": 6, "not_asked": 5, "calls": 90, "cost": 0.25,
}  # fmt: skip


def _guessed(share: float, entries: int) -> dict[str, Any]:
    figures = {"share": share, "guessed": round(share * entries), "entries": entries, "majority": _MAJORITY}
    return {
        **figures, "interval": _INTERVAL, "long_answers": 1,
        "patterns": [{"share": 0.9, "text": f"is it {word}", "answer": "yes", "entries": 9} for word in "abcdef"],
        "groups": {name: [{"value": "", **figures}] for name in ("kind", "language", "model")},
    }  # fmt: skip


def _part(share: float) -> dict[str, Any]:
    return {"right": round(80 * share), "share": share, "interval": [share - 0.1, share + 0.1]}


def _judged(mean: float, answer: str) -> dict[str, Any]:
    biases = [("length", True, 70), ("position", False, 60), ("one score", None, 5)]
    agreement = {
        "share": 0.75, "low": 0.6, "high": 0.9, "alpha": 0.456, "reviewed": 10, "same_verdicts": 8, "verdicts": 9,
    }  # fmt: skip
    return {
        "entries": 80, "mean": mean, "scores": {"1": 10, "2": 20, "3": 30, "4": 15, "5": 25}, "asked": _ASKED,
        "lines": [{"text": "It is true.", "mean": 4.26, "agreement": 0.75},
                  {"text": "It is short.", "mean": 3.14, "agreement": None}],
        "trust": {"answer": answer, "sentence": "agrees with you in 75 of 100", "agreement": agreement,
                  "biases": [{"name": name, "found": found, "entries": count} for name, found, count in biases]},
    }  # fmt: skip


REPORTS: dict[str, dict[str, Any]] = {
    "guessable": _guessed(0.6, 80),
    "balance": {
        "before": _guessed(0.6, 80), "after": _guessed(0.5, 60), "left_out": 20, "reached": False, "target": 0.3,
    },
    "twins": {
        "entries": 80, "twins": 8, "before": _guessed(0.6, 80), "after": _guessed(0.5, 88), "with_twin": 20,
        "questions": 80,
    },
    "second-opinion": {
        "entries": 80, "blind": _part(0.2), "seen": _part(0.7), "worth": _WORTH,
        "kinds": [{"value": "", "entries": 80, "blind": _part(0.2), "seen": _part(0.7), "worth": _WORTH}],
        "asked": _ASKED,
    },
    "tools": {
        "tested": 40, "entries": 80, "contradicts": 4, "supports": 26, "unsure": 10, "same_tools": 2,
        "tools": [
            {"tool": "color", "contradicts": 4, "supports": 26, "unsure": 10, "precision": 0.8, "right": 50,
             "source": "confirmed"},
            {"tool": "text", "contradicts": 0, "supports": 0, "unsure": 1, "precision": None, "right": 0,
             "source": "default"},
        ],
        "reasons": [{"entries": count, "reason": f"Reason {count}"} for count in (9, 8, 7, 6)],
    },
    "consensus": {
        **_AGREED, "kinds": [{"value": "", **_AGREED}], "asked": _ASKED,
    },
    "judge": _judged(3.27, "yes"),
    "ratings": _judged(2.83, "no"),
    "worth": {
        "entries": 80, "open": 70, "doubtful": 5, "images": 5, "chosen": 5,
        "reasons": [{"entries": 5, "label": "in doubt"}], "has_vectors": False,
    },
    "verifiable": {
        "share": 0.8, "verifiable": 64, "entries": 80, "checkers": {"exact": 48, "own": 16}, "kinds": [],
    },
    "heldout": {
        "set": "Exam", "images": 4, "entries": 6, "both": 1, "image": 3, "question": 2,
        "compared": {"images": 100, "questions": 200},
    },
}  # fmt: skip


def without_findings() -> dict[str, dict[str, Any]]:
    """Return the same runs, had they found nothing that anybody has to look at."""
    found = copy.deepcopy(REPORTS)
    found["guessable"] |= {"share": 0.0, "guessed": 0, "long_answers": 0}
    found["balance"] |= {"reached": True, "left_out": 0}
    found["twins"] |= {"twins": 0}
    found["second-opinion"] |= {"seen": _part(0.9) | {"right": 80}, "blind": _part(0.1) | {"right": 0}}
    found["tools"] |= {"contradicts": 0, "same_tools": 1, "tools": []}
    found["consensus"] |= {"agreed": 80, "sure_of_another": 0, "doubtful": 0, "share": 1.0}
    found["judge"]["trust"]["answer"] = "not yet"
    found["judge"]["asked"] |= {"drawn": 50, "compared": 0, "no_answer": 0, "not_asked": 0, "left_out": 0, "cost": 0}
    found["worth"] |= {"has_vectors": True}
    found["verifiable"] |= {"share": 1.0, "verifiable": 80, "checkers": {"exact": 80}}
    found["heldout"] |= {"both": 0, "image": 0, "question": 0, "entries": 0}
    return found


def plant(services: Services, project_id: str, reports: dict[str, dict[str, Any]], query: str = "") -> None:
    """Store a run of each check that has ended with these numbers."""
    with services.db.transaction() as session:
        for check, result in reports.items():
            store.end_run(session, store.begin_run(session, project_id, check, query, {}).id, result)

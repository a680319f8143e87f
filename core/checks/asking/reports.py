"""What checks that ask models measured, in the words of the dataset report."""

from collections.abc import Mapping
from typing import Any

from core.checks.reporting.content import Fact, Section, Table, of_all, percent
from core.pluralize import pluralize


def arena(result: Mapping[str, Any], label: str) -> Section:
    """Return the section of how one model answered."""
    questions = int(result["questions"])
    low, high = result["interval"]
    facts = (
        Fact("Mean score", _of_100(result["score"]), f"Between {_of_100(low)} and {_of_100(high)}; images are drawn at "
             "random with all of their questions (bootstrap)."),
        Fact("Right", of_all(result["right"], questions)),
        Fact("Stored answers that are the model's own", of_all(result["own_answers"], questions),
             "For these it is compared with itself."),
        Fact("Stored answers that nobody confirmed", of_all(result["not_confirmed"], questions)),
    )  # fmt: skip
    measures = tuple(
        (str(one["value"]), f"{one['questions']:,}", percent(one["score"])) for one in result["groups"]["measure"]
    )
    return Section(
        label,
        f"A model reached {_of_100(result['score'])} of 100 on {pluralize(questions, 'question')}.",
        facts,
        (Table(("Scored by", "Questions", "Mean score"), measures, share_column=2),),
        how="Answers are scored against the stored ones by type: VQA accuracy, ANLS, numbers, equal words, labels, "
        "JSON, boxes. Longer texts are left out.",
    )


def second_opinion(result: Mapping[str, Any], label: str) -> Section:
    """Return the section of what the image is worth to a model."""
    blind, total = result["blind"], result["entries"]
    facts = [Fact("Known without the image", of_all(blind["right"], total), _interval(blind))]
    sentence = f"A model gave {_of_100(blind['share'])} of 100 stored answers without the image."
    if "seen" in result:
        seen, worth = result["seen"], result["worth"]
        facts += [
            Fact("Known with the image", of_all(seen["right"], total), _interval(seen)),
            Fact("Worth of the image", f"{round(worth['share'] * 100):+d} points", _interval(worth)),
        ]
        sentence = (
            f"A model gave {_of_100(blind['share'])} of 100 stored answers without the image and "
            f"{_of_100(seen['share'])} with it."
        )
    how = "The same entries are asked with and without the image, drawn at random. Long answers and boxes are left out."
    return Section(label, sentence, tuple(facts), how=how)


def consensus(result: Mapping[str, Any], label: str) -> Section:
    """Return the section of how far models agree."""
    total = result["entries"]
    facts = (
        Fact("Stored answer is the most frequent one", of_all(result["agreed"], total), _interval(result)),
        Fact("Mean doubt", _of_100(result["doubt"]), "0 when all answers mean the same, 100 when no two do."),
        Fact("Doubt of more than 50", of_all(result["doubtful"], total)),
        Fact("Models agree on another answer", of_all(result["sure_of_another"], total)),
    )
    return Section(
        label,
        f"For {_of_100(result['share'])} of 100 entries the stored answer is the one that models gave most often.",
        facts,
        how="Answers that mean the same are one group. Models can agree on an error, so this proves no answer.",
    )


def judge(result: Mapping[str, Any], label: str) -> Section:
    """Return the section of a judge's scores, and of whether they can be trusted."""
    trust = result["trust"]
    answer = str(trust["answer"])
    facts = [
        Fact("Mean score", f"{result['mean']:.1f} of 5", f"Of {pluralize(result['entries'], 'entry')}."),
        Fact("Can its scores be trusted", answer, "yes, no, or not yet, by comparison with people's reviews."),
    ]
    agreement = trust["agreement"]
    if agreement.get("share") is not None:
        facts.append(Fact("Pairs ranked as people do", percent(agreement["share"]), "A coin reaches 50%."))
    facts += [Fact("Bias", str(bias["name"])) for bias in trust["biases"] if bias["found"]]
    lines = tuple((str(one["text"]), f"{one['mean']:.1f}") for one in result["lines"])
    return Section(
        label,
        f"A judge gave {result['mean']:.1f} of 5 on average; whether its scores can be trusted: {answer}.",
        tuple(facts),
        (Table(("Line of the rubric", "Mean score"), lines),),
        how="A model scores entries along the lines, 1 to 5 each.",
    )


def _interval(share: Mapping[str, Any]) -> str:
    low, high = share["interval"]
    return f"Between {_of_100(low)} and {_of_100(high)} of 100."


def _of_100(share: float) -> str:
    return f"{round(share * 100)}"

"""The offline provider replies with measurements and nothing else, in three languages."""

import io
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ModelUnavailableError, RequestRefusedError
from core.llm import OFFLINE_MODEL, ChatReply, ChatRequest, ImagePart, ImageRequest, LLMService, ModelConfig, Purpose
from core.llm.offline import palette_study, responses
from core.llm.offline.topics import TOPICS
from core.llm.offline.translations import LANGUAGES, translations
from core.llm.schemas import AnswerList, QuestionAnswerList, QuestionList, StyleAnalysis, StyleJudgment
from core.measure import measure

CONFIG = ModelConfig(OFFLINE_MODEL)


def _drawn(size_wh: tuple[int, int] = (96, 64)) -> Image.Image:
    """Blue, with a red left half, whose top left ninth is white."""
    image = Image.new("RGB", size_wh, "#0000ff")
    image.paste("#ff0000", (0, 0, size_wh[0] // 2, size_wh[1]))
    image.paste("#ffffff", (0, 0, size_wh[0] // 3, size_wh[1] // 3))
    return image


def _part(image: Image.Image) -> ImagePart:
    written = io.BytesIO()
    image.save(written, "PNG")
    return ImagePart(written.getvalue(), "image/png")


async def _ask(purpose: str, schema: Any = None, **details: Any) -> ChatReply:
    request = ChatRequest("-", (_part(_drawn()),), schema=schema, purpose=Purpose(purpose, details))
    return await LLMService().chat(CONFIG, request)


async def _answers(*questions: Any, language: str = "en") -> list[str]:
    reply = await _ask("answers", AnswerList, questions=list(questions), language=language)
    assert isinstance(reply.parsed, AnswerList)
    assert [given.number for given in reply.parsed.answers] == list(range(1, len(questions) + 1))
    return [given.answer for given in reply.parsed.answers]


async def test_answers_follow_from_the_pixels() -> None:
    assert await _answers(
        "What is the most common color in the image?",
        "Is the image wider than it is high?",
        "In which part of the image is it brightest?",
        "Which covers more of the image: red or blue?",
        "Is green the most common color in the image?",
        "is GREEN the most common color in the image",
        "How many different colors cover at least 3% of the image each?",
        "How many pixels wide and high is the image as it was sent?",
        "What is the name of the person who made this image?",
    ) == [
        "Blue, about 50% of the image",
        "Yes",
        "Top left",
        "Blue",
        "No",
        "No",
        "3",
        "96 by 64 pixels",
        "This cannot be told from the image.",
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "I only measure pixels, so I cannot answer this."),
        ("zh-CN", "我只测量像素，无法回答这个问题。"),
        ("tr", "Yalnızca pikselleri ölçerim, bu yüzden bunu yanıtlayamam."),
    ],
)
async def test_a_question_that_is_not_about_pixels_is_not_answered(language: str, sentence: str) -> None:
    assert await _answers("How many cats are there?", language=language) == [sentence]


async def test_a_question_is_matched_in_every_language() -> None:
    assert await _answers("Görselin eni boyundan büyük mü?", "图像的宽度大于高度吗？") == ["Evet", "是"]


async def test_labels_are_chosen_from_their_options() -> None:
    question = {"question": "Is the image wider than it is high?", "answer_type": "label"}
    assert await _answers({**question, "options": ["no", "yes"]}) == ['["yes"]']
    assert await _answers({**question, "options": ["cat", "dog"]}) == [
        "I only measure pixels, so I cannot answer this."
    ]


async def test_a_document_is_filled_with_what_is_measured() -> None:
    schema = {"properties": {"width": {"type": "integer"}, "color": {"type": "string"}, "mood": {"type": "string"}}}
    question = {"question": "Describe it", "answer_type": "custom_format", "options": schema}
    assert await _answers(question) == ['{"width": 96, "color": "blue"}']


@pytest.mark.parametrize("language", LANGUAGES)
async def test_twenty_different_questions_are_generated_and_each_can_be_answered(language: str) -> None:
    reply = await _ask("questions_and_answers", QuestionAnswerList, count=20, language=language)
    assert isinstance(reply.parsed, QuestionAnswerList)
    items = reply.parsed.items
    assert len({item.question for item in items}) == 20
    assert await _answers(*(item.question for item in items), language=language) == [item.answer for item in items]


async def test_existing_questions_are_not_repeated_and_kinds_are_respected() -> None:
    first = await _ask("questions", QuestionList, count=5)
    assert isinstance(first.parsed, QuestionList)
    existing = [asked.question for asked in first.parsed.questions]
    more = await _ask("questions", QuestionList, count=5, existing=existing)
    assert isinstance(more.parsed, QuestionList)
    assert not {asked.question for asked in more.parsed.questions} & set(existing)
    counts = await _ask("questions", QuestionList, count=3, kinds=["count"])
    assert isinstance(counts.parsed, QuestionList)
    assert {asked.kind for asked in counts.parsed.questions} == {"count"}


async def test_a_style_is_described_by_its_measurements() -> None:
    reply = await _ask("style_analysis", StyleAnalysis)
    assert reply.parsed == StyleAnalysis(
        description=(
            "Measured: 96 by 64 pixels, landscape, of medium brightness, medium contrast, vivid colors, "
            "mostly blue (50%)."
        ),
        tags=["vivid", "cold", "landscape", "blue"],
        vibe="Vivid and cold",
        lighting="Of medium brightness, medium contrast",
        colors=["blue #0000ff", "red #ff0000", "white #ffffff"],
        style="Sharp, vivid colors, medium contrast",
    )


async def test_without_an_image_the_reply_says_that_it_only_measures() -> None:
    reply = await LLMService().chat(CONFIG, ChatRequest("Hello"))
    assert reply.text == "offline/measure works, but no image was sent, and it can only measure images."


@pytest.mark.parametrize(("ratio", "size_wh"), [("1:1", (1024, 1024)), ("16:9", (1024, 576)), ("2:3", (683, 1024))])
async def test_a_palette_study_has_the_colors_of_its_references(ratio: str, size_wh: tuple[int, int]) -> None:
    references = (_part(_drawn()), _part(Image.new("RGB", (64, 64), "#00aa00")))
    reply = await LLMService().create_image(CONFIG, ImageRequest("A shelf", references, aspect_ratio=ratio))
    made = Image.open(io.BytesIO(reply.images[0])).convert("RGB")
    assert made.size == size_wh
    assert {"blue", "red", "green"} <= {color.name for color in measure(made).colors}
    assert (reply.cost, reply.finish_reason) == (0.0, "stop")
    again = await LLMService().create_image(CONFIG, ImageRequest("A shelf", references, aspect_ratio=ratio))
    assert again.images == reply.images


async def test_each_variant_of_a_palette_study_is_different_and_reproducible() -> None:
    requests = [ImageRequest("A shelf", (_part(_drawn()),), variant=variant) for variant in (1, 2, 3, 1)]
    made = [(await LLMService().create_image(CONFIG, request)).images[0] for request in requests]
    assert len(set(made)) == 3
    assert made[3] == made[0]


async def test_a_judgement_compares_the_last_image_with_those_before_it() -> None:
    green = _part(Image.new("RGB", (96, 64), "#00aa00"))
    purpose = Purpose("style_judgement")
    alike = ChatRequest("-", (_part(_drawn()), _part(_drawn())), schema=StyleJudgment, purpose=purpose)
    apart = ChatRequest("-", (_part(_drawn()), green), schema=StyleJudgment, purpose=purpose)
    alone = ChatRequest("-", (green,), schema=StyleJudgment, purpose=purpose)

    same = (await LLMService().chat(CONFIG, alike)).parsed
    other = (await LLMService().chat(CONFIG, apart)).parsed
    assert isinstance(same, StyleJudgment)
    assert isinstance(other, StyleJudgment)
    assert {verdict["answer"] for verdict in same.model_dump().values()} == {"yes"}
    assert other.palette.answer == "no"
    assert other.palette.evidence == "0% of its main colors are those of the references; green is in none of them."
    assert (other.composition.answer, other.mood.answer) == ("no", "no")
    with pytest.raises(RequestRefusedError, match="a new image"):
        await LLMService().chat(CONFIG, alone)


async def test_a_set_of_images_and_a_judgement_without_references_are_refused_as_wrong_requests() -> None:
    one = _part(_drawn())
    for request in (
        ChatRequest("-", (one, one), schema=AnswerList, purpose=Purpose("answers", {"images": 2})),
        ChatRequest("-", (one,), schema=StyleJudgment, purpose=Purpose("style_judgement")),
    ):
        with pytest.raises(RequestRefusedError):
            await LLMService().chat(CONFIG, request)


async def test_questions_that_a_program_can_verify_include_none_without_an_answer() -> None:
    reply = await _ask("questions", QuestionList, count=20, verifiable=True)
    assert isinstance(reply.parsed, QuestionList)
    kinds = {question.kind for question in reply.parsed.questions}
    assert "count" in kinds
    assert "unanswerable" not in kinds


def test_a_palette_study_is_labeled_in_the_image() -> None:
    with_label = Image.open(io.BytesIO(palette_study.draw([], "1:1", 1))).convert("L")
    strip = with_label.crop((0, 1024 - 1024 // 14, 400, 1024))
    assert strip.getextrema() == (0, 255)
    assert palette_study.LABEL == "Palette study - offline/measure"


async def test_any_other_offline_model_does_not_exist() -> None:
    with pytest.raises(ModelUnavailableError, match="offline/gpt is not known"):
        await LLMService().chat(ModelConfig("offline/gpt"), ChatRequest("Hello"))


async def test_data_that_is_no_image_is_refused() -> None:
    with pytest.raises(RequestRefusedError, match="cannot be read"):
        await LLMService().chat(CONFIG, ChatRequest("-", (ImagePart(b"no image"),)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_texts_in_every_language(language: str) -> None:
    texts = translations(language)
    for topic in TOPICS:
        values = topic.choose(measure(_drawn()), random.Random(1))
        answer_values = topic.fact(measure(_drawn()), values)
        for variant in range(2):
            question = texts.question(topic.name, variant, values)
            assert texts.match_question(question) == (topic.name, values)
        if answer_values is not None:
            assert texts.answer(topic.name, answer_values)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-cn", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("tr", "tr"),
        ("xx", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_with_texts_is_spoken(wanted: str, found: str) -> None:
    assert translations(wanted) is translations(found)
    assert translations(found).language == found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=4),
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.sampled_from(LANGUAGES),
    st.integers(1, 20),
)
def test_questions_can_be_generated_for_any_image(
    colors: list[tuple[int, int, int]], size_wh: tuple[int, int], language: str, count: int
) -> None:
    image = Image.new("RGB", size_wh)
    for index, color in enumerate(colors):
        image.paste(color, (0, index * size_wh[1] // len(colors), size_wh[0], size_wh[1]))
    measured, texts = measure(image), translations(language)
    asked = responses.generate_questions(measured, texts, {"count": count})
    assert len(asked) == count
    for topic, values, text in asked:
        expected = topic.fact(measured, values)
        assert expected is not None
        assert responses.answer(measured, texts, text) == texts.answer(topic.name, expected)

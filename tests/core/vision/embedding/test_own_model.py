"""A model of one's own makes vectors of images, and of words that find them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import Projects
from core.errors import ConfigurationError
from core.services import Services
from core.vision.embedding.own_model import read_own_model
from core.vision.embedding.pictures import ImageEmbedder, pooled
from core.vision.embedding.preparing import preparation
from core.vision.embedding.words import TextEmbedder
from tests.core.images.pictures import encoded
from tests.core.vision.embedding.clip_models import write_preparation, write_text, write_tokenizer, write_vision

RED, GREEN = Image.new("RGB", (40, 30), (255, 0, 0)), Image.new("RGB", (40, 30), (0, 255, 0))
STRETCHED = {"size": {"height": 8, "width": 8}, "do_center_crop": False}


def _embedder(folder: Path) -> ImageEmbedder:
    model = read_own_model(folder)
    assert model is not None
    return ImageEmbedder(model)


def _words(folder: Path, text: str) -> list[float]:
    model = read_own_model(folder)
    assert model is not None
    return [round(float(value), 2) for value in TextEmbedder(model).embed(text)]


@pytest.mark.parametrize(
    ("file", "output", "preparation_of"),
    [
        ("onnx/vision_model.onnx", "image_embeds", {}),  # CLIP with its projection
        ("onnx/vision_model.onnx", "pooler_output", STRETCHED),  # SigLIP
        ("model.onnx", "last_hidden_state", {}),  # DINOv2
    ],
)
def test_the_vector_is_read_from_the_output_of_each_layout(
    tmp_path: Path, file: str, output: str, preparation_of: dict[str, object]
) -> None:
    write_preparation(tmp_path, **preparation_of)
    write_vision(tmp_path / file, output)
    np.testing.assert_allclose(_embedder(tmp_path).embed(RED), [1, -1, -1], atol=1e-5)


def test_one_file_with_both_models_makes_vectors_of_images_and_of_words(tmp_path: Path) -> None:
    write_preparation(tmp_path)
    write_tokenizer(tmp_path)
    write_vision(tmp_path / "model.onnx", with_words=True)
    np.testing.assert_allclose(_embedder(tmp_path).embed(GREEN), [-1, 1, -1], atol=1e-5)
    assert _words(tmp_path, "Green") == [-0.58, 0.58, -0.58]


def test_a_map_and_patches_without_a_class_token_are_averaged() -> None:
    patches = np.array([[[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]])
    assert pooled(patches).tolist() == [2, 3]
    assert pooled(np.arange(8.0).reshape(1, 2, 2, 2)).tolist() == [1.5, 5.5]


def test_the_image_is_resized_by_its_shortest_side_cropped_and_normalized() -> None:
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste((255, 255, 255), (100, 0, 200, 100))  # only the middle is white
    told = {
        "size": 20, "do_center_crop": True, "crop_size": 16, "resample": 0,
        "image_mean": [0.5, 0.25, 0.0], "image_std": [0.5, 0.25, 1.0],
    }  # fmt: skip
    values = preparation(told).prepare(wide)
    assert values.shape == (1, 3, 16, 16)
    assert [values[0, channel].mean() for channel in range(3)] == pytest.approx([1, 3, 1])
    stretched = preparation({**told, "do_center_crop": False, "size": {"height": 4, "width": 6}, "do_normalize": False})
    assert stretched.prepare(wide)[0, 0].tolist() == [[0, 0, 1, 1, 0, 0]] * 4


@pytest.mark.parametrize("told", [{}, {"size": {"longest_edge": 5}}, {"size": 0}, {"size": {"shortest_edge": 9}}])
def test_a_preparation_that_is_not_known_is_named(told: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="form that is not known"):
        preparation(told)


def test_texts_of_siglip_are_filled_up_and_those_of_clip_are_not(tmp_path: Path) -> None:
    write_preparation(tmp_path)
    write_tokenizer(tmp_path)
    write_vision(tmp_path / "vision_model.onnx")
    write_text(tmp_path / "text_model.onnx")
    unfilled = _words(tmp_path, "red green")
    assert unfilled == [0, 0, -1]
    (tmp_path / "config.json").write_text('{"model_type": "siglip", "text_config": {"max_position_embeddings": 64}}')
    assert _words(tmp_path, "red green") != unfilled
    write_text(tmp_path / "text_model.onnx", tokens=4)  # a length that is fixed in the file
    assert _words(tmp_path, "red") == [0.55, -0.59, -0.59]


def test_folders_that_cannot_be_used_say_what_to_put_there(tmp_path: Path) -> None:
    assert read_own_model(tmp_path / "none") is None
    with pytest.raises(ConfigurationError, match="0 vision models"):
        read_own_model(tmp_path)
    write_vision(tmp_path / "vision_model.onnx")
    with pytest.raises(ConfigurationError, match="no preprocessor_config"):
        read_own_model(tmp_path)
    write_preparation(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    write_text(tmp_path / "text_model.onnx")
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json cannot be read"):
        _words(tmp_path, "red")
    (tmp_path / "vision_model.onnx").write_bytes(b"no model")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        _embedder(tmp_path)


async def test_words_find_the_images_that_look_like_them(services: Services, project: Projects) -> None:
    folder = services.db.settings.local_models_dir / "embedding"
    pictures = {"one.png": RED, "two.png": GREEN, "three.png": Image.new("RGB", (40, 30), (10, 20, 255))}
    services.intake.add_images(project.id, [(name, encoded(image, "PNG")) for name, image in pictures.items()])
    measured = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert measured["analyzed"] == 3
    assert services.images.search_images(project.id, "blue") == []

    write_preparation(folder)
    write_tokenizer(folder)
    write_vision(folder / "vision_model.onnx")
    write_text(folder / "text_model.onnx")
    made = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert (made["analyzed"], made["failed"]) == (3, 0)  # another model makes results stale
    for word, name in (("blue", "three.png"), ("red", "one.png")):
        assert services.images.search_images(project.id, word)[0][0].image_name == name
    again = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert again["analyzed"] == 0

    write_preparation(folder, image_std=[1, 1, 1])
    changed = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert changed["analyzed"] == 3  # pixels that are prepared in another way make other vectors


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["vision_model.onnx"], ""), (["vision_model.onnx", "text_model.onnx"], ""),
        (["vision_model.onnx", "text_model.onnx", "text_model_small.onnx"], "1 vision models and 2 text models"),
        (["vision_model.onnx", "vision_small.onnx"], "2 vision models and 0 text models"),
        (["text_model.onnx"], "0 vision models and 1 text models"),
    ],
)  # fmt: skip
def test_a_folder_has_one_vision_model_and_at_most_one_of_texts(tmp_path: Path, names: list[str], said: str) -> None:
    write_preparation(tmp_path)
    for name in names:
        (tmp_path / name).write_bytes(b"model")
    if said:
        with pytest.raises(ConfigurationError, match=said):
            read_own_model(tmp_path)
        return
    (tmp_path / "tokenizer.json").write_text("{}")
    found = read_own_model(tmp_path)
    assert found is not None
    assert (found.vision.name, found.text and found.text.name) == (names[0], names[-1])
    (tmp_path / "tokenizer.json").unlink()
    without_words = read_own_model(tmp_path)
    assert without_words is not None
    assert without_words.text is None

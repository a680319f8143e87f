"""Which Parquet files of a dataset on the Hub are read, without asking the Hub."""

import pytest

from core.errors import InvalidInputError
from core.importing.sources import SOURCES, hub, source_of
from core.importing.sources.hub import HubFile, parquet_files

SPLIT = ("data/train-0.parquet", "data/test-0.parquet")


def _files(*names: str, size: int = 1) -> list[HubFile]:
    return [HubFile(name, size, "main") for name in names]


def _names(dataset_files: list[HubFile], split: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(hub, "_list_files", lambda _dataset, revision: [] if revision else dataset_files)
    return [file.name for file in parquet_files("owner/name", split)]


@pytest.mark.parametrize(
    ("names", "split", "found"),
    [
        (SPLIT, "", list(SPLIT)),
        (SPLIT, "train", ["data/train-0.parquet"]),
        (SPLIT, "test", ["data/test-0.parquet"]),
        (("0000.parquet",), "train", ["0000.parquet"]),
        (("default/train/0000.parquet", "default/dev/0000.parquet"), "dev", ["default/dev/0000.parquet"]),
    ],
)
def test_a_split_is_in_the_names_of_its_files(
    names: tuple[str, ...], split: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _names(_files(*names), split, monkeypatch) == found


@pytest.mark.parametrize(("names", "split"), [(SPLIT, "validation"), (("0000.parquet",), "test")])
def test_a_split_that_is_not_there_is_refused(
    names: tuple[str, ...], split: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInputError, match=f"owner/name has no split called {split}") as raised:
        _names(_files(*names), split, monkeypatch)
    assert raised.value.field == "split"


def test_a_dataset_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    half = hub.MAX_DOWNLOAD_BYTES // 2

    assert len(_names(_files("a.parquet", "b.parquet", size=half), "", monkeypatch)) == 2
    with pytest.raises(InvalidInputError, match=r"These are 10\.0 GB; 10 GB is the limit"):
        _names(_files("a.parquet", "b.parquet", size=half + 1), "", monkeypatch)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"source": "path"}, "path"), ({"source": "zip"}, "path"), ({"source": "pdf"}, "path"),
        ({"source": "urls"}, "urls"), ({"source": "huggingface", "hub": "owner/name"}, "huggingface"),
        ({"source": "huggingface", "path": "a"}, "path"),
    ],
)  # fmt: skip
def test_a_source_is_named_by_the_config_also_of_earlier_versions(config: dict[str, str], name: str) -> None:
    assert source_of(config).name == name


@pytest.mark.parametrize("source", [None, "ftp", "hub"])
def test_another_source_is_refused_with_the_known_ones(source: str | None) -> None:
    with pytest.raises(
        InvalidInputError, match="Choose where the import comes from: path, urls, huggingface"
    ) as raised:
        source_of({"source": source, "hub": "owner/name"})
    assert raised.value.field == "source"


def test_a_form_asks_for_pages_or_embedded_images_and_numbers_pages_from_one() -> None:
    path, urls, dataset = SOURCES

    embedded, first, last = path.options
    assert list(embedded.choices.items()) == [("Pages as images", False), ("Embedded images", True)]
    assert [(option.key, option.minimum) for option in (first, last)] == [("first_page", 1), ("last_page", 1)]
    assert (urls.options, [option.key for option in dataset.options]) == ((), ["split"])


def test_a_source_makes_its_config_from_what_was_entered() -> None:
    path, urls, dataset = SOURCES

    assert path.config_of("/srv/a") == {"source": "path", "path": "/srv/a"}
    assert urls.config_of(["https://a.example"]) == {"source": "urls", "urls": ["https://a.example"]}
    assert dataset.config_of(" hf://datasets/owner/name ") == {"source": "huggingface", "hub": "owner/name"}

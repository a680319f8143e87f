"""The records in spools get the ids of their images, or the reason why they have none."""

from pathlib import Path

import orjson

from core.importing.matched_spools import MatchSummary, SpoolPart, match_spools
from core.importing.records import Record, Turn
from core.importing.spool import SpoolWriter

URL, GONE = "https://example.org/a/1.jpg", "https://example.org/a/2.jpg"


def _spool(path: Path, *images: tuple[str, ...]) -> SpoolPart:
    with path.open("wb") as out:
        writer = SpoolWriter(out)
        for line, names in enumerate(images, 1):
            writer.add(Record(f"d.json:{line}", names, (Turn("Q?", "A"),)))
        writer.end()
    return (path.name, *writer.parts[0])


def _references(path: Path, **ids: str) -> Path:
    path.write_bytes(b"".join(orjson.dumps([name, id_]) + b"\n" for id_, name in ids.items()))
    return path


def _matched(directory: Path, parts: list[SpoolPart], references: list[Path], max_urls: int = 5) -> MatchSummary:
    return match_spools(directory, parts, references, directory / "matches", max_urls)


def _written(directory: Path, summary: MatchSummary) -> list[list[object]]:
    data = (directory / "matches").read_bytes()
    return [orjson.loads(data[at : at + length]) for at, length in summary.parts]


def test_each_record_gets_its_images_of_the_first_references_that_have_them_or_a_reason(tmp_path: Path) -> None:
    parts = [
        _spool(tmp_path / "one", ("a.jpg", "b.jpg"), (), ("c.jpg", "gone.jpg")),
        _spool(tmp_path / "two", ("a.jpg",), ("twice.jpg",)),
    ]
    own = _references(tmp_path / "own", a="a.jpg", b="b.jpg", t1="x/twice.jpg", t2="y/twice.jpg")
    others = _references(tmp_path / "others", other="a.jpg", c="c.jpg")

    summary = _matched(tmp_path, parts, [own, others])

    one, two = _written(tmp_path, summary)
    assert one[:2] == [["a", "b"], "It names no image."]
    assert "gone.jpg" in str(one[2])
    assert two[0] == ["a"]
    assert "twice.jpg" in str(two[1])
    assert (summary.urls, summary.is_complete) == ((), False)


def test_what_fits_no_image_is_asked_for_once_where_it_is_an_address(tmp_path: Path) -> None:
    parts = [_spool(tmp_path / "one", (URL, "gone.jpg"), (GONE,), (URL,))]
    none = _references(tmp_path / "own")

    assert _matched(tmp_path, parts, [none])[1:] == ((URL, GONE), False)
    assert _matched(tmp_path, parts, [none], max_urls=1)[1:] == ((URL,), False)
    everything = _references(tmp_path / "all", u=URL, g=GONE, n="gone.jpg")
    assert _matched(tmp_path, parts, [none, everything])[1:] == ((), True)

"""ZIP archives: what other programs write, damaged members, ZIP bombs."""

import random
import tracemalloc
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from core.container import Archive, archive
from core.errors import ImageRejectedError, InvalidInputError
from tests.core.container.archives import changed, encrypted, packed, run, with_method, with_name_bytes, with_wrong_crc
from tests.core.images import hostile

JSON = b'[{"image": "a.jpg"}]'
GOOD = {"a.jpg": b"pixels", "q.json": JSON}


def archived(tmp_path: Path, data: bytes) -> Archive:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    return Archive(path)


def read(container: Archive, name: str, max_bytes: int = 1_000_000) -> bytes:
    with container.open(name, max_bytes) as stream:
        return stream.read()


def test_an_archive_with_the_longest_comment_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr("a.jpg", b"x")
        made.comment = b"c" * 65_535

    with closing(Archive(tmp_path / "x.zip")) as container:
        assert container.names() == ["a.jpg"]


# --- listing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"set\\": b"", "set\\imgs\\": b"", "set\\imgs\\a.jpg": b"x", "set\\q.json": b"[]"},
         ["set/imgs/a.jpg", "set/q.json"]),
        ({"p/": b"", "p/a.jpg": b"x", "__MACOSX/p/._a.jpg": b"x", "p/.DS_Store": b"x", "p/Thumbs.db": b"x"},
         ["p/a.jpg"]),
        ({".git/config": b"x", "a/.hidden/b.jpg": b"x", "desktop.ini": b"x", "@eaDir/a.jpg": b"x"}, []),
        ({"/etc/a.jpg": b"x", "../../b.jpg": b"x", "C:\\set\\c.jpg": b"x", "./d.jpg": b"x", "e//f.jpg": b"x"},
         ["b.jpg", "d.jpg", "e/f.jpg", "etc/a.jpg", "set/c.jpg"]),
        ({"#1.jpg": b"x", "a%20b.jpg": b"x", "new\nline.jpg": b"x", "سيارة.jpg": b"x", "👩\u200d🌾.jpg": b"x"},
         ["#1.jpg", "a%20b.jpg", "new\nline.jpg", "سيارة.jpg", "👩\u200d🌾.jpg"]),
    ],
    ids=["backslashes", "Mac and Windows", "hidden", "paths that lead out", "unusual characters"],
)  # fmt: skip
def test_the_names_are_those_of_files_with_slashes(files: dict[str, bytes], names: list[str], tmp_path: Path) -> None:
    with closing(archived(tmp_path, packed(files))) as container:
        assert container.names() == names
        assert container.problems == []
        for name in names:
            container.extract(name, tmp_path / "out", 1000)


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gbk", ["照片/猫在沙发上.jpg", "数据集/图片001.png", "标注.json"]),
        ("gbk", ["新建文件夹/风景.jpg"]),
        ("cp932", ["写真/猫の写真.jpg", "データ/画像001.png", "表示/ソ能十.jpg"]),
        ("cp932", ["写真/猫の写真.jpg"]),
        ("cp437", ["über/Straße.jpg", "café ñandú.jpg"]),
        ("cp850", ["Übung/größe.jpg"]),
        ("utf-8", ["照片/café.jpg", "фото.jpg"]),
        ("big5", ["照片/貓在沙發上.jpg", "資料集/圖片.png"]),
        ("cp949", ["사진/고양이.jpg", "데이터/이미지.png"]),
        ("cp866", ["фото/кошка.jpg", "Новая папка/вид.png"]),
    ],
)
def test_names_in_an_encoding_that_the_archive_does_not_state_are_readable(
    encoding: str, names: list[str], tmp_path: Path
) -> None:
    with closing(archived(tmp_path, with_name_bytes({name.encode(encoding): b"x" for name in names}))) as container:
        assert container.names() == sorted(names)
        assert [read(container, name) for name in names] == [b"x"] * len(names)


def test_the_unicode_path_field_of_info_zip_names_a_member(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("caf_.jpg")
    name = "café.jpg".encode()
    member.extra = b"\x75\x70" + (5 + len(name)).to_bytes(2, "little") + b"\1"
    member.extra += zlib.crc32(b"caf_.jpg").to_bytes(4, "little") + name
    member.extra = b"\x0a\x00\x02\x00ab" + member.extra + b"\x55\x54\x01\x00c"  # fields of others around it
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(member, b"x")

    with closing(Archive(tmp_path / "x.zip")) as container:
        assert container.names() == ["café.jpg"]


def test_two_members_of_the_same_name_both_come_in_under_names_of_their_own(tmp_path: Path) -> None:
    data = packed({"p/a.jpg": b"first", "again:p/a.jpg": b"second", "b.jpg": b"same", "again:b.jpg": b"same"})
    with closing(archived(tmp_path, data)) as container:
        assert container.names() == ["b.jpg", "p/a (1 of 2).jpg", "p/a (2 of 2).jpg"]
        assert read(container, "p/a (1 of 2).jpg") == b"first"
        assert read(container, "p/a (2 of 2).jpg") == b"second"
        assert container.problems == [
            ("p/a.jpg",
             "The archive has 2 files with this name. They are called p/a (1 of 2).jpg and p/a (2 of 2).jpg."),
            ("b.jpg", "The archive has this file 2 times, with the same content. It was taken once."),
        ]  # fmt: skip


def test_a_symbolic_link_is_named_and_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
        made.writestr("a.jpg", b"x")

    with closing(Archive(tmp_path / "x.zip")) as container:
        assert container.names() == ["a.jpg"]
        assert [name for name, _ in container.problems] == ["link.jpg"]


def test_hidden_files_and_directories_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE_FILES", 3)
    files = {f"p/{n}.jpg": b"x" for n in range(3)} | {f"__MACOSX/p/._{n}.jpg": b"x" for n in range(3)} | {"p/": b""}
    with closing(archived(tmp_path, packed(files))) as container:
        assert len(container.names()) == 3

    with pytest.raises(InvalidInputError, match="has 4 files; 3 is the limit"):
        archived(tmp_path, packed(files | {"p/3.jpg": b"x"}))


def test_the_records_of_an_archive_are_limited_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE_RECORDS", 3)

    assert archived(tmp_path, packed({f"{n}": b"" for n in range(3)})).names() == ["0", "1", "2"]
    with pytest.raises(InvalidInputError, match="more than 200,000 files"):
        archived(tmp_path, packed({f"{n}": b"" for n in range(4)}))


# --- by other programs ---------------------------------------------------------------------------------------


def test_what_info_zip_packs_is_read(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "café 写真.jpg").write_bytes(b"pixels")
    (source / "q.json").write_bytes(JSON)
    run("zip", "-r", "../x.zip", ".", cwd=source)
    run("zip", "-P", "secret", "../x.zip", "locked.jpg", cwd=_with(source, "locked.jpg"))

    with closing(Archive(tmp_path / "x.zip")) as container:
        assert container.names() == ["locked.jpg", "q.json", "sub/café 写真.jpg"]
        assert read(container, "sub/café 写真.jpg") == b"pixels"
        with pytest.raises(InvalidInputError, match="encrypted inside the archive"):
            container.open("locked.jpg", 100)


@pytest.mark.parametrize(
    ("method", "readable"),
    [("Copy", True), ("Deflate", True), ("BZip2", True), ("LZMA", True), ("Deflate64", False), ("PPMd", False)],
)
def test_what_7_zip_packs_is_read_or_its_packing_is_named(method: str, readable: bool, tmp_path: Path) -> None:
    content = bytes(random.Random(3).choices(b"abc", k=200_000))
    (tmp_path / "a.jpg").write_bytes(content)
    run("7z", "a", "-tzip", f"-mm={method}", "x.zip", "a.jpg", cwd=tmp_path)

    with closing(Archive(tmp_path / "x.zip")) as container:
        assert container.names() == ["a.jpg"]
        if readable:
            assert read(container, "a.jpg") == content
        else:
            with pytest.raises(InvalidInputError, match=f"packed with {method}"):
                container.open("a.jpg", 1000)


def test_aes_encryption_of_7_zip_is_named(tmp_path: Path) -> None:
    run("7z", "a", "-tzip", "-psecret", "-mem=AES256", "x.zip", "a.jpg", cwd=_with(tmp_path, "a.jpg"))

    with closing(Archive(tmp_path / "x.zip")) as container, pytest.raises(InvalidInputError, match="encrypt"):
        container.open("a.jpg", 1000)


def test_members_in_zip64_form_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made, made.open("a.jpg", "w", force_zip64=True) as member:
        member.write(b"pixels")

    assert read(Archive(tmp_path / "x.zip"), "a.jpg") == b"pixels"


def test_an_archive_behind_another_file_is_read(tmp_path: Path) -> None:
    assert read(archived(tmp_path, b"#!/bin/sh\n" * 50 + packed(GOOD)), "a.jpg") == b"pixels"


def _with(directory: Path, name: str) -> Path:
    (directory / name).write_bytes(b"pixels")
    return directory


# --- one damaged member --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damaged", "words", "reason"),
    [
        (encrypted(packed(GOOD), "q.json"), "encrypted", "encrypted"),
        (with_method(packed(GOOD), "q.json", 9), "Deflate64, which Windows uses", "packing"),
        (with_method(packed(GOOD), "q.json", 93), "Zstandard", "packing"),
        (with_method(packed(GOOD), "q.json", 77), "method 77", "packing"),
        (with_wrong_crc(packed(GOOD), "q.json"), "damaged inside the archive", "damaged"),
        (with_method(packed(GOOD), "q.json", zipfile.ZIP_LZMA), "damaged inside", "damaged"),
        (with_method(packed(GOOD), "q.json", zipfile.ZIP_BZIP2), "damaged inside", "damaged"),
        (with_wrong_crc(packed(GOOD, zipfile.ZIP_BZIP2), "q.json"), "damaged inside", "damaged"),
        (changed(packed(GOOD, zipfile.ZIP_BZIP2), "q.json", 22, 24, len(JSON) + 1, "<L"), "damaged inside", "damaged"),
        (packed(GOOD, zipfile.ZIP_STORED).replace(JSON, b"[" * len(JSON)), "damaged inside", "damaged"),
        (packed({"a.jpg": b"pixels", "q.json": b"[" + b"[]," * 9_000_000 + b"[]]"}), "as in a ZIP bomb", "bomb"),
        (changed(packed(GOOD), "q.json", 18, 20, 9_000_000, "<L"), "overlaps", "bomb"),
    ],
    ids=["encrypted", "Deflate64", "Zstandard", "unknown", "CRC", "LZMA", "BZ2", "CRC of BZ2", "size of BZ2",
         "changed", "ratio", "overlap"],
)  # fmt: skip
def test_a_member_that_cannot_be_read_says_why_and_the_others_are_read(
    damaged: bytes, words: str, reason: str, tmp_path: Path
) -> None:
    with closing(archived(tmp_path, damaged)) as container:
        assert container.names() == ["a.jpg", "q.json"]
        with pytest.raises(InvalidInputError, match=words):
            read(container, "q.json")
        with pytest.raises(InvalidInputError, match=f"^q.json: .*{words}"):
            container.text("q.json")
        with pytest.raises(ImageRejectedError, match=words) as caught:
            container.extract("q.json", tmp_path / "out", 100_000_000)

        assert caught.value.reason == reason
        assert read(container, "a.jpg") == b"pixels"


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(ImageRejectedError) as caught:
        archived(tmp_path, hostile.lying_zip()).extract("a.jpg", tmp_path / "out", 10_000_000)

    assert caught.value.reason == "damaged"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_lies_about_its_size_takes_little_memory(method: int, tmp_path: Path) -> None:
    data = packed({"a.jpg": b"\0" * 60_000_000}, method)
    container = archived(tmp_path, changed(data, "a.jpg", 22, 24, 5_000_000, "<L"))
    tracemalloc.start()
    with pytest.raises(InvalidInputError), container.open("a.jpg", 100_000_000) as stream:
        while stream.read(100_000):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 30_000_000


def test_a_member_is_unpacked_up_to_its_size_limit(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(3_000_000)
    container = archived(tmp_path, packed({"a.jpg": noise}))
    with pytest.raises(ImageRejectedError, match="larger than 1 MB") as caught:
        container.extract("a.jpg", tmp_path / "out", 1_000_000)

    assert caught.value.reason == "too-large"
    assert (tmp_path / "out").stat().st_size <= 1_000_001
    assert read(container, "a.jpg", 3_000_000) == noise
    with pytest.raises(InvalidInputError, match="larger than 3 MB"):
        read(container, "a.jpg", 2_999_999)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_several_threads_read_the_same_archive(method: int, tmp_path: Path) -> None:
    chance = random.Random(5)
    files = {f"{number}.jpg": chance.randbytes(50_000) for number in range(20)}
    container = archived(tmp_path, packed(files, method))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: read(container, name), list(files) * 5))

    assert found == list(files.values()) * 5


def test_a_stream_is_read_line_by_line(tmp_path: Path) -> None:
    container = archived(tmp_path, packed({"rows.jsonl": b'{"a": 1}\n' * 100_000}))
    with container.open("rows.jsonl", 10_000_000) as stream:
        assert sum(1 for _ in stream) == 100_000


def test_all_members_of_an_overlapping_bomb_are_refused(tmp_path: Path) -> None:
    container = archived(tmp_path, hostile.overlapping_zip(500))

    assert len(container.names()) == 500
    for name in container.names():
        with pytest.raises(InvalidInputError, match="overlaps"):
            container.check(name)


# --- a damaged archive ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no archive", "x.zip is not a ZIP archive, or it is damaged"),
        (b"", "is not a ZIP archive"),
        (packed(GOOD)[:-60], "The end of x.zip is missing.*zip -FF x.zip --out repaired.zip"),
        (packed(GOOD)[:70], "The end of x.zip is missing"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive, not a ZIP archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (packed(GOOD).replace(b"PK\x01\x02", b"PK\x01\x09"), "The list of files in x.zip is damaged"),
    ],
    ids=["text", "empty", "truncated", "cut in a member", "RAR", "7z", "directory"],
)
def test_a_file_that_is_no_whole_archive_says_what_to_do(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        archived(tmp_path, data)


def test_a_path_without_an_archive_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"nothing.zip cannot be read .No such file"):
        Archive(tmp_path / "nothing.zip")
    with pytest.raises(InvalidInputError, match=r"is not a file. Choose a ZIP archive"):
        Archive(tmp_path)


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.prove)])
def test_damaged_archives_raise_nothing_but_a_sentence(count: int, tmp_path: Path) -> None:
    chance = random.Random(7)
    seeds = [
        packed({f"p/{n}.jpg": chance.randbytes(200) for n in range(5)} | {"café.json": JSON}, method)
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    ]
    readable = 0
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        readable += _read_all(tmp_path, bytes(data))
    assert readable > 3 * count  # of six members an archive


def _read_all(tmp_path: Path, data: bytes) -> int:
    try:
        container = archived(tmp_path, data)
    except InvalidInputError:
        return 0
    readable = 0
    with closing(container):
        for name in container.names():
            try:
                read(container, name)
                readable += 1
            except InvalidInputError:
                continue
    return readable

"""The names of ZIP members: their encoding, separators, and names that occur twice."""

import re
import struct
import zlib
from collections.abc import Sequence
from zipfile import ZipInfo

_UTF8_FLAG = 0x800
_UNICODE_PATH_FIELD = 0x7075
# What programs write that set no flag; the first that fits a name as well as the others wins.
_ENCODINGS = ("utf_8", "gb18030", "cp932", "cp437", "big5", "cp949", "cp866")
# Names are as alike within one archive as their encoding: more of them tell no more.
_SAMPLE_BYTES = 20_000


def written_names(members: Sequence[ZipInfo]) -> list[str]:
    """Return the name of each member with ``/``, as the program that packed it meant it; a directory ends in ``/``."""
    raw = [_raw_name(member) for member in members]
    encoding = _encoding({name for name in raw if name and not name.isascii()})
    return [
        _cleaned(member.orig_filename if name is None else _unicode_path(member, name) or _decoded(name, encoding))
        for member, name in zip(members, raw, strict=True)
    ]


def distinct(names: Sequence[str]) -> list[str]:
    """Return a name of its own for each of several files with the same name: ``a (1 of 2).jpg``."""
    if len(names) == 1:
        return list(names)
    directory, slash, last = names[0].rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    stem, ending = (stem, dot + suffix) if stem else (last, "")
    return [f"{directory}{slash}{stem} ({number} of {len(names)}){ending}" for number in range(1, len(names) + 1)]


def _raw_name(member: ZipInfo) -> bytes | None:
    """Return the bytes of a name that zipfile had to read as cp437; None when it says that it is UTF-8."""
    return None if member.flag_bits & _UTF8_FLAG else member.orig_filename.encode("cp437")


def _encoding(names: set[bytes]) -> str:
    """Return the encoding in which these names are readable; one for all, since one program wrote them."""
    if not names:
        return "cp437"
    from charset_normalizer import from_bytes

    sample: list[bytes] = []
    size_bytes = 0
    for name in sorted(names):
        size_bytes += len(name)
        if sample and size_bytes > _SAMPLE_BYTES:
            break
        sample.append(name)
    matches = from_bytes(b"\n".join(sample), cp_isolation=list(_ENCODINGS), enable_fallback=False)
    return next((match.encoding for match in matches if not _mixes_scripts(str(match))), "cp437")


def _mixes_scripts(text: str) -> bool:
    """Return whether Korean syllables stand beside Chinese characters, as in Chinese that is read as Korean."""
    return bool(re.search("[\uac00-\ud7a3]", text) and re.search("[\u4e00-\u9fff]", text))


def _decoded(name: bytes, encoding: str) -> str:
    try:
        return name.decode(encoding)
    except UnicodeDecodeError:
        return name.decode("cp437")


def _unicode_path(member: ZipInfo, name: bytes) -> str | None:
    """Return the name in Info-ZIP's Unicode Path extra field (APPNOTE 4.6.9), if there is one for this *name*."""
    extra = member.extra
    while len(extra) >= 4:
        field, size = struct.unpack_from("<HH", extra)
        data, extra = extra[4 : 4 + size], extra[4 + size :]
        if field == _UNICODE_PATH_FIELD and len(data) > 5 and struct.unpack_from("<L", data, 1)[0] == zlib.crc32(name):
            return data[5:].decode("utf-8", "replace")
    return None


def _cleaned(name: str) -> str:
    """Return a relative name: separators of Windows become ``/``; no drive, no ``.`` and no ``..``."""
    text = name.partition("\0")[0].replace("\\", "/")
    parts = [part for part in text.split("/") if part not in ("", ".", "..")]
    if parts and len(parts[0]) == 2 and parts[0][1] == ":":
        del parts[0]
    return "/".join(parts) + ("/" if text.endswith("/") or not parts else "")

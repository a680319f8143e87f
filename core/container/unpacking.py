"""Unpacking BZIP2 and LZMA members with a limit on the output of each read, which zipfile has for DEFLATE only.

40 bytes of BZIP2 can become 46 MB; zipfile unpacks all that it has read at once.
"""

import bz2
import copy
import lzma
import zipfile
import zlib

METHODS = (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_READ_BYTES = 1 << 16
_LZMA_MEMORY_BYTES = 300_000_000
_END_MARKER_FLAG = 0x2


class UnpackingReader:
    """The content of a member as a stream with ``read`` and ``close``; size and CRC are checked at its end."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        """
        Raises:
            BadZipFile, EOFError: the member is damaged; reading raises these, OSError and LZMAError.
        """
        packed = copy.copy(member)
        packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
        packed.CRC = None  # type: ignore[assignment]  # of the content, not of the packed bytes
        self._packed = archive.open(packed)
        self._member = member
        self._crc = 0
        self._left = member.file_size
        self._start = b""
        self._decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor = bz2.BZ2Decompressor()
        if member.compress_type == zipfile.ZIP_LZMA:
            self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY_BYTES)
            self._start = self._lzma_header()

    def read(self, size: int) -> bytes:
        while not self._decompressor.eof:
            data = b""
            if self._decompressor.needs_input:
                data, self._start = self._start or self._packed.read(_READ_BYTES), b""
                if not data:
                    raise EOFError
            unpacked = self._decompressor.decompress(data, size)
            if unpacked:
                self._crc = zlib.crc32(unpacked, self._crc)
                self._left -= len(unpacked)
                if self._left < 0:
                    raise zipfile.BadZipFile("longer than it should be")
                return unpacked
        if self._left or self._crc != self._member.CRC:
            raise zipfile.BadZipFile("wrong size or CRC")
        return b""

    def close(self) -> None:
        self._packed.close()

    def _lzma_header(self) -> bytes:
        """Return the header of an LZMA file, made from that of the member (APPNOTE 5.8.8): properties and size."""
        header = self._packed.read(4)
        if header[2:] != b"\5\0":
            raise zipfile.BadZipFile("wrong LZMA header")
        has_marker = self._member.flag_bits & _END_MARKER_FLAG
        size = b"\xff" * 8 if has_marker else self._member.file_size.to_bytes(8, "little")
        return self._packed.read(5) + size

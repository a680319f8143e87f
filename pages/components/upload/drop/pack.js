/* A dropped folder with annotations becomes one ZIP archive without compression: its paths belong to its meaning.

The archive is a Blob of the files themselves, so nothing is copied into memory. */

const ZIP_MAX_BYTES = 4e9, ZIP_MAX_FILES = 60000, CRC_PIECE_BYTES = 4e6;

async function packZip(files, onProgress, signal) {
  const parts = [], directory = [], encoder = new TextEncoder();
  let offset = 0;
  for (const [index, [file, path]] of files.entries()) {
    onProgress(index);
    const name = encoder.encode(path), crc = await crcOfFile(file, signal);
    const header = zipHeader(0x04034b50, 30, name, file.size, crc);
    parts.push(header, name, file);
    directory.push(zipHeader(0x02014b50, 46, name, file.size, crc, offset), name);
    offset += 30 + name.length + file.size;
  }
  const size = directory.reduce((sum, part) => sum + part.byteLength, 0), end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end.buffer]);
}

/* The header of a file (30 bytes), or its entry in the directory at the end (46), which names its offset. */
function zipHeader(signature, length, name, size, crc, offset = 0) {
  const view = new DataView(new ArrayBuffer(length)), isEntry = length === 46, at = isEntry ? 2 : 0;
  view.setUint32(0, signature, true);
  if (isEntry) view.setUint16(4, 20, true);
  view.setUint16(4 + at, 20, true);
  view.setUint16(6 + at, 0x0800, true); // names are UTF-8
  view.setUint16(12 + at, 0x21, true); // 1980-01-01: the same files make the same archive
  view.setUint32(14 + at, crc, true);
  view.setUint32(18 + at, size, true);
  view.setUint32(22 + at, size, true);
  view.setUint16(26 + at, name.length, true);
  if (isEntry) view.setUint32(42, offset, true);
  return view.buffer;
}

async function crcOfFile(file, signal) {
  let crc = 0;
  for (let start = 0; start < file.size; start += CRC_PIECE_BYTES) {
    signal.throwIfAborted();
    crc = crc32(new Uint8Array(await file.slice(start, start + CRC_PIECE_BYTES).arrayBuffer()), crc);
  }
  return crc;
}

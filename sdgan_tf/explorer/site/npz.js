// Arrays of float32 as NumPy's npz: a zip of npy files, not compressed.

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});
// 1980-01-01, the first day that a zip knows.
const DAY = 0x21;

/** The checksum of a zip's member. */
function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

/** Little-endian numbers, each `[size in bytes, value]`. */
function packed(...fields) {
  const total = fields.reduce((sum, [size]) => sum + size, 0);
  const view = new DataView(new ArrayBuffer(total));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

export function concatenated(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Rows of float32 numbers as an npy file. */
function npy(rows) {
  const shape = `(${rows.length}, ${rows[0].length})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  // The header, with its 10 bytes before the text, is a multiple of 64 long.
  const padded = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11);
  const letters = new TextEncoder().encode(`${padded}\n`);
  const numbers = rows.map((row) => new Uint8Array(Float32Array.from(row).buffer));
  return concatenated([
    Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0),
    packed([2, letters.length]),
    letters,
    ...numbers,
  ]);
}

/**
 * An npz of arrays.
 *
 * @param {Object<string, Float32Array[]>} arrays Rows of each by its name.
 * @returns {Blob}
 */
export function npz(arrays) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [key, rows] of Object.entries(arrays)) {
    const name = new TextEncoder().encode(`${key}.npy`);
    const data = npy(rows);
    const common = [
      [2, 20],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, DAY],
      [4, crc32(data)],
      [4, data.length],
      [4, data.length],
      [2, name.length],
      [2, 0],
    ];
    const local = packed([4, 0x04034b50], ...common);
    const central = packed(
      ...[[4, 0x02014b50], [2, 20], ...common],
      ...[[2, 0], [2, 0], [2, 0], [4, 0], [4, at]],
    );
    parts.push(local, name, data);
    directory.push(central, name);
    at += local.length + name.length + data.length;
  }
  const entries = concatenated(directory);
  const count = Object.keys(arrays).length;
  const end = packed(
    ...[[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count]],
    ...[[4, entries.length], [4, at], [2, 0]],
  );
  return new Blob([...parts, entries, end], { type: "application/zip" });
}

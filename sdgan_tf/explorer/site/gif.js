// Pictures as an endless GIF: one table of 256 colours for all frames.

import { concatenated } from "./npz.js";

const COLOURS = 256;
const CODE_BITS = 8;
const CLEAR = 1 << CODE_BITS;
const MOST_CODES = 4096;
// Colours are counted by their upper bits.
const BITS = 6;

const level = (value) => value >> (8 - BITS);
const bin = (r, g, b) => (level(r) << (2 * BITS)) | (level(g) << BITS) | level(b);

/** The colours that there are, each with how often, as sums of its pixels. */
function histogram(frames) {
  const bins = new Map();
  for (const { data } of frames) {
    for (let at = 0; at < data.length; at += 4) {
      const key = bin(data[at], data[at + 1], data[at + 2]);
      let entry = bins.get(key);
      if (!entry) bins.set(key, (entry = { key, count: 0, sums: [0, 0, 0] }));
      entry.count += 1;
      for (let c = 0; c < 3; c++) entry.sums[c] += data[at + c];
    }
  }
  const entries = [...bins.values()];
  for (const entry of entries) {
    entry.mean = entry.sums.map((sum) => sum / entry.count);
  }
  return entries;
}

/** A box of colours, with the channel along which it is cut next. */
function box(entries) {
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const spread = [0, 1, 2].map((c) => {
    const mean = entries.reduce((s, e) => s + e.sums[c], 0) / total;
    return entries.reduce((s, e) => s + e.count * (e.mean[c] - mean) ** 2, 0);
  });
  const channel = spread.indexOf(Math.max(...spread));
  return { entries, channel, error: spread[channel] };
}

/** Median cut: the box with the largest error is cut where half are left. */
function palette(frames) {
  const boxes = [box(histogram(frames))];
  while (boxes.length < COLOURS) {
    boxes.sort((a, b) => a.error - b.error);
    const { entries, channel, error } = boxes.pop();
    if (!error) {
      boxes.push({ entries, channel, error });
      break;
    }
    entries.sort((a, b) => a.mean[channel] - b.mean[channel]);
    const half = entries.reduce((sum, { count }) => sum + count, 0) / 2;
    let at = 1;
    for (let sum = entries[0].count; sum < half; at++) sum += entries[at].count;
    at = Math.min(at, entries.length - 1);
    boxes.push(box(entries.slice(0, at)), box(entries.slice(at)));
  }
  const places = new Map();
  const table = new Uint8Array(3 * COLOURS);
  boxes.forEach(({ entries }, place) => {
    const total = entries.reduce((sum, { count }) => sum + count, 0);
    for (let c = 0; c < 3; c++) {
      const sum = entries.reduce((s, entry) => s + entry.sums[c], 0);
      table[3 * place + c] = Math.round(sum / total);
    }
    for (const { key } of entries) places.set(key, place);
  });
  return { table, places };
}

/** LZW, as GIF has it: codes grow from 9 bits to 12. */
function compressed(pixels) {
  const bytes = [];
  let [held, bits] = [0, 0];
  let [width, next, codes] = [CODE_BITS + 1, CLEAR + 2, new Map()];
  const write = (code) => {
    held |= code << bits;
    for (bits += width; bits >= 8; bits -= 8) {
      bytes.push(held & 255);
      held >>>= 8;
    }
  };
  write(CLEAR);
  let prefix = pixels[0];
  for (const pixel of pixels.subarray(1)) {
    const key = (prefix << CODE_BITS) | pixel;
    const known = codes.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    write(prefix);
    if (next === MOST_CODES) {
      write(CLEAR);
      [width, next, codes] = [CODE_BITS + 1, CLEAR + 2, new Map()];
    } else {
      if (next === 1 << width) width += 1;
      codes.set(key, next++);
    }
    prefix = pixel;
  }
  write(prefix);
  if (next === 1 << width && width < 12) width += 1;
  write(CLEAR + 1);
  if (bits) bytes.push(held & 255);
  return Uint8Array.from(bytes);
}

function word(value) {
  return [value & 255, value >> 8];
}

/** Bytes in blocks of at most 255, each after its length. */
function blocks(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return [...parts, Uint8Array.of(0)];
}

/**
 * @param {ImageData[]} frames All of one size.
 * @param {number} milliseconds Of a frame.
 * @returns {Blob}
 */
export function gif(frames, milliseconds) {
  const [{ width, height }] = frames;
  const { table, places } = palette(frames);
  const size = [...word(width), ...word(height)];
  const letters = (text) => new TextEncoder().encode(text);
  const parts = [
    letters("GIF89a"),
    Uint8Array.of(...size, 0xf7, 0, 0),
    table,
    Uint8Array.of(0x21, 0xff, 11, ...letters("NETSCAPE2.0"), 3, 1, 0, 0, 0),
  ];
  const pixels = new Uint8Array(width * height);
  for (const { data } of frames) {
    for (let n = 0, at = 0; n < pixels.length; n++, at += 4) {
      pixels[n] = places.get(bin(data[at], data[at + 1], data[at + 2]));
    }
    const delay = word(Math.round(milliseconds / 10));
    parts.push(
      Uint8Array.of(0x21, 0xf9, 4, 0, ...delay, 0, 0),
      Uint8Array.of(0x2c, 0, 0, 0, 0, ...size, 0, CODE_BITS),
      ...blocks(compressed(pixels)),
    );
  }
  return new Blob([concatenated([...parts, Uint8Array.of(0x3b)])], {
    type: "image/gif",
  });
}

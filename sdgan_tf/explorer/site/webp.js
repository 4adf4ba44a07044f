// Pictures as an endless WebP: the browser's own still ones, put together.

import { concatenated } from "./npz.js";

// Chromium loses nothing then.
const QUALITY = 1;

/** A number of `size` bytes, the low one first. */
function little(value, size) {
  return Array.from({ length: size }, (_, n) => (value >>> (8 * n)) & 255);
}

/** A chunk of the file, of an even number of bytes. */
function chunk(name, ...parts) {
  const data = concatenated(parts);
  const head = [...new TextEncoder().encode(name), ...little(data.length, 4)];
  return concatenated([
    Uint8Array.from(head),
    data,
    new Uint8Array(data.length % 2),
  ]);
}

/** The chunks of a still WebP that hold its pixels. */
function pixels(file) {
  const view = new DataView(file.buffer);
  const found = [];
  for (let at = 12; at + 8 <= file.length; ) {
    const name = String.fromCharCode(...file.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size + (size % 2);
    if (["VP8 ", "VP8L", "ALPH"].includes(name)) {
      found.push(file.subarray(at, end));
    }
    at = end;
  }
  return found;
}

async function still(picture) {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").putImageData(picture, 0, 0);
  const blob = await canvas.convertToBlob({
    type: "image/webp",
    quality: QUALITY,
  });
  if (blob.type !== "image/webp") {
    throw new Error("this browser writes no WebP; choose GIF");
  }
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * @param {ImageData[]} frames All of one size.
 * @param {number} milliseconds Of a frame.
 * @returns {Promise<Blob>} Rejects where the browser writes no WebP.
 */
export async function webp(frames, milliseconds) {
  const [{ width, height }] = frames;
  const size = [...little(width - 1, 3), ...little(height - 1, 3)];
  const files = await Promise.all(frames.map(still));
  const animated = files.map((file) =>
    chunk(
      "ANMF",
      Uint8Array.of(
        ...[...little(0, 6), ...size, ...little(milliseconds, 3)],
        // No blending: each frame is whole.
        2,
      ),
      ...pixels(file),
    ),
  );
  const body = [
    new TextEncoder().encode("WEBP"),
    chunk("VP8X", Uint8Array.of(2, 0, 0, 0, ...size)),
    chunk("ANIM", Uint8Array.of(255, 255, 255, 255, 0, 0)),
    ...animated,
  ];
  return new Blob([chunk("RIFF", ...body)], { type: "image/webp" });
}

// Loads one generator's ONNX model and runs it, off the page's own thread.

import * as ort from "./ort/ort.wasm.min.mjs";
import { readJson, readNumbers, respond } from "./reading.js";

const RUNTIME = "ort/ort-wasm-simd-threaded";

let card;
let session;

/** Reads a file of known size; tells of its bytes as they come. */
async function read(address, name, size, onBytes) {
  const response = await respond(address);
  const bytes = new Uint8Array(size);
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > size) break;
    bytes.set(value, length - value.length);
    onBytes(value.length);
  }
  if (length !== size) throw new Error(`${name} is not of ${size} bytes.`);
  return bytes;
}

/** Loads runtime and model; gives the table of identities, if there is one. */
async function open(folder) {
  card = await readJson(new URL("card.json", folder));
  const total = Object.values(card.bytes).reduce((a, b) => a + b);
  let loaded = 0;
  const onBytes = (count) => {
    loaded += count;
    postMessage({ progress: loaded / total });
  };
  const own = new URL(`${RUNTIME}.wasm`, import.meta.url);
  const [wasm, model] = await Promise.all([
    read(own, `${RUNTIME}.wasm`, card.bytes.runtime, onBytes),
    read(new URL("model.onnx", folder), "model.onnx", card.bytes.model, onBytes),
  ]);
  // More threads would want headers that a plain server does not send.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = wasm.buffer;
  ort.env.wasm.wasmPaths = { mjs: new URL(`${RUNTIME}.mjs`, import.meta.url) };
  session = await ort.InferenceSession.create(model);
  if (!card.identities) return {};
  return { table: await readNumbers(new URL("identities.f32", folder)) };
}

/**
 * Grey levels of images, as `PixelMapping.to_uint8` has them.
 *
 * @param {Float32Array} images In [-1, 1], three channels.
 * @returns {Uint8ClampedArray} With a fourth channel, opaque.
 */
function toPixels(images) {
  const perLevel = Math.fround(1 / card.pixels.scale);
  const pixels = new Uint8ClampedArray((images.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < images.length; to++) {
    for (let channel = 0; channel < 3; channel++, from++, to++) {
      const level = Math.fround(Math.fround(images[from] + 1) * perLevel);
      // The array itself rounds to the nearest level, and clips.
      pixels[to] = card.pixels.nearest ? level : Math.floor(level);
    }
  }
  return pixels;
}

/** Pixels of `count` pictures, one after the other, and a picture's size. */
async function draw({ count, z_i, z_o }) {
  const tensor = (values) =>
    new ort.Tensor("float32", values, [count, values.length / count]);
  const { images } = await session.run({
    z_i: tensor(z_i),
    z_o: tensor(z_o),
  });
  const [, height, width] = images.dims;
  return { pixels: toPixels(images.data), width, height };
}

onmessage = async ({ data }) => {
  try {
    postMessage(data.open ? await open(data.open) : await draw(data));
  } catch (error) {
    postMessage({ error: error.message ?? String(error) });
  }
};

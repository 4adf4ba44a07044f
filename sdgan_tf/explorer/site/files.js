// Files that the page makes: sheets of pictures, codes, animations.

import { gif } from "./gif.js";
import { npz } from "./npz.js";
import { webp } from "./webp.js";

/** Hands a file to the user. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Once the browser has it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Pictures in rows without borders, PNG. */
export async function saveSheet(pictures, columns, name) {
  const [{ width, height }] = pictures;
  const rows = Math.ceil(pictures.length / columns);
  const canvas = new OffscreenCanvas(columns * width, rows * height);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  pictures.forEach((picture, n) => {
    const column = n % columns;
    context.putImageData(picture, column * width, ((n - column) / columns) * height);
  });
  save(await canvas.convertToBlob({ type: "image/png" }), name);
}

/** Codes as rows of `z_i` and `z_o`, npz: what `--codes` reads. */
export function saveCodes(z_i, z_o, name) {
  save(npz({ z_i, z_o }), name);
}

/** Frames as an endless animation. */
export async function saveAnimation(frames, milliseconds, form, name) {
  const encode = { gif, webp }[form];
  save(await encode(frames, milliseconds), `${name}.${form}`);
}

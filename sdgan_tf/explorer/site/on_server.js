// The back end on a local server: `sdgan explore` draws with TensorFlow.
// `in_browser.js` says what a back end is.

import { joined } from "./prior.js";
import { readNumbers } from "./reading.js";

/** The lines of a response, as they come. */
async function* lines(response) {
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (text + value).split("\n");
    text = parts.pop();
    yield* parts;
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function numbers(text) {
  return new Float32Array(bytes(text).buffer);
}

/** RGB bytes of `count` square pictures, one after the other, to pictures. */
function pictures(rgb, count) {
  const pixels = rgb.length / count / 3;
  const side = Math.sqrt(pixels);
  return Array.from({ length: count }, (_, n) => {
    const rgba = new Uint8ClampedArray(4 * pixels).fill(255);
    for (let from = 3 * n * pixels, to = 0; to < rgba.length; to += 4) {
      rgba[to] = rgb[from++];
      rgba[to + 1] = rgb[from++];
      rgba[to + 2] = rgb[from++];
    }
    return new ImageData(rgba, side, side);
  });
}

/** A file as the server takes it, read in the browser's memory. */
async function encoded(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, data: url.slice(url.indexOf(",") + 1) };
}

export class OnServer {
  capabilities = new Set(["estimate"]);

  constructor({ generators, settings }) {
    this.generators = generators;
    this.settings = settings;
  }

  #address(name, file) {
    const found = this.generators.find((each) => each.name === name);
    return new URL(`${found.folder}/${file}`, location.href);
  }

  async #post(name, file, body, options) {
    const address = this.#address(name, file);
    const response = await fetch(address, { method: "POST", body, ...options });
    if (!response.ok) throw new Error(await response.text());
    return response;
  }

  /** The generator's card, for which the server loads the generator. */
  async card(name) {
    const response = await fetch(this.#address(name, "card.json"));
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  /** Codes of the identities that it knows, where it generates no others. */
  async open(name, onProgress, card) {
    onProgress(1);
    if (card.identities) return readNumbers(this.#address(name, "identities.f32"));
  }

  /** Pictures of codes; see `InBrowser.draw`. */
  async draw(name, codes, signal) {
    const body = joined(codes.flatMap(({ z_i, z_o }) => [z_i, z_o]));
    const response = await this.#post(name, "draw", body, { signal });
    const rgb = new Uint8Array(await response.arrayBuffer());
    return pictures(rgb, codes.length);
  }

  /**
   * Estimates the codes of photographs of one subject.
   *
   * @param {string} name
   * @param {File[]} files
   * @param {(said: object) => void} onProgress Hears `{ waiting }`, how many
   *     are before, then `{ step, steps, distance }`.
   * @returns {Promise<{photographs: ImageData[], z_i: Float32Array,
   *     z_o: Float32Array[], distances: number[]}>}
   */
  async estimate(name, files, onProgress) {
    const body = JSON.stringify(await Promise.all(files.map(encoded)));
    const response = await this.#post(name, "estimate", body);
    for await (const line of lines(response)) {
      const said = JSON.parse(line);
      if (said.error) throw new Error(said.error);
      if (!said.z_i) {
        onProgress(said);
        continue;
      }
      const count = files.length;
      const [z_i, z_o] = [numbers(said.z_i), numbers(said.z_o)];
      const size = z_o.length / count;
      return {
        photographs: pictures(bytes(said.photographs), count),
        z_i,
        z_o: files.map((_, n) => z_o.slice(n * size, (n + 1) * size)),
        distances: said.distances,
      };
    }
    throw new Error("The server ended before it was done.");
  }
}

// The back end in the browser: a worker for each generator runs its ONNX model.
//
// A back end has `generators`, `settings` and `capabilities`, the methods
// `card(name)`, `open(name, onProgress, card)` and `draw(name, codes, signal)`,
// and, if it is one of its capabilities, `estimate(name, files, onProgress)`.
// `on_server.js` is the other one.

import { joined } from "./prior.js";
import { readJson } from "./reading.js";

/** One worker, which is asked one thing after the other. */
class Model {
  #worker = new Worker(new URL("worker.js", import.meta.url), {
    type: "module",
  });
  #last = Promise.resolve();

  ask(message, onProgress) {
    const answer = this.#last.then(() => this.#askNow(message, onProgress));
    this.#last = answer.catch(() => {});
    return answer;
  }

  #askNow(message, onProgress) {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => {
        if (data.progress !== undefined) onProgress?.(data.progress);
        else if (data.error) reject(new Error(data.error));
        else resolve(data);
      };
      this.#worker.onerror = (event) =>
        reject(new Error(event.message || "A file of the page is missing."));
      this.#worker.postMessage(message);
    });
  }
}

export class InBrowser {
  capabilities = new Set();
  #models = new Map();

  constructor({ generators, settings }) {
    this.generators = generators;
    this.settings = settings;
  }

  #folder(name) {
    const found = this.generators.find((each) => each.name === name);
    return new URL(`${found.folder}/`, location.href);
  }

  /** The generator's card, `card.json`. */
  card(name) {
    return readJson(new URL("card.json", this.#folder(name)));
  }

  /**
   * Makes a generator ready.
   *
   * @param {string} name
   * @param {(part: number) => void} onProgress Hears 0 to 1.
   * @returns {Promise<Float32Array | undefined>} Codes of the identities that
   *     it knows, where it generates no others.
   */
  async open(name, onProgress) {
    if (!this.#models.has(name)) {
      const model = new Model();
      const opened = model.ask({ open: this.#folder(name).href }, onProgress);
      this.#models.set(name, { model, opened });
      // A second try may do better.
      opened.catch(() => this.#models.delete(name));
    }
    const { table } = await this.#models.get(name).opened;
    return table;
  }

  /**
   * Pictures of codes.
   *
   * @param {string} name
   * @param {{z_i: Float32Array, z_o: Float32Array}[]} codes One a picture.
   * @returns {Promise<ImageData[]>}
   */
  async draw(name, codes) {
    const { pixels, width, height } = await this.#models.get(name).model.ask({
      count: codes.length,
      z_i: joined(codes.map((code) => code.z_i)),
      z_o: joined(codes.map((code) => code.z_o)),
    });
    const size = width * height * 4;
    return codes.map((_, n) => {
      const own = pixels.slice(n * size, (n + 1) * size);
      return new ImageData(own, width, height);
    });
  }
}

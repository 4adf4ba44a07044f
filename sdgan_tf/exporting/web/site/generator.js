// The generator as the page sees it: codes to pictures, a batch at a time.

// A batch takes about so long: a picture that is wanted at once waits for one.
const BATCH_MILLISECONDS = 150;
const LARGEST_BATCH = 16;

function joined(codes) {
  const all = new Float32Array(codes.length * codes[0].length);
  codes.forEach((code, k) => all.set(code, k * code.length));
  return all;
}

export class Generator {
  #worker = new Worker(new URL("worker.js", import.meta.url), {
    type: "module",
  });
  #jobs = [];
  #working = false;
  #batch = 1;

  /**
   * Loads the model.
   *
   * @param {(part: number) => void} onProgress Hears 0 to 1.
   * @returns {Promise<object>} The model's card, `model.json`.
   */
  async load(onProgress) {
    const { card } = await this.#ask({}, onProgress);
    return card;
  }

  /**
   * Pictures of codes.
   *
   * @param {{z_i: Float32Array, z_o: Float32Array}[]} codes One a picture.
   * @param {object} [options]
   * @param {boolean} [options.urgent] Goes before what waits.
   * @param {AbortSignal} [options.signal] Stops it.
   * @param {(picture: ImageData, k: number) => void} [options.onPicture] Hears
   *     of each as it comes.
   * @returns {Promise<ImageData[]>} Rejects when stopped.
   */
  generate(codes, { urgent = false, signal, onPicture } = {}) {
    return new Promise((resolve, reject) => {
      const pictures = [];
      const job = { codes, signal, onPicture, pictures, resolve, reject };
      this.#jobs[urgent ? "unshift" : "push"](job);
      this.#work();
    });
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    while (this.#jobs.length) {
      const job = this.#jobs[0];
      try {
        job.signal?.throwIfAborted();
        if (job.pictures.length < job.codes.length) await this.#draw(job);
        if (job.pictures.length < job.codes.length) continue;
        job.resolve(job.pictures);
      } catch (error) {
        job.reject(error);
      }
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
    }
    this.#working = false;
  }

  async #draw({ codes, signal, onPicture, pictures }) {
    const start = pictures.length;
    const batch = codes.slice(start, start + this.#batch);
    const count = batch.length;
    const began = performance.now();
    const { pixels, width, height } = await this.#ask({
      count,
      z_i: joined(batch.map((code) => code.z_i)),
      z_o: joined(batch.map((code) => code.z_o)),
    });
    this.#adapt((performance.now() - began) / count);
    signal?.throwIfAborted();
    const size = width * height * 4;
    for (let k = 0; k < count; k++) {
      const own = pixels.slice(k * size, (k + 1) * size);
      pictures.push(new ImageData(own, width, height));
      onPicture?.(pictures.at(-1), start + k);
    }
  }

  #adapt(milliseconds) {
    const wanted = Math.round(BATCH_MILLISECONDS / milliseconds);
    // At most twice as many as before: the first ones are slow.
    const most = Math.min(LARGEST_BATCH, 2 * this.#batch);
    this.#batch = Math.max(1, Math.min(most, wanted));
  }

  #ask(message, onProgress) {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => {
        if (data.progress !== undefined) onProgress(data.progress);
        else if (data.error) reject(new Error(data.error));
        else resolve(data);
      };
      this.#worker.onerror = (event) =>
        reject(new Error(event.message || "A file of the page is missing."));
      this.#worker.postMessage(message);
    });
  }
}

/** Ignores that a job was stopped; other errors go on. */
export function stopped(error) {
  if (error.name !== "AbortError") throw error;
}

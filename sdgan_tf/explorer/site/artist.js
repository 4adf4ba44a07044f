// One generator's pictures: a batch at a time, the known ones from memory.

// A batch takes about so long: a picture that is wanted at once waits for one.
const BATCH_MILLISECONDS = 100;
const LARGEST_BATCH = 16;
const MOST_PICTURES = 3000;

/**
 * @typedef {object} Wanted
 * @property {string} name Tells the picture from all others of this generator.
 * @property {() => {z_i: Float32Array, z_o: Float32Array}} codes
 */

export class Artist {
  #backend;
  #generator;
  #unit;
  #jobs = [];
  #working = false;
  #batch;
  #known = new Map();

  /**
   * @param {object} backend See `in_browser.js`.
   * @param {string} generator The name of one of its generators.
   * @param {number} unit Pictures that it draws in the time of one.
   */
  constructor(backend, generator, unit) {
    this.#backend = backend;
    this.#generator = generator;
    this.#unit = this.#batch = unit;
  }

  /** The picture of this name if it was drawn before. */
  known(name) {
    return this.#known.get(name);
  }

  /**
   * Pictures of codes.
   *
   * @param {Wanted[]} wanted
   * @param {object} [options]
   * @param {boolean} [options.urgent] Goes before what waits.
   * @param {AbortSignal} [options.signal] Stops it.
   * @param {(picture: ImageData, n: number) => void} [options.onPicture] Hears
   *     of each as it comes.
   * @returns {Promise<ImageData[]>} Rejects when stopped.
   */
  draw(wanted, { urgent = false, signal, onPicture } = {}) {
    const pictures = wanted.map(({ name }) => this.known(name));
    const missing = [];
    pictures.forEach((picture, n) => {
      if (picture) onPicture?.(picture, n);
      else missing.push(n);
    });
    if (!missing.length) return Promise.resolve(pictures);
    return new Promise((resolve, reject) => {
      const job = { wanted, missing, pictures, signal, onPicture };
      Object.assign(job, { resolve, reject });
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
        if (job.missing.length) await this.#drawSome(job);
        if (job.missing.length) continue;
        job.resolve(job.pictures);
      } catch (error) {
        job.reject(error);
      }
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
    }
    this.#working = false;
  }

  async #drawSome({ wanted, missing, pictures, signal, onPicture }) {
    const batch = missing.slice(0, this.#batch);
    const began = performance.now();
    const drawn = await this.#backend.draw(
      this.#generator,
      batch.map((n) => wanted[n].codes()),
      signal,
    );
    this.#adapt((performance.now() - began) / batch.length);
    missing.splice(0, batch.length);
    batch.forEach((n, k) => {
      pictures[n] = drawn[k];
      this.#keep(wanted[n].name, drawn[k]);
      onPicture?.(drawn[k], n);
    });
  }

  #keep(name, picture) {
    this.#known.set(name, picture);
    if (this.#known.size > MOST_PICTURES) {
      this.#known.delete(this.#known.keys().next().value);
    }
  }

  #adapt(milliseconds) {
    // At most twice as many as before: the first ones are slow.
    const most = Math.min(LARGEST_BATCH, 2 * this.#batch);
    const wanted = Math.min(most, BATCH_MILLISECONDS / milliseconds);
    this.#batch = Math.max(1, Math.round(wanted / this.#unit)) * this.#unit;
  }
}

/** Ignores that a job was stopped; other errors go on. */
export function stopped(error) {
  if (error.name !== "AbortError") throw error;
}

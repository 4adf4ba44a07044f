// The generators of a back end, each opened once.

import { Artist } from "./artist.js";
import { Prior } from "./prior.js";

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {object} card
 * @property {Prior} prior
 * @property {Artist} artist
 */

export class Models {
  #backend;
  #onProgress;
  #opened = new Map();

  /**
   * @param {object} backend See `in_browser.js`.
   * @param {(name: string, part: number) => void} onProgress Hears 0 to 1 while
   *     a generator is loaded.
   */
  constructor(backend, onProgress) {
    this.#backend = backend;
    this.#onProgress = onProgress;
  }

  /** @returns {Promise<Model>} */
  open(name) {
    if (!this.#opened.has(name)) {
      const opening = this.#open(name);
      this.#opened.set(name, opening);
      // A second try may do better.
      opening.catch(() => this.#opened.delete(name));
    }
    return this.#opened.get(name);
  }

  async #open(name) {
    const onProgress = (part) => this.#onProgress(name, part);
    onProgress(0);
    const card = await this.#backend.card(name);
    const table = await this.#backend.open(name, onProgress, card);
    const artist = new Artist(this.#backend, name, card.batch ?? 1);
    return { name, card, prior: new Prior(card, table), artist };
  }
}

// The grid: rows share z_i, columns share z_o.

import { code } from "./codes.js";
import { stopped } from "./generator.js";
import { PictureTable } from "./pictures.js";

export class Grid {
  #element;
  #generator;
  #card;
  #handlers;
  #table;
  #shape = "";
  #state;
  #control = new AbortController();

  /**
   * @param {HTMLTableElement} element
   * @param {import("./generator.js").Generator} generator
   * @param {object} card The model's.
   * @param {object} handlers `onCell(row, column)`, `onHead(axis, index)` and
   *     `onProgress(done, total)`.
   */
  constructor(element, generator, card, handlers) {
    this.#element = element;
    this.#generator = generator;
    this.#card = card;
    this.#handlers = handlers;
  }

  /** A cell's codes, and a name that tells them from all others. */
  cell(row, column) {
    const { seed, rows, columns } = this.#state;
    const identity = `${seed} identity ${row} ${rows[row]}`;
    const observation = `${seed} observation ${column} ${columns[column]}`;
    return {
      name: `${identity}, ${observation}`,
      z_i: this.#identity(identity),
      z_o: code(observation, this.#card.d_o),
    };
  }

  /** A drawn code, or that of one of the subjects that the model knows. */
  #identity(name) {
    const { d_i: size, identities } = this.#card;
    if (!identities) return code(name, size);
    const [place] = code(name, 1);
    const row = Math.floor(((place + 1) / 2) * identities.length);
    return Float32Array.from(identities[row]);
  }

  /** Shows a state; only cells whose codes are others are drawn. */
  async show(state) {
    this.#state = state;
    this.#control.abort();
    this.#control = new AbortController();
    this.#build(state);
    const stale = [];
    this.#table.each((row, column) => {
      const at = state.chosen.findIndex(
        (place) => place?.[0] === row && place?.[1] === column,
      );
      this.#table.mark(row, column, ["A", "B"][at] ?? null);
      const cell = this.cell(row, column);
      if (!this.#table.expect(row, column, cell.name)) {
        stale.push({ row, column, ...cell });
      }
    });
    if (stale.length) await this.#draw(stale).catch(stopped);
  }

  #build({ rows, columns }) {
    const shape = `${rows.length} ${columns.length}`;
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#table = new PictureTable(this.#element, {
      rows: rows.length,
      columns: columns.length,
      label: (r, c) => `Identity ${r + 1}, observation ${c + 1}`,
      ...this.#handlers,
    });
  }

  #draw(stale) {
    const { onProgress } = this.#handlers;
    onProgress(0, stale.length);
    return this.#generator.generate(stale, {
      signal: this.#control.signal,
      onPicture: (picture, k) => {
        const { row, column, name } = stale[k];
        this.#table.paint(row, column, picture, name);
        onProgress(k + 1, stale.length);
      },
    });
  }
}

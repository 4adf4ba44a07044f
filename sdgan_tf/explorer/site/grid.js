// The grid: rows share z_i, columns share z_o.

import { stopped } from "./artist.js";
import { PictureTable } from "./pictures.js";
import { cellAt, cellText, same } from "./state.js";

export class Grid {
  #element;
  #handlers;
  #table;
  #shape = "";
  #control = new AbortController();

  /**
   * @param {HTMLTableElement} element
   * @param {object} handlers `onCell(row, column)`, `onStar(row, column)`,
   *     `onProgress(done, total)`, and for heads `onResample(side, place)` and
   *     `onLock(side, place)`.
   */
  constructor(element, handlers) {
    this.#element = element;
    this.#handlers = handlers;
    element.addEventListener("keydown", (event) => {
      const place = event.key === "f" && this.#table?.focused();
      if (place) handlers.onStar(...place);
    });
  }

  /**
   * Shows a state; only cells whose pictures are others are drawn.
   *
   * @param {import("./state.js").State} state
   * @param {object} model The generator's `name`, `artist` and `prior`.
   */
  async show(state, { name, artist, prior }) {
    this.#control.abort();
    this.#control = new AbortController();
    this.#build(state);
    for (const side of ["rows", "columns"]) {
      this.#table.lock(side, state.locked[side]);
    }
    const stale = [];
    this.#table.each((row, column) => {
      const cell = cellAt(state, row, column);
      const marks = ["A", "B"].filter((_, n) => same(cell, state.chosen[n]));
      this.#table.mark(row, column, marks.join("+"));
      const starred = state.favourites.some((each) => same(each, cell));
      this.#table.star(row, column, starred);
      const own = cellText(cell);
      if (!this.#table.expect(row, column, `${name} ${own}`)) {
        const codes = () => prior.codes(cell);
        stale.push({ row, column, name: own, codes });
      }
    });
    await this.#draw(stale, name, artist).catch(stopped);
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

  async #draw(stale, generator, artist) {
    const { onProgress } = this.#handlers;
    let done = 0;
    onProgress(done, stale.length);
    await artist.draw(stale, {
      urgent: true,
      signal: this.#control.signal,
      onPicture: (picture, n) => {
        const { row, column, name } = stale[n];
        this.#table.paint(row, column, picture, `${generator} ${name}`);
        done += 1;
        onProgress(done, stale.length);
      },
    });
  }
}

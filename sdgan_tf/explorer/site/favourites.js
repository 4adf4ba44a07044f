// The favourites: cells that the address keeps.

import { stopped } from "./artist.js";
import { button, make, paint } from "./elements.js";
import { saveCodes, saveSheet } from "./files.js";
import { cellText } from "./state.js";

const COLUMNS = 8;

export class Favourites {
  #page;
  #onCell;
  #shown = "";
  #cells = [];
  #model;
  #control = new AbortController();

  /**
   * @param {Document} page
   * @param {(cell: import("./state.js").Cell) => void} onCell
   */
  constructor(page, onCell) {
    this.#page = page;
    this.#onCell = onCell;
    const on = (id, call) =>
      page.getElementById(id).addEventListener("click", call);
    on("save-favourites", () => this.#saveSheet());
    on("save-favourite-codes", () => this.#saveCodes());
  }

  /** Shows cells as pictures of a generator. */
  async show(cells, model) {
    const shown = [model.name, ...cells.map((c) => cellText(c))].join(" ");
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#cells = cells;
    this.#model = model;
    this.#control.abort();
    this.#control = new AbortController();
    this.#page.getElementById("favourites-part").hidden = !cells.length;
    const canvases = cells.map(() => make("canvas"));
    this.#page.getElementById("favourites").replaceChildren(
      ...cells.map((cell, n) =>
        button(
          `Favourite ${n + 1}: look at it`,
          () => this.#onCell(cell),
          {},
          canvases[n],
        ),
      ),
    );
    await model.artist
      .draw(this.#wanted(), {
        signal: this.#control.signal,
        onPicture: (picture, n) => paint(canvases[n], picture),
      })
      .catch(stopped);
  }

  #wanted() {
    const { prior } = this.#model;
    return this.#cells.map((cell) => ({
      name: cellText(cell),
      codes: () => prior.codes(cell),
    }));
  }

  async #saveSheet() {
    const pictures = await this.#model.artist.draw(this.#wanted());
    const columns = Math.min(COLUMNS, pictures.length);
    await saveSheet(pictures, columns, "favourites.png");
  }

  #saveCodes() {
    const codes = this.#cells.map((cell) => this.#model.prior.codes(cell));
    saveCodes(
      codes.map(({ z_i }) => z_i),
      codes.map(({ z_o }) => z_o),
      "favourites.npz",
    );
  }
}

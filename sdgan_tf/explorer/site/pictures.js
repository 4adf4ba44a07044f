// A table of pictures, each a button; heads of rows and columns are buttons.

import { button, icon, make, paint } from "./elements.js";

const NAMES = { rows: "identity", columns: "observation" };
const STEPS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

export class PictureTable {
  #table;
  #cells = [];
  #heads = { rows: [], columns: [] };
  // The buttons as the arrow keys see them, row by row.
  #buttons = [];

  /**
   * @param {HTMLTableElement} table
   * @param {object} options
   * @param {number} options.rows
   * @param {number} options.columns
   * @param {(row: number, column: number) => string} options.label
   * @param {(row: number, column: number) => void} options.onCell
   * @param {(side: string, place: number) => void} [options.onResample] With
   *     it there are heads; `side` is "rows" or "columns".
   * @param {(side: string, place: number) => void} [options.onLock]
   */
  constructor(table, { rows, columns, label, onCell, ...heads }) {
    this.#table = table;
    table.replaceChildren();
    table.style.setProperty("--columns", columns);
    if (heads.onResample) this.#addHeads(columns, heads);
    for (let r = 0; r < rows; r++) {
      const line = table.insertRow();
      const ahead = [];
      if (heads.onResample) ahead.push(...this.#head(line, "rows", r, heads));
      const cells = Array.from({ length: columns }, (_, c) => {
        const cell = button(label(r, c), () => onCell(r, c));
        cell.append(make("canvas"));
        line.insertCell().append(cell);
        return cell;
      });
      this.#cells.push(cells);
      this.#buttons.push([...ahead, ...cells]);
    }
    this.#focusable(this.#cells[0][0]);
    table.onkeydown = (event) => this.#onKey(event);
    table.onfocusin = (event) => this.#focusable(event.target);
  }

  #addHeads(columns, heads) {
    const line = this.#table.insertRow();
    line.append(make("td", { className: "corner" }));
    const both = Array.from({ length: columns }, (_, c) =>
      this.#head(line, "columns", c, heads),
    );
    // Above the heads of rows there is nothing to go to.
    for (const n of [0, 1]) {
      this.#buttons.push([null, null, ...both.map((two) => two[n])]);
    }
  }

  #head(line, side, place, { onResample, onLock }) {
    const name = `${NAMES[side]} ${place + 1}`;
    const resample = button(
      `Resample ${name}`,
      () => onResample(side, place),
      { className: "resample" },
      icon("again"),
    );
    const lock = button(
      `Lock ${name}`,
      () => onLock(side, place),
      { className: "lock" },
      icon("open"),
    );
    const scope = side === "rows" ? "row" : "col";
    const inner = make("div", {}, resample, lock);
    line.append(make("th", { scope, className: side }, inner));
    this.#heads[side].push([resample, lock]);
    return [resample, lock];
  }

  /** One button of the table is where the Tab key stops; arrows go on. */
  #focusable(wanted) {
    if (!wanted.matches("button")) return;
    for (const each of this.#table.querySelectorAll("button")) {
      each.tabIndex = each === wanted ? 0 : -1;
    }
  }

  #onKey(event) {
    const lines = this.#buttons;
    const row = lines.findIndex((line) => line.includes(event.target));
    if (row < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const column = lines[row].indexOf(event.target);
    const edge = { Home: 0, End: lines[row].length - 1 }[event.key];
    const [down, right] = STEPS[event.key] ?? [0, 0];
    if (edge === undefined && !STEPS[event.key]) return;
    // A locked head's button is passed over.
    let next = [row + down, edge ?? column + right];
    while (lines[next[0]]?.[next[1]]?.disabled) {
      next = [next[0] + (down || 0), next[1] + (right || (edge ? -1 : 1))];
    }
    lines[next[0]]?.[next[1]]?.focus();
    event.preventDefault();
  }

  /** The place of the cell that has the keyboard's focus, if any has it. */
  focused() {
    for (const [r, cells] of this.#cells.entries()) {
      const c = cells.indexOf(document.activeElement);
      if (c >= 0) return [r, c];
    }
    return null;
  }

  /** Shows which rows or columns are locked. */
  lock(side, places) {
    this.#heads[side].forEach(([resample, lock], place) => {
      const kept = places.includes(place);
      resample.disabled = kept;
      lock.ariaPressed = String(kept);
      lock.replaceChildren(icon(kept ? "locked" : "open"));
    });
  }

  /** Whether a cell shows the picture of this name; if not, it waits. */
  expect(row, column, name) {
    const cell = this.#cells[row][column];
    const shown = cell.dataset.name === name;
    cell.ariaBusy = String(!shown);
    return shown;
  }

  /** Shows a picture, named so that it is known again. */
  paint(row, column, picture, name) {
    const cell = this.#cells[row][column];
    paint(cell.firstChild, picture);
    cell.ariaBusy = "false";
    cell.dataset.name = name;
  }

  /** Marks a cell with a letter; "" unmarks it. */
  mark(row, column, text) {
    const cell = this.#cells[row][column];
    cell.dataset.mark = text;
    cell.ariaPressed = String(Boolean(text));
  }

  /** Marks a cell as a favourite. */
  star(row, column, starred) {
    this.#cells[row][column].classList.toggle("starred", starred);
  }

  /** Says whether a cell is the one that is looked at. */
  point(row, column, here) {
    this.#cells[row][column].ariaCurrent = String(here);
  }

  /** The cell's canvas. */
  canvas(row, column) {
    return this.#cells[row][column].firstChild;
  }

  /** Calls with each cell's row and column. */
  each(call) {
    this.#cells.forEach((cells, r) => cells.forEach((_, c) => call(r, c)));
  }
}

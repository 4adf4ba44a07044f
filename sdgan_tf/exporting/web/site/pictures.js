// A table of pictures, each a button; heads of rows and columns are buttons.

const ARROWS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

function button(label, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.ariaLabel = label;
  made.title = label;
  made.addEventListener("click", onClick);
  return made;
}

/** Paints a picture on a canvas, which gets its size. */
export function paint(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

export class PictureTable {
  #table;
  #cells = [];

  /**
   * @param {HTMLTableElement} table
   * @param {object} options
   * @param {number} options.rows
   * @param {number} options.columns
   * @param {(row: number, column: number) => string} options.label
   * @param {(row: number, column: number) => void} options.onCell
   * @param {(axis: string, index: number) => void} [options.onHead] With it
   *     there are heads; `axis` is "rows" or "columns".
   */
  constructor(table, { rows, columns, label, onCell, onHead }) {
    this.#table = table;
    table.replaceChildren();
    table.style.setProperty("--columns", columns);
    if (onHead) {
      const heads = table.insertRow();
      heads.insertCell();
      for (let c = 0; c < columns; c++) {
        heads.append(this.#head("col", "observation", c, onHead));
      }
    }
    for (let r = 0; r < rows; r++) {
      const line = table.insertRow();
      if (onHead) line.append(this.#head("row", "identity", r, onHead));
      const cells = Array.from({ length: columns }, (_, c) => {
        const cell = button(label(r, c), () => onCell(r, c));
        cell.append(document.createElement("canvas"));
        line.insertCell().append(cell);
        return cell;
      });
      this.#cells.push(cells);
    }
    table.onkeydown = (event) => this.#move(event);
  }

  #head(scope, what, index, onHead) {
    const axis = scope === "row" ? "rows" : "columns";
    const head = document.createElement("th");
    head.scope = scope;
    const inner = button(`New ${what} ${index + 1}`, () => onHead(axis, index));
    inner.textContent = "\u21bb";
    head.append(inner);
    return head;
  }

  /** Arrow keys go from button to button. */
  #move(event) {
    const step = ARROWS[event.key];
    const here = event.target.closest("th, td");
    if (!step || !here) return;
    const row = here.parentNode.rowIndex + step[0];
    const next = this.#table.rows[row]?.cells[here.cellIndex + step[1]];
    next?.querySelector("button")?.focus();
    event.preventDefault();
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

  /** Marks a cell with a letter; null unmarks it. */
  mark(row, column, text) {
    const cell = this.#cells[row][column];
    if (text) cell.dataset.mark = text;
    else delete cell.dataset.mark;
    cell.ariaPressed = String(Boolean(text));
  }

  /** Says whether a cell is the one that is looked at. */
  point(row, column, here) {
    this.#cells[row][column].ariaCurrent = String(here);
  }

  /** Calls with each cell's row and column. */
  each(call) {
    this.#cells.forEach((cells, r) => cells.forEach((_, c) => call(r, c)));
  }
}

// What the page shows, as the part of its address behind the #.

const ROWS = 5;
const COLUMNS = 6;
const MOST = 12;
const SEEDS = 2 ** 32;

/**
 * @typedef {object} State
 * @property {number} seed
 * @property {number[]} rows How often each row's code was drawn anew.
 * @property {number[]} columns Likewise of each column.
 * @property {([number, number] | null)[]} chosen Row and column of A and B.
 */

/** A seed that nobody chose. */
export function anySeed() {
  return Math.floor(Math.random() * SEEDS);
}

function numbers(text) {
  const found = /^\d+(\.\d+)*$/.test(text ?? "") ? text.split(".") : [];
  return found.map(Number);
}

function draws(text, length) {
  const found = numbers(text).slice(0, MOST);
  return found.length ? found : Array(length).fill(0);
}

function place(text, state) {
  const [row, column, ...rest] = numbers(text);
  const known = row < state.rows.length && column < state.columns.length;
  return known && !rest.length ? [row, column] : null;
}

/** The state of an address; what it does not say, or says wrongly, is new. */
export function read(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [seed = anySeed()] = numbers(fields.get("seed"));
  const state = {
    seed: seed % SEEDS,
    rows: draws(fields.get("rows"), ROWS),
    columns: draws(fields.get("columns"), COLUMNS),
  };
  state.chosen = ["a", "b"].map((name) => place(fields.get(name), state));
  return state;
}

/** The address of a state. */
export function write({ seed, rows, columns, chosen }) {
  const fields = [
    `seed=${seed}`,
    `rows=${rows.join(".")}`,
    `columns=${columns.join(".")}`,
  ];
  ["a", "b"].forEach((name, k) => {
    if (chosen[k]) fields.push(`${name}=${chosen[k].join(".")}`);
  });
  return `#${fields.join("&")}`;
}

/** A grid of another size; draws and choices that fit in it stay. */
export function resized(state, rows, columns) {
  const fit = (list, length) =>
    Array.from({ length }, (_, k) => list[k] ?? 0);
  return {
    ...state,
    rows: fit(state.rows, rows),
    columns: fit(state.columns, columns),
    chosen: state.chosen.map((at) =>
      at && at[0] < rows && at[1] < columns ? at : null,
    ),
  };
}

/** One row's (`axis` "rows") or column's code drawn anew. */
export function resampled(state, axis, index) {
  const list = state[axis].map((count, k) => count + (k === index));
  return { ...state, [axis]: list };
}

/** A cell chosen: the place of the older choice is taken; again: let go. */
export function choosing(state, row, column) {
  const is = (at) => at && at[0] === row && at[1] === column;
  const [first, second] = state.chosen;
  const chosen = state.chosen.filter((at) => at && !is(at));
  if (!is(first) && !is(second)) chosen.push([row, column]);
  const [a = null, b = null] = chosen.slice(-2);
  return { ...state, chosen: [a, b] };
}

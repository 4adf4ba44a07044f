// What the page shows, as a value: the address is its text, clicks change it.
//
// A code is sampled anew by counting: its sample names the seed, the place in
// the grid and how often that place was resampled. So a short address is exact.

export const MAX_SIDE = 16;
export const MAX_SEED = 2 ** 53 - 1;
const MAX_NUMBER = 2 ** 30 - 1;
const MAX_FAVOURITES = 60;
export const SIDES = ["rows", "columns"];
export const SLOTS = ["first", "second"];
const LETTERS = { identity: "i", observation: "o" };

/**
 * @typedef {{seed: number, place: number, number: number}} Sample
 * @typedef {{side: string, index: number, percent: number}} Move
 * @typedef {{identity: Sample, observation: Sample, moves?: Move[]}} Cell
 *
 * @typedef {object} State
 * @property {string} generator Name of the one that is shown.
 * @property {string} other Name of the one beside it; "" is none.
 * @property {number} seed
 * @property {Sample[]} rows
 * @property {Sample[]} columns
 * @property {{rows: number[], columns: number[]}} locked
 * @property {(Cell | null)[]} chosen The pictures A and B.
 * @property {number} slot Where the next chosen cell goes, 0 or 1.
 * @property {boolean} pinned Whether all of them go there.
 * @property {Cell[]} favourites
 */

/** The first grid of a seed; `generator` and the like by `fields`. */
export function fresh(seed, rows, columns, fields = {}) {
  const samples = (count) =>
    Array.from({ length: count }, (_, place) => ({ seed, place, number: 0 }));
  return {
    generator: "",
    other: "",
    seed,
    rows: samples(rows),
    columns: samples(columns),
    locked: { rows: [], columns: [] },
    chosen: [null, null],
    slot: 0,
    pinned: false,
    favourites: [],
    ...fields,
  };
}

/** A seed that nobody chose. */
export function anySeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** The cell at a place of the grid. */
export function cellAt(state, row, column) {
  return { identity: state.rows[row], observation: state.columns[column] };
}

const next = (sample) => ({
  ...sample,
  number: (sample.number + 1) % MAX_NUMBER,
});

function changed(state, side, change, place = null) {
  const samples = state[side].map((sample, n) => {
    const kept = state.locked[side].includes(n);
    return kept || (place !== null && place !== n) ? sample : change(sample);
  });
  return { ...state, [side]: samples };
}

/** One row or column sampled anew, unless it is locked. */
export function resampled(state, side, place) {
  return changed(state, side, next, place);
}

/** All rows and columns sampled anew but those that are locked. */
export function allResampled(state) {
  return changed(changed(state, "rows", next), "columns", next);
}

/** The grid of another seed, in which what is locked stays. */
export function reseeded(state, seed) {
  const first = (sample) => ({ seed, place: sample.place, number: 0 });
  const rows = changed({ ...state, seed }, "rows", first);
  return changed(rows, "columns", first);
}

/** A grid of another size; what fits in it stays. */
export function resized(state, rows, columns) {
  const made = fresh(state.seed, rows, columns);
  const sized = (side) =>
    made[side].map((sample, place) => state[side][place] ?? sample);
  const inside = (side) =>
    state.locked[side].filter((place) => place < made[side].length);
  return {
    ...state,
    rows: sized("rows"),
    columns: sized("columns"),
    locked: { rows: inside("rows"), columns: inside("columns") },
  };
}

/** The lock of one row or column closed or opened. */
export function toggled(state, side, place) {
  const places = new Set(state.locked[side]);
  if (!places.delete(place)) places.add(place);
  const sorted = [...places].sort((a, b) => a - b);
  return { ...state, locked: { ...state.locked, [side]: sorted } };
}

/** A cell taken as A or B; the next one is the other, unless that is pinned. */
export function choosing(state, cell) {
  const chosen = state.chosen.with(state.slot, cell);
  const slot = state.pinned ? state.slot : 1 - state.slot;
  return { ...state, chosen, slot };
}

/** The next cell goes into this slot. */
export function turned(state, slot) {
  return { ...state, slot, pinned: state.pinned && slot === state.slot };
}

/** A or B kept, while all cells go into the other slot; again: let go. */
export function pinning(state, slot) {
  const pinned = !isPinned(state, slot);
  return { ...state, pinned, slot: pinned ? 1 - slot : state.slot };
}

export function isPinned(state, slot) {
  return state.pinned && state.slot === 1 - slot;
}

/** A or B let go; the next cell goes there. */
export function cleared(state, slot) {
  const chosen = state.chosen.with(slot, null);
  return { ...state, chosen, slot, pinned: state.pinned && slot === state.slot };
}

/** Another cell in the place of A or B. */
export function replaced(state, slot, cell) {
  return { ...state, chosen: state.chosen.with(slot, cell) };
}

/** A cell moved along a direction to `percent` of its reach. */
export function moved(cell, side, index, percent) {
  const others = (cell.moves ?? []).filter(
    (move) => move.side !== side || move.index !== index,
  );
  const moves = percent ? [...others, { side, index, percent }] : others;
  moves.sort((a, b) => a.side.localeCompare(b.side) || a.index - b.index);
  const { identity, observation } = cell;
  return { identity, observation, ...(moves.length && { moves }) };
}

/** Whether two cells are the same picture. */
export function same(first, second) {
  return Boolean(first && second) && cellText(first) === cellText(second);
}

/** A cell kept among the favourites; again: let go. */
export function favouring(state, cell) {
  const others = state.favourites.filter((each) => !same(each, cell));
  const found = others.length < state.favourites.length;
  const favourites = found ? others : [...others, cell].slice(-MAX_FAVOURITES);
  return { ...state, favourites };
}

function sampleText(sample, seed) {
  const own = sample.seed === seed ? [] : [sample.seed];
  return [sample.place, sample.number, ...own].join(".");
}

/** A cell as a text; samples of `seed` are short. */
export function cellText({ identity, observation, moves = [] }, seed) {
  const samples = [identity, observation].map((sample) =>
    sampleText(sample, seed),
  );
  const texts = moves.map(
    ({ side, index, percent }) =>
      `~${LETTERS[side]}${index}.${String(percent).replace("-", "n")}`,
  );
  return samples.join("-") + texts.join("");
}

/** The address of a state: what follows the #. */
export function write(state) {
  const { seed, rows, columns } = state;
  const fields = new Map();
  if (state.generator) fields.set("generator", state.generator);
  if (state.other) fields.set("with", state.other);
  fields.set("seed", seed);
  fields.set("size", `${rows.length}x${columns.length}`);
  for (const side of SIDES) {
    const texts = state[side]
      .map((sample, place) => ({ place, text: sampleText(sample, seed) }))
      .filter(({ place, text }) => text !== `${place}.0`);
    fields.set(side, texts.map(({ text }) => text).join("-"));
    fields.set(`locked_${side}`, state.locked[side].join("-"));
  }
  SLOTS.forEach((name, slot) => {
    const cell = state.chosen[slot];
    fields.set(name, cell ? cellText(cell, seed) : "");
  });
  fields.set("slot", state.slot || "");
  fields.set("pinned", state.pinned ? 1 : "");
  fields.set(
    "favourites",
    state.favourites.map((cell) => cellText(cell, seed)).join("_"),
  );
  return [...fields]
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
    .join("&");
}

function number(name, text, least, most) {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(
    `\`${name}\` must be a whole number in [${least}, ${most}]. ` +
      `Received: ${text}`,
  );
}

function readSample(text, seed) {
  const [place, count, own, ...rest] = text.split(".");
  if (count === undefined || rest.length) {
    throw new RangeError(
      `A code must be PLACE.NUMBER or PLACE.NUMBER.SEED. Received: ${text}`,
    );
  }
  return {
    seed: own === undefined ? seed : number("seed", own, 0, MAX_SEED),
    place: number("place", place, 0, MAX_SIDE - 1),
    number: number("number", count, 0, MAX_NUMBER),
  };
}

function readMove(text) {
  const match = /^([io])(\d{1,2})\.(n?)(\d{1,3})$/.exec(text);
  if (!match || match[4] > 100) {
    throw new RangeError(
      "A move must be i or o, a direction and percent. " +
        `Received: ${text}`,
    );
  }
  const side = match[1] === "i" ? "identity" : "observation";
  const percent = Number(match[4]) * (match[3] ? -1 : 1);
  return { side, index: Number(match[2]), percent };
}

function readCell(text, seed) {
  if (!text) return null;
  const [samples, ...moves] = text.split("~");
  const [identity, observation = ""] = samples.split("-");
  return {
    identity: readSample(identity, seed),
    observation: readSample(observation, seed),
    ...(moves.length && { moves: moves.map(readMove) }),
  };
}

function split(text, by) {
  return text ? text.split(by) : [];
}

/**
 * The state of an address.
 *
 * @param {string} text What follows the #. Unknown fields are left alone.
 * @param {State} usual Gives what the text says nothing of.
 * @throws {RangeError} If a field is not as `write` writes it.
 */
export function read(text, usual) {
  const fields = new URLSearchParams(text);
  const field = (name, otherwise = "") => fields.get(name) ?? otherwise;
  const seed = number("seed", field("seed", String(usual.seed)), 0, MAX_SEED);
  const sizes = `${usual.rows.length}x${usual.columns.length}`;
  const [rows, columns = ""] = field("size", sizes).split("x");
  const state = fresh(
    seed,
    number("rows", rows, 1, MAX_SIDE),
    number("columns", columns, 1, MAX_SIDE),
    {
      generator: field("generator", usual.generator),
      other: field("with"),
      slot: number("slot", field("slot", "0"), 0, 1),
      pinned: number("pinned", field("pinned", "0"), 0, 1) === 1,
    },
  );
  for (const side of SIDES) {
    const most = state[side].length - 1;
    for (const text of split(field(side), "-")) {
      const sample = readSample(text, seed);
      number(side, String(sample.place), 0, most);
      state[side][sample.place] = sample;
    }
    const name = `locked_${side}`;
    const locked = split(field(name), "-").map((t) => number(name, t, 0, most));
    state.locked[side] = [...new Set(locked)].sort((a, b) => a - b);
  }
  state.chosen = SLOTS.map((name) => readCell(field(name), seed));
  state.favourites = split(field("favourites"), "_")
    .slice(0, MAX_FAVOURITES)
    .map((each) => readCell(each, seed));
  return state;
}

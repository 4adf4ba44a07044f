// The page: its address is its state; what is clicked changes the address.

import { icon, paint } from "./elements.js";
import { Favourites } from "./favourites.js";
import { saveCodes, saveSheet } from "./files.js";
import { Grid } from "./grid.js";
import { InBrowser } from "./in_browser.js";
import { Look } from "./look.js";
import { describe } from "./model_card.js";
import { Models } from "./models.js";
import { OnServer } from "./on_server.js";
import { Photographs } from "./photographs.js";
import { readJson } from "./reading.js";
import * as states from "./state.js";
import { Walks } from "./walks.js";

const BACKENDS = { browser: InBrowser, server: OnServer };
const element = (id) => document.getElementById(id);

function say(text, isError = false) {
  element("status").textContent = text;
  element("status").classList.toggle("error", isError);
}

function fail(error) {
  element("progress").classList.add("idle");
  say(`This does not work: ${error.message}`, true);
}

/** Shows 0 to 1 of a job; its end is no news but the bar's. */
function progress(part) {
  element("progress").value = part;
  element("progress").classList.toggle("idle", part === 1);
}

function onProgress(done, total) {
  progress(total ? done / total : 1);
  if (done < total && !done) say(`Drawing ${total} pictures.`);
  if (done === total) say("Ready.");
}

class Explorer {
  #backend;
  #models;
  #state;
  #model;
  #grid;
  #otherGrid;
  #look;
  #walks;
  #favourites;
  #photographs;
  // Of A and B the one that is looked at.
  #looked = 0;

  constructor(backend) {
    this.#backend = backend;
    this.#models = new Models(backend, (name, part) => {
      if (!part) say(`Loading ${name}.`);
      progress(part);
    });
    const change = (state) => this.#change(state);
    const atPlace = (call) => (row, column) =>
      call(states.cellAt(this.#state, row, column));
    const shared = {
      onCell: atPlace((cell) => this.#choose(cell)),
      onStar: atPlace((cell) => change(states.favouring(this.#state, cell))),
      onProgress,
      onResample: (side, place) =>
        change(states.resampled(this.#state, side, place)),
      onLock: (side, place) => change(states.toggled(this.#state, side, place)),
    };
    this.#grid = new Grid(element("grid"), shared);
    this.#otherGrid = new Grid(element("other-grid"), shared);
    this.#look = new Look(document, {
      onMove: (cell) => this.#replace(cell),
      onStar: (cell) => change(states.favouring(this.#state, cell)),
      onCell: (cell) => this.#choose(cell),
    });
    this.#walks = new Walks(document, backend.settings);
    this.#favourites = new Favourites(document, (cell) => this.#choose(cell));
    if (backend.capabilities.has("estimate")) {
      this.#photographs = new Photographs(document, backend);
    }
    this.#bind();
    this.#follow();
  }

  #bind() {
    const on = (id, event, call) => element(id).addEventListener(event, call);
    on("settings", "submit", (event) => event.preventDefault());
    on("settings", "change", () => this.#onSettings());
    on("new", "click", () =>
      this.#change(states.reseeded(this.#state, states.anySeed())),
    );
    on("again", "click", () => this.#change(states.allResampled(this.#state)));
    on("save-grid", "click", () => this.#saveGrid());
    on("save-grid-codes", "click", () => this.#saveCodes());
    on("copy", "click", () => this.#copy());
    on("about", "click", () => element("card").showModal());
    on("close-card", "click", () => element("card").close());
    // Browsers give the clipboard to secure pages only.
    element("copy").hidden = !navigator.clipboard;
    for (const id of ["generator", "other"]) {
      on(id, "change", () =>
        this.#change({ ...this.#state, [id]: element(id).value }),
      );
    }
    for (const slot of [0, 1]) {
      on(`slot-${slot}`, "click", () => this.#turn(slot));
      on(`pin-${slot}`, "click", () =>
        this.#change(states.pinning(this.#state, slot)),
      );
      on(`clear-${slot}`, "click", () => this.#clear(slot));
      element(`pin-${slot}`).prepend(icon("pin"));
    }
    element("star").prepend(icon("star"));
    const names = this.#backend.generators.map(({ name }) => name);
    const options = (list) => list.map((name) => new Option(name, name));
    element("generator").append(...options(names));
    element("other").append(new Option("nothing", ""), ...options(names));
    element("choosers").hidden = names.length < 2;
    addEventListener("hashchange", () => this.#follow());
  }

  /** The state of the address, or the usual one with the reason. */
  #follow() {
    const { seed, rows, columns } = this.#backend.settings;
    const [{ name }] = this.#backend.generators;
    const usual = states.fresh(seed, rows, columns, { generator: name });
    let state = usual;
    let odd = "";
    try {
      state = states.read(location.hash.slice(1), usual);
      this.#checkNames(state);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      odd = `The link cannot be followed. ${error.message}`;
      state = usual;
    }
    element("notice").textContent = odd;
    element("notice").hidden = !odd;
    this.#looked = state.chosen[1 - state.slot] ? 1 - state.slot : state.slot;
    this.#change(state, Boolean(odd));
  }

  #checkNames({ generator, other }) {
    const names = this.#backend.generators.map(({ name }) => name);
    for (const name of [generator, other].filter(Boolean)) {
      if (!names.includes(name)) {
        throw new RangeError(`There is no such generator. Received: ${name}`);
      }
    }
  }

  #onSettings() {
    if (!element("settings").reportValidity()) return;
    const [rows, columns, seed] = ["rows", "columns", "seed"].map(
      (id) => element(id).valueAsNumber,
    );
    const sized = states.resized(this.#state, rows, columns);
    const same = seed === this.#state.seed;
    this.#change(same ? sized : states.reseeded(sized, seed));
  }

  #choose(cell) {
    this.#looked = this.#state.slot;
    this.#change(states.choosing(this.#state, cell));
  }

  #replace(cell) {
    this.#change(states.replaced(this.#state, this.#looked, cell));
  }

  #clear(slot) {
    if (this.#state.chosen[1 - slot]) this.#looked = 1 - slot;
    this.#change(states.cleared(this.#state, slot));
  }

  #turn(slot) {
    if (this.#state.chosen[slot]) this.#looked = slot;
    this.#change(states.turned(this.#state, slot));
  }

  #change(state, keepNotice = false) {
    if (!keepNotice) element("notice").hidden = true;
    this.#state = state;
    // `replaceState` tells nobody: no second `hashchange` comes of it.
    history.replaceState(null, "", `#${states.write(state)}`);
    element("seed").value = state.seed;
    element("rows").value = state.rows.length;
    element("columns").value = state.columns.length;
    element("generator").value = state.generator;
    element("other").value = state.other;
    this.#show(state).then(
      // For scripts: what the page shows by now, down to its last picture.
      () => (document.querySelector("main").dataset.shown = states.write(state)),
      fail,
    );
  }

  async #show(state) {
    const model = await this.#models.open(state.generator);
    // Another click may have come while it was loaded.
    if (state !== this.#state) return;
    if (model !== this.#model) {
      this.#model = model;
      element("model").textContent = model.name;
      describe(document, model.card);
    }
    document.querySelector("main").hidden = false;
    const drawn = this.#grid.show(state, model);
    const looked = this.#look.show(state.chosen[this.#looked], state, model);
    await Promise.all([drawn, looked, this.#showSlots(state, model)]);
    if (state !== this.#state) return;
    await Promise.all([
      this.#showOther(state, model),
      this.#favourites.show(state.favourites, model),
      this.#photographs?.show(state, model),
    ]);
  }

  /** A and B, and the walks between them. */
  async #showSlots(state, model) {
    const both = state.chosen.every(Boolean);
    element("walks").hidden = !both;
    element("walk-hint").hidden = both;
    const walks = both ? this.#walks.show(state.chosen, model) : null;
    if (!both) this.#walks.hide();
    await Promise.all([0, 1].map((slot) => this.#showSlot(state, model, slot)));
    await walks;
  }

  async #showSlot(state, { artist, prior }, slot) {
    const cell = state.chosen[slot];
    const pinned = states.isPinned(state, slot);
    element(`slot-${slot}`).ariaPressed = String(state.slot === slot);
    element(`pin-${slot}`).ariaPressed = String(pinned);
    for (const id of ["pin", "clear"]) {
      element(`${id}-${slot}`).disabled = !cell;
    }
    const canvas = element(`slot-picture-${slot}`);
    canvas.hidden = !cell;
    if (!cell) return;
    const wanted = {
      name: states.cellText(cell),
      codes: () => prior.codes(cell),
    };
    const [picture] = await artist.draw([wanted], { urgent: true });
    if (states.same(cell, this.#state.chosen[slot])) paint(canvas, picture);
  }

  /** The same samples of another generator. */
  async #showOther(state, model) {
    element("grids").classList.toggle("compared", Boolean(state.other));
    element("other-figure").hidden = !state.other;
    element("grid-name").hidden = !state.other;
    element("grid-name").textContent = model.name;
    if (!state.other) return;
    element("other-name").textContent = state.other;
    const other = await this.#models.open(state.other);
    const alike = ["d_i", "d_o"].every((n) => model.card[n] === other.card[n]);
    element("other-name").textContent = alike
      ? `${state.other}: the same codes`
      : `${state.other}: the same samples, of codes of another size`;
    if (state === this.#state) await this.#otherGrid.show(state, other);
  }

  async #saveGrid() {
    const { rows, columns } = this.#state;
    const { artist, prior } = this.#model;
    const wanted = rows.flatMap((identity) =>
      columns.map((observation) => {
        const cell = { identity, observation };
        const name = states.cellText(cell);
        return { name, codes: () => prior.codes(cell) };
      }),
    );
    await saveSheet(await artist.draw(wanted), columns.length, "grid.png");
  }

  #saveCodes() {
    const { prior } = this.#model;
    saveCodes(
      this.#state.rows.map((sample) => prior.identity(sample)),
      this.#state.columns.map((sample) => prior.observation(sample)),
      "codes.npz",
    );
  }

  async #copy() {
    await navigator.clipboard.writeText(location.href);
    say("The link was copied.");
  }
}

/**
 * For scripts: `window.sdgan` has the back end, and `generate`, which draws
 * codes, `{z_i: number[][], z_o: number[][]}`, as `ImageData[]`.
 */
function hook(backend) {
  const generate = async ({ z_i, z_o }, name = backend.generators[0].name) => {
    const card = await backend.card(name);
    await backend.open(name, () => {}, card);
    return backend.draw(
      name,
      z_i.map((code, n) => ({
        z_i: Float32Array.from(code),
        z_o: Float32Array.from(z_o[n]),
      })),
    );
  };
  return { backend, generate };
}

async function start() {
  say("Loading.");
  const found = await readJson("explorer.json");
  const backend = new BACKENDS[found.backend](found);
  window.sdgan = hook(backend);
  new Explorer(backend);
}

addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  if (event.reason.name !== "AbortError") fail(event.reason);
});
start();

// The page: its address is its state; what is clicked changes the address.

import { Generator } from "./generator.js";
import { Grid } from "./grid.js";
import * as states from "./state.js";
import { Walks } from "./walks.js";

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
  progress(done / total);
  if (done === 0) say(`Drawing ${total} pictures.`);
  if (done === total) say("Ready.");
}

class Explorer {
  #grid;
  #walks;
  #state;

  constructor(generator, card) {
    this.#grid = new Grid(element("grid"), generator, card, {
      onCell: (r, c) => this.#change(states.choosing(this.#state, r, c)),
      onHead: (axis, k) => this.#change(states.resampled(this.#state, axis, k)),
      onProgress,
    });
    this.#walks = new Walks(document, generator);
    element("settings").addEventListener("submit", (event) =>
      event.preventDefault(),
    );
    element("settings").addEventListener("change", () => this.#onSettings());
    element("new").addEventListener("click", () => this.#onSeed());
    addEventListener("hashchange", () => this.#show(location.hash));
    this.#show(location.hash);
  }

  #onSettings() {
    if (!element("settings").reportValidity()) return;
    const [rows, columns, seed] = ["rows", "columns", "seed"].map(
      (id) => element(id).valueAsNumber,
    );
    this.#change({ ...states.resized(this.#state, rows, columns), seed });
  }

  #onSeed() {
    this.#change({ ...this.#state, seed: states.anySeed() });
  }

  #change(state) {
    this.#show(states.write(state));
  }

  #show(hash) {
    this.#state = states.read(hash);
    // `replaceState` tells nobody: no second `hashchange` comes of it.
    history.replaceState(null, "", states.write(this.#state));
    element("seed").value = this.#state.seed;
    element("rows").value = this.#state.rows.length;
    element("columns").value = this.#state.columns.length;
    this.#grid.show(this.#state);
    this.#showWalks();
  }

  #showWalks() {
    const [first, second] = this.#state.chosen.map(
      (place) => place && this.#grid.cell(...place),
    );
    const both = Boolean(first && second);
    element("walks").hidden = !both;
    element("hint").textContent = both
      ? "From A to B: rows change the identity, columns the observation."
      : `Choose ${first ? "another picture" : "two pictures"} in the grid.`;
    if (both) this.#walks.show(first, second);
    else this.#walks.hide();
  }
}

/**
 * For scripts: pictures of codes, `{z_i: number[][], z_o: number[][]}`, as
 * `ImageData[]`; `ready` resolves to the model's card once it is loaded.
 */
function hook(generator, ready) {
  const generate = async ({ z_i, z_o }) => {
    await ready;
    return generator.generate(
      z_i.map((code, k) => ({
        z_i: Float32Array.from(code),
        z_o: Float32Array.from(z_o[k]),
      })),
    );
  };
  return { ready, generate };
}

async function start() {
  const generator = new Generator();
  say("Loading the model.");
  const ready = generator.load(progress);
  window.sdgan = hook(generator, ready);
  const card = await ready;
  element("model").textContent = `${card.model}, step ${card.step}`;
  document.querySelector("main").hidden = false;
  new Explorer(generator, card);
}

addEventListener("unhandledrejection", (event) => fail(event.reason));
start();

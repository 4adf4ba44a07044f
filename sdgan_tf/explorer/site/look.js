// The picture that is looked at: large, with its directions and its strip.

import { stopped } from "./artist.js";
import { button, make, paint } from "./elements.js";
import { saveCodes, saveSheet } from "./files.js";
import { cellText, MAX_SIDE, moved, same } from "./state.js";

const TITLES = { identity: "Who", observation: "How" };

/** Observations 1 to 16 of a seed. */
function observations(seed) {
  return Array.from({ length: MAX_SIDE }, (_, place) => ({
    ...{ seed, place },
    number: 0,
  }));
}

export class Look {
  #page;
  #handlers;
  #sliders = [];
  #model;
  #cell;
  #control = new AbortController();
  #preview = new AbortController();

  /**
   * @param {Document} page
   * @param {object} handlers `onMove(cell)`, `onStar(cell)`, `onCell(cell)`.
   */
  constructor(page, handlers) {
    this.#page = page;
    this.#handlers = handlers;
    const on = (id, call) =>
      this.#element(id).addEventListener("click", call);
    on("star", () => handlers.onStar(this.#cell));
    on("save-picture", () => this.#savePicture());
    on("save-codes", () => this.#saveCodes());
    on("reset", () => {
      const { identity, observation } = this.#cell;
      handlers.onMove({ identity, observation });
    });
  }

  #element(id) {
    return this.#page.getElementById(id);
  }

  /**
   * Shows a cell, or that there is none.
   *
   * @param {import("./state.js").Cell | null} cell
   * @param {import("./state.js").State} state
   * @param {object} model The generator's `name`, `artist`, `prior`, `card`.
   */
  async show(cell, state, model) {
    this.#element("look").hidden = !cell;
    this.#element("look-hint").hidden = Boolean(cell);
    this.#element("strip-part").hidden = !cell;
    if (!cell) return;
    if (model !== this.#model) this.#build(model.card);
    this.#model = model;
    this.#cell = cell;
    this.#control.abort();
    this.#preview.abort();
    this.#control = new AbortController();
    const starred = state.favourites.some((each) => same(each, cell));
    this.#element("star").ariaPressed = String(starred);
    this.#element("star-text").textContent = starred ? "Kept" : "Keep";
    this.#element("reset").hidden = !cell.moves?.length;
    for (const { side, index, input } of this.#sliders) {
      const own = cell.moves?.find((m) => m.side === side && m.index === index);
      this.#set(input, own?.percent ?? 0);
    }
    const { signal } = this.#control;
    await this.#paint(cell, signal).catch(stopped);
    await this.#strip(cell, state.seed, signal).catch(stopped);
  }

  async #paint(cell, signal) {
    const [picture] = await this.#model.artist.draw([this.#wanted(cell)], {
      urgent: true,
      signal,
    });
    // Of two that were asked for the later one stays.
    if (!signal.aborted) paint(this.#element("large"), picture);
  }

  #wanted(cell) {
    const { prior } = this.#model;
    return { name: cellText(cell), codes: () => prior.codes(cell) };
  }

  #set(input, percent) {
    input.value = percent;
    input.ariaValueText = `${percent} %`;
  }

  /** The sliders of the generator's directions. */
  #build({ directions }) {
    this.#sliders = [];
    const groups = Object.entries(directions)
      .filter(([, list]) => list.length)
      .map(([side, list]) => this.#group(side, list));
    this.#element("directions").replaceChildren(...groups);
  }

  #group(side, list) {
    const title = make("legend", {}, TITLES[side]);
    const group = make("fieldset", { className: side }, title);
    list.forEach(({ name, share }, index) => {
      const label = name || `direction ${index + 1}`;
      const percent = `${Math.round(100 * share)} %`;
      const input = make("input", {
        type: "range",
        min: -100,
        max: 100,
        step: 5,
        value: 0,
        ariaLabel: `${TITLES[side]}: ${label}`,
      });
      input.addEventListener("input", () => this.#onInput());
      input.addEventListener("change", () =>
        this.#handlers.onMove(this.#asSet()),
      );
      const note = make("small", { title: "Of the change in pixels" }, percent);
      group.append(make("label", {}, make("span", {}, label, note), input));
      this.#sliders.push({ side, index, input });
    });
    return group;
  }

  /** The cell as the sliders stand. */
  #asSet() {
    return this.#sliders.reduce(
      (cell, { side, index, input }) =>
        moved(cell, side, index, input.valueAsNumber),
      this.#cell,
    );
  }

  async #onInput() {
    this.#preview.abort();
    this.#preview = new AbortController();
    for (const { input } of this.#sliders) this.#set(input, input.value);
    await this.#paint(this.#asSet(), this.#preview.signal).catch(stopped);
  }

  /** This identity under all observations of the seed. */
  async #strip(cell, seed, signal) {
    const cells = observations(seed).map((observation) => ({
      identity: cell.identity,
      observation,
      ...(cell.moves && {
        moves: cell.moves.filter(({ side }) => side === "identity"),
      }),
    }));
    const name = `${this.#model.name} ${cellText(cells[0])}`;
    const strip = this.#element("strip");
    // The same person: the pictures stay, and so does the keyboard's focus.
    if (strip.dataset.name === name) return;
    const canvases = cells.map(() => make("canvas"));
    const buttons = cells.map((each, n) =>
      button(
        `This identity, observation ${n + 1}`,
        () => this.#handlers.onCell(each),
        { ariaBusy: "true" },
        canvases[n],
      ),
    );
    // Until they are there, the one before is better than nothing.
    if (!strip.childElementCount) strip.replaceChildren(...buttons);
    await this.#model.artist.draw(cells.map((c) => this.#wanted(c)), {
      signal,
      onPicture: (picture, n) => {
        paint(canvases[n], picture);
        buttons[n].ariaBusy = "false";
      },
    });
    strip.replaceChildren(...buttons);
    strip.dataset.name = name;
  }

  async #savePicture() {
    const pictures = await this.#model.artist.draw([this.#wanted(this.#cell)]);
    await saveSheet(pictures, 1, "picture.png");
  }

  #saveCodes() {
    const { z_i, z_o } = this.#model.prior.codes(this.#cell);
    saveCodes([z_i], [z_o], "codes.npz");
  }
}

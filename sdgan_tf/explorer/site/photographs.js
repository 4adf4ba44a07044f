// Photographs of one subject: their codes, and the subject in the grid.

import { stopped } from "./artist.js";
import { make, paint, painted } from "./elements.js";
import { saveCodes } from "./files.js";

export class Photographs {
  #page;
  #backend;
  #limits;
  #model;
  #state;
  #subject = null;
  #count = 0;
  #control = new AbortController();

  /**
   * @param {Document} page
   * @param {object} backend One that can estimate.
   */
  constructor(page, backend) {
    this.#page = page;
    this.#backend = backend;
    this.#limits = backend.settings.uploads;
    this.#element("photographs-part").hidden = false;
    this.#element("files").addEventListener("change", () => this.#onFiles());
    const drop = this.#element("drop");
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#take([...event.dataTransfer.files]);
    });
    this.#element("save-subject").addEventListener("click", () =>
      this.#saveCodes(),
    );
  }

  #element(id) {
    return this.#page.getElementById(id);
  }

  /** Shows the subject, if there is one, under the grid's observations. */
  async show(state, model) {
    if (this.#model && this.#model.name !== model.name) this.#forget();
    this.#model = model;
    this.#state = state;
    const known = !model.card.identities?.closed;
    this.#element("drop").hidden = !known;
    this.#element("no-photographs").hidden = known;
    if (this.#subject) await this.#showUnder().catch(stopped);
  }

  #forget() {
    this.#subject = null;
    this.#element("found").hidden = true;
  }

  #onFiles() {
    const input = this.#element("files");
    const files = [...input.files];
    input.value = "";
    if (files.length) this.#take(files);
  }

  async #take(files) {
    const { count, megabytes } = this.#limits;
    const large = files.find((file) => file.size > megabytes * 1e6);
    this.#say("");
    if (files.length > count) {
      this.#refuse(`Choose at most ${count} photographs.`);
    } else if (large) {
      this.#refuse(
        `${large.name} is too large: ${(large.size / 1e6).toFixed(1)} MB, ` +
          `more than the limit of ${megabytes} MB.`,
      );
    } else {
      await this.#estimate(files);
    }
  }

  async #estimate(files) {
    const model = this.#model;
    const bar = this.#element("estimating");
    bar.removeAttribute("value");
    bar.hidden = false;
    this.#say("Preparing the generator.");
    try {
      const found = await this.#backend.estimate(model.name, files, (said) =>
        this.#onProgress(said),
      );
      this.#say("");
      // Another generator's codes would be of nobody.
      if (model !== this.#model) return;
      this.#count += 1;
      this.#subject = { ...found, name: `subject ${this.#count}` };
      await this.#showFound();
      await this.#showUnder().catch(stopped);
    } catch (error) {
      this.#refuse(error.message);
    } finally {
      bar.hidden = true;
    }
  }

  #onProgress({ waiting, step, steps, distance }) {
    if (waiting) {
      this.#say(`${waiting} estimation${waiting > 1 ? "s" : ""} ahead of this.`);
    } else if (step) {
      const bar = this.#element("estimating");
      [bar.max, bar.value] = [steps, step];
      this.#say(
        `Step ${step} of ${steps}: ${distance.toFixed(1)} grey levels apart.`,
      );
    } else {
      this.#say("Preparing the generator.");
    }
  }

  #say(text) {
    this.#element("estimation").textContent = text;
    this.#element("refused").textContent = "";
  }

  #refuse(text) {
    this.#say("");
    this.#element("refused").textContent = text;
  }

  async #showFound() {
    const { name, photographs, z_i, z_o, distances } = this.#subject;
    const drawn = await this.#model.artist.draw(
      z_o.map((code, n) => ({
        name: `${name} as photographed ${n}`,
        codes: () => ({ z_i, z_o: code }),
      })),
    );
    const pairs = drawn.map((picture, n) =>
      make(
        "figure",
        {},
        make(
          "div",
          {},
          painted(photographs[n], "Photograph, as the generator sees it"),
          painted(picture, "Reconstruction"),
        ),
        make("figcaption", {}, `${distances[n].toFixed(1)} grey levels apart`),
      ),
    );
    this.#element("pairs").replaceChildren(...pairs);
    this.#element("found").hidden = false;
  }

  /** The subject under the grid's observations. */
  async #showUnder() {
    this.#control.abort();
    this.#control = new AbortController();
    const { name, z_i } = this.#subject;
    const { prior, artist } = this.#model;
    const { columns } = this.#state;
    const canvases = columns.map((_, n) =>
      make("canvas", { role: "img", ariaLabel: `Under observation ${n + 1}` }),
    );
    const wanted = columns.map((sample) => ({
      name: `${name} under ${Object.values(sample)}`,
      codes: () => ({ z_i, z_o: prior.observation(sample) }),
    }));
    const pictures = await artist.draw(wanted, {
      signal: this.#control.signal,
    });
    pictures.forEach((picture, n) => paint(canvases[n], picture));
    this.#element("under").replaceChildren(...canvases);
  }

  #saveCodes() {
    const { z_i, z_o } = this.#subject;
    saveCodes(z_o.map(() => z_i), z_o, "subject.npz");
  }
}

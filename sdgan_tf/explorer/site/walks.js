// Between the pictures A and B: a matrix, two sliders, an animation.

import { stopped } from "./artist.js";
import { icon, paint } from "./elements.js";
import { saveAnimation, saveSheet } from "./files.js";
import { PictureTable } from "./pictures.js";
import { between } from "./prior.js";
import { cellText } from "./state.js";

// Steps of a slider, and of them those from cell to cell of the matrix.
const STEPS = 24;
const STRIDE = 4;
const CELLS = STEPS / STRIDE + 1;

/** `count` places from 0 to `STEPS` and, unless it is a corner, back. */
function line(count) {
  const step = STEPS / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, n) => n * step);
}

/** Places of the sliders along a way that ends where it begins. */
function way(name, frames) {
  const there = line(frames);
  const both = [...there, ...there.slice(1, -1).reverse()];
  if (name === "identity") return both.map((at) => [at, 0]);
  if (name === "observation") return both.map((at) => [0, at]);
  const ahead = there.slice(0, -1);
  const back = ahead.map((at) => STEPS - at);
  return [
    ...ahead.map((at) => [at, 0]),
    ...ahead.map((at) => [STEPS, at]),
    ...back.map((at) => [at, STEPS]),
    ...back.map((at) => [0, at]),
  ];
}

export class Walks {
  #page;
  #settings;
  #matrix;
  #sliders;
  #play;
  #shown = "";
  #model;
  #ends;
  #control = new AbortController();
  // Names the animation that plays: one that was stopped knows it by that.
  #playing = null;

  /**
   * @param {Document} page
   * @param {object} settings `frames` and `frame_milliseconds`.
   */
  constructor(page, settings) {
    this.#page = page;
    this.#settings = settings;
    const element = (id) => page.getElementById(id);
    this.#play = element("play");
    this.#sliders = ["walk-i", "walk-o"].map(element);
    this.#matrix = new PictureTable(element("matrix"), {
      rows: CELLS,
      columns: CELLS,
      label: (r, c) =>
        `${r} of ${CELLS - 1} along the identity, ` +
        `${c} of ${CELLS - 1} along the observation`,
      onCell: (r, c) => {
        this.#stop();
        this.#go([r * STRIDE, c * STRIDE]);
      },
    });
    this.#matrix.mark(0, 0, "A");
    this.#matrix.mark(CELLS - 1, CELLS - 1, "B");
    for (const slider of this.#sliders) {
      slider.max = STEPS;
      slider.addEventListener("input", () => {
        this.#stop();
        this.#go(this.#place());
      });
    }
    this.#play.addEventListener("click", () =>
      this.#playing ? this.#stop() : this.#start(),
    );
    element("way").addEventListener("change", () => this.#stop());
    for (const form of ["gif", "webp"]) {
      element(`save-${form}`).addEventListener("click", () => this.#save(form));
    }
    element("save-matrix").addEventListener("click", () => this.#saveMatrix());
  }

  /** Walks between two cells, drawn anew if they are others. */
  async show([first, second], model) {
    const shown = [model.name, cellText(first), cellText(second)].join(" ");
    if (shown === this.#shown) return;
    this.hide();
    this.#shown = shown;
    this.#model = model;
    this.#ends = [first, second].map((cell) => model.prior.codes(cell));
    this.#control = new AbortController();
    this.#go([0, 0]);
    const places = this.#places();
    const wanted = places.map((place) => this.#wanted(place));
    this.#matrix.each((row, column) => {
      this.#matrix.expect(row, column, wanted[row * CELLS + column].name);
    });
    await model.artist
      .draw(wanted, {
        signal: this.#control.signal,
        onPicture: (picture, n) => {
          const [row, column] = places[n].map((at) => at / STRIDE);
          this.#matrix.paint(row, column, picture, wanted[n].name);
        },
      })
      .catch(stopped);
  }

  /** Stops and forgets. */
  hide() {
    this.#stop();
    this.#control.abort();
    this.#shown = "";
  }

  #places() {
    const places = [];
    this.#matrix.each((row, column) =>
      places.push([row * STRIDE, column * STRIDE]),
    );
    return places;
  }

  #wanted([i, o]) {
    const [first, second] = this.#ends;
    return {
      name: `${this.#shown} ${i.toFixed(4)} ${o.toFixed(4)}`,
      codes: () => ({
        z_i: between(first.z_i, second.z_i, i / STEPS),
        z_o: between(first.z_o, second.z_o, o / STEPS),
      }),
    };
  }

  #place() {
    return this.#sliders.map((slider) => slider.valueAsNumber);
  }

  /** Sets the sliders and shows the picture there, drawn if it must be. */
  async #go(place) {
    const mine = (this.#going = Symbol("place"));
    this.#sliders.forEach((slider, n) => {
      slider.value = Math.round(place[n]);
      slider.ariaValueText = `${Math.round((100 * place[n]) / STEPS)} %`;
    });
    this.#matrix.each((row, column) => {
      const here = row * STRIDE === place[0] && column * STRIDE === place[1];
      this.#matrix.point(row, column, here);
    });
    const { signal } = this.#control;
    const drawn = this.#model.artist.draw([this.#wanted(place)], {
      urgent: true,
      signal,
    });
    const [picture] = (await drawn.catch(stopped)) ?? [];
    // The sliders may be elsewhere when the picture comes.
    if (picture && this.#going === mine) {
      paint(this.#page.getElementById("between-picture"), picture);
    }
  }

  #going = null;

  #way() {
    const name = this.#page.getElementById("way").value;
    return way(name, this.#settings.frames);
  }

  async #start() {
    const mine = Symbol("animation");
    this.#setPlaying(mine);
    const places = this.#way();
    for (let frame = 0; this.#playing === mine; frame++) {
      const shown = this.#go(places[frame % places.length]);
      const time = new Promise((done) =>
        setTimeout(done, this.#settings.frame_milliseconds),
      );
      await Promise.all([shown, time]);
    }
  }

  #stop() {
    this.#setPlaying(null);
  }

  #setPlaying(playing) {
    this.#playing = playing;
    const text = playing ? "Stop" : "Play";
    this.#play.replaceChildren(icon(playing ? "stop" : "play"), text);
    this.#play.ariaPressed = String(Boolean(playing));
  }

  async #save(form) {
    const { artist } = this.#model;
    const wanted = this.#way().map((place) => this.#wanted(place));
    const frames = await artist.draw(wanted);
    const { frame_milliseconds: milliseconds } = this.#settings;
    await saveAnimation(frames, milliseconds, form, "walk");
  }

  async #saveMatrix() {
    const wanted = this.#places().map((place) => this.#wanted(place));
    const pictures = await this.#model.artist.draw(wanted);
    await saveSheet(pictures, CELLS, "matrix.png");
  }
}

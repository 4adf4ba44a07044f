// Walks between two pictures: a matrix, two sliders, an animation.

import { between } from "./codes.js";
import { stopped } from "./generator.js";
import { paint, PictureTable } from "./pictures.js";

// Steps of a slider, and of them those from cell to cell of the matrix.
const STEPS = 24;
const STRIDE = 4;
const CELLS = STEPS / STRIDE + 1;
const FRAME_MILLISECONDS = 80;

/** Where the sliders are at a frame of the way around the matrix. */
function around(frame) {
  const part = frame % STEPS;
  const side = Math.floor(frame / STEPS) % 4;
  const back = STEPS - part;
  return [
    [part, 0],
    [STEPS, part],
    [back, STEPS],
    [0, back],
  ][side];
}

export class Walks {
  #generator;
  #matrix;
  #sliders;
  #canvas;
  #play;
  #first;
  #second;
  // Pictures by the sliders' places, of the two that are chosen now.
  #pictures = new Map();
  #control = new AbortController();
  // Names the animation that plays: one that was stopped knows it by that.
  #playing = null;
  #frame = 0;

  /**
   * @param {Document} page
   * @param {import("./generator.js").Generator} generator
   */
  constructor(page, generator) {
    this.#generator = generator;
    this.#canvas = page.getElementById("picture");
    this.#play = page.getElementById("play");
    this.#sliders = ["walk-i", "walk-o"].map((id) => page.getElementById(id));
    this.#matrix = new PictureTable(page.getElementById("matrix"), {
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
  }

  /** Walks between two cells of the grid, drawn anew if they are others. */
  async show(first, second) {
    if (this.#first?.name === first.name && this.#second.name === second.name) {
      return;
    }
    this.hide();
    [this.#first, this.#second] = [first, second];
    this.#control = new AbortController();
    this.#go([0, 0]);
    const places = [];
    this.#matrix.each((row, column) => {
      const place = [row * STRIDE, column * STRIDE];
      this.#matrix.expect(row, column, this.#name(place));
      places.push(place);
    });
    await this.#draw(places, (picture, k) => {
      const place = places[k];
      const [row, column] = place.map((at) => at / STRIDE);
      this.#matrix.paint(row, column, picture, this.#name(place));
    }).catch(stopped);
  }

  /** Stops and forgets. */
  hide() {
    this.#stop();
    this.#control.abort();
    this.#pictures.clear();
    this.#first = this.#second = undefined;
  }

  #name(place) {
    return `${this.#first.name}, ${this.#second.name}, ${place}`;
  }

  #codes([i, o]) {
    return {
      z_i: between(this.#first.z_i, this.#second.z_i, i / STEPS),
      z_o: between(this.#first.z_o, this.#second.z_o, o / STEPS),
    };
  }

  /** Draws the pictures of places and keeps them. */
  #draw(places, onPicture, urgent = false) {
    return this.#generator.generate(
      places.map((place) => this.#codes(place)),
      {
        urgent,
        signal: this.#control.signal,
        onPicture: (picture, k) => {
          this.#pictures.set(String(places[k]), picture);
          onPicture?.(picture, k);
        },
      },
    );
  }

  #place() {
    return this.#sliders.map((slider) => slider.valueAsNumber);
  }

  /** Sets the sliders and shows the picture there, drawn if it must be. */
  async #go(place) {
    this.#sliders.forEach((slider, k) => {
      slider.value = place[k];
      slider.ariaValueText = `${Math.round((100 * place[k]) / STEPS)} %`;
    });
    this.#point(place);
    if (!this.#pictures.has(String(place))) {
      // The slider may be elsewhere when its picture comes.
      await this.#draw([place], null, true).catch(stopped);
    }
    const picture = this.#pictures.get(String(place));
    if (picture && String(place) === String(this.#place())) {
      paint(this.#canvas, picture);
    }
  }

  #point([i, o]) {
    this.#matrix.each((row, column) => {
      const here = row * STRIDE === i && column * STRIDE === o;
      this.#matrix.point(row, column, here);
    });
  }

  async #start() {
    const mine = Symbol("animation");
    this.#setPlaying(mine);
    while (this.#playing === mine) {
      const shown = this.#go(around(this.#frame));
      const time = new Promise((done) => setTimeout(done, FRAME_MILLISECONDS));
      await Promise.all([shown, time]);
      this.#frame++;
    }
  }

  #stop() {
    this.#setPlaying(null);
  }

  #setPlaying(playing) {
    this.#playing = playing;
    this.#play.textContent = playing ? "Stop" : "Play";
    this.#play.ariaPressed = String(Boolean(playing));
  }
}

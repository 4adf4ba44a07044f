// Codes: what a sample, a cell and a place between two cells stand for.

import { shuffle, stepKey, uniform } from "./philox.js";

// `latents.Stream.GRID`: the codes of `--mode=sample` by the same seed.
const GRID = 3;
const IDENTITY = 0;
const OBSERVATION = 1;
// A slider's ends: three standard deviations of a code along a direction.
const REACH = Math.sqrt(3);

/** Codes joined to one array, one after the other. */
export function joined(codes) {
  const all = new Float32Array(codes.reduce((n, code) => n + code.length, 0));
  let at = 0;
  for (const code of codes) {
    all.set(code, at);
    at += code.length;
  }
  return all;
}

/** The code at `part` of the way, 0 to 1; both ends are met exactly. */
export function between(first, second, part) {
  return first.map((value, n) => value * (1 - part) + second[n] * part);
}

/** The prior of one generator. */
export class Prior {
  #card;
  #table;
  #orders = new Map();

  /**
   * @param {object} card The generator's.
   * @param {Float32Array} [table] Codes of the identities that it knows, where
   *     it generates no others.
   */
  constructor(card, table) {
    this.#card = card;
    this.#table = table;
  }

  /** The code z_i of a sample, `{ seed, place, number }`. */
  identity({ seed, place, number }) {
    const { d_i: size } = this.#card;
    const key = stepKey(seed, GRID, 0, 2 * number + IDENTITY);
    if (!this.#table) return uniform(key, place * size, size);
    const order = this.#order(key);
    const row = order[place % order.length];
    return this.#table.slice(row * size, (row + 1) * size);
  }

  /** The code z_o of a sample. */
  observation({ seed, place, number }) {
    const { d_o: size } = this.#card;
    const key = stepKey(seed, GRID, 0, 2 * number + OBSERVATION);
    return uniform(key, place * size, size);
  }

  /** z_i and z_o of a cell, moved along its directions. */
  codes({ identity, observation, moves = [] }) {
    const parts = {
      identity: this.identity(identity),
      observation: this.observation(observation),
    };
    for (const { side, index, percent } of moves) {
      const direction = this.#card.directions[side][index];
      if (direction) this.#move(parts[side], direction.vector, percent / 100);
    }
    return { z_i: parts.identity, z_o: parts.observation };
  }

  #move(code, vector, amount) {
    vector.forEach((part, n) => {
      code[n] = Math.max(-1, Math.min(1, code[n] + amount * REACH * part));
    });
  }

  #order(key) {
    const name = String(key);
    if (!this.#orders.has(name)) {
      const rows = this.#table.length / this.#card.d_i;
      this.#orders.set(name, shuffle(key, rows));
    }
    return this.#orders.get(name);
  }
}

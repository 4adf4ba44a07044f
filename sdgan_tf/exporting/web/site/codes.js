// Codes: drawn by a seed, and straight lines between them.

/** A 32-bit hash of a text (FNV-1a). */
function hash(text) {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ character.codePointAt(0), 0x01000193);
  }
  return value >>> 0;
}

/** Endless uniform numbers on [-1, 1) by a 32-bit seed (mulberry32). */
function* uniform(seed) {
  let state = seed;
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    yield ((value ^ (value >>> 14)) >>> 0) / 2 ** 31 - 1;
  }
}

/**
 * The code of one row or column: the same in every browser.
 *
 * @param {string} name What it is the code of, the seed in it.
 * @param {number} size Numbers in the code.
 * @returns {Float32Array} On [-1, 1).
 */
export function code(name, size) {
  const numbers = uniform(hash(name));
  return Float32Array.from({ length: size }, () => numbers.next().value);
}

/** The code at `part` of the way, 0 to 1; both ends are met exactly. */
export function between(first, second, part) {
  return first.map((value, k) => value * (1 - part) + second[k] * part);
}

// TensorFlow's stateless random numbers: `sdgan_tf/philox.py` in JavaScript.
// A key is four 32-bit words: its two 64-bit numbers, the low words first.

const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57];
const WEYL = [0x9e3779b9, 0xbb67ae85];
// With this key TensorFlow scrambles a seed to the key that it samples with.
const SCRAMBLE = [0x3ec8f720, 0x02461e29];

/** The high 32 bits of the product of two 32-bit numbers. */
function highProduct(a, b) {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff];
  const [bHigh, bLow] = [b >>> 16, b & 0xffff];
  const first = aHigh * bLow + ((aLow * bLow) >>> 16);
  const second = aLow * bHigh + (first % 0x10000);
  return (
    aHigh * bHigh +
    Math.floor(first / 0x10000) +
    Math.floor(second / 0x10000)
  );
}

/** Philox4x32-10: four words of a counter to four random ones. */
export function philox([a, b, c, d], [k, l]) {
  for (let round = 0; round < ROUNDS; round++) {
    const [first, second] = MULTIPLIERS;
    [a, b, c, d] = [
      (highProduct(second, c) ^ b ^ k) >>> 0,
      Math.imul(second, c) >>> 0,
      (highProduct(first, a) ^ d ^ l) >>> 0,
      Math.imul(first, a) >>> 0,
    ];
    [k, l] = [(k + WEYL[0]) >>> 0, (l + WEYL[1]) >>> 0];
  }
  return [a, b, c, d];
}

/** `count` random 32-bit words from place `start` on. */
export function words(key, start, count) {
  const [k, l, c, d] = philox(key, SCRAMBLE);
  const sampled = new Uint32Array(count);
  for (let n = 0; n < count; ) {
    const place = start + n;
    const block = Math.floor(place / 4);
    const four = philox([block >>> 0, Math.floor(block / 2 ** 32), c, d], [k, l]);
    for (let m = place % 4; m < 4 && n < count; m++, n++) sampled[n] = four[m];
  }
  return sampled;
}

/** The low and the high 32 bits of a whole number of at most 53. */
function halves(number) {
  return [number >>> 0, Math.floor(number / 2 ** 32) >>> 0];
}

/** A key as TensorFlow's side has it: `latents.Keys(seed, step)`. */
export function stepKey(seed, stream, step = 0, substep = 0) {
  const whole = words([...halves(seed), ...halves(stream)], 0, 2);
  const [word] = words([...whole, ...halves(step)], 0, 1);
  // TensorFlow folds a plain number in as int32: its sign fills the rest.
  return [word, word >>> 31 ? 0xffffffff : 0, substep, 0];
}

/** `count` numbers on [-1, 1) from place `start` on, exact in float32. */
export function uniform(key, start, count) {
  // 23 bits after the point.
  return Float32Array.from(
    words(key, start, count),
    (word) => (word & 0x7fffff) / 2 ** 22 - 1,
  );
}

/** The numbers below `count` in random order. */
export function shuffle(key, count) {
  const order = Uint32Array.from({ length: count }, (_, n) => n);
  words(key, 0, Math.max(0, count - 1)).forEach((word, place) => {
    const other = place + (word % (count - place));
    [order[place], order[other]] = [order[other], order[place]];
  });
  return order;
}

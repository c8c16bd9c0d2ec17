/** Tommy Ettinger's mulberry32: 32 random bits a call, seeded, good enough for test data. */
export function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Its numbers from 0 to 1, 1 excluded. */
export function uniform(seed) {
  const bits = mulberry32(seed);
  return () => bits() / 2 ** 32;
}

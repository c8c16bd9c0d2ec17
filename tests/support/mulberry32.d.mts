export function mulberry32(seed: number): () => number;
export function uniform(seed: number): () => number;

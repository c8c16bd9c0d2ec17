/** A vector's direction in a byte a dimension. */
export function toBytes(vector: ArrayLike<number>): Int8Array;
/** Writes the vectors of the first shard in this folder, unless they are there; whether it did. */
export function writeStarter(folder: string): Promise<boolean>;

/** Of a file that hnswlib saves (hnswalg.h, saveIndex): places of the header's fields, in bytes. */
const COUNT_AT = 16;
const ELEMENT_BYTES_AT = 24;
const UPPER_LINKS_AT = 56;
const HEADER_BYTES = 96;

/**
 * How many vectors each level of a graph has, the lowest first: all of them are in the lowest.
 * @param file as Collection.exportHnswlib() gives it: after the header the lowest level's elements, then for
 *   each element the bytes of its links in the levels above (uint32) and these links
 * @throws RangeError when the file is cut off
 */
export function levelSizes(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = (at: number) => Number(view.getBigUint64(at, true));
  const count = size(COUNT_AT);
  /** A level's links of one element: a count and maxM places, 4 bytes each. */
  const linkBytes = 4 * size(UPPER_LINKS_AT) + 4;
  const sizes = count > 0 ? [count] : [];
  let at = HEADER_BYTES + count * size(ELEMENT_BYTES_AT);
  for (let element = 0; element < count; element++) {
    const bytes = view.getUint32(at, true);
    at += 4 + bytes;
    for (let level = 1; level <= bytes / linkBytes; level++) sizes[level] = (sizes[level] ?? 0) + 1;
  }
  if (at > file.byteLength)
    throw new RangeError(`the file ends ${at - file.byteLength} bytes early`);
  return sizes;
}

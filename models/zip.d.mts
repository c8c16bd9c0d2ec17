/** One file of a zip archive, stored or deflated. Throws when it is not there. */
export function readZipEntry(archive: Buffer, path: string): Buffer;

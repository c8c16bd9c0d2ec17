export function writeSmallCores(folder: URL, bytes: number): Promise<void>;

/** The folder of all models; `files` of `model`, joined by commas, are in it. */
export function modelsFolder(model?: string, files?: string): string;

/** The address of one model's folder, for modelUrl in Node. */
export function modelUrl(folder: string, model?: string): string;

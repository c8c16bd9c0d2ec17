export function texts(): string[];
export function runReference(job: {
  folder: string;
  models?: { name: string; options: object }[];
  texts: string[];
  encodings: { model: string; mapping: string; output: string }[];
}): Promise<void>;

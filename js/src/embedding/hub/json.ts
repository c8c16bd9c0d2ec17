/** JSON files of the repository; where it has none, undefined, or `required` rejects. */
export interface ReadJson {
  optional(path: string): Promise<Json | undefined>;
  required(path: string): Promise<Json>;
}
export type Json = { readonly [key: string]: unknown };

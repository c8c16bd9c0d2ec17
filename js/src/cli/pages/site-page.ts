import type { Metadata } from "../../types.js";

/** A part of a page under one heading. */
export interface PageSection {
  /** The heading's id, for the passage's address. Default: "", none. */
  anchor?: string;
  /** Default: "", as before the first heading. */
  heading?: string;
  text: string;
}

/** A page of a site, as an index is built of it. */
export interface SitePage {
  /** Absolute, or relative to the folder of the index. */
  url: string;
  title: string;
  /** BCP 47; default the site's. */
  language?: string;
  /** What rows have in their metadata beside url, title and heading. */
  metadata?: Metadata;
  sections: PageSection[];
}

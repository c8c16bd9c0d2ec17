import { metadataToJson } from "../../collection/metadata.js";
import { invalid, shown, wellFormed } from "../../collection/validate.js";
import type { PageSection, SitePage } from "../pages/site-page.js";

/** With what a caller may leave out. */
export interface CheckedPage extends SitePage {
  sections: Required<PageSection>[];
}

/** A caller's page, the i-th. @throws invalid_argument */
export function checkPage(page: SitePage, i: number): CheckedPage {
  const where = `pages[${i}]`;
  if (typeof page !== "object" || page === null) {
    throw invalid(`${where} must be an object with url, title and sections, got ${shown(page)}`);
  }
  const { url, title, language, metadata, sections } = page;
  if (!Array.isArray(sections)) {
    throw invalid(`${where}.sections must be an array of { text }, got ${shown(sections)}`);
  }
  // Of a page that says nothing it is empty.
  if (Object.keys(metadata ?? {}).length > 0) metadataToJson(metadata, `${where}.metadata`);
  return {
    ...page,
    url: checkText(url, `${where}.url`),
    title: checkText(title, `${where}.title`),
    ...(language !== undefined && { language: checkText(language, `${where}.language`) }),
    sections: sections.map((section, n) => checkSection(section, `${where}.sections[${n}]`)),
  };
}

function checkSection(section: PageSection, where: string): Required<PageSection> {
  if (typeof section !== "object" || section === null) {
    throw invalid(`${where} must be an object with a text, got ${shown(section)}`);
  }
  const { anchor = "", heading = "", text } = section;
  return {
    anchor: checkText(anchor, `${where}.anchor`),
    heading: checkText(heading, `${where}.heading`),
    text: checkText(text, `${where}.text`),
  };
}

function checkText(value: unknown, where: string): string {
  if (typeof value !== "string") throw invalid(`${where} must be a string, got ${shown(value)}`);
  return wellFormed(value);
}

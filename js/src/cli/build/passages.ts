import { chunk } from "../../embedding/chunk.js";
import { indexedText, type StoredPage } from "../../static/format.js";
import type { TokenCounter } from "../../types/chunking.js";
import type { CheckedPage } from "./check-page.js";

/** A passage of a site. */
export interface SitePassage {
  page: StoredPage;
  anchor: string;
  heading: string;
  text: string;
}

/** For indexes without a model: words as tokens. */
export const WORDS: TokenCounter = {
  count: (text) => text.match(/\S+/g)?.length ?? 0,
  maxTokens: 200,
};

/**
 * Cuts a page where its sections end, and longer sections as pagevec/chunk does.
 * @param maxTokens of a passage with its title and heading
 * @param language of a page that has none of its own, by which sentences end
 */
export function passagesOf(
  page: CheckedPage,
  tokens: TokenCounter,
  maxTokens: number,
  language: string | undefined,
): SitePassage[] {
  const { sections, ...stored } = page;
  const locale = [page.language, language].find(isLanguage);
  return sections.flatMap(({ anchor, heading, text }) => {
    const around = indexedText(page.title, heading, "");
    const room = maxTokens - tokens.count(around) + tokens.count("");
    // However long a title is, half of a passage is text.
    const most = Math.max(Math.ceil(maxTokens / 2), room);
    return chunk(text, {
      tokenizer: { maxTokens: most, count: (part) => tokens.count(part) },
      maxTokens: most,
      ...(locale ? { locale } : {}),
    }).map((part) => ({ page: stored, anchor, heading, text: part.text }));
  });
}

/** Whether it is a tag of BCP 47: not all that pages say of their language is one. */
export function isLanguage(tag: string | undefined): boolean {
  try {
    return tag !== undefined && Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** The passage as it is searched by words and by vector. */
export function searchedText({ page, heading, text }: SitePassage): string {
  return indexedText(page.title, heading, text);
}

/** What makes two passages of two builds the same. */
export function identityOf({ page, anchor, heading, text }: SitePassage): string {
  return JSON.stringify([page.url, anchor, heading, text]);
}

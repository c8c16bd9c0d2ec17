import { writeFile } from "node:fs/promises";
import { Client } from "pagevec";

/**
 * Every section of every page as a record of one collection, in a file that the page imports.
 * @returns {Promise<number>} how many there are
 */
export async function writeSearchFile(pages, file) {
  const records = pages.flatMap(({ section: kind, path, title, sections }) =>
    (kind === "API" ? exportsOf(sections) : sections).map((section) => ({
      id: section.level === 1 ? path : `${path}#${section.anchor}`,
      document: `${section.title}\n${section.text}`,
      title: section.title === title ? title : `${title}: ${section.title}`,
    })),
  );
  const client = await Client.open({ name: "docs", storage: "memory" });
  const sections = await client.createCollection({ name: "sections" });
  await sections.add({
    ids: records.map(({ id }) => id),
    documents: records.map(({ document }) => document),
    metadatas: records.map(({ title }) => ({ title })),
    // It is searched by words only, but a record has a vector.
    embeddings: records.map(() => [1]),
  });
  await writeFile(file, await client.export());
  await client.close();
  return records.length;
}

/** Of the API each export is a section, whose members' names and texts it is found by. */
function exportsOf(sections) {
  const found = [];
  for (const section of sections) {
    if (section.level <= 3) found.push({ ...section });
    else found.at(-1).text += `${section.title}\n${section.text}`;
  }
  return found;
}

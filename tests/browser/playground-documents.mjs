// Files as visitors have them, and broken ones.

const HELVETICA = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
const sugar =
  "Photosynthesis turns light into sugar. The leaves of a plant take in carbon dioxide.\n\nCells burn sugar to live.";

/** Each with a query that only it answers, and what is to be found. */
export const SOUND = {
  "sugar.txt": { body: sugar, query: "photosynthesis", found: /leaves of a plant/ },
  "bridges.md": {
    body: "---\ntitle: x\n---\n# Bridges\n\nA **suspension** bridge hangs from `cables` & towers.\n\n## Arches\n\n- stone\n- brick [link](https://a.test)\n\n| a | b |\n|---|---|\n| vault | keystone |\n",
    query: "keystone",
    found: /vault \| keystone/,
  },
  "volcano.html": {
    body: "<!doctype html><title>On volcanoes</title><style>p { color: lava }</style><script>let magma = 'script';</script><nav>menu</nav><h1>Volcanoes</h1><p>Basalt &amp; ash fall<br>from the sky.<h2>Craters</h2><p>An unclosed <b>caldera",
    query: "caldera",
    found: /An unclosed caldera/,
  },
  "films.csv": {
    body: 'title,year,classic,plot\n"The ""Gold"" Rush",1925,true,"A prospector, alone\nin the snow"\nMetropolis,1927,true,A city of machines\nAlien,1979,false,A crew meets a xenomorph\n',
    query: "xenomorph",
    found: /title: Alien\s+year: 1979/,
  },
  "birds.json": {
    body: JSON.stringify({
      source: "x",
      birds: [
        { name: "wren", grams: 9, tags: ["small", "brown"] },
        { name: "albatross", grams: 8500, tags: ["sea"], text: "It glides over the ocean." },
      ],
    }),
    query: "albatross",
    found: /It glides over the ocean/,
  },
  "lines.jsonl": {
    body: '{"note": "the first zeppelin"}\n\n{"note": "a second airship"}\n',
    query: "zeppelin",
    found: /the first zeppelin/,
  },
  "latin.txt": {
    body: Buffer.from("Caf\xe9 cr\xe8me br\xfbl\xe9e", "latin1"),
    query: "brûlée",
    found: /Café crème brûlée/,
  },
  "glacier.pdf": {
    body: pdf(["A glacier is a river of ice.", "Moraines are left behind when it melts."]),
    query: "moraines",
    found: /Moraines are left behind/,
    page2: true,
  },
  "nihongo.pdf": { body: japanese(), query: "日本語", found: /^日本語$/ },
};

/** Each with what the visitor must be told. */
export const BROKEN = {
  "letter.docx": { body: "PK", told: /\.docx files cannot be read here; txt, md/ },
  "empty.txt": { body: "", told: /it is empty/ },
  "picture.txt": { body: Buffer.from([137, 80, 78, 71, 0, 0, 13]), told: /zero bytes/ },
  "half.json": { body: '{"a": [1, 2', told: /it is no JSON/ },
  "bad.jsonl": { body: '{"a": 1}\n{oops}\n', told: /line 2 is no JSON/ },
  "open.csv": { body: 'a,b\n1,"never closed\n', told: /quotation mark in row 2 is not closed/ },
  "names.csv": { body: "a,b\n", told: /no rows/ },
  "torn.pdf": { body: "%PDF-1.7\nnothing of a PDF", told: /damaged, or no PDF/ },
  "scanned.pdf": { body: pdf([""]), told: /pictures, as a scanner makes them/ },
  "blank.html": { body: "<script>alert(1)</script>", told: /no text in it/ },
};

/** As Playwright takes files. */
export function files(documents) {
  return Object.entries(documents).map(([name, { body }]) => ({
    name,
    mimeType: "",
    buffer: Buffer.from(body),
  }));
}

/** A font that is not in the file, by a character map that PDF.js must fetch. */
function japanese() {
  const system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >>";
  const descendant = `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light ${system} >>`;
  const font = `<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light-UniJIS-UCS2-H /Encoding /UniJIS-UCS2-H /DescendantFonts [${descendant}] >>`;
  return pdf(["<65E5672C8A9E>"], font);
}

/**
 * A PDF (ISO 32000-1, 7.5) with one line of text on each page.
 * @param pages texts, or codes as "<65E5>"
 */
export function pdf(pages, font = HELVETICA) {
  const kids = pages.map((_, i) => `${4 + 2 * i} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    font,
  ];
  for (const [i, line] of pages.entries()) {
    const shown = line.startsWith("<") ? line : `(${line})`;
    const content = line === "" ? "" : `BT /F1 12 Tf 72 720 Td ${shown} Tj ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + 2 * i} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const at = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const entries = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return `${body}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
}

/** Prose of so many paragraphs, all different. */
export function prose(paragraphs, word = "paragraph") {
  const lines = [];
  for (let i = 0; i < paragraphs; i++) {
    lines.push(
      `The ${word} with number ${i} tells of harbour ${i * 7} and of ship ${i * 13}. `.repeat(6),
    );
  }
  return lines.join("\n\n");
}

import type { PDFDocumentProxy } from "pdfjs-dist";
import { sectionsOf } from "./text.js";
import { FileError, type Section } from "./types.js";

/** A PDF: a section for each page. PDF.js is loaded with the first one, and works in its own worker. */
export async function* parsePdf(file: File): AsyncGenerator<Section[]> {
  const [pdf, { default: PdfWorker }] = await Promise.all([
    import("pdfjs-dist"),
    import("pdfjs-dist/build/pdf.worker.min.mjs?worker"),
  ]);
  const port = new PdfWorker();
  pdf.GlobalWorkerOptions.workerPort = port;
  const loading = pdf.getDocument({
    data: new Uint8Array(await file.arrayBuffer()),
    // Nothing is drawn: no fonts, no pictures.
    disableFontFace: true,
    useSystemFonts: false,
    cMapUrl: new URL("pdfjs/cmaps/", document.baseURI).href,
    verbosity: pdf.VerbosityLevel.ERRORS,
  });
  try {
    const document = await loading.promise.catch((cause) => {
      throw failure(cause);
    });
    yield* pagesOf(document);
  } finally {
    await loading.destroy();
    port.terminate();
  }
}

async function* pagesOf(document: PDFDocumentProxy): AsyncGenerator<Section[]> {
  let found = 0;
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : ""));
    page.cleanup();
    const sections = sectionsOf(joinLines(text.join("")), { page: number });
    found += sections.length;
    if (sections.length > 0) yield sections;
  }
  if (found === 0) {
    throw new FileError(
      "there is no text on its pages; they are pictures, as a scanner makes them",
    );
  }
}

/** Words that were cut at the ends of lines. */
function joinLines(text: string): string {
  return text.replace(/(\p{Ll})-\n(?=\p{Ll})/gu, "$1").trim();
}

function failure(cause: unknown): FileError {
  const { name = "", message = String(cause) } = (cause ?? {}) as Partial<Error>;
  if (name === "PasswordException") return new FileError("it is protected by a password");
  if (name === "InvalidPDFException") return new FileError("it is damaged, or no PDF");
  return new FileError(`it cannot be read: ${message}`);
}

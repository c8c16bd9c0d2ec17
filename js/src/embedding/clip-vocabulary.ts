import { PagevecError } from "../errors.js";

const WORD_END = "</w>";

/**
 * The two files of a CLIP tokenizer as CoreModule.createClipTokenizer takes them. The core checks
 * the ids.
 * @param vocab vocab.json: tokens and their ids.
 * @param merges merges.txt: two tokens a line, in the order learned.
 * @throws corrupt when vocab.json is no JSON object, or a token that is needed is not in it.
 */
export function readClipVocabulary(vocab: Uint8Array, merges: Uint8Array): Int32Array {
  const ids = parseVocabulary(vocab);
  const id = (token: string): number => {
    const found = ids.get(token);
    if (typeof found === "number" && Number.isSafeInteger(found)) return found;
    throw new PagevecError(
      "corrupt",
      `vocab.json has no token "${token}"; give the vocab.json and the merges.txt of one CLIP model`,
    );
  };
  const bytes = byteAlphabet();
  const lines = new TextDecoder().decode(merges).split(/\r?\n/);
  if (lines[0]?.startsWith("#version")) lines.shift();
  const pairs = lines.filter((line) => line !== "").map((line) => line.split(" "));
  return Int32Array.from([
    ids.size,
    id("<|startoftext|>"),
    id("<|endoftext|>"),
    ...bytes.map(id),
    ...bytes.map((byte) => id(byte + WORD_END)),
    ...pairs.flatMap(([left = "", right = ""]) => [id(left), id(right), id(left + right)]),
  ]);
}

function parseVocabulary(vocab: Uint8Array): Map<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(new TextDecoder().decode(vocab))));
  } catch (cause) {
    const message = `vocab.json is no list of tokens and their ids: ${cause}`;
    throw new PagevecError("corrupt", message, { cause });
  }
}

/**
 * What stands for each byte in GPT-2's alphabet: a visible Latin-1 character for its own byte, those
 * from U+0100 on for the other bytes in their order.
 */
function byteAlphabet(): string[] {
  let other = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(visible ? byte : other++);
  });
}

import { createParser } from "eventsource-parser";

/** An event of a text/event-stream. */
export interface ServerEvent {
  /** Absent for the default, "message". */
  event?: string | undefined;
  data: string;
}

/**
 * The events of a text/event-stream (WHATWG HTML, section 9.2) whose bytes come in any pieces; the
 * last one counts without its empty line too.
 */
export async function* serverEvents(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent> {
  let events: ServerEvent[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    parser.feed(decoder.decode(piece, { stream: true }));
    yield* events;
    events = [];
  }
  parser.feed(`${decoder.decode()}\n\n`);
  yield* events;
}

/** The lines of a text, such as newline-delimited JSON, whose bytes come in any pieces. */
export async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() as string;
    yield* parts.filter((line) => line.trim() !== "");
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield rest;
}

import { Articles } from "./articles";

// Stands for what your server has: a database, a CMS, files.
const articles = [
  { id: "rates", text: "Bond prices fell as the central bank raised interest rates." },
  { id: "rain", text: "It will pour tomorrow, with strong wind from the west." },
  { id: "cats", text: "The cat slept on the warm windowsill all afternoon." },
];

/** Rendered on the server; the search runs in the visitor's browser. */
export default function Page() {
  return (
    <main>
      <h1>Articles</h1>
      <Articles articles={articles} />
    </main>
  );
}

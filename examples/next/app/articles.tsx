"use client";

import { miniLM } from "pagevec";
import { useCollection, useSearch } from "pagevec/react";
import { useEffect, useState } from "react";

export interface Article {
  id: string;
  text: string;
}

const embeddingFunction = miniLM(); // once, outside of components; nothing is loaded yet

export function Articles({ articles }: { articles: Article[] }) {
  const { collection, error } = useCollection({
    client: { name: "example" },
    name: "articles",
    embeddingFunction,
  });
  const [text, setText] = useState("");
  const search = useSearch(collection, text, { limit: 3 });
  const [failure, setFailure] = useState<Error>();

  useEffect(() => {
    // An id that is there already is left alone; upsert() would take new texts, and embed all of them.
    collection
      ?.add({ ids: articles.map(({ id }) => id), documents: articles.map(({ text }) => text) })
      .catch(setFailure);
  }, [collection, articles]);

  const shown = text ? search.rows.map(({ id, document }) => ({ id, text: document })) : articles;
  const problem = error ?? failure ?? search.error;
  return (
    <>
      <input
        type="search"
        aria-label="Search"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <ul aria-busy={search.status === "searching"}>
        {shown.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      {problem && <p role="alert">{problem.message}</p>}
    </>
  );
}

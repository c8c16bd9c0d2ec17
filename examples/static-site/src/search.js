import "pagevec/element";
import { openStatic } from "pagevec/static";

const search = document.querySelector("pagevec-search");
// Nothing is downloaded before somebody means to search.
search.addEventListener(
  "focusin",
  () => {
    search.collection = openStatic("/search/", { wasmUrl: "/pagevec/" });
  },
  { once: true },
);
search.addEventListener("select", ({ detail }) => {
  location.href = detail.row.metadata.url;
});

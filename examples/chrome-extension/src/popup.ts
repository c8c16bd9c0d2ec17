import { ask, type Found } from "./messages";

const field = document.querySelector("input") as HTMLInputElement;
const list = document.querySelector("ul") as HTMLElement;
const status = document.querySelector("[role=status]") as HTMLElement;

field.focus();
field.addEventListener("input", async () => {
  const text = field.value.trim();
  const answer = text ? await ask({ kind: "search", text }) : { found: [] };
  // Something else was typed meanwhile.
  if (text !== field.value.trim()) return;
  status.textContent = "error" in answer ? answer.error : "";
  if ("found" in answer) list.replaceChildren(...answer.found.map(item));
});

function item({ url, title, passage }: Found): HTMLElement {
  const link = document.createElement("a");
  Object.assign(link, { href: url, textContent: title, target: "_blank" });
  const element = document.createElement("li");
  element.append(link, document.createElement("br"), passage);
  return element;
}

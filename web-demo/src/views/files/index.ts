import "../panels.css";
import "./files.css";
import type { Context, View } from "../../context.js";
import { byId } from "../../dom.js";
import { ACCEPT } from "../../files/kinds.js";
import { getModel } from "../../model-badge.js";
import { ExportPanel } from "./export-panel.js";
import { FileList } from "./file-list.js";
import markup from "./files.html?raw";
import { ImportPanel } from "./import-panel.js";

/** The visitor's files go in here; collections come out and in as files. */
export async function mount(root: HTMLElement, context: Context): Promise<View> {
  root.innerHTML = markup;
  const list = new FileList(context);
  const input = byId<HTMLInputElement>("file-input");
  input.accept = ACCEPT;
  input.addEventListener("change", () => {
    list.add([...(input.files ?? [])]);
    input.value = "";
  });
  acceptDrops(byId("drop"), (files) => list.add(files));
  acceptPaste((name, text) => {
    list.add([new File([text], list.freeName(name), { type: "text/plain" })]);
  });
  showNeedOfModel(context);
  new ExportPanel(context);
  new ImportPanel(context, () => list.open());
  // At a reload the collection comes onto the shelf after the view.
  context.shelf.subscribe((change) => {
    if (change === "list") list.open().catch((error) => context.status.showError(error));
  });
  await list.open();
  return { show() {}, hide() {} };
}

/** Files that miss the field are not opened by the browser, which would leave the page. */
function acceptDrops(field: HTMLElement, onFiles: (files: File[]) => void): void {
  const isFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!isFiles(event) || !field.checkVisibility()) return;
    event.preventDefault();
    field.dataset.over = "true";
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete field.dataset.over;
  });
  addEventListener("drop", (event) => {
    delete field.dataset.over;
    if (!isFiles(event) || !field.checkVisibility()) return;
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}

function acceptPaste(onText: (name: string, text: string) => void): void {
  const text = byId<HTMLTextAreaElement>("paste-text");
  const name = byId<HTMLInputElement>("paste-name");
  byId("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim() === "") return text.focus();
    onText(name.value.trim() || "Pasted text", text.value);
    text.value = "";
  });
}

function showNeedOfModel({ model, status }: Context): void {
  const show = () => {
    byId("files-need-model").hidden = model.state.phase !== "absent";
  };
  byId("files-get-model").addEventListener("click", () => getModel(model, status));
  model.subscribe(show);
  show();
}

import { contextBridge, ipcRenderer } from "electron";

export interface ChosenText {
  path: string;
  name: string;
  text: string;
}

/** What the page may ask of the main process. */
const files = {
  chooseTexts: (): Promise<ChosenText[]> => ipcRenderer.invoke("choose-texts"),
};
export type Files = typeof files;

contextBridge.exposeInMainWorld("files", files);

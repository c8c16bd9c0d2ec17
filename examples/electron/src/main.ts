import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { app, BrowserWindow, dialog, ipcMain, protocol } from "electron";
import { appFile } from "./app-files";

// A scheme of its own rather than file: IndexedDB, workers and wasm need an origin.
protocol.registerSchemesAsPrivileged([
  { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

ipcMain.handle("choose-texts", async () => {
  const properties = ["openFile" as const, "multiSelections" as const];
  const { filePaths } = await dialog.showOpenDialog({
    properties,
    filters: [{ name: "Texts", extensions: ["txt", "md"] }],
  });
  return Promise.all(
    filePaths.map(async (path) => ({
      path,
      name: basename(path),
      text: await readFile(path, "utf8"),
    })),
  );
});

app.whenReady().then(async () => {
  protocol.handle("app", (request) => appFile(join(__dirname, "renderer"), request));
  const window = new BrowserWindow({ webPreferences: { preload: join(__dirname, "preload.cjs") } });
  await window.loadURL("app://notes/index.html");
});
app.on("window-all-closed", () => app.quit());

// What the plugin uses of Obsidian's API (npm obsidian 1.13.1, whose types it is checked against), over notes
// in memory; and the globals of Electron's renderer, which make some libraries take the page for Node.
window.process = { type: "renderer", versions: { node: "22.20.0", electron: "39.2.0" }, env: {} };
window.global = window;
window.require = (name) => {
  if (name === "obsidian") return { Plugin, SuggestModal, TFile };
  throw new Error(`Cannot find module '${name}'`);
};

class TFile {
  constructor(path, text) {
    Object.assign(this, { path, text, extension: path.split(".").pop(), stat: { mtime: 1 } });
  }
}

class Vault extends EventTarget {
  reads = 0;
  files = [
    new TFile("Weather.md", "It will pour tomorrow, take an umbrella."),
    new TFile("Markets.md", "Bond prices fell as rates rose."),
    new TFile("Cats.md", "The cat slept on the warm windowsill all afternoon."),
  ];
  getName = () => "Test";
  getMarkdownFiles = () => this.files;
  async cachedRead(file) {
    this.reads += 1;
    return file.text;
  }
  on(name, callback) {
    const listener = ({ detail }) => callback(...detail);
    this.addEventListener(name, listener);
    return () => this.removeEventListener(name, listener);
  }
  change(path, text) {
    const file = this.files.find((one) => one.path === path);
    file.text = text;
    file.stat.mtime += 1;
    this.dispatchEvent(new CustomEvent("modify", { detail: [file] }));
  }
  remove(path) {
    const file = this.files.find((one) => one.path === path);
    this.files = this.files.filter((one) => one !== file);
    this.dispatchEvent(new CustomEvent("delete", { detail: [file] }));
  }
  create(path, text) {
    const file = new TFile(path, text);
    this.files.push(file);
    this.dispatchEvent(new CustomEvent("create", { detail: [file] }));
  }
  rename(path, to) {
    const file = this.files.find((one) => one.path === path);
    file.path = to;
    this.dispatchEvent(new CustomEvent("rename", { detail: [file, path] }));
  }
}

class Plugin {
  ends = [];
  constructor(app) {
    this.app = app;
  }
  addCommand(command) {
    this.app.commands[command.id] = command;
  }
  registerEvent(end) {
    this.ends.push(end);
  }
}

class SuggestModal {
  constructor(app) {
    this.app = app;
  }
  setPlaceholder() {}
  open() {
    window.modal = this;
  }
}

window.vault = new Vault();
const app = {
  vault: window.vault,
  commands: {},
  workspace: { onLayoutReady: (callback) => callback(), openLinkText: async () => {} },
};

/** As Obsidian does: the file's text is a function's body, with require, module and exports. */
window.loadPlugin = async () => {
  const code = await (await fetch("/plugin/main.js")).text();
  const module = { exports: {} };
  new Function("require", "module", "exports", code)(window.require, module, module.exports);
  window.plugin = new module.exports.default(app);
  await window.plugin.onload();
};
window.unloadPlugin = () => {
  for (const end of window.plugin.ends) end();
  window.plugin.onunload();
};

/** Runs the command, and gives what its modal suggests. */
window.suggest = async (text) => {
  app.commands.search.callback();
  return window.modal.getSuggestions(text);
};

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "typedoc";

/** Writes what the package exports, by its modules, as Markdown files into a folder. */
export async function writeApi(root, folder) {
  const modules = publicModules(root);
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: [...modules.keys()],
    tsconfig: join(root, "js/tsconfig.json"),
    out: folder,
    name: "API",
    router: "module",
    entryFileName: "index",
    readme: "none",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "list",
    // Types that the entry does not export are named in its signatures all the same.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    logLevel: "Warn",
  });
  const project = await app.convert();
  if (!project) throw new Error("typedoc could not read js/src; see above");
  for (const module of project.children ?? []) {
    // typedoc names a module by its place below what all entries share, js/src.
    const source = join(root, "js/src", module.name);
    const name = modules.get(`${source}.ts`) ?? modules.get(`${source}/index.ts`);
    if (!name) throw new Error(`typedoc's module ${module.name} is none of package.json's`);
    module.name = name;
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error("typedoc found errors; see above");
}

/** The source of each module that package.json exports types of, and the name it is imported by. */
function publicModules(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "js/package.json"), "utf8"));
  const modules = new Map();
  for (const [key, entry] of Object.entries(exports)) {
    // pagevec/inline has the types of the main entry.
    if (!entry?.types || key === "./inline") continue;
    for (const name of namesOf(root, key)) {
      const types = entry.types.replace("*", name);
      const source = join(root, "js", types.replace("./dist/", "src/").replace(".d.ts", ".ts"));
      modules.set(source, key.replace(".", "pagevec").replace("*", name));
    }
  }
  return modules;
}

function namesOf(root, key) {
  if (!key.includes("*")) return [""];
  const folder = join(root, "js/src", key.replace("/*", ""));
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  return files.map((name) => name.slice(0, -3)).sort();
}

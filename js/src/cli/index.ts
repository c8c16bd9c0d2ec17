// Subpath "pagevec/static/build": builds the index of a site, in Node.
export { PagevecError } from "../errors.js";
export { type BuildParams, type BuildReport, buildStatic } from "./build/build-static.js";
export { type FolderOptions, folderPages } from "./pages/folder.js";
export { type HtmlPage, htmlPage } from "./pages/html.js";
export { markdownPage } from "./pages/markdown.js";
export type { PageSection, SitePage } from "./pages/site-page.js";

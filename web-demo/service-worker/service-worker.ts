// Makes the demo work offline. The build replaces the two constants (see vite.config.ts).
// The model is not kept here: pagevec has a checked cache of its own.
export {};

declare const self: ServiceWorkerGlobalScope;
declare const PRECACHE_FILES: string[];
declare const PRECACHE_VERSION: string;

const PREFIX = "reverse-dictionary-";
const SHELL_CACHE = `${PREFIX}shell-${PRECACHE_VERSION}`;
const DATA_CACHE = `${PREFIX}data-v1`;
/** How long a page load waits for the network before the kept copy is shown. */
const NAVIGATION_WAIT_MS = 2000;

self.addEventListener("install", (event) => event.waitUntil(precache()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.mode === "navigate") event.respondWith(openPage(request));
  else if (request.method !== "GET" || url.origin !== self.location.origin) letPass(event);
  else if (url.pathname.includes("/models/")) letPass(event);
  else if (url.pathname.includes("/data/")) event.respondWith(openData(request));
  else event.respondWith(openAsset(request));
});

async function precache(): Promise<void> {
  const cache = await caches.open(SHELL_CACHE);
  await Promise.all(
    PRECACHE_FILES.map(async (file) => {
      // An old page from the browser's own cache would ask for files that are gone.
      const response = await fetch(file, { cache: "no-cache" });
      const isPage = file.endsWith(".html");
      if (!response.ok || (isHtml(response) && !isPage)) {
        throw new Error(`${file} answered ${response.status}, not the file`);
      }
      await cache.put(file, response);
    }),
  );
}

async function takeOver(): Promise<void> {
  const kept = new Set([SHELL_CACHE, DATA_CACHE]);
  const old = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && !kept.has(key));
  await Promise.all(old.map((key) => caches.delete(key)));
  await self.clients.claim();
}

/** Network first, so that a new version shows at once; the kept copy offline or when it is slow. */
async function openPage(request: Request): Promise<Response> {
  const network = fetch(request);
  network.catch(() => {}); // looked at below, perhaps not at all
  const slow = new Promise<undefined>((resolve) => setTimeout(resolve, NAVIGATION_WAIT_MS));
  const answer = await Promise.race([network, slow]).catch(() => undefined);
  if (answer?.ok) return answer;
  const kept = await caches.match("index.html", { cacheName: SHELL_CACHE });
  return kept ?? network;
}

/** Built files carry a hash in their names: the kept copy is the file. */
async function openAsset(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: SHELL_CACHE })) ?? fromNetwork(request);
}

/** The dictionary's parts: kept once they were read. */
async function openData(request: Request): Promise<Response> {
  try {
    const response = await fromNetwork(request);
    if (response.ok && !isHtml(response)) {
      const cache = await caches.open(DATA_CACHE);
      await cache.put(request, response.clone());
    }
    return response;
  } catch (failure) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw failure;
  }
}

function fromNetwork(request: Request): Promise<Response> {
  tell(request);
  return fetch(request);
}

/** The browser sends it by itself. */
function letPass(event: FetchEvent): void {
  event.waitUntil(tell(event.request));
}

/** The page counts what goes to the network; its workers' requests are seen here only. */
async function tell({ url }: Request): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ type: "network", url });
}

function isHtml(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").includes("text/html");
}

import { byId } from "./dom.js";

/** Keeps the page itself for offline use and says so in the panel "This page". */
export async function keepForOffline(): Promise<void> {
  const state = byId("offline-state");
  if (!("serviceWorker" in navigator)) {
    state.textContent = "not possible here (needs https or localhost)";
    return;
  }
  try {
    const url = new URL("service-worker.js", document.baseURI);
    await navigator.serviceWorker.register(url);
    await navigator.serviceWorker.ready;
    state.textContent = "kept; reload works without a network";
    state.dataset.ready = "true";
  } catch {
    state.textContent = "this page could not be kept; it needs the network";
  }
}

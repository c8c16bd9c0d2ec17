import { byId } from "./dom.js";

/** Keeps the page itself for offline use and says so in the page's header. */
export async function keepForOffline(): Promise<void> {
  const state = byId("offline-state");
  if (!("serviceWorker" in navigator)) {
    state.textContent = "not possible here (needs https or localhost)";
    return;
  }
  try {
    const url = new URL("service-worker.js", document.baseURI);
    const registration = await navigator.serviceWorker.register(url);
    await activated(registration);
    state.textContent = "kept; reload works without a network";
    state.dataset.ready = "true";
  } catch {
    state.textContent = "this page could not be kept; it needs the network";
  }
}

/** Waits for a service worker in charge; rejects when the first one could not be installed. */
function activated(registration: ServiceWorkerRegistration): Promise<void> {
  if (registration.active) return Promise.resolve();
  const worker = registration.installing ?? registration.waiting;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker?.state === "activated") resolve();
      if (!worker || worker.state === "redundant") reject(new Error("not installed"));
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

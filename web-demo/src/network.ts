import { byId, make } from "./dom.js";
import { count, plural } from "./format.js";

/** What the service worker tells of each request that it sends to the network. */
interface NetworkMessage {
  type: "network";
  url: string;
}

/**
 * The badge that counts network requests since the page was loaded. The service worker sees those of
 * the page and of its workers; until it is in charge the browser's own list of the page's requests counts.
 */
export class NetworkBadge {
  private readonly badge = byId("network");
  private readonly urls: string[] = [];
  private counting = false;

  constructor() {
    navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (isNetworkMessage(data)) this.add(data.url);
    });
    new PerformanceObserver((list) => {
      if (navigator.serviceWorker?.controller) return;
      for (const entry of list.getEntries() as PerformanceResourceTiming[]) this.add(entry.name);
    }).observe({ type: "resource" });
    addEventListener("online", () => this.show());
    addEventListener("offline", () => this.show());
    this.show();
  }

  /** From now on requests count: everything that the page needs is there. */
  begin(): void {
    this.counting = true;
    this.show();
  }

  private add(url: string): void {
    if (!this.counting) return;
    this.urls.push(url);
    this.show();
  }

  private show(): void {
    const { length } = this.urls;
    this.badge.dataset.online = String(navigator.onLine);
    this.badge.dataset.requests = String(length);
    byId("connection").textContent = navigator.onLine ? "online" : "offline";
    byId("request-count").textContent = count(length);
    byId("request-note").textContent =
      length === 0
        ? "Nothing has been asked of the network since this page was loaded."
        : `${plural(length, "request")} since this page was loaded:`;
    const recent = this.urls.slice(-20).map((url) => make("li", "", new URL(url).pathname));
    byId("request-list").replaceChildren(...recent);
  }
}

function isNetworkMessage(data: unknown): data is NetworkMessage {
  const message = data as Partial<NetworkMessage> | null;
  return message?.type === "network" && typeof message.url === "string";
}

/**
 * Starts a server on a free port of loopback.
 * @param {import("node:http").Server} server
 * @returns {Promise<{url: string, close(): Promise<void>}>} url: without a slash at its end
 */
export async function listen(server) {
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

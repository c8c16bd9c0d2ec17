// For Node's --import: what is asked of any address comes from the server of the test, which has the models' files under
// host and path. Threads load it too.

const { fetch } = globalThis;

globalThis.fetch = (address, init) => {
  const { host, pathname } = new URL(address);
  return fetch(`${process.env.PAGEVEC_TEST_SERVER}${host}${pathname}`, init);
};

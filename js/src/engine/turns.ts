/**
 * Lets everything that waits run first: messages, timers, other calls. A message and not a timer,
 * because browsers stretch nested timers to 4 ms.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

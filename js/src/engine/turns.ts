const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/**
 * Lets everything that waits run first: messages, timers, other calls. A message and not a timer,
 * because browsers stretch nested timers to 4 ms; by one channel, since making one takes longer. In Node
 * an open channel would keep the process alive.
 */
export function nextTurn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  channel ??= openChannel();
  const { port2 } = channel;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

function openChannel(): MessageChannel {
  const opened = new MessageChannel();
  opened.port1.onmessage = () => waiting.shift()?.();
  return opened;
}

/**
 * From now on sees the memories that modules export and those that scripts make. Returns what tells
 * the bytes of all of them.
 */
export function watchMemories(): () => number {
  const found = new Set<WebAssembly.Memory>();
  const { instantiate, Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      found.add(this);
    }
  };
  const watched = async (source: never, imports: never) => {
    const result: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource =
      await instantiate(source, imports);
    const instance = "instance" in result ? result.instance : result;
    for (const value of Object.values(instance.exports)) {
      if (value instanceof Memory) found.add(value);
    }
    return result;
  };
  WebAssembly.instantiate = watched as typeof WebAssembly.instantiate;
  return () => [...found].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}

/** What is kept under a key, loaded once. A failed load is forgotten: the next call tries again. */
export function kept<K, V>(map: Map<K, Promise<V>>, key: K, load: () => Promise<V>): Promise<V> {
  let loading = map.get(key);
  if (loading === undefined) {
    loading = load();
    loading.catch(() => map.delete(key));
    map.set(key, loading);
  }
  return loading;
}

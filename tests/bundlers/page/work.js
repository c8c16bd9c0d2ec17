const IDS = ["east", "north", "west"];
const EMBEDDINGS = [
  [1, 0],
  [0, 1],
  [-1, 0],
];

/** Gives the page a function that adds records, asks for the nearest, and closes the client again. */
export function publish(Client) {
  let opened = 0;
  window.addAndQuery = async (options) => {
    try {
      opened += 1;
      const client = await Client.open({ name: `page-${opened}`, ...options });
      const points = await client.getOrCreateCollection({ name: "points" });
      await points.upsert({ ids: IDS, embeddings: EMBEDDINGS });
      const { ids } = await points.query({ queryEmbeddings: [[0.2, 0.9]], nResults: 2 });
      // The worker is looked for before the client ends it.
      window.endClient = () => client.close();
      return { ids: ids[0] };
    } catch (error) {
      return { code: error.code, message: error.message ?? String(error) };
    }
  };
}

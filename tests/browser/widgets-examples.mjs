export async function examples() {}

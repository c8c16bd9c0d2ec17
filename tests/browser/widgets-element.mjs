export async function element() {}

// Files of the page's own folder.

/** A response; rejects with the file's name where there is none. */
export async function respond(address) {
  const response = await fetch(address);
  if (!response.ok) {
    const name = new URL(address, import.meta.url).pathname.split("/").at(-1);
    throw new Error(`${name}: ${response.status}`);
  }
  return response;
}

/** An object of a file of JSON. */
export async function readJson(address) {
  return (await respond(address)).json();
}

/** Float32 numbers of a file. */
export async function readNumbers(address) {
  return new Float32Array(await (await respond(address)).arrayBuffer());
}

// SPDX-License-Identifier: Apache-2.0
// Hands the questions of the page to the engine; stands behind it in the function that `build` makes.
const ready = tlswhyEngine();
self.onmessage = async ({ data }) => {
  const engine = await ready;
  const text = (words) => {
    const size = engine.lengthBytesUTF8(words) + 1, at = engine._malloc(size);
    engine.stringToUTF8(words, at, size);
    return at;
  };
  const given = [];
  const hand = (words) => { given.push(text(words)); return given.at(-1); };
  try {
    for (const [name, value] of data.fields) engine._tlswhy_field(hand(name), hand(value));
    for (const [name, bytes] of data.files) {
      const at = engine._tlswhy_file(hand(name), bytes.byteLength);
      engine.HEAPU8.set(new Uint8Array(bytes), at);
    }
    const status = engine._tlswhy_ask(hand(data.what));
    const at = engine._tlswhy_answer(), body = engine.HEAPU8.slice(at, at + engine._tlswhy_answer_size());
    self.postMessage({ id: data.id, status, body }, [body.buffer]);
  } finally {
    for (const at of given) engine._free(at);
  }
};
ready.catch((error) => { setTimeout(() => { throw error; }); });

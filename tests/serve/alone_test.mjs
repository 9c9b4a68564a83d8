// SPDX-License-Identifier: Apache-2.0
// The engine as WebAssembly answers as the program does: the same document for every pair of the samples, byte for byte.
// usage: node alone_test.mjs TLSWHY CAPTURES ENGINE (the engine.js that src/wasm/build has made)
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const [tlswhy, captures, engineFile] = process.argv.slice(2).map((name) => path.resolve(name));
if (!existsSync(engineFile)) {
  console.log("skipped: src/wasm/build was not run");
  process.exit(77);
}
const engine = await createRequire(import.meta.url)(engineFile)();

function text(words) {
  const size = engine.lengthBytesUTF8(words) + 1, at = engine._malloc(size);
  engine.stringToUTF8(words, at, size);
  return at;
}
function ask(what, files) {
  for (const [name, bytes] of files) {
    const at = engine._tlswhy_file(text(name), bytes.length);
    engine.HEAPU8.set(bytes, at);
  }
  const status = engine._tlswhy_ask(text(what)), at = engine._tlswhy_answer();
  return [status, Buffer.from(engine.HEAPU8.slice(at, at + engine._tlswhy_answer_size()))];
}

let faults = 0, compared = 0;
for (const sample of readdirSync(captures, { withFileTypes: true })) {
  if (!sample.isDirectory()) continue;
  const folder = path.join(captures, sample.name);
  const files = readdirSync(folder).filter((name) => /\.(pcap|pcapng|log)$/.test(name)).sort();
  if (files.length === 0) continue;
  let wanted;
  try {
    wanted = execFileSync(tlswhy, ["--json", ...files], { cwd: folder, encoding: "utf8" });
  } catch (error) { wanted = error.stdout; }  // its status tells of a failed handshake
  const [status, body] = ask("diagnose", files.map((name) => [name, readFileSync(path.join(folder, name))]));
  ++compared;
  if (status !== 200 || JSON.parse(body).document.trim() !== wanted.trim()) {
    ++faults;
    console.log(`FAULT: ${sample.name}: the answers differ (status ${status})`);
  }
}
console.log(`${compared} samples compared, ${faults} faults`);
process.exit(faults || compared === 0 ? 1 : 0);

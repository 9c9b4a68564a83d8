// SPDX-License-Identifier: Apache-2.0
// Prints the style of the verdict, which the engine holds: node style.js ENGINE.
require(require("path").resolve(process.argv[2]))().then((engine) => {
  const what = engine._malloc(16);
  engine.stringToUTF8("style", what, 16);
  engine._tlswhy_ask(what);
  const at = engine._tlswhy_answer();
  process.stdout.write(Buffer.from(engine.HEAPU8.slice(at, at + engine._tlswhy_answer_size())));
});

// SPDX-License-Identifier: Apache-2.0
// The engine within the page, in a worker so that the page stays alive while a large capture is read. `tlswhyWorker` is a function that
// holds the whole engine (build makes it): a worker from a text of this page also starts where the page was opened from a folder.
"use strict";

const tlswhyHere = (() => {
  let worker = null, next = 0;
  const waiting = new Map();

  function start() {
    const address = URL.createObjectURL(new Blob(["(" + tlswhyWorker + ")()"], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onmessage = ({ data }) => {
      const question = waiting.get(data.id);
      waiting.delete(data.id);
      if (!question) return;
      if (data.status === 200) return question.resolve(question.binary ? new Blob([data.body], { type: "application/vnd.tcpdump.pcap" }) : JSON.parse(new TextDecoder().decode(data.body)));
      let why = data.why;
      if (data.body) try { why = JSON.parse(new TextDecoder().decode(data.body)).error; } catch { /* no JSON: the number must do */ }
      question.reject(new Error(why || "the answer was " + data.status));
    };
    // An engine that ran out of memory is not to be trusted again.
    worker.onerror = (event) => {
      event.preventDefault();
      for (const question of waiting.values()) question.reject(new Error("the engine stopped: " + (event.message || "it could not be loaded")));
      waiting.clear();
      worker.terminate();
      worker = null;
    };
  }

  // As over HTTP; the answers to questions that were taken back are dropped.
  async function ask(what, body, { binary = false, onProgress = null, keep = null } = {}) {
    const id = next++;
    let takenBack = false;
    if (keep) keep({ abort() { takenBack = true; const question = waiting.get(id); waiting.delete(id); if (question) question.reject(null); } });
    const fields = [], files = [];
    let read = 0;
    const entries = [...body.entries()], total = entries.reduce((sum, [, value]) => sum + (value instanceof File ? value.size : 0), 0);
    for (const [name, value] of entries) {
      if (!(value instanceof File)) { fields.push([name, value]); continue; }
      files.push([value.name, await value.arrayBuffer()]);
      read += value.size;
      if (onProgress) onProgress(read / total);
      if (takenBack) throw null;
    }
    if (onProgress) onProgress(1);
    if (!worker) start();
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, binary });
      worker.postMessage({ id, what, fields, files }, files.map(([, bytes]) => bytes));
    });
  }

  return { ask };
})();
globalThis.tlswhyHere = tlswhyHere;

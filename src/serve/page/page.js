// SPDX-License-Identifier: Apache-2.0
// Brings what a person has to the engine and puts its answer in place. What anything means is decided by the engine alone.
"use strict";

const $ = (id) => document.getElementById(id);
const form = $("form"), text = $("text"), trouble = $("trouble"), result = $("result");
const firstView = result.innerHTML;  // of this page's own file
let files = [];
let view = null;      // the last answer
let asked = 0;        // numbers the questions, so that a late answer to an older one is dropped
let running = null;   // the request that is under way

// --- the engine: over HTTP, or within the page where a script before this one has brought it (src/wasm)

function ask(what, body, options = {}) { return globalThis.tlswhyHere ? tlswhyHere.ask(what, body, options) : askServer(what, body, options); }

function askServer(what, body, { binary = false, onProgress = null, keep = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", what);
    request.responseType = binary ? "blob" : "text";
    if (onProgress) {
      request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : null);
      request.upload.onload = () => onProgress(1);
    }
    request.onload = async () => {
      if (request.status === 200) return resolve(binary ? request.response : JSON.parse(request.response));
      let why = "the answer was " + request.status;
      try { why = JSON.parse(binary ? await request.response.text() : request.response).error; } catch { /* no JSON: the number must do */ }
      reject(new Error(why));
    };
    request.onerror = () => reject(new Error("tlswhy serve does not answer any more; is it still running?"));
    request.onabort = () => reject(null);
    if (keep) keep(request);
    request.send(body);
  });
}

function question() {
  const body = new FormData();
  for (const name of ["text", "device", "host", "in_buffer", "free_heap", "at", "set"]) {
    const value = $(name).value;
    if (value.trim() !== "") body.append(name, value);
  }
  for (const file of files) body.append("file", file, file.name);
  return body;
}

// --- lines, explained as they are typed

let lineTimer = 0, lineQuestion = 0;
const k_typing_pause_ms = 250;

async function explainLines() {
  const mine = ++lineQuestion;
  const body = new FormData();
  body.append("text", text.value);
  const list = $("lines");
  let lines = [];
  if (text.value.trim() !== "") {
    try { lines = (await ask("lines", body)).lines; } catch (error) { if (error) trouble.textContent = error.message; return; }
  }
  if (mine !== lineQuestion) return;
  list.replaceChildren();
  for (const line of lines) {
    const button = document.createElement("button");
    button.type = "button";
    const at = document.createElement("span"), words = document.createElement("span");
    at.className = "at";
    at.textContent = line.line;
    words.textContent = line.text;
    button.append(at, words);
    button.title = "Go to line " + line.line;
    button.addEventListener("click", () => showLine(line.line));
    const item = document.createElement("li");
    if (line.bad) item.className = "bad";
    item.append(button);
    list.append(item);
  }
  if (lines.length === 0) {
    const item = document.createElement("li");
    item.className = "none";
    item.textContent = text.value.trim() === "" ? "Nothing yet." : "None of these lines speaks of a connection, a TLS error or a code that is known.";
    list.append(item);
  }
}

function showLine(number) {
  const lines = text.value.split("\n");
  if (number > lines.length) return;
  let begin = 0;
  for (let i = 0; i < number - 1; ++i) begin += lines[i].length + 1;
  text.focus();
  text.setSelectionRange(begin, begin + lines[number - 1].length);
  const height = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (number - 4) * height);
}

text.addEventListener("input", () => {
  clearTimeout(lineTimer);
  lineTimer = setTimeout(() => { explainLines(); diagnose(false); }, k_typing_pause_ms);
});

// --- files

function size(bytes) {
  for (const [unit, one] of [["GB", 1e9], ["MB", 1e6], ["KB", 1e3]]) if (bytes >= one) return (bytes / one).toFixed(bytes >= 10 * one ? 0 : 1) + " " + unit;
  return bytes + " B";
}

function showFiles() {
  const list = $("chosen");
  list.replaceChildren();
  files.forEach((file, index) => {
    const item = document.createElement("li"), remove = document.createElement("button");
    item.append(file.name + " (" + size(file.size) + ")");
    remove.type = "button";
    remove.textContent = "\u00d7";
    remove.setAttribute("aria-label", "Take away " + file.name);
    remove.addEventListener("click", () => { files.splice(index, 1); showFiles(); diagnose(false); $("files").focus(); });
    item.append(remove);
    list.append(item);
  });
}

function addFiles(list) {
  files.push(...list);
  showFiles();
  if (list.length > 0) diagnose(false);
}

$("files").addEventListener("change", (event) => { addFiles(event.target.files); event.target.value = ""; });
let dragDepth = 0;
addEventListener("dragenter", (event) => { event.preventDefault(); if (dragDepth++ === 0) $("drop").classList.add("over"); });
addEventListener("dragleave", () => { if (--dragDepth <= 0) { dragDepth = 0; $("drop").classList.remove("over"); } });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  dragDepth = 0;
  $("drop").classList.remove("over");
  if (event.dataTransfer.files.length > 0) addFiles(event.dataTransfer.files);
});

// --- the verdict

function nothingGiven() { return files.length === 0 && text.value.trim() === ""; }

function showStart() {
  view = null;
  result.innerHTML = firstView;
  $("tools").hidden = true;
  document.title = "tlswhy: why did this TLS handshake fail?";
}

async function diagnose(wanted) {
  const mine = ++asked;
  if (running) running.abort();
  trouble.textContent = "";
  if (nothingGiven()) {
    showStart();
    if (wanted) { trouble.textContent = "Nothing was given: paste a log or choose a file."; text.focus(); }
    return;
  }
  const progress = $("progress");
  // Small things are answered before a bar could be read.
  const barTimer = setTimeout(() => { $("busy").hidden = false; }, 200);
  $("busy-text").textContent = "Handing over";
  progress.value = 0;
  const onProgress = (part) => {
    if (part === null) return;
    if (part >= 1) { $("busy-text").textContent = "Looking into it"; progress.removeAttribute("value"); } else { progress.value = part; }
  };
  try {
    const answer = await ask("diagnose", question(), { onProgress, keep: (request) => { running = request; } });
    if (mine !== asked) return;
    show(answer, wanted);
  } catch (error) {
    if (mine === asked && error) { showStart(); trouble.textContent = error.message; }
  } finally {
    clearTimeout(barTimer);
    if (mine === asked) { $("busy").hidden = true; running = null; }
  }
}

function show(answer, wanted) {
  view = answer;
  result.innerHTML = answer.fragment;  // made by the engine, which escapes all that comes from captures and logs; the policy forbids scripts in it
  trouble.textContent = answer.errors.join(" ");
  $("tools").hidden = false;
  $("save-pcapng").hidden = answer.captures.length !== 1;
  $("status").textContent = answer.title;
  document.title = answer.title + " - tlswhy";
  if (wanted) { result.focus(); result.scrollIntoView({ block: "start" }); }
}

form.addEventListener("submit", (event) => { event.preventDefault(); diagnose(true); });
form.addEventListener("reset", () => {
  files = [];
  showFiles();
  setTimeout(() => { explainLines(); diagnose(false); text.focus(); });
});
for (const name of ["device", "host", "in_buffer", "free_heap", "at", "set"]) $(name).addEventListener("change", () => diagnose(false));

// --- to take along

function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

$("save-html").addEventListener("click", () => save("tlswhy.html", view.page, "text/html"));
$("save-json").addEventListener("click", () => save("tlswhy.json", view.document + "\n", "application/json"));
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(view.markdown);
    $("status").textContent = "Copied";
    $("copy").textContent = "Copied";
    setTimeout(() => { $("copy").textContent = "Copy as Markdown"; }, 2000);
  } catch { save("tlswhy.md", view.markdown, "text/markdown"); }
});
$("save-pcapng").addEventListener("click", async () => {
  try {
    const capture = await ask("annotate", question(), { binary: true });
    save(view.captures[0].replace(/\.[^.]*$/, "") + "-tlswhy.pcapng", capture);
  } catch (error) { if (error) trouble.textContent = error.message; }
});

// --- what can be chosen

(async () => {
  try {
    const choices = globalThis.tlswhyHere ? await ask("choices", new FormData()) : await (await fetch("choices")).json();
    $("version").textContent = choices.version;
    for (const device of choices.devices) $("device").append(new Option(device.title + " (" + device.id + ")", device.id));
  } catch (error) { trouble.textContent = globalThis.tlswhyHere ? "The engine could not be started: " + error.message : "tlswhy serve does not answer; is it still running?"; }
})();

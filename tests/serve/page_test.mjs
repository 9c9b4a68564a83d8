// SPDX-License-Identifier: Apache-2.0
// The local page in Chromium, used as a person would: paste, drop, choose, read, take along.
// usage: node page_test.mjs TLSWHY CAPTURES [FOLDER for screenshots]
// With TLSWHY_SITE=FOLDER it is the page without a server (src/wasm), opened from that folder.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, openSync, writeSync, closeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import process from "node:process";

const require = createRequire(import.meta.url);
const [tlswhy, captures, pictures] = process.argv.slice(2);
const browserPath = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
let chromium, axeSource;
try {
  ({ chromium } = require("playwright-core"));
  axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
} catch { /* told below */ }
if (process.env.TLSWHY_SITE && !existsSync(process.env.TLSWHY_SITE)) {
  console.log("skipped: src/wasm/build was not run");
  process.exit(77);
}
if (!chromium || !axeSource || !browserPath) {
  console.log("skipped: needs Chromium, and npm ci in tests/serve; serve.http tests what is behind the page");
  process.exit(77);
}

let faults = 0;
const check = (ok, what) => { if (!ok) { ++faults; console.log("FAULT:", what); } };
const folder = mkdtempSync(path.join(tmpdir(), "tlswhy-page-"));
if (pictures) mkdirSync(pictures, { recursive: true });

const site = process.env.TLSWHY_SITE;
const server = site ? null : spawn(tlswhy, ["serve", "-q"], { stdio: ["ignore", "pipe", "inherit"] });
const address = site ? pathToFileURL(path.resolve(site, "index.html")).href
  : await new Promise((resolve) => { let all = ""; server.stdout.on("data", (piece) => { all += piece; if (all.includes("\n")) resolve(all.trim()); }); });
const own = site ? [new URL(".", address).href, "blob:"] : [address, "blob:" + new URL(address).origin];
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });

async function open({ width = 1280, scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  page.on("pageerror", (error) => check(false, "script error: " + error));
  page.on("console", (message) => { if (message.type() === "error") check(false, "console: " + message.text()); });
  page.on("dialog", (dialog) => { check(false, "a script of the input ran: " + dialog.message()); dialog.dismiss(); });
  page.on("request", (request) => check(own.some((start) => request.url().startsWith(start)), "fetched from elsewhere: " + request.url()));
  await page.goto(address);
  return page;
}

async function expectVerdict(page, cause, what) {
  try {
    await page.waitForFunction((id) => document.querySelector("#result header.verdict code")?.textContent === id, cause, { timeout: 15000 });
  } catch { check(false, `${what}: wanted ${cause}, the page says ${await page.locator("#result h1").first().textContent()}`); }
}

async function accessible(page, what) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async (preload) => (await axe.run(document, { preload, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 150)).join(" | ")), !site);  // the policy of the page alone forbids axe, too, to fetch the style sheets once more
  for (const violation of found) check(false, `accessibility, ${what}: ${violation}`);
  const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!sticksOut, `${what}: the page is wider than the screen`);
}

const stories = [
  ["no-shared-cipher", "MicroPython v1.12 on 2019-12-20; ESP module with ESP8266\nconnecting to weather.example.com\nssl_handshake_status: -40\nssl_handshake_status: -40\n"],
  ["low-memory", "mqtt connecting\nE:M 544\nclient handshake failed!\nReason:[-0x2700]\nconnect failed -5\n"],
  ["hostname-mismatch", "I (2210) app: connecting to https://192.0.2.10:8443\nE (3141) esp-tls-mbedtls: Failed to verify peer certificate!\nE (3141) esp-tls-mbedtls: verification info:   ! The certificate Common Name (CN) does not match with the expected CN\nE (3151) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n"],
  ["buffer-too-small", "ssl_handshake_status: -257\nOSError: (-257, 'RECORD_OVERFLOW')\n"],
];
const pair = (name) => ["capture.pcapng", "device.log"].map((file) => path.join(captures, name, file));

// A person alone with each story, light and dark, wide and narrow.
for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]]) {
  const page = await open({ width, scheme });
  await accessible(page, `empty page, ${width} ${scheme}`);
  if (pictures) await page.screenshot({ path: `${pictures}/empty-${width}-${scheme}.png`, fullPage: true });
  for (const [index, [cause, log]] of stories.entries()) {
    await page.fill("#text", log);
    await expectVerdict(page, cause, `story ${index + 1}, ${width} ${scheme}`);
    check(await page.locator("#lines button").count() > 0, `story ${index + 1}: no line is explained`);
    if (pictures) await page.screenshot({ path: `${pictures}/story${index + 1}-${width}-${scheme}.png`, fullPage: true });
  }
  await page.click("#clear");
  await page.waitForFunction(() => document.querySelector("#lines .none") !== null && document.querySelector("#result header.verdict") === null);
  await page.setInputFiles("#files", pair("mbedtls-small-heap"));
  await expectVerdict(page, "low-memory", "a pair");
  await accessible(page, `verdict, ${width} ${scheme}`);
  if (pictures) await page.screenshot({ path: `${pictures}/pair-${width}-${scheme}.png`, fullPage: true });
  await page.context().close();
}

// The rest on one page.
const page = await open();
// Links of evidence lead to their frame or line, and lines of the list into the text.
await page.setInputFiles("#files", pair("mbedtls-small-heap"));
await expectVerdict(page, "low-memory", "a pair");
const places = await page.locator("#why .place a").all();
check(places.length >= 2, "evidence has no links");
for (const place of places) {
  const target = await place.getAttribute("href");
  check(await page.locator(target).count() === 1, `evidence leads nowhere: ${target}`);
}
await places[0].click();
check(await page.evaluate(() => document.querySelector(":target") !== null), "a link of evidence marks no place");
// To take along.
await page.click("#copy");
await page.waitForFunction(() => document.getElementById("copy").textContent === "Copied");
const markdown = await page.evaluate(() => navigator.clipboard.readText());
check(markdown.includes("low-memory"), "the Markdown does not hold the verdict");
for (const [button, name, test] of [["#save-html", "tlswhy.html", (b) => b.includes("<!DOCTYPE html>")], ["#save-json", "tlswhy.json", (b) => JSON.parse(b).schema === "tlswhy/1"], ["#save-pcapng", "capture-tlswhy.pcapng", (b) => b.readUInt32LE(0) === 0x0a0d0d0a]]) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  check(download.suggestedFilename() === name, `${button}: ${download.suggestedFilename()}`);
  check(test(readFileSync(await download.path())), `${button}: not what it should be`);
}
// A file can be taken away again; what is left decides.
await page.click('button[aria-label="Take away device.log"]');
await page.waitForFunction(() => document.querySelectorAll("#chosen li").length === 1);
await expectVerdict(page, "unknown-ca", "the capture alone");
await page.click("#clear");
// Dropped, not chosen.
await page.evaluate(() => {
  const given = new DataTransfer();
  given.items.add(new File(["E (992) esp-tls: mbedtls_ssl_handshake returned -0x7200\nE (993) transport: record of 16384 bytes does not fit\n"], "dropped.log"));
  dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true }));
});
await page.waitForFunction(() => document.querySelector("#chosen li")?.textContent.includes("dropped.log") && document.querySelector("#result header.verdict"));
await page.click("#clear");
// Device and facts.
await page.click("#more summary");
await page.selectOption("#device", "axtls-micropython");
await page.fill("#text", "OSError: -40\n");
await expectVerdict(page, "no-shared-cipher", "with a device");
page.removeAllListeners("console");  // the answer 400 is told there too
await page.fill("#in_buffer", "many");
await page.dispatchEvent("#in_buffer", "change");
await page.waitForFunction(() => document.getElementById("trouble").textContent.includes("many"));
await page.click("#clear");
// By keyboard alone: skip link, text, button.
await page.reload();
await page.keyboard.press("Tab");
check(await page.evaluate(() => document.activeElement.className === "skip"), "the skip link is not first");
await page.keyboard.press("Tab");
check(await page.evaluate(() => document.activeElement.id === "text"), "the text is not second");
await page.keyboard.insertText(stories[0][1]);
await expectVerdict(page, "no-shared-cipher", "typed");
for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement.id === "go")); ++i) await page.keyboard.press("Tab");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.activeElement.id === "result");
// A name that is markup, in a log, a file name and a capture's server name.
await page.click("#clear");
const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
await page.fill("#text", `E (1) esp-tls: couldn't get hostname for :${hostile}: getaddrinfo() returns 202\n`);
await page.setInputFiles("#files", [{ name: `${hostile.replace(/\//g, "")}.log`, mimeType: "text/plain", buffer: Buffer.from("E (1) x: mbedtls_ssl_handshake returned -0x2700\n") }]);
await page.waitForFunction(() => document.querySelector("#result header.verdict"));
check(await page.locator("#result img, #result script, #chosen img").count() === 0, "hostile text became markup");
const wire = readFileSync(path.join(captures, "mbedtls-other-name", "capture.pcapng"));
const name = Buffer.from(JSON.parse(documentOf("mbedtls-other-name")).handshakes[0].sni ?? "");
check(name.length >= 8, "the sample has no server name");
if (name.length >= 8) {
  const evil = Buffer.from("<b id=x>".padEnd(name.length, "!").slice(0, name.length));
  for (let at = wire.indexOf(name); at >= 0; at = wire.indexOf(name, at + 1)) evil.copy(wire, at);
  await page.click("#clear");
  await page.setInputFiles("#files", [{ name: "evil.pcapng", mimeType: "application/octet-stream", buffer: wire }]);
  await page.waitForFunction(() => document.querySelector("#result")?.textContent.includes("<b id=x>"));
  check(await page.locator("#x").count() === 0, "a server name became markup");
}
// A large capture, with its progress shown: 200 MB of packets that are not TLS behind a handshake.
await page.click("#clear");
const large = path.join(folder, "large.pcap");
writeLarge(large, 200e6);
let shown = false;
await page.exposeFunction("sawProgress", () => { shown = true; });
await page.evaluate(() => { new MutationObserver(() => { if (!document.getElementById("busy").hidden) window.sawProgress(); }).observe(document.getElementById("busy"), { attributes: true, subtree: true, childList: true }); });
await page.setInputFiles("#files", [large]);
await page.waitForFunction(() => document.querySelector("#result header.verdict"), null, { timeout: 60000 });
check(shown, "no progress was shown for a large capture");
check((await page.locator("#inputs").textContent()).includes("packets"), "the large capture was not read");
// Ten pages at once.
await page.context().close();
const ten = await Promise.all(Array.from({ length: 10 }, () => open({ width: 800 })));
await Promise.all(ten.map((one) => one.setInputFiles("#files", pair("mbedtls-small-heap"))));
await Promise.all(ten.map((one) => expectVerdict(one, "low-memory", "ten at once")));

await browser.close();
if (server) {
  server.kill("SIGINT");
  const status = await new Promise((resolve) => server.on("exit", resolve));
  check(status === 0, `the server ended with ${status}`);
}
rmSync(folder, { recursive: true });
console.log(`${faults} faults`);
process.exit(faults ? 1 : 0);

// What the program on the command line says of a sample; its exit status tells of a failed handshake.
function documentOf(name) {
  try {
    return execFileSync(tlswhy, ["--json", path.join(captures, name, "capture.pcapng")], { encoding: "utf8" });
  } catch (error) { return error.stdout; }
}

// Classic pcap, Ethernet: one UDP datagram of 1400 bytes again and again.
function writeLarge(file, bytes) {
  const out = openSync(file, "w");
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0); head.writeUInt16LE(2, 4); head.writeUInt16LE(4, 6); head.writeUInt32LE(65535, 16); head.writeUInt32LE(1, 20);
  writeSync(out, head);
  const frame = Buffer.alloc(1442);
  frame.writeUInt16BE(0x0800, 12); frame[14] = 0x45; frame.writeUInt16BE(1428, 16); frame[22] = 64; frame[23] = 17;
  Buffer.from([192, 0, 2, 1, 192, 0, 2, 2]).copy(frame, 26);
  frame.writeUInt16BE(4000, 34); frame.writeUInt16BE(4001, 36); frame.writeUInt16BE(1408, 38);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(1700000000, 0); record.writeUInt32LE(frame.length, 8); record.writeUInt32LE(frame.length, 12);
  const many = Buffer.concat(Array.from({ length: 500 }, () => Buffer.concat([record, frame])));
  for (let written = 0; written < bytes; written += many.length) writeSync(out, many);
  closeSync(out);
}

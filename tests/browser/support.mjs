// Starts the real program and a real browser, and looks at the page as a reader would.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** The program: what TACHLES names, or else the newest build. */
export function program() {
  const named = process.env.TACHLES ?? ["release", "debug"].map((kind) => join(ROOT, "target", kind, "tachles")).find(existsSync);
  if (!named) throw new Error("help: build tachles first, or name the program in TACHLES");
  return named;
}

/** A folder that is gone when the tests of a file are over. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "tachles-browser-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs the program to its end; the answer is what it printed. */
export function run(...args) {
  const done = spawnSync(program(), args, { encoding: "utf8" });
  if (done.status === 2 || done.error) throw new Error(`tachles ${args.join(" ")}: ${done.stderr}`);
  return done;
}

/** Starts `tachles serve` on a free port; its address. */
export async function serve(t, ...args) {
  const child = spawn(program(), ["serve", "--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => new Promise((over) => {
    child.once("exit", over);
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 3000).unref();
  }));
  let said = "";
  return new Promise((found, failed) => {
    const listen = (chunk) => {
      said += chunk;
      const address = /http:\/\/[\d.]+:\d+\//.exec(said);
      if (address) found(address[0]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", (code) => failed(new Error(`tachles serve ended with ${code}: ${said}`)));
  });
}

/** A browser of its own for the tests of a file. */
export async function browser(t) {
  const started = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.after(() => started.close());
  return started;
}

/** A page at `address`; anything that goes wrong in it (exceptions, refused scripts, requests elsewhere) fails the test. */
export async function open(t, started, address, { language = "en", width = 1280, height = 900, route = "write", ...more } = {}) {
  const context = await started.newContext({
    locale: language === "he" ? "he-IL" : "en-US", viewport: { width, height }, permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true, ...more,
  });
  // With TACHLES_PAGE=FOLDER the page's files are those of the folder, so that trying a change needs no build.
  if (process.env.TACHLES_PAGE) {
    const kinds = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
    await context.route(/\/assets\//, async (route) => {
      const name = new URL(route.request().url()).pathname.split("/").at(-1);
      const path = join(resolve(process.env.TACHLES_PAGE), name);
      const kind = kinds[name.split(".").at(-1)];
      return kind && existsSync(path) ? route.fulfill({ path, contentType: kind }) : route.continue();
    });
  }
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.stack));
  page.on("console", (message) => message.type() === "error" && !/404 \(Not Found\)/.test(message.text()) && wrong.push(message.text()));
  page.on("request", (request) => !request.url().startsWith(address) && !/^(blob|data):/.test(request.url()) && wrong.push(`asked for ${request.url()}`));
  page.wrong = wrong;
  t.after(async () => {
    await context.close();
    if (wrong.length) throw new Error(wrong.join("\n"));
  });
  await page.goto(`${address}#/${route}`);
  await page.waitForSelector("#view > :not([hidden])");
  return page;
}

/** Puts an ad into the editor by typing its title and pasting its text, and waits for advice on it. */
export async function write(page, { title = "", text }) {
  if (title) {
    await page.click("#title");
    await page.keyboard.insertText(title);
  }
  await page.evaluate((plain) => navigator.clipboard.writeText(plain), text);
  await page.click("#text");
  const advised = nextAnswer(page);
  await page.keyboard.press("ControlOrMeta+v");
  await advised;
}

/** The next answer of the server that is on the screen; with advice unless `advised` is false. */
export const nextAnswer = (page, advised = true) =>
  page.evaluate((wanted) => new Promise((done, failed) => {
    setTimeout(() => failed(new Error("no answer of the server was shown within 20 seconds")), 20_000);
    const hear = (event) => {
      if (wanted && !event.detail.advised) return;
      document.removeEventListener("tachles:painted", hear);
      done();
    };
    document.addEventListener("tachles:painted", hear);
  }), advised);

/** Does `act` and waits for the answer that follows it. */
export async function answered(page, act) {
  const answer = nextAnswer(page);
  await act();
  await answer;
}

/** What the editor holds. */
export const text = (page) => page.evaluate(() => document.getElementById("text").textContent.replace(/\n$/, ""));

/** The number of the gauge. */
export const probability = async (page) => Number(await page.textContent(".write .gauge .number"));

/** Every highlight on the screen: its name, its text, its rectangles. */
export const highlights = (page) =>
  page.evaluate(() => [...CSS.highlights].flatMap(([name, ranges]) => [...ranges].map((range) => ({
    name, text: range.toString(), boxes: [...range.getClientRects()].map(({ left, right, top, bottom }) => ({ left, right, top, bottom })),
  }))));

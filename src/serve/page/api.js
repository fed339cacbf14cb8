// What the page asks of the server. The contract is /api/v1/openapi.json.

/** An answer that is no success: `status` and the server's own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Sends a request; refusals become `Refused`, and a lost connection one of status 0. */
export async function ask(path, { method = "GET", body, type, accept = "application/json", signal } = {}) {
  let answer;
  const given = type ? { "Content-Type": type, Accept: accept } : { Accept: accept };
  try {
    answer = await fetch(path, { method, body, signal, headers: given, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, String(error.message));
  }
  if (answer.ok) return answer;
  // The server asks for a token, which is entered on a page of its own.
  if (answer.status === 401) location.assign("/login");
  const text = await answer.text();
  let message = text;
  try {
    const told = JSON.parse(text);
    message = told.detail ?? told.title ?? text;
  } catch {
    // Not JSON: the text itself.
  }
  throw new Refused(answer.status, message || `HTTP ${answer.status}`);
}

const post = (path, value, more = {}) =>
  ask(path, { method: "POST", body: JSON.stringify(value), type: "application/json", ...more });
const json = async (answer) => (await answer).json();
const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined));

/** Gives the token back. */
export const leave = () => ask("/logout", { method: "POST" });

/** The model, its thresholds, and whether a ledger is at hand. */
export const model = () => json(ask("/api/v1/model"));

/** `{record, thresholds, meaning, warnings}` of one ad; offsets are UTF-16 units, as everywhere in JavaScript. */
export const score = (ad, signal) => json(post("/api/v1/score", ad, { signal }));

/** The ad as a page of its own. */
export const shared = async (ad) => (await post("/api/v1/export", ad, { accept: "text/html" })).blob();

/** Sends a file of ads; the answer is a job. */
export const begin = (file, all_roles, signal) =>
  json(ask(`/api/v1/batch?${query({ name: file.name.slice(-200), all_roles })}`,
    { method: "POST", body: file, type: "application/octet-stream", signal }));
/** The files that the server keeps, the newest first. */
export const jobs = async () => (await json(ask("/api/v1/batch"))).jobs;
export const job = (id) => json(ask(`/api/v1/batch/${id}`));
export const forget = (id) => ask(`/api/v1/batch/${id}`, { method: "DELETE" });
export const records = (id, chosen) => json(ask(`/api/v1/batch/${id}/records?${query(chosen)}`));
export const record = (id, number) => json(ask(`/api/v1/batch/${id}/records/${number}`));
export const scored = async (id, chosen) =>
  (await ask(`/api/v1/batch/${id}/download?${query(chosen)}`, { accept: "*/*" })).blob();

/** The runs of the ledger, the newest first. */
export const runs = () => json(ask("/api/v1/runs?limit=200"));

export const queue = (reviewer) => json(ask(`/api/v1/reviews/queue?${query({ reviewer, limit: 20 })}`));
export const review = (given) => json(post("/api/v1/reviews", given));
export const takeBack = (id) => ask(`/api/v1/reviews/${id}`, { method: "DELETE" });
export const agreement = () => json(ask("/api/v1/reviews/agreement"));
export const labelled = async () => (await ask("/api/v1/reviews/export.csv", { accept: "text/csv" })).blob();

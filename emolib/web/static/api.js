// The server's HTTP interface: every refusal becomes a Refused with a plain message and its fix.

export class Refused extends Error {
  constructor(status, code, message, fix, retryAfterS = null) {
    super(message);
    Object.assign(this, { status, code, fix, retryAfterS });
  }
}

const OFFLINE = new Refused(0, "offline", "The server does not answer.", "Check that it still runs, then try again.");

function refusal(status, text, retryAfter) {
  let told = null;
  try {
    told = JSON.parse(text).error;
  } catch {
    // not ours: a proxy's page, or nothing at all
  }
  const message = told?.message || `The server answered with ${status}.`;
  return new Refused(status, told?.code || "unknown", message, told?.fix || null, Number(retryAfter) || null);
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch {
    throw OFFLINE;
  }
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text, answer.headers.get("Retry-After"));
  return text ? JSON.parse(text) : null;
}

const asJson = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const options = () => ask("/api/options");
export const job = (id) => ask(`/api/jobs/${encodeURIComponent(id)}`);
export const remove = (id) => ask(`/api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
export const answer = (ratings) => ask("/api/study", asJson(ratings));
export const enter = (token) => ask("/api/session", asJson({ token }));

/** Send a job. `onSent(share)` tells how much is on its way; `signal` aborts. Resolves to the job. */
export function submit(form, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot say how much is sent
    request.open("POST", "/api/jobs");
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.onerror = () => reject(OFFLINE);
    request.onabort = () => reject(new Refused(0, "cancelled", "Cancelled."));
    request.onload = () => {
      if (request.status === 202) resolve(JSON.parse(request.responseText));
      else reject(refusal(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

const FINAL = ["done", "failed", "cancelled"];
export const finished = (state) => FINAL.includes(state);

/** Follow a job until it ends. `seen(job)` at every change, `lost()` while the line is down. */
export function follow(id, seen, lost) {
  const source = new EventSource(`/api/jobs/${encodeURIComponent(id)}/events`);
  const hear = (event) => {
    const told = JSON.parse(event.data);
    if (finished(told.state)) source.close();
    seen(told);
  };
  for (const name of ["queued", "progress", "preview", ...FINAL]) source.addEventListener(name, hear);
  source.onerror = async () => {
    lost();
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    try {
      seen(await job(id));
    } catch (error) {
      seen({ id, state: "failed", error: { code: error.code, message: error.message, fix: error.fix } });
    }
  };
  return () => source.close();
}

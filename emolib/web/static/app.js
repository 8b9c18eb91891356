// The page: choose, send, wait, look. Paper: Figure 9.

import * as api from "./api.js";
import { $, announce, duration, reveal, say } from "./studio/dom.js";
import { buttons } from "./emotions.js";
import * as form from "./inputs.js";
import * as stage from "./stage.js";
import * as study from "./study.js";

const MADE = "emolib-made"; // the ids of this visit's videos, so that a reload loses nothing
const narrow = matchMedia("(max-width: 899px)");
let offer = null;
let now = { job: null, inputs: null, stop: () => {} };
let made = JSON.parse(sessionStorage.getItem(MADE) || "[]"); // { id, emotion, colour }
const inputsOf = new Map(); // job id → what it was made from, while this page lives

const busy = () => $("#stage").dataset.now === "waiting";

/** Show a refusal beside what was pressed. */
function refuse(error, place) {
  const again = error.retryAfterS ? ` Try again in ${duration(error.retryAfterS).replace(".0", "")}.` : "";
  const fix = again || (error.fix ? ` ${stage.sentence(error.fix)}` : "");
  if (place === "stage") return stage.failed({ code: error.code, message: error.message, fix: fix.trim() });
  stage.idle(form.still());
  say($("#form-error"), stage.plain(error) + fix);
  $("#form-error").scrollIntoView({ block: "nearest" });
  $("#go").focus({ preventScroll: true });
}

/** Send one request and follow it. `place` is where a refusal is shown: "form" or "stage". */
async function run(inputs, place) {
  if (busy()) return;
  const stopper = new AbortController();
  now.stop();
  now = { job: null, inputs, stop: () => stopper.abort() };
  say($("#form-error"), "");
  study.hide();
  stage.sending(null, inputs.still);
  announce("Sending");
  reveal($("#stage"), narrow.matches ? "start" : "nearest");
  $("#cancel").focus({ preventScroll: true });
  try {
    const job = await api.submit(form.request(inputs), (share) => stage.sending(share, inputs.still), stopper.signal);
    inputsOf.set(job.id, inputs);
    watch(job, inputs);
  } catch (error) {
    if (error.code === "cancelled") return stage.idle(form.still());
    if (error.status === 401 && (await enter())) return run(inputs, place);
    refuse(error, place);
  }
}

function watch(job, inputs) {
  const leave = api.follow(job.id, (told) => show(told, inputs), stage.lost);
  now = { job, inputs, stop: leave };
  show(job, inputs);
}

/** Show a job as it is. */
function show(job, inputs) {
  if (now.job && now.job.id !== job.id) return;
  now.job = job;
  if (job.state === "done") return finish(job);
  if (job.state === "failed") return stage.failed(job.error);
  if (job.state === "cancelled") return job.error ? stage.failed(job.error) : stage.idle(form.still());
  stage.waiting(job, inputs?.still);
}

function finish(job) {
  if (!made.some((video) => video.id === job.id)) {
    const { colour } = offer.emotions.find((one) => one.name === job.emotion) || {};
    made.push({ id: job.id, emotion: job.emotion, colour });
  }
  $("#again").hidden = !inputsOf.has(job.id);
  stage.done(job);
  remember();
  study.ask(offer.study, job.id);
  $("#stage-title").focus({ preventScroll: true });
  reveal($("#stage"), "nearest");
}

function remember() {
  sessionStorage.setItem(MADE, JSON.stringify(made));
  stage.made(made, now.job?.id, open);
}

/** Show an earlier video of this visit; one that has expired leaves the list. */
async function open(id) {
  try {
    const job = await api.job(id);
    now.stop();
    now = { job, inputs: inputsOf.get(id), stop: () => {} };
    if (api.finished(job.state)) show(job, now.inputs);
    else watch(job, now.inputs);
  } catch (error) {
    if (error.status !== 404) return refuse(error, "stage");
    made = made.filter((video) => video.id !== id);
    now.job = null;
    stage.idle(form.still());
    remember();
  }
}

async function drop() {
  const id = now.job?.id;
  now.stop();
  try {
    if (id) await api.remove(id);
  } catch (error) {
    if (error.status !== 404) return refuse(error, "stage");
  }
  made = made.filter((video) => video.id !== id);
  inputsOf.delete(id);
  now = { job: null, inputs: null, stop: () => {} };
  study.hide();
  stage.idle(form.still());
  remember();
  announce(id ? "Deleted." : "Cancelled.");
  $("#stage-title").focus({ preventScroll: true });
}

function press(event) {
  event.preventDefault();
  try {
    run(form.collect(), "form");
  } catch (missing) {
    if (!(missing instanceof form.Missing)) throw missing;
    say($("#form-error"), missing.message);
    missing.node?.focus();
  }
}

/** Ask for the token of a protected server; true once it is right. */
function enter() {
  const dialog = $("#token");
  return new Promise((resolve) => {
    dialog.oncancel = () => resolve(false);
    $("#token-form").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await api.enter($("#token-value").value);
        dialog.close();
        resolve(true);
      } catch (error) {
        say($("#token-error"), error.status === 401 ? "This is not the token." : error.message);
      }
    };
    dialog.showModal();
  });
}

async function begin() {
  offer = await api.options();
  if (offer.needs_token) {
    const locked = await api.job("none").catch((error) => error.status === 401);
    if (locked && !(await enter())) throw new Error("This page needs a token. Reload it to try again.");
  }
  const minutes = offer.limits.retention_minutes;
  $("#privacy").textContent = "Your files go only to the computer that runs this page"
    + (minutes ? ` and are deleted after ${minutes} minutes.` : ".");
  $("#version").textContent = `emolib ${offer.version}`;
  form.fill(offer, () => $("#stage").dataset.now === "idle" && stage.idle(form.still()));
  $("#again-emotions").append(...buttons(offer.emotions, (emotion) => {
    const inputs = inputsOf.get(now.job?.id);
    if (inputs) run({ ...inputs, emotion: emotion.code }, "stage");
  }));
  $("#make").addEventListener("submit", press);
  $("#cancel").addEventListener("click", drop);
  $("#delete").addEventListener("click", drop);
  $("#retry").addEventListener("click", () => (now.inputs ? run(now.inputs, "stage") : $("#make").requestSubmit()));
  stage.idle(form.still());
  if (made.length) open(made.at(-1).id);
}

begin().catch((error) => {
  say($("#form-error"), `${stage.sentence(error.message)} ${error.fix || ""}`);
  $("#go").disabled = true;
});

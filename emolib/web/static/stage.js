// The right-hand side: wait, look, download, try another emotion.

import { $, $$, announce, capital, duration, make, say } from "./studio/dom.js";

const STAGES = {
  preview: "Taking a first look",
  faces: "Finding the face",
  frames: "Drawing the frames",
  finishing: "Writing the video",
  finished: "Writing the video",
};

// What can be said shorter here than the server says it; everything else in its own words.
const PLAIN = {
  no_face: "No face was found",
  small_face: "The face is too small",
  queue_full: "The queue is full",
  interrupted: "The server was stopped before the video was ready",
  abandoned: "The video was cancelled because this page was closed",
};
const INPUT_FAULTS = ["no_face", "small_face", "sound", "media"]; // the same again would fail again

/** A refusal in one plain sentence. */
export const plain = (error) => sentence(PLAIN[error?.code] || error?.message || "It did not work");

/** Show one of the views "waiting", "failed", "done", or none. */
export function view(name) {
  for (const node of $$("[data-view]")) node.hidden = node.dataset.view !== name;
  $("#stage").dataset.now = name || "idle";
}

/** What the screen shows: a film, a picture (`dim` while it is only a placeholder), or nothing. */
function screen({ film = null, picture = null, dim = false, alt = "", caption = "" }) {
  const player = $("#player"), preview = $("#preview");
  if (film) {
    player.src = film;
    if (picture) player.poster = picture;
  } else if (player.hasAttribute("src")) {
    player.pause();
    player.removeAttribute("src");
    player.removeAttribute("poster");
    player.load();
  }
  if (picture && !film && preview.getAttribute("src") !== picture) preview.src = picture;
  if (!picture || film) preview.removeAttribute("src");
  preview.alt = alt;
  player.hidden = !film;
  preview.hidden = Boolean(film) || !picture;
  preview.classList.toggle("dim", dim);
  say($("#caption"), caption);
}

export function idle(still) {
  view(null);
  screen({ picture: still, dim: true, caption: "It appears here" });
}

export function sending(share, still) {
  view("waiting");
  screen({ picture: still, dim: true });
  const on = share !== null && share < 1;
  $("#stage-text").textContent = on ? "Sending" : "Checking the files";
  $("#stage-number").textContent = on ? `${Math.round(share * 100)} %` : "";
  $("#bar").removeAttribute("value");
}

export function waiting(job, still) {
  view("waiting");
  const first = job.preview_url;
  screen({ picture: first || still, dim: !first, alt: first ? "First look at the video" : "" });
  const queued = job.state === "queued";
  const text = queued ? place(job.position) : STAGES[job.stage] || "Starting";
  $("#stage-text").textContent = text;
  const soon = job.wait_s === null || job.wait_s === undefined ? "" : `about ${duration(Math.max(1, Math.ceil(job.wait_s)))}`;
  $("#stage-number").textContent = queued ? soon.replace(".0", "") : `${Math.round(job.progress * 100)} %`;
  if (queued) $("#bar").removeAttribute("value");
  else $("#bar").value = job.progress;
  announce(queued && soon ? `${text}, ${soon.replace(".0", "")}` : text);
}

const place = (position) => (position > 1 ? `Number ${position} in the queue` : "Next in the queue");

export function lost() {
  $("#stage-text").textContent = "Connection lost, trying again";
  $("#stage-number").textContent = "";
  announce("Connection lost, trying again");
}

export function failed(error) {
  view("failed");
  screen({});
  say($("#failed-text"), plain(error));
  say($("#failed-fix"), error?.fix ? sentence(error.fix) : "");
  $("#retry").hidden = INPUT_FAULTS.includes(error?.code);
}

export function done(job) {
  view("done");
  const report = job.report;
  screen({ film: job.result_url, picture: job.preview_url });
  Object.assign($("#player"), { width: report.width, height: report.height }); // no jump while it loads
  const kept = job.expires_at ? `Kept until ${clock(job.expires_at)}.` : "";
  $("#facts").textContent = `${capital(job.emotion)}, ${duration(report.seconds)}, ${report.width} × ${report.height}. ${kept}`;
  $("#notes").replaceChildren(...report.notes.map((note) => make("li", { text: capital(note) })));
  $("#notes").hidden = !report.notes.length;
  $("#download").href = `${job.result_url}?download=true`;
  for (const button of $$("#again-emotions button")) {
    if (button.textContent.toLowerCase() === job.emotion) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  announce("Your video is ready.");
}

/** Buttons for the videos of this visit, once there is more than one. */
export function made(videos, current, open) {
  const nav = $("#made");
  nav.hidden = videos.length < 2;
  nav.replaceChildren(make("h3", { text: "Made so far" }), make("div", { class: "chips" }, ...videos.map((video) => {
    const chip = make("button", {
      type: "button", class: "chip", text: capital(video.emotion), onclick: () => open(video.id),
      "aria-current": video.id === current ? "true" : null,
    });
    chip.style.setProperty("--tone", video.colour);
    return chip;
  })));
}

const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function sentence(text) {
  const whole = capital(String(text).trim());
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

// The paper's four questions, asked after a result, once a visit, and only if the person likes to.

import { answer } from "./api.js";
import { $, make, say } from "./studio/dom.js";
import { sentence } from "./stage.js";

const ASKED = "emolib-study"; // "answered" or "declined", for this visit

function question({ id, text }, [low, high]) {
  const scores = Array.from({ length: high - low + 1 }, (_, k) => low + k);
  const choice = (score) => make("label", {}, make("input", { type: "radio", name: id, value: score }), make("span", { text: score }));
  return make("fieldset", { class: "rating" }, make("legend", { text }), make("div", { class: "scores" }, ...scores.map(choice)));
}

/** Ask about a finished video, unless this visit was asked before. */
export function ask(study, jobId) {
  const form = $("#study");
  if (!study || sessionStorage.getItem(ASKED) || !form.hidden) return;
  const problem = make("p", { class: "notice", role: "alert", hidden: true });
  const consent = make("input", { type: "checkbox", id: "study-consent" });
  const end = (state, thanks) => {
    sessionStorage.setItem(ASKED, state);
    if (thanks) form.replaceChildren(make("p", { class: "strong", role: "status", tabindex: -1, text: thanks }));
    if (thanks) form.firstChild.focus();
    else form.hidden = true;
  };
  form.replaceChildren(
    make("h3", { id: "study-title", text: "How was it?" }),
    make("p", { class: "fine", text: `Four questions, from ${study.scale[0]} (poor) to ${study.scale[1]} (excellent). Skip any you like.` }),
    ...study.questions.map((one) => question(one, study.scale)),
    make("label", { class: "check" }, consent, make("span", { text: study.consent })),
    problem,
    make("div", { class: "actions" },
      make("button", { class: "plain", text: "Send answers" }),
      make("button", { type: "button", class: "quiet", text: "No, thanks", onclick: () => end("declined") })),
  );
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const ratings = Object.fromEntries(study.questions.map(({ id }) => [id, given.has(id) ? Number(given.get(id)) : null]));
    if (Object.values(ratings).every((score) => score === null)) return say(problem, "Answer at least one question.");
    if (!consent.checked) {
      consent.focus();
      return say(problem, "Please tick the box, or choose “No, thanks”.");
    }
    try {
      await answer({ ...ratings, consent: true, job_id: jobId });
      end("answered", "Thank you. Your answers are kept.");
    } catch (error) {
      if (error.code === "already_answered") end("answered", "Your answers were here already. Thank you.");
      else say(problem, `${sentence(error.message)} ${error.fix ? sentence(error.fix) : ""}`);
    }
  };
}

/** Take the questions away, with the video they were about. */
export function hide() {
  $("#study").hidden = true;
}

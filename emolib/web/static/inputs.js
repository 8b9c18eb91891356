// The form: what is chosen, and what is still missing.

import { $, $$, capital, duration, make } from "./studio/dom.js";
import { radios } from "./emotions.js";
import { filePane } from "./studio/files.js";
import { recorderPane } from "./studio/recorder.js";

const RECORD_FACE_S = 15;
const RECORD_VOICE_S = 30;

/** Something is not chosen yet: `message` says what, `node` is where to go. */
export class Missing extends Error {
  constructor(message, node) {
    super(message);
    this.node = node;
  }
}

const own = { "face-upload": null, "face-record": null, "voice-upload": null, "voice-record": null };
const recorders = {};
const chosen = (name) => $(`input[name="${name}"]:checked`)?.value;
const ownFile = (step) => own[`${step}-${chosen(`${step}-source`)}`] || null;
const isVideo = (file) => Boolean(file?.type.startsWith("video/"));

/** Fill the form with what the server offers. `changed()` hears of every change. */
export function fill(offer, changed) {
  const pane = (name) => $(`[data-pane="${name}"]`);
  const keep = (name) => (file) => { own[name] = file; update(); };
  const maxBytes = offer.limits.max_upload_bytes;
  const update = () => { sources(); changed(); };

  $("#face-examples").append(...offer.faces.map(exampleFace));
  $("#voice-examples").append(...exampleVoices(offer.voices));
  $("#listen").addEventListener("click", hear);
  $("#emotions").append(...radios(offer.emotions, "HAP"));
  filePane(pane("face-upload"), { accept: offer.accept.face, maxBytes, label: "Choose a video or picture", changed: keep("face-upload") });
  filePane(pane("voice-upload"), { accept: offer.accept.voice, maxBytes, label: "Choose a sound or video", changed: keep("voice-upload") });
  recorders.face = recorderPane(pane("face-record"), { kind: "video", maxS: RECORD_FACE_S, changed: keep("face-record") });
  recorders.voice = recorderPane(pane("voice-record"), {
    kind: "audio", maxS: Math.min(RECORD_VOICE_S, offer.limits.max_sound_s), changed: keep("voice-record"),
  });
  $("#voice-hint").textContent = `Speech in any language, up to ${duration(offer.limits.max_sound_s)}.`;
  typing(offer.text);
  $("#make").addEventListener("change", update);
  $("#strength").addEventListener("input", sources);
  update();
}

function exampleFace(face, index) {
  const input = make("input", { type: "radio", name: "face", value: face.id, checked: index === 0 });
  const picture = make("img", { src: face.thumbnail, alt: "", width: 128, height: 128 });
  return make("label", { class: "person" }, input, picture, make("span", { class: "unseen", text: face.label }));
}

/** The example voices, sentence by sentence. */
function exampleVoices(voices) {
  const speakers = [...new Set(voices.map((voice) => voice.speaker))];
  const sentences = [...new Set(voices.map((voice) => voice.label))];
  const pill = (voice) => make("label", { class: "pill" },
    make("input", { type: "radio", name: "voice", value: voice.id, checked: voice === voices[0], "data-audio": voice.audio }),
    make("span", {}, `Voice ${speakers.indexOf(voice.speaker) + 1}`));
  return sentences.map((sentence) => make("fieldset", { class: "sentence" }, make("legend", { text: `“${sentence}”` }),
    make("div", { class: "pills" }, ...voices.filter((voice) => voice.label === sentence).map(pill))));
}

const sound = new Audio();

/** Play the chosen example, or stop it. */
function hear() {
  const button = $("#listen");
  const quiet = () => button.classList.remove("on");
  const playing = button.classList.contains("on");
  sound.pause();
  quiet();
  if (playing) return;
  sound.src = $('input[name="voice"]:checked').dataset.audio;
  sound.onended = sound.onerror = quiet;
  button.classList.add("on");
  sound.play().catch(quiet);
}

function typing(text) {
  if (!text?.available) return;
  const option = (id, label) => make("option", { value: id, text: label });
  $("#text-source").hidden = false;
  $("#text").maxLength = text.max_characters;
  $("#text-language").append(...text.languages.map((one) => option(one.id, one.label)));
  $("#text-voice").append(...text.voices.map((one) => option(one, capital(one))));
  const left = () => { $("#text-left").textContent = `${text.max_characters - $("#text").value.length} characters left`; };
  $("#text").addEventListener("input", left);
  left();
}

/** Show the panes of the chosen sources, and only what applies. */
function sources() {
  const face = ownFile("face");
  const voiceOwn = $('input[name="voice-source"][value="own"]');
  voiceOwn.closest("label").hidden = !isVideo(face);
  if (voiceOwn.checked && !isVideo(face)) $('input[name="voice-source"][value="example"]').checked = true;
  for (const step of ["face", "voice"]) {
    const source = chosen(`${step}-source`);
    for (const pane of $$(`[data-pane^="${step}-"]`)) pane.hidden = pane.dataset.pane !== `${step}-${source}`;
    if (source !== "record") recorders[step]?.stop();
  }
  $("#consent-row").hidden = !(face || ownFile("voice"));
  const neutral = chosen("emotion") === "NEU";
  $("#strength").disabled = neutral;
  $("#strength-value").textContent = neutral ? "–" : `${$("#strength").value} %`;
}

/** A still picture of the chosen face, where there is one at once. */
export function still() {
  if (chosen("face-source") === "example") return $('input[name="face"]:checked + img')?.src || null;
  return ownFile("face")?.type.startsWith("image/") ? $('[data-pane="face-upload"] img')?.src : null;
}

/** What is chosen, as it is now: later changes of the form do not reach it.
 *  Throws Missing for the first thing that is not. */
export function collect() {
  const fields = [...faceFields(), ...voiceFields()];
  if (fields.some(([, value]) => value instanceof Blob)) {
    if (!$("#consent").checked) throw new Missing("Please confirm that everyone agrees.", $("#consent"));
    fields.push(["consent", "true"]);
  }
  if (!chosen("emotion")) throw new Missing("Choose an emotion.", $('input[name="emotion"]'));
  return { fields, still: still(), emotion: chosen("emotion"), strength: Number($("#strength").value) / 100 };
}

function faceFields() {
  const source = chosen("face-source");
  if (source === "example") return [["face_id", chosen("face")]];
  const file = own[`face-${source}`];
  if (!file) {
    const what = source === "record" ? "Record your face first, or choose an example." : "Choose a face.";
    throw new Missing(what, $(`[data-pane="face-${source}"] :is(input, button)`));
  }
  return [["face", file]];
}

function voiceFields() {
  const source = chosen("voice-source");
  if (source === "example") return [["voice_id", chosen("voice")]];
  if (source === "own") return [["own_sound", "true"]];
  if (source === "text") {
    const text = $("#text").value.trim();
    if (!text) throw new Missing("Type what to say.", $("#text"));
    return [["text", text], ["text_language", $("#text-language").value], ["text_voice", $("#text-voice").value]];
  }
  const file = own[`voice-${source}`];
  if (!file) {
    const what = source === "record" ? "Record your voice first, or choose an example." : "Choose a voice.";
    throw new Missing(what, $(`[data-pane="voice-${source}"] :is(input, button)`));
  }
  return [["voice", file]];
}

/** The request for one video. A file's own name stays at home. */
export function request(inputs) {
  const form = new FormData();
  for (const [name, value] of inputs.fields) {
    if (value instanceof Blob) form.append(name, value, name);
    else form.append(name, value);
  }
  form.append("emotion", inputs.emotion);
  form.append("strength", String(inputs.strength));
  return form;
}

// Record a face (with its sound) or a voice. Without permission it says so; uploading stays possible.

import { announce, make, say } from "./dom.js";
import { shown } from "./files.js";

const FORMS = {
  video: ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"],
  audio: ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg"],
};
const ASKED = {
  video: { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" }, audio: true },
  audio: { audio: true },
};
const WORDS = {
  video: { device: "camera", on: "Turn on the camera", upload: "Upload a video or picture instead." },
  audio: { device: "microphone", on: "Turn on the microphone", upload: "Upload a sound file instead." },
};

/** Why recording is not possible, in plain words. */
export function reason(kind, error) {
  const { device, upload } = WORDS[kind];
  if (!globalThis.isSecureContext) return `Recording works on https and on this computer only. ${upload}`;
  if (!navigator.mediaDevices || !globalThis.MediaRecorder) return `This browser cannot record. ${upload}`;
  const known = {
    NotAllowedError: `The ${device} is not allowed. Allow it beside the address above, or: ${upload}`,
    NotFoundError: `No ${device} was found. ${upload}`,
    NotReadableError: `The ${device} is in use by another program. Close it, or: ${upload}`,
  };
  return known[error?.name] || `The ${device} does not work. ${upload}`;
}

/** Open the device; a camera without a microphone is still a camera. */
async function open(kind) {
  if (!globalThis.isSecureContext || !navigator.mediaDevices || !globalThis.MediaRecorder) throw null;
  try {
    return await navigator.mediaDevices.getUserMedia(ASKED[kind]);
  } catch (error) {
    if (kind === "audio") throw error;
    return navigator.mediaDevices.getUserMedia({ video: ASKED.video.video });
  }
}

/** A bar that follows how loud it is; returns how to stop it. */
function meter(stream, bar) {
  const context = new AudioContext();
  const hearing = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(hearing);
  const wave = new Float32Array(hearing.fftSize);
  let frame = 0;
  const draw = () => {
    hearing.getFloatTimeDomainData(wave);
    const loud = Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length);
    bar.style.transform = `scaleX(${Math.min(1, Math.sqrt(loud) * 1.6)})`;
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => { cancelAnimationFrame(frame); context.close(); };
}

/** Fill `root` with a recorder of `kind` "video" or "audio". Returns `{ stop }` for when it is left. */
export function recorderPane(root, { kind, maxS, changed }) {
  const problem = make("p", { class: "notice", role: "alert", hidden: true });
  const mirror = make("video", { class: "own mirror", playsinline: true, "aria-label": "Camera picture", hidden: true });
  mirror.muted = true;
  const bar = make("span");
  const level = make("div", { class: "level", "aria-hidden": "true", hidden: true }, bar);
  const clock = make("span", { class: "clock", hidden: true });
  const button = make("button", { type: "button", class: "plain", onclick: () => press() });
  const row = make("div", { class: "row" }, button, clock);
  root.append(mirror, level, problem, row);
  let stream = null, recorder = null, stopMeter = () => {}, tick = 0, card = null, press = turnOn;
  label(WORDS[kind].on, false);

  function label(text, hot) {
    button.textContent = text;
    button.classList.toggle("hot", hot);
  }

  async function turnOn() {
    button.disabled = true;
    say(problem, "");
    try {
      stream = await open(kind);
    } catch (error) {
      say(problem, reason(kind, error));
      return;
    } finally {
      button.disabled = false;
      button.focus();
    }
    if (kind === "video") {
      mirror.srcObject = stream;
      mirror.hidden = false;
      mirror.play();
    }
    if (stream.getAudioTracks().length) {
      level.hidden = false;
      stopMeter = meter(stream, bar);
    } else say(problem, "No microphone: the video will have no sound.");
    label("Record", true);
    press = start;
  }

  function start() {
    const form = FORMS[kind].find((one) => MediaRecorder.isTypeSupported(one));
    recorder = new MediaRecorder(stream, form ? { mimeType: form } : {});
    const pieces = [];
    const began = performance.now();
    recorder.ondataavailable = (event) => event.data.size && pieces.push(event.data);
    recorder.onstop = () => keep(new Blob(pieces, { type: recorder.mimeType.split(";")[0] }));
    recorder.start();
    const show = () => {
      const s = Math.floor((performance.now() - began) / 1000);
      clock.textContent = `${s} of ${maxS} s`;
      if (s >= maxS) press();
    };
    tick = setInterval(show, 200);
    clock.hidden = false;
    show();
    root.classList.add("recording");
    announce("Recording");
    label("Stop", true);
    press = () => recorder.state === "recording" && recorder.stop();
  }

  function keep(blob) {
    turnOff();
    if (!blob.size) return say(problem, "Nothing was recorded. Try again.");
    announce("Recorded");
    card = shown(new File([blob], "Recording", { type: blob.type }), again, "Record again");
    row.hidden = true;
    root.append(card);
    card.ready();
    changed(blob);
  }

  function again() {
    drop();
    changed(null);
    turnOn();
  }

  function drop() {
    card?.release();
    card?.remove();
    card = null;
    row.hidden = false;
  }

  function turnOff() {
    clearInterval(tick);
    stopMeter();
    stopMeter = () => {};
    if (recorder) recorder.onstop = null;
    if (recorder?.state === "recording") recorder.stop();
    stream?.getTracks().forEach((track) => track.stop());
    stream = recorder = mirror.srcObject = null;
    mirror.hidden = level.hidden = clock.hidden = true;
    root.classList.remove("recording");
    label(WORDS[kind].on, false);
    press = turnOn;
  }

  return { stop: turnOff };
}

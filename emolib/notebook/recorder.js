// A file of the reader's own: chosen, dropped here, or recorded, then sent to the kernel.
//
// It is sent in pieces, each after the kernel has asked for it, because the notebook server drops
// messages over 10 MiB. `intake.Reception` is the other end of the conversation.

const PIECE = 1 << 20; // bytes
const MIMES = {
  face: ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"],
  voice: ["audio/webm;codecs=opus", "audio/webm", "audio/mp4"],
};
const WORDS = {
  face: { device: "camera", file: "a video or picture", accept: "video/*,image/*,.flv,.mkv" },
  voice: { device: "microphone", file: "a sound or video", accept: "audio/*,video/*,.flv,.mkv" },
};

// Why recording did not start, and what to do instead.
function refusal(error, device) {
  const instead = "or choose a file instead.";
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return `The browser did not allow the ${device}. Allow it beside the address bar and try again, ${instead}`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${device} was found. Connect one, ${instead}`;
    case "NotReadableError":
    case "AbortError":
      return `Another program is using the ${device}. Close it, ${instead}`;
    case "NoAccess":
      return "Recording needs a page on https or localhost. Choose a file instead.";
    default:
      return `The ${device} could not be used (${error.name}). Try again, ${instead}`;
  }
}

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  if (tag === "button") node.type = "button";
  return node;
}

function render({ model, el }) {
  const kind = model.get("kind");
  const words = WORDS[kind];
  let transfer = null; // {id, blob, at}: the file on its way
  let recording = null; // {stream, recorder, timer, kept}: what runs while we record

  const root = make("div", "emolib-recorder");
  const drop = make("div", "emolib-drop");
  const choose = make("button", "emolib-choose", `Choose ${words.file}`);
  const record = make("button", "emolib-record", `Record with the ${words.device}`);
  const chooser = make("input", "emolib-file");
  chooser.type = "file";
  chooser.accept = words.accept;
  chooser.hidden = true;
  const hint = make("span", "emolib-hint", "or drop it here");
  const stage = make("div", "emolib-stage");
  stage.hidden = true;
  const seen = make("video", "emolib-seen");
  seen.muted = true;
  seen.playsInline = true;
  seen.hidden = kind !== "face";
  const clock = make("span", "emolib-clock");
  const stop = make("button", "emolib-stop", "Stop and use it");
  const discard = make("button", "emolib-discard", "Discard");
  const said = make("div", "emolib-said");
  said.setAttribute("role", "status");
  const bar = make("progress", "emolib-sent");
  bar.max = 1;
  bar.hidden = true;
  drop.append(choose, hint, record, chooser);
  const line = make("div", "emolib-controls");
  line.append(clock, stop, discard);
  stage.append(seen, line);
  root.append(drop, stage, bar, said);
  el.append(root);

  const say = (text, tone = "") => {
    said.textContent = text;
    said.dataset.tone = tone;
  };
  const busy = (yes) => {
    choose.disabled = record.disabled = yes;
  };

  function send(blob, name) {
    if (transfer) return;
    transfer = { id: `${Date.now()}-${Math.random()}`, blob, at: 0 };
    busy(true);
    bar.hidden = false;
    bar.value = 0;
    say(`sending ${name} …`);
    model.send({ kind: "begin", id: transfer.id, name, size: blob.size });
  }

  async function sendMore(share) {
    const { id, blob, at } = transfer;
    bar.value = share;
    if (at >= blob.size) {
      say("looking into it …");
      model.send({ kind: "end", id });
      return;
    }
    transfer.at = Math.min(at + PIECE, blob.size);
    const piece = await blob.slice(at, transfer.at).arrayBuffer();
    if (transfer?.id === id) model.send({ kind: "piece", id }, undefined, [piece]);
  }

  function finish(text, tone) {
    transfer = null;
    busy(false);
    bar.hidden = true;
    say(text, tone);
  }

  function hear(message) {
    if (!transfer || message.id !== transfer.id) return; // of another view
    if (message.kind === "more") sendMore(message.share);
    if (message.kind === "done") finish(message.text, "good");
    if (message.kind === "refused") finish(message.text, "bad");
  }

  async function open() {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      throw Object.assign(new Error(), { name: "NoAccess" });
    }
    if (kind === "voice") return navigator.mediaDevices.getUserMedia({ audio: true });
    const video = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" };
    try {
      return await navigator.mediaDevices.getUserMedia({ video, audio: true });
    } catch (error) {
      if (error.name !== "NotFoundError") throw error;
      return navigator.mediaDevices.getUserMedia({ video }); // a camera without a microphone
    }
  }

  function close() {
    if (!recording) return;
    clearInterval(recording.timer);
    recording.stream.getTracks().forEach((track) => track.stop());
    recording = null;
    seen.srcObject = null;
    stage.hidden = true;
    drop.hidden = false;
    busy(false);
  }

  async function start() {
    busy(true);
    say(`waiting for the ${words.device} … (the browser may ask)`);
    let stream;
    try {
      stream = await open();
    } catch (error) {
      busy(false);
      say(refusal(error, words.device), "bad");
      return;
    }
    if (!el.isConnected) {
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    const mimeType = MIMES[kind].find((mime) => MediaRecorder.isTypeSupported(mime));
    const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    const pieces = [];
    recording = { stream, recorder, kept: true };
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      const kept = recording?.kept;
      close();
      if (!kept) return say("");
      const blob = new Blob(pieces, { type: recorder.mimeType });
      send(blob, recorder.mimeType.includes("mp4") ? "recording.mp4" : "recording.webm");
    };
    recorder.onerror = (event) => {
      if (recording) recording.kept = false;
      close();
      say(refusal(event.error ?? event, words.device), "bad");
    };
    say("");
    drop.hidden = true;
    stage.hidden = false;
    if (kind === "face") {
      seen.srcObject = stream;
      seen.play().catch(() => {});
    }
    const began = Date.now();
    const most = model.get("max_seconds");
    const tick = () => {
      const seconds = (Date.now() - began) / 1000;
      clock.textContent = `● ${seconds.toFixed(1)} s of at most ${most} s`;
      if (seconds >= most && recorder.state === "recording") recorder.stop();
    };
    tick();
    recording.timer = setInterval(tick, 100);
    recorder.start(1000);
  }

  choose.onclick = () => chooser.click();
  chooser.onchange = () => {
    const [file] = chooser.files;
    if (file) send(file, file.name);
    chooser.value = "";
  };
  record.onclick = start;
  stop.onclick = () => recording?.recorder.state === "recording" && recording.recorder.stop();
  discard.onclick = () => {
    if (!recording) return;
    recording.kept = false;
    if (recording.recorder.state === "recording") recording.recorder.stop();
    else close();
  };
  root.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add("emolib-over");
  };
  root.ondragleave = () => drop.classList.remove("emolib-over");
  root.ondrop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    drop.classList.remove("emolib-over");
    const [file] = event.dataTransfer.files;
    if (file && !recording) send(file, file.name);
  };
  model.on("msg:custom", hear);

  return () => {
    model.off("msg:custom", hear);
    if (transfer) model.send({ kind: "drop", id: transfer.id });
    if (recording) recording.kept = false;
    close();
  };
}

export default { render };

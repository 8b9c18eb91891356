// The page's file chooser and recorder in a notebook: whatever is chosen is sent to the kernel.
//
// It is sent in pieces, each after the kernel has asked for it, because the notebook server drops
// messages over 10 MiB. `recorder.Reception` is the other end. The modules of `studio/static` stand
// before this text.

const PIECE = 1 << 20; // bytes

function render({ model, el }) {
  const face = model.get("kind") === "face";
  const root = make("div", { class: "emolib-recorder" });
  const [file, device] = [make("div"), make("div")];
  const status = make("p", { class: "fine status", role: "status" });
  const bar = make("progress", { max: 1, hidden: true });
  root.append(file, device, bar, status);
  el.append(root);
  let transfer = null; // {id, blob, at}: the file on its way

  function send(blob) {
    if (transfer) model.send({ kind: "drop", id: transfer.id });
    transfer = blob && { id: `${Date.now()}-${Math.random()}`, blob, at: 0 };
    bar.hidden = !blob;
    bar.value = 0;
    status.dataset.tone = "";
    status.textContent = blob ? "sending …" : "";
    if (blob) model.send({ kind: "begin", id: transfer.id, name: blob.name || "Recording", size: blob.size });
    else model.send({ kind: "clear" });
  }

  async function sendMore(share) {
    const { id, blob, at } = transfer;
    bar.value = share;
    if (at >= blob.size) {
      status.textContent = "looking into it …";
      model.send({ kind: "end", id });
      return;
    }
    transfer.at = Math.min(at + PIECE, blob.size);
    const piece = await blob.slice(at, transfer.at).arrayBuffer();
    if (transfer?.id === id) model.send({ kind: "piece", id }, undefined, [piece]);
  }

  function hear(message) {
    if (!transfer || message.id !== transfer.id) return; // of another view, or given up
    if (message.kind === "more") return sendMore(message.share);
    transfer = null;
    bar.hidden = true;
    status.textContent = message.text;
    status.dataset.tone = message.kind === "done" ? "good" : "bad";
  }

  filePane(file, {
    accept: face ? "video/*,image/*,.flv,.mkv" : "audio/*,video/*,.flv,.mkv",
    maxBytes: model.get("max_bytes"),
    label: face ? "Choose a video or picture" : "Choose a sound or video",
    changed: send,
  });
  const recorder = recorderPane(device, { kind: face ? "video" : "audio", maxS: model.get("max_seconds"), changed: send });
  model.on("msg:custom", hear);
  return () => {
    model.off("msg:custom", hear);
    if (transfer) model.send({ kind: "drop", id: transfer.id });
    recorder.stop();
  };
}

export default { render };

// A file from the reader's own device: choose or drop it, see or hear it, choose another.

import { make, say, size } from "./dom.js";

/** A chosen or recorded file on show: picture, film or sound, its name and size. */
export function shown(file, again, againText) {
  const url = URL.createObjectURL(file);
  const kind = file.type.split("/")[0];
  const dead = make("p", { class: "fine", hidden: true, text: "This browser cannot show it. It can still be used." });
  const tag = kind === "image" ? "img" : kind === "audio" ? "audio" : "video";
  const view = make(tag, {
    class: "own", src: url, controls: tag !== "img", playsinline: tag === "video", preload: "metadata",
    alt: tag === "img" ? "The picture you chose" : null, "aria-label": tag === "img" ? null : "Your file",
    onerror: () => { view.hidden = true; dead.hidden = false; },
  });
  const name = make("span", { class: "name", text: file.name || "Recording" });
  const button = make("button", { type: "button", class: "plain", text: againText, onclick: again });
  const line = make("div", { class: "file" }, name, make("span", { class: "fine", text: size(file.size) }), button);
  const node = make("div", { class: "shown" }, view, dead, line);
  node.ready = () => button.focus();
  node.release = () => URL.revokeObjectURL(url);
  return node;
}

/** Fill `root` with a file chooser. `changed(file or null)` hears of every choice. */
export function filePane(root, { accept, maxBytes, label, changed }) {
  const problem = make("p", { class: "notice", role: "alert", hidden: true });
  const input = make("input", { type: "file", accept, onchange: () => take(input.files[0]) });
  const drop = make("label", { class: "drop" }, input,
    make("span", { class: "strong", text: label }), make("span", { class: "fine", text: "or drop it here" }));
  let card = null;

  function take(file) {
    if (!file) return;
    if (file.size > maxBytes) {
      say(problem, `This file has ${size(file.size)}. ${size(maxBytes)} is the most that can be sent.`);
      return;
    }
    clear();
    card = shown(file, () => { clear(); input.focus(); changed(null); }, "Choose another");
    drop.hidden = true;
    root.append(card);
    card.ready();
    changed(file);
  }

  function clear() {
    say(problem, "");
    card?.release();
    card?.remove();
    card = null;
    drop.hidden = false;
    input.value = "";
  }

  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
  root.append(drop, problem);
}

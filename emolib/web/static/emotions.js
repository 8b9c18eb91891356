// The six emotions as buttons: names and colours come from the server, the small faces are drawn here.

import { capital, make } from "./studio/dom.js";

const SVG = "http://www.w3.org/2000/svg";
// Brows, eyes and mouth in a 48 × 48 box: strokes only, in the colour of the emotion.
const FACES = {
  ANG: ["M13 16.5 21 20M35 16.5 27 20", "M17.5 24.5h.01M30.5 24.5h.01", "M16.5 35q7.5-5 15 0"],
  DIS: ["M13.5 19.5 21 18.5M34.5 16.5 27 18.5", "M15 24h5M28 24h5", "M22 28.5q2-1.5 4 0", "M16 35q4-4.5 8-1.5t8-1"],
  FEA: ["M13 18q3-4 7.5-4M35 18q-3-4-7.5-4", "M20 23.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 1 1 5 0zM33 23.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 1 1 5 0z", "M28.5 35.5q0 3.5-4.5 3.5t-4.5-3.5 4.5-3.5 4.5 3.5z"],
  HAP: ["M14.5 22.5q3-4 6 0M27.5 22.5q3-4 6 0", "M14.5 28.5h19q-1 9.5-9.5 9.5t-9.5-9.5z"],
  NEU: ["M14 18.5h6.5M27.5 18.5H34", "M17.5 24.5h.01M30.5 24.5h.01", "M17.5 34h13"],
  SAD: ["M13 20 20.5 16.5M35 20 27.5 16.5", "M17.5 24.5h.01M30.5 24.5h.01", "M16.5 37q7.5-7 15 0"],
};

function face(code) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  const round = "M44 24a20 20 0 1 1-40 0 20 20 0 1 1 40 0z";
  for (const d of [round, ...(FACES[code] || [])]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const tinted = (node, emotion) => {
  node.style.setProperty("--tone", emotion.colour);
  return node;
};

/** A radio button an emotion; the arrow keys walk through them. */
export function radios(emotions, chosen) {
  return emotions.map((emotion) => {
    const input = make("input", {
      type: "radio", name: "emotion", value: emotion.code, checked: emotion.code === chosen,
    });
    return tinted(make("label", { class: "emotion" }, input, face(emotion.code), capital(emotion.name)), emotion);
  });
}

/** A push button an emotion, for one more video with the same face and voice. */
export function buttons(emotions, press) {
  return emotions.map((emotion) => {
    const button = make("button", {
      type: "button", class: "emotion", "data-emotion": emotion.code, onclick: () => press(emotion),
    }, face(emotion.code), capital(emotion.name));
    return tinted(button, emotion);
  });
}

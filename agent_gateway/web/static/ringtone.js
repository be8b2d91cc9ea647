// The ring: 450 Hz, one second on and four off, as telephones in China ring back.

import { chosenSpeaker } from "./devices.js";

const PERIOD_MS = 5000;
let context = null;
let timer = null;

function burst() {
  const tone = new OscillatorNode(context, { frequency: 450 });
  const loudness = new GainNode(context, { gain: 0.2 });
  tone.connect(loudness).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 1);
}

/** Ring until `stopRinging`. A browser that forbids sound before the first click rings after it. */
export function startRinging() {
  if (timer) return;
  context ??= new AudioContext();
  context.setSinkId?.(chosenSpeaker()).catch(() => {});
  context.resume().catch(() => {});
  burst();
  timer = setInterval(burst, PERIOD_MS);
}

/** Be silent. */
export function stopRinging() {
  clearInterval(timer);
  timer = null;
  context?.close();
  context = null;
}

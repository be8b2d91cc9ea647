// Microphone and speaker: which ones this machine's agent has chosen, and how loud the microphone is.

const MICROPHONE = "hotline.microphone";
const SPEAKER = "hotline.speaker";
const METER_MS = 100;

/** Ids of the chosen devices; "": whatever the system takes. */
export const chosenMicrophone = () => localStorage.getItem(MICROPHONE) ?? "";
export const chosenSpeaker = () => localStorage.getItem(SPEAKER) ?? "";
export const chooseMicrophone = (id) => localStorage.setItem(MICROPHONE, id);
export const chooseSpeaker = (id) => localStorage.setItem(SPEAKER, id);

/** Whether sound can be sent to another device than the system's. */
export const speakersCanBeChosen = "setSinkId" in HTMLMediaElement.prototype;

/** The microphone's sound; refused with the browser's own error (NotAllowedError, NotFoundError …). */
export function openMicrophone() {
  const id = chosenMicrophone();
  // one that is not there any more is replaced by the system's
  return navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { ideal: id } } : true });
}

/** Devices of a kind (audioinput, audiooutput): {id, name}. */
export async function devicesOf(kind) {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all
    .filter((one) => one.kind === kind && one.deviceId)
    .map((one) => ({ id: one.deviceId, name: one.label || one.deviceId.slice(0, 8) }));
}

/** Tell `show` ten times a second how loud the stream is (0 to 1); returns what ends that. */
export function measure(stream, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    show(Math.max(...samples.map(Math.abs)));
  }, METER_MS);
  return () => {
    clearInterval(timer);
    context.close();
    show(0);
  };
}

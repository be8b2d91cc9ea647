// The telephone itself: SIP over Asterisk's own WebSocket, sound by WebRTC. It knows nothing of the
// page, and nothing of the service: a restart of the service in mid-call is not even noticed here.

import { openMicrophone } from "./devices.js";

// Asterisk takes a caller whose agent is lost (Q.850 cause 41) back to the head of the queue.
const LOST = { extraHeaders: ['Reason: Q.850;cause=41;text="page closed"'] };
const REGISTER_S = 60;
// candidates of this machine are there at once; nothing else is asked
const GATHERING_MS = 50;
// Asterisk takes keys as one code (*110) with less than a second between them
const TONE_MS = { duration: 100, interToneGap: 100 };
const BUSY = 486;
const UNAVAILABLE = 480;

/**
 * A browser that hides its addresses, or has not found them yet, writes 0.0.0.0 (RFC 8839 clause 4.3.1).
 * Asterisk takes that for a call on hold (RFC 2543), and a real hold would then get no music. Where
 * sound goes is settled by ICE; port 9 of the loopback is nowhere.
 */
function namesAnAddress(description) {
  if (description.originator !== "local") return;
  description.sdp = description.sdp.replace(/^c=IN IP4 0\.0\.0\.0/gm, "c=IN IP4 127.0.0.1");
}

export class Softphone {
  /**
   * `JsSIP`: the library; `secret`: {url, username, password}; `audio`: the element that plays;
   * `changed(softphone)`: something of what is below has; `silent(error)`: a call could not be
   * answered, because the microphone cannot be had.
   */
  constructor(JsSIP, secret, audio, { changed, silent }) {
    Object.assign(this, { audio, silent });
    this.changed = () => changed(this);
    // connecting, registered, unreachable, refused
    this.link = "connecting";
    this.session = null;
    this.stream = null;
    this.leaving = false;
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(secret.url)],
      uri: `sip:${secret.username}@hotline.invalid`,
      password: secret.password,
      register_expires: REGISTER_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 15,
    });
    this.ua.on("connecting", () => this.linked(this.link === "unreachable" ? this.link : "connecting"));
    this.ua.on("disconnected", () => this.linked("unreachable"));
    this.ua.on("registered", () => this.registered());
    this.ua.on("registrationFailed", ({ response }) => response && this.linked("refused"));
    this.ua.on("newRTCSession", ({ session, originator }) => this.rung(session, originator));
    this.ua.start();
  }

  linked(link) {
    this.link = link;
    this.changed();
  }

  registered() {
    const back = this.link === "unreachable";
    this.linked("registered");
    // the call's own requests must find the new connection
    if (back && this.talks) this.session.renegotiate();
  }

  /** A call rings and has not been answered. */
  get rings() {
    return Boolean(this.session?.isInProgress() && !this.stream);
  }

  /** A call goes on. */
  get talks() {
    return Boolean(this.session?.isEstablished());
  }

  get muted() {
    return Boolean(this.session?.isMuted().audio);
  }

  get held() {
    return Boolean(this.session?.isOnHold().local);
  }

  /** Number or name that the call shows. */
  get caller() {
    const { display_name: name, uri } = this.session?.remote_identity ?? {};
    return name || uri?.user || "";
  }

  rung(session, originator) {
    if (originator !== "remote") return;
    if (this.session || this.leaving) {
      session.terminate({ status_code: BUSY });
      return;
    }
    this.session = session;
    session.on("icecandidate", ({ ready }) => setTimeout(ready, GATHERING_MS));
    session.on("sdp", (description) => namesAnAddress(description));
    session.on("peerconnection", ({ peerconnection }) => this.connected(peerconnection));
    for (const end of ["ended", "failed"]) session.on(end, () => this.over(session));
    for (const step of ["accepted", "confirmed", "muted", "unmuted", "hold", "unhold"]) {
      session.on(step, () => this.changed());
    }
    this.changed();
  }

  connected(connection) {
    connection.addEventListener("track", ({ track }) => {
      this.audio.srcObject = new MediaStream([track]);
    });
    connection.addEventListener("connectionstatechange", () => {
      // no sound in either direction any more, however well the WebSocket may be
      if (connection.connectionState === "failed" && this.talks) this.session.terminate(LOST);
    });
  }

  over(session) {
    if (session !== this.session) return;
    this.session = null;
    this.audio.srcObject = null;
    this.closeMicrophone();
    if (this.leaving) this.ua.stop();
    this.changed();
  }

  closeMicrophone() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  async answer() {
    const session = this.session;
    if (!this.rings || this.opening) return;
    this.opening = true;
    try {
      const stream = await openMicrophone();
      if (this.session !== session) {
        // the caller hung up meanwhile
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.stream = stream;
      session.answer({ mediaStream: stream, pcConfig: { iceServers: [] } });
    } catch (error) {
      // a colleague takes the call
      if (this.session === session) session.terminate({ status_code: UNAVAILABLE });
      this.silent(error);
    } finally {
      this.opening = false;
    }
    this.changed();
  }

  hangUp() {
    if (this.rings) this.session.terminate({ status_code: BUSY });
    else this.session?.terminate();
  }

  mute(on) {
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  /** The caller hears Asterisk's music. */
  hold(on) {
    if (on) this.session?.hold();
    else this.session?.unhold();
  }

  /** Press a key (RFC 4733). */
  press(key) {
    if (this.talks) this.session.sendDTMF(key, { transportType: "RFC2833", ...TONE_MS });
  }

  /** Speak into the microphone that is chosen now. */
  async changeMicrophone() {
    if (!this.talks) return;
    const stream = await openMicrophone();
    const [track] = stream.getAudioTracks();
    track.enabled = !this.muted && !this.held;
    const senders = this.session.connection.getSenders();
    await Promise.all(senders.filter((one) => one.track).map((one) => one.replaceTrack(track)));
    this.closeMicrophone();
    this.stream = stream;
    this.changed();
  }

  /** Take no more calls; one that goes on is finished first. */
  leave() {
    this.leaving = true;
    if (this.talks) this.ua.unregister();
    else this.ua.stop();
  }

  /** The page goes, in the middle of a call perhaps: the caller must not go with it. */
  vanish() {
    if (this.talks) this.session.terminate(LOST);
    else this.session?.terminate({ status_code: UNAVAILABLE });
  }
}

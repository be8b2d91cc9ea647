// The service: REST by fetch, events by WebSocket. The session is a cookie that scripts cannot read.

/** A refusal of the service, with its Chinese and English message. */
export class ServiceError extends Error {
  constructor(status, error) {
    super(error.message_en);
    this.status = status;
    this.message_en = error.message_en;
    this.message_zh = error.message;
    this.code = error.code ?? "";
    // faults of single fields: {field, problem, problem_zh}
    this.details = error.details ?? [];
  }
}

const BROKEN = { message: "服务器没有响应，请稍后重试", message_en: "no answer from the server" };

let unmaskReason = "";

/** Why personal data must be seen in full from now on; the service keeps the reason. */
export function unmaskBecause(reason) {
  unmaskReason = reason;
}

/** The JSON of a reply; `body` is sent as JSON, or as a form when it is one. */
export async function ask(method, path, body) {
  const options = { method, headers: {}, credentials: "same-origin" };
  if (unmaskReason) options.headers["X-Unmask-Reason"] = encodeURIComponent(unmaskReason);
  // a form with a file says itself what it is
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let reply;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new ServiceError(0, BROKEN);
  }
  if (reply.status === 204) return null;
  const json = await reply.json().catch(() => null);
  if (!reply.ok) throw new ServiceError(reply.status, json?.error ?? BROKEN);
  return json;
}

const NOT_LOGGED_IN = 4401;

/** The WebSocket, which connects again by itself until it is closed or the session ends. */
export class Live {
  /** `on(message)` for each message, `lost(ended)` when the connection is gone. */
  constructor(on, lost) {
    this.on = on;
    this.lost = lost;
    this.tries = 0;
    this.closed = false;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`, ["hotline"]);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      this.tries = 0;
      this.on(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.closed || socket !== this.socket) return;
      const ended = event.code === NOT_LOGGED_IN;
      this.lost(ended);
      if (ended) return;
      this.tries += 1;
      const pause = Math.min(10_000, 300 * 2 ** this.tries) * (0.5 + Math.random() / 2);
      this.timer = setTimeout(() => this.connect(), pause);
    });
  }

  send(command) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}

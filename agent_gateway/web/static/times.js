// Times as forms have them (the clock of this machine) and as the service wants them (with their zone).

/** As a `datetime-local` field wants it. */
export function local(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** With the zone; what is no time goes as it is, for the service to refuse. */
export function aware(value) {
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : time.toISOString();
}

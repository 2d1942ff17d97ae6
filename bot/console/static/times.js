// Times in the reader's own zone: as a date in the record, as an age in the workspace. The server wrote them in UTC.
for (const time of document.querySelectorAll("time[data-at]")) {
  time.title = time.textContent;
  time.textContent = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const words = new Intl.RelativeTimeFormat("en", { style: "narrow", numeric: "auto" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

export function ago() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const age = Math.max(0, (Date.now() - new Date(time.dateTime)) / 1000);
    const [unit, size] = UNITS.find(([, seconds]) => age >= seconds) ?? ["second", Infinity];
    time.textContent = words.format(-Math.round(age / size), unit);
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

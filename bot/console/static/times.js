// Times in the reader's own zone: as a date in the record, as an age in the workspace. The server wrote them in UTC.
for (const time of document.querySelectorAll("time[data-at]")) {
  time.title = time.textContent;
  time.textContent = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const words = new Intl.RelativeTimeFormat("en", { style: "narrow", numeric: "auto" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

export function ago() {
  for (const due of document.querySelectorAll("[data-due]")) due.toggleAttribute("data-late", new Date(due.dataset.due) <= Date.now());
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const age = (Date.now() - new Date(time.dateTime)) / 1000;
    // What has happened is not in the future, whatever the reader's clock says.
    const far = time.closest("[data-due]") ? Math.abs(age) : Math.max(0, age);
    const [unit, size] = UNITS.find(([, seconds]) => far >= seconds) ?? ["second", Infinity];
    time.textContent = words.format((age < 0 ? 1 : -1) * Math.round(far / size), unit);
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

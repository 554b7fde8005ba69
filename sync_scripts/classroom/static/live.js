// Refreshes the counts and the list of the start page. The page is whole without it; it reads no answer.
"use strict";
(() => {
  const source = document.body.dataset.source;
  const pause = 2000;
  const find = (id) => document.getElementById(id);
  let failures = 0;

  // Text is set only when it changes, so that a screen reader speaks once for each new form.
  const write = (place, text) => {
    if (place && place.textContent !== text) place.textContent = text;
  };

  const line = ({ at, form, note }) => {
    const item = document.createElement("li");
    const parts = [["time", at, ""], ["span", form, ""], ["em", note, "odd"]];
    for (const [kind, text, look] of parts) {
      if (!text) continue;
      const part = document.createElement(kind);
      part.textContent = text;
      part.className = look;
      item.append(part, " ");
    }
    return item;
  };

  const show = (now) => {
    if (now.forms !== document.body.dataset.forms) location.reload(); // another version is handed out
    const before = Number(find("count").textContent);
    write(find("count"), String(now.count));
    for (const place of document.querySelectorAll("[data-form]")) {
      write(place, String(now.by_form[place.dataset.form] ?? 0));
    }
    if (now.count !== before) {
      const lines = now.last.map(line);
      lines.slice(0, Math.max(0, now.count - before)).forEach((item) => item.classList.add("fresh"));
      find("arrivals").replaceChildren(...lines);
    }
    find("empty").hidden = now.last.length > 0;
    find("full").hidden = !now.full;
  };

  const tell = (lost) => {
    const place = find("lost");
    place.hidden = !lost;
    write(place, lost ? place.dataset.text : "");
  };

  const refresh = async () => {
    try {
      const answer = await fetch(source, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
      failures = 0;
    } catch {
      failures += 1;
    }
    tell(failures > 2);
    setTimeout(refresh, pause);
  };

  refresh();
})();
